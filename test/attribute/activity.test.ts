import { expect, it } from 'vitest';
import { ACTIVITY_HOURS, Activity, type ActivityHour } from '../../sensor/attribute/activity.ts';

const FIRST = 490_000;
const entry = (after: number, connections: number, mailAttempts = 0): ActivityHour => ({
  ...{ hour: FIRST + after, connections, mailAttempts },
});

it('counts into the hour, into one before that it has, and into the last where it has not', () => {
  const activity = new Activity();
  expect([...activity]).toEqual([]);
  activity.count(FIRST, 'connections');
  activity.count(FIRST + 2, 'mailAttempts');
  activity.count(FIRST, 'connections');
  activity.count(FIRST + 1, 'mailAttempts');
  expect([...activity]).toEqual([entry(0, 2), entry(2, 0, 2)]);
  expect([activity.of(FIRST), activity.of(FIRST + 1), activity.of(FIRST + 2)]).toEqual([
    ...[entry(0, 2), undefined, entry(2, 0, 2)],
  ]);
});

it('keeps each hour of a month, whatever room there was, and lets go what is older', () => {
  const activity = new Activity([entry(-1, 7, 8)]);
  const hours = Array.from({ length: ACTIVITY_HOURS }, (_, after) => entry(after, after + 1, 2 ** 32 - 1));
  activity.add(hours);
  expect([...activity]).toEqual([entry(-1, 7, 8), ...hours]);
  activity.count(FIRST + ACTIVITY_HOURS, 'connections');
  expect([...activity]).toEqual([...hours.slice(1), entry(ACTIVITY_HOURS, 1)]);
  activity.count(FIRST + 2 * ACTIVITY_HOURS, 'mailAttempts');
  expect([...activity]).toEqual([entry(2 * ACTIVITY_HOURS, 0, 1)]);
  activity.count(FIRST + 3 * ACTIVITY_HOURS - 1, 'connections');
  expect([...activity]).toEqual([entry(2 * ACTIVITY_HOURS, 0, 1), entry(3 * ACTIVITY_HOURS - 1, 1)]);
});

it('hands out copies', () => {
  const activity = new Activity([entry(0, 1)]);
  for (const hour of activity) hour.connections = 5;
  Object.assign(activity.of(FIRST) ?? {}, { connections: 6 });
  expect([...activity]).toEqual([entry(0, 1)]);
});
