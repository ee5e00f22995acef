// The leader's round: adds what waits to the sums, those of incidents over time too, counts silent homes again, judges the backends whose
// sums changed, and writes what is named into `outbreaks`. However many processes run it, one at a time does. The same rows give the same outbreaks.
import { K, toldHomes } from '../k-rule.ts';
import type { FleetDatabase, Queryable } from '../store/database.ts';
import { foldIncidents, INCIDENTS_FOLDED_AT_ONCE, tidyIncidents } from '../store/incident-sums.ts';
import { ALL_THINGS, DAY, dayNumber, dayText } from './home-facts.ts';
import { type Judgement, judge, type Surroundings } from './judgement.ts';
import { type CountedBackend, changedBackends, loadBackends, loadFleet, mailingBackends } from './load-counters.ts';
import { bestOf, type Candidate, nameOutbreaks, type Outbreak, openedOn } from './naming.ts';
import type { Lift } from './statistics.ts';
import { DAYS_KEPT } from './sums.ts';
import { surroundingsOf } from './surroundings.ts';
import { recount } from './tally.ts';
import { FOLDED_AT_ONCE, fold } from './write-counts.ts';

/** Whoever holds this advisory lock is the leader of a round. */
const LEADER_LOCK = 7_451_011;
/** Silent homes that a round counts again. */
const SILENT_AT_ONCE = 500;

export interface Round {
  /** Rows that were added to the sums. */
  folded: number;
  /** Homes that had said nothing for a day. */
  silent: number;
  /** Backends that were judged. */
  judged: number;
  /** Outbreaks that are new or changed, as they are now. */
  changed: Outbreak[];
}

/** One round; null where another process has the lead. @param now wall time */
export async function outbreakRound(db: FleetDatabase, now = new Date()): Promise<Round | null> {
  return await db.session(async (leader) => {
    const { rows } = await leader.query<{ leads: boolean }>('SELECT pg_try_advisory_lock($1) AS leads', [LEADER_LOCK]);
    if (rows[0]?.leads !== true) return null;
    try {
      return await round(db, now);
    } finally {
      await leader.query('SELECT pg_advisory_unlock($1)', [LEADER_LOCK]);
    }
  });
}

async function round(db: FleetDatabase, now: Date): Promise<Round> {
  const today = Math.floor(now.getTime() / DAY);
  const silent = await countSilent(db, today);
  const folded = await foldAll(db, fold, FOLDED_AT_ONCE);
  const judged = await db.transaction((tx) => judgeChanged(tx, now, today));
  await foldAll(db, foldIncidents, INCIDENTS_FOLDED_AT_ONCE);
  await db.transaction((tx) => tidyIncidents(tx, now));
  return { folded, silent, ...judged };
}

async function foldAll(db: FleetDatabase, some: (tx: Queryable) => Promise<number>, atOnce: number): Promise<number> {
  let folded = 0;
  for (let rows = atOnce; rows === atOnce; folded += rows) rows = await db.transaction(some);
  return folded;
}

/** Time passes for homes that report nothing, too: they go blind, their use ends. A day is waited, since most report by themselves. */
async function countSilent(db: FleetDatabase, today: number): Promise<number> {
  const { rows } = await db.query<{ home: string }>(
    'SELECT home FROM outbreak_homes WHERE counted_on < $1 ORDER BY counted_on, home LIMIT $2',
    [dayText(today - 1), SILENT_AT_ONCE],
  );
  const homes = rows.map(({ home }) => home).sort();
  if (homes.length > 0) await db.transaction((tx) => recount(tx, homes, today));
  return homes.length;
}

async function judgeChanged(tx: Queryable, now: Date, today: number): Promise<Pick<Round, 'judged' | 'changed'>> {
  await tx.query('DELETE FROM outbreak_days WHERE day <= $1', [dayText(today - DAYS_KEPT)]);
  const before = await loadOutbreaks(tx);
  const isOpen = before.some(({ state }) => state === 'open');
  const fleet = await loadFleet(tx);
  const changed = await changedBackends(tx);
  const around = surroundingsOf(fleet, today);
  const candidatesOf = (backends: readonly CountedBackend[]): Candidate[] =>
    backends.flatMap((one) => candidateOf(one, around(openedOn(one.backend, before))) ?? []);
  let backends = await loadBackends(tx, changed, fleet.groups);
  let judged = backends.length;
  if (!isOpen && candidatesOf(backends).length === 0) return { judged, changed: [] };
  // What else those homes have in common decides which backend it was: all in question are laid side by side.
  backends = await loadBackends(tx, await mailingBackends(tx), fleet.groups);
  judged += backends.length;
  const candidates = candidatesOf(backends);
  const homes = await mailingHomes(
    tx,
    candidates.map(({ backend }) => backend),
  );
  const known = candidates.map((one) => ({ ...one, homes: homes.get(one.backend) ?? new Set<string>() }));
  const outbreaks = nameOutbreaks(known, before, today);
  for (const outbreak of outbreaks) await save(tx, outbreak, now);
  return { judged, changed: outbreaks };
}

