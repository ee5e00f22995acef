// Stores what homes reported: a batch in one transaction, each record once, whatever is delivered how often and in which order. What it
// must not store it says, record by record.
import { DAY } from '../outbreak/home-facts.ts';
import { recount, tally } from '../outbreak/tally.ts';
import type { FleetRecord } from '../record.ts';
import type { FleetDatabase, Queryable } from './database.ts';
import { countingIncidents } from './incident-sums.ts';
import { type Allowance, type IntakeLimits, intakeOf, writeIntake } from './intake.ts';
import { removeHomes } from './leaving.ts';
import { upsertCoverage, upsertIncidents, upsertRecords } from './record-rows.ts';
import { isoDay } from './retention.ts';
import { tallyChanges } from './tally-changes.ts';
import { mergeUsage, type StoredUsage } from './usage-rows.ts';

export interface Arrival {
  home: string;
  record: FleetRecord;
  /** When the servers took it, by their clock; the same however often it is delivered. */
  at: Date;
  /** As it travelled. */
  octets: number;
}

/**
 * stored: new, or newer than what was there. known: it was there, or a newer one. left: the home withdrew. unknown, revoked: no home that may
 * report. refused: more than a home may send a day.
 */
export type Fate = 'stored' | 'known' | 'left' | 'unknown' | 'revoked' | 'refused';

export interface StoreOutcome {
  /** One for each arrival, in their order. */
  fates: Fate[];
  /** Homes that withdrew, now or when this was delivered before. */
  withdrawn: string[];
}

/** An arrival with its place in the batch. */
interface Entry extends Arrival {
  at: Date;
  index: number;
}

type State = 'active' | 'revoked' | 'withdrawn';

/** `last_seen` is written again after so long (ms). */
const SEEN_EVERY = 10 * 60_000;

/**
 * @param dropped of each home, what the caller refused before it came here
 * @throws what the database says; then nothing was stored
 */
export function storeBatch(
  db: FleetDatabase,
  arrivals: readonly Arrival[],
  limits: IntakeLimits,
  dropped: ReadonlyMap<string, { at: Date; count: number }> = new Map(),
): Promise<StoreOutcome> {
  return db.transaction(async (tx) => {
    const fates: Fate[] = arrivals.map(() => 'known');
    const homes = [...new Set([...arrivals.map(({ home }) => home), ...dropped.keys()])].sort();
    const states = await lockHomes(tx, homes);
    const entries = arrivals.map((arrival, index) => ({ ...arrival, index }));
    const leaving = leavingHomes(entries, states);
    const active: Entry[] = [];
    for (const entry of entries) {
      const fate = fateOf(states.get(entry.home), leaving.has(entry.home));
      if (fate !== null) fates[entry.index] = fate;
      else active.push(entry);
    }
    for (const { home, index, record } of entries)
      if (record.kind === 'withdrawal' && leaving.has(home)) fates[index] = 'stored';

    const counted = [...active, ...[...dropped].map(([home, { at }]) => ({ home, at }))];
    const intake = await intakeOf(tx, counted, limits);
    for (const [home, { at, count }] of dropped)
      if (states.get(home)?.state === 'active' && !leaving.has(home)) intake.refuse(home, isoDay(at), count);
    const taken: Entry[] = [];
    // What is not taken counts by the order in which the servers took it.
    for (const entry of active) {
      if (intake.allows(entry)) taken.push(entry);
      else fates[entry.index] = 'refused';
    }
    await write(tx, taken, intake, (index) => {
      fates[index] = 'stored';
    });
    await removeHomes(tx, [...leaving].sort(), 'withdrawn');
    await writeIntake(tx, intake);
    await seen(tx, active, states);
    const withdrawals = entries.filter(({ record }) => record.kind === 'withdrawal').map(({ home }) => home);
    const withdrawn = withdrawals.filter((home) => leaving.has(home) || states.get(home)?.state === 'withdrawn');
    return { fates, withdrawn: [...new Set(withdrawn)] };
  });
}

