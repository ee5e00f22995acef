// Ids of test alerts, which are no two alike, and a pace for them. Belongs to main.ts.
import { randomBytes } from 'node:crypto';
import { monotonicNow } from './system-clock.ts';

/** A finger on the button is no flood, ms. */
const BETWEEN_MS = 3_000;

export class TestIds {
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  /** `now`: wall time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Null where there was one a moment ago. */
  next(): { id: string; time: number } | null {
    if (monotonicNow() - this.#last < BETWEEN_MS) return null;
    this.#last = monotonicNow();
    return { id: `test-${randomBytes(8).toString('hex')}`, time: this.#now() };
  }
}
