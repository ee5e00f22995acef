// What a home knows of its fleet's warnings: takes what comes over the wire, keeps what is believed over restarts, and hands on what
// holds. An ended one is kept until every edition before it has expired, so that nobody can play an old one again.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { HeldWarning } from '../detect/held-warning.ts';
import { MOST_WARNINGS } from '../detect/warned.ts';
import type { Log } from '../log.ts';
import type { FleetHealth } from '../record/health.ts';
import { TokenBucket } from '../token-bucket.ts';
import { WARNING_TOPICS, warningTopic } from './topics.ts';
import { type Distrust, readWarning, type Warning, warningKey } from './warning.ts';

const KEY = 'fleet_warnings';
/** Open and ended ones. */
const MOST_KEPT = 4 * MOST_WARNINGS;
/** Messages that are looked at: all that a server keeps at once, then so many a second. */
const PACE = { atOnce: 2 * MOST_KEPT, aSecond: 10 };
/** Early ones are looked at again so often (ms): a clock that is put right jumps. */
const LOOKED_AGAIN = 60_000;

/**
 * Why one was not believed, beside what readWarning says. `outdated`: a later one under its id is known; `full`: there are too many;
 * `flood`: it was not looked at.
 */
export type Refusal = Distrust | 'outdated' | 'full' | 'flood';

export interface WarningsOptions {
  /** As they stand in an enrolment. */
  keys: readonly string[];
  store: { meta(key: string): string | null; setMeta(key: string, text: string): void };
  /** The sensor's own time, ms. */
  now(): number;
  /** All that hold, whenever that changes. */
  onHeld(warnings: readonly HeldWarning[]): void;
  log: Pick<Log, 'info' | 'warn'>;
}

interface Kept {
  warning: Warning;
  /** As it came: what is read back from disk is believed no more than what comes over the wire. */
  signed: string;
}

export class Warnings {
  readonly filter = WARNING_TOPICS;
  readonly #options: WarningsOptions;
  readonly #keys: readonly KeyObject[];
  readonly #kept = new Map<string, Kept>();
  /** Issued in the future: this clock may be behind, and the server tells each but once. */
  readonly #early = new Map<string, Buffer>();
  readonly #refused = new Map<Refusal, number>();
  readonly #pace: TokenBucket;
  #lookedAgainAt = 0;
  #heardAt: number | null = null;
  #isChanged = false;
  #told = '[]';
  #held = 0;

  constructor(options: WarningsOptions) {
    this.#options = options;
    this.#keys = options.keys.flatMap((text) => this.#readKey(text));
    this.#pace = new TokenBucket(PACE, options.now());
  }

