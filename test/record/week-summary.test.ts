// What a week is said to have shown, as facts and in words that claim no more than was seen.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Activity } from '../../sensor/attribute/activity.ts';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { english } from '../../sensor/language/words.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import type { OutboxMessage } from '../../sensor/record/outbox.ts';
import { emptyHour, HOUR, type WatchHour } from '../../sensor/record/watch-hours.ts';
import { lastWeek, summarizeWeek, WeekBook, type WeekSummary } from '../../sensor/record/week-summary.ts';
import { duration, gapSentence, weekSentences } from '../../sensor/record/wording-week.ts';
import { anIncident } from '../support/small-home.ts';
import { message } from './store-fixtures.ts';

const DAY = 24 * HOUR;
const FROM = Date.UTC(2026, 10, 16, 7);
const TO = FROM + 7 * DAY;
const WEEK = { from: FROM, to: TO };

function hours(change: (hour: WatchHour) => void = () => {}): WatchHour[] {
  return Array.from({ length: 9 * 24 }, (_, n) => {
    const hour = emptyHour((FROM - DAY) / HOUR + n);
    hour.spent.watched = HOUR;
    change(hour);
    return hour;
  });
}

function device(mac: string, firstSeen: number, lastSeen: number, changes: Partial<Device> = {}): Device {
  return { ...newDevice(mac, firstSeen), lastSeen, ...changes };
}

const summary = (facts: Partial<Parameters<typeof summarizeWeek>[2]> = {}): WeekSummary =>
  summarizeWeek(WEEK, TO + HOUR, { hours: hours(), devices: [], incidents: [], ...facts });
const some = (...macs: string[]) => ({ count: macs.length, macs });

