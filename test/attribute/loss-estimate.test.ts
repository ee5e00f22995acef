// Frames lost before the sensor reads them, piece by piece: octets of one stream, what proves a frame, and what share it makes.
import { beforeEach, describe, expect, it } from 'vitest';
import { ByteCounter } from '../../sensor/attribute/byte-counter.ts';
import { CaptureLoss } from '../../sensor/attribute/capture-loss.ts';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { LossTally } from '../../sensor/attribute/loss-tally.ts';
import { StreamGaps } from '../../sensor/attribute/stream-gaps.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, GATEWAY, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { type CapturedFrame, ethernet, ipv4, udp } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { segment } from '../support/vantage-frames.ts';

describe('octets counted by sequence numbers', () => {
  it('go over the wrap, and neither back nor 2 GiB at once', () => {
    const counter = new ByteCounter();
    counter.start(-16);
    counter.start(0);
    for (const [sequence, total] of [
      [0xffff_fff0, 0],
      [0xffff_fff8, 8],
      [0xffff_fff1, 8],
      [0, 16],
      [0x8000_0000, 16],
      [0x7fff_ffff, 16 + 0x7fff_ffff],
    ] as const) {
      counter.reach(sequence);
      expect(counter.total).toBe(total);
    }
  });

  it('begin where the first was seen, and end with the stream', () => {
    const counter = new ByteCounter();
    counter.reach(1000);
    counter.reach(1010);
    counter.add(5);
    counter.close();
    counter.reach(1011);
    expect(counter.total).toBe(15);
  });
});

