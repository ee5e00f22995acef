import { expect, test } from 'vitest';
import { Queue } from '../../sensor/attribute/queue.ts';

test('what came first leaves first, and what waits is told in that order', () => {
  const queue = new Queue<number>();
  expect([queue.first, queue.shift(), queue.size]).toEqual([undefined, undefined, 0]);
  for (let i = 0; i < 5000; i++) queue.push(i);
  for (let i = 0; i < 4000; i++) expect(queue.shift()).toBe(i);
  queue.push(5000);
  expect([queue.first, queue.size]).toEqual([4000, 1001]);
  expect([...queue]).toEqual(Array.from({ length: 1001 }, (_, i) => 4000 + i));
  while (queue.size > 0) queue.shift();
  queue.push(7);
  expect([...queue]).toEqual([7]);
});
