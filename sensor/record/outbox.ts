// Messages that must reach the broker, in the order they were added, until the broker has acknowledged them. Durable and
// bounded; sending is publish's work. Messages come in only through Store.save, together with what they tell of.
import type { Database, Statement } from 'better-sqlite3';
import { Counters } from './counters.ts';
import type { Cell } from './row.ts';
import type { Guard } from './store-error.ts';

export interface OutboxMessage {
  /** Stable: adding an id that still waits changes nothing. */
  id: string;
  topic: string;
  payload: string;
  /** Milliseconds, packet time. */
  createdAt: number;
  /** When the outbox is full, states give way before alerts. */
  priority: 'alert' | 'state';
  /** Wall time in milliseconds after which nobody needs it; such a message is not counted as dropped. */
  expires?: number;
}

/** A broker that is away for a day in a home with many alerts; a few megabytes at most. */
export const OUTBOX_MESSAGES = 5_000;

const COLUMNS = 'id, topic, payload, created_at AS createdAt, priority, expires';

export class Outbox {
  readonly #guard: Guard;
  readonly #now: () => number;
  readonly #limit: number;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;
  readonly #deleteExpired: Statement<[number]>;
  readonly #deleteExcess: Statement<[number]>;
  readonly #count: Statement<[], number>;
  readonly #countWaiting: Statement<[number], number>;
  readonly #peek: Statement<[number, number], Omit<OutboxMessage, 'expires'> & { expires: number | null }>;
  readonly #counters: Counters;

  /** `now` is wall time, for expiry; `limit` is in messages. */
  constructor(db: Database, guard: Guard, now: () => number, limit: number = OUTBOX_MESSAGES) {
    this.#guard = guard;
    this.#now = now;
    this.#limit = limit;
    this.#insert = db.prepare(
      `INSERT INTO outbox (id, topic, payload, created_at, priority, expires) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    );
    this.#delete = db.prepare('DELETE FROM outbox WHERE id = ?');
    this.#deleteExpired = db.prepare('DELETE FROM outbox WHERE expires <= ?');
    this.#deleteExcess = db.prepare(
      "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY priority = 'alert', seq LIMIT ?)",
    );
    this.#count = db.prepare<[], number>('SELECT count(*) FROM outbox').pluck();
    this.#countWaiting = db
      .prepare<[number], number>('SELECT count(*) FROM outbox WHERE expires IS NULL OR expires > ?')
      .pluck();
    this.#peek = db.prepare(`SELECT ${COLUMNS} FROM outbox WHERE expires IS NULL OR expires > ? ORDER BY seq LIMIT ?`);
    this.#counters = new Counters(db);
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number): OutboxMessage[] {
    const rows = this.#guard(() => this.#peek.all(this.#now(), limit));
    return rows.map(({ expires, ...message }) => (expires === null ? message : { ...message, expires }));
  }

  /** The broker has it. Unknown ids are fine: an acknowledgement may come twice. */
  remove(id: string): void {
    this.#guard(() => this.#delete.run(id));
  }

  /** Messages waiting. */
  size(): number {
    return this.#guard(() => this.#countWaiting.get(this.#now())) ?? 0;
  }

  /** Messages that gave way because the outbox was full, since the database was made. */
  dropped(): number {
    return this.#guard(() => this.#counters.get('dropped_messages'));
  }

  /** For Store.save alone: call within its transaction. */
  add(messages: Iterable<OutboxMessage>): void {
    this.#deleteExpired.run(this.#now());
    for (const message of messages) {
      const { id, topic, payload, createdAt, priority, expires } = message;
      this.#insert.run(id, topic, payload, createdAt, priority, expires ?? null);
    }
    const excess = (this.#count.get() ?? 0) - this.#limit;
    if (excess <= 0) return;
    this.#deleteExcess.run(excess);
    this.#counters.add('dropped_messages', excess);
  }
}
