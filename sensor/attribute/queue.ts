// First in, first out: what leaves costs nothing, however much waits behind it. An array alone would be moved for each.

/** So many that have left may stay in front of the array before it is cut. */
const LEFT = 1024;

export class Queue<T> implements Iterable<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Who is next; undefined where nobody waits. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const { first } = this;
    if (this.size === 0) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.size === 0 || (this.#head > LEFT && this.#head * 2 > this.#items.length)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at] as T;
  }
}
