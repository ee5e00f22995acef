// Messages that must reach the broker, in the order they were added, until the broker has acknowledged them. Durable and
// bounded; sending is publish's work. Messages come in only through Store.save, together with what they tell of.
import type { Database, Statement } from 'better-sqlite3';
import { Counters } from './counters.ts';
import type { AfterCommit } from './device-table.ts';
import type { Cell } from './row.ts';
import type { Guard } from './store-error.ts';

export interface OutboxMessage {
  /**
   * Stable and unique: the same event gives the same id after a crash, so a consumer can tell a repetition. Adding an id
   * that still waits changes nothing.
   */
  id: string;
  topic: string;
  payload: string;
  /** Milliseconds, packet time. */
  createdAt: number;
  /** When the outbox is full, states give way before alerts. */
  priority: 'alert' | 'state';
  /** Left out of one that is on disk. False: it lives in memory alone, as the disk refuses it. */
  stored?: false;
}

/** A broker that is away for a day in a home with many alerts; a few megabytes at most. */
export const OUTBOX_MESSAGES = 5_000;

interface Stored {
  messages: number;
  /** Of those. */
  states: number;
}

/** `save` is for Store.save alone; publish takes it as its queue. */
export class Outbox {
  readonly #db: Database;
  readonly #guard: Guard;
  readonly #limit: number;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string], string>;
  readonly #deleteStatesFirst: Statement<[number]>;
  readonly #deleteOldest: Statement<[number]>;
  readonly #has: Statement<[string], number>;
  readonly #peek: Statement<[number], OutboxMessage>;
  readonly #counters: Counters;
  /** Messages in the table; counted once, as SQLite would look at each. */
  #stored: Stored;
  /** Acknowledged, and still in the table. */
  readonly #gone = new Set<string>();

  /** `limit` is in messages. */
  constructor(db: Database, guard: Guard, limit: number = OUTBOX_MESSAGES) {
    this.#db = db;
    this.#guard = guard;
    this.#limit = limit;
    this.#insert = db.prepare(
      'INSERT INTO outbox (id, topic, payload, created_at, priority) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    );
    this.#delete = db.prepare<[string], string>('DELETE FROM outbox WHERE id = ? RETURNING priority').pluck();
    this.#deleteOldest = db.prepare('DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT ?)');
    this.#deleteStatesFirst = db.prepare(
      "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY priority = 'alert', seq LIMIT ?)",
    );
    const counted = db
      .prepare<[], Stored>(
        "SELECT count(*) AS messages, count(*) FILTER (WHERE priority = 'state') AS states FROM outbox",
      )
      .get();
    this.#stored = counted ?? { messages: 0, states: 0 };
    this.#has = db.prepare<[string], number>('SELECT 1 FROM outbox WHERE id = ?').pluck();
    this.#peek = db.prepare(
      'SELECT id, topic, payload, created_at AS createdAt, priority FROM outbox ORDER BY seq LIMIT ?',
    );
    this.#counters = new Counters(db);
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number): OutboxMessage[] {
    const waiting = this.#guard(() => this.#peek.all(limit + this.#gone.size));
    return waiting.filter(({ id }) => !this.#gone.has(id)).slice(0, limit);
  }

  /**
   * The broker has it. Unknown ids are fine: an acknowledgement may come twice. Rows are deleted when no message waits any more, or
   * with the next save: in a flood a writing for each would cost the disk as much as the alerts did. A crash before that repeats
   * the alert, with its id; where this throws, it is not given out again all the same.
   */
  remove(id: string): void {
    if (!this.#isThere(id)) return;
    this.#gone.add(id);
    if (this.#gone.size >= this.#stored.messages) this.#guard(() => this.#deleteGone());
  }

  /** A row that cannot be looked for is taken to be there: it was given out. */
  #isThere(id: string): boolean {
    try {
      return this.#has.get(id) !== undefined;
    } catch {
      return true;
    }
  }

  #deleteGone(): void {
    const afterCommit: AfterCommit = [];
    this.#db.transaction(() => this.save([], afterCommit)).immediate();
    for (const remember of afterCommit) remember();
  }

  /** Rows wait for a save to go with. */
  get hasGone(): boolean {
    return this.#gone.size > 0;
  }

  /** Messages waiting. */
  size(): number {
    return this.#stored.messages - this.#gone.size;
  }

  /** Messages that gave way because the outbox was full, since the database was made. */
  dropped(): number {
    return this.#guard(() => this.#counters.get('dropped_messages'));
  }

  /**
   * For Store.save alone: takes in new messages, lets go of those that are gone, and counts those that gave way before they came
   * here. Call it within the transaction, and what it adds to `afterCommit` once that is through.
   */
  save(added: Iterable<OutboxMessage>, afterCommit: AfterCommit, lost = 0): void {
    const gone = [...this.#gone];
    let { messages, states } = this.#stored;
    for (const id of gone) {
      const priority = this.#delete.get(id);
      if (priority !== undefined) messages--;
      if (priority === 'state') states--;
    }
    for (const { id, topic, payload, createdAt, priority } of added) {
      const { changes } = this.#insert.run(id, topic, payload, createdAt, priority);
      messages += changes;
      if (priority === 'state') states += changes;
    }
    if (lost > 0) this.#counters.add('dropped_messages', lost);
    const excess = messages - this.#limit;
    if (excess > 0) {
      // Without a state among them there is nothing to sort by.
      (states > 0 ? this.#deleteStatesFirst : this.#deleteOldest).run(excess);
      this.#counters.add('dropped_messages', excess);
      messages -= excess;
      states -= Math.min(states, excess);
    }
    afterCommit.push(() => {
      this.#stored = { messages, states };
      for (const id of gone) this.#gone.delete(id);
    });
  }
}
