// What gives way in a full table, and in a full timeline.
import { expect, test } from 'vitest';
import {
  type BackendRole,
  LIMITS,
  newDevice,
  type TimelineEntry,
  type TimelineKind,
} from '../../sensor/attribute/device.ts';
import { Oldest } from '../../sensor/attribute/oldest.ts';
import { addTimeline } from '../../sensor/attribute/timeline.ts';
import { Random } from '../bench/random.ts';

interface Entry {
  seenAt: number;
}

/** By a look at all. */
function oldestIn(table: ReadonlyMap<string, Entry>): string | undefined {
  let oldest: [string, Entry] | undefined;
  for (const entry of table) if (oldest === undefined || entry[1].seenAt < oldest[1].seenAt) oldest = entry;
  return oldest?.[0];
}

test('what was seen longest ago gives way, of several the first, whatever was seen again, taken out or put in meanwhile', () => {
  const random = new Random(7);
  const oldest = new Oldest<string, Entry>(({ seenAt }) => seenAt);
  const table = new Map<string, Entry>();
  for (let time = 1; time < 5000; time++) {
    table.set(`${time}`, { seenAt: time });
    const known = [...table.keys()];
    for (let i = random.below(4); i > 0; i--) (table.get(random.pick(known)) as Entry).seenAt = time;
    if (random.below(20) === 0) table.delete(random.pick(known));
    if (table.size <= 64) continue;
    const wanted = oldestIn(table);
    const value = wanted === undefined ? undefined : table.get(wanted);
    expect(oldest.giveWay(table)).toBe(value);
    expect(table.has(wanted ?? '')).toBe(false);
  }
  expect(oldest.giveWay(new Map())).toBeUndefined();
});

test('of a full timeline the oldest entry of the kind there is most of goes; among equals the kind that was added to longest ago', () => {
  const random = new Random(11);
  const device = newDevice('24:0a:c4:00:00:01', 0);
  let expected: TimelineEntry[] = [];
  const kinds: [TimelineKind, BackendRole | null][] = [
    ['backend_new', 'unknown'],
    ['backend_new', 'update'],
    ['firmware_download', 'update'],
    ['inbound_connection', null],
  ];
  for (let time = 0; time < 2000; time++) {
    const [kind, role] = random.pick(kinds);
    const entry = { time, kind, role, name: `${time}`, nameFrom: null, ip: null, detail: {} };
    addTimeline(device, entry);
    expected = withoutOne([...expected, entry]);
  }
  expect(device.timeline.map(({ time }) => time)).toEqual(expected.map(({ time }) => time));
  expect(device.timeline).toHaveLength(LIMITS.timeline);
});

/** By a look at all. */
function withoutOne(timeline: TimelineEntry[]): TimelineEntry[] {
  if (timeline.length <= LIMITS.timeline) return timeline;
  const counts = new Map<string, number>();
  let largest = '';
  for (const { kind, role } of timeline) {
    const count = (counts.get(`${kind} ${role}`) ?? 0) + 1;
    counts.set(`${kind} ${role}`, count);
    if (count > (counts.get(largest) ?? 0)) largest = `${kind} ${role}`;
  }
  const oldest = timeline.findIndex(({ kind, role }) => `${kind} ${role}` === largest);
  return timeline.filter((_, i) => i !== oldest);
}
