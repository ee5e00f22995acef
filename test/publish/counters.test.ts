// Counters in Home Assistant never go back, whatever the sensor has lost from its memory.
import { expect, it } from 'vitest';
import { CounterFloor } from '../../sensor/publish/counters.ts';
import { aDevice } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const device = (mail: number, updates: number) => {
  const plain = aDevice(MAC, null);
  return { ...plain, mail: { ...plain.mail, attempts: mail }, updates: { ...plain.updates, connections: updates } };
};
const state = (mail: unknown, updates: unknown) =>
  Buffer.from(JSON.stringify({ mail_connections: mail, update_connections: updates }));

it('goes on from what was published when a crash has cost the last counts', () => {
  const floor = new CounterFloor();
  floor.learn(MAC, state(105, 5));
  expect(floor.of(device(103, 2))).toEqual({ mail: 105, updates: 5 });
  expect(floor.of(device(104, 3))).toEqual({ mail: 106, updates: 6 });
});

it('goes on when a backend with most of the connections is forgotten, twice', () => {
  const floor = new CounterFloor();
  expect(floor.of(device(1, 100)).updates).toBe(100);
  expect(floor.of(device(1, 8)).updates).toBe(100);
  expect(floor.of(device(1, 9)).updates).toBe(101);
  expect(floor.of(device(1, 2)).updates).toBe(101);
  expect(floor.of(device(1, 3)).updates).toBe(102);
});

it('adds nothing to what it still knows', () => {
  const floor = new CounterFloor();
  floor.learn(MAC, state(10, 10));
  expect(floor.of(device(12, 10))).toEqual({ mail: 12, updates: 10 });
});

it('starts at nothing for a device that was forgotten', () => {
  const floor = new CounterFloor();
  floor.of(device(100, 100));
  floor.forget(MAC);
  expect(floor.of(device(95, 95))).toEqual({ mail: 95, updates: 95 });
});

it.each([
  ['text', Buffer.from('hello')],
  ['a list', Buffer.from('[]')],
  ['null', Buffer.from('null')],
  ['no number', state('9', 9)],
  ['a negative', state(-1, 9)],
  ['a fraction', state(1.5, 9)],
  ['more than a device can make', state(9, 2e9)],
  ['17 KB', Buffer.alloc(17 * 1024, 0x20)],
])('does not believe %s', (_what, payload) => {
  const floor = new CounterFloor();
  floor.learn(MAC, payload);
  expect(floor.of(device(95, 8))).toEqual({ mail: 95, updates: 8 });
});
