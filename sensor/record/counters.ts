// Named running totals that must survive a restart.
import type { Database, Statement } from 'better-sqlite3';

export type CounterName =
  | 'dropped_incidents'
  | 'dropped_timeline'
  | 'dropped_messages'
  /** Of a target beside the broker. */
  | `dropped_messages@${string}`;

export class Counters {
  readonly #add: Statement<[string, number]>;
  readonly #get: Statement<[string], number>;

  constructor(db: Database) {
    this.#add = db.prepare(
      `INSERT INTO counters (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
    );
    this.#get = db.prepare<[string], number>('SELECT value FROM counters WHERE name = ?').pluck();
  }

  add(name: CounterName, count: number): void {
    this.#add.run(name, count);
  }

  get(name: CounterName): number {
    return this.#get.get(name) ?? 0;
  }
}
