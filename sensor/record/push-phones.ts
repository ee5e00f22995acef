// The phones that are told of alerts by Web Push, as the store keeps them: for each paired browser at most one address at its push
// service, with the keys that its messages are encrypted for. All of it is a secret: who has the address can have the phone rung.
import type { Database, Statement } from 'better-sqlite3';
import type { Cell } from './row.ts';
import type { Guard } from './store-error.ts';

/** Times are wall time in milliseconds. */
export interface PushPhone {
  /** Id of the paired browser, with which it goes. */
  browser: string;
  /** Where its push service takes messages for it. */
  endpoint: string;
  /** Its public key on P-256 and its secret (RFC 8291, section 2), both in base64url. */
  p256dh: string;
  auth: string;
  createdAt: number;
  /** When its push service let go of it; null while it takes messages. */
  lostAt: number | null;
}

export class PushPhones {
  readonly #guard: Guard;
  readonly #list: Statement<[], PushPhone>;
  readonly #put: Statement<Cell[]>;
  readonly #delete: Statement<[string]>;

  constructor(db: Database, guard: Guard) {
    this.#guard = guard;
    this.#list = db.prepare(
      `SELECT browser, endpoint, p256dh, auth, created_at AS createdAt, lost_at AS lostAt
       FROM push_phones ORDER BY created_at, browser`,
    );
    // A browser may have been unpaired before the disk took this.
    this.#put = db.prepare(
      `INSERT INTO push_phones (browser, endpoint, p256dh, auth, created_at, lost_at)
       SELECT ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM browsers WHERE id = ?)
       ON CONFLICT (browser) DO UPDATE SET endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
         created_at = excluded.created_at, lost_at = excluded.lost_at`,
    );
    this.#delete = db.prepare('DELETE FROM push_phones WHERE browser = ?');
  }

  /** Oldest first. */
  list(): PushPhone[] {
    return this.#guard(() => this.#list.all());
  }

  /** A new one, or one that has changed; of a browser that is not paired nothing is kept. */
  put({ auth, browser, createdAt, endpoint, lostAt, p256dh }: PushPhone): void {
    this.#guard(() => this.#put.run(browser, endpoint, p256dh, auth, createdAt, lostAt, browser));
  }

  remove(browser: string): void {
    this.#guard(() => this.#delete.run(browser));
  }
}