describe('the facts of a week', () => {
  it('are of its own hours alone', () => {
    const counted = hours(({ hour, mail }) => {
      mail.expected = hour * HOUR < FROM || hour * HOUR >= TO ? 100 : 1;
      mail.unexpected = hour * HOUR === FROM ? 2 : 0;
    });
    expect(summary({ hours: counted })).toMatchObject({
      percent: 100,
      gaps: {},
      mail: { expected: 168, unexpected: 2 },
    });
    const off = hours(({ hour, spent }) => {
      if (hour * HOUR !== FROM && hour * HOUR !== TO) return;
      spent.watched = 0;
      spent.off = HOUR;
    });
    expect(summary({ hours: off })).toMatchObject({ percent: 99.4, gaps: { off: 60 } });
  });

  it('count a device that was heard within the week, and call it new where it never was before', () => {
    const activity = (time: number) => new Activity([{ hour: time / HOUR, connections: 1, mailAttempts: 0 }]);
    const devices = [
      device('a', FROM - DAY, FROM + HOUR),
      device('b', FROM + HOUR, TO - HOUR),
      device('gone', FROM - 9 * DAY, FROM - HOUR),
      device('later', TO, TO + HOUR),
      // Heard again on Monday, when it was away for the week; and one that was there.
      device('away', FROM - 9 * DAY, TO + HOUR, { activity: activity(FROM - 9 * DAY) }),
      device('there', FROM - 9 * DAY, TO + HOUR, { activity: activity(FROM + DAY) }),
      device('router', FROM - DAY, TO, { role: 'gateway' }),
    ];
    expect(summary({ devices })).toMatchObject({ seen: 3, fresh: some('b') });
  });

  it('tell who fetched firmware in it, and whose updates are overdue', () => {
    const fetched = (time: number) => [
      {
        time,
        kind: 'firmware_download' as const,
        name: 'x',
        nameFrom: null,
        ip: null,
        role: 'update' as const,
        detail: {},
      },
    ];
    const devices = [
      device('a', FROM, TO, { timeline: fetched(FROM + HOUR) }),
      device('b', FROM, TO, { timeline: fetched(FROM - HOUR) }),
    ];
    const incidents = [
      anIncident({
        device: 'c',
        id: '1',
        kind: 'updates_overdue',
        severity: 'low',
        startedAt: FROM - DAY,
        state: 'open',
      }),
      anIncident({
        device: 'd',
        id: '2',
        kind: 'updates_overdue',
        severity: 'low',
        startedAt: FROM - DAY,
        state: 'resolved',
      }),
    ];
    expect(summary({ devices, incidents }).updates).toEqual({ fetched: some('a'), overdue: some('c') });
  });

  it('name who mailed, was reached or had a port opened, unless a person expects it or it is for looking up', () => {
    const at = { startedAt: FROM + HOUR, lastAt: FROM + 2 * HOUR };
    const incidents = [
      anIncident({ device: 'a', id: '1', kind: 'mail_started', severity: 'high', ...at }),
      anIncident({ device: 'a', id: '2', kind: 'submission_started', severity: 'medium', ...at }),
      anIncident({ device: 'b', id: '3', kind: 'mail_started', severity: 'high', state: 'expected', ...at }),
      anIncident({ device: 'c', id: '4', kind: 'submission_started', severity: 'info', ...at }),
      anIncident({
        device: 'd',
        id: '5',
        kind: 'mail_started',
        severity: 'high',
        startedAt: FROM - DAY,
        lastAt: FROM - HOUR,
      }),
      anIncident({ device: 'e', id: '6', kind: 'exposed', severity: 'high', ...at }),
      anIncident({
        device: 'f',
        id: '7',
        kind: 'port_mapping',
        severity: 'medium',
        startedAt: FROM - DAY,
        lastAt: FROM + HOUR,
      }),
    ];
    expect(summary({ incidents })).toMatchObject({
      // As many as there must have been, where the count of them was lost with a process that was killed.
      mail: { unexpected: 1, by: some('a') },
      exposed: some('e'),
      mappings: some('f'),
    });
  });

  it.each<[why: string, firstSeen: number, lastSeen: number, hours: number[], isSeen: boolean, isFresh: boolean]>([
    ['last heard before it', FROM - DAY, FROM - 1, [], false, false],
    ['last heard as it began', FROM - DAY, FROM, [], true, false],
    ['last heard as it ended', FROM - DAY, TO - 1, [], true, false],
    ['first heard as it began', FROM, TO + DAY, [], true, true],
    ['first heard as it ended', TO - 1, TO + DAY, [], true, true],
    ['first heard after it', TO, TO + DAY, [TO], false, false],
    ['heard before and after it', FROM - 1, TO, [], false, false],
    ['heard in the hours around it', FROM - 1, TO, [FROM - HOUR, TO], false, false],
    ['heard in its first hour', FROM - 1, TO, [FROM], true, false],
    ['heard in its last hour, and in others', FROM - 1, TO, [FROM - DAY, TO - HOUR, TO + DAY], true, false],
  ])('of a device that was %s', (_, firstSeen, lastSeen, heard, isSeen, isFresh) => {
    const activity = new Activity(heard.map((time) => ({ hour: time / HOUR, connections: 1, mailAttempts: 0 })));
    const one = device('a', firstSeen, lastSeen, { activity });
    expect(summary({ devices: [one] })).toMatchObject({ seen: isSeen ? 1 : 0, fresh: isFresh ? some('a') : some() });
    const others = (['gateway', 'sensor'] as const).map((role) => ({ ...one, role }));
    expect(summary({ devices: others })).toMatchObject({ seen: 0, fresh: some() });
  });

  it('begin within an hour where the time of day does', () => {
    const half = HOUR / 2;
    const week = { from: FROM + half, to: TO + half };
    const heardIn = (time: number) =>
      device('a', FROM - DAY, TO + DAY, {
        activity: new Activity([{ hour: time / HOUR, connections: 1, mailAttempts: 0 }]),
      });
    const seen = [FROM - HOUR, FROM, TO, TO + HOUR].map(
      (time) => summarizeWeek(week, TO + DAY, { hours: [], devices: [heardIn(time)], incidents: [] }).seen,
    );
    expect(seen).toEqual([0, 1, 1, 0]);
  });

  it('know of firmware that was fetched in it, whatever else a device did', () => {
    const did = (kind: Device['timeline'][number]['kind'], time: number) => [
      { time, kind, name: 'x', nameFrom: null, ip: null, role: null, detail: {} },
    ];
    const devices = [
      device('b', FROM, TO, { timeline: did('firmware_download', FROM) }),
      device('a', FROM, TO, { timeline: [...did('backend_new', FROM), ...did('firmware_download', TO - 1)] }),
      device('c', FROM, TO, { timeline: did('firmware_download', FROM - 1) }),
      device('d', FROM, TO, { timeline: did('firmware_download', TO) }),
      device('e', FROM, TO, { timeline: did('firmware_change', FROM) }),
    ];
    expect(summary({ devices }).updates.fetched).toEqual(some('a', 'b'));
  });

  it.each<[Partial<Incident>, isTold: boolean]>([
    [{ startedAt: FROM - DAY, state: 'open' }, true],
    [{ startedAt: TO - 1, state: 'acknowledged' }, true],
    [{ startedAt: TO, state: 'open' }, false],
    [{ startedAt: FROM, state: 'resolved' }, false],
    [{ startedAt: FROM, state: 'expected' }, false],
    [{ startedAt: FROM, state: 'open', kind: 'exposed' }, false],
  ])('call updates overdue that are so at its end: %j', (over, isTold) => {
    const incident = anIncident({ device: 'a', id: '1', kind: 'updates_overdue', lastAt: TO, ...over });
    expect(summary({ incidents: [incident] }).updates.overdue).toEqual(isTold ? some('a') : some());
  });

  it.each<[Partial<Incident>, isTold: boolean]>([
    [{ startedAt: FROM - DAY, lastAt: FROM - 1 }, false],
    [{ startedAt: FROM - DAY, lastAt: FROM }, true],
    [{ startedAt: FROM - DAY, lastAt: TO + DAY }, true],
    [{ startedAt: TO - 1, lastAt: TO + DAY }, true],
    [{ startedAt: TO, lastAt: TO + DAY }, false],
    [{ startedAt: FROM, lastAt: FROM, state: 'resolved' }, true],
    [{ startedAt: FROM, lastAt: FROM, state: 'expected' }, false],
    [{ startedAt: FROM, lastAt: FROM, severity: 'low' }, true],
    [{ startedAt: FROM, lastAt: FROM, severity: 'info' }, false],
    [{ startedAt: FROM, lastAt: FROM, device: null }, false],
  ])('tell what was open to the Internet at any time in it: %j', (over, isTold) => {
    for (const kind of ['exposed', 'port_mapping'] as const) {
      const { exposed, mappings } = summary({ incidents: [anIncident({ device: 'a', id: '1', kind, ...over })] });
      const told = isTold ? some('a') : some();
      expect([exposed, mappings]).toEqual(kind === 'exposed' ? [told, some()] : [some(), told]);
    }
  });

  it.each<[Partial<Incident>, isTold: boolean]>([
    [{ startedAt: FROM - DAY, lastAt: FROM - 1 }, false],
    [{ startedAt: FROM - DAY, lastAt: FROM }, true],
    [{ startedAt: FROM, lastAt: TO + DAY }, true],
    [{ startedAt: TO - 1, lastAt: TO + DAY }, true],
    [{ startedAt: TO, lastAt: TO + DAY }, false],
    // Whether it mailed within is not known of it.
    [{ startedAt: FROM - DAY, lastAt: TO }, false],
    [{ startedAt: FROM, lastAt: FROM, kind: 'submission_started', severity: 'medium' }, true],
    [{ startedAt: FROM, lastAt: FROM, kind: 'submission_started', severity: 'info' }, false],
    [{ startedAt: FROM, lastAt: FROM, kind: 'mail_lookup' }, false],
    [{ startedAt: FROM, lastAt: FROM, state: 'expected' }, false],
  ])('name who began to mail in it, or went on: %j', (over, isTold) => {
    const incident = anIncident({ device: 'a', id: '1', kind: 'mail_started', severity: 'high', ...over });
    expect(summary({ incidents: [incident] }).mail).toEqual({
      ...{ expected: 0, unexpected: isTold ? 1 : 0, by: isTold ? some('a') : some() },
    });
  });

  it('count as unexpected what was counted, and no less than who did it', () => {
    const at = { startedAt: FROM, lastAt: FROM, severity: 'high' as const };
    const incidents = ['b', 'a', 'b'].map((mac, n) =>
      anIncident({ device: mac, id: `${n}`, kind: 'mail_started', ...at }),
    );
    const counting = (unexpected: number) =>
      summary({
        incidents,
        hours: hours(({ hour, mail }) => (mail.unexpected = hour * HOUR === FROM ? unexpected : 0)),
      });
    expect([0, 1, 2, 3].map((counted) => counting(counted).mail.unexpected)).toEqual([2, 2, 2, 3]);
    expect(counting(0).mail.by).toEqual(some('a', 'b'));
  });

  it('tell each reason by itself, and what nothing is on record of', () => {
    expect(summary().gaps).toStrictEqual({});
    const told = summary({
      hours: hours(({ hour, spent }) => {
        const nth = hour - FROM / HOUR;
        const gap = (['off', 'capture', 'mirror', 'loss', 'clock'] as const)[nth];
        if (gap === undefined) return;
        Object.assign(spent, { watched: 0, [gap]: (nth + 1) * 60_000 });
      }),
    });
    expect(told.gaps).toStrictEqual({ off: 1, capture: 2, mirror: 3, loss: 4, clock: 5, unrecorded: 5 * 60 - 15 });
    expect(told.percent).toBe(97);
    expect(summary({ hours: [] })).toMatchObject({ percent: 0, gaps: { unrecorded: 7 * 24 * 60 } });
    const short = hours(({ hour, spent }) => (spent.watched -= hour * HOUR === FROM ? 1 : 0));
    expect(summary({ hours: short })).toMatchObject({ percent: 99.9, gaps: { unrecorded: 1 } });
    const none = summarizeWeek({ from: FROM, to: FROM }, TO, { hours: hours(), devices: [], incidents: [] });
    expect([none.percent, none.gaps, none.from, none.to, none.made]).toEqual([0, {}, FROM, FROM, TO]);
  });

  it('are bounded: of a hundred new devices sixteen are kept', () => {
    const devices = Array.from({ length: 100 }, (_, n) => device(`mac-${String(n).padStart(3, '0')}`, FROM, TO));
    const { fresh } = summary({ devices });
    expect([fresh.count, fresh.macs.length, fresh.macs[0]]).toEqual([100, 16, 'mac-000']);
    const sixteen = summary({ devices: devices.slice(0, 16).reverse() }).fresh;
    expect(sixteen).toEqual(some(...devices.slice(0, 16).map(({ mac }) => mac)));
  });
});

