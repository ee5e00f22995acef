// Reads the sums that a judgement needs: by backend, never by home, so that the cost grows with backends in question and not with homes.
import { K } from '../k-rule.ts';
import type { Queryable } from '../store/database.ts';
import { type Counters, roleOfRank } from './counters.ts';
import type { Use } from './habits.ts';
import { ALL_THINGS, dayNumber } from './home-facts.ts';

export interface CountedBackend {
  backend: string;
  /** Homes that use it, by family. */
  uses: ReadonlyMap<string, Use>;
  /** Groups in which enough homes mail, with the counts of the whole group. */
  pairs: { pair: Counters; group: Counters }[];
}

interface CounterRow {
  backend: string;
  grp: string;
  role: number;
  exposed: number;
  healthy: number;
  long: number;
  since: string;
}

interface DayRow {
  backend: string;
  grp: string;
  day: string;
  after: number;
  weak: number;
  young: number;
  before: number;
  incubation: number;
}

/** Marks them as seen: what changes from here on is changed again. */
export async function changedBackends(tx: Queryable): Promise<string[]> {
  const { rows } = await tx.query<{ backend: string; mailed: number }>(
    'UPDATE outbreak_counters SET is_changed = false WHERE is_changed RETURNING backend, mailed',
  );
  const changed = new Set(
    rows.filter(({ backend, mailed }) => backend !== '' && mailed >= K).map(({ backend }) => backend),
  );
  return [...changed].sort();
}

/** All that could be named: enough homes mail after it. */
export async function mailingBackends(tx: Queryable): Promise<string[]> {
  const { rows } = await tx.query<{ backend: string }>(
    `SELECT backend FROM outbreak_counters WHERE mailed >= ${K} AND grp = $1 AND backend <> '' ORDER BY backend`,
    [ALL_THINGS],
  );
  return rows.map(({ backend }) => backend);
}

export interface Fleet {
  /** Pairs of backend and group that could be named. */
  tests: number;
  /** Families that enough homes have. */
  familyCount: number;
  /** Of each group, '*' among them. */
  groups: ReadonlyMap<string, Counters>;
}

export async function loadFleet(tx: Queryable): Promise<Fleet> {
  const counters = await loadCounters(tx, [''], 0);
  const groups = new Map([...counters.values()].map((one) => [one.group, one]));
  const { rows } = await tx.query<{ tests: number }>(
    `SELECT count(*)::integer AS tests FROM outbreak_counters WHERE exposed >= ${K} AND backend <> ''`,
  );
  const families = [...groups.values()].filter(({ exposed, group }) => group !== ALL_THINGS && exposed >= K);
  return { tests: rows[0]?.tests ?? 0, familyCount: families.length, groups };
}

/** @param backends in order */
export async function loadBackends(
  tx: Queryable,
  backends: readonly string[],
  groups: Fleet['groups'],
): Promise<CountedBackend[]> {
  if (backends.length === 0) return [];
  const uses = new Map<string, Map<string, Use>>(backends.map((backend) => [backend, new Map()]));
  const { rows } = await tx.query<{ backend: string; grp: string } & Use>(
    `SELECT backend, grp, exposed, healthy, mailed FROM outbreak_counters
      WHERE backend = ANY($1) AND grp <> $2 AND exposed > 0 ORDER BY backend, grp`,
    [backends, ALL_THINGS],
  );
  for (const { backend, exposed, grp, healthy, mailed } of rows)
    uses.get(backend)?.set(grp, { exposed, healthy, mailed });
  const all = new Map<string, CountedBackend>(
    backends.map((backend) => [backend, { backend, uses: uses.get(backend) ?? new Map(), pairs: [] }]),
  );
  for (const pair of (await loadCounters(tx, backends, K)).values()) {
    const group = groups.get(pair.group);
    if (group !== undefined) all.get(pair.backend)?.pairs.push({ pair, group });
  }
  return [...all.values()];
}

/** @param mailed homes at least */
async function loadCounters(
  tx: Queryable,
  backends: readonly string[],
  mailed: number,
): Promise<Map<string, Counters>> {
  const { rows } = await tx.query<CounterRow>(
    `SELECT backend, grp, role, exposed, healthy, long, since FROM outbreak_counters
      WHERE backend = ANY($1) AND mailed >= $2 ORDER BY backend, grp`,
    [backends, mailed],
  );
  const keyOf = (backend: string, group: string): string => `${backend}\n${group}`;
  const all = new Map<string, Counters>();
  for (const { backend, exposed, grp: group, healthy, long, role, since } of rows)
    all.set(keyOf(backend, group), {
      ...{ group, backend, role: roleOfRank(role), exposed, healthy, long },
      ...{ since: dayNumber(since), days: new Map() },
    });
  const days = await tx.query<DayRow>(
    `SELECT d.* FROM outbreak_days AS d JOIN outbreak_counters AS c ON c.backend = d.backend AND c.grp = d.grp
      WHERE d.backend = ANY($1) AND c.mailed >= $2 ORDER BY d.backend, d.grp, d.day`,
    [backends, mailed],
  );
  for (const { after, backend, before, day, grp, incubation, weak, young } of days.rows)
    all.get(keyOf(backend, grp))?.days.set(dayNumber(day), { after, weak, young, before, incubation });
  return all;
}
