// One connection segment by segment: what is known of it after each, and what its handler was told, in order.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import { ConnectionTable, type QuotedSegment } from '../../sensor/attribute/connections.ts';
import type { Packet, Tcp } from '../../sensor/decode/packet.ts';
import { CAMERA, GATEWAY, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { packetOf } from '../support/packet-of.ts';
import { segment } from '../support/vantage-frames.ts';

const SERVER = { mac: GATEWAY.mac, ip: '203.0.113.25' };
const WEB = 443;
const MAIL = 25;

let table: ConnectionTable;
let told: string[];
beforeEach(() => {
  told = [];
  const tell = (what: string) => (connection: Connection, time?: number) => {
    const since = time === undefined ? '' : ` ${time - START}`;
    told.push(`${what} ${connection.outcome}${since}`);
  };
  const [opened, ended, received] = [tell('opened'), tell('ended'), tell('received')];
  table = new ConnectionTable(
    {
      opened: (one) => opened(one),
      settled: tell('settled'),
      ended: (one) => ended(one),
      received: (one) => received(one),
    },
    (port) => port === MAIL,
  );
});

type From = 'device' | 'server';
interface Said {
  at?: number;
  ack?: number;
  octets?: number;
  port?: number;
  own?: number;
  ttl?: number;
}
function read(
  from: From,
  flags: string,
  sequence: number,
  { ack = 0, at = 0, octets = 0, own = 40_000, port = WEB, ttl = 64 }: Said = {},
): [Packet, Tcp, number] {
  const [source, to, ports] =
    from === 'device' ? ([CAMERA, SERVER, [own, port]] as const) : ([SERVER, CAMERA, [port, own]] as const);
  const fields = { from: source, to, ports, flags, sequence, acknowledgement: ack, ttl, payload: Buffer.alloc(octets) };
  const packet = packetOf(segment(START + at, fields));
  if (packet.tcp === null) throw new Error('no segment');
  return [packet, packet.tcp, START + at];
}
const say = (from: From, flags: string, sequence: number, said: Said = {}): Connection | null =>
  table.follow(...read(from, flags, sequence, said));
function must(connection: Connection | null): Connection {
  if (connection === null) throw new Error('no connection');
  return connection;
}
const syn = (said: Said = {}): Connection => must(say('device', 'S', 1000, said));
const totals = ({ down, up }: Connection): number[] => [up.total, down.total];

describe('a connection', () => {
  it('is told whole, from its SYN to both ends', () => {
    const connection = syn();
    expect(connection).toMatchObject({
      ...{ originatorMac: CAMERA.mac, originatorIp: CAMERA.ip, originatorPort: 40_000, hopLimit: 64 },
      ...{ responderMac: GATEWAY.mac, responderIp: SERVER.ip, responderPort: WEB, openedAt: START, lastAt: START },
      ...{ outcome: 'pending', isn: 1000, beganUnseen: false, carriedData: false, ended: false, way: null },
    });
    say('server', 'SA', 2000, { ack: 1001, at: 10 });
    say('device', 'PA', 1001, { ack: 2001, at: 20, octets: 100 });
    expect([connection.carriedData, totals(connection)]).toEqual([true, [100, 0]]);
    say('server', 'PA', 2001, { ack: 1101, at: 30, octets: 400 });
    say('server', 'FA', 2401, { ack: 1101, at: 40 });
    say('server', 'A', 2402, { ack: 1101, at: 45 });
    expect(connection).toMatchObject({
      lastAt: START + 45,
      ended: false,
      finFrom: { responder: true, originator: false },
    });
    say('device', 'FA', 1101, { ack: 2402, at: 50 });
    expect(totals(connection)).toEqual([100, 400]);
    expect(connection).toMatchObject({ ended: true, lastAt: START + 50, outcome: 'connected' });
    expect(told).toEqual([
      'opened pending',
      'settled connected 10',
      'received connected',
      'received connected',
      'ended connected',
    ]);
    say('device', 'R', 1102);
    expect(told).toHaveLength(5);
  });

  it.each<[string, [From, string, number, Said?][], string[], Partial<Connection>]>([
    ['refused', [['server', 'RA', 0, { ack: 1001, at: 5 }]], ['settled refused 5', 'ended refused'], { ended: true }],
    ['given up by itself', [['device', 'R', 1001]], [], { outcome: 'pending', ended: false }],
    ['answered', [['server', 'SA', 2000, { at: 5 }]], ['settled connected 5'], { outcome: 'connected' }],
    [
      'answered and reset',
      [
        ['server', 'SA', 2000],
        ['device', 'R', 1001],
      ],
      ['settled connected 0', 'ended connected'],
      {},
    ],
    ['acknowledged', [['device', 'A', 1001, { ack: 2001, at: 7 }]], ['settled connected 7'], {}],
    ['not acknowledged by nothing', [['device', 'A', 1001, { ack: 0 }]], [], { outcome: 'pending' }],
    ['not acknowledged by a reset', [['device', 'RA', 1001, { ack: 2001 }]], [], { outcome: 'pending' }],
    ['not answered by payload alone', [['server', 'PA', 2001, { ack: 1001, octets: 9 }]], [], { outcome: 'pending' }],
    ['not answered by a SYN', [['server', 'S', 2000]], [], { outcome: 'pending', hopLimit: 64 }],
  ])('is %s', (_what, said, expected, fields) => {
    const connection = syn();
    for (const [from, flags, sequence, more] of said) say(from, flags, sequence, more);
    expect(told.slice(1, 1 + expected.length)).toEqual(expected);
    expect(connection).toMatchObject(fields);
  });

  it('hears each segment before it ends, and knows nothing of others', () => {
    const heard: string[] = [];
    const follow = (from: From, flags: string, sequence: number, said?: Said) =>
      table.follow(...read(from, flags, sequence, said), ({ ended }, side, _packet, tcp) =>
        heard.push(`${side} ${tcp.flags} ${ended}`),
      );
    expect([follow('device', 'A', 1001), follow('server', 'A', 1)]).toEqual([null, null]);
    const opened = must(follow('device', 'S', 1000));
    expect([follow('server', 'SA', 2000), follow('server', 'R', 2001)]).toEqual([opened, opened]);
    expect(heard).toEqual(['originator 2 false', 'responder 18 false', 'responder 4 false']);
    const [packet, tcp] = read('device', 'S', 1000);
    expect(table.follow({ ...packet, ip: null }, tcp, START)).toBeNull();
  });

  it('counts octets by sequence numbers and acknowledgements, and a bare reset not at all', () => {
    const connection = syn();
    say('server', 'SA', 2000, { ack: 1001 });
    say('device', 'A', 1001, { ack: 2501 });
    expect(totals(connection)).toEqual([0, 500]);
    say('server', 'A', 2501, { ack: 1301 });
    expect(totals(connection)).toEqual([300, 500]);
    say('device', 'R', 0);
    expect(totals(connection)).toEqual([300, 500]);
    expect(connection.ended).toBe(true);
  });

  it.each([
    ['with its sequence number', 2601, 600],
    ['bare', 0, 0],
  ])('is reset by its server %s', (_what, sequence, down) => {
    const connection = syn();
    say('server', 'SA', 2000, { ack: 1001 });
    say('server', 'RA', sequence, { ack: 1500 });
    expect(totals(connection)).toEqual([0, down]);
  });

  it('that was refused has no octets', () => {
    const connection = syn();
    say('server', 'RA', 5000, { ack: 1001 });
    expect([totals(connection), connection.outcome]).toEqual([[0, 0], 'refused']);
  });
});

describe('a SYN that comes again', () => {
  it.each([
    ['is the same for five minutes', 1000, 5 * MINUTE, true],
    ['is another after that', 1000, 5 * MINUTE + 1, false],
    ['is another with another number', 1001, SECOND, false],
  ])('%s', (_what, sequence, at, isSame) => {
    const first = syn();
    const again = say('device', 'S', sequence, { at });
    expect(again === first).toBe(isSame);
    expect(first.lastAt - START).toBe(isSame ? at : 0);
    expect(told).toEqual(
      isSame
        ? ['opened pending']
        : ['opened pending', `settled unanswered ${at}`, 'ended unanswered', 'opened pending'],
    );
  });

  it('counts from the last, and takes no time back', () => {
    const first = syn();
    expect(say('device', 'S', 1000, { at: 4 * MINUTE })).toBe(first);
    expect(say('device', 'S', 1000, { at: 3 * MINUTE })).toBe(first);
    expect(first.lastAt).toBe(START + 4 * MINUTE);
    expect(say('device', 'S', 1000, { at: 9 * MINUTE })).toBe(first);
    say('server', 'SA', 2000, { at: 8 * MINUTE });
    expect(first.lastAt).toBe(START + 9 * MINUTE);
  });
});

describe('a deadline', () => {
  it('of thirty seconds passes, and an answer that comes late outweighs it', () => {
    const connection = syn({ at: 7 });
    table.expire(START + 30_006);
    expect(told).toHaveLength(1);
    table.expire(START + 99_999);
    expect(told).toEqual(['opened pending', 'settled unanswered 30007']);
    say('server', 'SA', 2000, { at: 120_000 });
    expect(connection).toMatchObject({ outcome: 'connected', outcomeBefore: 'unanswered' });
    expect(told[2]).toBe('settled connected 120000');
  });

  it('that has passed is not outweighed by a refusal', () => {
    const connection = syn();
    table.expire(START + 30_000);
    say('server', 'RA', 0, { at: 40_000 });
    expect(connection).toMatchObject({ outcome: 'unanswered', outcomeBefore: null, ended: true });
  });

  it('moves with the clock, with all that is kept', () => {
    const [pending, web, mail] = [syn(), syn({ own: 40_001 }), syn({ port: MAIL })];
    say('server', 'SA', 2000, { own: 40_001 });
    table.moveTime(MINUTE);
    for (const one of [pending, web, mail])
      expect(one).toMatchObject({ openedAt: START + MINUTE, lastAt: START + MINUTE });
    table.expire(START + MINUTE + 29_999);
    expect(told.filter((one) => one.includes('unanswered'))).toEqual([]);
    table.expire(START + MINUTE + 30_000);
    expect(told.filter((one) => one.includes('unanswered'))).toEqual([
      'settled unanswered 90000',
      'settled unanswered 90000',
    ]);
  });

  it('is no longer waited for when the clock jumps', () => {
    syn();
    table.giveUp(START + 5);
    expect([told, table.waiting]).toEqual([['opened pending', 'settled unanswered 5'], 0]);
    table.giveUp(START + 6);
    expect(told).toHaveLength(2);
  });
});

describe('an end', () => {
  it('of the capture settles and ends all', () => {
    syn();
    syn({ port: MAIL });
    say('server', 'SA', 2000);
    expect([table.size, table.waiting]).toEqual([2, 2]);
    table.close(START + 9);
    expect([table.size, table.waiting]).toEqual([0, 0]);
    expect(told.slice(3)).toEqual(['settled unanswered 9', 'ended unanswered', 'ended connected']);
  });

  it.each([
    ['mail', MAIL, WEB],
    ['others', WEB, MAIL],
  ])('comes to the first of many, of %s apart', (_what, port, other) => {
    syn({ port: other });
    const first = syn({ port, own: 1 });
    const [packet, tcp] = read('device', 'S', 1000, { port });
    if (packet.ip === null) throw new Error('no packet');
    for (let n = 0; n < 16_384; n++) {
      const ip = { ...packet.ip, source: `10.0.${n >> 8}.${n & 255}` };
      table.follow({ ...packet, ip, ends: undefined, turnedEnds: undefined }, tcp, START + 3);
      if (n === 16_382) expect(first.ended).toBe(false);
    }
    expect([first.ended, first.outcome, table.size]).toEqual([true, 'unanswered', 16_385]);
    expect(told.filter((one) => !one.startsWith('opened'))).toEqual(['settled unanswered 3', 'ended unanswered']);
  });
});

describe('an answer before its SYN', () => {
  it.each<[string, string, number, string[], number[]]>([
    ['is taken', 'SA', 2000, ['opened pending', 'settled connected 5'], [0, 400]],
    ['that refuses is taken', 'RA', 0, ['opened pending', 'settled refused 5', 'ended refused'], [0, 0]],
  ])('%s', (_what, flags, sequence, expected, counted) => {
    say('server', flags, sequence, { ack: 1001 });
    const connection = syn({ at: 5 });
    say('server', 'A', 2001, { octets: 400 });
    expect(told).toEqual(expected);
    if (flags === 'SA') expect(totals(connection)).toEqual(counted);
  });

  it('of another SYN is not', () => {
    say('server', 'SA', 2000, { ack: 1002 });
    syn();
    expect(told).toEqual(['opened pending']);
  });
});

describe('a connection whose SYN was not captured', () => {
  it('is known by what its originator sent', () => {
    const connection = must(table.adopt(...read('device', 'PA', 1001, { ack: 2001, octets: 50, at: 4 })));
    expect(connection).toMatchObject({
      ...{ outcome: 'connected', isn: null, beganUnseen: true, carriedData: true, openedAt: START + 4, hopLimit: 64 },
      ...{ originatorMac: CAMERA.mac, responderMac: GATEWAY.mac },
    });
    expect(totals(connection)).toEqual([50, 0]);
    expect(say('device', 'A', 1051, { ack: 2101 })).toBe(connection);
    expect([totals(connection), told]).toEqual([[50, 100], []]);
  });

  it('is unseen without an acknowledgement, unless its answer was seen', () => {
    const adopted = () => must(table.adopt(...read('device', 'P', 1001, { octets: 50 })));
    expect(adopted().outcome).toBe('unseen');
    table.close(START);
    say('server', 'SA', 2000, { ack: 1001 });
    expect(adopted().outcome).toBe('connected');
    table.close(START);
    say('server', 'RA', 0, { ack: 1001 });
    expect(adopted().outcome).toBe('unseen');
    const [packet, tcp] = read('device', 'P', 1001, { octets: 50 });
    expect([
      table.adopt({ ...packet, ip: null }, tcp, START),
      table.adoptAnswered({ ...packet, ip: null }, tcp, START),
    ]).toEqual([...[null, null]]);
  });

  it('is known by an answer, and its SYN may still come', () => {
    const connection = must(table.adoptAnswered(...read('server', 'SA', 2000, { ack: 1001, ttl: 50 })));
    expect(connection).toMatchObject({
      ...{ originatorMac: CAMERA.mac, originatorIp: CAMERA.ip, originatorPort: 40_000, hopLimit: null, isn: 1000 },
      ...{ responderIp: SERVER.ip, responderPort: WEB, outcome: 'connected', beganUnseen: true, ended: false },
    });
    expect([syn() === connection, told]).toEqual([true, []]);
    say('device', 'PA', 1001, { ack: 2101, octets: 10, ttl: 63 });
    expect([totals(connection), connection.hopLimit]).toEqual([[10, 100], 63]);
  });

  it('is known by payload of its server, and by a refusal, which ends it', () => {
    const connection = must(table.adoptAnswered(...read('server', 'PA', 2001, { ack: 1001, octets: 30 })));
    expect([connection.isn, connection.outcome, totals(connection)]).toEqual([null, 'connected', [0, 30]]);
    say('server', 'PA', 2031, { ack: 1011, octets: 30 });
    expect(totals(connection)).toEqual([10, 60]);
    const refused = must(table.adoptAnswered(...read('server', 'RA', 0, { ack: 1001, own: 50_000 })));
    expect(refused).toMatchObject({ outcome: 'refused', ended: true, isn: 1000 });
    expect(totals(refused)).toEqual([0, 0]);
    const wrapped = must(table.adoptAnswered(...read('server', 'SA', 2000, { ack: 0, own: 50_001 })));
    expect(wrapped.isn).toBe(0xffff_ffff);
  });

  it('goes on with segments that are looked at alone', () => {
    const [packet, tcp] = read('device', 'A', 1101, { octets: 100 });
    expect(table.continued(packet, tcp, START)).toBeNull();
    const connection = syn();
    expect(table.continued(packet, tcp, START + 5)).toBe(connection);
    expect([connection.lastAt, connection.carriedData, totals(connection)]).toEqual([START + 5, true, [200, 0]]);
    expect(table.continued(packet, tcp, START + 3)).toBe(connection);
    connection.openingRead = true;
    expect([table.continued(packet, tcp, START + 3), connection.lastAt]).toEqual([null, START + 5]);
  });
});

describe('an ICMP error', () => {
  const by = { ip: GATEWAY.ip, reason: 'host-unreachable' };
  const quoted = (fields: Partial<QuotedSegment> = {}): QuotedSegment => ({
    ...{ source: CAMERA.ip, destination: SERVER.ip, sourcePort: 40_000, destinationPort: WEB, sequence: 1000 },
    ...fields,
  });

  it('refuses the SYN that it quotes, and an answer outweighs it', () => {
    const connection = syn();
    expect(table.refuse(quoted({ sequence: 1001 }), by, START + 1)).toBe(true);
    expect(table.refuse(quoted({ sourcePort: 40_001 }), by, START + 1)).toBe(false);
    expect(told).toHaveLength(1);
    expect(table.refuse(quoted(), by, START + 2)).toBe(true);
    expect(connection).toMatchObject({ outcome: 'refused', refusedBy: by, ended: false });
    say('server', 'SA', 2000, { at: 3 });
    expect(connection).toMatchObject({ outcome: 'connected', outcomeBefore: 'refused', refusedBy: null });
    expect(table.refuse(quoted(), by, START + 4)).toBe(true);
    expect([connection.outcome, connection.refusedBy]).toEqual(['connected', null]);
    expect(told).toEqual(['opened pending', 'settled refused 2', 'settled connected 3']);
  });

  it('outweighs a deadline; a reset by the server is not outweighed', () => {
    const connection = syn();
    table.expire(START + 30_000);
    table.refuse(quoted(), by, START + 31_000);
    expect(connection).toMatchObject({ outcome: 'refused', outcomeBefore: 'unanswered' });
    const other = syn({ own: 40_001 });
    say('server', 'RA', 0, { own: 40_001 });
    say('device', 'A', 1001, { own: 40_001, ack: 2001 });
    expect(other.outcome).toBe('refused');
  });

  it('makes a connection known whose SYN was not seen', () => {
    const connection = table.adoptRefused(quoted(), by, CAMERA.mac, START + 5);
    expect(connection).toMatchObject({
      ...{ originatorMac: CAMERA.mac, originatorIp: CAMERA.ip, originatorPort: 40_000, responderIp: SERVER.ip },
      ...{ responderMac: null, responderPort: WEB, outcome: 'refused', refusedBy: by, beganUnseen: true, isn: 1000 },
      ...{ openedAt: START + 5, hopLimit: null },
    });
    expect(say('device', 'S', 1000)).toBe(connection);
  });
});

it('a flood of SYNs that are settled leaves few on the list of those that wait', () => {
  const [packet, tcp] = read('device', 'S', 1000);
  const [answer, answered] = read('server', 'SA', 2000, { ack: 1001 });
  const [ip, answerIp] = [packet.ip, answer.ip];
  if (ip === null || answerIp === null) throw new Error('no packet');
  for (let n = 0; n < 9000; n++) {
    const source = `10.0.${n >> 8}.${n & 255}`;
    const anew = { ends: undefined, turnedEnds: undefined };
    table.follow({ ...packet, ...anew, ip: { ...ip, source } }, tcp, START);
    table.follow({ ...answer, ...anew, ip: { ...answerIp, destination: source } }, answered, START);
    expect(table.waiting).toBeLessThanOrEqual(4096);
  }
  table.expire(START + 30_000);
  expect(table.waiting).toBe(0);
  expect(told.some((one) => one.includes('unanswered'))).toBe(false);
});
