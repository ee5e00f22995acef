// How often families of things begin to mail by habit, learned from how it was before: disks and printers mail, lamps do not.
import type { Counters } from './counters.ts';
import { ALL_THINGS } from './home-facts.ts';
import { SETTLING } from './standing.ts';
import { type Habit, habitOf, logByHabit } from './statistics.ts';
import { mailedBetween, sumUp } from './sums.ts';

/** Days that are compared with those before, to tell an outbreak from a habit. */
const PERIOD = 28;
/** Days before them that are looked at. */
const LEARNED_FROM = 92;
/** Bounds of what is usual for a home in a period, whatever the fleet's own counts say. */
const [LEAST_USUAL, MOST_USUAL] = [0.01, 0.03];

export interface Family {
  /** In the days that count. */
  mailed: number;
  healthy: number;
  habit: Habit;
}

/** Homes with a family that use a backend. */
export interface Use {
  exposed: number;
  healthy: number;
  /** Over all days. */
  mailed: number;
}

/**
 * The last day of those that habits are learned from.
 * @param openedOn of the outbreak that is judged again, null for none: what it was named for does not become a habit while it lasts
 */
export const habitsUntil = (today: number, openedOn: number | null): number => (openedOn ?? today) - PERIOD;

/** Families as they are counted. @param until see `habitsUntil` */
export function familiesOf(groups: ReadonlyMap<string, Counters>, today: number, until: number): Map<string, Family> {
  const all = groups.get(ALL_THINGS);
  const usual = all === undefined ? LEAST_USUAL : usualOf(all, today, until);
  const families = new Map<string, Family>();
  for (const [group, counters] of groups) {
    if (group === ALL_THINGS) continue;
    const { after } = sumUp(counters, today);
    const habit = habitOfCounts(counters, today, until, usual);
    families.set(group, { mailed: after, healthy: counters.healthy, habit });
  }
  return families;
}

/** What the chance of a habit is worked out from. */
export interface Known {
  today: number;
  habitsUntil: number;
  families: ReadonlyMap<string, Family>;
  uses: ReadonlyMap<string, Use>;
}

/** The natural logarithms of chances that it is habit. */
export interface HabitChances {
  /** Where nothing but habit is looked at. */
  alone: number;
  /** Where homes of the same habit, looked at beside them, would show what a season does. */
  besideControls: number;
  /** The same, and these homes may be such as mail `COMPANY` times as often as is known of them. */
  ofCompany: number;
}

/**
 * Innocent company mails up to so many times as often as others with the same things: an owner who sets up mail also likes plugins, and few
 * homes that have both may not have shown yet how often they mail.
 */
export const COMPANY = 3;
/**
 * However much is known, habits vary more than chance does, by seasons and among those who have the same thing: even more widely than
 * waiting times do, whose shape is 1.
 */
const SHAPE_ALONE = 0.7;
/** What is left to vary where seasons are seen by others: a standard deviation of a third of the rate. */
const SHAPE_BESIDE_CONTROLS = 10;
/** What company varies by: `COMPANY` times the rate or more one time in 57. */
const SHAPE_OF_COMPANY = 2;

/**
 * The chances that the homes of the last period mail as those families did before, or as those with this backend did, if they mailed more.
 * @param counted claims that count
 */
export function chancesOfHabit(
  pair: Counters,
  { families, habitsUntil, today, uses }: Known,
  counted: number,
): HabitChances {
  const recent = Math.min(counted, mailedBetween(pair, today - PERIOD, today));
  const own: Use = { exposed: pair.exposed, healthy: pair.healthy, mailed: mailedBetween(pair, 0, today) };
  const used = pair.group === ALL_THINGS ? [...uses] : [[pair.group, own] as const];
  const kinds = used.flatMap(([family, use]) => {
    const habit = families.get(family)?.habit;
    return habit === undefined ? [] : [{ homes: atRisk(use), habit }];
  });
  const ownKind = [{ homes: atRisk(own), habit: habitOfCounts(pair, today, habitsUntil, LEAST_USUAL) }];
  const chance = (mostShape: number): number =>
    Math.max(logByHabit(recent, kinds, mostShape), logByHabit(recent, ownKind, mostShape));
  return {
    alone: chance(SHAPE_ALONE),
    besideControls: chance(SHAPE_BESIDE_CONTROLS),
    ofCompany: chance(SHAPE_OF_COMPANY),
  };
}

/** Homes that could begin to mail: those that did so when they were new cannot. */
const atRisk = ({ healthy, mailed }: Pick<Use, 'healthy' | 'mailed'>): number => healthy + mailed;

/** How often those homes began to mail in a period, up to a day. @param usual where nothing is known */
function habitOfCounts(counters: Counters, today: number, until: number, usual: number): Habit {
  // Mail counts once a home has settled, and not all homes came on the first day.
  const days = Math.min(LEARNED_FROM, until - counters.since - 2 * SETTLING);
  const mailed = mailedBetween(counters, until - LEARNED_FROM, until);
  const homes = atRisk({ healthy: counters.healthy, mailed: mailedBetween(counters, 0, today) });
  return habitOf(mailed, (homes * Math.max(0, days)) / PERIOD, usual);
}

/** What is usual for a home in a period, in the whole fleet. */
function usualOf(fleet: Counters, today: number, until: number): number {
  const { rate } = habitOfCounts(fleet, today, until, LEAST_USUAL);
  return Math.min(MOST_USUAL, Math.max(LEAST_USUAL, rate));
}
