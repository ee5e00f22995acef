// Addresses that a person called different things: they are not suggested as one again. Bounded; an entry of the meta table.
import { z } from 'zod';
import type { Mac } from '../decode/packet.ts';
import { lazily } from '../lazily.ts';
import { dropOldest } from './drop-oldest.ts';

export const DISTINCT_KEY = 'distinct_pairs';

/** A person says so one by one; the oldest go. */
const PAIRS = 1024;

const shape = lazily(() => z.array(z.tuple([z.string(), z.string()])));

export class DistinctPairs {
  /** By both halves. */
  readonly #pairs = new Map<string, readonly [Mac, Mac]>();

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
    return [...this.#pairs.values()].flatMap((pair) => otherIn(pair, mac) ?? []).sort();
  }

  /** Returns whether it is new. */
  add(one: Mac, other: Mac): boolean {
    if (one === other || this.has(one, other)) return false;
    this.#pairs.set(keyOf(one, other), inOrder(one, other));
    dropOldest(this.#pairs, PAIRS);
    return true;
  }

  /** Returns whether there was one. */
  remove(one: Mac, other: Mac): boolean {
    return this.#pairs.delete(keyOf(one, other));
  }

  /** Returns whether there were any. */
  forget(mac: Mac): boolean {
    const others = this.of(mac);
    for (const other of others) this.remove(mac, other);
    return others.length > 0;
  }

  meta(): Record<string, string> {
    return { [DISTINCT_KEY]: JSON.stringify([...this.#pairs.values()]) };
  }
}

function inOrder(one: Mac, other: Mac): [Mac, Mac] {
  return one < other ? [one, other] : [other, one];
}

function keyOf(one: Mac, other: Mac): string {
  return inOrder(one, other).join(' ');
}

function otherIn([one, other]: readonly [Mac, Mac], mac: Mac): Mac | null {
  if (one === mac) return other;
  return other === mac ? one : null;
}

function parse(text: string | null): [string, string][] {
  if (text === null) return [];
  try {
    return shape().safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}