describe('gaps in a stream', () => {
  type Step = ['start' | 'acknowledged', number] | ['sent', number, number];
  function follow(...steps: readonly Step[]): { segments: number; lost: number } {
    const stream = new StreamGaps();
    for (const step of steps) {
      if (step[0] === 'sent') stream.sent(step[1], step[2]);
      else stream[step[0]](step[1]);
    }
    return { segments: stream.segments, lost: stream.lost() };
  }
  const begun: Step[] = [
    ['start', 100],
    ['sent', 100, 10],
  ];
  /** Octets 110 to 139 are missing. */
  const gap: Step[] = [...begun, ['sent', 140, 10]];
  /** So many gaps of ten octets, each before ten that were sent. */
  const gaps = (count: number): Step[] => Array.from({ length: count }, (_, n): Step => ['sent', 120 + n * 20, 10]);

  it.each<[string, Step[], number, number]>([
    ['nothing sent', [['start', 100]], 0, 0],
    ['nothing sent, and acknowledged', [['acknowledged', 500]], 0, 0],
    ['one segment', begun, 1, 0],
    ['one that comes again', [...begun, ['sent', 100, 10]], 1, 0],
    ['one that brings a little new', [...begun, ['sent', 105, 6]], 2, 0],
    ['one without octets', [...begun, ['sent', 150, 0], ['acknowledged', 110]], 1, 0],
    [
      'a beginning that is told later',
      [
        ['sent', 100, 10],
        ['start', 50],
        ['acknowledged', 110],
      ],
      1,
      0,
    ],
    [
      'a first segment missing',
      [
        ['start', 90],
        ['sent', 100, 10],
        ['acknowledged', 110],
      ],
      1,
      1,
    ],
    ['a gap that nobody acknowledged', gap, 2, 0],
    ['a gap that was not acknowledged whole', [...gap, ['acknowledged', 139]], 2, 0],
    ['a gap that was', [...gap, ['acknowledged', 140]], 2, 3],
    ['the same, acknowledged anew from before', [...gap, ['acknowledged', 140], ['acknowledged', 110]], 2, 3],
    ['a gap in segments of the largest seen', [...begun, ['sent', 140, 16], ['acknowledged', 156]], 2, 2],
    [
      'a gap of single octets',
      [
        ['start', 100],
        ['acknowledged', 103],
      ],
      0,
      3,
    ],
    ['a gap at the end', [...begun, ['acknowledged', 131]], 1, 3],
    ['a gap at the end that is sent later', [...begun, ['acknowledged', 120], ['sent', 110, 10]], 2, 0],
    ['a gap filled from its beginning', [...gap, ['sent', 110, 10], ['acknowledged', 150]], 3, 2],
    ['a gap filled in its middle', [...gap, ['sent', 120, 10], ['acknowledged', 150]], 3, 2],
    ['a gap filled to its end', [...gap, ['sent', 130, 10], ['acknowledged', 150]], 3, 2],
    ['a gap of one octet', [...begun, ['sent', 111, 1], ['acknowledged', 112]], 2, 1],
    ['a gap of one octet filled', [...begun, ['sent', 111, 1], ['sent', 110, 1], ['acknowledged', 112]], 3, 0],
    ['a gap but for its first octet', [...gap, ['sent', 110, 1], ['acknowledged', 150]], 3, 3],
    ['a gap filled but for its first octet', [...gap, ['sent', 111, 29], ['acknowledged', 150]], 3, 1],
    ['a gap filled but for its last octet', [...gap, ['sent', 110, 29], ['acknowledged', 150]], 3, 1],
    ['an octet acknowledged at the end', [...begun, ['acknowledged', 111]], 1, 1],
    [
      'a segment from another stream',
      [...gap, ['sent', 0x4000_0000, 10], ['sent', 150, 10], ['acknowledged', 160]],
      3,
      3,
    ],
    ['a gap filled and more', [...gap, ['sent', 105, 40], ['acknowledged', 150]], 3, 0],
    ['what was sent before the gap', [...gap, ['sent', 100, 10], ['acknowledged', 150]], 2, 3],
    ['what was sent behind it', [...gap, ['sent', 140, 5], ['acknowledged', 150]], 2, 3],
    ['a step as far as goes', [...begun, ['sent', 110 + 1024 * 1024, 10], ['acknowledged', 109]], 2, 0],
    ['a step further', [...begun, ['sent', 111 + 1024 * 1024, 10], ['sent', 110, 10]], 2, 0],
    ['an acknowledgement as far as goes', [...begun, ['acknowledged', 110 + 1024 * 1024]], 1, 104_858],
    ['one further', [...begun, ['acknowledged', 111 + 1024 * 1024]], 1, 0],
    ['one from far before', [...gap, ['acknowledged', 149 - 1024 * 1024], ['acknowledged', 140]], 2, 3],
    ['segments from far before', [...gap, ['sent', 149 - 1024 * 1024, 1024 * 1024], ['acknowledged', 150]], 2, 1],
    [
      'sixteen gaps, of which the first is filled',
      [...begun, ...gaps(16), ['sent', 110, 10], ['acknowledged', 430]],
      18,
      15,
    ],
    ['one more than are kept open', [...begun, ...gaps(17), ['sent', 110, 10], ['acknowledged', 450]], 18, 16],
    [
      'the same, of which the first was acknowledged before',
      [...begun, ...gaps(16), ['acknowledged', 120], ...gaps(17).slice(16), ['sent', 110, 10], ['acknowledged', 450]],
      ...([18, 17] as [number, number]),
    ],
  ])('%s', (_what, steps, segments, lost) => {
    expect(follow(...steps)).toEqual({ segments, lost });
  });
});

describe('the share of loss', () => {
  it.each([
    [0, 0, null, 0, 100, false],
    [1, 0, null, 0, 84.45, false],
    [1, 1, null, 15.55, 100, false],
    [1080, 0, null, 0, 0.5, false],
    [1081, 0, 0, 0, 0.5, false],
    [5250, 105, null, 1.6, 2.5, true],
    [5300, 106, 2, 1.6, 2.5, true],
    [5250, 5145, null, 97.5, 98.4, false],
    [5300, 5194, 98, 97.5, 98.4, false],
    [50, 2, null, 0.9, 16.12, false],
    [100, 2, null, 0.45, 8.5, false],
    [100, 3, null, 0.85, 9.99, true],
    [170, 3, null, 0.5, 6.01, true],
    [171, 3, null, 0.5, 5.98, false],
    [100, 49, null, 37.71, 60.4, true],
    [100, 50, null, 38.65, 61.35, false],
  ])('%i frames, %i of them missed', (samples, missed, percent, low, high, isCertain) => {
    const tally = new LossTally();
    tally.add(START, samples, missed);
    const expected = { percent, low, high, samples, missed, isCertain };
    expect([tally.overall(), tally.recent(START)]).toEqual([expected, expected]);
  });

  const QUARTER = 15 * MINUTE;

  it('is of the quarter of an hour where that tells, else of those before', () => {
    const tally = new LossTally();
    tally.add(START, 1081, 0);
    tally.add(START + QUARTER - 1, 19, 1);
    tally.add(START + QUARTER, 1081, 0);
    tally.add(START + 2 * QUARTER, 10, 0);
    const samples = (time: number) => tally.recent(time).samples;
    expect([samples(START + 2 * QUARTER), tally.overall().samples]).toEqual([1091, 2191]);
    expect([tally.recent(START + QUARTER).missed, tally.overall().missed]).toEqual([0, 1]);
  });

  it('that is certain is told for two quarters, without those before', () => {
    const tally = new LossTally();
    tally.add(START, 100, 0);
    tally.add(START + QUARTER, 100, 10);
    for (const [quarters, samples] of [
      [1, 100],
      [2, 100],
      [3, 200],
    ] as const)
      expect(tally.recent(START + quarters * QUARTER).samples).toBe(samples);
  });

  it('is of a day at most, and of 96 quarters', () => {
    const tally = new LossTally();
    tally.add(START, 7, 0);
    expect(tally.recent(START + 95 * QUARTER).samples).toBe(7);
    expect(tally.recent(START + 96 * QUARTER).samples).toBe(0);
    for (let n = 0; n < 97; n++) tally.add(START + (n % 2) * QUARTER, 1, 0);
    expect([tally.recent(START + QUARTER).samples, tally.overall().samples]).toEqual([96, 104]);
  });
});

