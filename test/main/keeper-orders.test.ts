// What a keeper takes for an order: the sensor it serves may have been taken over, so nothing else may pass.
import { expect, test } from 'vitest';
import { OFFLOAD_NAMES } from '../../sensor/capture/offloads.ts';
import { readOrder } from '../../sensor/main/keeper-orders.ts';

const read = (message: unknown) => readOrder(message, OFFLOAD_NAMES);
const capture = { order: 'capture', id: 1, device: 'eth0.20', linkType: 1, bufferSize: 33_554_432 };
const offloads = { order: 'offloads', id: 2, device: 'mirror0', names: ['gro', 'tso'], state: 'on' };

test.each([
  [{ order: 'user', uid: 65_534, gid: 65_534 }],
  [capture],
  [{ order: 'begin', id: 0 }],
  [{ order: 'end', id: 7 }],
  [{ order: 'kill', id: 7 }],
  [offloads],
  [{ order: 'notify', text: 'WATCHDOG=1' }],
])('%j is an order', (message) => {
  expect(read(message)).toEqual(message);
});

test('what else a message holds is not taken along', () => {
  expect(read({ ...capture, env: { LD_PRELOAD: '/tmp/x.so' }, path: '/bin/sh' })).toEqual(capture);
});

test.each([
  [null],
  ['capture'],
  [[]],
  [{}],
  [{ order: 'user', uid: 0, gid: 0 }],
  [{ order: 'user', uid: -1, gid: 1 }],
  [{ order: 'user', uid: 4_294_967_295, gid: 1 }],
  [{ order: 'user', uid: '1000', gid: 1 }],
  [{ ...capture, device: '--help' }],
  [{ ...capture, device: '-K' }],
  [{ ...capture, device: '../../etc' }],
  [{ ...capture, device: 'eth0 on; reboot' }],
  [{ ...capture, device: 'a-name-that-is-too-long' }],
  [{ ...capture, device: ['eth0'] }],
  [{ ...capture, bufferSize: 1e12 }],
  [{ ...capture, linkType: 1.5 }],
  [{ ...capture, id: Number.NaN }],
  [{ ...offloads, names: ['gro', 'speed'] }],
  [{ ...offloads, names: 'gro' }],
  [{ ...offloads, names: ['gro', 'gro'] }],
  [{ ...offloads, state: 'toggle' }],
  [{ order: 'notify', text: 'MAINPID=1' }],
  [{ order: 'notify', text: 'READY=1\nMAINPID=1' }],
  [{ order: 'run', id: 1, device: 'eth0' }],
])('%j is none', (message) => {
  expect(read(message)).toBeNull();
});
