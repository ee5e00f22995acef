// Which time was watched, which is certain, and how what is remembered moves when the clock is put right.
import { beforeEach, describe, expect, it, test } from 'vitest';
import { Activity } from '../../sensor/attribute/activity.ts';
import { LIMITS, newDevice, type TimelineEntry } from '../../sensor/attribute/device.ts';
import { KnownTime } from '../../sensor/attribute/known-time.ts';
import { moveDevice, movedTime, moveTimes } from '../../sensor/attribute/time-move.ts';
import { addTimeline, chainBefore, countActivity, noteResumed } from '../../sensor/attribute/timeline.ts';
import { DAY, HOUR, MINUTE, START } from '../../sensor/self-test/frames/home.ts';
import { backendOf } from '../support/backend.ts';

describe('watched time', () => {
  it('is what is left between gaps, wherever they overlap the span', () => {
    const time = new KnownTime();
    time.addGap(START + DAY, 10 * DAY);
    time.addGap(START + 20 * DAY, 2 * HOUR);
    time.addGap(START + 25 * DAY, MINUTE);
    expect(time.lived(START, START + 30 * DAY)).toBe(20 * DAY - 2 * HOUR);
    expect(time.lived(START + 5 * DAY, START + 12 * DAY)).toBe(DAY);
    expect(time.lived(START + 2 * DAY, START + 3 * DAY)).toBe(0);
    expect(time.livedSince(START + 30 * DAY, 20 * DAY - 2 * HOUR)).toBe(START);
    expect(time.livedSince(START + 19 * DAY, 8 * DAY)).toBe(START + 11 * DAY);
  });

  it('and certainty come back from text; what is no such text is nothing', () => {
    const time = new KnownTime();
    time.addGap(START, DAY);
    time.uncertain(START, START + HOUR);
    const again = new KnownTime();
    again.restore(time.text());
    expect([again.lived(START, START + 2 * DAY), again.isUncertain(START + MINUTE)]).toEqual([DAY, true]);
    expect(again.isUncertain(START + 2 * HOUR)).toBe(false);
    for (const text of ['', '{', '{"gaps":[{"at":1}]}', 'null', null]) {
      const none = new KnownTime();
      none.restore(text);
      expect(none.lived(START, START + DAY)).toBe(DAY);
    }
  });

  it('stays bounded, however often a machine is switched off', () => {
    const time = new KnownTime();
    for (let n = 0; n < 1000; n++) {
      time.addGap(START + n * DAY, HOUR);
      time.uncertain(START + n * DAY, START + n * DAY + HOUR);
      time.uncertain(null, START + n * DAY + HOUR);
    }
    expect(time.text().length).toBeLessThan(8000);
    expect(time.isUncertain(START + 999 * DAY)).toBe(true);
  });

  it('does not hold the time that a correction skips', () => {
    const time = new KnownTime();
    time.uncertain(START, START + HOUR);
    time.move({ since: START, until: START + HOUR, by: 40 * DAY });
    expect(time.lived(START - HOUR, START + 40 * DAY + HOUR)).toBe(2 * HOUR);
    expect(time.isUncertain(START + MINUTE)).toBe(false);
  });
});

