// What is stored now and then: due at once, then after its time of packets, whichever way somebody sets the clock.
import { expect, it } from 'vitest';
import { Schedule } from '../../sensor/record/schedule.ts';
import { HOUR, SECOND, START } from '../support/stage.ts';

it.each([
  ['counts', 6 * HOUR],
  ['prune', HOUR],
] as const)('%s are due at once and then every %i ms', (what, every) => {
  const schedule = new Schedule();
  const due = [START, START, START + every - 1, START + every, START + every + SECOND, START + 2 * every];
  expect(due.map((now) => schedule.take(what, now))).toEqual([true, false, false, true, false, true]);
});

it('each has its own time', () => {
  const schedule = new Schedule();
  expect([schedule.take('counts', START), schedule.take('prune', START), schedule.take('prune', START + HOUR)]).toEqual(
    [...[true, true, true]],
  );
  expect(schedule.take('counts', START + HOUR)).toBe(false);
});

it('a clock that was set back makes nothing wait for longer than its time', () => {
  const schedule = new Schedule();
  schedule.take('prune', START);
  expect(schedule.take('prune', START - 1)).toBe(true);
  expect(schedule.take('prune', START - 1 + HOUR - 1)).toBe(false);
  expect(schedule.take('prune', START - 1 + HOUR)).toBe(true);
});

it('when all times are moved, what is due moves with them', () => {
  const schedule = new Schedule();
  schedule.take('counts', START);
  schedule.moveTime(10 * HOUR);
  expect(schedule.take('counts', START + 16 * HOUR - 1)).toBe(false);
  expect(schedule.take('counts', START + 16 * HOUR)).toBe(true);
});
