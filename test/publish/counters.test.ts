// Counters in Home Assistant never go slightly back, and do begin again after a reset.
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

it('holds a counter up that falls a little, as after a crash', () => {
  const floor = new CounterFloor();
  floor.learn(MAC, state(105, 50));
  expect(floor.of(device(103, 60))).toEqual({ mail: 105, updates: 60 });
  expect(floor.of(device(106, 59))).toEqual({ mail: 106, updates: 60 });
});

it('lets a counter begin again', () => {
  const floor = new CounterFloor();
  floor.learn(MAC, state(105, 50));
  expect(floor.of(device(2, 0))).toEqual({ mail: 2, updates: 0 });
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
  ['17 KB', Buffer.alloc(17 * 1024, 0x20)],
])('does not believe %s', (_what, payload) => {
  const floor = new CounterFloor();
  floor.learn(MAC, payload);
  expect(floor.of(device(95, 8))).toEqual({ mail: 95, updates: 8 });
});
