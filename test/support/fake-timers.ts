// Timers that stand still until a test moves them, and a random source that is none.
import type { TimerHandle, Timers } from '../../sensor/publish/ports.ts';

export class FakeTimers implements Timers {
  #now = 0;
  #next = 1;
  readonly #timers = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  set(milliseconds: number, run: () => void): TimerHandle {
    const handle = this.#next++;
    this.#timers.set(handle, { at: this.#now + milliseconds, run });
    return handle;
  }

  clear(handle: TimerHandle): void {
    this.#timers.delete(handle as number);
  }

  /** Milliseconds until each timer, soonest first. */
  pending(): number[] {
    return [...this.#timers.values()].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [handle, { at, run }] = due;
      this.#timers.delete(handle);
      this.#now = at;
      run();
    }
    this.#now = end;
  }
}
