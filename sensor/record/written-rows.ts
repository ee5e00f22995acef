// What lies on disk of one list of a device, row by row in the list's order: which item it is, where it lies, and fingerprints of what
// it holds. A home has thousands of rows, so four plain numbers stand for each, one row after another.

/** Fingerprints of a row: of all that is in it, and of what is news in it. */
export interface Prints {
  all: number;
  news: number;
}

export interface WrittenRow {
  /** Fingerprint of what tells the item from others of the list. */
  key: number;
  /** Its place among the device's rows; it grows along the list. */
  ord: number;
  prints: Prints;
}

/** Numbers of one row, in this order. */
const KEY = 0;
const ORD = 1;
const ALL = 2;
const NEWS = 3;
const WIDTH = 4;

export class WrittenRows {
  /** The highest place that was ever taken, as far as known: no row gets it again. */
  readonly highestOrd: number;
  readonly #numbers: Int32Array;

  constructor(rows: readonly WrittenRow[], highestOrd: number) {
    this.highestOrd = highestOrd;
    this.#numbers = Int32Array.from(rows.flatMap(({ key, ord, prints }) => [key, ord, prints.all, prints.news]));
  }

  get length(): number {
    return this.#numbers.length / WIDTH;
  }

  at(row: number): WrittenRow {
    const prints = { all: this.#number(row, ALL), news: this.#number(row, NEWS) };
    return { key: this.#number(row, KEY), ord: this.#number(row, ORD), prints };
  }

  /** The first row of `key` that is not before `from`; -1 where there is none. Lists change at their ends, so it mostly is `from`. */
  find(key: number, from: number): number {
    for (let row = from; row < this.length; row++) if (this.#number(row, KEY) === key) return row;
    return -1;
  }

  /** Places of the rows from `from` up to the one before `to`. */
  *ords(from: number, to: number): Generator<number> {
    for (let row = from; row < to; row++) yield this.#number(row, ORD);
  }

  #number(row: number, which: number): number {
    return this.#numbers[row * WIDTH + which] ?? 0;
  }
}
