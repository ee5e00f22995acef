// Waiting: for something that another part gives notice of, and longer each time for what does not answer.

/** Whoever waits goes on when it is given; given before anybody waits, it is kept once. */
export class Signal {
  #isGiven = false;
  #wake: (() => void) | null = null;

  give(): void {
    this.#isGiven = true;
    this.#wake?.();
  }

  /** @param atMost ms */
  async wait(atMost?: number): Promise<void> {
    if (!this.#isGiven)
      await new Promise<void>((resolve) => {
        const timer = atMost === undefined ? null : setTimeout(resolve, atMost);
        this.#wake = () => {
          if (timer !== null) clearTimeout(timer);
          resolve();
        };
      });
    this.#isGiven = false;
    this.#wake = null;
  }
}

const SHORTEST = 100;
const LONGEST = 5_000;

/** Doubles from a tenth of a second to five, with some chance in it, so that many who wait for the same do not come at once. */
export class Backoff {
  #next = SHORTEST;

  reset(): void {
    this.#next = SHORTEST;
  }

  /** @param cut ends it before its time */
  async wait(cut?: AbortSignal): Promise<void> {
    const delay = this.#next * (0.75 + Math.random() / 2);
    this.#next = Math.min(LONGEST, this.#next * 2);
    if (cut?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        cut?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delay);
      cut?.addEventListener('abort', done);
    });
  }
}
