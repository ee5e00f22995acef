// Judges one backend in one family, or in all things, by its counts alone: is it named, and what speaks against it? Pure; the
// thresholds stand here with their reasons, and what they cost and bring is measured by `npm run bench -- fleet-outbreak`.
import { isSharedInfrastructure } from '../../detect/shared-infrastructure.ts';
import { K } from '../k-rule.ts';
import type { Counters } from './counters.ts';
import { ALL_THINGS } from './home-facts.ts';
import { SETTLING } from './standing.ts';
import { byHabit, fisher, type Habit, habitOf, type Lift, liftOf, type Table } from './statistics.ts';

/** Days for which a home that mailed counts. */
export const EVIDENCE_LASTS = 60;
/** Days that are compared with those before, to tell an outbreak from a habit. */
const PERIOD = 28;
/** Days of counts that are looked at, for how it was before. */
const COUNTS_LAST = 120;
/** Days for which counts by the day are kept: longer than any home is counted by them. */
export const DAYS_KEPT = 180;

export interface Thresholds {
  /** Fisher's p, times the number of backends that are tested, is at most this. */
  chance: number;
  /** The lower end of the lift's interval is at least this. */
  lift: number;
  /** Of the homes that use the backend and can be judged, this share mailed. */
  share: number;
  /** The chance that the homes mail by habit is at most this. */
  habit: number;
  /** For each home in which mail came before contact there are so many in which it came after. */
  order: number;
}

/**
 * For naming a backend. `chance`: judged every few seconds all year; neighbouring judgements are nearly the same one, and a year holds
 * about 6 periods of evidence, so that 1 in 10,000 at each is far below one false name in a year. `lift`: innocent company (an owner
 * who sets up mail also likes plugins) reaches 3 and seldom more. `share`: what liars can do to an innocent backend is bounded by it:
 * each gets fewer than 1 / `share` honest homes warned.
 */
export const NAMING: Thresholds = { chance: 1e-4, lift: 4, share: 0.02, habit: 2e-4, order: 3 };
/** For keeping the name, so that a home more or less does not clear a warning and raise it again. */
export const KEEPING: Thresholds = { chance: 0.05, lift: 2, share: 0.01, habit: 1, order: 2 };
/** Days without a further home after which an outbreak has ended. */
export const QUIET = 28;

/** So many claims that nothing supports count as one. */
const WEAK_CLAIMS = 4;
/** Claims of one day that count: not many more than name a rare backend, so that a flood does no more than a few, … */
const CLAIMS_A_DAY = 8;
/** … or this share of the homes that use it, where they are many. */
const CLAIMS_SHARE = 0.01;
/** A backend that this share of all families uses is infrastructure: from there on the lift that is asked for grows with it. */
const BREADTH = 0.1;
const FEW_FAMILIES = 8;
/** Families are alike that mail up to so many times as often. */
const ALIKE_HABIT = 2;
/** Bounds of what is usual for a home in a period, whatever the fleet's own counts say. */
const [LEAST_USUAL, MOST_USUAL] = [0.01, 0.03];

/** What a judgement must know beside the counts of the backend and of its group. */
export interface Surroundings {
  today: number;
  /** Pairs of backend and group that `K` homes use: those that could be named. */
  tests: number;
  /** Families, and how many homes with them mail and are healthy. */
  families: ReadonlyMap<string, Family>;
  /** Of those that enough homes have. */
  familyCount: number;
  /** Homes that use the backend, by family. */
  uses: ReadonlyMap<string, Use>;
}

export interface Family {
  /** In the days that count. */
  mailed: number;
  healthy: number;
  habit: Habit;
}

export interface Use {
  exposed: number;
  healthy: number;
  /** Over all days. */
  mailed: number;
}

export type Against = { what: 'spared' | 'weak' | 'young' | 'before' | 'crowded'; homes: number };

export interface Judgement {
  group: string;
  backend: string;
  role: string;
  /** With the claims that count. */
  table: Table;
  /** Homes in which mail began after contact, those that do not count included. */
  mailed: number;
  /** Homes that use it and can be judged. */
  judged: number;
  exposed: number;
  lift: Lift;
  /** Of Fisher's test, corrected for the number of tests; at most 1. */
  p: number;
  /**
   * With all claims, and not corrected: to lay backends side by side, of which each has its own bound of claims. The weaker of both tests:
   * what many homes use beside a few that a bad backend harms has many homes that mail by habit.
   */
  evidence: { p: number; low: number };
  /** The chance that it is habit. */
  habit: number;
  order: { after: number; before: number };
  /** Days from contact to mail, on average; null where nobody mailed. */
  incubation: number | null;
  /** The last day on which a further home was heard of; null without one. */
  lastDay: number | null;
  /** Content network, rented cloud, pool of clocks: never named. Backends with the role of a clock are not even reported. */
  isShared: boolean;
  /** The lift's lower end is divided by this for the breadth of its use. */
  discount: number;
  against: Against[];
}

