// A brake on wrong tokens: whoever gave one waits before the next is even called wrong, each time longer. It never stands in the way
// of a right one, nor of who is known already; what tokens are for it does not know.
import { LRUCache } from 'lru-cache';
import { senderOf } from '../sensor/crowd.ts';
import type { Log } from './ports.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 60_000;
/** Wrong tokens from everywhere that are free before known offenders wait longer. */
const GLOBAL_FREE = 20;

export interface TokenBrakeOptions {
  /** Monotonic milliseconds: delays last as long as they should, whatever the clock does. */
  ticks: () => number;
  log: Log;
}

/** Why a token was not taken. */
export type Refusal = { ok: false; reason: 'wrong_token' } | { ok: false; reason: 'slow_down'; retryAfterMs: number };

interface Offender {
  wrong: number;
  waitUntil: number;
}

export class TokenBrake {
  readonly counters = { wrongTokens: 0, slowedTokens: 0 };
  readonly #options: TokenBrakeOptions;
  /** A flood of source addresses must not grow memory; a forgotten offender starts again at the shortest delay. */
  readonly #offenders = new LRUCache<string, Offender>({ max: 1024 });
  #recentWrong = { count: 0, since: 0 };

  constructor(options: TokenBrakeOptions) {
    this.#options = options;
  }

  /** A wrong token, whatever it was for: the sender waits before the next is even called wrong. */
  refuse(remote: string): Refusal {
    const now = this.#options.ticks();
    const sender = senderOf(remote);
    const offender = this.#offenders.get(sender);
    if (offender && offender.waitUntil > now) {
      this.counters.slowedTokens += 1;
      return { ok: false, reason: 'slow_down', retryAfterMs: offender.waitUntil - now };
    }
    this.#punish(sender, now);
    return { ok: false, reason: 'wrong_token' };
  }

  /** The right one came from there. */
  forgive(remote: string): void {
    this.#offenders.delete(senderOf(remote));
  }

  #punish(sender: string, now: number): void {
    this.counters.wrongTokens += 1;
    if (now - this.#recentWrong.since > MAX_DELAY_MS) this.#recentWrong = { count: 0, since: now };
    this.#recentWrong.count += 1;
    const own = (this.#offenders.get(sender)?.wrong ?? 0) + 1;
    const others = Math.max(0, this.#recentWrong.count - GLOBAL_FREE);
    const steps = own - 1 + Math.ceil(Math.log2(1 + others));
    this.#offenders.set(sender, { wrong: own, waitUntil: now + Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** steps) });
    if (isPowerOfTwo(this.counters.wrongTokens)) {
      this.#options.log.warn(`wrong tokens so far: ${this.counters.wrongTokens}`);
    }
  }
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
