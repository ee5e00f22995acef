// Quiet hours in local time, over midnight and over the change to summer time.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isQuiet, quietFor, quietUntil } from '../../../sensor/publish/notify/quiet-hours.ts';

const MINUTE = 60_000;
const zone = process.env.TZ;
beforeEach(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const at = (text: string) => Date.parse(`2026-01-05T${text}:00+01:00`);

it.each([
  ['22:00-07:00', '21:59', false],
  ['22:00-07:00', '22:00', true],
  ['22:00-07:00', '00:00', true],
  ['22:00-07:00', '06:59', true],
  ['22:00-07:00', '07:00', false],
  ['13:00-15:30', '12:59', false],
  ['13:00-15:30', '13:00', true],
  ['13:00-15:30', '15:29', true],
  ['13:00-15:30', '15:30', false],
  ['00:00-06:00', '00:00', true],
  ['23:00-00:00', '23:59', true],
  ['23:00-00:00', '00:00', false],
])('%s at %s', (quiet, time, expected) => {
  expect(isQuiet(quiet, at(time))).toBe(expected);
});

it('last until their end, today or tomorrow', () => {
  expect(quietFor('22:00-07:00', at('23:00'))).toBe(8 * 60 * MINUTE);
  expect(quietFor('22:00-07:00', at('06:30'))).toBe(30 * MINUTE);
  expect(quietFor('23:00-00:00', at('23:30'))).toBe(30 * MINUTE);
  expect(quietUntil('22:00-07:30')).toBe('07:30');
});

it('end by the clock on the wall, also in the night that has an hour less or more', () => {
  expect(quietFor('22:00-07:00', Date.parse('2026-03-28T23:00:00+01:00'))).toBe(7 * 60 * MINUTE);
  expect(quietFor('22:00-07:00', Date.parse('2026-10-24T23:00:00+02:00'))).toBe(9 * 60 * MINUTE);
});
