// The device's memory of what happened, for "what happened before": bounded, thirty days back.
import { type ActivityHour, type Device, LIMITS, type TimelineEntry } from './device.ts';

/** How far back a chain reaches, in ms. */
export const CHAIN_REACH = 30 * 24 * 60 * 60_000;
const HOUR = 60 * 60_000;

export function addTimeline(device: Device, entry: TimelineEntry): void {
  const { timeline } = device;
  timeline.push(entry);
  while (timeline.length > LIMITS.timeline || (timeline[0]?.time ?? entry.time) < entry.time - CHAIN_REACH)
    timeline.shift();
}

/** Entries of the thirty days before `start`, newest first. */
export function chainBefore(device: Device, start: number): TimelineEntry[] {
  return device.timeline
    .filter(({ time }) => time <= start && time >= start - CHAIN_REACH)
    .sort((a, b) => b.time - a.time);
}

/** Counts a connection or mail attempt into the hour of `time`. */
export function countActivity(device: Device, time: number, what: 'connections' | 'mailAttempts'): void {
  const hour = Math.floor(time / HOUR);
  let entry: ActivityHour | undefined = device.activity.at(-1);
  if (entry === undefined || entry.hour < hour) {
    entry = { hour, connections: 0, mailAttempts: 0 };
    device.activity.push(entry);
    while (
      device.activity.length > LIMITS.activityHours ||
      (device.activity[0]?.hour ?? hour) <= hour - LIMITS.activityHours
    ) {
      device.activity.shift();
    }
  } else if (entry.hour > hour) {
    entry = device.activity.find((candidate) => candidate.hour === hour) ?? entry;
  }
  entry[what]++;
}
