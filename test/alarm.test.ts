// One timer for several who wait: the soonest counts, whoever asked first.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Alarm } from '../sensor/alarm.ts';

let rings: number[];
let alarm: Alarm;

beforeEach(() => {
  vi.useFakeTimers();
  const start = performance.now();
  rings = [];
  alarm = new Alarm(() => rings.push(performance.now() - start));
});
afterEach(() => {
  vi.useRealTimers();
});

it('rings for the sooner of two, and once', () => {
  alarm.within(25);
  alarm.within(3);
  alarm.within(10);
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([3]);
});

it('can be set again when it has rung, also by whom it rings for', () => {
  alarm.within(3);
  vi.advanceTimersByTime(3);
  alarm.within(22);
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([3, 25]);
});

it('is silent when it is cleared', () => {
  alarm.within(3);
  alarm.clear();
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([]);
});
