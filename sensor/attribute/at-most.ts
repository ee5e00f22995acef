// How an lru-cache is bounded here: by a count that it grows to. Its own option `max` reserves all room when it is made and
// clears all of it whenever the last entry is deleted, which costs a start, and a table that is mostly empty, more than their work.

/** Options for a cache of `entries` at most; the least recently used gives way. */
export function atMost(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: one };
}

function one(): number {
  return 1;
}
