// The device's memory of what happened, for "what happened before": bounded, thirty days back.
import { type Device, LIMITS, type TimelineEntry } from './device.ts';

/** How far back a chain reaches, in ms. */
const CHAIN_REACH = 30 * 24 * 60 * 60_000;
const HOUR = 60 * 60_000;

export function addTimeline(device: Device, entry: TimelineEntry): void {
  const { timeline } = device;
  const after = timeline.findLastIndex(({ time }) => time <= entry.time);
  timeline.splice(after + 1, 0, entry);
  while ((timeline[0]?.time ?? entry.time) < entry.time - CHAIN_REACH) timeline.shift();
  if (timeline.length > LIMITS.timeline) dropFromLargestKind(timeline);
}

/** Mail that a person had acknowledged goes on after a silence. */
export function noteResumed(device: Device, incident: string, time: number): void {
  const nothing = { name: null, nameFrom: null, ip: null, role: null };
  addTimeline(device, { time, kind: 'mail_resumed', ...nothing, detail: { incident } });
}

/** Of what there is most, the oldest goes: ten thousand strange hosts do not wash a firmware download away. */
function dropFromLargestKind(timeline: TimelineEntry[]): void {
  const counts = new Map<string, number>();
  let largest = '';
  for (const entry of timeline) {
    const kind = `${entry.kind} ${entry.role}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count > (counts.get(largest) ?? 0)) largest = kind;
  }
  timeline.splice(
    timeline.findIndex((entry) => `${entry.kind} ${entry.role}` === largest),
    1,
  );
}

/** Copies of the entries of the thirty days before `start`, newest first. */
export function chainBefore(device: Device, start: number): TimelineEntry[] {
  return device.timeline
    .filter(({ time }) => time <= start && time >= start - CHAIN_REACH)
    .map((entry) => ({ ...entry }))
    .sort((a, b) => b.time - a.time);
}

/** Counts a connection or mail attempt into the hour of `time`. */
export function countActivity(device: Device, time: number, what: 'connections' | 'mailAttempts'): void {
  device.activity.count(Math.floor(time / HOUR), what);
}
