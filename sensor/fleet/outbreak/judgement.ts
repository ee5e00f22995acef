// Judges one backend in one family, or in all things, by its counts alone: is it named, and what speaks against it? Pure; the
// thresholds stand here with their reasons, and what they cost and bring is measured by `npm run bench -- fleet-outbreak`.
import { isSharedInfrastructure } from '../../detect/shared-infrastructure.ts';
import { K } from '../k-rule.ts';
import type { Counters } from './counters.ts';
import { type Known, logChanceOfHabit } from './habits.ts';
import { ALL_THINGS } from './home-facts.ts';
import { fisher, type Lift, liftOf, logFisher, type Table } from './statistics.ts';
import { EVIDENCE_LASTS, type Sums, sumUp } from './sums.ts';

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
 * about 6 periods of evidence, so that 1 in 1,000 at each is far below one false name in a year. `lift`: innocent company (an owner
 * who sets up mail also likes plugins) reaches 3 and seldom more. `share`: what liars can do to an innocent backend is bounded by it:
 * each gets fewer than 1 / `share` honest homes warned. `habit`: what named recorders in quiet fleets, by far more often than chance did.
 */
export const NAMING: Thresholds = { chance: 1e-3, lift: 4, share: 0.01, habit: 1.25e-4, order: 3 };
/** For keeping the name, so that a home more or less does not clear a warning and raise it again. */
export const KEEPING: Thresholds = { chance: 0.05, lift: 2, share: 0.005, habit: 1, order: 2 };
/** Days without a further home after which an outbreak has ended. */
export const QUIET = 28;

/** So many claims that nothing supports count as one. */
const WEAK_CLAIMS = 4;
/** Claims of one day that count: not many more than name a rare backend, so that a flood does no more than a few, … */
const CLAIMS_A_DAY = 8;
/** … or this share of the homes that use it, where they are many. */
const CLAIMS_SHARE = 0.02;
/** A backend that this share of all families and of all homes uses is infrastructure: from there on more is asked for as it grows. */
const BREADTH = 0.1;
const FEW_FAMILIES = 8;
/** Families are alike that mail up to so many times as often, … */
const ALIKE_HABIT = 2;
/** … and all that hardly mail, in homes of a period: beside few families, and beside a mixture, of which some may mail more. */
const [HARDLY_BESIDE_FEW, HARDLY_BESIDE_MANY] = [1 / 300, 1 / 100];

/** What a judgement must know beside the counts of the backend and of its group. */
export interface Surroundings extends Known {
  /** Pairs of backend and group that `K` homes use: those that could be named. */
  tests: number;
  /** Families that enough homes have. */
  familyCount: number;
  /** All homes of the fleet. */
  homes: number;
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
   * With all claims, and not corrected: to lay backends side by side, of which each has its own bound of claims. The logarithm of both
   * chances multiplied, that of Fisher's test and that of habit: what many homes use beside a few that a bad backend harms has many homes
   * that mail by habit.
   */
  evidence: { logP: number; low: number };
  /** The chance that it is habit. */
  habit: number;
  order: { after: number; before: number };
  /** Days from contact to mail, on average; null where nobody mailed. */
  incubation: number | null;
  /** The last day on which a further home was heard of; null without one. */
  lastDay: number | null;
  /** Content network, rented cloud, pool of clocks: never named. Backends with the role of a clock are not even reported. */
  isShared: boolean;
  /** For the breadth of its use: so many times the lift and the share of homes are asked for. */
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
  return {
    ...{ group: pair.group, backend: pair.backend, role: pair.role, table, judged, exposed: pair.exposed },
    discount: discountOf(around),
    mailed: sums.after + sums.weak,
    lift: liftOf(table),
    // Bonferroni's correction: of those that hold whatever depends on what, the one that judges a backend by its own counts alone; Holm's
    // and Benjamini and Yekutieli's need all backends in order each time. Pairs that too few homes use could never be named, and are not
    // counted as tests (Tarone 1990).
    p: Math.min(1, fisher(table) * Math.max(1, around.tests)),
    evidence: evidenceOf(pair, around, { ...table, a: credible }),
    habit: Math.exp(logChanceOfHabit(pair, around, a)),
    order: { after: credible, before: sums.before },
    incubation: sums.after + sums.weak === 0 ? null : sums.incubation / (sums.after + sums.weak),
    lastDay: sums.lastDay,
    isShared: isSharedInfrastructure(pair.backend),
    against: againstOf(pair, sums, a, credible),
  };
}

/**
 * By the base rate of its use: infrastructure is used by things of all kinds, and by many homes. What few homes use is none, however many
 * kinds of things they have. A home counts once for each such family.
 */
function discountOf({ familyCount, homes, uses }: Surroundings): number {
  if (uses.size < FEW_FAMILIES) return 1;
  let users = 0;
  for (const { exposed } of uses.values()) users += exposed;
  return Math.max(1, Math.min(uses.size / familyCount, users / Math.max(1, homes)) / BREADTH);
}

/** Whether a judgement holds against thresholds. */
export function holds({ discount, habit, isShared, judged, lift, order, p, table }: Judgement, t: Thresholds): boolean {
  return (
    !isShared &&
    table.a >= K &&
    p <= t.chance &&
    lift.low / discount >= t.lift &&
    table.a >= t.share * discount * judged &&
    habit <= t.habit &&
    order.after >= t.order * order.before
  );
}

function evidenceOf(pair: Counters, around: Surroundings, table: Table): Judgement['evidence'] {
  const logP = logFisher(table) + logChanceOfHabit(pair, around, table.a);
  return { logP, low: liftOf(table).low };
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
  const hardly = uses.size < FEW_FAMILIES ? HARDLY_BESIDE_FEW : HARDLY_BESIDE_MANY;
  const most = Math.max(hardly, (ALIKE_HABIT * expected) / Math.max(1, homes));
  const rest = { c: 0, d: 0 };
  for (const [family, { habit, healthy, mailed }] of families) {
    if (habit.rate > most) continue;
    const use = uses.get(family);
    rest.c += Math.max(0, mailed - (use?.mailed ?? 0));
    rest.d += Math.max(0, healthy - (use?.healthy ?? 0));
  }
  return rest;
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
