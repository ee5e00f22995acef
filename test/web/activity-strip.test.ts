// Thirty days of hours as one level a day.
import { describe, expect, it } from 'vitest';
import { activityStrip } from '../../web/activity-strip.ts';

const NOW = Date.parse('2026-01-30T12:30:00Z');
const thisHour = Math.floor(NOW / 3_600_000);
const hour = (ago: number, connections: number, mailAttempts = 0) => ({
  hour: thisHour - ago,
  connections,
  mailAttempts,
});

describe('the strip', () => {
  it('is thirty silent days without activity', () => {
    expect(activityStrip([], NOW)).toEqual(new Array(30).fill(0));
  });

  it('counts spans of 24 hours back from now, whatever the zone: the last hour of a span and the first of the next differ', () => {
    const strip = activityStrip([hour(0, 1), hour(23, 5), hour(24, 1)], NOW);
    expect(strip.slice(-3)).toEqual([0, 1, 1]);
    expect(activityStrip([hour(23, 1)], NOW).slice(-2)).toEqual([0, 1]);
  });

  it('shows mail over any other contact of the day, whichever came first', () => {
    expect(activityStrip([hour(3, 9), hour(2, 0, 1), hour(1, 9)], NOW).at(-1)).toBe(2);
  });

  it('leaves out what is older than thirty days, not there yet, or silent', () => {
    expect(activityStrip([hour(720, 1), hour(-1, 1), hour(5, 0)], NOW)).toEqual(new Array(30).fill(0));
    expect(activityStrip([hour(719, 1)], NOW)[0]).toBe(1);
  });
});
