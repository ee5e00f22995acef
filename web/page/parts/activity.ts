// Hours of activity gathered into what a chart and its table show: 24 hours, or 30 days in the phone's zone.
import type { ActivityHour } from '../../../sensor/attribute/activity.ts';
import { clockTime, DAY_MS, day, HOUR_MS } from '../format.ts';

export type Range = 'day' | 'month';

export interface Bucket {
  /** Start, milliseconds. */
  time: number;
  label: string;
  connections: number;
  mailAttempts: number;
}

/** Oldest first, without gaps; the last bucket holds `now`. */
export function buckets(activity: ActivityHour[], range: Range, now: number): Bucket[] {
  const starts = range === 'day' ? hourStarts(now) : dayStarts(now);
  const result = starts.map((time) => ({
    time,
    label: range === 'day' ? clockTime(time) : day(time),
    connections: 0,
    mailAttempts: 0,
  }));
  for (const { hour, connections, mailAttempts } of activity) {
    const bucket = result.findLast(({ time }) => time <= hour * HOUR_MS);
    if (!bucket || hour * HOUR_MS > now) continue;
    bucket.connections += connections;
    bucket.mailAttempts += mailAttempts;
  }
  return result;
}

function hourStarts(now: number): number[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: 24 }, (_, index) => last - (23 - index) * HOUR_MS);
}

/** Local midnights; a day of 23 or 25 hours is one day. */
function dayStarts(now: number): number[] {
  const midday = new Date(now).setHours(12, 0, 0, 0);
  return Array.from({ length: 30 }, (_, index) => new Date(midday - (29 - index) * DAY_MS).setHours(0, 0, 0, 0));
}
