// The stand-ins for those that are told of alerts, where who tells them is killed in the middle of a word.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { WebhookStandIn } from './notify-servers.ts';

it('a question that breaks off is not taken, and no fault that the runner would tell of', async () => {
  const hook = await new WebhookStandIn().start();
  const socket = connect(Number(new URL(hook.url).port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of');
  await expect.poll(() => hook.asked.length, { timeout: 10_000 }).toBe(1);
  socket.resetAndDestroy();
  await once(socket, 'close');
  await hook.stop();
  // A rejection that nobody handles is told after a turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(hook.taken).toEqual([]);
});
