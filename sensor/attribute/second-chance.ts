// A bounded table for what is looked up several times a packet. A look-up only marks its entry; order is put right when room is
// needed: the oldest entry goes, unless it was used since it was last considered. Nearly what lru-cache does, at the cost of a Map.

interface Entry<Value> {
  value: Value;
  wasUsed: boolean;
}

export class SecondChanceTable<Key, Value> {
  readonly #most: number;
  readonly #gaveWay: (value: Value) => void;
  readonly #entries = new Map<Key, Entry<Value>>();

  /** `most` entries are kept; `gaveWay` is told of each one that had to make room. */
  constructor(most: number, gaveWay: (value: Value) => void = () => {}) {
    this.#most = most;
    this.#gaveWay = gaveWay;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.wasUsed = true;
    return entry.value;
  }

  /** Without a word for the entry, as `set` of one that is there. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    if (this.#entries.size >= this.#most) this.#makeRoom();
    this.#entries.set(key, { value, wasUsed: false });
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  /** Lets go every value that `isOver`. Nobody is told. */
  forget(isOver: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#entries) if (isOver(value)) this.#entries.delete(key);
  }

  /** Lets go what was not looked up since it was set, or since the last call. Nobody is told. */
  forgetUnused(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.wasUsed) entry.wasUsed = false;
      else this.#entries.delete(key);
    }
  }

  *values(): Generator<Value> {
    for (const { value } of this.#entries.values()) yield value;
  }

  clear(): void {
    this.#entries.clear();
  }

  /**
   * Each mark is taken away once, so that over time this costs no more than the look-ups that set them. A large table makes room
   * for several at once: a Map steps over all that was deleted before its first entry.
   */
  #makeRoom(): void {
    let needed = Math.max(1, this.#most >> 4);
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (entry.wasUsed) {
        entry.wasUsed = false;
        this.#entries.set(key, entry);
        continue;
      }
      this.#gaveWay(entry.value);
      needed--;
      if (needed === 0) return;
    }
  }
}
