// A table that is bounded by the order in which things came in.

/** Deletes from a set or map what was put in first, until no more than `most` are left; returns the keys that went. */
export function dropOldest<K>(table: Set<K> | Map<K, unknown>, most: number): K[] {
  const dropped: K[] = [];
  for (const key of table.keys()) {
    if (table.size <= most) break;
    table.delete(key);
    dropped.push(key);
  }
  return dropped;
}
