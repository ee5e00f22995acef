// Times, spans, sizes and figures as a phone in Berlin shows them that speaks British English, and where one form gives way to the
// next; then the same in other languages, whatever the machine speaks.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as format from '../../../web/page/format.ts';
import * as activity from '../../../web/page/parts/activity.ts';

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});
afterEach(() => format.setLocale('en-GB'));

const NOW = Date.parse('2026-01-20T12:30:15Z');

describe('a time', () => {
  it('is that of the phone’s zone, with as much of the day as is asked for', () => {
    expect(format.clockTime(NOW)).toBe('13:30');
    expect(format.clockTime('2026-01-20T02:05:00Z')).toBe('03:05');
    expect(format.day('2026-01-20T23:30:00Z')).toMatch(/^Wed,? 21 Jan$/);
    expect(format.fullTime(NOW)).toMatch(/^20 Jan 2026(,| at) 13:30:15$/);
  });

  it('of today is told without its day, and the day ends at the phone’s midnight', () => {
    expect(format.shortTime('2026-01-19T23:00:00Z', NOW)).toBe('00:00');
    expect(format.shortTime('2026-01-19T22:59:59Z', NOW)).toMatch(/^19 Jan(,| at) 23:59$/);
    expect(format.shortTime('2025-01-20T12:30:00Z', NOW)).toMatch(/^20 Jan(,| at) 13:30$/);
  });
});

describe('how long ago', () => {
  const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
  it.each<[number, string]>([
    [0, 'now'],
    [-0.4, 'now'],
    [-1.6, '2 seconds ago'],
    [-59, '59 seconds ago'],
    [-MINUTE, '1 minute ago'],
    [-100, '2 minutes ago'],
    [-90 * MINUTE + 1, '90 minutes ago'],
    [-90 * MINUTE, '1 hour ago'],
    [-100 * MINUTE, '2 hours ago'],
    [-36 * HOUR + 1, '36 hours ago'],
    [-36 * HOUR, 'yesterday'],
    [-3 * DAY, '3 days ago'],
    [30, 'in 30 seconds'],
    [2 * DAY, 'in 2 days'],
  ])('%d seconds from now: %s', (seconds, text) => {
    expect(format.relativeTime(NOW + seconds * 1000, NOW)).toBe(text);
    expect(format.relativeTime(new Date(NOW + seconds * 1000).toISOString(), NOW)).toBe(text);
  });
});

