// How often strangers may ask: what has not shown a paired browser's cookie costs the sensor little, however often it comes.
// Knows no requests; a paired browser is never counted here.
import { LRUCache } from 'lru-cache';
import { senderOf } from '../sensor/crowd.ts';
import { TokenBucket } from '../sensor/token-bucket.ts';

export const PACE = {
  /** Requests of one sender: opening the page and pairing take about fifteen. */
  one: { atOnce: 60, aSecond: 5 },
  all: { atOnce: 300, aSecond: 50 },
  /** Senders remembered; one that is forgotten begins anew. */
  senders: 1024,
} as const;

/** One who has asked less than this of late is heard even when all together ask too much: somebody wants to pair a phone. */
const RARELY = PACE.one.atOnce - 30;

export class Pace {
  /** Requests that were turned away. */
  refused = 0;
  readonly #ticks: () => number;
  readonly #senders = new LRUCache<string, TokenBucket>({ max: PACE.senders });
  readonly #all: TokenBucket;

  /** `ticks`: monotonic milliseconds. */
  constructor(ticks: () => number) {
    this.#ticks = ticks;
    this.#all = new TokenBucket(PACE.all, ticks());
  }

  /** Whether a stranger's request from this address is answered. */
  allows(address: string): boolean {
    const now = this.#ticks();
    const sender = senderOf(address);
    const own = this.#senders.get(sender) ?? new TokenBucket(PACE.one, now);
    this.#senders.set(sender, own);
    const left = own.left(now);
    if (left < 1 || (this.#all.left(now) < 1 && left < RARELY)) {
      this.refused += 1;
      return false;
    }
    own.take();
    this.#all.take();
    return true;
  }
}
