// What belongs together under one key, in the order of arrival: the incidents of a device, the expectations of a device.

export class Groups<K, V> {
  readonly #groups = new Map<K, Set<V>>();

  of(key: K): Iterable<V> {
    return this.#groups.get(key) ?? [];
  }

  add(key: K, one: V): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([one]));
    else group.add(one);
  }

  delete(key: K, one: V): void {
    const group = this.#groups.get(key);
    group?.delete(one);
    if (group?.size === 0) this.#groups.delete(key);
  }
}