describe('figures', () => {
  it('are grouped; a share has two places below one percent, and one above', () => {
    expect(format.figure(1_234_567)).toBe('1,234,567');
    const shares = [0, 0.004, 0.1234, 0.996, 1, 1.06, 12.34, 100];
    expect(shares.map(format.percent)).toEqual(['0', '0', '0.12', '1', '1', '1.1', '12.3', '100']);
  });

  it.each<[number, string]>([
    [0, '0 byte'],
    [1, '1 byte'],
    [999, '999 byte'],
    [1000, '1 kB'],
    [42_060, '42.1 kB'],
    [999_999, '1,000 kB'],
    [31_000_000, '31 MB'],
    [2_500_000_000, '2.5 GB'],
    [7_000_000_000_000, '7 TB'],
    [5_000_000_000_000_000, '5,000 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(format.bytes(bytes)).toBe(text));
});

describe('a span', () => {
  const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
  it.each([
    [0, '1 minute'],
    [2 * MINUTE - 1, '1 minute'],
    [HOUR - 1, '59 minutes'],
    [HOUR, '1 hour'],
    [1.9 * DAY - 1, '45 hours'],
    [1.9 * DAY, '2 days'],
    [2.5 * DAY, '3 days'],
  ])('of %d ms is told in one unit: %s', (milliseconds, text) => {
    expect(format.span(milliseconds)).toBe(text);
  });

  it.each([
    [1, '1 minute'],
    [59, '59 minutes'],
    [60, '1 hour'],
    [61, '1 hour 1 minute'],
    [1440, '24 hours'],
    [1325, '22 hours 5 minutes'],
  ])('of %d minutes is told in full where all of it counts: %s', (minutes, text) => {
    expect(format.hoursAndMinutes(minutes)).toBe(text);
  });
});

describe('another language', () => {
  const said = (locale: string): string[] => {
    format.setLocale(locale);
    return [
      format.clockTime(NOW),
      format.hour(NOW),
      format.date(NOW),
      format.shortTime(NOW - 2 * format.DAY_MS, NOW),
      format.relativeTime(NOW - 2 * format.HOUR_MS, NOW),
      format.span(12 * format.DAY_MS),
      format.hoursAndMinutes(200),
      format.figure(1_234_567),
      format.percent(0.25),
      format.bytes(42_060),
      format.plural(1, 'Gerät', 'Geräte'),
      format.plural(1200, 'Gerät', 'Geräte'),
    ].map((text) => text.replaceAll('\u202f', ' ').replaceAll('\u00a0', ' '));
  };

  it('writes its own dates, figures and units, from the moment it is chosen', () => {
    expect(said('en-GB')[5]).toBe('12 days');
    expect(said('de-DE')).toEqual([
      ...['13:30', '13', '20.1.', '18. Jan., 13:30', 'vor 2 Stunden', '12 Tage', '3 Stunden 20 Minuten'],
      ...['1.234.567', '0,25', '42,1 kB', '1 Gerät', '1.200 Geräte'],
    ]);
    expect(said('en-US').slice(0, 4)).toEqual([
      '01:30 PM',
      '01 PM',
      '1/20',
      expect.stringMatching(/^Jan 18(,| at) 01:30 PM$/),
    ]);
  });

  it('has the forms for numbers that its grammar has', () => {
    const devices = { one: 'urządzenie', few: 'urządzenia', many: 'urządzeń', other: 'urządzenia' };
    const count = (number: number) => format.counted(number, devices);
    format.setLocale('pl-PL');
    expect([1, 2, 5, 22, 1.5].map(count)).toEqual([
      ...['1 urządzenie', '2 urządzenia', '5 urządzeń', '22 urządzenia', '1,5 urządzenia'],
    ]);
    format.setLocale('en-GB');
    // English has no word for "few": what is left is said.
    expect([0, 1, 2].map(count)).toEqual(['0 urządzenia', '1 urządzenie', '2 urządzenia']);
  });
});

describe('the chart', () => {
  const at = (time: string, connections = 1, mailAttempts = 0) => ({
    hour: Date.parse(time) / format.HOUR_MS,
    connections,
    mailAttempts,
  });

  it('of a day has the last 24 hours with their own labels, the one that runs included', () => {
    const shown = activity.buckets(
      [at('2026-01-19T12:00:00Z', 9), at('2026-01-19T13:00:00Z', 5, 2), at('2026-01-20T12:00:00Z', 3, 1)],
      'day',
      NOW,
    );
    expect(shown).toHaveLength(24);
    expect(shown[0]).toEqual({
      time: Date.parse('2026-01-19T13:00:00Z'),
      label: '14:00',
      connections: 5,
      mailAttempts: 2,
    });
    expect(shown[1]).toMatchObject({ label: '15:00', connections: 0, mailAttempts: 0 });
    expect(shown[23]).toEqual({
      time: Date.parse('2026-01-20T12:00:00Z'),
      label: '13:00',
      connections: 3,
      mailAttempts: 1,
    });
  });

  it('holds an hour that begins this moment, and none that is to come', () => {
    const now = Date.parse('2026-01-20T12:00:00Z');
    const shown = activity.buckets([at('2026-01-20T12:00:00Z', 3), at('2026-01-20T13:00:00Z', 9)], 'day', now);
    expect(shown.reduce((sum, { connections }) => sum + connections, 0)).toBe(3);
    expect(shown.at(-1)).toMatchObject({ time: now, connections: 3 });
  });

  it.each([
    ['spring, with a day of 23 hours', '2026-03-31T10:00:00Z', '2026-03-02'],
    ['autumn, with one of 25', '2026-10-27T11:00:00Z', '2026-09-28'],
  ])('of a month has thirty local days in a row, also in %s', (_season, now, first) => {
    const shown = activity.buckets([], 'month', Date.parse(now));
    const days = Array.from(
      { length: 30 },
      (_, index) => new Date(`${first}T12:00:00Z`).getTime() + index * 86_400_000,
    );
    expect(shown.map(({ time }) => new Date(time).toString().slice(0, 24))).toEqual(
      days.map((day) => `${new Date(day).toDateString()} 00:00:00`),
    );
    expect(shown.map(({ label }) => label)).toEqual(days.map((day) => format.day(day)));
  });

  it('of a month adds up the hours of each local day', () => {
    const shown = activity.buckets(
      [at('2026-01-18T22:00:00Z', 1), at('2026-01-18T23:00:00Z', 2, 1), at('2026-01-19T22:00:00Z', 3, 2)],
      'month',
      NOW,
    );
    expect(shown.slice(-3).map(({ connections, mailAttempts }) => [connections, mailAttempts])).toEqual([
      [1, 0],
      [5, 3],
      [0, 0],
    ]);
  });
});
