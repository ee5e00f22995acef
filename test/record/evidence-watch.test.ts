// Which frame goes to which incident, frame by frame: what was found with it, what is followed, and what is remembered in case.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { EvidenceWatch } from '../../sensor/record/evidence-watch.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { type CapturedFrame, ethernet, ipv4, raw, tcpConversation, udp } from '../support/packet-builder.ts';
import { at, CAMERA, GATEWAY, outside, START } from '../support/stage.ts';
import { incident } from './store-fixtures.ts';

const SERVER = '203.0.113.25';

interface Seen {
  frame: Frame;
  packet: Packet;
}

function seen({ data, time }: CapturedFrame): Seen {
  const frame = { time, data, linkType: LINK_TYPES.ethernet, originalLength: data.length };
  const packet = decodeFrame(frame, new DecodeCounters());
  if (packet === null) throw new Error('not decoded');
  return { frame, packet };
}

/** A conversation with a server, and the connection that it is. */
function conversation(clientPort: number, dialogue: [from: 'C' | 'S', text: string][] = []) {
  const packets = tcpConversation({
    client: at(CAMERA, CAMERA.ip, clientPort),
    server: outside(SERVER, 25),
    time: START + clientPort,
    outcome: 'connected',
    dialogue: dialogue.map(([from, text]) => ({ from, bytes: Buffer.from(text) })),
  }).map(seen);
  const [syn] = packets;
  if (syn?.packet.tcp == null) throw new Error('no SYN');
  return { packets, connection: newConnection(syn.packet, syn.packet.tcp, syn.frame.time, clientPort) };
}

let watch: EvidenceWatch;
beforeEach(() => {
  watch = new EvidenceWatch();
});

function pass({ frame, packet }: Seen, connection: Connection | null, found: [Incident, object?][] = []): void {
  watch.before();
  for (const [one, about] of found) watch.found(one, about === undefined ? {} : { about });
  watch.after(frame, packet, connection);
}
const times = (id: string) => watch.ring.waitingOf(id).map(({ time }) => time);
const datagram = (port: { sourcePort?: number; destinationPort?: number }, payload: Buffer, time = START) =>
  seen({
    time,
    data: ethernet(
      { source: CAMERA.mac, destination: GATEWAY.mac },
      ipv4(
        { source: CAMERA.ip, destination: GATEWAY.ip },
        udp({ sourcePort: 5000, destinationPort: 53, ...port }, payload),
      ),
    ),
  });

