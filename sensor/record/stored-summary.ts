// The least that tells how a sensor does, read beside it from its database, whatever version wrote that.
import Database from 'better-sqlite3';
import { VANTAGES, type Vantage } from '../attribute/vantage.ts';
import { VANTAGE_KEY } from './engine-meta.ts';
import type { Incident } from './incident.ts';

export interface StoredSummary {
  /** As of the last writing; null where none is known. */
  vantage: Vantage | null;
  /** The latest to begin, without those that are mere notes. */
  last: Pick<Incident, 'severity' | 'startedAt' | 'state' | 'summary'> | null;
}

/** The sensor's own writes are short. */
const BUSY_MS = 2000;

/** `path` must exist. Throws where it cannot be read. */
export function readSummary(path: string): StoredSummary {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  try {
    const meta = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(VANTAGE_KEY);
    const last = db
      .prepare<[], NonNullable<StoredSummary['last']>>(
        `SELECT severity, started_at AS startedAt, state, summary FROM incidents
         WHERE severity <> 'info' ORDER BY started_at DESC LIMIT 1`,
      )
      .get();
    return { vantage: VANTAGES.find((known) => known === meta) ?? null, last: last ?? null };
  } finally {
    db.close();
  }
}
