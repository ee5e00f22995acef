// Answers that come before the SYN that they answer: which are kept, for which SYN, how many, and how often they are told. And what of
// connections is forgotten, and how both ends are told.
import { LRUCache } from 'lru-cache';
import { beforeEach, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { EarlyAnswers } from '../../sensor/attribute/early-answers.ts';
import { endsFrom, endsOf, turnedEndsOf } from '../../sensor/attribute/ends.ts';
import { forgetOver } from '../../sensor/attribute/over-connections.ts';
import { Resolvers } from '../../sensor/attribute/resolvers.ts';
import { acknowledges } from '../../sensor/attribute/segment.ts';
import type { Ip, Tcp } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, MINUTE, START } from '../../sensor/self-test/frames/home.ts';
import { packetOf } from '../support/packet-of.ts';
import { arpRequest, segment } from '../support/vantage-frames.ts';

const SERVER = { mac: GATEWAY.mac, ip: '203.0.113.25' };

let answers: EarlyAnswers;
beforeEach(() => {
  answers = new EarlyAnswers();
});
function read(
  from: { mac: string; ip: string },
  flags: string,
  ports: readonly [number, number],
  numbers: object,
): [Ip, Tcp] {
  const to = from === SERVER ? CAMERA : SERVER;
  const { ip, tcp } = packetOf(segment(START, { from, to, ports, flags, ...numbers }));
  if (ip === null || tcp === null) throw new Error('no segment');
  return [ip, tcp];
}
const note = (flags: string, acknowledgement = 101, own = 40_000, port = 25): void =>
  answers.note(...read(SERVER, flags, [port, own], { sequence: 900, acknowledgement }));
const take = (next = 101, own = 40_000, port = 25, from: { mac: string; ip: string } = CAMERA) =>
  answers.take(...read(from, 'S', [own, port], { sequence: next - 1 }), next);

it.each([
  ['SA', { outcome: 'connected', sequence: 900 }],
  ['RA', { outcome: 'refused', sequence: 900 }],
  ['SRA', { outcome: 'refused', sequence: 900 }],
  ['R', null],
  ['S', null],
  ['A', null],
  ['FA', null],
  ['PA', null],
])('a segment with the flags %s is kept as %o', (flags, expected) => {
  note(flags);
  expect(take()).toEqual(expected);
});

it('an answer is that to one SYN, by its ends and its sequence number, and is told once', () => {
  expect(take()).toBeNull();
  note('SA');
  expect([take(102), take(101, 40_001), take(101, 40_000, 26), take(101, 40_000, 25, FRIDGE)]).toEqual([
    ...[null, null, null, null],
  ]);
  expect([take()?.outcome, take()]).toEqual(['connected', null]);
  note('SA');
  note('RA');
  expect([take()?.outcome, take()]).toEqual(['refused', null]);
});

it('2,048 are kept: the oldest gives way', () => {
  for (let own = 1; own <= 2049; own++) note('SA', 101, own);
  expect([take(101, 1), take(101, 2)?.outcome, take(101, 2049)?.outcome]).toEqual([null, 'connected', 'connected']);
});

it('the ends of a packet are its sender’s and its receiver’s, either way, and none without ports', () => {
  const packet = packetOf(segment(START, { from: CAMERA, to: SERVER, ports: [40_000, 25], flags: 'S' }));
  const [there, back] = [`${CAMERA.ip} 40000 203.0.113.25 25`, `203.0.113.25 25 ${CAMERA.ip} 40000`];
  expect([endsOf(packet), turnedEndsOf(packet)]).toEqual([there, back]);
  expect(endsFrom(CAMERA.ip, 40_000, SERVER.ip, 25)).toBe(there);
  // Each text is made once a packet.
  packet.ends = 'known';
  packet.turnedEnds = 'turned';
  expect([endsOf(packet), turnedEndsOf(packet)]).toEqual(['known', 'turned']);
  const question = packetOf(arpRequest(CAMERA, FRIDGE.ip, START));
  expect([endsOf(question), turnedEndsOf(question), endsOf({ ...packet, tcp: null, ends: undefined })]).toEqual([
    '',
    '',
    '',
  ]);
});

it.each([
  [10 * MINUTE, true, 3],
  [10 * MINUTE + 1, true, 1],
  [10 * MINUTE + 1, false, 3],
])(
  'connections are forgotten %i ms after their last packet, in the order of those, where they ended: %s',
  (age, hasEnded, left) => {
    const table = new LRUCache<string, Connection>({ max: 10 });
    for (const [name, lastAt] of [
      ['a', START],
      ['b', START],
      ['c', START + 5],
    ] as const) {
      const connection = newConnection(null, { sourcePort: 1, destinationPort: 2 }, lastAt, 1);
      table.set(name, Object.assign(connection, { ended: hasEnded }));
    }
    forgetOver(table, START + age);
    expect(table.size).toBe(left);
  },
);

it.each([
  ['A', 1, true],
  ['A', 0, false],
  ['PA', 5, true],
  ['P', 5, false],
  ['SA', 5, false],
  ['RA', 5, false],
])(
  'a segment with the flags %s that acknowledges %i tells of a whole handshake: %s',
  (flags, acknowledgement, expected) => {
    expect(acknowledges(read(SERVER, flags, [25, 40_000], { acknowledgement })[1])).toBe(expected);
  },
);

it('of those who resolve names 32 are known, by address and by MAC', () => {
  const resolvers = new Resolvers();
  const [ips, macs] = ['192.168.1.', '02:00:00:00:00:'].map((start) =>
    Array.from({ length: 33 }, (_, n) => `${start}${n}`),
  );
  resolvers.announced(ips ?? []);
  for (const mac of macs ?? []) resolvers.answered(mac);
  const known = (mac = '', ip: string | null = null) => resolvers.isResolver(mac, ip);
  expect([known('', ips?.[31]), known('', ips?.[32]), known(macs?.[31]), known(macs?.[32])]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