describe('the week that ended last', () => {
  const zone = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = 'Europe/Berlin';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  const local = (text: string) => new Date(`2026-${text}`).getTime();

  it.each([
    // 23 November 2026 is a Monday.
    ['11-23T06:59:59.999', '11-09T07:00', '11-16T07:00', 168],
    ['11-23T07:00:00.000', '11-16T07:00', '11-23T07:00', 168],
    ['11-23T07:00:00.001', '11-16T07:00', '11-23T07:00', 168],
    ['11-24T03:00', '11-16T07:00', '11-23T07:00', 168],
    ['11-28T23:59', '11-16T07:00', '11-23T07:00', 168],
    ['11-29T12:34:56.789', '11-16T07:00', '11-23T07:00', 168],
    ['11-30T06:00', '11-16T07:00', '11-23T07:00', 168],
    // By the calendar, on both sides of the night in which clocks change.
    ['10-26T07:00', '10-19T07:00', '10-26T07:00', 169],
    ['03-30T07:00', '03-23T07:00', '03-30T07:00', 167],
    ['03-30T06:59', '03-16T07:00', '03-23T07:00', 168],
  ])('at %s is that from %s to %s', (now, from, to, length) => {
    expect(lastWeek(local(now))).toEqual({ from: local(from), to: local(to) });
    expect((local(to) - local(from)) / HOUR).toBe(length);
  });
});

