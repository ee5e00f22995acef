// Counts of homes, for each family and backend, and what a change of one home's standing adds to them or takes from them. Sums of
// whole numbers: the order in which the changes are added does not matter.
import type { Cell, Cells, Standing } from './standing.ts';

/** Homes whose mail the fleet heard of on one day. */
export interface DayCounters {
  after: number;
  weak: number;
  young: number;
  before: number;
  /** Days from contact to mail, summed over `after` and `weak`. */
  incubation: number;
}

/** Homes that use a backend with things of a family; with backend '' all homes that have that family. */
interface UseCounters {
  group: string;
  backend: string;
  role: string;
  exposed: number;
  healthy: number;
  /** Of the healthy ones, those that have used it for long. */
  long: number;
}

/** Their sum over all homes. */
export interface Counters extends UseCounters {
  /** The day on which the first of these homes was counted. */
  since: number;
  /** By the day on which the fleet heard of the mail. */
  days: Map<number, DayCounters>;
}

/** To be added to the counters of `group` and `backend`, and to those of `day` where there is one. */
export interface Delta extends UseCounters, DayCounters {
  day: number | null;
  /** The day on which the fleet heard of the use. */
  heardOn: number;
}

const DATED: readonly Standing[] = ['after', 'weak', 'young', 'before'];

/** From what a home was counted as to what it is now; nothing where nothing changed. */
export function deltasOf(old: Cells, now: Cells): Delta[] {
  const deltas: Delta[] = [];
  for (const [group, cells] of now) {
    const olds = old.get(group);
    for (const [backend, cell] of cells) {
      const before = olds?.get(backend);
      if (before !== undefined && isCountedAlike(before, cell)) continue;
      if (before !== undefined) deltas.push(weighed(before, -1));
      deltas.push(weighed(cell, 1));
    }
  }
  for (const [group, cells] of old) {
    const nows = now.get(group);
    for (const [backend, cell] of cells) if (nows?.get(backend) === undefined) deltas.push(weighed(cell, -1));
  }
  return deltas;
}

export const cellKey = (group: string, backend: string): string => `${group}\n${backend}`;

/** Whether a cell must be written again. */
export function isSameCell(a: Cell, b: Cell): boolean {
  return isCountedAlike(a, b) && a.heardOn === b.heardOn && a.mailHeardOn === b.mailHeardOn;
}

function isCountedAlike(a: Cell, b: Cell): boolean {
  if (a.standing !== b.standing || a.role !== b.role) return false;
  return !DATED.includes(a.standing) || (a.mailHeardOn === b.mailHeardOn && a.incubation === b.incubation);
}

function weighed({ backend, group, heardOn, incubation, mailHeardOn, role, standing }: Cell, sign: 1 | -1): Delta {
  const as = (...standings: Standing[]): number => (standings.includes(standing) ? sign : 0);
  return {
    ...{ group, backend, role, heardOn },
    exposed: sign,
    healthy: as('healthy', 'long'),
    long: as('long'),
    day: DATED.includes(standing) ? mailHeardOn : null,
    after: as('after'),
    weak: as('weak'),
    young: as('young'),
    before: as('before'),
    incubation: as('after', 'weak') * incubation,
  };
}

/** Adds in memory; the store adds the same in SQL. */
export function add(all: Map<string, Counters>, delta: Delta): Counters {
  const { backend, day, group, heardOn, role } = delta;
  const key = cellKey(group, backend);
  let counters = all.get(key);
  if (counters === undefined) {
    counters = { group, backend, role, exposed: 0, healthy: 0, long: 0, since: heardOn, days: new Map() };
    all.set(key, counters);
  }
  counters.role = mergedRole(counters.role, role);
  counters.exposed += delta.exposed;
  counters.healthy += delta.healthy;
  counters.long += delta.long;
  counters.since = Math.min(counters.since, heardOn);
  if (day === null) return counters;
  let sums = counters.days.get(day);
  if (sums === undefined) {
    sums = { after: 0, weak: 0, young: 0, before: 0, incubation: 0 };
    counters.days.set(day, sums);
  }
  sums.after += delta.after;
  sums.weak += delta.weak;
  sums.young += delta.young;
  sums.before += delta.before;
  sums.incubation += delta.incubation;
  return counters;
}

/** Least to most: code comes from update servers and stores. */
const ROLES: readonly string[] = ['unknown', 'store', 'update'];
/** How likely it is that a backend of this role carries code. */
export const roleRank = (role: string): number => Math.max(0, ROLES.indexOf(role));
export const roleOfRank = (rank: number): string => ROLES[rank] ?? 'unknown';

/** Homes may know the same backend by different roles. */
export const mergedRole = (a: string, b: string): string => (roleRank(b) > roleRank(a) ? b : a);
