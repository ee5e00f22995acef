// The browsers paired with the page, as the store keeps them: a hash of each one's token, never the token.
import SQLite, { type Database, type Statement } from 'better-sqlite3';
import { type Cell, upsert } from './row.ts';
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
  readonly #put: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;

  constructor(db: Database, guard: Guard) {
    this.#guard = guard;
    this.#list = db.prepare(
      `SELECT id, token_hash AS tokenHash, name, created_at AS createdAt, last_seen AS lastSeen
       FROM browsers ORDER BY created_at, id`,
    );
    this.#put = upsert(db, 'browsers', ['id'], ['token_hash', 'name', 'created_at', 'last_seen']);
    this.#delete = db.prepare('DELETE FROM browsers WHERE id = ?');
  }

  /** Oldest pairing first. */
  list(): Browser[] {
    return this.#guard(() => this.#list.all());
  }

  /** A new one, or one that has changed. @throws StoreError also when another has the token hash. */
  put({ createdAt, id, lastSeen, name, tokenHash }: Browser): void {
    this.#guard(() => this.#put.run(id, tokenHash, name, createdAt, lastSeen));
  }

  /** Whether it was there. */
  remove(id: string): boolean {
    return this.#guard(() => this.#delete.run(id)).changes > 0;
  }
}
