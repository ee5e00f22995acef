// How many times an hour the disk is written to: each time costs it whole pages, some 20 KB with journal and index. What comes
// seldom is written at once; in a flood several changes share one writing.
const HOUR = 60 * 60_000;
/** Writings that may follow each other at once. */
const AT_ONCE = 200;
/** Those that incidents can count on; counts wait meanwhile. */
const RESERVED = 100;
/** ms for one more. */
const EVERY = 30_000;

export class Pace {
  #left = AT_ONCE;
  #countedAt = 0;

  /** Whether something may be written at `now` (packet time, ms); if so it counts. */
  take(what: 'incident' | 'counts', now: number): boolean {
    const passed = now - this.#countedAt;
    // A clock that was set back makes nothing wait.
    if (passed < 0 || passed >= HOUR) {
      this.#left = AT_ONCE;
      this.#countedAt = now;
    } else {
      const more = Math.floor(passed / EVERY);
      this.#left = Math.min(AT_ONCE, this.#left + more);
      this.#countedAt += more * EVERY;
    }
    if (this.#left <= (what === 'incident' ? 0 : RESERVED)) return false;
    this.#left--;
    return true;
  }
}
