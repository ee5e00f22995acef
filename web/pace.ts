// How often strangers may ask: what has not shown a paired browser's cookie costs the sensor little, however often it comes.
// Knows no requests; a paired browser is never counted here.
import { LRUCache } from 'lru-cache';
import { senderOf } from '../sensor/crowd.ts';

export const PACE = {
  /** Requests of one sender at once: opening the page and pairing take about fifteen. */
  atOnce: 60,
  aSecond: 5,
  allAtOnce: 300,
  allASecond: 50,
  /** Senders remembered; one that is forgotten begins anew. */
  senders: 1024,
} as const;

/** One who has asked less than this of late is heard even when all together ask too much: somebody wants to pair a phone. */
const RARELY = PACE.atOnce - 30;

interface Bucket {
  left: number;
  at: number;
}

export class Pace {
  /** Requests that were turned away. */
  refused = 0;
  readonly #ticks: () => number;
  readonly #senders = new LRUCache<string, Bucket>({ max: PACE.senders });
  readonly #all: Bucket;

  /** `ticks`: monotonic milliseconds. */
  constructor(ticks: () => number) {
    this.#ticks = ticks;
    this.#all = { left: PACE.allAtOnce, at: ticks() };
  }

  /** Whether a stranger's request from this address is answered. */
  allows(address: string): boolean {
    const now = this.#ticks();
    const sender = senderOf(address);
    const own = this.#senders.get(sender) ?? { left: PACE.atOnce, at: now };
    this.#senders.set(sender, own);
    fill(own, now, PACE.atOnce, PACE.aSecond);
    fill(this.#all, now, PACE.allAtOnce, PACE.allASecond);
    if (own.left < 1 || (this.#all.left < 1 && own.left < RARELY)) {
      this.refused += 1;
      return false;
    }
    own.left -= 1;
    this.#all.left = Math.max(0, this.#all.left - 1);
    return true;
  }
}

function fill(bucket: Bucket, now: number, most: number, aSecond: number): void {
  bucket.left = Math.min(most, bucket.left + (Math.max(0, now - bucket.at) * aSecond) / 1000);
  bucket.at = now;
}
