import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { giveRoom, keepYoungSmall, withYoungSmall } from '../../sensor/main/small-heap.ts';

/** As V8 has it by itself. */
afterEach(() => {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--heap-growing-percent=0');
});

test('a program that was given room takes what V8 compiled when dist was built', () => {
  keepYoungSmall();
  const cachedData = new Script('1 + 1').createCachedData();
  // Under another name, as V8 remembers what it compiled in this process.
  const isRefused = (filename: string) => new Script('1 + 1', { cachedData, filename }).cachedDataRejected;
  giveRoom();
  expect(withYoungSmall(() => isRefused('while it is loaded'))).toBe(false);
  expect(isRefused('with its room')).toBe(true);
});
