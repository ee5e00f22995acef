// The embedded broker's side of a socket: each packet written as a whole, what comes in watched for its length, neither collected
// beyond what is read nor left behind when either side ends.
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacketGuard } from '../../sensor/publish/packet-guard.ts';
import { until } from '../support/transcript.ts';

/** PUBLISH with QoS 1: fixed header, topic, packet id, payload (MQTT 3.1.1, section 3.3). */
const PIECES = ['320d', '0005', '612f622f63', '0007', '6d61696c'].map((hex) => Buffer.from(hex, 'hex'));
const PACKET = Buffer.concat(PIECES);

let server: net.Server;
let client: Socket;
let socket: Socket;
let guard: PacketGuard;

beforeEach(async () => {
  server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').on('error', () => {});
  [socket] = (await once(server, 'connection')) as [Socket];
  guard = new PacketGuard(socket, 1024 * 1024);
});
afterEach(() => {
  client.destroy();
  socket.destroy();
  server.close();
});

async function heardBy(reader: AsyncIterable<Buffer>): Promise<Buffer> {
  const heard: Buffer[] = [];
  for await (const chunk of reader) heard.push(chunk);
  return Buffer.concat(heard);
}

describe('towards the client', () => {
  it('the pieces of a packet are written at once', async () => {
    const written = vi.spyOn(socket, 'write');
    guard.cork();
    for (const piece of PIECES) guard.write(piece);
    guard.uncork();
    guard.end();
    expect(await heardBy(client)).toEqual(PACKET);
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('a packet in one piece is written as it is, and said to be written', async () => {
    await new Promise((resolve) => guard.write(PACKET, resolve));
    guard.end();
    expect(await heardBy(client)).toEqual(PACKET);
  });
});

describe('from the client', () => {
  it('all comes in, up to the end', async () => {
    client.end(PACKET);
    expect(await heardBy(guard)).toEqual(PACKET);
  });

  it('what announces too much ends the connection, and nothing of it is passed on', async () => {
    const heard = heardBy(guard).catch(() => 'ended');
    const closed = once(client.resume(), 'close');
    client.write(Buffer.from([0x30, 0x81, 0x80, 0x40]));
    expect(await heard).toBe('ended');
    await closed;
    expect([guard.destroyed, socket.destroyed]).toEqual([true, true]);
  });

  it('no more is taken than is read, and the rest when it is', async () => {
    const pings = Buffer.alloc(8 * 1024 * 1024, Buffer.from([0xc0, 0x00]));
    client.end(pings);
    await until(() => socket.isPaused());
    expect(guard.readableLength).toBeLessThan(1024 * 1024);
    expect((await heardBy(guard)).length).toBe(pings.length);
  });
});

describe('when it ends', () => {
  it('the client’s side: so does the broker’s', async () => {
    const closed = once(guard.resume(), 'close');
    client.end();
    await closed;
    expect(guard.errored).toBeNull();
  });

  it('by a reset: the broker is told', async () => {
    const failed = once(guard.resume(), 'error');
    client.resetAndDestroy();
    expect(await failed).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('the broker’s side: so does the client’s', async () => {
    const closed = once(client.resume(), 'close');
    const told = once(guard, 'error');
    guard.destroy(new Error('the broker’s own'));
    expect(await told).toEqual([new Error('the broker’s own')]);
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});
