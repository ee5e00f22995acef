// What waits for a busy reader: every byte comes out, once and in order, however it goes in and is taken; and not more waits than fits.
import { expect, test } from 'vitest';
import { Backlog } from '../../sensor/capture/backlog.ts';

/** A reader that takes so many bytes at most and then is busy. */
function readerOf(most: number) {
  const read: number[] = [];
  const write = (bytes: Buffer) => {
    const taken = bytes.subarray(0, most);
    read.push(...taken);
    return taken.length;
  };
  return { read, write };
}

test('what does not fit is refused as a whole, and fits once enough was taken', () => {
  const backlog = new Backlog(8);
  expect(backlog.add(Buffer.from([1, 2, 3, 4, 5, 6]))).toBe(true);
  expect(backlog.add(Buffer.from([7, 8, 9]))).toBe(false);
  expect(backlog.length).toBe(6);
  const { read, write } = readerOf(2);
  expect(backlog.drain(write)).toBe(false);
  expect(backlog.add(Buffer.from([7, 8, 9]))).toBe(true);
  while (!backlog.drain(write));
  expect(read).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('bytes keep their order round and round the end of the buffer', () => {
  const backlog = new Backlog(13);
  let next = 0;
  const read: number[] = [];
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(Array.from({ length: round % 7 }, (_, i) => (next + i) & 255));
    if (backlog.add(bytes)) next += bytes.length;
    const reader = readerOf(round % 5);
    backlog.drain(reader.write);
    read.push(...reader.read);
  }
  const rest = readerOf(13);
  expect(backlog.drain(rest.write)).toBe(true);
  read.push(...rest.read);
  expect(next).toBeGreaterThan(500);
  expect(read).toEqual(Array.from({ length: next }, (_, i) => i & 255));
});

test('an empty one has nothing to hand on', () => {
  const { read, write } = readerOf(10);
  expect(new Backlog(4).drain(write)).toBe(true);
  expect(read).toEqual([]);
});
