// Keeps the heap small: V8 sizes it by the memory of the machine otherwise, and lets garbage lie for as long as there is room.
// Belongs to main.ts.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MEGABYTE = 1024 * 1024;

interface HeapRoom {
  /**
   * Bytes for new objects. With the megabyte that V8 begins with, much of what a busy moment makes comes among the older objects;
   * with more than this, memory buys hardly any time.
   */
  young: number;
  /** What older objects may take more than is alive of them, in percent, before garbage is collected. */
  growth: number;
}

/** For a sensor that stays, where memory counts (`npm run bench -- flood`); for what ends, where time does too (`-- everything`). */
const ROOM = {
  staying: { young: 4 * MEGABYTE, growth: 30 },
  ending: { young: 8 * MEGABYTE, growth: 60 },
} as const satisfies Record<string, HeapRoom>;

/**
 * New objects get what V8 begins with, and no more as they come faster. So is every program loaded, since V8 takes what it compiled
 * when dist was built only under the flags of then.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=0');
}

/** For a program that is loaded: from now on objects get room as they come faster, up to a bound. */
export function keepHeapSmall(program: keyof typeof ROOM): void {
  const { growth, young } = ROOM[program];
  setFlagsFromString(`--heap-growing-percent=${growth}`);
  setFlagsFromString('--semi-space-growth-factor=2');
  const observer = new PerformanceObserver(() => {
    if (youngSize() < young) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function youngSize(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
