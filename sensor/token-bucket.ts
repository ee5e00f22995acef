// How often something may be done: so many times at once, and so many more each second. Knows no clock of its own.

export class TokenBucket {
  readonly #atOnce: number;
  readonly #aSecond: number;
  #left: number;
  #at: number;

  /** `now` is of the caller's clock (ms), which is asked again with each look. */
  constructor({ aSecond, atOnce }: { atOnce: number; aSecond: number }, now: number) {
    this.#atOnce = atOnce;
    this.#aSecond = aSecond;
    this.#left = atOnce;
    this.#at = now;
  }

  /** How many times it may be done now; less than one: not yet. */
  left(now: number): number {
    this.#left = Math.min(this.#atOnce, this.#left + (Math.max(0, now - this.#at) * this.#aSecond) / 1000);
    this.#at = now;
    return this.#left;
  }

  /** It is done, or was all the same. */
  take(): void {
    this.#left = Math.max(0, this.#left - 1);
  }
}
