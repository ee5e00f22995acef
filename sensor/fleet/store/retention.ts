// How long what homes reported is kept, and the monthly partitions that this takes. The work is done by a function of the schema, with
// its owner's rights: whoever calls it cannot drop anything else.
import type { Queryable } from './database.ts';

/** Whole months before the current one. */
export const MONTHS_KEPT = 13;
const MONTHS_AHEAD = 2;
/** A sensor's clock may be ahead by so much (ms); what is later is no date that anything happened on. */
const AHEAD = 36 * 60 * 60_000;

/** Makes and drops partitions, deletes what is older. Quick where there is nothing to do. */
export async function maintain(db: Queryable, monthsKept = MONTHS_KEPT): Promise<void> {
  await db.query('SELECT fleet_maintain($1, $2)', [MONTHS_AHEAD, monthsKept]);
}

export interface KeptDays {
  /** UTC, `2026-11-30`; both belong to it. */
  from: string;
  to: string;
}

/** Days of which something may be told. @param now wall time, ms */
export function keptDays(now: number, monthsKept = MONTHS_KEPT): KeptDays {
  const today = new Date(now);
  const from = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - monthsKept, 1));
  return { from: isoDay(from), to: isoDay(new Date(now + AHEAD)) };
}

export const isoDay = (time: Date): string => time.toISOString().slice(0, 10);

/** First day of the month of a day. */
export const monthOf = (day: string): string => `${day.slice(0, 7)}-01`;