  /** Takes what is on disk, and hands on what of it holds. */
  start(): void {
    for (const signed of stored(this.#options.store.meta(KEY))) {
      const read = readWarning(Buffer.from(signed), this.#keys, this.#options.now());
      if (typeof read !== 'string') this.#kept.set(read.id, { warning: read, signed });
    }
    this.#tell();
  }

  /** A message to a topic within `filter`. */
  readonly onMessage = (topic: string, payload: Buffer): void => {
    const now = this.#options.now();
    const isLooked = this.#pace.left(now) >= 1;
    if (isLooked) this.#pace.take();
    const refusal = isLooked ? this.#take(topic, payload, now) : 'flood';
    if (refusal !== null) this.#refuse(refusal);
    else if (payload.length > 0) this.#heardAt = now;
  };

  /** When one that is believed came last since the start, ms; also one that was known. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  /** Call about once a second. */
  tick(): void {
    const now = this.#options.now();
    if (Math.abs(now - this.#lookedAgainAt) >= LOOKED_AGAIN) this.#lookAgain(now);
    for (const [id, { warning }] of this.#kept) {
      if (Date.parse(warning.expiresAt) > now) continue;
      this.#kept.delete(id);
      this.#isChanged = true;
    }
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#options.store.setMeta(KEY, JSON.stringify([...this.#kept.values()].map(({ signed }) => signed)));
    this.#tell();
  }

  health(): FleetHealth['warnings'] {
    return { held: this.#held, refused: Object.fromEntries(this.#refused) };
  }

  #lookAgain(now: number): void {
    this.#lookedAgainAt = now;
    for (const [topic, payload] of [...this.#early]) {
      this.#early.delete(topic);
      const refusal = this.#take(topic, payload, now);
      if (refusal !== null && refusal !== 'early') this.#refuse(refusal);
    }
  }

  /** Null where it is believed, or known already; else why not. */
  #take(topic: string, payload: Buffer, now: number): Refusal | null {
    // Nobody signs for nothing: the server clears what has run out, and somebody might have a warning forgotten.
    if (payload.length === 0) return null;
    const read = readWarning(payload, this.#keys, now);
    if (read === 'early' && this.#early.size < MOST_KEPT) this.#early.set(topic, payload);
    if (typeof read === 'string') return read;
    if (topic !== warningTopic(read.id)) return 'malformed';
    const known = this.#kept.get(read.id)?.warning;
    const order = known === undefined ? 1 : compared(read, known);
    // The server tells what it keeps with every connection.
    if (order <= 0) return order === 0 ? null : 'outdated';
    const isFull = read.state === 'open' && known?.state !== 'open' && this.#open().length >= MOST_WARNINGS;
    if (isFull || (known === undefined && this.#kept.size >= MOST_KEPT)) return 'full';
    this.#kept.set(read.id, { warning: read, signed: payload.toString('utf8') });
    this.#isChanged = true;
    return null;
  }

  #readKey(text: string): KeyObject[] {
    try {
      return [warningKey(text)];
    } catch {
      this.#options.log.warn(
        'a key for warnings in the enrolment is none, so that no warning signed by it is believed: ask whoever runs the fleet for a new enrolment',
      );
      return [];
    }
  }

  #refuse(why: Refusal): void {
    const before = this.#refused.get(why) ?? 0;
    this.#refused.set(why, before + 1);
    if (before === 0) this.#options.log.warn(`a warning of the fleet is not believed: it is ${WORDS[why]}`);
  }

  #open(): Warning[] {
    return [...this.#kept.values()].flatMap(({ warning }) => (warning.state === 'open' ? warning : []));
  }

  #tell(): void {
    const held = this.#open().map(heldWarning);
    held.sort((a, b) => (a.id < b.id ? -1 : 1));
    const text = JSON.stringify(held);
    if (text === this.#told) return;
    this.#told = text;
    this.#held = held.length;
    this.#options.onHeld(held);
  }
}

const WORDS: Readonly<Record<Refusal, string>> = {
  malformed: 'none at all, or not at its place',
  unsigned: "not signed by the fleet's key",
  expired: 'out of date',
  'too-long': 'said to hold for longer than any may',
  early: 'from the future, or the clock of this machine is behind; it is looked at again',
  outdated: 'older than one that is known, or it was ended',
  full: 'one more than are kept',
  flood: 'one of so many that they are not looked at',
};

/**
 * Positive where `a` is the later one. What the fleet signed last counts: after a start from an older copy its editions begin at an earlier
 * number again, while an old warning that somebody plays again bears its old time.
 */
function compared(a: Warning, b: Warning): number {
  return Date.parse(a.issuedAt) - Date.parse(b.issuedAt) || a.revision - b.revision;
}

function heldWarning({ expiresAt, firstSeen, issuedAt, state: _open, ...warning }: Warning): HeldWarning {
  const times = { firstSeen: Date.parse(firstSeen), issuedAt: Date.parse(issuedAt), expiresAt: Date.parse(expiresAt) };
  return { ...warning, ...times };
}

function stored(text: string | null): string[] {
  try {
    return z
      .array(z.string())
      .max(MOST_KEPT)
      .parse(JSON.parse(text ?? '[]'));
  } catch {
    return [];
  }
}
