// What all judgements of a round have in common, by the day up to which habits are learned: it is the same for most of them.

import { familiesOf, habitsUntil } from './habits.ts';
import { ALL_THINGS } from './home-facts.ts';
import type { Surroundings } from './judgement.ts';
import type { Fleet } from './load-counters.ts';

export type Around = Omit<Surroundings, 'uses'>;

/** @returns by the day on which the outbreak opened that is judged again, null for none */
export function surroundingsOf(
  { familyCount, groups, tests }: Fleet,
  today: number,
): (openedOn: number | null) => Around {
  const homes = groups.get(ALL_THINGS)?.exposed ?? 0;
  const known = new Map<number, Around>();
  return (openedOn) => {
    const until = habitsUntil(today, openedOn);
    let around = known.get(until);
    if (around === undefined) {
      const families = familiesOf(groups, today, until);
      around = { today, habitsUntil: until, tests, familyCount, homes, families };
      known.set(until, around);
    }
    return around;
  };
}
