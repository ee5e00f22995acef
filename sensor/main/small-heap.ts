// Keeps the heap small: V8 sizes it by the memory of the machine otherwise, and lets garbage lie for as long as there is room.
// Belongs to main.ts.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MEGABYTE = 1024 * 1024;

interface HeapRoom {
  /** Bytes for new objects. With V8's first megabyte much of what a busy moment makes comes among the older ones. */
  young: number;
  /** What older objects may take more than is alive of them, in percent, before garbage is collected. */
  growth: number;
}

/** For what stays memory counts (`npm run bench -- flood`), for what ends time does too (`-- everything`). */
const ROOM: Record<'staying' | 'ending', HeapRoom> = {
  staying: { young: 4 * MEGABYTE, growth: 30 },
  ending: { young: 8 * MEGABYTE, growth: 60 },
};

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
