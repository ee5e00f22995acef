// What is done to the sensor during a soak, and when: worked out from a seed, so that a run can be repeated.
import { Random } from '../bench/random.ts';

/** Those that end the sensor come first, so that what follows is one long life whose memory can be judged. */
export const ENDING = ['sensor killed', 'sensor stopped'] as const;
export const LASTING = [
  'capture killed',
  'capture hung',
  'broker killed',
  'broker hung',
  'disk full',
  'database locked',
  'port down',
  'page clients stall',
  'made-up devices',
  'garbage',
] as const;

export type FaultKind = (typeof ENDING)[number] | (typeof LASTING)[number];

export interface PlannedFault {
  kind: FaultKind;
  /** Seconds after the traffic began. */
  at: number;
  /** Seconds until it is over. */
  lasts: number;
}

/** Seconds: how long one lasts at least and at most. */
const LASTS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  'sensor killed': [1, 3],
  'sensor stopped': [1, 3],
  'capture killed': [0, 0],
  // At most: it must be replaced within 30 s.
  'capture hung': [32, 32],
  'broker killed': [2, 8],
  'broker hung': [4, 12],
  'disk full': [5, 15],
  'database locked': [3, 6],
  'port down': [2, 6],
  'page clients stall': [4, 10],
  'made-up devices': [2, 4],
  garbage: [2, 4],
};

/** Seconds without a fault: at the beginning, for everybody to be known, and at the end, for everything to be told and stored. */
const CALM = { before: 12, after: 20 } as const;
/** Seconds from one fault's end to the next one's beginning, at least: whether one was overcome must be seen before the next. */
const APART = 3;

/** Every kind at least once where the time allows, those that end the sensor first; then at random until the time is over. */
export function plan(minutes: number, seed: number): PlannedFault[] {
  const random = new Random(seed);
  const end = minutes * 60 - CALM.after;
  const planned: PlannedFault[] = [];
  let at: number = CALM.before;
  const add = (kind: FaultKind, pause: number): void => {
    const [least, most] = LASTS[kind];
    const lasts = least + random.below(most - least + 1);
    if (at + lasts > end) return;
    planned.push({ kind, at, lasts });
    at += lasts + APART + pause;
  };
  for (const kind of ENDING) add(kind, APART);
  const left = shuffled(LASTING, random);
  for (const kind of left) add(kind, 0);
  // The rest has room between: a home does not break every ten seconds.
  while (at < end) add(random.pick(LASTING), random.below(20));
  return planned;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((value) => ({ value, key: random.word() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
