// What detectors remember, on disk: JSON by detector and device. What it means only the detector knows.
import type { Database, Statement } from 'better-sqlite3';
import type { Remembered } from '../detect/memory.ts';
import { type Cell, fromJson, type OnProblem, type Row, readRows, upsert } from './row.ts';

export class MemoryTable {
  readonly #db: Database;
  readonly #onProblem: OnProblem;
  readonly #put: Statement<Cell[]>;
  readonly #delete: Statement<Cell[]>;

  constructor(db: Database, onProblem: OnProblem) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#put = upsert(db, 'detector_memory', ['detector', 'mac'], ['value']);
    this.#delete = db.prepare('DELETE FROM detector_memory WHERE detector = ? AND mac = ?');
  }

  /** By detector and device. Rows that cannot be read are reported and left out. */
  load(): Remembered[] {
    const rows = this.#db.prepare<[], Row>('SELECT * FROM detector_memory ORDER BY detector, mac').all();
    const where = (row: Row) => `detector_memory (${row.detector}, ${row.mac})`;
    const read = ({ detector, mac, value }: Row): Remembered => ({
      detector: String(detector),
      mac: String(mac),
      value: fromJson(value),
    });
    return readRows(rows, where, read, this.#onProblem);
  }

  /** Call within a transaction. */
  save({ detector, mac, value }: Remembered): void {
    if (value === null) this.#delete.run(detector, mac);
    else this.#put.run(detector, mac, JSON.stringify(value));
  }
}
