// Hands what is to be told to the durable outbox, each record together with the ledger's word that it was: what is not there yet at the
// next look is handed over then, so that neither a crash nor a fleet that is away for weeks loses anything that the books still hold.
import type { OutboxStore } from '../publish/ports.ts';
import { FLEET_TARGET, type OutboxMessage } from '../record/outbox.ts';
import type { StoreKeeper } from '../record/store-keeper.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { FleetBooks } from './books.ts';
import { Ledger } from './ledger.ts';
import { type Extent, type Planned, planRecords, planSteps } from './plan.ts';
import type { FleetRecord } from './record.ts';
import { atOnce, type Steps } from './steps.ts';

/** Records that wait for the fleet at a time; the rest waits in the books, where a newer state takes the place of an older one. */
const WINDOW = 400;
/** Records of one home: at once, and a day. */
const AT_ONCE = 1000;
const A_DAY = 500;
/** Counts alone are told so often (s). */
const COUNTS_EVERY = 60 * 60;
const SECOND = 1000;

export interface ReporterOptions {
  books(): FleetBooks;
  store: Pick<StoreKeeper, 'meta' | 'setMeta'>;
  /** What waits for the fleet. */
  queue: Pick<OutboxStore, 'remove' | 'size'>;
  /** Where this home's records go. */
  topic: string;
  /** Monotonic, ms. */
  ticks(): number;
}

/** How many records were handed over, and for how many there is no room yet. */
export interface Synced {
  handed: number;
  left: number;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #ledger: Ledger;
  readonly #budget: TokenBucket;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.store);
    this.#budget = new TokenBucket({ atOnce: AT_ONCE, aSecond: A_DAY / (24 * 60 * 60) }, options.ticks());
  }

  /** All that is told of the state at hand: what was sent, and what is to be. */
  records(): FleetRecord[] {
    return planRecords(this.#options.books(), this.#ledger).map(({ record }) => record);
  }

  /** Hands over what is due, at once. */
  sync(extent: Extent): Synced {
    return atOnce(this.steps(extent));
  }

  /** The same in steps, between which `sync` may tell of others; to be dropped where something has become private meanwhile. */
  *steps(extent: Extent): Steps<Synced> {
    const books = this.#options.books();
    const now = Math.floor(books.now / SECOND);
    const due = (yield* planSteps(books, this.#ledger, extent)).filter((one) => isDue(one, now) && this.#isLatest(one));
    // What is news is not held up by what is not.
    due.sort((a, b) => Number(b.state === 'news') - Number(a.state === 'news'));
    const room = Math.min(WINDOW - this.#options.queue.size(), Math.floor(this.#budget.left(this.#options.ticks())));
    const going = due.slice(0, Math.max(0, room));
    let handed = 0;
    for (const [shard, planned] of byShard(going, this.#ledger)) {
      yield;
      const latest = planned.filter((one) => this.#isLatest(one));
      if (latest.length > 0) this.#handOver(shard, latest, now);
      handed += latest.length;
    }
    return { handed, left: due.length - going.length };
  }

  /** The home is in another fleet than before, which has heard nothing of it. */
  forget(): void {
    for (const [key, text] of this.#ledger.clear()) this.#options.store.setMeta(key, text);
  }

  /** Nothing newer was told since it was worked out. */
  #isLatest({ before, record }: Planned): boolean {
    return this.#ledger.get(record.id) === before;
  }

  #handOver(shard: number, planned: readonly Planned[], now: number): void {
    const { queue, store, topic } = this.#options;
    const earlier = planned.flatMap(({ before, record: { id } }) =>
      before === undefined ? [] : [rowId(id, before.revision)],
    );
    for (const { record, sent } of planned) {
      this.#ledger.set(record.id, { ...sent, sentAt: now });
      this.#budget.take();
    }
    const rows = planned.map(({ record }) => rowFor(record, topic, now));
    store.setMeta(this.#ledger.keyOf(shard), this.#ledger.text(shard, now), false, rows);
    // An earlier revision that still waits need not go any more; of what has become private it must not.
    if (earlier.length > 0) queue.remove(...earlier);
  }
}

function isDue({ before, state }: Planned, now: number): boolean {
  if (state !== 'counts') return state === 'news';
  const sentAt = before?.sentAt ?? 0;
  // A clock that was set back is not waited for.
  return now - sentAt >= COUNTS_EVERY || now < sentAt;
}

function byShard(planned: readonly Planned[], ledger: Ledger): Map<number, Planned[]> {
  const shards = new Map<number, Planned[]>();
  for (const one of planned) {
    const shard = ledger.shardOf(one.record.id);
    const known = shards.get(shard);
    if (known === undefined) shards.set(shard, [one]);
    else known.push(one);
  }
  return shards;
}

function rowFor(record: FleetRecord, topic: string, now: number): OutboxMessage {
  return {
    id: rowId(record.id, record.revision),
    topic,
    payload: JSON.stringify(record),
    createdAt: now * SECOND,
    priority: 'alert',
    target: FLEET_TARGET,
  };
}

function rowId(id: string, revision: number): string {
  return `${id}/${revision}@${FLEET_TARGET}`;
}
