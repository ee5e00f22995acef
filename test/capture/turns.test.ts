// Between two chunks of a stream everything else has its turn.
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { takeTurns } from '../../sensor/capture/turns.ts';

it('hands out all chunks, in order, and lets what else is due come between two of them', async () => {
  const chunks = ['a', 'b', 'c', 'd'];
  const stream = Readable.from(chunks, { objectMode: true });
  const order: string[] = [];
  stream.on('data', (chunk: string) => {
    order.push(chunk);
    setImmediate(() => order.push('else'));
  });
  takeTurns(stream);
  await new Promise((resolve) => stream.on('end', resolve));
  expect(order.slice(0, 7)).toEqual(['a', 'else', 'b', 'else', 'c', 'else', 'd']);
});
