// What the sample home shows of the sensor's own watch: set up twelve days ago, with a gap of each kind since.
import { english } from '../../sensor/language/words.ts';
import { type Coverage, coverageOf } from '../../sensor/record/coverage.ts';
import { HOUR, WatchHours, type WatchState } from '../../sensor/record/watch-hours.ts';
import { lastWeek, summarizeWeek, type WeekSummary } from '../../sensor/record/week-summary.ts';
import { weekSentences } from '../../sensor/record/wording-week.ts';
import type { WeekView } from '../../web/shapes.ts';

const DAY = 24 * HOUR;
/** By hours before the present. */
const GAPS: [from: number, to: number, state: WatchState][] = [
  [230, 212, 'off'],
  [150, 147, 'mirror'],
  [100, 98, 'capture'],
  [70, 69, 'loss'],
  [30, 29, 'clock'],
];

export function sampleWatch(now: number): WatchHours {
  const watch = new WatchHours();
  watch.begin(now - 12 * DAY);
  for (let at = now - 12 * DAY + 60_000; at <= now; at += 60_000) {
    const hours = (now - at) / HOUR;
    watch.observe(at, GAPS.find(([from, to]) => hours < from && hours >= to)?.[2] ?? 'watched');
  }
  return watch;
}

/** Of a present that many tests ask for again and again. */
const known = new Map<number, Coverage>();

export function sampleCoverage(now: number): Coverage {
  const coverage = known.get(now) ?? coverageOf(sampleWatch(now).all(), now);
  known.set(now, coverage);
  return coverage;
}

export function sampleWeek(now: number, changes: Partial<WeekSummary> = {}): WeekSummary {
  const facts = { hours: sampleWatch(now).all(), devices: [], incidents: [] };
  const some = (...macs: string[]) => ({ count: macs.length, macs });
  return {
    ...summarizeWeek(lastWeek(now), now, facts),
    seen: 14,
    fresh: some('a', 'b'),
    mail: { expected: 12, unexpected: 3, by: some('c') },
    updates: { fetched: some('a'), overdue: some('d') },
    ...changes,
  };
}

const NAMES: Record<string, string> = { a: 'Kettle', b: 'Anna’s phone', c: 'Hallway camera', d: 'Fridge' };

export function sampleWeeks(now: number): WeekView[] {
  return [0, 7].map((days) => {
    const summary = sampleWeek(now - days * DAY);
    const [from, to] = [summary.from, summary.to].map((time) => new Date(time).toISOString());
    const sentences = weekSentences(english, summary, (mac) => NAMES[mac] ?? null);
    return { from: from ?? '', to: to ?? '', percent: summary.percent, sentences };
  });
}
