// Which revision of which record was handed to the outbox last. It lies in the store's meta table in shards, so that a record's entry
// and its row in the outbox are written as one: a crash between the two cannot be.
import { z } from 'zod';
import type { StoreKeeper } from '../record/store-keeper.ts';
import type { Content } from './draft.ts';
import { fleetRecord } from './record.ts';
import { shortHash } from './short-hash.ts';

export interface Sent {
  revision: number;
  /** Of the content. */
  digest: string;
  /** As of Draft. */
  news: string;
  /** When it was handed over, packet time, s. */
  sentAt: number;
  /** As of Draft: when what it tells was so, s. */
  at: number;
  emptied: Content | null;
}

/** What the ledger needs of the store. */
export type MetaStore = Pick<StoreKeeper, 'meta'>;

export const SHARDS = 64;
const PREFIX = 'fleet_sent_';
/** Entries that lie so long back (s) are of nothing that is told any more: a later record has a greater revision anyway. */
const KEPT = 400 * 24 * 60 * 60;

const seconds = z.number().min(0);
/** Checked as the record it becomes, with an envelope of no meaning. */
const content = z.unknown().transform((value, { addIssue }): Content => {
  const { body, kind } = Object(value);
  const { success } = fleetRecord.safeParse({ schema: 'thingwatch.fleet/1', id: 'x', revision: 0, kind, body });
  // Its keys stay in their order: what is taken back is the same octets, and the same digest, after a restart.
  if (success) return { kind, body };
  addIssue({ code: 'custom', message: 'is no record' });
  return z.NEVER;
});
const entry = z.tuple([seconds, z.string(), z.string(), seconds, seconds, content.nullable()]);

export class Ledger {
  readonly #store: MetaStore;
  readonly #sent = new Map<string, Sent>();
  /** Ids of each, in the order of `#sent`. */
  readonly #shards = Array.from({ length: SHARDS }, () => new Set<string>());

  constructor(store: MetaStore) {
    this.#store = store;
    for (let shard = 0; shard < SHARDS; shard++) this.#load(store.meta(keyOf(shard)));
  }

  get(id: string): Sent | undefined {
    return this.#sent.get(id);
  }

  entries(): Iterable<[string, Sent]> {
    return this.#sent;
  }

  /** Takes in what is about to be stored with `text`. */
  set(id: string, sent: Sent): void {
    this.#sent.set(id, sent);
    this.#shards[this.shardOf(id)]?.add(id);
  }

  /** The shard that an id is in. */
  shardOf(id: string): number {
    return Number.parseInt(shortHash(id).slice(0, 8), 16) % SHARDS;
  }

  keyOf(shard: number): string {
    return keyOf(shard);
  }

  /** What is to be stored of a shard. @param now packet time, s */
  text(shard: number, now: number): string {
    const kept: [string, unknown][] = [];
    for (const id of this.#shards[shard] ?? []) {
      const sent = this.#sent.get(id);
      if (sent === undefined || sent.at < now - KEPT) {
        this.#sent.delete(id);
        this.#shards[shard]?.delete(id);
        continue;
      }
      const { at, digest, emptied, news, revision, sentAt } = sent;
      kept.push([id, [revision, digest, news, sentAt, at, emptied]]);
    }
    return JSON.stringify(Object.fromEntries(kept));
  }

  /** Another fleet knows nothing of what this one was told. @returns what is to be stored, by key */
  clear(): [key: string, text: string][] {
    this.#sent.clear();
    for (const ids of this.#shards) ids.clear();
    return Array.from({ length: SHARDS }, (_, shard) => keyOf(shard))
      .filter((key) => (this.#store.meta(key) ?? '{}') !== '{}')
      .map((key) => [key, '{}']);
  }

  /** What cannot be read is as if it had not been sent: it goes again, and its revision is no smaller for that. */
  #load(text: string | null): void {
    if (text === null) return;
    let read: unknown;
    try {
      read = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof read !== 'object' || read === null) return;
    for (const [id, value] of Object.entries(read)) {
      const parsed = entry.safeParse(value);
      if (!parsed.success) continue;
      const [revision, digest, news, sentAt, at, emptied] = parsed.data;
      this.set(id, { revision, digest, news, sentAt, at, emptied });
    }
  }
}

function keyOf(shard: number): string {
  return `${PREFIX}${shard}`;
}
