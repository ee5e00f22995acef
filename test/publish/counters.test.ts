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

it('starts at nothing for a device that has done nothing', () => {
  expect(new CounterFloor().of(device(0, 0))).toEqual({ mail: 0, updates: 0 });
});

it('learns nothing of a device that it has counted itself', () => {
  const floor = new CounterFloor();
  floor.of(device(3, 3));
  floor.learn(MAC, state(9, 9));
  expect(floor.of(device(3, 3))).toEqual({ mail: 3, updates: 3 });
});

const padded = (length: number) => Buffer.from(state(120, 12).toString().padEnd(length, ' '));

it.each([
  ['nothing yet of one kind', state(0, 12), { mail: 95, updates: 12 }],
  ['as much as a device can make', state(120, 1e9), { mail: 120, updates: 1e9 }],
  ['16 KB', padded(16 * 1024), { mail: 120, updates: 12 }],
])('believes %s', (_what, payload, counters) => {
  const floor = new CounterFloor();
  floor.learn(MAC, payload);
  expect(floor.of(device(95, 8))).toEqual(counters);
});

it.each([
  ['text', Buffer.from('hello')],
  ['a list', Buffer.from('[]')],
  ['null', Buffer.from('null')],
  ['no number', state('9', 9)],
  ['a negative', state(-1, 9)],
  ['a fraction', state(1.5, 9)],
  ['more than a device can make', state(9, 1e9 + 1)],
  ['a byte more than 16 KB', padded(16 * 1024 + 1)],
  ['nothing', Buffer.alloc(0)],
])('does not believe %s', (_what, payload) => {
  const floor = new CounterFloor();
  floor.learn(MAC, payload);
  expect(floor.of(device(95, 8))).toEqual({ mail: 95, updates: 8 });
});
