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
}

/** A broker that is away for a day in a home with many alerts; a few megabytes at most. */
export const OUTBOX_MESSAGES = 5_000;

interface Waiting {
  messages: number;
  /** Of those. */
  states: number;
}

/** `add` is for Store.save alone; publish takes it as its queue. */
export class Outbox {
  readonly #guard: Guard;
  readonly #limit: number;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string], string>;
  readonly #deleteStatesFirst: Statement<[number]>;
  readonly #deleteOldest: Statement<[number]>;
  readonly #peek: Statement<[number], OutboxMessage>;
  readonly #counters: Counters;
  /** Messages that wait; counted once, as SQLite would look at each. */
  #waiting: Waiting;

  /** `limit` is in messages. */
  constructor(db: Database, guard: Guard, limit: number = OUTBOX_MESSAGES) {
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
      .prepare<[], Waiting>(
        "SELECT count(*) AS messages, count(*) FILTER (WHERE priority = 'state') AS states FROM outbox",
      )
      .get();
    this.#waiting = counted ?? { messages: 0, states: 0 };
    this.#peek = db.prepare(
      'SELECT id, topic, payload, created_at AS createdAt, priority FROM outbox ORDER BY seq LIMIT ?',
    );
    this.#counters = new Counters(db);
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number): OutboxMessage[] {
    return this.#guard(() => this.#peek.all(limit));
  }

  /** The broker has it. Unknown ids are fine: an acknowledgement may come twice. */
  remove(id: string): void {
    const priority = this.#guard(() => this.#delete.get(id));
    if (priority === undefined) return;
    this.#waiting.messages--;
    if (priority === 'state') this.#waiting.states--;
  }

  /** Messages waiting. */
  size(): number {
    return this.#waiting.messages;
  }

  /** Messages that gave way because the outbox was full, since the database was made. */
  dropped(): number {
    return this.#guard(() => this.#counters.get('dropped_messages'));
  }

  /** For Store.save alone: call within its transaction, and what it adds to `afterCommit` once that is through. */
  add(added: Iterable<OutboxMessage>, afterCommit: AfterCommit): void {
    let { messages, states } = this.#waiting;
    for (const { id, topic, payload, createdAt, priority } of added) {
      const { changes } = this.#insert.run(id, topic, payload, createdAt, priority);
      messages += changes;
      if (priority === 'state') states += changes;
    }
    const excess = messages - this.#limit;
    if (excess > 0) {
      // Without a state among them there is nothing to sort by.
      (states > 0 ? this.#deleteStatesFirst : this.#deleteOldest).run(excess);
      this.#counters.add('dropped_messages', excess);
      messages -= excess;
      states -= Math.min(states, excess);
    }
    afterCommit.push(() => {
      this.#waiting = { messages, states };
    });
  }
}