/** Those of them that have withdrawn. */
export async function leftHomes(db: Queryable, homes: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ home: string }>(
    "SELECT home FROM homes WHERE home = ANY($1) AND state = 'withdrawn'",
    [homes],
  );
  return new Set(rows.map(({ home }) => home));
}

/** Locked until the end of the transaction, always in this order: so two collectors never store of one home at the same time. */
async function lockHomes(tx: Queryable, homes: string[]): Promise<Map<string, { state: State; seen: Date | null }>> {
  const { rows } = await tx.query<{ home: string; state: State; last_seen: Date | null }>(
    'SELECT home, state, last_seen FROM homes WHERE home = ANY($1) ORDER BY home FOR UPDATE',
    [homes],
  );
  return new Map(rows.map(({ home, last_seen, state }) => [home, { state, seen: last_seen }]));
}

function leavingHomes(entries: readonly Entry[], states: ReadonlyMap<string, { state: State }>): Set<string> {
  const withdrawals = entries.filter(({ record }) => record.kind === 'withdrawal');
  return new Set(withdrawals.map(({ home }) => home).filter((home) => states.get(home)?.state === 'active'));
}

/** Null for what may be stored. */
function fateOf(home: { state: State } | undefined, leaves: boolean): Fate | null {
  if (home === undefined) return 'unknown';
  if (home.state === 'withdrawn' || leaves) return 'left';
  return home.state === 'revoked' ? 'revoked' : null;
}

async function write(
  tx: Queryable,
  taken: readonly Entry[],
  intake: Allowance,
  stored: (index: number) => void,
): Promise<void> {
  if (taken.length === 0) return;
  const usages: StoredUsage[] = [];
  for (const { before, entry } of await upsertRecords(tx, taken)) {
    stored(entry.index);
    intake.count(entry);
    const { at, home, record } = entry;
    if (record.kind === 'usage') usages.push({ home, at, body: record.body, before });
  }
  // The newest of them is now, by the servers' clock: what waited for long was heard when they took it.
  const now = new Date(Math.max(...taken.map(({ at }) => at.getTime())));
  const coverage = await upsertCoverage(tx, taken, now);
  const told = taken.flatMap(({ home, record }) => (record.kind === 'incident' ? [{ home, body: record.body }] : []));
  const incidents = await countingIncidents(tx, told, now, () => upsertIncidents(tx, taken));
  const usage = await mergeUsage(tx, usages);
  for (const [home, count] of usage.newExposures) if (!usage.tookBack.has(home)) intake.countExposures(home, count);
  const changes = tallyChanges({ coverage, incidents, usages, usage });
  if (changes.length > 0) await tally(tx, changes, now);
  // What is there no more is no change that could be told of.
  const less = new Set(usage.tookBack);
  for (const { body, home, isNew } of incidents) if (!isNew && body.device === null) less.add(home);
  if (less.size > 0) await recount(tx, [...less].sort(), Math.floor(now.getTime() / DAY));
}

async function seen(
  tx: Queryable,
  active: readonly Entry[],
  states: ReadonlyMap<string, { seen: Date | null }>,
): Promise<void> {
  const latest = new Map<string, Date>();
  for (const { at, home } of active) if (at > (latest.get(home) ?? new Date(0))) latest.set(home, at);
  const rows = [...latest].filter(([home, at]) => {
    const before = states.get(home)?.seen ?? null;
    return before === null || at.getTime() - before.getTime() >= SEEN_EVERY;
  });
  if (rows.length === 0) return;
  await tx.query(
    `UPDATE homes SET last_seen = k.at FROM unnest($1::text[], $2::timestamptz[]) AS k (home, at)
     WHERE homes.home = k.home AND homes.state = 'active'`,
    [rows.map(([home]) => home), rows.map(([, at]) => at)],
  );
}
