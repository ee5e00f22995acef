// Keeps the heap small: V8 sizes it by the memory of the machine otherwise, and lets garbage lie for as long as there is room.
// Belongs to main.ts.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Room for new objects (bytes). With the megabyte that V8 begins with, much of what a busy moment makes comes among the older
 * objects; with more than this, memory buys hardly any time. `npm run bench -- everything` tells both.
 */
const YOUNG = 4 * 1024 * 1024;

/**
 * New objects get what V8 begins with, and no more as they come faster. So is every program loaded, since V8 takes what it compiled
 * when dist was built only under the flags of then.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=0');
}

/** For a program that is loaded: new objects get room as they come faster, up to `YOUNG`; older ones a third more than is alive of them. */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--semi-space-growth-factor=2');
  const observer = new PerformanceObserver(() => {
    if (youngSize() < YOUNG) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function youngSize(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