describe('a frame', () => {
  it('of nothing that was found is kept nowhere', () => {
    const { connection, packets } = conversation(40_000);
    for (const packet of packets) pass(packet, connection);
    pass(datagram({}, Buffer.alloc(12)), null);
    expect(watch.ring.changes(true)).toEqual({ changes: [], removed: [] });
  });

  it('is kept as it was found with, and each later one of the connection that it is about', () => {
    const { connection, packets } = conversation(40_000);
    const [other] = conversation(41_000).packets;
    const one = incident('i', { severity: 'high' });
    const [syn, ...later] = packets;
    if (syn === undefined || other === undefined) throw new Error('no frames');
    pass(syn, connection, [[one, connection]]);
    pass(other, null);
    for (const packet of later) pass(packet, connection);
    expect(times('i')).toEqual(packets.map(({ frame }) => frame.time));
    expect(watch.ring.waitingOf('i')[0]).toEqual({
      ...{ seq: 0, time: syn.frame.time, linkType: 1, wireLength: syn.frame.data.length, data: syn.frame.data },
    });
  });

  it('that was found without a connection is kept alone', () => {
    const [first, second] = [datagram({}, Buffer.from('secret'), 1), datagram({}, Buffer.alloc(4), 2)];
    pass(first, null, [[incident('i'), {}]]);
    pass(second, null);
    pass(first, null, [[incident('j')]]);
    expect([times('i'), times('j')]).toEqual([[1], [1]]);
    expect(watch.ring.waitingOf('i')[0]?.data.includes('secret')).toBe(false);
  });

  it('of a connection that is no TCP passes like others', () => {
    const { connection } = conversation(40_000);
    pass(datagram({}, Buffer.alloc(4)), connection);
    pass(datagram({}, Buffer.alloc(4), 7), connection, [[incident('i'), {}]]);
    expect(times('i')).toEqual([7]);
  });

  it('of TCP, found without its connection, is kept without its payload', () => {
    const { connection, packets } = conversation(40_000, [['C', 'HELO home\r\n']]);
    const said = packets.find(({ packet }) => (packet.tcp?.payloadLength ?? 0) > 0);
    if (said === undefined) throw new Error('nothing was said');
    pass(said, connection, [[incident('i'), {}]]);
    expect(watch.ring.waitingOf('i').map(({ data }) => data.includes('HELO'))).toEqual([false]);
  });

  it('goes to each incident once, however often it was found', () => {
    const { connection, packets } = conversation(40_000);
    const [one, two] = [incident('i'), incident('j')];
    const [syn, answer] = packets;
    if (syn === undefined || answer === undefined) throw new Error('no frames');
    pass(syn, connection, [[one, connection], [one, connection], [two, connection], [one]]);
    pass(answer, connection, [[one, connection]]);
    expect([times('i').length, times('j').length]).toEqual([2, 2]);
  });

  it.each(['outbreak', 'symptom', 'updates_overdue', 'sensor_blind'] as const)('shows nothing of %s', (kind) => {
    pass(datagram({}, Buffer.alloc(4)), null, [[incident('i', { kind })]]);
    expect(times('i')).toEqual([]);
  });

  it('of what is expected is kept no more, and again once it is open', () => {
    const { connection, packets } = conversation(40_000);
    const one = incident('i');
    const [syn, answer, last] = packets;
    if (syn === undefined || answer === undefined || last === undefined) throw new Error('no frames');
    pass(syn, connection, [[one, connection]]);
    one.state = 'expected';
    pass(answer, connection);
    one.state = 'open';
    pass(last, connection);
    expect(times('i')).toEqual([syn, last].map(({ frame }) => frame.time));
  });

  it('of an ICMP error is kept with what it speaks of, and no part of the connection', () => {
    const { connection, packets } = conversation(40_000);
    const [syn] = packets;
    if (syn === undefined) throw new Error('no SYN');
    const quoted = Buffer.concat([Buffer.from([3, 13, 0, 0, 0, 0, 0, 0]), syn.frame.data.subarray(14)]);
    const error = seen({
      time: START + 99,
      data: ethernet(
        { source: GATEWAY.mac, destination: CAMERA.mac },
        ipv4({ source: '198.51.100.1', destination: CAMERA.ip }, raw(1, quoted)),
      ),
    });
    pass(syn, connection);
    pass(error, null, [[incident('i'), connection]]);
    expect(times('i')).toEqual([syn.frame.time, START + 99]);
  });
});

describe('an opening', () => {
  it('is remembered in case the connection becomes an incident later', () => {
    const { connection, packets } = conversation(40_000);
    const [syn, answer] = packets;
    if (syn === undefined || answer === undefined) throw new Error('no frames');
    pass(syn, connection);
    pass(answer, connection, [[incident('i', { kind: 'exposed' }), connection]]);
    expect(times('i')).toEqual([syn.frame.time, answer.frame.time]);
    expect(watch.ring.waitingOf('i')[0]?.data).toEqual(
      syn.frame.data.subarray(0, watch.ring.waitingOf('i')[0]?.data.length),
    );
  });

  it('is that of the connection alone, and only its SYN', () => {
    const [first, second] = [conversation(40_000), conversation(41_000)];
    for (const { connection, packets } of [first, second]) for (const packet of packets) pass(packet, connection);
    watch.before();
    watch.found(incident('i'), { about: second.connection });
    watch.before();
    expect(times('i')).toEqual([second.packets[0]?.frame.time]);
  });

  it('gives way to 256 later ones', () => {
    const many = Array.from({ length: 257 }, (_, n) => conversation(20_000 + n));
    for (const { connection, packets } of many) if (packets[0] !== undefined) pass(packets[0], connection);
    for (const [n, { connection }] of many.entries()) watch.found(incident(`i${n}`), { about: connection });
    watch.before();
    expect([times('i0'), times('i1'), times('i256')].map(({ length }) => length)).toEqual([0, 1, 1]);
  });

  it('is moved with the clock, as is what waits', () => {
    const { connection, packets } = conversation(40_000);
    const [syn] = packets;
    if (syn === undefined) throw new Error('no SYN');
    pass(syn, connection);
    pass(datagram({}, Buffer.alloc(4), START), null, [[incident('i')]]);
    watch.moveTime({ since: START, until: START + 50_000, by: 1_000_000 });
    watch.found(incident('j'), { about: connection });
    watch.before();
    expect([times('i'), times('j')]).toEqual([[START + 1_000_000], [syn.frame.time + 1_000_000]]);
  });
});

