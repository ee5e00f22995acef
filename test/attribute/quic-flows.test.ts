// QUIC connections by their datagrams: who is the client, what is counted each way, which name they have, and when they end.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import { type Opening, Openings } from '../../sensor/attribute/openings.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { CAMERA, DAY, GATEWAY, HOUR, MINUTE, outside, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { recordedHellos } from '../decode/fixtures/hellos.ts';
import { datagram, tlsHello } from '../support/name-frames.ts';
import { type Endpoint, tcpConversation } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';

const IDLE = 2 * MINUTE;
const SERVER = outside('198.51.100.80', 443);
const [hello] = recordedHellos('quic-hellos.json');
const [first, second] = (hello?.bytes ?? []) as [Buffer, Buffer];
/** An Initial by its header, which its keys do not open. */
const broken = Buffer.from(first);
broken.fill(0xee, 40);

let counters: DecodeCounters;
let openings: Openings;
let ended: Connection[];
beforeEach(() => {
  counters = new DecodeCounters();
  ended = [];
  openings = new Openings(counters, (connection) => ended.push(connection));
});

const client = (port = 41_000): Endpoint => ({ ...CAMERA, port });
function take(from: Endpoint, to: Endpoint, payload: Buffer, at = 0): Opening | null {
  const packet = packetOf(datagram(from, to, payload, START + at));
  if (packet.udp === null) throw new Error('no datagram');
  return openings.udp(packet, packet.udp, START + at);
}
const asks = (payload: Buffer, at = 0, port?: number): Opening | null => take(client(port), SERVER, payload, at);
const answers = (payload: Buffer, at = 0, port?: number): Opening | null => take(SERVER, client(port), payload, at);
/** The connection of a hello at `at`, known by its name. */
function opened(at = 0, port?: number): Connection {
  asks(first, at, port);
  const opening = asks(second, at, port);
  if (opening === null) throw new Error('no opening');
  return opening.connection;
}
const ports = (): number[] => ended.map(({ originatorPort }) => originatorPort);

describe('a QUIC connection', () => {
  it('has its name once its hello is whole, and has it once', () => {
    expect(asks(first)).toBeNull();
    const opening = asks(second, 7);
    expect(opening).toMatchObject({ host: 'dashboard.plug.example', source: 'quic', outer: true, userAgent: null });
    const connection = opening?.connection;
    expect(connection).toMatchObject({
      ...{ originatorMac: CAMERA.mac, originatorIp: CAMERA.ip, originatorPort: 41_000, responderMac: GATEWAY.mac },
      ...{ responderIp: SERVER.ip, responderPort: 443, openedAt: START, lastAt: START + 7, isn: null },
      ...{ outcome: 'unseen', carriedData: true },
    });
    expect([asks(second, 9), connection?.up.total, connection?.down.total]).toEqual([
      null,
      first.length + 2 * second.length,
      0,
    ]);
  });

  it('counts octets each way, and the latest time of either', () => {
    const connection = opened();
    const up = first.length + second.length;
    expect(answers(Buffer.alloc(100), 50)).toBeNull();
    expect([connection.down.total, connection.up.total, connection.lastAt - START]).toEqual([100, up, 50]);
    answers(Buffer.alloc(10), 40);
    asks(Buffer.alloc(7), 30);
    expect([connection.down.total, connection.up.total, connection.lastAt - START]).toEqual([110, up + 7, 50]);
    asks(Buffer.alloc(7), 60);
    expect(connection.lastAt - START).toBe(60);
  });

  it('is one for each pair of ends', () => {
    const [one, other] = [opened(), opened(1, 41_001)];
    answers(Buffer.alloc(5), 2, 41_001);
    expect([one.down.total, other.down.total]).toEqual([0, 5]);
    openings.close();
    expect(ended).toEqual([one, other]);
  });

  it('begins with a client’s Initial that its keys open; what answers anything else is none', () => {
    expect([asks(Buffer.alloc(1200, 0x40)), counters.toJSON()]).toEqual([null, {}]);
    expect([asks(broken), counters.toJSON()]).toEqual([null, { 'quic.malformed': 1 }]);
    // Nobody knows yet who is the client: the other end's Initial begins a connection of its own.
    take(SERVER, client(), first, 1);
    const opening = take(SERVER, client(), second, 2);
    expect(opening?.connection).toMatchObject({ originatorPort: 443, responderPort: 41_000 });
    expect(opening?.connection.down.total).toBe(0);
    openings.close();
    expect(ended).toEqual([opening?.connection]);
  });

  it('whose Initial opens later is the one that began with the first', () => {
    asks(broken);
    const connection = opened(5);
    expect([connection.openedAt, connection.up.total]).toEqual([START, broken.length + first.length + second.length]);
  });

  it('is none without addresses', () => {
    const packet = packetOf(datagram(client(), SERVER, first, START));
    if (packet.udp === null) throw new Error('no datagram');
    openings.udp({ ...packet, ip: null }, packet.udp, START);
    openings.close();
    expect(ended).toEqual([]);
  });
});

