// Small writes that the disk refused, made again once it takes them: of each thing the last one. What they write is known in
// memory as well, so that nobody waits for them.
import { dropOldest } from './drop-oldest.ts';
import type { Store } from './store.ts';

/** Topics, browsers and settings of a home; beyond that the oldest are given up. */
const MOST = 10_000;

export type Write = (store: Store) => void;

export class KeptWrites {
  readonly #waiting = new Map<string, Write>();

  /** `what` names the thing that is written: a later write of it takes the place of this one. */
  keep(what: string, write: Write): void {
    this.#waiting.delete(what);
    this.#waiting.set(what, write);
    dropOldest(this.#waiting, MOST);
  }

  /** Makes them, oldest first. What throws stays, with all behind it. */
  make(store: Store): void {
    for (const [what, write] of this.#waiting) {
      write(store);
      this.#waiting.delete(what);
    }
  }
}
