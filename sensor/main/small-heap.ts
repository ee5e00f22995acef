// Keeps the heap of a sensor that runs for months small. V8 sizes it by the memory of the machine otherwise, and lets garbage lie
// for as long as there is room. Belongs to main.ts.
import { setFlagsFromString } from 'node:v8';

/** For programs that stay; a replay that ends is faster with a large heap. */
export function keepHeapSmall(): void {
  // New objects get the megabyte they begin with, and no more as they come faster.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Older ones are collected once they are a third more than what was alive the last time.
  setFlagsFromString('--optimize-for-size');
}
