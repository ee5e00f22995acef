import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Frame } from '../../sensor/capture/frame.ts';
import { Pacer } from '../../sensor/capture/pace.ts';

const frameAt = (time: number): Frame => ({ time, linkType: 1, data: Buffer.alloc(0), originalLength: 0 });

/** A clock that moves only while someone sleeps, and then by what they asked for. */
function stage(speed: number, onFrame: (frame: Frame) => void = () => {}) {
  let real = 5000;
  const log: string[] = [];
  const pacer = new Pacer({
    speed,
    now: () => real,
    sleep: async (milliseconds) => {
      real += milliseconds;
      await setImmediate();
    },
    onFrame: (frame) => {
      log.push(`${frame.time} at ${real - 5000}`);
      onFrame(frame);
    },
    onWait: (time) => log.push(`wait ${time}`),
  });
  return { pacer, log, source: new PassThrough() };
}

test('frames come in their order, when packet time divided by the speed has passed', async () => {
  const { log, pacer, source } = stage(10);
  for (const time of [100_000, 100_500, 101_000, 101_000]) pacer.push(frameAt(time), source);
  await pacer.drained();
  expect(log.filter((line) => !line.startsWith('wait'))).toEqual([
    '100000 at 0',
    '100500 at 50',
    '101000 at 100',
    '101000 at 100',
  ]);
});

test('a frame that comes when all before it were delivered is delivered as well', async () => {
  const { log, pacer, source } = stage(1000);
  for (const time of [1000, 2000, 3000]) {
    pacer.push(frameAt(time), source);
    await pacer.drained();
  }
  expect(log.filter((line) => !line.startsWith('wait'))).toEqual(['1000 at 0', '2000 at 1', '3000 at 2']);
});

test('in a quiet gap packet time is told at least four times a second, and never beyond the next frame', async () => {
  const { log, pacer, source } = stage(2);
  for (const time of [0, 1700]) pacer.push(frameAt(time), source);
  await pacer.drained();
  expect(log).toEqual(['0 at 0', 'wait 500', 'wait 1000', 'wait 1500', 'wait 1700', '1700 at 850']);
});

test('a frame whose time lies before the one ahead of it is not waited for', async () => {
  const { log, pacer, source } = stage(1);
  for (const time of [9000, 9100, 4000]) pacer.push(frameAt(time), source);
  await pacer.drained();
  expect(log.at(-1)).toBe('4000 at 100');
});

test('the source is paused while too many wait, and resumed when they have gone', async () => {
  const { pacer, source } = stage(1);
  source.resume();
  // The first is delivered at once, the second is waited for, 255 wait behind it.
  for (let n = 0; n <= 256; n++) pacer.push(frameAt(n), source);
  expect(source.isPaused()).toBe(false);
  pacer.push(frameAt(257), source);
  expect(source.isPaused()).toBe(true);
  await pacer.drained();
  expect(source.isPaused()).toBe(false);
});

test('after stop() nothing more is delivered, also of what waited', async () => {
  const { log, pacer, source } = stage(1, ({ time }) => {
    if (time === 2000) pacer.stop();
  });
  for (const time of [1000, 2000, 3000]) pacer.push(frameAt(time), source);
  await pacer.drained();
  pacer.push(frameAt(4000), source);
  await pacer.drained();
  expect(log.at(-1)).toBe('2000 at 1000');
});

test('what the receiver throws closes the source and is told at the end', async () => {
  const { log, pacer, source } = stage(1, () => {
    throw new RangeError('a bug');
  });
  for (const time of [1000, 2000]) pacer.push(frameAt(time), source);
  await expect(pacer.drained()).rejects.toThrow(new RangeError('a bug'));
  expect(source.destroyed).toBe(true);
  expect(log).toEqual(['1000 at 0']);
});
