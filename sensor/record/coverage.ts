// Of the days and weeks where the sensor stands: how much of them it saw the home. Pure sums over hours; a day begins at its midnight.
import { accounted, GAPS, type Gap, HOUR, type WatchHour } from './watch-hours.ts';

/** Days that health tells of, today included. */
export const COVERAGE_DAYS = 30;
const WEEK_DAYS = 7;
const MINUTE = 60_000;

/** Minutes by reason, at least one each; reasons that there were none of are left out. */
export type GapMinutes = Partial<Record<Gap, number>>;

export interface CoverageShare {
  /** Of what is on record, rounded down to a tenth: 100 means all of it. Null where nothing is. */
  percent: number | null;
  gaps: GapMinutes;
}

export interface CoverageDay extends CoverageShare {
  /** `2026-11-29`. */
  day: string;
}

export interface Coverage {
  /** Oldest first, today last. */
  days: CoverageDay[];
  /** The last seven of them together. */
  week: CoverageShare;
}

export function coverageOf(hours: readonly WatchHour[], now: number): Coverage {
  const byDay = new Map<string, WatchHour[]>();
  for (const one of hours) {
    const day = dayOf(one.hour * HOUR);
    const known = byDay.get(day);
    if (known === undefined) byDay.set(day, [one]);
    else known.push(one);
  }
  const names = Array.from({ length: COVERAGE_DAYS }, (_, n) => dayBefore(now, COVERAGE_DAYS - 1 - n));
  const days = names.map((day) => ({ day, ...shareOf(byDay.get(day) ?? []) }));
  return { days, week: shareOf(names.slice(-WEEK_DAYS).flatMap((day) => byDay.get(day) ?? [])) };
}

/** `whole`: how long (ms) the hours should be, where what is on no record counts as not seen. */
export function shareOf(hours: readonly WatchHour[], whole?: number): CoverageShare {
  const total = whole ?? hours.reduce((sum, { spent }) => sum + accounted(spent), 0);
  if (total === 0) return { percent: null, gaps: {} };
  const watched = hours.reduce((sum, { spent }) => sum + spent.watched, 0);
  const gaps: GapMinutes = {};
  for (const gap of GAPS) {
    const lost = hours.reduce((sum, { spent }) => sum + spent[gap], 0);
    if (lost > 0) gaps[gap] = inMinutes(lost);
  }
  return { percent: Math.min(100, Math.floor((watched / total) * 1000) / 10), gaps };
}

export function inMinutes(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / MINUTE));
}

/** The date there and then, where the sensor stands. */
export function dayOf(time: number): string {
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** By the calendar: a day may have 23 hours or 25. */
function dayBefore(now: number, days: number): string {
  const date = new Date(now);
  date.setDate(date.getDate() - days);
  return dayOf(date.getTime());
}