describe('the end of a QUIC connection', () => {
  it('comes two minutes after its last datagram, whichever side sent that', () => {
    const connection = opened();
    answers(Buffer.alloc(9), 30 * SECOND);
    openings.expire(START + 30 * SECOND + IDLE - 1);
    expect(ended).toEqual([]);
    openings.expire(START + 30 * SECOND + IDLE);
    expect(ended).toEqual([connection]);
    openings.expire(START + HOUR);
    expect(ended).toHaveLength(1);
    // On the same ports there is another.
    expect(opened(HOUR)).not.toBe(connection);
  });

  it('comes for each at its own time, in the order in which they fell silent', () => {
    opened(0, 1);
    opened(MINUTE, 2);
    opened(2 * MINUTE - 1, 3);
    answers(Buffer.alloc(9), 2 * MINUTE - 1, 1);
    openings.expire(START + 2 * MINUTE);
    expect(ports()).toEqual([]);
    openings.expire(START + 3 * MINUTE - 1);
    expect(ports()).toEqual([]);
    openings.expire(START + 3 * MINUTE);
    expect(ports()).toEqual([2]);
    openings.expire(START + 4 * MINUTE - 2);
    expect(ports()).toEqual([2]);
    openings.expire(START + 4 * MINUTE - 1);
    expect(ports()).toEqual([2, 3, 1]);
    openings.expire(START + 4 * MINUTE);
    opened(4 * MINUTE + 1, 4);
    openings.expire(START + 6 * MINUTE);
    expect(ports()).toHaveLength(3);
    openings.expire(START + 6 * MINUTE + 1);
    expect(ports()).toEqual([2, 3, 1, 4]);
  });

  it('of an earlier one is not missed for a later one that was looked at', () => {
    openings.expire(START + HOUR);
    opened(0);
    openings.expire(START + HOUR + 1);
    expect(ports()).toEqual([41_000]);
  });

  it('comes without a word where nothing proved it to be one', () => {
    asks(broken);
    openings.expire(START + IDLE);
    expect(ended).toEqual([]);
    // It was forgotten all the same.
    expect(opened(IDLE + 1).openedAt).toBe(START + IDLE + 1);
  });

  it('comes when it is the least active of 2,048 and there is one more', () => {
    // Of most no more is seen than what an Initial begins with.
    const begun = first.subarray(0, 30);
    for (let port = 1; port <= 2048; port++) asks(port <= 2 ? first : begun, port, port);
    answers(Buffer.alloc(9), 3000, 1);
    expect(ended).toEqual([]);
    asks(begun, 3001, 5000);
    expect(ports()).toEqual([2]);
  });

  it.each([DAY, -DAY])('moves with the clock that is put right by %i ms', (by) => {
    const connection = opened();
    openings.expire(START + 1);
    openings.moveTime(by);
    expect([connection.openedAt, connection.lastAt]).toEqual([START + by, START + by]);
    openings.expire(START + by + IDLE - 1);
    expect(ended).toEqual([]);
    openings.expire(START + by + IDLE);
    expect(ended).toEqual([connection]);
  });
});

describe('with the end of the capture', () => {
  it('what was read of beginnings is forgotten', () => {
    const bytes = tlsHello('api.vendor.example');
    const said = [bytes.subarray(0, 60), bytes.subarray(60)].map((part) => ({ from: 'C' as const, bytes: part }));
    const frames = tcpConversation({
      client: client(),
      server: SERVER,
      time: START,
      outcome: 'connected',
      dialogue: said,
    });
    const segments = frames.map((frame) => packetOf(frame)).filter(({ tcp: one }) => (one?.payload.length ?? 0) > 0);
    const connection = opened();
    connection.isn = 1_000_000;
    const [one, other] = segments.map((packet) => packet.tcp);
    if (one == null || other == null) throw new Error('two segments');
    expect(openings.tcp(connection, one)).toBeNull();
    openings.close();
    expect(openings.tcp(connection, other)).toBeNull();
    expect(openings.tcp(connection, one)?.host).toBe('api.vendor.example');
  });
});