describe('an incident that has become part of another', () => {
  it('is remembered as such until 1,024 others have', () => {
    const [first, second] = [conversation(40_000), conversation(41_000)];
    const mail = incident('mail');
    for (const [n, { connection, packets }] of [first, second].entries())
      if (packets[0] !== undefined) pass(packets[0], connection, [[incident(`i${n}`), connection]]);
    for (let n = 0; n < 1025; n++) watch.absorb(mail, `i${n}`, []);
    for (const { connection, packets } of [first, second]) if (packets[1] !== undefined) pass(packets[1], connection);
    expect([times('i0').length, times('i1').length, times('mail').length]).toEqual([2, 1, 1]);
  });

  it('hands on its latest sixteen frames, and what still comes of its connections', () => {
    const { connection, packets } = conversation(40_000);
    const [syn, answer] = packets;
    if (syn === undefined || answer === undefined) throw new Error('no frames');
    const [lookup, mail] = [incident('lookup', { kind: 'mail_lookup' }), incident('mail')];
    pass(syn, connection, [[lookup, connection]]);
    const frames = Array.from({ length: 20 }, (_, seq) => ({
      ...{ seq, time: seq, linkType: 1 as const, wireLength: 60, data: Buffer.alloc(60) },
    }));
    watch.absorb(mail, 'lookup', frames);
    expect(times('mail')).toEqual(Array.from({ length: 16 }, (_, n) => n + 4));
    pass(answer, connection);
    expect([times('mail').at(-1), times('lookup')]).toEqual([answer.frame.time, [syn.frame.time]]);
  });
});

describe('of the payload', () => {
  const DIALOGUE: [from: 'C' | 'S', text: string][] = [
    ['S', '220 mx.example ready\r\n'],
    ['C', 'EHLO secret.example\r\n'],
  ];
  const text = (id: string) =>
    watch.ring
      .waitingOf(id)
      .map(({ data }) => data.toString('latin1'))
      .join('');

  it.each([
    ['mail_started', true],
    ['submission_started', true],
    ['exposed', false],
  ] as const)('of %s verbs and codes are kept: %s', (kind, isKept) => {
    const { connection, packets } = conversation(40_000, DIALOGUE);
    packets.forEach((packet, n) => {
      pass(packet, connection, n === 0 ? [[incident('i', { kind }), connection]] : []);
    });
    expect([text('i').includes('EHLO'), text('i').includes('220'), text('i').includes('secret')]).toEqual([
      ...[isKept, isKept, false],
    ]);
  });

  it('also where the mail was an incident of another kind before', () => {
    const { connection, packets } = conversation(40_000, DIALOGUE);
    packets.forEach((packet, n) => {
      const found: [Incident, object][] = [[incident('i', { kind: 'exposed' }), connection]];
      if (n === 0) found.push([incident('j'), connection]);
      pass(packet, connection, n < 2 ? found : []);
    });
    expect(text('j')).toContain('EHLO');
  });

  it.each([
    ['to the router', { destinationPort: 5351 }, true],
    ['from the router', { sourcePort: 5351 }, true],
    ['to another port', { destinationPort: 5350 }, false],
  ])('of a request for a port %s sixty octets are kept: %s', (_, port, isKept) => {
    const payload = Buffer.from(Array.from({ length: 80 }, (_one, n) => 100 + n));
    pass(datagram(port, payload), null, [[incident('i', { kind: 'port_mapping' })]]);
    const [frame] = watch.ring.waitingOf('i');
    expect(frame?.data.subarray(42)).toEqual(isKept ? payload.subarray(0, 60) : Buffer.alloc(0));
  });
});
