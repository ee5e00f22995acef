// The browsers paired with the page, as the store keeps them: a hash of each one's token, never the token.
import type { Database, Statement } from 'better-sqlite3';
import type { Cell } from './row.ts';
import type { Guard } from './store-error.ts';

/** Times are wall time in milliseconds. */
export interface Browser {
  id: string;
  tokenHash: string;
  /** What a person calls it. */
  name: string;
  createdAt: number;
  lastSeen: number;
}

export class Browsers {
  readonly #guard: Guard;
  readonly #list: Statement<[], Browser>;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;
  readonly #touch: Statement<[number, string]>;

  constructor(db: Database, guard: Guard) {
    this.#guard = guard;
    this.#list = db.prepare(
      `SELECT id, token_hash AS tokenHash, name, created_at AS createdAt, last_seen AS lastSeen
       FROM browsers ORDER BY created_at, id`,
    );
    this.#insert = db.prepare(
      'INSERT INTO browsers (id, token_hash, name, created_at, last_seen) VALUES (?, ?, ?, ?, ?)',
    );
    this.#delete = db.prepare('DELETE FROM browsers WHERE id = ?');
    this.#touch = db.prepare('UPDATE browsers SET last_seen = ? WHERE id = ?');
  }

  /** Oldest pairing first. */
  list(): Browser[] {
    return this.#guard(() => this.#list.all());
  }

  /** @throws StoreError also when the id or the token hash is already there. */
  add(browser: Browser): void {
    const { id, tokenHash, name, createdAt, lastSeen } = browser;
    this.#guard(() => this.#insert.run(id, tokenHash, name, createdAt, lastSeen));
  }

  /** Whether it was there. */
  remove(id: string): boolean {
    return this.#guard(() => this.#delete.run(id)).changes > 0;
  }

  touch(id: string, time: number): void {
    this.#guard(() => this.#touch.run(time, id));
  }
}
