// Keeps count, for the desk, of the homes in which there were incidents: within the transaction that stores them, so that both hold or
// neither. What is added goes into a queue first, from which one process at a time adds it to the sums: no collector waits for another.
import { randomUUID } from 'node:crypto';
import { groupOf, type IncidentBody } from '../record.ts';
import type { Queryable } from './database.ts';
import { isoDay } from './retention.ts';
import { columns } from './usage-rows.ts';

/** Days back for which sums are kept, by bucket: more than the desk shows, as clocks differ. */
const DAYS_KEPT = { day: 40, week: 200 } as const;
/** Rows of the queue that are added in one transaction. */
export const INCIDENTS_FOLDED_AT_ONCE = 20_000;

/** For this transaction: taking each incident for one of a hundred steps, PostgreSQL compiles for a second what takes a tenth of one. */
const UNCOMPILED = 'SET LOCAL jit = off';
const DAY = 86_400_000;
const COUNTS = ['homes', 'latest', 'mail_homes', 'mail_latest'] as const;

/** Of `incident_cells`, added up over homes. */
type Sum = Record<(typeof COUNTS)[number], number> & {
  name: string;
  counted_by: string;
  bucket: string;
  start: string;
};

const oldest = (now: Date): string[] =>
  [DAYS_KEPT.day, DAYS_KEPT.week].map((days) => isoDay(new Date(now.getTime() - days * DAY)));

/** Incidents that are to be written. */
export interface ToCount {
  home: string;
  body: IncidentBody;
}

/**
 * Counts what `write` changes by these incidents, whatever that is; nothing where it changes nothing. The caller has locked the homes'
 * rows. What is older than the sums go back is left out on both sides, so that the day on which it is done changes nothing else.
 */
export async function countingIncidents<Result>(
  tx: Queryable,
  incidents: readonly ToCount[],
  now: Date,
  write: () => Promise<Result>,
): Promise<Result> {
  if (incidents.length === 0) return write();
  await tx.query(UNCOMPILED);
  const homes = [...new Set(incidents.map(({ home }) => home))];
  const cells = [...new Set([...incidents.flatMap(cellsOf), ...(await storedCells(tx, incidents))])];
  const before = await sumsOf(tx, homes, now, cells);
  const result = await write();
  await enqueue(tx, difference(before, await sumsOf(tx, homes, now, cells)));
  return result;
}

/** Of homes that leave: what they had is taken out of the sums. Before their rows are deleted. */
export async function uncountIncidents(tx: Queryable, homes: readonly string[], now: Date): Promise<void> {
  await tx.query(UNCOMPILED);
  await enqueue(tx, difference(await sumsOf(tx, homes, now, null), []));
}

const cellOf = (home: string, by: 'all' | 'family' | 'backend', name: string): string => `${home} ${by} ${name}`;

/** Where an incident counts, whenever it is: other cells of its home stay as they are, however many incidents that has. */
function cellsOf({ body: { before, device }, home }: ToCount): string[] {
  const backends = before.map(({ backend }) => cellOf(home, 'backend', backend));
  return [
    ...[cellOf(home, 'all', ''), ...backends],
    ...(device === null ? [] : [cellOf(home, 'family', groupOf(device))]),
  ];
}

/** Where they count as they are stored, and will count no more. */
async function storedCells(tx: Queryable, incidents: readonly ToCount[]): Promise<string[]> {
  const { rows } = await tx.query<{ home: string; family: string | null; backends: string[] }>(
    `SELECT home, family, ARRAY(SELECT step->>'backend' FROM jsonb_array_elements(before) AS step) AS backends
      FROM unnest($1::text[], $2::text[]) AS k (home, incident) JOIN incidents USING (home, incident)`,
    [incidents.map(({ home }) => home), incidents.map(({ body }) => body.incident)],
  );
  return rows.flatMap(({ backends, family, home }) => [
    ...backends.map((backend) => cellOf(home, 'backend', backend)),
    ...(family === null ? [] : [cellOf(home, 'family', family)]),
  ]);
}

/** @param cells as `cellOf` writes them; null for all of these homes */
async function sumsOf(
  tx: Queryable,
  homes: readonly string[],
  now: Date,
  cells: readonly string[] | null,
): Promise<Sum[]> {
  const { rows } = await tx.query<Sum>(
    `SELECT name, counted_by, bucket, start, ${COUNTS.map((name) => `sum(${name})::integer AS ${name}`).join(', ')}
      FROM incident_cells WHERE home = ANY($1) AND start >= CASE bucket WHEN 'day' THEN $2::date ELSE $3::date END
        ${cells === null ? '' : "AND home || ' ' || counted_by || ' ' || name = ANY($4)"}
      GROUP BY name, counted_by, bucket, start`,
    [homes, ...oldest(now), ...(cells === null ? [] : [cells])],
  );
  return rows;
}

function difference(before: readonly Sum[], after: readonly Sum[]): Sum[] {
  const left = new Map(before.map((sum) => [keyOf(sum), sum]));
  const changes = after.map((sum): Sum => {
    const known = left.get(keyOf(sum));
    left.delete(keyOf(sum));
    return known === undefined ? sum : combined(sum, known, (now, then) => now - then);
  });
  changes.push(...[...left.values()].map((sum) => combined(sum, sum, (then) => -then)));
  return changes.filter((change) => COUNTS.some((name) => change[name] !== 0));
}

const keyOf = ({ bucket, counted_by, name, start }: Sum): string => [bucket, counted_by, start, name].join('\0');

function combined(sum: Sum, other: Sum, count: (one: number, two: number) => number): Sum {
  const counts = COUNTS.map((name) => [name, count(sum[name], other[name])]);
  return { ...sum, ...Object.fromEntries(counts) };
}

async function enqueue(tx: Queryable, changes: readonly Sum[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `INSERT INTO incident_deltas (id, name, counted_by, bucket, start, ${COUNTS.join(', ')})
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::integer[], $7::integer[], $8::integer[], $9::integer[])`,
    [changes.map(() => randomUUID()), ...columns(changes, ['name', 'counted_by', 'bucket', 'start', ...COUNTS])],
  );
}

/** Adds what waits in the queue to the sums. @returns how many rows that were; to be called again while there are many */
export async function foldIncidents(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ taken: number }>(
    `WITH taken AS (
        DELETE FROM incident_deltas WHERE id IN (SELECT id FROM incident_deltas LIMIT ${INCIDENTS_FOLDED_AT_ONCE}) RETURNING *
      ), sums AS (
        INSERT INTO incident_sums AS s (name, counted_by, bucket, start, ${COUNTS.join(', ')})
          SELECT name, counted_by, bucket, start, ${COUNTS.map((name) => `sum(${name})`).join(', ')}
          FROM taken GROUP BY name, counted_by, bucket, start
        ON CONFLICT (name, counted_by, bucket, start) DO UPDATE SET ${COUNTS.map((name) => `${name} = s.${name} + excluded.${name}`).join(', ')}
      )
      SELECT count(*)::integer AS taken FROM taken`,
  );
  return rows[0]?.taken ?? 0;
}

/** Nothing stays of a cell in which no home is left, nor of what is older than the desk shows. */
export async function tidyIncidents(tx: Queryable, now: Date): Promise<void> {
  await tx.query(`DELETE FROM incident_sums WHERE ${COUNTS.map((name) => `${name} = 0`).join(' AND ')}`);
  const [day, week] = oldest(now);
  await tx.query("DELETE FROM incident_sums WHERE bucket = 'day' AND start < $1 OR bucket = 'week' AND start < $2", [
    ...[day, week],
  ]);
}