describe('gaps and doubt, on both sides of each limit', () => {
  const kept = (time: KnownTime): unknown => JSON.parse(time.text());
  let time: KnownTime;
  beforeEach(() => {
    time = new KnownTime();
  });

  it('a gap counts from ten minutes on, the newest 64 of them', () => {
    time.addGap(START, 10 * MINUTE - 1);
    expect(kept(time)).toEqual({ gaps: [], uncertain: [] });
    time.addGap(START, 10 * MINUTE);
    expect(kept(time)).toEqual({ gaps: [{ at: START, length: 10 * MINUTE }], uncertain: [] });
    for (let n = 1; n <= 64; n++) time.addGap(START + n * DAY, HOUR);
    expect(kept(time)).toMatchObject({ gaps: { length: 64, 0: { at: START + DAY }, 63: { at: START + 64 * DAY } } });
  });

  it.each([
    [0, 10, 8],
    [2, 10, 6],
    [3, 5, 1],
    [4, 10, 6],
    [0, 2, 2],
    [0, 3, 2],
    [5, 9, 4],
  ])('from hour %i to hour %i so many were watched beside a gap from two to four: %i', (from, to, hours) => {
    time.addGap(START + 2 * HOUR, 2 * HOUR);
    expect(time.lived(START + from * HOUR, START + to * HOUR)).toBe(hours * HOUR);
  });

  it.each([
    [10, 6, 4],
    [10, 7, 1],
    [10, 5, 5],
    [4, 1, 1],
    [3, 1, 2],
    [2, 1, 1],
  ])('at hour %i, %i watched hours reach back to hour %i', (now, hours, since) => {
    time.addGap(START + 2 * HOUR, 2 * HOUR);
    expect(time.livedSince(START + now * HOUR, hours * HOUR)).toBe(START + since * HOUR);
  });

  it('reach back over several gaps, whatever their order', () => {
    time.addGap(START + 6 * HOUR, HOUR);
    time.addGap(START + 2 * HOUR, HOUR);
    expect(time.livedSince(START + 10 * HOUR, 7 * HOUR)).toBe(START + HOUR);
  });

  it('a doubt goes on while it is told, and ends when it is', () => {
    const isUncertain = (...times: number[]) => times.map((one) => time.isUncertain(START + one));
    time.uncertain(null, START);
    expect(isUncertain(0)).toEqual([false]);
    time.uncertain(START, START + 10);
    expect(isUncertain(-1, 0, 10, 11, DAY)).toEqual([false, true, true, true, true]);
    time.uncertain(START + 10, START + 20);
    time.uncertain(START, START + 15);
    expect(kept(time)).toMatchObject({ uncertain: [{ from: START, to: START + 20 }] });
    time.uncertain(null, START + 20);
    expect(isUncertain(-1, 0, 20, 21)).toEqual([false, true, true, false]);
    time.uncertain(START + 21, START + 30);
    time.uncertain(START - 20, START - 10);
    expect(kept(time)).toMatchObject({
      uncertain: [
        { from: START, to: START + 20 },
        { from: START + 21, to: START + 30 },
        { from: START - 20, to: START - 10 },
      ],
    });
    expect(isUncertain(-21, -20, -5, 20)).toEqual([false, true, true, true]);
    for (let n = 1; n <= 64; n++) time.uncertain(START + n * DAY, START + n * DAY);
    expect(kept(time)).toMatchObject({ uncertain: { length: 64, 0: { from: START + DAY } } });
  });

  it('a correction forward is a gap, and ends the doubt; what lies before or behind it stays', () => {
    time.addGap(START - DAY, HOUR);
    time.addGap(START + MINUTE, HOUR);
    time.uncertain(START - DAY, START - DAY + 1);
    time.uncertain(START, START + HOUR);
    time.uncertain(START + 2 * HOUR, START + 2 * HOUR);
    time.move({ since: START, until: START + 2 * HOUR, by: DAY });
    expect(kept(time)).toEqual({
      gaps: [
        { at: START - DAY, length: HOUR },
        { at: START + MINUTE + DAY, length: HOUR },
        { at: START, length: DAY },
      ],
      uncertain: [{ from: START - DAY, to: START - DAY + 1 }],
    });
    expect(time.isUncertain(START + 3 * DAY)).toBe(false);
    time.uncertain(START + 3 * DAY, START + 3 * DAY);
    time.move({ since: START, until: START + 2 * HOUR, by: -DAY });
    expect(kept(time)).toMatchObject({ gaps: { length: 3 }, uncertain: { length: 2 } });
  });

  it('a gap that ended where the doubt began is as long as the clock now says', () => {
    time.addGap(START - HOUR, HOUR);
    time.move({ since: START, until: START + HOUR, by: DAY });
    expect(kept(time)).toEqual({ gaps: [{ at: START - HOUR, length: DAY + HOUR }], uncertain: [] });
    time.move({ since: START + DAY, until: START + 2 * DAY, by: -DAY - HOUR });
    expect(kept(time)).toEqual({ gaps: [], uncertain: [] });
  });

  it.each([
    ['{"gaps":[],"uncertain":[{"from":1,"to":2}]}', true],
    ['{"gaps":[{"at":1,"length":0}],"uncertain":[{"from":1,"to":2}]}', false],
    ['{"gaps":[],"uncertain":[{"from":1}]}', false],
    [JSON.stringify({ gaps: [], uncertain: Array.from({ length: 64 }, () => ({ from: 1, to: 2 })) }), true],
    [JSON.stringify({ gaps: [], uncertain: Array.from({ length: 65 }, () => ({ from: 1, to: 2 })) }), false],
    [
      JSON.stringify({
        gaps: Array.from({ length: 65 }, () => ({ at: 1, length: 2 })),
        uncertain: [{ from: 1, to: 2 }],
      }),
      false,
    ],
  ])('is taken back as a whole or not at all: %s', (text, expected) => {
    time.restore(text);
    expect(time.isUncertain(1)).toBe(expected);
  });
});

