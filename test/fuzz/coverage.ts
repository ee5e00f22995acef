// Which blocks of the program an execution has reached, and how often: counted by what instrument.mjs puts in. Plain arrays, since
// this is called more often than anything else here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';

const MOST_BLOCKS = 1 << 16;
const counts = new Uint32Array(MOST_BLOCKS);
const reached = new Uint32Array(MOST_BLOCKS);
let length = 0;

/** Called by the instrumented program. */
export function __reached(block: number): void {
  if (counts[block] === 0) reached[length++] = block;
  counts[block] = (counts[block] ?? 0) + 1;
}

export interface ModuleBlocks {
  /** From the checkout, as `sensor/decode/dns.ts`. */
  file: string;
  first: number;
  blocks: number;
  /** Functions, and methods as `Class.method`, with the block that each begins with. */
  functions: { name: string; block: number }[];
  words: string[];
  numbers: number[];
}

/** What the bundler numbered. */
export function numberedBlocks(): { blocks: number; modules: ModuleBlocks[] } {
  return JSON.parse(readFileSync(join(PROJECT_ROOT, 'dist/test/fuzz/blocks.json'), 'utf8'));
}

/** What executions have reached so far; the number of times counts by its power of two. */
export class Seen {
  readonly #powers = new Uint32Array(MOST_BLOCKS);

  /** Forgets what the execution before has reached. */
  begin(): void {
    for (let i = 0; i < length; i++) counts[reached[i] ?? 0] = 0;
    length = 0;
  }

  /** Takes what was reached since `begin`: how many blocks were never reached before, or never so often. */
  take(): { blocks: number; powers: number } {
    let [blocks, powers] = [0, 0];
    for (let i = 0; i < length; i++) {
      const block = reached[i] ?? 0;
      const power = 1 << (31 - Math.clz32(counts[block] ?? 1));
      const known = this.#powers[block] ?? 0;
      if (known === 0) blocks++;
      if ((known & power) === 0) powers++;
      this.#powers[block] = known | power;
    }
    return { blocks, powers };
  }

  /** Every block reached so far, in order. */
  blocks(): number[] {
    const list: number[] = [];
    this.#powers.forEach((powers, block) => {
      if (powers !== 0) list.push(block);
    });
    return list;
  }
}

/** The blocks that were reached since `begin`. */
export function reachedNow(): number[] {
  return Array.from(reached.subarray(0, length));
}

/** How many blocks were run through since `begin`. */
export function blocksRun(): number {
  return reached.subarray(0, length).reduce((sum, block) => sum + (counts[block] ?? 0), 0);
}