describe('a connection', () => {
  const server = { ...GATEWAY, ip: '203.0.113.25' };
  let loss: CaptureLoss;
  let connection: Connection;

  type Said = [from: 'device' | 'server', flags: string, sequence: number, acknowledgement?: number, octets?: number];
  /** Its frames, as one with that port at the server; the device's ISN is 1000, the server's 2000. */
  function talk(port: number, said: readonly Said[]): void {
    for (const [n, [from, flags, sequence, acknowledgement = 0, octets = 0]] of said.entries()) {
      const [source, to, ports] =
        from === 'device' ? ([CAMERA, server, [40_000, port]] as const) : ([server, CAMERA, [port, 40_000]] as const);
      const payload = Buffer.alloc(octets);
      const fields = { from: source, to, ports, flags, sequence, acknowledgement, payload };
      const packet = packetOf(segment(START, fields));
      if (packet.tcp === null) throw new Error('no segment');
      if (n === 0) connection = newConnection(packet, packet.tcp, START, 1000);
      connection.originatorPort = 40_000;
      connection.responderPort = port;
      loss.segment(connection, packet, packet.tcp, from === 'device' ? 'originator' : 'responder');
    }
  }
  const samples = (): number[] => {
    const { missed, samples: all } = loss.overall();
    return [all, missed];
  };
  function ended(port: number, said: readonly Said[]): number[] {
    talk(port, said);
    loss.ended(connection);
    return samples();
  }

  beforeEach(() => {
    loss = new CaptureLoss();
    loss.passed(START - 5 * SECOND);
    loss.passed(START);
  });

  const syn: Said = ['device', 'S', 1000];
  const synAck: Said = ['server', 'SA', 2000, 1001];
  const ack: Said = ['device', 'A', 1001, 2001];
  const answer: Said = ['server', 'A', 2001, 1001];
  const hello: Said = ['device', 'PA', 1001, 2001, 100];
  const later: Said = ['device', 'PA', 1101, 2001, 100];

  it.each<[string, Said[], number[]]>([
    ['all there', [syn, synAck, ack, answer], [2, 0]],
    ['no answer to the SYN', [syn, ack, answer], [1, 1]],
    ['no SYN', [synAck, ack, answer], [1, 1]],
    ['nothing but the handshake', [syn, synAck, ack], [1, 0]],
    ['a SYN alone', [syn], [0, 0]],
    ['no acknowledgement', [syn, synAck], [0, 0]],
    ['one that is none', [syn, synAck, ['device', 'A', 1001, 0]], [0, 0]],
    ['a number without the flag', [syn, synAck, ['device', 'P', 1001, 2001]], [0, 0]],
    ['given up', [syn, synAck, ['device', 'RA', 1001, 2001]], [0, 0]],
    ['refused after an acknowledgement', [syn, ack, ['server', 'R', 2001]], [1, 1]],
    ['one direction', [syn, ack, later], [0, 0]],
  ])('of which are seen: %s', (_what, said, expected) => {
    expect(ended(8443, said)).toEqual(expected);
  });

  it.each<[string, number, Said[], number[]]>([
    ['all there', 443, [syn, hello, later], [1, 0]],
    ['none of it', 443, [syn, later], [1, 1]],
    ['none of it, over HTTP', 80, [syn, later], [1, 1]],
    ['where the filter does not keep it', 8443, [syn, later], [0, 0]],
    ['and nothing behind it', 443, [syn, hello], [0, 0]],
    ['without a SYN', 443, [later], [0, 0]],
    ['of single octets', 443, [syn, ['device', 'PA', 1001, 2001, 1], ['device', 'PA', 1002, 2001, 1]], [1, 0]],
    ['of the end alone', 443, [syn, ['device', 'FA', 1001, 2001], later], [1, 1]],
    ['of the SYN again', 443, [syn, ['device', 'A', 1000, 2001, 1]], [0, 0]],
    [
      'in the SYN',
      443,
      [
        ['device', 'S', 1000, 0, 50],
        ['device', 'A', 1051, 2001, 1],
      ],
      [1, 1],
    ],
  ])('whose first payload shows: %s', (_what, port, said, expected) => {
    expect(ended(port, said)).toEqual(expected);
  });

  it('shows no first payload where frames are cut', () => {
    loss.isCut = true;
    expect(ended(443, [syn, later])).toEqual([0, 0]);
  });

  it.each([25, 465, 587, 2525, 53])('to port %i is kept whole: what is acknowledged must have passed', (port) => {
    const sent: Said[] = [synAck, ack, answer, hello, later];
    expect(ended(port, [syn, ...sent])).toEqual([2 + 2, 0]);
    // Three hundred octets more, in segments of a hundred.
    const acknowledged: Said[] = [['server', 'A', 2001, 1501]];
    expect(ended(port, [syn, ...sent, ...acknowledged])).toEqual([4 + 2 + 2 + 3, 3]);
  });

  it('is judged from where the other side acknowledged first', () => {
    const page: Said = ['server', 'PA', 2101, 1001, 100];
    expect(ended(25, [syn, ack, page, page, page, ['device', 'A', 1001, 2201]])).toEqual([1 + 2, 1 + 1]);
  });

  it('is judged by directions of three frames and more, and not in fragments', () => {
    expect(ended(25, [syn, ['device', 'PA', 1201, 0, 100]])).toEqual([0, 0]);
    expect(
      ended(25, [syn, ['device', 'PA', 1101, 0, 100], ['device', 'PA', 1201, 0, 100], ['server', 'A', 2001, 1301]]),
    ).toEqual([...[3, 1]]);
    expect(ended(25, [syn, ack, later, ['device', 'FA', 1201, 2001], ['server', 'A', 2001, 1202]])).toEqual([
      ...[3 + 1 + 3, 1 + 1 + 1],
    ]);
    talk(25, [syn, ack, later, ['server', 'A', 2001, 1201]]);
    const packet = packetOf(segment(START, { from: CAMERA, to: server, ports: [40_000, 25], flags: 'A' }));
    if (packet.ip === null || packet.tcp === null) throw new Error('no segment');
    loss.segment(connection, { ...packet, ip: { ...packet.ip, moreFragments: true } }, packet.tcp, 'originator');
    loss.ended(connection);
    expect(samples()).toEqual([7 + 1, 3 + 1]);
  });

  it('of a reset counts no octets', () => {
    expect(ended(25, [syn, ack, later, ['server', 'RA', 2001, 1201]])).toEqual([1 + 1, 1]);
  });

  it.each([
    [START - 5000, START, 1],
    [START - 4999, START, 0],
    [START - 60_000, START, 1],
    [START - 60_001, START, 0],
    [START + 60_000, START + 59_000, 0],
    [START + 60_001, START, 0],
  ])('that was opened within five seconds of a beginning or a silence is not judged: %i, %i', (first, then, count) => {
    loss = new CaptureLoss();
    loss.passed(first);
    loss.passed(then);
    expect(ended(8443, [syn, synAck, ack])).toEqual([count, 0]);
  });

  describe('that is not known', () => {
    const orphan = ([from, flags, sequence, acknowledgement = 0]: Said, port = 40_000, time = START): void => {
      const [source, to, ports] =
        from === 'device' ? ([CAMERA, server, [port, 25]] as const) : ([server, CAMERA, [25, port]] as const);
      const packet = packetOf(segment(time, { from: source, to, ports, flags, sequence, acknowledgement }));
      if (packet.tcp !== null) loss.orphan(packet, packet.tcp, time);
    };

    it.each<[string, Said[], number[]]>([
      ['an acknowledged answer', [synAck, ack], [1, 1]],
      ['it twice', [synAck, ack, ack], [1, 1]],
      ['an answer alone', [synAck], [0, 0]],
      ['an acknowledgement before its answer', [ack, synAck], [0, 0]],
      ['an answer and a reset', [synAck, ['device', 'RA', 1001, 2001]], [0, 0]],
      ['an answer that is refused as well', [['server', 'RSA', 2000, 1001], ack], [0, 0]],
      ['an answer and no acknowledgement', [synAck, ['device', 'F', 1001, 2001]], [0, 0]],
      ['an answer and one of nothing', [synAck, ['device', 'A', 1001, 0]], [0, 0]],
      ['a SYN', [['server', 'S', 2000], ack], [0, 0]],
      ['what the server goes on with', [synAck, answer], [0, 0]],
    ])('shows by %s whether its SYN was lost', (_what, said, expected) => {
      for (const one of said) orphan(one);
      expect(samples()).toEqual(expected);
    });

    it('is judged at the time of the answer', () => {
      orphan(synAck, 40_000, START - 1);
      orphan(ack);
      expect(samples()).toEqual([0, 0]);
    });

    it('may turn out to be one, by a SYN that comes late or by what follows', () => {
      orphan(synAck);
      expect(ended(8443, [['device', 'S', 1000], ack])).toEqual([0, 0]);
      expect(ended(25, [syn, ack])).toEqual([1, 0]);
      orphan(synAck);
      talk(25, [ack]);
      loss.adopted(connection);
      loss.adopted(connection);
      expect(samples()).toEqual([2, 1]);
    });

    it('is one of 1,024 at most', () => {
      for (let n = 0; n <= 1024; n++) orphan(synAck, 20_000 + n);
      orphan(ack, 20_000);
      expect(samples()).toEqual([0, 0]);
      orphan(ack, 20_001);
      expect(samples()).toEqual([1, 1]);
    });

    it('says nothing without addresses', () => {
      const packet = packetOf(segment(START, { from: server, to: CAMERA, ports: [25, 40_000], flags: 'SA' }));
      if (packet.tcp !== null) loss.orphan({ ...packet, ip: null }, packet.tcp, START);
      orphan(ack);
      expect(samples()).toEqual([0, 0]);
    });
  });
});

