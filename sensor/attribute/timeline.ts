// The device's memory of what happened, for "what happened before": bounded, thirty days back.
import { type ActivityHour, type Device, LIMITS, type TimelineEntry } from './device.ts';

/** How far back a chain reaches, in ms. */
const CHAIN_REACH = 30 * 24 * 60 * 60_000;
const HOUR = 60 * 60_000;

type KindOfEntry = Pick<TimelineEntry, 'kind' | 'role'>;
/** Entries of each kind and role. */
type Tally = Map<string, KindOfEntry & { entries: number }>;
/** Of timelines that have been full; kept by `addTimeline`, which alone adds to them from then on. */
const tallies = new WeakMap<TimelineEntry[], Tally>();

export function addTimeline(device: Device, entry: TimelineEntry): void {
  const { timeline } = device;
  const after = timeline.findLastIndex(({ time }) => time <= entry.time);
  timeline.splice(after + 1, 0, entry);
  const tally = tallies.get(timeline);
  if (tally !== undefined) count(tally, entry, 1);
  for (let first = timeline[0]; first !== undefined && first.time < entry.time - CHAIN_REACH; first = timeline[0]) {
    timeline.shift();
    if (tally !== undefined) count(tally, first, -1);
  }
  if (timeline.length > LIMITS.timeline) dropFromLargestKind(timeline);
}

/** Mail that a person had acknowledged goes on after a silence. */
export function noteResumed(device: Device, incident: string, time: number): void {
  const nothing = { name: null, nameFrom: null, ip: null, role: null };
  addTimeline(device, { time, kind: 'mail_resumed', ...nothing, detail: { incident } });
}

/** Of what there is most, the oldest goes: ten thousand strange hosts do not wash a firmware download away. */
function dropFromLargestKind(timeline: TimelineEntry[]): void {
  const tally = tallyOf(timeline);
  const most = Math.max(...Array.from(tally.values(), ({ entries }) => entries));
  const largest = [...tally.values()].filter(({ entries }) => entries === most);
  // Of kinds of which there are as many, the one that was added to longest ago.
  if (largest.length > 1) largest.sort((a, b) => newestOf(timeline, a) - newestOf(timeline, b));
  const [kind] = largest;
  const oldest = kind === undefined ? undefined : timeline.find((entry) => isOf(kind, entry));
  if (oldest === undefined) return;
  timeline.splice(timeline.indexOf(oldest), 1);
  count(tally, oldest, -1);
}

function tallyOf(timeline: TimelineEntry[]): Tally {
  const known = tallies.get(timeline);
  if (known !== undefined) return known;
  const tally: Tally = new Map();
  for (const entry of timeline) count(tally, entry, 1);
  tallies.set(timeline, tally);
  return tally;
}

function count(tally: Tally, { kind, role }: TimelineEntry, by: 1 | -1): void {
  const key = `${kind} ${role}`;
  const entries = (tally.get(key)?.entries ?? 0) + by;
  if (entries === 0) tally.delete(key);
  else tally.set(key, { kind, role, entries });
}

function newestOf(timeline: readonly TimelineEntry[], kind: KindOfEntry): number {
  return timeline.findLastIndex((entry) => isOf(kind, entry));
}

function isOf({ kind, role }: KindOfEntry, entry: TimelineEntry): boolean {
  return entry.kind === kind && entry.role === role;
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
    entry = device.activity.findLast((candidate) => candidate.hour === hour) ?? entry;
  }
  entry[what]++;
}
