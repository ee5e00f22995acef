// What the embedded broker hands to a client's socket: each packet as a whole.
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { PacketGuard } from '../../sensor/publish/packet-guard.ts';

/** PUBLISH with QoS 1: fixed header, topic, packet id, payload (MQTT 3.1.1, section 3.3). */
const PIECES = ['320d', '0005', '612f622f63', '0007', '6d61696c'].map((hex) => Buffer.from(hex, 'hex'));

it('writes the pieces of a packet at once', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const reader = net.connect(port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const written = vi.spyOn(socket, 'write');
  const guard = new PacketGuard(socket, 1024);
  guard.cork();
  for (const piece of PIECES) guard.write(piece);
  guard.uncork();
  guard.end();
  const heard: Buffer[] = [];
  for await (const chunk of reader) heard.push(chunk);
  expect(Buffer.concat(heard)).toEqual(Buffer.concat(PIECES));
  expect(written).toHaveBeenCalledTimes(1);
  server.close();
});
