// Whether the disk takes what is new: since when not, why, and when it is worth trying again. Writes nothing itself.
import type { StoreError } from './store-error.ts';

/** A round is a call of `isDue`: the recorder asks five times a second. The pause doubles up to 5 s. */
const LONGEST_PAUSE = 25;
/** A fault that comes back within a minute is tried as seldom as before. */
const CALM_ROUNDS = 300;

export class DiskFault {
  #problem: { error: StoreError; since: number } | null = null;
  #pause = 1;
  #rounds = 0;

  /** Null: all is well. `since` is wall time, ms. */
  get problem(): { error: StoreError; since: number } | null {
    return this.#problem;
  }

  /** Returns whether that is news: within a fault a further reason only replaces the one before. */
  begin(error: StoreError, time: number): boolean {
    const isNew = this.#problem === null;
    if (isNew && this.#rounds >= CALM_ROUNDS) this.#pause = 1;
    if (isNew) this.#rounds = 0;
    this.#problem = { error, since: this.#problem?.since ?? time };
    return isNew;
  }

  end(): void {
    this.#problem = null;
    this.#rounds = 0;
  }

  /** Call it in each round, with a fault or without. Whether to try in this one. */
  isDue(): boolean {
    this.#rounds++;
    if (this.#problem === null || this.#rounds < this.#pause) return false;
    this.#rounds = 0;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    return true;
  }
}
