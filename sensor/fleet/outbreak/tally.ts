// Keeps count, for each backend and family, of the homes in which mail began after contact and of those that stayed healthy: within
// the transaction that stores what a home reported, so that both hold or neither.
import type { CoverageBody, IncidentBody, UsageBody } from '../record.ts';
import type { Queryable } from '../store/database.ts';
import { deltasOf, isSameCell } from './counters.ts';
import { DAY, dayText, isGoodDay, saysMailBegan } from './home-facts.ts';
import { type Heard, loadCells, loadHomes, lockHomes } from './load-facts.ts';
import { standingsOf } from './standing.ts';
import { type Written, write } from './write-counts.ts';

/** What a stored record changed at a home. Rows that were there before, word for word, are no change; they do no harm either. */
export type TallyChange =
  | {
      home: string;
      kind: 'usage';
      /** When the servers took the record; now, where that is not said. */
      at?: Date;
      /** `groupOf` the record's body. */
      family: string;
      class: UsageBody['class'];
      /** UTC, `2026-11-30`. */
      day: string;
      backends: { backend: string; role: string }[];
    }
  | {
      home: string;
      kind: 'incident';
      at?: Date;
      /** As in the body. */
      incident: string;
      /** Whether the home had not reported this incident before. */
      isNew: boolean;
      body: IncidentBody;
      /** `groupOf` its device; null for what is about the home. */
      family: string | null;
    }
  | { home: string; kind: 'coverage'; day: string; vantage: CoverageBody['vantage']; hoursSeen: number }
  /** The home withdrew or was revoked: nothing of it counts any more. Before its rows are deleted or after, either will do. */
  | { home: string; kind: 'gone' };

/** Homes that are counted at once. */
const AT_ONCE = 200;

/**
 * To be called after the rows of these changes were written, in the same transaction; for one home or for many at once, which is
 * cheaper. Takes the locks of the homes' rows in order of the homes. The same changes again, or in another order, give the same
 * counts. @param now its day, UTC, is the one on which the fleet hears of these changes
 */
export async function tally(tx: Queryable, changes: readonly TallyChange[], now = new Date()): Promise<void> {
  const today = Math.floor(now.getTime() / DAY);
  const gone = new Set(changes.filter(({ kind }) => kind === 'gone').map(({ home }) => home));
  const told = changes.filter((change) => matters(change) && !gone.has(change.home));
  const homes = [...new Set(told.map(({ home }) => home))].sort();
  for (let from = 0; from < homes.length; from += AT_ONCE) {
    const some = new Set(homes.slice(from, from + AT_ONCE));
    await lockHomes(tx, [...some]);
    const theirs = told.filter(({ home }) => some.has(home));
    const changed = await changedHomes(tx, theirs, today);
    if (changed.length > 0) await recount(tx, changed, today, heardIn(theirs, today));
  }
  if (gone.size > 0) await forget(tx, [...gone].sort());
}

/** Works homes out again and writes what changed. Homes that are not active count no more. */
export async function recount(
  tx: Queryable,
  homes: readonly string[],
  today: number,
  heard: ReadonlyMap<string, Heard> = new Map(),
): Promise<void> {
  const active = await lockHomes(tx, homes);
  const counted = await loadHomes(tx, active, today, heard);
  const written: Written = { cells: [], dropped: [], deltas: [] };
  for (const [home, { cells, facts }] of counted) {
    const now = standingsOf(facts, cells, today);
    for (const group of now.values())
      for (const cell of group.values()) {
        const before = cells.get(cell.group)?.get(cell.backend);
        if (before === undefined || !isSameCell(before, cell)) written.cells.push({ home, cell });
      }
    for (const group of cells.values())
      for (const cell of group.values())
        if (now.get(cell.group)?.get(cell.backend) === undefined) written.dropped.push({ home, cell });
    written.deltas.push(...deltasOf(cells, now));
  }
  await write(tx, written);
  await tx.query(
    `INSERT INTO outbreak_homes (home, counted_on, good_on) SELECT home, $2, good FROM unnest($1::text[], $3::date[]) AS t (home, good)
      ON CONFLICT (home) DO UPDATE SET counted_on = excluded.counted_on, good_on = excluded.good_on`,
    [
      [...counted.keys()],
      dayText(today),
      [...counted.values()].map(({ goodOn }) => (goodOn === null ? null : dayText(goodOn))),
    ],
  );
  const gone = homes.filter((home) => !active.has(home));
  if (gone.length > 0) await forget(tx, gone);
}

