// What the worst cases of the bench cost in blocks of the program that are run through: a count, the same on every machine. Run by a
// test with the names of cases, all without one; writes JSON.
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { memorySpine } from '../bench/spine.ts';
import { PLAIN, WORST_CASES, type WorstCase } from '../bench/worst-cases.ts';
import { blocksRun, Seen } from './coverage.ts';

const START = Date.parse('2026-02-05T10:00:00Z');
const PARTS = 4;

export interface Work {
  name: string;
  frames: number;
  /** Blocks that a frame runs through on average, in each quarter of the case. */
  quarters: number[];
  /** The dearest frame. */
  most: number;
  /** What the case allows on average. */
  allowed: number;
  /** Octets that are held when all frames are taken, beyond an empty spine. */
  held: number;
}

function workOf({ blocks, frames, name }: WorstCase): Work {
  const list = frames();
  const seen = new Seen();
  const spine = memorySpine();
  const before = heap();
  const sums = new Array<number>(PARTS).fill(0);
  let most = 0;
  list.forEach((data, i) => {
    seen.begin();
    spine.engine.frame({ time: START + i, linkType: LINK_TYPES.ethernet, data, originalLength: data.length });
    const run = blocksRun();
    const quarter = Math.floor((i * PARTS) / list.length);
    sums[quarter] = (sums[quarter] ?? 0) + run;
    most = Math.max(most, run);
  });
  const held = heap() - before;
  spine.close();
  return {
    name,
    frames: list.length,
    quarters: sums.map((sum) => Math.round((sum * PARTS) / list.length)),
    most,
    allowed: blocks,
    held,
  };
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const names = process.argv.slice(2);
const cases = [PLAIN, ...WORST_CASES].filter(({ name }) => names.length === 0 || names.includes(name));
process.stdout.write(JSON.stringify(cases.map(workOf)));
