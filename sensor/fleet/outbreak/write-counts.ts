// Writes what homes are counted as, and what that adds to the sums: into a queue first, from which one process at a time adds it, so that
// collectors never wait for each other at a popular backend.
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/database.ts';
import { type Delta, roleRank } from './counters.ts';
import { dayText } from './home-facts.ts';
import type { Cell } from './standing.ts';

interface HomeCell {
  home: string;
  cell: Cell;
}

export interface Written {
  cells: HomeCell[];
  dropped: HomeCell[];
  deltas: Delta[];
}

/** Rows of the queue that are added in one transaction. */
const FOLDED_AT_ONCE = 20_000;

export async function write(tx: Queryable, { cells, deltas, dropped }: Written): Promise<void> {
  if (cells.length > 0)
    await tx.query(
      `INSERT INTO outbreak_cells (home, grp, backend, role, standing, heard_on, mail_heard_on, incubation)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::date[], $7::date[], $8::integer[])
        ON CONFLICT (home, grp, backend) DO UPDATE SET role = excluded.role, standing = excluded.standing,
          heard_on = excluded.heard_on, mail_heard_on = excluded.mail_heard_on, incubation = excluded.incubation`,
      [
        ...keysOf(cells),
        cells.map(({ cell }) => roleRank(cell.role)),
        cells.map(({ cell }) => cell.standing),
        cells.map(({ cell }) => dayText(cell.heardOn)),
        cells.map(({ cell }) => dayOrNull(cell.mailHeardOn)),
        cells.map(({ cell }) => cell.incubation),
      ],
    );
  if (dropped.length > 0)
    await tx.query(
      `DELETE FROM outbreak_cells AS c USING unnest($1::text[], $2::text[], $3::text[]) AS t (home, grp, backend)
        WHERE c.home = t.home AND c.grp = t.grp AND c.backend = t.backend`,
      keysOf(dropped),
    );
  const sums = summed(deltas);
  if (sums.length > 0)
    await tx.query(
      `INSERT INTO outbreak_deltas (id, grp, backend, role, heard_on, exposed, healthy, long, day, after, weak, young, before, incubation)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::date[], $6::integer[], $7::integer[], $8::integer[],
          $9::date[], $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::integer[])`,
      [
        sums.map(() => randomUUID()),
        sums.map(({ group }) => group),
        sums.map(({ backend }) => backend),
        sums.map(({ role }) => roleRank(role)),
        sums.map(({ heardOn }) => dayText(heardOn)),
        ...NUMBERS.slice(0, 3).map((name) => sums.map((delta) => delta[name])),
        sums.map(({ day }) => dayOrNull(day)),
        ...NUMBERS.slice(3).map((name) => sums.map((delta) => delta[name])),
      ],
    );
}

const NUMBERS = ['exposed', 'healthy', 'long', 'after', 'weak', 'young', 'before', 'incubation'] as const;

const dayOrNull = (day: number | null): string | null => (day === null ? null : dayText(day));

const keysOf = (cells: readonly HomeCell[]): [string[], string[], string[]] => [
  cells.map(({ home }) => home),
  cells.map(({ cell }) => cell.group),
  cells.map(({ cell }) => cell.backend),
];

/** What many homes add to the same sum, as one row; nothing where it cancels out. */
function summed(deltas: readonly Delta[]): Delta[] {
  const sums = new Map<string, Delta>();
  for (const delta of deltas) {
    const key = `${delta.group}\n${delta.backend}\n${delta.day ?? ''}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...delta });
      continue;
    }
    for (const name of NUMBERS) sum[name] += delta[name];
    sum.heardOn = Math.min(sum.heardOn, delta.heardOn);
    if (roleRank(delta.role) > roleRank(sum.role)) sum.role = delta.role;
  }
  return [...sums.values()];
}

/** Adds what waits in the queue to the sums. @returns how many rows that were; to be called again while there are many */
export async function fold(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ taken: number }>(
    `WITH taken AS (
        DELETE FROM outbreak_deltas WHERE id IN (SELECT id FROM outbreak_deltas LIMIT ${FOLDED_AT_ONCE}) RETURNING *
      ), counters AS (
        INSERT INTO outbreak_counters AS o (backend, grp, role, exposed, healthy, long, mailed, since, is_changed)
          SELECT backend, grp, max(role), sum(exposed), sum(healthy), sum(long), sum(after + weak), min(heard_on), true
          FROM taken GROUP BY backend, grp
        ON CONFLICT (backend, grp) DO UPDATE SET role = greatest(o.role, excluded.role), exposed = o.exposed + excluded.exposed,
          healthy = o.healthy + excluded.healthy, long = o.long + excluded.long, mailed = o.mailed + excluded.mailed,
          since = least(o.since, excluded.since), is_changed = true
      ), days AS (
        INSERT INTO outbreak_days AS o (backend, grp, day, after, weak, young, before, incubation)
          SELECT backend, grp, day, sum(after), sum(weak), sum(young), sum(before), sum(incubation)
          FROM taken WHERE day IS NOT NULL GROUP BY backend, grp, day
        ON CONFLICT (backend, grp, day) DO UPDATE SET after = o.after + excluded.after, weak = o.weak + excluded.weak,
          young = o.young + excluded.young, before = o.before + excluded.before, incubation = o.incubation + excluded.incubation
      )
      SELECT count(*)::integer AS taken FROM taken`,
  );
  return rows[0]?.taken ?? 0;
}

export { FOLDED_AT_ONCE };
