// The browsers paired with the page, as the store keeps them: a hash of each one's token, never the token.
import SQLite, { type Database, type Statement } from 'better-sqlite3';
import type { Cell } from './row.ts';
import { type Guard, toStoreError } from './store-error.ts';

/** Times are wall time in milliseconds. */
export interface Browser {
  id: string;
  tokenHash: string;
  /** What a person calls it. */
  name: string;
  createdAt: number;
  lastSeen: number;
}

/** For a command beside the running sensor. @throws StoreError */
export function readBrowsers(path: string): Browser[] {
  let db: Database | null = null;
  try {
    db = new SQLite(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    return new Browsers(db, (work) => work()).list();
  } catch (error) {
    throw toStoreError(error, path);
  } finally {
    db?.close();
  }
}

/** The sensor may be writing. */
const BUSY_MS = 2000;

export class Browsers {
  readonly #guard: Guard;
  readonly #list: Statement<[], Browser>;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;
  readonly #touch: Statement<[number, string]>;
  /** As last read; asked for with each request of a page. Only this process writes. */
  #known: readonly Browser[] | null = null;
  /** Out from now on, even where the disk does not take it. */
  readonly #removed = new Set<string>();

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
    this.#known ??= this.#guard(() => this.#list.all());
    return this.#known.filter(({ id }) => !this.#removed.has(id));
  }

  /** @throws StoreError also when the id or the token hash is already there. */
  add(browser: Browser): void {
    const { id, tokenHash, name, createdAt, lastSeen } = browser;
    this.#known = null;
    this.#guard(() => this.#insert.run(id, tokenHash, name, createdAt, lastSeen));
  }

  /** Whether it was there. @throws StoreError when it will be there again after a restart. */
  remove(id: string): boolean {
    this.#removed.add(id);
    this.#known = null;
    const wasThere = this.#guard(() => this.#delete.run(id)).changes > 0;
    this.#removed.delete(id);
    return wasThere;
  }

  touch(id: string, time: number): void {
    this.#known = null;
    this.#guard(() => this.#touch.run(time, id));
  }
}
