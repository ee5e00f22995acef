// One timer for all who wait for time to go on: it rings when the soonest of them wants it to. Knows nothing of what they wait for:
// who still waits then says so again. What has come by then is taken first: on a slow machine a frame may lie there that ends the wait.

export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** Time is up, and what has come is being taken. */
  #isUp: NodeJS.Immediate | null = null;
  #at = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings within so many ms. */
  within(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#isUp !== null || (this.#timer !== null && this.#at <= at)) return;
    this.clear();
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // Timers come before what can be read in a turn of the event loop, and this behind it.
      this.#isUp = setImmediate(() => {
        this.#isUp = null;
        this.#ring();
      });
    }, milliseconds);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#isUp !== null) clearImmediate(this.#isUp);
    this.#timer = null;
    this.#isUp = null;
  }
}
