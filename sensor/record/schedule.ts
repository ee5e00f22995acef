// When what is stored only now and then is due, in packet time.

/** Closed incidents and timeline entries are kept this long, in packet time, ms. */
export const KEEP = 365 * 24 * 60 * 60_000;

const HOUR = 60 * 60_000;

const EVERY = {
  /** Counts and times of what is known already: what a power cut may cost. A row of each device and backend is rewritten for it. */
  counts: 6 * HOUR,
  /** What is too old goes. */
  prune: HOUR,
} as const;

export type Periodic = keyof typeof EVERY;

export class Schedule {
  readonly #next: Record<Periodic, number> = { counts: 0, prune: 0 };

  /** Whether it is due; from then on it is due again after its time. A clock that was set back makes nothing wait for long. */
  take(what: Periodic, now: number): boolean {
    const next = this.#next[what];
    const isDue = now >= next || now < next - EVERY[what];
    if (isDue) this.#next[what] = now + EVERY[what];
    return isDue;
  }

  moveTime(by: number): void {
    for (const what of Object.keys(EVERY) as Periodic[]) this.#next[what] += by;
  }
}
