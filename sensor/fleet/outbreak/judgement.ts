// Judges one backend in one family, or in all things, by its counts alone: is it named, and what speaks against it? Pure; the
// thresholds stand here with their reasons, and what they cost and bring is measured by `npm run bench -- fleet-outbreak`.
import { isSharedInfrastructure } from '../../detect/shared-infrastructure.ts';
import { K } from '../k-rule.ts';
import { alikeFamilies, FEW_FAMILIES, noNoisierFamilies, restOfFamily } from './controls.ts';
import type { Counters } from './counters.ts';
import { COMPANY, chancesOfHabit, type Known } from './habits.ts';
import { ALL_THINGS } from './home-facts.ts';
import { fisher, fisherOfOdds, type Lift, liftOf, logFisher, type Table } from './statistics.ts';
import { EVIDENCE_LASTS, type Sums, sumUp } from './sums.ts';

export interface Thresholds {
  /** Fisher's p, times the number of backends that are tested, is at most this. */
  chance: number;
  /** The lower end of the lift's interval is at least this. */
  lift: number;
  /** Of the homes that use the backend and can be judged, this share mailed. */
  share: number;
  /** The chance that the homes mail by habit is at most this, whatever they are compared with. */
  habit: number;
  /** Enough where `chance` holds beside homes that mail about as often by habit, and innocent company does not explain that either. */
  habitBesideAlike: number;
  /** The same of habit and innocent company: enough where `chance` and `lift` hold beside homes that mail about as often by habit. */
  habitOfCompany: number;
  /** For each home in which mail came before contact there are so many in which it came after. */
  order: number;
}

/**
 * For naming a backend. `chance`: judged every few seconds all year; neighbouring judgements are nearly the same one, and a year holds
 * about 6 periods of evidence, so that 1 in 1,000 at each is far below one false name in a year. `lift`: innocent company (an owner
 * who sets up mail also likes plugins) reaches 3 and seldom more. `share`: what liars can do to an innocent backend is bounded by it:
 * each gets fewer than 1 / `share` honest homes warned. `habit`: what named recorders in quiet fleets, by far more often than chance did. The
 * others: where like is compared with like, innocent company must be ruled out by what the others do or by what was before, and
 * plain chance by both.
 */
export const NAMING: Thresholds = {
  ...{ chance: 1e-3, lift: 4, share: 0.01, order: 3 },
  ...{ habit: 5e-5, habitBesideAlike: 1e-3, habitOfCompany: 2.5e-4 },
};
/** For keeping the name, so that a home more or less does not clear a warning and raise it again. */
export const KEEPING: Thresholds = {
  ...{ chance: 0.05, lift: 2, share: 0.005, order: 2 },
  ...{ habit: 1, habitBesideAlike: 1, habitOfCompany: 1 },
};
/** Days without a further home after which an outbreak has ended. */
export const QUIET = 28;

/** So many claims that nothing supports count as one, and all of them for no more than those that something does: they add, and do not carry. */
const WEAK_CLAIMS = 4;
/** Claims of one day that count: not many more than name a rare backend, so that a flood does no more than a few, … */
const CLAIMS_A_DAY = 8;
/** … or this share of the homes that use it, where they are many. */
const CLAIMS_SHARE = 0.02;
/** A backend that this share of all families and of all homes uses is infrastructure: from there on more is asked for as it grows. */
const BREADTH = 0.1;

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

/** Beside homes that mail about as often by habit, in the same days. */
interface BesideAlike {
  p: number;
  lift: Lift;
  /** As `p`, were innocent company all there is. */
  pOfCompany: number;
  /** The chance that it is habit, were it not for a season, which those others would show. */
  habit: number;
  /** The same of innocent company. */
  habitOfCompany: number;
}

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
  /** The chance that it is habit, where nothing but habit is looked at. */
  habit: number;
  besideAlike: BesideAlike;
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
  const credible = credibleOf(sums.after, sums.weak);
  const judged = pair.healthy + credible;
  const a = Math.max(0, claimsThatCount(pair, around.today, judged) - explained);
  const users = { a, b: Math.max(0, pair.healthy) };
  const family = pair.group === ALL_THINGS ? null : restOfFamily(group, pair, sums, around.today);
  const table: Table = { ...users, ...(family ?? noNoisierFamilies(around)) };
  const alike: Table = { ...users, ...(family ?? alikeFamilies(around)) };
  // Bonferroni's correction: of those that hold whatever depends on what, the one that judges a backend by its own counts alone; Holm's
  // and Benjamini and Yekutieli's need all backends in order each time. Pairs that too few homes use could never be named, and are not
  // counted as tests (Tarone 1990).
  const corrected = (p: number): number => Math.min(1, p * Math.max(1, around.tests));
  const habit = chancesOfHabit(pair, around, a);
  return {
    ...{ group: pair.group, backend: pair.backend, role: pair.role, table, judged, exposed: pair.exposed },
    discount: discountOf(around),
    mailed: sums.after + sums.weak,
    lift: liftOf(table),
    p: corrected(fisher(table)),
    evidence: evidenceOf(pair, around, { ...table, a: credible }),
    habit: Math.exp(habit.alone),
    besideAlike: {
      p: corrected(fisher(alike)),
      lift: liftOf(alike),
      pOfCompany: corrected(fisherOfOdds(alike, COMPANY)),
      habit: Math.exp(habit.besideControls),
      habitOfCompany: Math.exp(habit.ofCompany),
    },
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
export function holds(judgement: Judgement, t: Thresholds): boolean {
  const { discount, isShared, judged, lift, order, p, table } = judgement;
  return (
    !isShared &&
    table.a >= K &&
    p <= t.chance &&
    lift.low / discount >= t.lift &&
    table.a >= t.share * discount * judged &&
    isBeyondHabit(judgement, t) &&
    order.after >= t.order * order.before
  );
}

/** Far beyond it; or beyond it, and beyond what others of the same habit do in the same days. */
function isBeyondHabit({ besideAlike, discount, habit }: Judgement, t: Thresholds): boolean {
  if (habit <= t.habit) return true;
  const { lift, p } = besideAlike;
  if (p > t.chance || lift.low / discount < t.lift) return false;
  if (besideAlike.habitOfCompany <= t.habitOfCompany) return true;
  return besideAlike.pOfCompany <= t.chance && besideAlike.habit <= t.habitBesideAlike;
}

function evidenceOf(pair: Counters, around: Surroundings, table: Table): Judgement['evidence'] {
  const logP = logFisher(table) + chancesOfHabit(pair, around, table.a).alone;
  return { logP, low: liftOf(table).low };
}

function claimsThatCount({ days }: Counters, today: number, judged: number): number {
  const most = Math.max(CLAIMS_A_DAY, Math.ceil(judged * CLAIMS_SHARE));
  let [strong, weak] = [0, 0];
  for (const [day, sums] of days) {
    if (day <= today - EVIDENCE_LASTS || day > today) continue;
    strong += Math.min(sums.after, most);
    weak += Math.min(sums.weak, most);
  }
  return credibleOf(strong, weak);
}

const credibleOf = (strong: number, weak: number): number => strong + Math.min(strong, Math.floor(weak / WEAK_CLAIMS));

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
