// Long work in short steps, so that the sensor does not stand still meanwhile: at once where nobody waits, else for a few milliseconds
// at a time, with whatever has come in between.

/** Each `yield` is a place where others may go on. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** How long others wait for it at most, but for a single step that takes longer (ms). */
export const SLICE = 5;

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

export interface SlicedWork<T> {
  steps: Steps<T>;
  /** Asked before each slice: what it was begun with holds no more, so that it is dropped. */
  isStale(): boolean;
  onDone(result: T): void;
  onError(error: unknown): void;
}

/** One work at a time. */
export class Slices {
  #next: NodeJS.Immediate | null = null;

  get isRunning(): boolean {
    return this.#next !== null;
  }

  /** In place of what is not done yet. */
  begin<T>(work: SlicedWork<T>): void {
    this.drop();
    this.#next = setImmediate(() => this.#go(work));
  }

  drop(): void {
    if (this.#next !== null) clearImmediate(this.#next);
    this.#next = null;
  }

  #go<T>(work: SlicedWork<T>): void {
    this.#next = null;
    if (work.isStale()) return;
    let result: IteratorResult<undefined, T>;
    try {
      const until = performance.now() + SLICE;
      do result = work.steps.next();
      while (result.done !== true && performance.now() < until);
    } catch (error) {
      work.onError(error);
      return;
    }
    if (result.done === true) work.onDone(result.value);
    else this.#next = setImmediate(() => this.#go(work));
  }
}
