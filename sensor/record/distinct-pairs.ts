// Addresses that a person called different things: they are not suggested as one again. Bounded; an entry of the meta table.
import { z } from 'zod';
import type { Mac } from '../decode/packet.ts';

export const DISTINCT_KEY = 'distinct_pairs';

/** A person says so one by one; the oldest go. */
const PAIRS = 1024;

const shape = z.array(z.tuple([z.string(), z.string()]));

export class DistinctPairs {
  readonly #pairs = new Set<string>();

  /** Nothing where `text` holds none. */
  load(text: string | null): void {
    this.#pairs.clear();
    for (const [one, other] of parse(text)) this.add(one, other);
  }

  has(one: Mac, other: Mac): boolean {
    return this.#pairs.has(keyOf(one, other));
  }

  /** The other halves of pairs with `mac`, sorted. */
  of(mac: Mac): Mac[] {
    return [...this.#pairs].flatMap((key) => otherIn(key, mac) ?? []).sort();
  }

  /** Returns whether it is new. */
  add(one: Mac, other: Mac): boolean {
    const key = keyOf(one, other);
    if (one === other || this.#pairs.has(key)) return false;
    this.#pairs.add(key);
    const [oldest] = this.#pairs;
    if (this.#pairs.size > PAIRS && oldest !== undefined) this.#pairs.delete(oldest);
    return true;
  }

  /** Returns whether there was one. */
  remove(one: Mac, other: Mac): boolean {
    return this.#pairs.delete(keyOf(one, other));
  }

  /** Returns whether there were any. */
  forget(mac: Mac): boolean {
    const theirs = [...this.#pairs].filter((key) => otherIn(key, mac) !== null);
    for (const key of theirs) this.#pairs.delete(key);
    return theirs.length > 0;
  }

  meta(): Record<string, string> {
    return { [DISTINCT_KEY]: JSON.stringify([...this.#pairs].map((key) => key.split(' '))) };
  }
}

function keyOf(one: Mac, other: Mac): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function otherIn(key: string, mac: Mac): Mac | null {
  const [one = '', other = ''] = key.split(' ');
  if (one === mac) return other;
  return other === mac ? one : null;
}

function parse(text: string | null): [string, string][] {
  try {
    return shape.safeParse(JSON.parse(text ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}
