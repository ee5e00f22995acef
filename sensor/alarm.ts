// One timer for all who wait for time to go on: it rings when the soonest of them wants it to. Knows nothing of what they wait for:
// who still waits then says so again.

export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | null = null;
  #at = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings within so many ms. */
  within(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#timer !== null && this.#at <= at) return;
    this.clear();
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ring();
    }, milliseconds);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
