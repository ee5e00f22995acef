// Messages that must reach the broker, in the order they were added, until the broker has acknowledged them. Durable and
// bounded; sending is publish's work. Messages come in only through Store.save, together with what they tell of.
import type { Database, Statement } from 'better-sqlite3';
import { Counters } from './counters.ts';
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

/** `add` is for Store.save alone; publish takes it as its queue. */
export class Outbox {
  readonly #guard: Guard;
  readonly #limit: number;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;
  readonly #deleteExcess: Statement<[number]>;
  readonly #count: Statement<[], number>;
  readonly #has: Statement<[string], number>;
  readonly #peek: Statement<[number], OutboxMessage>;
  readonly #counters: Counters;
  /** Acknowledged, and still in the table. */
  readonly #gone = new Set<string>();

  /** `limit` is in messages. */
  constructor(db: Database, guard: Guard, limit: number = OUTBOX_MESSAGES) {
    this.#guard = guard;
    this.#limit = limit;
    this.#insert = db.prepare(
      'INSERT INTO outbox (id, topic, payload, created_at, priority) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    );
    this.#delete = db.prepare('DELETE FROM outbox WHERE id = ?');
    this.#deleteExcess = db.prepare(
      "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY priority = 'alert', seq LIMIT ?)",
    );
    this.#count = db.prepare<[], number>('SELECT count(*) FROM outbox').pluck();
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
   * The broker has it. Unknown ids are fine: an acknowledgement may come twice. The row goes with the next save, since a writing
   * of its own costs the disk as much as the alert did: a crash before that repeats the alert, with its id.
   */
  remove(id: string): void {
    if (this.#guard(() => this.#has.get(id)) !== undefined) this.#gone.add(id);
  }

  /** Rows wait for a save to go with. */
  get hasGone(): boolean {
    return this.#gone.size > 0;
  }

  /** For Store.save alone: call within its transaction. Rows that are deleted twice do no harm. */
  clear(): void {
    for (const id of this.#gone) this.#delete.run(id);
  }

  /** For Store.save alone: what `clear` did is on disk. */
  cleared(): void {
    this.#gone.clear();
  }

  /** Messages waiting. */
  size(): number {
    return (this.#guard(() => this.#count.get()) ?? 0) - this.#gone.size;
  }

  /** Messages that gave way because the outbox was full, since the database was made. */
  dropped(): number {
    return this.#guard(() => this.#counters.get('dropped_messages'));
  }

  /** For Store.save alone: call within its transaction. */
  add(messages: Iterable<OutboxMessage>): void {
    for (const { id, topic, payload, createdAt, priority } of messages) {
      this.#insert.run(id, topic, payload, createdAt, priority);
    }
    const excess = (this.#count.get() ?? 0) - this.#limit;
    if (excess <= 0) return;
    this.#deleteExcess.run(excess);
    this.#counters.add('dropped_messages', excess);
  }
}
