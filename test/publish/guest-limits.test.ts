// Who gives way at the embedded broker's door, and how much guests may leave on its shelf: each bound from both sides.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Door, GUEST_LIMITS, Shelf } from '../../sensor/publish/guests.ts';

it('a home has room, and a guest has bounds', () => {
  expect(GUEST_LIMITS).toEqual({
    strangers: 32,
    clients: 64,
    subscriptionsPerClient: 4096,
    retainedTopics: 16_384,
    retainedBytes: 33_554_432,
  });
});

describe('the door', () => {
  let server: Server;
  let door: Door;
  let far: Socket[];

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    door = new Door();
    far = [];
  });
  afterEach(() => {
    for (const socket of far) socket.destroy();
    server.close();
  });

  /** The broker's end of a connection from that address. */
  async function visitor(from: string): Promise<Socket> {
    const { port } = server.address() as AddressInfo;
    far.push(connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => {}));
    const [socket] = (await once(server, 'connection')) as [Socket];
    return socket;
  }

  async function visitors(count: number, from: string): Promise<Socket[]> {
    const all: Socket[] = [];
    for (let i = 0; i < count; i += 1) all.push(await visitor(from));
    return all;
  }

  const gone = (sockets: Socket[]): number[] => sockets.flatMap((socket, index) => (socket.destroyed ? [index] : []));

  it('has room for 32 who have not logged in; then the oldest of the address with most gives way', async () => {
    const lone = await visitor('127.0.0.2');
    const crowd = await visitors(32, '127.0.0.3');
    door.knocked(lone);
    for (const socket of crowd.slice(0, 31)) door.knocked(socket);
    expect(gone([lone, ...crowd])).toEqual([]);
    door.knocked(crowd[31] as Socket);
    expect(gone([lone, ...crowd])).toEqual([1]);
  });

  it('has room for 64 who have, besides the sensor itself, which gives way to nobody', async () => {
    const [own, ...crowd] = await visitors(66, '127.0.0.3');
    door.entered(own as Socket, true);
    for (const socket of crowd.slice(0, 64)) door.entered(socket, false);
    expect(gone([own as Socket, ...crowd])).toEqual([]);
    door.entered(crowd[64] as Socket, false);
    expect(gone([own as Socket, ...crowd])).toEqual([1]);
  });

  it('lets go of the oldest client of the address with most', async () => {
    const lone = await visitor('127.0.0.2');
    const crowd = await visitors(64, '127.0.0.3');
    for (const socket of [lone, ...crowd]) door.entered(socket, false);
    expect(gone([lone, ...crowd])).toEqual([1]);
  });

  it('counts who has logged in no more among those who have not', async () => {
    const crowd = await visitors(33, '127.0.0.3');
    for (const socket of crowd.slice(0, 32)) door.knocked(socket);
    door.entered(crowd[0] as Socket, false);
    door.knocked(crowd[32] as Socket);
    expect(gone(crowd)).toEqual([]);
  });

  it('has the room of those who left before they logged in', async () => {
    const crowd = await visitors(33, '127.0.0.3');
    for (const socket of crowd.slice(0, 32)) door.knocked(socket);
    crowd[31]?.destroy();
    await once(crowd[31] as Socket, 'close');
    door.knocked(crowd[32] as Socket);
    expect(gone(crowd)).toEqual([31]);
  });

  it('has the room of clients who left', async () => {
    const crowd = await visitors(65, '127.0.0.3');
    for (const socket of crowd.slice(0, 64)) {
      door.knocked(socket);
      door.entered(socket, false);
    }
    crowd[63]?.destroy();
    await once(crowd[63] as Socket, 'close');
    door.entered(crowd[64] as Socket, false);
    expect(gone(crowd)).toEqual([63]);
  });

  it('counts nobody who has gone before the answer to his login', async () => {
    const crowd = await visitors(64, '127.0.0.3');
    for (const socket of crowd) door.entered(socket, false);
    const late = new Socket();
    late.destroy();
    door.entered(late, false);
    expect(gone(crowd)).toEqual([]);
  });

  it('knows no address of one who has gone, and is not troubled by it', () => {
    const unknown = new Socket();
    door.knocked(unknown);
    door.entered(unknown, false);
    expect(unknown.destroyed).toBe(false);
  });
});

describe('the shelf', () => {
  let shelf: Shelf;
  const all = GUEST_LIMITS.retainedBytes;

  beforeEach(() => {
    shelf = new Shelf();
  });

  it('counts payloads and topics up to its bound', () => {
    expect(shelf.takes('topic', all - 5)).toBe(true);
    expect(shelf.takes('a', 1)).toBe(false);
    expect(new Shelf().takes('topic', all - 4)).toBe(false);
  });

  it('counts what takes the place of something by the difference', () => {
    expect([shelf.takes('a', 100), shelf.takes('b', all - 102)]).toEqual([true, true]);
    expect([shelf.takes('a', 101), shelf.takes('a', 100), shelf.takes('a', 50)]).toEqual([false, true, true]);
    expect([shelf.takes('c', 50), shelf.takes('c', 49)]).toEqual([false, true]);
  });

  it('has the room of what was cleared, or replaced by the sensor', () => {
    expect([shelf.takes('a', all - 1), shelf.takes('b', 1)]).toEqual([true, false]);
    expect([shelf.takes('a', 0), shelf.takes('b', all - 1)]).toEqual([true, true]);
    shelf.leaves('b');
    shelf.leaves('never there');
    expect([shelf.takes('c', all), shelf.takes('c', all - 1), shelf.takes('never there', 0)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('has so many places, and a topic keeps its own', () => {
    const places = Array.from({ length: GUEST_LIMITS.retainedTopics }, (_, i) => `t${i}`);
    expect(places.every((topic) => shelf.takes(topic, 1))).toBe(true);
    expect([shelf.takes('another', 1), shelf.takes('t7', 2)]).toEqual([false, true]);
    shelf.leaves('t7');
    expect([shelf.takes('another', 1), shelf.takes('t7', 2)]).toEqual([true, false]);
  });
});
