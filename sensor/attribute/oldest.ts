// Which entry of a full table was seen longest ago, without a look at all of them for each that gives way: the oldest quarter is
// found at once, and who of it was seen again meanwhile is passed over. A look at all is paid for by what came in or was seen.

interface Candidate<K, V> {
  key: K;
  value: V;
  /** When it was last seen as it was found. */
  at: number;
}

export class Oldest<K, V> {
  readonly #seenAt: (value: V) => number;
  /** By table, the oldest as they were found; the oldest of them last. */
  readonly #found = new WeakMap<Map<K, V>, Candidate<K, V>[]>();

  /** `seenAt` of an entry is later whenever it has been seen again. */
  constructor(seenAt: (value: V) => number) {
    this.#seenAt = seenAt;
  }

  /** Takes out of `table` what was seen longest ago, of several the one that stands first; undefined where it is empty. */
  giveWay(table: Map<K, V>): V | undefined {
    if (table.size === 0) return undefined;
    for (let next = this.#next(table); next !== undefined; next = this.#next(table)) {
      const { at, key, value } = next;
      if (table.get(key) !== value || this.#seenAt(value) !== at) continue;
      table.delete(key);
      return value;
    }
    return undefined;
  }

  #next(table: Map<K, V>): Candidate<K, V> | undefined {
    const known = this.#found.get(table)?.pop();
    if (known !== undefined) return known;
    const found = this.#lookUp(table);
    this.#found.set(table, found);
    return found.pop();
  }

  #lookUp(table: Map<K, V>): Candidate<K, V>[] {
    const all = Array.from(table, ([key, value]) => ({ key, value, at: this.#seenAt(value) }));
    all.sort((a, b) => a.at - b.at);
    return all.slice(0, Math.ceil(all.length / 4)).reverse();
  }
}
