// Thirty days of a device's hours, boiled down to one level each: what the list draws. No words, no drawing.
import type { ActivityHour } from '../sensor/attribute/activity.ts';

/** Nothing, some contact with the Internet, or a mail attempt. */
export type DayLevel = 0 | 1 | 2;

export const STRIP_DAYS = 30;

/**
 * Spans of 24 hours that end with the hour of `now`, oldest first: they are nobody's midnight, so that one answer serves
 * phones in every time zone.
 */
export function activityStrip(activity: Iterable<ActivityHour>, now: number): DayLevel[] {
  const strip = new Array<DayLevel>(STRIP_DAYS).fill(0);
  const end = Math.floor(now / 3_600_000);
  for (const { hour, connections, mailAttempts } of activity) {
    const day = STRIP_DAYS - 1 - Math.floor((end - hour) / 24);
    const known = strip[day];
    if (known === undefined) continue;
    const level = mailAttempts > 0 ? 2 : connections > 0 ? 1 : 0;
    if (level > known) strip[day] = level;
  }
  return strip;
}
