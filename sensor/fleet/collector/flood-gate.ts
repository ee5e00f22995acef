// What one home may send: so many records at once, and so many more each second, by the servers' date of each. So a home that was away
// for weeks, or a collector that was, loses nothing; one that floods is cut off before its records cost anything.
import { LRUCache } from 'lru-cache';
import { TokenBucket } from '../../token-bucket.ts';

export interface FloodLimits {
  atOnce: number;
  aSecond: number;
}

/** Of one home at one collector. A busy home reports about 150 records a day. */
export const FLOOD_LIMITS: FloodLimits = { atOnce: 3_000, aSecond: 0.5 };
/** Homes whose bucket is known; one that is forgotten begins with a full one. */
const HOMES = 200_000;

export class FloodGate {
  readonly #limits: FloodLimits;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: HOMES });
  /** Per bucket the latest date seen: what is delivered again is older, and must not turn the clock back. */
  readonly #latest = new LRUCache<string, number>({ max: HOMES });

  constructor(limits: FloodLimits = FLOOD_LIMITS) {
    this.#limits = limits;
  }

  /** @param at when the servers took it, ms */
  lets(home: string, at: number): boolean {
    let bucket = this.#buckets.get(home);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#limits, at);
      this.#buckets.set(home, bucket);
    }
    const now = Math.max(at, this.#latest.get(home) ?? 0);
    this.#latest.set(home, now);
    if (bucket.left(now) < 1) return false;
    bucket.take();
    return true;
  }
}
