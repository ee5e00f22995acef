// Days of coverage: by the calendar where the sensor stands, never rounded up, and nothing said of what is not on record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coverageOf, dayOf, inMinutes, shareOf } from '../../sensor/record/coverage.ts';
import { emptyHour, GAPS, HOUR, type WatchHour, WatchHours } from '../../sensor/record/watch-hours.ts';

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});
const MINUTE = 60_000;

/** Watched from one moment to another, but for the gaps. */
function watched(from: Date, to: Date, ...gaps: [from: Date, to: Date][]): WatchHours {
  const watch = new WatchHours();
  watch.begin(from.getTime());
  for (let at = from.getTime() + MINUTE; at <= to.getTime(); at += MINUTE) {
    const isGap = gaps.some(([begin, end]) => at > begin.getTime() && at <= end.getTime());
    watch.observe(at, isGap ? 'mirror' : 'watched');
  }
  return watch;
}
/** Month from 1, in local time. */
const local = (month: number, day: number, hour = 0, minute = 0) => new Date(2026, month - 1, day, hour, minute);

describe('coverage', () => {
  it('tells thirty days, today last, and of those before the sensor was there nothing', () => {
    const now = local(11, 29, 12);
    const { days } = coverageOf(watched(local(11, 27, 18), now).all(), now.getTime());
    expect(days).toHaveLength(30);
    expect(days.at(0)).toEqual({ day: '2026-10-31', percent: null, gaps: {} });
    expect(days.slice(-4).map(({ day, percent }) => [day, percent])).toEqual([
      ['2026-11-26', null],
      ['2026-11-27', 100],
      ['2026-11-28', 100],
      ['2026-11-29', 100],
    ]);
  });

  it('is a share of what has passed of today, with minutes for each reason', () => {
    const now = local(11, 29, 12);
    const gap: [Date, Date] = [local(11, 29, 3), local(11, 29, 6)];
    const coverage = coverageOf(watched(local(11, 27), now, gap).all(), now.getTime());
    expect(coverage.days.at(-1)).toEqual({ day: '2026-11-29', percent: 75, gaps: { mirror: 180 } });
    expect(coverage.week).toEqual({ percent: 95, gaps: { mirror: 180 } });
  });

  it('one minute in thirty days is never told as all of it', () => {
    const now = local(11, 29);
    const gap: [Date, Date] = [local(11, 28, 3), local(11, 28, 3, 1)];
    const { days, week } = coverageOf(watched(local(11, 20), now, gap).all(), now.getTime() - MINUTE);
    expect([days.at(-1)?.percent, days.at(-1)?.gaps, week.percent]).toEqual([99.9, { mirror: 1 }, 99.9]);
    expect(shareOf([])).toEqual({ percent: null, gaps: {} });
  });

  it('knows that the day on which clocks go back has 25 hours, and the other one 23', () => {
    for (const [month, day, hours] of [
      [10, 25, 25],
      [3, 29, 23],
    ] as const) {
      const now = local(month, day + 1, 12);
      const all = watched(local(month, day - 1), now).all();
      const own = all.filter(({ hour }) => dayOf(hour * HOUR) === dayOf(local(month, day).getTime()));
      expect([month, own.length]).toEqual([month, hours]);
      const gap = coverageOf(
        watched(local(month, day - 1), now, [local(month, day, 6), local(month, day, 12)]).all(),
        now.getTime(),
      );
      expect(gap.days.at(-2)?.percent).toBe(Math.floor(((hours - 6) / hours) * 1000) / 10);
      expect(gap.days.map((one) => one.day)).toEqual([...new Set(gap.days.map((one) => one.day))].toSorted());
    }
  });

  it('of one week is that of its last seven days', () => {
    const now = local(11, 29, 12);
    const gap: [Date, Date] = [local(11, 22, 6), local(11, 22, 12)];
    const dayMore: [Date, Date] = [local(11, 23, 6), local(11, 23, 12)];
    const share = (...gaps: [Date, Date][]) =>
      coverageOf(watched(local(11, 1), now, ...gaps).all(), now.getTime()).week;
    expect([share(gap), share(dayMore)]).toEqual([
      { percent: 100, gaps: {} },
      { percent: 96.1, gaps: { mirror: 360 } },
    ]);
  });

  it('takes an hour for that of the day in which it begins, at its first moment and at its last', () => {
    const { days } = coverageOf(watched(local(11, 28, 23), local(11, 29, 1)).all(), local(11, 29).getTime());
    expect(days.slice(-3).map(({ day, percent }) => [day, percent])).toEqual([
      ['2026-11-27', null],
      ['2026-11-28', 100],
      ['2026-11-29', 100],
    ]);
    const before = coverageOf([], local(11, 29).getTime() - 1).days;
    expect([before.at(0)?.day, before.at(-1)?.day]).toEqual(['2026-10-30', '2026-11-28']);
  });

  it('tells days of one figure with two, in each month', () => {
    expect(
      [local(1, 1), local(9, 9, 23, 59), local(10, 10), local(12, 31)].map((time) => dayOf(time.getTime())),
    ).toEqual([...['2026-01-01', '2026-09-09', '2026-10-10', '2026-12-31']]);
  });
});

describe('a share', () => {
  const hour = (spent: Partial<WatchHour['spent']>): WatchHour => ({
    ...emptyHour(0),
    spent: { ...emptyHour(0).spent, ...spent },
  });

  it('is of all hours together, with each reason by itself', () => {
    const all = GAPS.map((gap, n) => hour({ watched: MINUTE, [gap]: (n + 1) * MINUTE }));
    const gaps = { off: 1, capture: 2, mirror: 3, loss: 4, clock: 5 };
    expect(shareOf(all)).toStrictEqual({ percent: 25, gaps });
    expect(shareOf([...all, ...all])).toStrictEqual({
      ...{ percent: 25, gaps: { off: 2, capture: 4, mirror: 6, loss: 8, clock: 10 } },
    });
    expect(shareOf([hour({ watched: 1 })])).toStrictEqual({ percent: 100, gaps: {} });
    expect(shareOf([hour({ loss: 1 })])).toStrictEqual({ percent: 0, gaps: { loss: 1 } });
    expect(shareOf([hour({})])).toStrictEqual({ percent: null, gaps: {} });
  });

  it('of a time that is told counts what is on no record, and is never more than all', () => {
    const half = [hour({ watched: HOUR / 2 })];
    expect([HOUR, HOUR / 2, HOUR / 4, 0].map((whole) => shareOf(half, whole).percent)).toEqual([50, 100, 100, null]);
    expect(shareOf([], HOUR)).toStrictEqual({ percent: 0, gaps: {} });
    expect(shareOf([hour({ watched: 1 })], 3).percent).toBe(33.3);
    expect(shareOf([hour({ watched: 2 })], 3).percent).toBe(66.6);
  });

  it('has no reason that took less than a minute', () => {
    expect([1, MINUTE - 1, MINUTE, 1.5 * MINUTE - 1, 1.5 * MINUTE, HOUR].map(inMinutes)).toEqual([1, 1, 1, 1, 2, 60]);
  });
});
