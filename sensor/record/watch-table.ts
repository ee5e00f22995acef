// How much of each hour the sensor saw, on disk: a row an hour, and up to when time is accounted for.
import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { lazily } from '../lazily.ts';
import { type Cell, type OnProblem, type Row, readRows, upsert } from './row.ts';
import { WATCH_STATES, type WatchChanges, type WatchHour } from './watch-hours.ts';

const MAILS = ['mail_expected', 'mail_unexpected'] as const;
const UNTIL = 'watched_until';

const shape = lazily(() => {
  const time = z
    .int()
    .min(0)
    .max(60 * 60_000);
  const count = z.int().min(0);
  return z.object({
    hour: z.int(),
    ...{ watched: time, off: time, capture: time, mirror: time, loss: time, clock: time },
    ...{ mail_expected: count, mail_unexpected: count },
  });
});

export class WatchTable {
  readonly #db: Database;
  readonly #onProblem: OnProblem;
  readonly #guard: <T>(work: () => T) => T;
  readonly #put: Statement<Cell[]>;

  constructor(db: Database, onProblem: OnProblem, guard: <T>(work: () => T) => T) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#guard = guard;
    this.#put = upsert(db, 'watch_hours', ['hour'], [...WATCH_STATES, ...MAILS]);
  }

  /** Oldest first. Rows that cannot be read are reported and left out. */
  load(): { hours: WatchHour[]; until: number | null } {
    return this.#guard(() => {
      const rows = this.#db.prepare<[], Row>('SELECT * FROM watch_hours ORDER BY hour').all();
      const hours = readRows(rows, ({ hour }) => `watch_hours (${hour})`, read, this.#onProblem);
      const text = this.#db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(UNTIL);
      const until = Number(text ?? Number.NaN);
      return { hours, until: Number.isFinite(until) ? until : null };
    });
  }

  get isEmpty(): boolean {
    return this.#guard(() => this.#db.prepare('SELECT 1 FROM watch_hours LIMIT 1').get() === undefined);
  }

  /** All of it or, when it throws, nothing. */
  save({ first, hours, until }: WatchChanges): void {
    const write = this.#db.transaction(() => {
      for (const { hour, mail, spent } of hours)
        this.#put.run(hour, ...WATCH_STATES.map((state) => Math.round(spent[state])), mail.expected, mail.unexpected);
      this.#db.prepare('DELETE FROM watch_hours WHERE hour < ?').run(first);
      this.#db
        .prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
        .run(UNTIL, String(until));
    });
    this.#guard(() => write.immediate());
  }
}

function read(row: Row): WatchHour {
  const { hour, mail_expected: expected, mail_unexpected: unexpected, ...spent } = shape().parse(row);
  return { hour, spent, mail: { expected, unexpected } };
}