describe('a move', () => {
  const move = { since: START, until: START + HOUR, by: 40 * DAY };

  test('takes times within it along, in numbers and ISO texts, and nothing else', () => {
    const value = {
      at: START + MINUTE,
      before: START - 1,
      until: START + 2 * HOUR,
      lastContact: new Date(START + MINUTE).toISOString(),
      older: new Date(START - DAY).toISOString(),
      bytesDown: START + MINUTE,
      port: 25,
      list: [['server', START + MINUTE]],
    };
    expect(moveTimes(value, move)).toBe(true);
    expect(value).toEqual({
      at: START + MINUTE + 40 * DAY,
      before: START - 1,
      until: START + 2 * HOUR,
      lastContact: new Date(START + MINUTE + 40 * DAY).toISOString(),
      older: new Date(START - DAY).toISOString(),
      bytesDown: START + MINUTE,
      port: 25,
      list: [['server', START + MINUTE + 40 * DAY]],
    });
    expect(moveTimes(value, { since: START, until: START, by: DAY })).toBe(false);
  });

  test('moves a new device as a whole, and of an older one only what is new', () => {
    const [fresh, old] = [newDevice('02:00:00:00:00:01', START + 1), newDevice('02:00:00:00:00:02', START - 3 * DAY)];
    for (const device of [fresh, old]) countActivity(device, START + MINUTE, 'connections');
    old.lastSeen = START + MINUTE;
    expect([moveDevice(fresh, move), moveDevice(old, move)]).toEqual([true, true]);
    expect(fresh).toMatchObject({ firstSeen: START + 1 + 40 * DAY, lastSeen: START + 1 + 40 * DAY });
    expect([...fresh.activity].map(({ hour }) => hour)).toEqual([Math.floor((START + MINUTE) / HOUR) + 40 * 24]);
    expect(old).toMatchObject({ firstSeen: START - 3 * DAY, lastSeen: START + MINUTE + 40 * DAY });
  });

  test('back by an hour joins what fell into the same hour', () => {
    const device = newDevice('02:00:00:00:00:01', START);
    countActivity(device, START + MINUTE, 'connections');
    countActivity(device, START + HOUR + MINUTE, 'connections');
    moveDevice(device, { since: START + HOUR, until: START + 2 * HOUR, by: -HOUR });
    expect([...device.activity]).toEqual([{ hour: START / HOUR, connections: 2, mailAttempts: 0 }]);
  });
});

describe('a time within a move', () => {
  it.each([
    [START - 1, START - 1],
    [START, START + DAY],
    [START + HOUR, START + HOUR + DAY],
    [START + HOUR + 1, START + HOUR + 1],
  ])('%i is %i', (before, after) => {
    expect(movedTime(before, { since: START, until: START + HOUR, by: DAY })).toBe(after);
    const text = (time: number) => ({ at: new Date(time).toISOString() });
    const value = text(before);
    expect(moveTimes(value, { since: START, until: START + HOUR, by: DAY })).toBe(before !== after);
    expect(value).toEqual(text(after));
  });

  it('is none where nothing was stamped wrong', () => {
    for (const until of [START, START - 1]) expect(movedTime(START, { since: START, until, by: DAY })).toBe(START);
  });

  it('is looked for in maps and lists, and is no other text or value', () => {
    const move = { since: START, until: START + HOUR, by: DAY };
    const table = new Map([
      ['a', { at: START }],
      ['b', { at: 1 }],
    ]);
    expect([moveTimes({ table, list: [{ at: START }] }, move), [...table.values()]]).toEqual([
      ...[true, [{ at: START + DAY }, { at: 1 }]],
    ]);
    expect(moveTimes(new Map([['b', { at: 1 }]]), move)).toBe(false);
    const iso = new Date(START).toISOString();
    for (const value of [null, 7, 'x', [`${iso} `], [`x${iso}`], ['2026'], [null], [true], { bytesUp: START }, {}])
      expect(moveTimes(value, move)).toBe(false);
  });
});

