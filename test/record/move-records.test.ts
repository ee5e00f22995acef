// The clock was wrong: what becomes of the times of incidents and expectations, and of ends that lie in the future.
import { describe, expect, it } from 'vitest';
import { moveExpectations, moveIncidents } from '../../sensor/record/move-records.ts';
import { DAY, entry, expectation, incident, NOW } from './store-fixtures.ts';

/** From NOW − 1000 to NOW everything was stamped a day too early. */
const move = { since: NOW - 1000, until: NOW, by: DAY };

describe('incidents', () => {
  it('within it are moved with all their times, and keep their ids; the others are not told of', () => {
    const inside = incident('a', {
      startedAt: NOW - 500,
      lastAt: NOW,
      acknowledgedAt: NOW - 1,
      evidence: { since: new Date(NOW).toISOString(), attempts: 3 },
      before: [entry(NOW - 1000), entry(NOW - 1001)],
    });
    const outside = incident('b', { startedAt: NOW - 9000, lastAt: NOW - 1001, before: [] });
    expect(moveIncidents([inside, outside], move)).toEqual([inside]);
    expect(inside).toEqual(
      incident('a', {
        startedAt: NOW - 500 + DAY,
        lastAt: NOW + DAY,
        acknowledgedAt: NOW - 1 + DAY,
        evidence: { since: new Date(NOW + DAY).toISOString(), attempts: 3 },
        before: [entry(NOW - 1000 + DAY), entry(NOW - 1001)],
      }),
    );
    expect(outside).toEqual(incident('b', { startedAt: NOW - 9000, lastAt: NOW - 1001, before: [] }));
  });

  it.each([
    ['just resolved', NOW - 5, NOW + 7 * DAY, NOW + 8 * DAY],
    ['just resolved, and not watched', NOW - 5, null, null],
    ['just resolved, watched until the present', NOW - 5, NOW, NOW + DAY],
    ['just resolved, watched a moment longer', NOW - 5, NOW + 1, NOW + 1 + DAY],
    ['resolved long before', NOW - 9 * DAY, NOW + 5, NOW + 5],
  ])('%s: the watch ends as long after it as it did', (_, resolvedAt, watchUntil, moved) => {
    const one = incident('a', { state: 'resolved', lastAt: NOW - 1, resolvedAt, watchUntil });
    expect(moveIncidents([one], move)).toHaveLength(1);
    expect(one.watchUntil).toBe(moved);
  });
});

describe('expectations', () => {
  const made = (createdAt: number, until: number | null) => ({
    ...expectation('e'),
    createdAt,
    until,
    lastMatch: null,
  });

  it.each<[string, number, number | null, boolean, [boolean, number, number | null]]>([
    ['made then, for good', NOW - 5, null, true, [true, NOW - 5 + DAY, null]],
    ['made then: the end is as far away as it was', NOW - 5, NOW + 9, true, [true, NOW - 5 + DAY, NOW + 9 + DAY]],
    ['made then, far end', NOW - 5, NOW + 9 * DAY, true, [true, NOW - 5 + DAY, NOW + 10 * DAY]],
    ['made before, end jumped over, time surely passed', NOW - DAY, NOW + 9, true, [false, NOW - DAY, NOW + 9]],
    ['made before, end jumped over, not sure', NOW - DAY, NOW + 9, false, [true, NOW - DAY, NOW + 9 + DAY]],
    ['made before, end just reached', NOW - DAY, NOW + DAY, false, [true, NOW - DAY, NOW + 2 * DAY]],
    ['made before, end not reached', NOW - DAY, NOW + DAY + 1, false, [false, NOW - DAY, NOW + DAY + 1]],
    ['made before, ended before', NOW - DAY, NOW - 2000, false, [false, NOW - DAY, NOW - 2000]],
    ['made before, for good', NOW - DAY, null, false, [false, NOW - DAY, null]],
    ['made before, ended within it', NOW - DAY, NOW, false, [true, NOW - DAY, NOW + DAY]],
  ])('%s', (_, createdAt, until, isSure, expected) => {
    const one = made(createdAt, until);
    const isMoved = moveExpectations([one], move, isSure);
    expect([isMoved, one.createdAt, one.until]).toEqual(expected);
  });

  it('one that is moved is enough to say so, and none is not', () => {
    expect(moveExpectations([made(NOW - 5, null), made(NOW - DAY, null)], move, true)).toBe(true);
    expect(moveExpectations([], move, true)).toBe(false);
  });
});