const NAMES: Record<string, string> = { a: 'Kettle', b: 'Phone', c: 'Camera' };
const words = (changes: Partial<WeekSummary>) =>
  weekSentences(english, { ...summary(), ...changes }, (mac) => NAMES[mac] ?? null);

describe('the words of a week', () => {
  it('of a quiet one claim nothing that was not looked at', () => {
    expect(words({ percent: 97.6, gaps: { off: 240, mirror: 2 }, seen: 14 })).toEqual([
      'The home was watched for 97.6 % of the week. Not watched: 4 hours (the sensor was off), 2 minutes (the mirror showed too little, or too little passed to tell).',
      'No attempt to send mail was seen.',
      'Nobody was seen to reach a device from the Internet.',
      'No device was seen to fetch firmware.',
      '14 devices were seen, none for the first time.',
      'What happened while it was not watched is not in these figures.',
    ]);
    expect(words({ seen: 1 }).join(' ')).not.toMatch(/safe|secure|clean|no device (?:is|was) infected|not in these/i);
  });

  it('of a busy one name who', () => {
    const told = words({
      seen: 20,
      fresh: some('a', 'b', 'gone'),
      mail: { expected: 12, unexpected: 2, by: some('c') },
      updates: { fetched: some('a'), overdue: some('b') },
      exposed: some('c'),
      mappings: some('a', 'c'),
    });
    expect(told.slice(1)).toEqual([
      '14 attempts to send mail were seen: 12 expected, 2 not (Camera).',
      '1 device answered somebody on the Internet: Camera. 2 devices had the router open a port: Kettle and Camera.',
      '1 device fetched firmware: Kettle. 1 device asked for no update for a long time: Phone.',
      '20 devices were seen, 3 for the first time: Kettle, Phone and 1 more.',
    ]);
  });

  it.each([
    [1, 0, '1 attempt to send mail was seen, an expected one.'],
    [3, 0, '3 attempts to send mail were seen, all of them expected.'],
    [0, 1, '1 attempt to send mail was seen, not an expected one (Camera).'],
    [0, 5, '5 attempts to send mail were seen, none of them expected (Camera).'],
  ])('%i expected attempts and %i others', (expected, unexpected, sentence) => {
    expect(words({ mail: { expected, unexpected, by: unexpected > 0 ? some('c') : some() } })[1]).toBe(sentence);
  });

  it.each([
    [1, '1 minute'],
    [60, '1 hour'],
    [95, '1 hour 35 minutes'],
    [24 * 60, '1 day'],
    [(2 * 24 + 3) * 60 + 50, '2 days 3 hours'],
  ])('%i minutes are %s', (minutes, text) => {
    expect(duration(english, minutes)).toBe(text);
  });

  it('say for each gap why', () => {
    const [all] = gapSentence(english, { off: 1, capture: 2, mirror: 3, loss: 4, clock: 5, unrecorded: 6 });
    expect(all?.match(/\([^)]+\)/g)).toHaveLength(6);
    expect(gapSentence(english, {})).toEqual([]);
  });
});