function heardIn(changes: readonly TallyChange[], today: number): Map<string, Heard> {
  const all = new Map<string, Record<keyof Heard, Map<string, number>>>();
  const put = (days: Map<string, number>, key: string, day: number): void => {
    days.set(key, Math.min(day, days.get(key) ?? day));
  };
  for (const change of changes) {
    if (change.kind !== 'usage' && change.kind !== 'incident') continue;
    const heard = all.get(change.home) ?? { uses: new Map(), families: new Map(), mail: new Map() };
    all.set(change.home, heard);
    const day = dayAt(change, today);
    if (change.kind === 'incident') {
      if (change.family !== null) put(heard.mail, change.family, day);
      continue;
    }
    put(heard.families, change.family, day);
    for (const { backend } of change.backends) put(heard.uses, `${change.family}\n${backend}`, day);
  }
  return all;
}

const dayAt = ({ at }: { at?: Date }, today: number): number =>
  at === undefined ? today : Math.min(today, Math.floor(at.getTime() / DAY));

/** Whether a change can be one to the counts at all: of things, with something in it that is counted. */
function matters(change: TallyChange): boolean {
  if (change.kind === 'usage') return change.class === 'thing';
  if (change.kind !== 'incident') return change.kind === 'coverage';
  const { device, incidentKind, severity } = change.body;
  return saysMailBegan(incidentKind, device?.class ?? null, severity);
}

/**
 * Of these, the homes that must be worked out again: all but those that were today, and since then told only of use that is counted
 * and of days that were good before.
 */
async function changedHomes(tx: Queryable, changes: readonly TallyChange[], today: number): Promise<string[]> {
  const homes = [...new Set(changes.map(({ home }) => home))];
  const { rows } = await tx.query<{ home: string; counted_on: string; good_on: string | null }>(
    'SELECT home, counted_on, good_on FROM outbreak_homes WHERE home = ANY($1)',
    [homes],
  );
  const done = new Map(rows.map((row) => [row.home, row]));
  const changed = new Set<string>();
  const asked: { home: string; family: string; backend: string; heardOn: string }[] = [];
  for (const change of changes) {
    const { home, kind } = change;
    const before = done.get(home);
    if (before?.counted_on !== dayText(today) || kind === 'incident') changed.add(home);
    else if (kind === 'usage' && change.day < dayText(today - 1)) changed.add(home);
    else if (kind === 'usage') {
      const { backends, family } = change;
      const heardOn = dayText(dayAt(change, today));
      for (const backend of ['', ...backends.map((one) => one.backend)]) asked.push({ home, family, backend, heardOn });
    } else if (kind === 'coverage' && isGoodDay(change.vantage, change.hoursSeen) && before.good_on !== change.day)
      changed.add(home);
  }
  const open = asked.filter(({ home }) => !changed.has(home));
  if (open.length > 0) {
    const missing = await tx.query<{ home: string }>(
      `SELECT DISTINCT home FROM unnest($1::text[], $2::text[], $3::text[], $4::date[]) AS t (home, grp, backend, heard_on)
        WHERE NOT EXISTS (SELECT FROM outbreak_cells AS c
          WHERE c.home = t.home AND c.grp = t.grp AND c.backend = t.backend AND c.heard_on <= t.heard_on)`,
      [
        ...[open.map(({ home }) => home), open.map(({ family }) => family)],
        ...[open.map(({ backend }) => backend), open.map((one) => one.heardOn)],
      ],
    );
    for (const { home } of missing.rows) changed.add(home);
  }
  return [...changed].sort();
}

/** What homes that are no more were counted as is taken out of the counts. */
async function forget(tx: Queryable, homes: readonly string[]): Promise<void> {
  const cells = await loadCells(tx, homes);
  const deltas = [...cells.values()].flatMap((of) => deltasOf(of, new Map()));
  await write(tx, { cells: [], dropped: [], deltas });
  await tx.query('DELETE FROM outbreak_cells WHERE home = ANY($1)', [homes]);
  await tx.query('DELETE FROM outbreak_homes WHERE home = ANY($1)', [homes]);
}
