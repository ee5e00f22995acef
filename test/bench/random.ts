// Repeatable randomness for the benches: the same seed gives the same bytes on every machine. Not for secrets.
import { mulberry32 } from '../support/mulberry.ts';

const POOL = 4 * 1024 * 1024;

export class Random {
  readonly #pool = Buffer.alloc(POOL);
  /** 32 bits. */
  readonly word: () => number;

  constructor(seed: number) {
    this.word = mulberry32(seed);
    for (let at = 0; at < POOL; at += 4) this.#pool.writeUInt32LE(this.word(), at);
  }

  /** A whole number from 0 up to and without `below`. */
  below(below: number): number {
    return Math.floor((this.word() / 0x1_0000_0000) * below);
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** Bytes that look encrypted: a view, valid as long as this object; copy what is to be changed. */
  bytes(length: number): Buffer {
    const at = this.below(POOL - length);
    return this.#pool.subarray(at, at + length);
  }
}