describe('the book of weeks', () => {
  function store(text: string | null) {
    const kept = new Map<string, string>(text === null ? [] : [['weekly_summaries', text]]);
    return {
      kept,
      /** Whether each was to be on disk at once, and what went along. */
      saved: [] as [durable: boolean, ids: string[]][],
      meta: (key: string) => kept.get(key) ?? null,
      setMeta(key: string, value: string, durable: boolean, alerts: readonly OutboxMessage[]) {
        kept.set(key, value);
        this.saved.push([durable, alerts.map(({ id }) => id)]);
      },
    };
  }

  it('keeps the last twelve, and lets go one that a wrong clock has made', () => {
    const place = store(null);
    const book = new WeekBook(place);
    book.add({ ...summary(), to: TO + 100 * DAY }, []);
    for (let week = 0; week < 14; week++) book.add({ ...summary(), to: TO + week * 7 * DAY }, []);
    expect(book.all().map(({ to }) => (to - TO) / DAY / 7)).toEqual(Array.from({ length: 12 }, (_, n) => n + 2));
    expect(new WeekBook(place).all()).toEqual(book.all());
  });

  it('has one summary of a week, the last that was made', () => {
    const place = store(null);
    const book = new WeekBook(place);
    for (const made of [1, 2]) book.add({ ...summary(), made }, [message(`m${made}`)]);
    expect(book.all().map(({ made }) => made)).toEqual([2]);
    expect(place.saved).toEqual([
      [true, ['m1']],
      [true, ['m2']],
    ]);
  });

  it('reads what is whole of what it finds', () => {
    expect(new WeekBook(store('no JSON')).all()).toEqual([]);
    expect(new WeekBook(store('{"a":1}')).all()).toEqual([]);
    expect(new WeekBook(store(JSON.stringify([{ to: 1 }, summary(), null]))).all()).toEqual([summary()]);
  });

  it.each<[change: Record<string, unknown>, isRead: boolean]>([
    [{ percent: 0 }, true],
    [{ percent: 100 }, true],
    [{ percent: -0.1 }, false],
    [{ percent: 100.1 }, false],
    [{ seen: 0 }, true],
    [{ seen: -1 }, false],
    [{ seen: 0.5 }, false],
    [{ gaps: {} }, true],
    [{ gaps: { off: 1, capture: 2, mirror: 3, loss: 4, clock: 5, unrecorded: 6 } }, true],
    [{ gaps: { off: 0 } }, false],
    [{ gaps: { unrecorded: 0 } }, false],
    [{ fresh: { count: 99, macs: Array(16).fill('a') } }, true],
    [{ fresh: { count: 99, macs: Array(17).fill('a') } }, false],
    [{ exposed: { count: 0, macs: [] } }, true],
    [{ exposed: { count: -1, macs: [] } }, false],
    [{ mail: { expected: 0, unexpected: 0, by: some() } }, true],
    [{ mail: { expected: -1, unexpected: 0, by: some() } }, false],
    [{ mail: { expected: 0, unexpected: -1, by: some() } }, false],
    [{ updates: { fetched: some('a') } }, false],
    [{ made: 'today' }, false],
  ])('reads one with %j: %s', (change, isRead) => {
    const week = { ...summary(), ...change };
    expect(new WeekBook(store(JSON.stringify([week]))).all()).toEqual(isRead ? [week] : []);
  });
});
