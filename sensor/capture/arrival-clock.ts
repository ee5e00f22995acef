// Frames from elsewhere bear the time of a machine whose clock nobody here has set. Near this machine's time their stamps are
// better than ours, which know nothing of the way they came; far from it they would drag packet time along, so then their
// arrival counts. It judges clocks only, not frames.

import { english, type Words } from '../language/words.ts';
import type { Frame } from './frame.ts';
import type { Warning } from './live-source.ts';

/** Stamps further from this machine's time than this (ms) are not believed: well within what the engine takes for disorder … */
const UNBELIEVED = 30_000;
/** … until they are this near again: what lies between must not switch to and fro. */
const BELIEVED = 15_000;

export class ArrivalClock {
  readonly #now: () => number;
  readonly #onChange: (offset: number | null) => void;
  /** How far the stamps are from this machine's time, ms; null while they are believed. */
  #offset: number | null = null;

  /** `onChange` is told when stamps begin to be off, by how many ms, and with null when they are right again. */
  constructor(now: () => number, onChange: (offset: number | null) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** The frame with the time that the sensor shall go by. */
  stamped(frame: Frame): Frame {
    const now = this.#now();
    const offset = frame.time - now;
    const isOff = Math.abs(offset) > (this.#offset === null ? UNBELIEVED : BELIEVED);
    if (isOff !== (this.#offset !== null)) this.#onChange(isOff ? offset : null);
    this.#offset = isOff ? offset : null;
    return isOff ? { ...frame, time: now } : frame;
  }

  /** `source` is what people call the machine whose clock it is. */
  warnings(source: string): Warning[] {
    const offset = this.#offset;
    if (offset === null) return [];
    const say = (words: Words) => {
      const { sourceAhead, sourceBehind, sourceClockFix: fix } = words.warnings;
      return { text: (offset < 0 ? sourceBehind : sourceAhead)({ source, time: distance(words, offset) }), fix };
    };
    return [{ key: 'source_clock', say }];
  }
}

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1000],
] as const;

/** "2 hours behind", "40 seconds ahead of": in the largest unit of which there are two. */
export function offsetWords(offset: number): string {
  return `${distance(english, offset)} ${offset < 0 ? 'behind' : 'ahead of'}`;
}

function distance({ time }: Words, offset: number): string {
  const milliseconds = Math.abs(offset);
  const [unit, length] = UNITS.find(([, length]) => milliseconds >= 2 * length) ?? UNITS[3];
  return time[unit]({ n: Math.round(milliseconds / length) });
}
