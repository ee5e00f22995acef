// What the connection table makes of TCP segments: attempts, their outcomes, bytes by sequence numbers, and its bounds.
import { beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import { ConnectionTable } from '../../sensor/attribute/connections.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { isMailPort } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { CAMERA, GATEWAY, MAIL_SERVER, MINUTE, outside, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { frameOf } from '../support/hex.ts';
import { type CapturedFrame, ethernet, ipv4, tcp, tcpConversation } from '../support/packet-builder.ts';

let opened: Connection[];
let settled: { connection: Connection; outcome: string; late: boolean; time: number }[];
let ended: Connection[];
let table: ConnectionTable;

beforeEach(() => {
  opened = [];
  settled = [];
  ended = [];
  table = new ConnectionTable(
    {
      opened: (connection) => opened.push(connection),
      settled: (connection, time) =>
        settled.push({ connection, outcome: connection.outcome, late: connection.outcomeBefore !== null, time }),
      ended: (connection) => ended.push(connection),
      received: () => {},
    },
    isMailPort,
  );
});

const CLIENT = { ...CAMERA, port: 50_000 };
const SERVER = outside(MAIL_SERVER, 25);
const counters = new DecodeCounters();

function play(frames: readonly CapturedFrame[]): void {
  for (const { data, time } of frames) {
    const packet = decodeFrame(frameOf(data), counters);
    if (packet?.tcp == null) throw new Error('no TCP segment');
    table.expire(time);
    table.follow(packet, packet.tcp, time);
  }
}

interface Segment {
  from?: 'client' | 'server';
  flags: string;
  sequence: number;
  acknowledgement?: number;
  time?: number;
  payload?: Buffer;
  port?: number;
}

function segment({ flags, from = 'client', time = START, payload, port = 443, ...numbers }: Segment): CapturedFrame {
  const isClient = from === 'client';
  const ports = { sourcePort: isClient ? CLIENT.port : port, destinationPort: isClient ? port : CLIENT.port };
  const addresses = isClient
    ? { source: CLIENT.ip, destination: SERVER.ip }
    : { source: SERVER.ip, destination: CLIENT.ip };
  const link = isClient
    ? { source: CLIENT.mac, destination: GATEWAY.mac }
    : { source: GATEWAY.mac, destination: CLIENT.mac };
  return { time, data: ethernet(link, ipv4(addresses, tcp({ ...ports, ...numbers, flags }, payload))) };
}

test.each(['connected', 'refused'] as const)('a %s attempt is opened once and settled once', (outcome) => {
  play(tcpConversation({ client: CLIENT, server: SERVER, time: START, outcome, retransmitSyn: 2 }));
  expect(opened).toHaveLength(1);
  expect(settled.map((entry) => entry.outcome)).toEqual([outcome]);
  expect(ended).toEqual(opened);
});

test('without an answer it is unanswered thirty seconds after its first SYN, at that very time', () => {
  play(tcpConversation({ client: CLIENT, server: SERVER, time: START, outcome: 'unanswered', retransmitSyn: 4 }));
  table.expire(START + 30 * SECOND - 1);
  expect(settled).toEqual([]);
  table.expire(START + 5 * MINUTE);
  expect(settled).toMatchObject([{ outcome: 'unanswered', time: START + 30 * SECOND }]);
  expect(opened).toHaveLength(1);
});

test('a SYN-ACK after the deadline takes the verdict back, a late RST does not', () => {
  play([segment({ flags: 'S', sequence: 100 })]);
  const late = START + 40 * SECOND;
  play([segment({ from: 'server', flags: 'RA', sequence: 0, acknowledgement: 101, time: late })]);
  play([segment({ from: 'server', flags: 'SA', sequence: 900, acknowledgement: 101, time: late + 1 })]);
  expect(settled.map(({ outcome, late: isLate }) => [outcome, isLate])).toEqual([
    ['unanswered', false],
    ['connected', true],
  ]);
});

test.each([
  ['connected', 'SA', 900],
  ['refused', 'RA', 0],
] as const)('an answer that the mirror delivered before its SYN counts: %s', (outcome, flags, sequence) => {
  const answer = segment({ from: 'server', flags, sequence, acknowledgement: 101 });
  play([answer, segment({ flags: 'S', sequence: 100, time: START + 0.01 })]);
  expect(settled.map((entry) => entry.outcome)).toEqual([outcome]);
  // It answered that SYN and no other.
  play([segment({ flags: 'S', sequence: 777, time: START + SECOND })]);
  expect(opened.map((connection) => connection.outcome)).toEqual([outcome, 'pending']);
});

test('a new initial sequence number on the same ports is a new attempt; what was pending is unanswered', () => {
  play([segment({ flags: 'S', sequence: 100 }), segment({ flags: 'S', sequence: 777, time: START + SECOND })]);
  expect(opened).toHaveLength(2);
  expect(settled.map(({ connection, outcome }) => [connection.isn, outcome])).toEqual([[100, 'unanswered']]);
});

test('the same number again is a retransmission within minutes and a new attempt a day later', () => {
  const again = [0, 1, 3, 127].map((delay) => segment({ flags: 'S', sequence: 5, time: START + delay * SECOND }));
  play(again);
  expect(opened).toHaveLength(1);
  play([segment({ flags: 'S', sequence: 5, time: START + 24 * 60 * MINUTE })]);
  expect(opened).toHaveLength(2);
});

test('bytes are the distance of sequence numbers, over the wrap-around, and a FIN is no byte', () => {
  const isn = 0xffff_fff0;
  play([
    segment({ flags: 'S', sequence: isn }),
    segment({ from: 'server', flags: 'SA', sequence: 0xffff_ff00, acknowledgement: isn + 1 }),
    // Nothing in between passes the filter: 100 bytes up and 1000 down are told by the FINs alone.
    segment({ flags: 'FA', sequence: (isn + 1 + 100) >>> 0, acknowledgement: (0xffff_ff01 + 400) >>> 0 }),
    segment({
      from: 'server',
      flags: 'FA',
      sequence: (0xffff_ff01 + 1000) >>> 0,
      acknowledgement: (isn + 102) >>> 0,
    }),
    segment({ flags: 'A', sequence: (isn + 102) >>> 0, acknowledgement: (0xffff_ff02 + 1000) >>> 0 }),
  ]);
  expect(ended).toHaveLength(1);
  expect([ended[0]?.up.total, ended[0]?.down.total]).toEqual([100, 1000]);
});

test('a reset tells the volume as a FIN does; one without a sequence number of the connection tells nothing', () => {
  const handshake = [
    segment({ flags: 'S', sequence: 1000 }),
    segment({ from: 'server', flags: 'SA', sequence: 5000, acknowledgement: 1001 }),
  ];
  play([...handshake, segment({ from: 'server', flags: 'R', sequence: 5001 + 300_000 })]);
  expect(ended[0]?.down.total).toBe(300_000);
  play([segment({ flags: 'S', sequence: 0x9000_0000, time: START + MINUTE })]);
  play([segment({ from: 'server', flags: 'SA', sequence: 0x9000_0000, acknowledgement: 0x9000_0001 })]);
  play([segment({ flags: 'R', sequence: 0, time: START + MINUTE })]);
  expect([ended[1]?.up.total, ended[1]?.down.total]).toEqual([0, 0]);
});

test('on a mirror of one direction acknowledgement numbers tell what came down', () => {
  play([
    segment({ flags: 'S', sequence: 10 }),
    segment({ flags: 'PA', sequence: 11, acknowledgement: 2001, payload: Buffer.alloc(200) }),
    segment({ flags: 'A', sequence: 211, acknowledgement: 2001 + 5000 }),
  ]);
  expect(opened[0]).toMatchObject({ carriedData: true, outcome: 'connected' });
  expect([opened[0]?.up.total, opened[0]?.down.total]).toEqual([200, 5000]);
});

test('data in the SYN counts from the byte after it', () => {
  play([segment({ flags: 'S', sequence: 10, payload: Buffer.alloc(50) })]);
  play([segment({ flags: 'FA', sequence: 61, acknowledgement: 1 })]);
  expect(opened[0]?.up.total).toBe(50);
});

test('a flood of SYNs fills the table and the waiting list no further than their bounds', () => {
  const FLOOD = 200_000;
  const [syn] = tcpConversation({
    client: CLIENT,
    server: outside(MAIL_SERVER, 443),
    time: START,
    outcome: 'unanswered',
  });
  const packet = syn === undefined ? null : decodeFrame(frameOf(syn.data), counters);
  if (packet?.ip == null || packet.tcp === null) throw new Error('no TCP segment');
  play(tcpConversation({ client: CLIENT, server: SERVER, time: START, outcome: 'unanswered' }));
  for (let i = 0; i < FLOOD; i++) {
    const ip = { ...packet.ip, destination: `198.51.${(i >> 8) & 255}.${i & 255}` };
    const tcpSegment = { ...packet.tcp, sourcePort: 1024 + (i >> 16), sequence: i };
    table.follow({ ...packet, ip }, tcpSegment, START + 1);
  }
  expect(opened).toHaveLength(FLOOD + 1);
  expect(table.size).toBe(16_384 + 1);
  // What gave way is settled and ended once; the mail attempt is still there to be answered.
  expect(settled).toHaveLength(FLOOD - 16_384);
  expect(table.waiting).toBeLessThanOrEqual(16_384 + 1 + 4096);
  play([
    {
      time: START + 2,
      data: ethernet(
        { source: GATEWAY.mac, destination: CLIENT.mac },
        ipv4(
          { source: SERVER.ip, destination: CLIENT.ip },
          tcp({ sourcePort: 25, destinationPort: CLIENT.port, sequence: 1, acknowledgement: 1_000_001, flags: 'SA' }),
        ),
      ),
    },
  ]);
  expect(settled.at(-1)).toMatchObject({ outcome: 'connected', connection: { responderPort: 25 } });
  table.close(START + MINUTE);
  expect(settled).toHaveLength(FLOOD + 1);
  expect(new Set(ended).size).toBe(FLOOD + 1);
  expect(ended).toHaveLength(FLOOD + 1);
});

test('what is over is forgotten after ten minutes; what goes on, and what nobody answered, is kept', () => {
  const server = outside('203.0.113.80', 443);
  const conversations = [
    { client: { ...CLIENT, port: 50_001 }, server, outcome: 'connected', close: 'reset' },
    { client: { ...CLIENT, port: 50_002 }, server: SERVER, outcome: 'refused' },
    { client: { ...CLIENT, port: 50_003 }, server, outcome: 'connected', close: false },
    { client: { ...CLIENT, port: 50_004 }, server: SERVER, outcome: 'unanswered' },
  ] as const;
  for (const one of conversations) play(tcpConversation({ ...one, time: START, step: 1, isn: one.client.port }));
  table.expire(START + 2 * MINUTE);
  expect(table.size).toBe(4);
  table.expire(START + 10 * MINUTE);
  expect(table.size).toBe(4);
  table.expire(START + 11 * MINUTE);
  expect(table.size).toBe(2);
  expect([opened.length, ended.length]).toEqual([4, 2]);
});
