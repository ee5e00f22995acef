// Whether this process may still open files and connections. Asks by opening a few, since the limit can be changed from outside while it
// runs; told once when they run out and once when there are some again. Belongs to main.ts.
import { closeSync, openSync } from 'node:fs';
import type { Warning } from '../capture/live-source.ts';
import { english } from '../language/words.ts';
import type { Log } from '../log.ts';

/** So many are needed for a capture that starts again, a page that is opened and what SQLite wants meanwhile. */
const NEEDED = 12;
/** Checks without any that make an end. */
const PATIENCE = 2;
const WARNING: Warning = {
  key: 'descriptors',
  say: ({ warnings }) => ({ text: warnings.descriptors, fix: warnings.descriptorsFix }),
};

export class Descriptors {
  readonly #log: Log;
  readonly #open: (path: string) => number;
  #areOut = false;
  /** Checks in a row that found none at all. */
  #none = 0;
  #areTaken = true;

  /** `open` opens a file for reading, for tests. */
  constructor(log: Log, open = (path: string) => openSync(path, 'r')) {
    this.#log = log;
    this.#open = open;
  }

  /** Call about once a second. */
  check(): void {
    const free = this.#tryToOpen();
    this.#none = free === 0 ? this.#none + 1 : 0;
    const areOut = free < NEEDED;
    if (this.#none >= PATIENCE) this.#areTaken = false;
    if (!areOut) this.#areTaken = true;
    if (areOut === this.#areOut) return;
    this.#areOut = areOut;
    const { fix, text } = WARNING.say(english);
    if (areOut) this.#log.error(`${text} ${fix}`);
    else this.#log.info('there are file descriptors again');
  }

  /**
   * Whether new connections should be taken. Without any descriptor the kernel reports a waiting one again and again, and nothing
   * but to stop listening ends that.
   */
  get areConnectionsTaken(): boolean {
    return this.#areTaken;
  }

  warnings(): Warning[] {
    return this.#areOut ? [WARNING] : [];
  }

  #tryToOpen(): number {
    const opened: number[] = [];
    try {
      while (opened.length < NEEDED) opened.push(this.#open('/dev/null'));
    } catch (error) {
      // Whatever else stands in the way of /dev/null is no want of descriptors.
      if (!(error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')))
        return NEEDED;
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
    return opened.length;
  }
}
