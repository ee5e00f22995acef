// One timer for several who wait: the soonest counts, whoever asked first.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Alarm } from '../sensor/alarm.ts';

/** The fake clock takes a turn of the event loop for a millisecond. */
const TURN = 1;

let rings: number[];
let alarm: Alarm;

beforeEach(() => {
  vi.useFakeTimers();
  const start = performance.now();
  rings = [];
  alarm = new Alarm(() => rings.push(performance.now() - start));
});
afterEach(() => {
  vi.useRealTimers();
});

it('rings for the sooner of two, and once', () => {
  alarm.within(25);
  alarm.within(3);
  alarm.within(10);
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([3 + TURN]);
});

it('can be set again when it has rung, also by whom it rings for', () => {
  alarm.within(3);
  vi.advanceTimersByTime(3 + TURN);
  alarm.within(22);
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([3 + TURN, 25 + 2 * TURN]);
});

it('is silent when it is cleared', () => {
  alarm.within(3);
  alarm.clear();
  vi.advanceTimersByTime(100);
  alarm.within(3);
  vi.advanceTimersByTime(3);
  alarm.clear();
  vi.advanceTimersByTime(100);
  expect(rings).toEqual([]);
});

it('takes what has come by then first', async () => {
  vi.useRealTimers();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const taken = once(server, 'connection') as Promise<[Socket]>;
  const sender = connect(port, '127.0.0.1');
  const [[reader]] = await Promise.all([taken, once(sender, 'connect')]);
  const heard: string[] = [];
  reader.on('data', (data) => heard.push(`${data}`));
  await new Promise<void>((resolve) => {
    const late = new Alarm(() => {
      heard.push('it rings');
      resolve();
    });
    late.within(2);
    sender.write('this came in time');
    // Busy for longer than it wants to wait.
    for (const end = performance.now() + 10; performance.now() < end; );
  });
  expect(heard).toEqual(['this came in time', 'it rings']);
  for (const socket of [sender, reader]) socket.destroy();
  server.close();
});
