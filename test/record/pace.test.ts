// How often the disk may be written to: so many at once, some of them kept for incidents, then one each half minute.
import { expect, it } from 'vitest';
import { Pace } from '../../sensor/record/pace.ts';
import { HOUR, MINUTE, SECOND, START } from '../support/stage.ts';

/** How many may be written at once at `now`. */
function taken(pace: Pace, what: 'incident' | 'counts', now: number): number {
  let count = 0;
  while (count < 1000 && pace.take(what, now)) count++;
  return count;
}

it('two hundred follow each other at once; counts leave the last hundred of them to incidents', () => {
  const pace = new Pace();
  expect(taken(pace, 'counts', START)).toBe(100);
  expect(taken(pace, 'incident', START)).toBe(100);
  expect(taken(new Pace(), 'incident', START)).toBe(200);
});

it('after that each half minute allows one more, not a millisecond before, whatever was asked in between', () => {
  const pace = new Pace();
  taken(pace, 'incident', START);
  expect([1, 10_000, 29_999].map((by) => taken(pace, 'incident', START + by))).toEqual([0, 0, 0]);
  expect(taken(pace, 'incident', START + 30 * SECOND)).toBe(1);
  expect(taken(pace, 'incident', START + 59_999)).toBe(0);
  expect(taken(pace, 'incident', START + MINUTE)).toBe(1);
  expect(taken(pace, 'incident', START + 6 * MINUTE)).toBe(10);
  expect(taken(pace, 'counts', START + 10 * MINUTE)).toBe(0);
});

it('what a pause allows is counted on from where the last half minute ended', () => {
  const pace = new Pace();
  taken(pace, 'incident', START);
  expect(taken(pace, 'incident', START + 45 * SECOND)).toBe(1);
  expect(taken(pace, 'incident', START + MINUTE)).toBe(1);
});

it('an hour of quiet is enough for all of it, and there are never more', () => {
  const pace = new Pace();
  taken(pace, 'incident', START);
  expect(taken(pace, 'incident', START + HOUR - 1)).toBe(119);
  const last = START + 119 * 30 * SECOND;
  expect(taken(pace, 'incident', last + HOUR)).toBe(200);
  expect(taken(pace, 'incident', last + HOUR + 29_999)).toBe(0);
  expect(taken(pace, 'incident', last + HOUR + 30_000)).toBe(1);
  expect(taken(pace, 'incident', last + 2 * HOUR - 1)).toBe(118);
});

it('a clock that was set back makes nothing wait, and the half minutes count from there', () => {
  const pace = new Pace();
  taken(pace, 'incident', START);
  expect(taken(pace, 'incident', START - 1)).toBe(200);
  expect(taken(pace, 'incident', START - 1 + 29_999)).toBe(0);
  expect(taken(pace, 'incident', START - 1 + 30_000)).toBe(1);
});

it('never so many are allowed by small steps as that more than two hundred follow at once', () => {
  const pace = new Pace();
  pace.take('incident', START);
  for (let n = 1; n < 100; n++) expect(pace.take('counts', START + n * 30 * SECOND)).toBe(true);
  expect(taken(pace, 'incident', START + 100 * 30 * SECOND)).toBe(200);
});