describe('questions and answers', () => {
  let loss: CaptureLoss;
  beforeEach(() => {
    loss = new CaptureLoss();
    loss.passed(START - 5 * SECOND);
  });
  const resolver = { ...GATEWAY, ip: '192.168.1.53' };
  const frame = (response: boolean, port: number, from = CAMERA, serverPort = 53): CapturedFrame => {
    const [source, to, ports] = response ? [resolver, from, [serverPort, port]] : [from, resolver, [port, serverPort]];
    const upper = udp({ sourcePort: ports[0] ?? 0, destinationPort: ports[1] ?? 0 }, Buffer.from('x'));
    const packet = ipv4({ source: source.ip, destination: to.ip }, upper);
    return { time: START, data: ethernet({ source: source.mac, destination: to.mac }, packet) };
  };
  interface Of {
    port?: number;
    from?: typeof CAMERA;
    serverPort?: number;
  }
  const packets = new Map<string, Packet>();
  /** At so many ms after START; what has waited long enough is judged before. */
  function say(response: boolean, id: number, time: number, { from, port = 5000, serverPort }: Of = {}): void {
    loss.passed(START + time);
    const key = `${response} ${port} ${from?.ip} ${serverPort}`;
    const packet = packets.get(key) ?? packetOf(frame(response, port, from, serverPort));
    packets.set(key, packet);
    loss.dns({ id, response }, packet, START + time);
  }
  /** Something else, minute by minute. */
  function heard(until: number): void {
    for (let now = 0; now < until; now += MINUTE) loss.passed(START + now);
  }
  const asks = (id: number, time: number, of?: Of) => say(false, id, time, of);
  const answers = (id: number, time: number, of?: Of) => say(true, id, time, of);
  const samples = (): number[] => {
    const { missed, samples: all } = loss.overall();
    return [all, missed];
  };

  it('count from the second of an asker on', () => {
    asks(1, 0);
    answers(1, 10);
    expect(samples()).toEqual([0, 0]);
    asks(2, 20);
    answers(2, 30);
    answers(2, 40);
    expect(samples()).toEqual([1, 0]);
    asks(2, 50);
    asks(2, 55);
    answers(2, 60);
    loss.close();
    expect(samples()).toEqual([2, 0]);
    const other = { from: { ...CAMERA, ip: '192.168.1.99' } };
    asks(1, 70, other);
    asks(1, 80, other);
    answers(1, 90, other);
    expect(samples()).toEqual([2, 0]);
    asks(7, 100);
    asks(8, 100, other);
    answers(7, 110, other);
    answers(8, 110);
    loss.close();
    expect(samples()).toEqual([4, 2]);
  });

  it('an answer to nothing shows a lost question, where its asker was heard within five minutes', () => {
    answers(1, 0);
    loss.close();
    expect(samples()).toEqual([0, 0]);
    asks(2, 0);
    heard(5 * MINUTE);
    answers(3, 5 * MINUTE);
    loss.close();
    expect(samples()).toEqual([1, 1]);
    answers(4, 5 * MINUTE + 1);
    loss.close();
    expect(samples()).toEqual([1, 1]);
    asks(5, 5 * MINUTE + 2);
    answers(5, 5 * MINUTE + 3);
    loss.close();
    expect(samples()).toEqual([1, 1]);
  });

  it('a question may come a second behind its answer', () => {
    asks(1, 0);
    answers(2, 1000);
    answers(2, 1500);
    loss.passed(START + 2000);
    expect(samples()).toEqual([0, 0]);
    asks(2, 2000);
    expect(samples()).toEqual([1, 0]);
    answers(2, 2001);
    loss.close();
    expect(samples()).toEqual([1, 0]);
    asks(2, 2100);
    answers(2, 2200);
    expect(samples()).toEqual([2, 0]);
    answers(3, 3000);
    loss.passed(START + 4000);
    expect(samples()).toEqual([2, 0]);
    loss.passed(START + 4001);
    expect(samples()).toEqual([3, 1]);
    answers(4, 5000);
    answers(5, 5500);
    loss.passed(START + 6100);
    expect(samples()).toEqual([4, 2]);
    loss.passed(START + 6501);
    expect(samples()).toEqual([5, 3]);
  });

  it('are told apart by identifier, port, asker and resolver’s port', () => {
    asks(1, 0);
    answers(1, 1, { port: 5001 });
    answers(2, 1);
    answers(1, 1, { serverPort: 5353 });
    asks(9, 1, { serverPort: 5353, from: { ...CAMERA, ip: '192.168.1.99' } });
    answers(1, 1, { from: { ...CAMERA, ip: '192.168.1.99' } });
    answers(1, 2);
    loss.close();
    expect(samples()).toEqual([2, 2]);
  });

  it('are no loss for a minute after questions were forgotten', () => {
    asks(0, 0);
    answers(0, 0);
    for (let n = 0; n < 2048; n++) asks(n, 0);
    asks(2048, 1);
    answers(3000, 1);
    loss.close();
    expect(samples()).toEqual([0, 0]);
    answers(2049, 1 + MINUTE);
    loss.close();
    expect(samples()).toEqual([0, 0]);
    answers(2050, 2 + MINUTE);
    loss.close();
    expect(samples()).toEqual([1, 1]);
  });

  it('are none either where answered ones made room', () => {
    for (let n = 0; n < 2048; n++) {
      asks(n, 0);
      answers(n, 0);
    }
    expect(samples()).toEqual([2047, 0]);
    asks(2048, 1);
    answers(3000, 1);
    loss.close();
    expect(samples()).toEqual([2048, 1]);
  });

  it('are none for a minute after askers were forgotten', () => {
    for (let n = 0; n < 513; n++) asks(1, 0, { from: { ...CAMERA, ip: `10.0.${n >> 8}.${n & 255}` } });
    answers(2, 1, { from: { ...CAMERA, ip: '10.0.2.0' } });
    loss.close();
    expect(samples()).toEqual([0, 0]);
    answers(3, 1 + MINUTE, { from: { ...CAMERA, ip: '10.0.2.0' } });
    loss.close();
    expect(samples()).toEqual([1, 1]);
  });

  it('wait, a thousand and some at most', () => {
    asks(0, 0);
    for (let n = 1; n <= 1025; n++) answers(n, 0);
    loss.close();
    expect(samples()).toEqual([1024, 1024]);
  });
});