/** @param explained homes that mail, too, after a backend that explains them better: they do not count for this one */
export function judge(pair: Counters, group: Counters, around: Surroundings, explained = 0): Judgement {
  const sums = sumUp(pair, around.today);
  const credible = sums.after + Math.floor(sums.weak / WEAK_CLAIMS);
  const judged = pair.healthy + credible;
  const a = Math.max(0, claimsThatCount(pair, around.today, judged) - explained);
  const table: Table = {
    a,
    b: Math.max(0, pair.healthy),
    ...(pair.group === ALL_THINGS ? alikeFamilies(around) : restOf(group, pair, sums, around.today)),
  };
  const breadth = around.uses.size;
  const discount = breadth >= FEW_FAMILIES ? Math.max(1, breadth / around.familyCount / BREADTH) : 1;
  return {
    ...{ group: pair.group, backend: pair.backend, role: pair.role, table, judged, exposed: pair.exposed },
    mailed: sums.after + sums.weak,
    lift: liftOf(table),
    // Bonferroni's correction: of those that hold whatever depends on what, the one that judges a backend by its own counts alone; Holm's
    // and Benjamini and Yekutieli's need all backends in order each time. Pairs that too few homes use could never be named, and are not
    // counted as tests (Tarone 1990).
    p: Math.min(1, fisher(table) * Math.max(1, around.tests)),
    evidence: evidenceOf(pair, around, { ...table, a: credible }),
    habit: chanceOfHabit(pair, around, a),
    order: { after: credible, before: sums.before },
    incubation: sums.after + sums.weak === 0 ? null : sums.incubation / (sums.after + sums.weak),
    lastDay: sums.lastDay,
    isShared: isSharedInfrastructure(pair.backend),
    discount,
    against: againstOf(pair, sums, a, credible),
  };
}

/** Whether a judgement holds against thresholds. */
export function holds({ discount, habit, isShared, judged, lift, order, p, table }: Judgement, t: Thresholds): boolean {
  return (
    !isShared &&
    table.a >= K &&
    p <= t.chance &&
    lift.low / discount >= t.lift &&
    table.a >= t.share * judged &&
    habit <= t.habit &&
    order.after >= t.order * order.before
  );
}

function evidenceOf(pair: Counters, around: Surroundings, table: Table): Judgement['evidence'] {
  const p = Math.max(fisher(table), chanceOfHabit(pair, around, table.a));
  return { p, low: liftOf(table).low };
}

/** Homes of the family that do not use it. Homes whose claims do not count are left out, not moved to the other side. */
function restOf(group: Counters, pair: Counters, { after, weak }: Sums, today: number): Pick<Table, 'c' | 'd'> {
  return {
    c: Math.max(0, sumUp(group, today).after - after - weak),
    d: Math.max(0, group.healthy - pair.healthy),
  };
}

/**
 * For all things: what does not use it in families of about the same habit. Beside disks that report by mail once a week nothing else
 * would stand out; like is compared with like, as in any study of cases and controls. A home counts once for each such family.
 */
function alikeFamilies({ families, uses }: Surroundings): Pick<Table, 'c' | 'd'> {
  let [homes, expected] = [0, 0];
  for (const [family, { exposed }] of uses) {
    homes += exposed;
    expected += exposed * (families.get(family)?.habit.rate ?? 0);
  }
  const most = Math.max(LEAST_USUAL, (ALIKE_HABIT * expected) / Math.max(1, homes));
  const rest = { c: 0, d: 0 };
  for (const [family, { habit, healthy, mailed }] of families) {
    if (habit.rate > most) continue;
    const use = uses.get(family);
    rest.c += Math.max(0, mailed - (use?.mailed ?? 0));
    rest.d += Math.max(0, healthy - (use?.healthy ?? 0));
  }
  return rest;
}

