// Keeps the heap of a sensor that runs for months small. V8 sizes it by the memory of the machine otherwise, and lets garbage lie
// for as long as there is room. Belongs to main.ts.
import { setFlagsFromString } from 'node:v8';

/**
 * New objects get the megabyte they begin with, and no more as they come faster. So is every program loaded, since V8 takes what it
 * compiled when dist was built only under the flags of then.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** For programs that stay, once they are loaded: older objects are collected when they are a third more than were alive the last time. */
export function keepOldSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/** For what ends, once it is loaded: it is faster with room for new objects, as V8 gives it by itself. */
export function letYoungGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
