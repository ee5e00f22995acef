// Which homes the users of a backend are compared with, as in any study of cases and controls: the others of their family, or, where all
// things are looked at together, families that mail about as often by habit. A home counts once for each such family.
import type { Counters } from './counters.ts';
import type { Family, Known, Use } from './habits.ts';
import type { Table } from './statistics.ts';
import { type Sums, sumUp } from './sums.ts';

/** Homes without the backend: those that mailed, and healthy ones. */
export type Controls = Pick<Table, 'c' | 'd'>;

/** Families are alike of which one mails up to so many times as often as the other, … */
const ALIKE_HABIT = 2;
/** … and all that hardly mail, in homes of a period: beside few families, and beside a mixture, of which some may mail more. */
const [HARDLY_BESIDE_FEW, HARDLY_BESIDE_MANY] = [1 / 300, 1 / 100];
/** Backends of so many families serve a mixture. */
export const FEW_FAMILIES = 8;

/** Homes of the family that do not use it. Homes whose claims do not count are left out, not moved to the other side. */
export function restOfFamily(group: Counters, pair: Counters, { after, weak }: Sums, today: number): Controls {
  return {
    c: Math.max(0, sumUp(group, today).after - after - weak),
    d: Math.max(0, group.healthy - pair.healthy),
  };
}

/**
 * In families that mail at most about as often: beside disks that report by mail once a week nothing would stand out. What mails by habit
 * stands out beside these all the same, so that habit must be looked at as well.
 */
export function noNoisierFamilies(known: Known): Controls {
  const hardly = known.uses.size < FEW_FAMILIES ? HARDLY_BESIDE_FEW : HARDLY_BESIDE_MANY;
  const most = Math.max(hardly, ALIKE_HABIT * usualHabit(known));
  return notUsedIn(known, ({ habit }) => habit.rate <= most);
}

/** In families that mail about as often, no less either. There may be none. */
export function alikeFamilies(known: Known): Controls {
  const usual = usualHabit(known);
  return notUsedIn(known, ({ habit }) => habit.rate <= usual * ALIKE_HABIT && habit.rate >= usual / ALIKE_HABIT);
}

/** Of the homes that use the backend, by their families. */
function usualHabit({ families, uses }: Known): number {
  let [homes, expected] = [0, 0];
  for (const [family, { exposed }] of uses) {
    homes += exposed;
    expected += exposed * (families.get(family)?.habit.rate ?? 0);
  }
  return expected / Math.max(1, homes);
}

function notUsedIn({ families, uses }: Known, isControl: (family: Family) => boolean): Controls {
  const rest = { c: 0, d: 0 };
  for (const [name, family] of families) {
    if (!isControl(family)) continue;
    const use: Use | undefined = uses.get(name);
    rest.c += Math.max(0, family.mailed - (use?.mailed ?? 0));
    rest.d += Math.max(0, family.healthy - (use?.healthy ?? 0));
  }
  return rest;
}