function candidateOf({ backend, pairs, uses }: CountedBackend, around: Omit<Surroundings, 'uses'>): Candidate | null {
  const without = (explained: number): Judgement[] =>
    pairs.map(({ group, pair }) => judge(pair, group, { ...around, uses }, explained));
  const judgements = without(0);
  return bestOf(judgements) === null ? null : { backend, judgements, homes: new Set(), without };
}

async function mailingHomes(tx: Queryable, backends: readonly string[]): Promise<Map<string, Set<string>>> {
  const homes = new Map<string, Set<string>>();
  const { rows } = await tx.query<{ backend: string; home: string }>(
    `SELECT backend, home FROM outbreak_cells
      WHERE grp = $1 AND backend = ANY($2) AND standing IN ('after', 'weak') ORDER BY backend, home`,
    [ALL_THINGS, backends],
  );
  for (const { backend, home } of rows) homes.set(backend, (homes.get(backend) ?? new Set()).add(home));
  return homes;
}

interface OutbreakRow {
  id: string;
  backend: string;
  role: string;
  families: string[];
  homes_mailed: number;
  homes_exposed: number;
  lift: number;
  lift_low: number;
  lift_high: number | null;
  p: number;
  alike: string[];
  state: 'open' | 'ended';
  opened_at: Date;
  last_day: string;
  revision: number;
}

async function loadOutbreaks(tx: Queryable): Promise<Outbreak[]> {
  const { rows } = await tx.query<OutbreakRow>('SELECT * FROM outbreaks ORDER BY id');
  return rows.map(({ alike, backend, families, id, p, revision, role, state, ...row }) => ({
    ...{ id, backend, role, families, alike, state, revision, p, against: [] },
    homesMailed: row.homes_mailed,
    homesExposed: row.homes_exposed,
    lift: { value: row.lift, low: row.lift_low, high: row.lift_high } satisfies Lift,
    openedOn: Math.floor(row.opened_at.getTime() / DAY),
    lastDay: dayNumber(row.last_day),
  }));
}

async function save(tx: Queryable, outbreak: Outbreak, now: Date): Promise<void> {
  const { alike, against, backend, families, id, lastDay, lift, p, revision, role, state } = outbreak;
  if (state === 'ended') {
    await tx.query("UPDATE outbreaks SET state = 'ended', updated_at = $2, revision = $3 WHERE id = $1", [
      ...[id, now, revision],
    ]);
    return;
  }
  const { rows } = await tx.query<{ devices: number; first_seen: Date | null }>(
    `SELECT count(DISTINCT (i.home, i.device))::integer AS devices, min(i.started_at) AS first_seen
      FROM outbreak_cells AS c JOIN incidents AS i ON i.home = c.home AND i.family = c.grp
      WHERE c.backend = $1 AND c.grp <> $2 AND c.standing IN ('after', 'weak') AND i.class = 'thing'
        AND i.kind IN ('mail_started', 'submission_started') AND i.severity <> 'info'`,
    [backend, ALL_THINGS],
  );
  await tx.query(
    `INSERT INTO outbreaks AS o (id, backend, role, families, homes_mailed, homes_exposed, devices, first_seen, lift, lift_low, lift_high,
        p, alike, against, state, opened_at, updated_at, last_day, revision)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open', $15, $15, $16, $17)
      ON CONFLICT (id) DO UPDATE SET backend = excluded.backend, role = excluded.role, families = excluded.families,
        homes_mailed = excluded.homes_mailed, homes_exposed = excluded.homes_exposed, devices = excluded.devices,
        first_seen = excluded.first_seen, lift = excluded.lift, lift_low = excluded.lift_low, lift_high = excluded.lift_high,
        p = excluded.p, alike = excluded.alike, against = excluded.against, state = 'open', updated_at = excluded.updated_at,
        opened_at = CASE WHEN o.state = 'open' THEN o.opened_at ELSE excluded.opened_at END,
        last_day = excluded.last_day, revision = excluded.revision`,
    [
      ...[id, backend, role, JSON.stringify(families), outbreak.homesMailed, outbreak.homesExposed],
      ...[Math.max(K, rows[0]?.devices ?? 0), rows[0]?.first_seen ?? now],
      ...[lift.value, lift.low, lift.high, p, JSON.stringify(alike)],
      JSON.stringify(against.map(({ homes, what }) => ({ what, homes: toldHomes(homes) }))),
      ...[now, dayText(lastDay), revision],
    ],
  );
}
