// One timer that can be set, set anew and taken back. Whoever has one need not keep a handle, nor forget it in time.
import type { TimerHandle, Timers } from './ports.ts';

export class Alarm {
  readonly #timers: Timers;
  #handle: TimerHandle | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get isSet(): boolean {
    return this.#handle !== null;
  }

  /** Instead of what was set before. */
  set(milliseconds: number, run: () => void): void {
    this.clear();
    this.#handle = this.#timers.set(milliseconds, () => {
      this.#handle = null;
      run();
    });
  }

  clear(): void {
    if (this.#handle !== null) this.#timers.clear(this.#handle);
    this.#handle = null;
  }
}
