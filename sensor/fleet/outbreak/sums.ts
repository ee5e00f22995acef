// What counts by the day add up to over the days that are looked at.
import type { Counters } from './counters.ts';

/** Days for which a home that mailed counts. */
export const EVIDENCE_LASTS = 60;
/** Days for which counts by the day are kept: longer than any home is counted by them. */
export const DAYS_KEPT = 180;

/** Homes, of the days that count. */
export interface Sums {
  after: number;
  weak: number;
  young: number;
  before: number;
  /** Days from contact to mail, summed over `after` and `weak`. */
  incubation: number;
  /** On which a further home was heard of; null without one. */
  lastDay: number | null;
}

export function sumUp({ days }: Counters, today: number): Sums {
  const sums: Sums = { after: 0, weak: 0, young: 0, before: 0, incubation: 0, lastDay: null };
  for (const [day, { after, before, incubation, weak, young }] of days) {
    if (day <= today - EVIDENCE_LASTS || day > today) continue;
    sums.after += after;
    sums.weak += weak;
    sums.young += young;
    sums.before += before;
    sums.incubation += incubation;
    if (after + weak > 0) sums.lastDay = Math.max(sums.lastDay ?? day, day);
  }
  return sums;
}

/** Homes in which mail began, after the first day, up to the last. */
export function mailedBetween({ days }: Counters, after: number, last: number): number {
  let mailed = 0;
  for (const [day, sums] of days) if (day > after && day <= last) mailed += sums.after + sums.weak;
  return mailed;
}