describe('days and hours', () => {
  const HOURS = START / HOUR;
  const DAYS = Math.floor(START / DAY);
  const backend = (firstSeen: number, days: number[]) => backendOf({ firstSeen, connections: 1, days });
  const old = () => newDevice('02:00:00:00:00:01', START - 30 * DAY);

  it('go along from the first whole one of the move, of what is wholly new from its beginning', () => {
    const device = old();
    device.lastSeen = START - DAY;
    device.backends.set('old', backend(START - 9 * DAY, [DAYS - 1, DAYS, DAYS + 1]));
    device.backends.set('new', backend(START, [DAYS, DAYS + 1]));
    device.activity = new Activity([-1, 0, 1].map((n) => ({ hour: HOURS + n, connections: n + 2, mailAttempts: 1 })));
    expect(moveDevice(device, { since: START + 1, until: START + 2 * DAY, by: 10 * DAY })).toBe(true);
    const days = () => [...device.backends.values()].map((one) => one.days);
    expect(days()).toEqual([
      [DAYS - 1, DAYS, DAYS + 11],
      [DAYS, DAYS + 11],
    ]);
    expect([...device.activity].map(({ hour }) => hour - HOURS)).toEqual([-1, 0, 241]);
    device.backends.set('new', backend(START + 1, [DAYS, DAYS + 1]));
    moveDevice(device, { since: START + 1, until: START + 2 * DAY, by: -DAY });
    expect(days()[1]).toEqual([DAYS - 1, DAYS]);
  });

  it('stay where the clock was wrong by less than half of one', () => {
    const device = old();
    device.activity = new Activity([{ hour: HOURS + 1, connections: 1, mailAttempts: 0 }]);
    const by = (ms: number) => moveDevice(device, { since: START, until: START + 9 * HOUR, by: ms });
    expect([by(29 * MINUTE), [...device.activity][0]?.hour]).toEqual([false, HOURS + 1]);
    expect([by(31 * MINUTE), [...device.activity][0]?.hour]).toEqual([true, HOURS + 2]);
    expect(moveDevice(device, { since: START, until: START, by: DAY })).toBe(false);
    expect(moveDevice(device, { since: START + 3 * HOUR, until: START + 9 * HOUR, by: DAY })).toBe(false);
  });

  it('that fall on another are added to it, in the order of time', () => {
    const device = old();
    device.backends.set('a', backend(START - DAY, [DAYS - 1, DAYS + 1]));
    device.activity = new Activity([
      { hour: HOURS - 24, connections: 1, mailAttempts: 2 },
      { hour: HOURS - 23, connections: 9, mailAttempts: 9 },
      { hour: HOURS + 24, connections: 4, mailAttempts: 8 },
    ]);
    device.timeline = [START - 1, START].map((time) => entry(time));
    moveDevice(device, { since: START, until: START + 9 * DAY, by: -2 * DAY });
    expect(device.backends.get('a')?.days).toEqual([DAYS - 1]);
    expect([...device.activity]).toEqual([
      { hour: HOURS - 24, connections: 5, mailAttempts: 10 },
      { hour: HOURS - 23, connections: 9, mailAttempts: 9 },
    ]);
    expect(device.timeline.map(({ time }) => time)).toEqual([START - 2 * DAY, START - 1]);
  });
});

const entry = (time: number, kind: TimelineEntry['kind'] = 'mail_lookup', role: TimelineEntry['role'] = null) => ({
  ...{ time, kind, name: null, nameFrom: null, ip: null, role, detail: {} },
});

describe('what happened before', () => {
  const device = () => newDevice('02:00:00:00:00:01', START);

  it('is kept in the order of time, for thirty days', () => {
    const one = device();
    for (const time of [START, START - 1, START + 5, START]) addTimeline(one, entry(time));
    expect(one.timeline.map(({ time }) => time - START)).toEqual([-1, 0, 0, 5]);
    addTimeline(one, entry(START + 30 * DAY));
    expect(one.timeline.map(({ time }) => time - START)).toEqual([0, 0, 5, 30 * DAY]);
    noteResumed(one, 'i1', START + 6);
    expect(one.timeline[3]).toEqual({ ...entry(START + 6, 'mail_resumed'), detail: { incident: 'i1' } });
  });

  it('gives way by the kind of which there is most, the oldest first', () => {
    const one = device();
    addTimeline(one, entry(START, 'firmware_download', 'update'));
    for (let n = 1; n < 128; n++) addTimeline(one, entry(START + n, 'backend_new', 'update'));
    for (let n = 128; n < LIMITS.timeline; n++) addTimeline(one, entry(START + n, 'backend_new', 'cloud'));
    addTimeline(one, entry(START + 999, 'mail_lookup'));
    expect(one.timeline).toHaveLength(LIMITS.timeline);
    const times = one.timeline.map(({ time }) => time - START);
    expect([times.includes(0), times.includes(1), times.includes(128)]).toEqual([true, true, false]);
  });

  it('is told of the thirty days before, newest first, in copies', () => {
    const one = device();
    one.timeline = [-30 * DAY - 1, -30 * DAY, -5, 0, 1].map((time) => entry(START + time));
    const chain = chainBefore(one, START);
    expect(chain.map(({ time }) => time - START)).toEqual([0, -5, -30 * DAY]);
    expect(chain[0]).not.toBe(one.timeline[3]);
  });

  it('is counted by hours: the one before too, and the last where that is not kept', () => {
    const one = device();
    const hour = START / HOUR;
    countActivity(one, START, 'connections');
    countActivity(one, START + 2 * HOUR - 1, 'mailAttempts');
    countActivity(one, START + HOUR - 1, 'connections');
    countActivity(one, START - HOUR, 'mailAttempts');
    expect([...one.activity]).toEqual([
      { hour, connections: 2, mailAttempts: 0 },
      { hour: hour + 1, connections: 0, mailAttempts: 2 },
    ]);
    countActivity(one, START + LIMITS.activityHours * HOUR, 'connections');
    expect([...one.activity].map((one) => one.hour - hour)).toEqual([1, LIMITS.activityHours]);
  });
});
