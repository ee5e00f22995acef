// Keeps the heap small: V8 sizes it by the memory of the machine otherwise, and lets garbage lie for as long as there is room.
// Belongs to main.ts.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MEGABYTE = 1024 * 1024;

/**
 * A program that stays: bytes for new objects, and what older ones may take more than is alive of them, in percent, before garbage is
 * collected. With V8's first megabyte much of what a busy moment makes comes among the older ones (`npm run bench -- flood`).
 */
const STAYING = { young: 4 * MEGABYTE, growth: 30 };
/** What V8 begins with: two halves, of which one is in use. */
const FIRST = 2 * MEGABYTE;
/** One that ends has eight times V8's first megabyte at once (`-- startup`, `-- everything`). */
const ENDING = { factor: 8, growth: 50 };

/** As all programs are loaded when dist is built: V8 takes what it compiled then only under the same flags. */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=0');
}

/**
 * For a program that ends: what it loads and learns first stays alive, and would be copied each time that a small room for new objects
 * is full. They get a larger one as soon as V8 looks for more, once.
 */
export function giveRoom(): void {
  const isGiven = youngSize() > FIRST;
  setFlagsFromString(`--semi-space-growth-factor=${isGiven ? 1 : ENDING.factor}`);
  setFlagsFromString(`--heap-growing-percent=${ENDING.growth}`);
}

/** Calls `work` under the flags of `keepYoungSmall` where room is given. */
export function withYoungSmall<Result>(work: () => Result): Result {
  keepYoungSmall();
  try {
    return work();
  } finally {
    giveRoom();
  }
}

/** For a program that stays and is loaded: from now on objects get room as they come faster, up to a bound. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${STAYING.growth}`);
  setFlagsFromString('--semi-space-growth-factor=2');
  const observer = new PerformanceObserver(() => {
    if (youngSize() < STAYING.young) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function youngSize(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
