// One timer at a time: the newest counts, and one that was taken back never goes off.
import { beforeEach, expect, it } from 'vitest';
import { Alarm } from '../../sensor/publish/alarm.ts';
import { FakeTimers } from '../support/fake-timers.ts';

let timers: FakeTimers;
let rung: string[];
let alarm: Alarm;
const set = (milliseconds: number, name: string): void =>
  alarm.set(milliseconds, () => rung.push(`${name} at ${timers.now()}${alarm.isSet ? ', still set' : ''}`));

beforeEach(() => {
  timers = new FakeTimers();
  rung = [];
  alarm = new Alarm(timers);
});

it('goes off once, in time, and is not set any more by then', () => {
  expect(alarm.isSet).toBe(false);
  set(100, 'a');
  expect(alarm.isSet).toBe(true);
  timers.advance(1000);
  expect([rung, alarm.isSet]).toEqual([['a at 100'], false]);
});

it('set anew, goes off in its new time alone', () => {
  set(100, 'a');
  set(200, 'b');
  timers.advance(1000);
  expect(rung).toEqual(['b at 200']);
});

it('taken back, is not set and does not go off', () => {
  set(100, 'a');
  alarm.clear();
  expect([alarm.isSet, timers.pending()]).toEqual([false, []]);
});

it('can be set again when it goes off', () => {
  alarm.set(100, () => set(100, 'again'));
  timers.advance(1000);
  expect(rung).toEqual(['again at 200']);
});

it('takes back only what it has set itself', () => {
  const cleared: unknown[] = [];
  const handles: unknown[] = [];
  const watched = new Alarm({
    now: () => 0,
    set: (milliseconds, run) => {
      const handle = timers.set(milliseconds, run);
      handles.push(handle);
      return handle;
    },
    clear: (handle) => cleared.push(handle),
  });
  watched.clear();
  watched.set(100, () => {});
  watched.clear();
  watched.clear();
  expect(cleared).toEqual(handles);
});