/** What the rest of a judgement is made of: families as they are counted. */
export function familiesOf(groups: ReadonlyMap<string, Counters>, today: number): Map<string, Family> {
  const all = groups.get(ALL_THINGS);
  const usual = all === undefined ? LEAST_USUAL : usualOf(all, today);
  const families = new Map<string, Family>();
  for (const [group, counters] of groups) {
    if (group === ALL_THINGS) continue;
    const { after } = sumUp(counters, today);
    families.set(group, { mailed: after, healthy: counters.healthy, habit: habitOfCounts(counters, today, usual) });
  }
  return families;
}

interface Sums {
  after: number;
  weak: number;
  young: number;
  before: number;
  incubation: number;
  lastDay: number | null;
}

function sumUp({ days }: Counters, today: number): Sums {
  const sums: Sums = { after: 0, weak: 0, young: 0, before: 0, incubation: 0, lastDay: null };
  for (const [day, { after, before, incubation, weak, young }] of days) {
    if (day <= today - EVIDENCE_LASTS || day > today) continue;
    sums.after += after;
    sums.weak += weak;
    sums.young += young;
    sums.before += before;
    sums.incubation += incubation;
    if (after + weak > 0) sums.lastDay = Math.max(sums.lastDay ?? day, day);
  }
  return sums;
}

function claimsThatCount({ days }: Counters, today: number, judged: number): number {
  const most = Math.max(CLAIMS_A_DAY, Math.ceil(judged * CLAIMS_SHARE));
  let [strong, weak] = [0, 0];
  for (const [day, sums] of days) {
    if (day <= today - EVIDENCE_LASTS || day > today) continue;
    strong += Math.min(sums.after, most);
    weak += Math.min(sums.weak, most);
  }
  return strong + Math.floor(weak / WEAK_CLAIMS);
}

/** By how those families mailed before, or those with this backend, if they mailed more. */
function chanceOfHabit(pair: Counters, { families, today, uses }: Surroundings, counted: number): number {
  const recent = Math.min(counted, mailedBetween(pair, today - PERIOD, today));
  const own: Use = { exposed: pair.exposed, healthy: pair.healthy, mailed: mailedBetween(pair, 0, today) };
  const used = pair.group === ALL_THINGS ? [...uses] : [[pair.group, own] as const];
  const kinds = used.flatMap(([family, use]) => {
    const habit = families.get(family)?.habit;
    return habit === undefined ? [] : [{ homes: atRisk(use), habit }];
  });
  const habit = habitOfCounts(pair, today, LEAST_USUAL);
  return Math.max(byHabit(recent, kinds), byHabit(recent, [{ homes: atRisk(own), habit }]));
}

/** Homes that could begin to mail: those that did so when they were new cannot. */
const atRisk = ({ healthy, mailed }: Pick<Use, 'healthy' | 'mailed'>): number => healthy + mailed;

/** How often those homes began to mail in a period, before the last one. @param usual where nothing is known */
function habitOfCounts(counters: Counters, today: number, usual: number): Habit {
  // Mail counts once a home has settled, and not all homes came on the first day.
  const days = Math.min(COUNTS_LAST, today - counters.since - 2 * SETTLING) - PERIOD;
  const mailed = mailedBetween(counters, today - COUNTS_LAST, today - PERIOD);
  const homes = atRisk({ healthy: counters.healthy, mailed: mailedBetween(counters, 0, today) });
  return habitOf(mailed, (homes * Math.max(0, days)) / PERIOD, usual);
}

/** What is usual for a home in a period, in the whole fleet. */
function usualOf(fleet: Counters, today: number): number {
  const { rate } = habitOfCounts(fleet, today, LEAST_USUAL);
  return Math.min(MOST_USUAL, Math.max(LEAST_USUAL, rate));
}

/** After the first day, up to the last. */
function mailedBetween({ days }: Counters, after: number, last: number): number {
  let mailed = 0;
  for (const [day, sums] of days) if (day > after && day <= last) mailed += sums.after + sums.weak;
  return mailed;
}

function againstOf({ long }: Counters, sums: Sums, counted: number, credible: number): Against[] {
  const mean = sums.incubation / Math.max(1, sums.after + sums.weak);
  const all: Against[] = [
    // Long use of a backend that turned bad late says nothing: then those that mailed had used it for long, too.
    { what: 'spared', homes: mean <= 14 ? long : 0 },
    { what: 'weak', homes: sums.weak },
    { what: 'young', homes: sums.young },
    { what: 'before', homes: sums.before },
    { what: 'crowded', homes: credible - counted },
  ];
  return all.filter(({ homes }) => homes > 0);
}
