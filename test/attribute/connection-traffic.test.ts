// What is told of connections, in order: of which device, which way, under which name; and what makes one that began unseen.
import { beforeEach, describe, expect, it } from 'vitest';
import { CaptureLoss } from '../../sensor/attribute/capture-loss.ts';
import type { Connection } from '../../sensor/attribute/connection.ts';
import { type ConnectionListener, ConnectionTraffic } from '../../sensor/attribute/connection-traffic.ts';
import { DestinationNames } from '../../sensor/attribute/destination-names.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { IdentityBook } from '../../sensor/attribute/identity.ts';
import { decodeDns } from '../../sensor/decode/dns.ts';
import { DecodeCounters, Failure } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  SECOND,
  START,
  TELEVISION,
} from '../../sensor/self-test/frames/home.ts';
import { recordedHellos } from '../decode/fixtures/hellos.ts';
import { datagram, dnsAnswer, REFUSED_SYN, refusal, tlsHello } from '../support/name-frames.ts';
import { connect, octets, socks5 } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { segment } from '../support/vantage-frames.ts';

const SERVER = '203.0.113.80';
/** Behind a proxy. */
const INNER = '203.0.113.90';
const WHO = new Map(
  [CAMERA, FRIDGE, TELEVISION, GATEWAY].map(({ mac }, n) => [mac, 'camera fridge television router'.split(' ')[n]]),
);
const HELLO = tlsHello('api.vendor.example');
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: IpCam/7.0\r\n\r\n');

let devices: DeviceTable;
let names: DestinationNames;
let loss: CaptureLoss;
let traffic: ConnectionTraffic;
let told: string[];
let last: Connection | null;
/** Shows the names as well. */
let isNamed: boolean;

const tell =
  (what: string) =>
  (device: Device, connection: Connection, ...more: unknown[]): void => {
    last = connection;
    const times = more.filter((one): one is number => typeof one === 'number').map((time) => time - START);
    const sides = more.filter((one) => typeof one === 'string');
    const name = isNamed ? [`${connection.name} ${connection.nameFrom}`] : [];
    told.push([what, WHO.get(device.mac), connection.way, connection.outcome, ...name, ...sides, ...times].join(' '));
  };

beforeEach(() => {
  devices = new DeviceTable();
  const gateways = new GatewayFinder();
  gateways.handedTo(GATEWAY.mac, SERVER);
  gateways.cameFrom(GATEWAY.mac, SERVER);
  names = new DestinationNames();
  loss = new CaptureLoss();
  told = [];
  last = null;
  isNamed = false;
  const listener: ConnectionListener = {
    ...{ opened: tell('opened'), settled: tell('settled'), named: tell('named'), received: tell('received') },
    ...{ tunnelled: tell('tunnelled'), ended: tell('ended') },
    segment: (device, connection, _tcp, from, time) => tell('segment')(device, connection, from, time),
  };
  traffic = new ConnectionTraffic({
    ...{ devices, gateways, home: new Home([]), names, loss, listener },
    ...{ identities: new IdentityBook(devices), counters: new DecodeCounters() },
  });
  for (const { mac } of [CAMERA, FRIDGE, GATEWAY]) devices.seen(mac, START);
});

interface Host {
  mac: string;
  ip: string;
}
interface Said {
  at?: number;
  own?: number;
  port?: number;
  seq?: number;
  ack?: number;
  with?: string | Buffer;
}
const internet = (ip = SERVER): Host => ({ mac: GATEWAY.mac, ip });
function read(from: Host, to: Host, flags: string, ports: readonly [number, number], said: Said): Packet {
  const { ack = 0, at = 0, seq = 1000 } = said;
  const payload = Buffer.from((said.with ?? '') as string);
  return packetOf(segment(START + at, { from, to, ports, flags, sequence: seq, acknowledgement: ack, payload }));
}
function give(packet: Packet, at = 0): Connection | null {
  if (packet.tcp === null) throw new Error('no segment');
  loss.passed(START + at);
  return traffic.tcp(packet, packet.tcp, START + at);
}
/** From the device that opens it. */
const out = (from: Host, to: Host, flags: string, said: Said = {}): Connection | null =>
  give(read(from, to, flags, [said.own ?? 40_000, said.port ?? 443], said), said.at);
/** From who is asked. */
const back = (from: Host, to: Host, flags: string, said: Said = {}): Connection | null =>
  give(read(from, to, flags, [said.port ?? 443, said.own ?? 40_000], said), said.at);
const learn = (asker: string, name: string, ip: string, ttl = 300): void => {
  const answer = decodeDns(dnsAnswer(name, [ip], ttl));
  if (answer instanceof Failure) throw new Error(answer.detail);
  names.learn(asker, answer, START);
};
const device = ({ mac }: { mac: string }): Device => devices.get(mac) as Device;

describe('a connection', () => {
  it('to the Internet is told of from its SYN to its end, and counts as one of its device', () => {
    isNamed = true;
    learn(CAMERA.mac, 'api.vendor.example', SERVER);
    expect(devices.isKept(CAMERA.mac)).toBe(false);
    const connection = out(CAMERA, internet(), 'S', { at: 1 });
    expect(devices.isKept(CAMERA.mac)).toBe(true);
    expect(back(internet(), CAMERA, 'SA', { at: 2, seq: 5000, ack: 1001 })).toBe(connection);
    out(CAMERA, internet(), 'A', { at: 3, seq: 1001, ack: 5001 });
    back(internet(), CAMERA, 'FA', { at: 4, seq: 5001, ack: 1001 });
    out(CAMERA, internet(), 'FA', { at: 5, seq: 1001, ack: 5002 });
    const [name, who] = ['api.vendor.example dns', 'camera outbound'];
    expect(told).toEqual([
      `opened ${who} pending ${name} 1`,
      `segment ${who} pending ${name} originator 1`,
      `settled ${who} connected ${name} 2`,
      `segment ${who} connected ${name} responder 2`,
      `segment ${who} connected ${name} originator 3`,
      `segment ${who} connected ${name} responder 4`,
      `received ${who} connected ${name} 4`,
      `segment ${who} connected ${name} originator 5`,
      `ended ${who} connected ${name} 5`,
    ]);
    expect(device(CAMERA).connections).toBe(1);
    const hour = Math.floor(START / HOUR);
    expect([...device(CAMERA).activity]).toEqual([{ hour, connections: 1, mailAttempts: 0 }]);
  });

  it('that comes from the Internet is told of with who is asked, and counts for nobody', () => {
    out(internet(), CAMERA, 'S');
    back(CAMERA, internet(), 'SA', { at: 1, seq: 5000, ack: 1001 });
    out(internet(), CAMERA, 'R', { at: 2, seq: 1001 });
    expect(told).toEqual([
      'opened camera inbound pending 0',
      'segment camera inbound pending originator 0',
      'settled camera inbound connected 1',
      'segment camera inbound connected responder 1',
      'segment camera inbound connected originator 2',
      'ended camera inbound connected 2',
    ]);
    expect([device(CAMERA).connections, [...device(CAMERA).activity], devices.isKept(CAMERA.mac)]).toEqual([
      0,
      [],
      false,
    ]);
  });

  it('within the home is told of with who opened it, and counts for nobody', () => {
    learn(CAMERA.mac, 'fridge.example', FRIDGE.ip);
    out(CAMERA, FRIDGE, 'S');
    expect(told).toEqual(['opened camera local pending 0', 'segment camera local pending originator 0']);
    back(FRIDGE, CAMERA, 'RA', { at: 1, ack: 1001, seq: 0 });
    expect(told.at(-1)).toBe('ended camera local refused 1');
    expect([device(CAMERA).connections, devices.isKept(CAMERA.mac), last?.name]).toEqual([0, false, null]);
  });

  it('of nobody known is not told of', () => {
    expect(out(TELEVISION, internet(), 'S')).not.toBeNull();
    back(internet(), TELEVISION, 'SA', { ack: 1001 });
    out(TELEVISION, internet(), 'PA', { seq: 1001, ack: 1001, with: HELLO });
    back(internet(), TELEVISION, 'FA', { seq: 1001, ack: 1001 });
    back(internet(), TELEVISION, 'R', { seq: 1002 });
    expect(told).toEqual([]);
  });

  it('of a device that was forgotten is not told of any more', () => {
    out(CAMERA, internet(), 'S');
    told = [];
    devices.forget(CAMERA.mac);
    out(CAMERA, internet(), 'PA', { seq: 1001, ack: 1, with: REQUEST });
    back(internet(), CAMERA, 'FA', { seq: 1, ack: 1001 });
    out(CAMERA, internet(), 'R', { seq: 2000 });
    expect(told).toEqual([]);
  });

  it('of an address that was made up is refused a place once', () => {
    devices.beginFlood([CAMERA.mac]);
    out(CAMERA, internet(), 'S');
    out(CAMERA, internet(), 'A', { seq: 1001, ack: 1 });
    expect([devices.refused, devices.isKept(CAMERA.mac)]).toEqual([1, false]);
  });

  it('without an answer is settled at its deadline, or when packet time is given up, and ends with the capture', () => {
    out(CAMERA, internet(), 'S', { at: 5 });
    traffic.expire(START + 30 * SECOND + 4);
    expect(told).toHaveLength(2);
    traffic.expire(START + 30 * SECOND + 5);
    expect(told.slice(2)).toEqual([`settled camera outbound unanswered ${30 * SECOND + 5}`]);
    out(CAMERA, internet(), 'S', { at: MINUTE, own: 40_001 });
    traffic.giveUp(START + MINUTE + 1);
    expect(told.slice(-1)).toEqual([`settled camera outbound unanswered ${MINUTE + 1}`]);
    out(CAMERA, internet(), 'S', { at: 2 * MINUTE, own: 40_002 });
    told = [];
    traffic.close(START + 2 * MINUTE + 9);
    expect(told).toEqual([
      `settled camera outbound unanswered ${2 * MINUTE + 9}`,
      'ended camera outbound unanswered 5',
      `ended camera outbound unanswered ${MINUTE}`,
      `ended camera outbound unanswered ${2 * MINUTE}`,
    ]);
  });

  it('goes with the clock that is put right: its times, its deadline, its names and what comes next', () => {
    learn(CAMERA.mac, 'late.example', INNER, 1);
    const connection = out(CAMERA, internet(), 'S');
    asks(first);
    traffic.moveTime(DAY);
    expect([connection?.openedAt, connection?.lastAt]).toEqual([START + DAY, START + DAY]);
    traffic.expire(START + DAY + 30 * SECOND - 1);
    expect(told.slice(2)).toEqual([]);
    traffic.expire(START + DAY + 30 * SECOND);
    expect(told.slice(2)).toEqual([`settled camera outbound unanswered ${DAY + 30 * SECOND}`]);
    out(CAMERA, internet(INNER), 'S', { at: DAY + 5 * MINUTE, own: 40_001 });
    expect(last?.name).toBe('late.example');
    told = [];
    traffic.moveTime(-HOUR);
    // What counts as now has moved too: nobody has said what time it is.
    traffic.giveUp(START + DAY);
    expect(told).toEqual([`settled camera outbound unanswered ${DAY}`]);
  });

  it.each([DAY, -DAY])('is named at its end by what DNS says when its clock was put right by %i ms', (by) => {
    out(CAMERA, internet(), 'S');
    learn(CAMERA.mac, 'late.example', SERVER, 1);
    traffic.moveTime(by);
    traffic.close(START + by);
    expect([last?.ended, last?.name]).toEqual([true, 'late.example']);
  });

  it.each<[string, (time: number) => void]>([
    ['when time goes by', (time) => traffic.expire(time)],
    ['with a refusal of another', (time) => refuse({ at: time - START, source: FRIDGE.ip, to: FRIDGE.mac })],
  ])('has no name at its end that DNS gave too long ago: %s', (_, pass) => {
    out(CAMERA, internet(), 'S');
    learn(CAMERA.mac, 'late.example', SERVER, 1);
    const connection = last;
    pass(START + 10 * MINUTE + 1);
    traffic.close(START + 10 * MINUTE + 1);
    expect([connection?.ended, connection?.name]).toEqual([true, null]);
  });
});

const [quic] = recordedHellos('quic-hellos.json');
const [first, second] = (quic?.bytes ?? []) as [Buffer, Buffer];
function asks(payload: Buffer, at = 0): void {
  const packet = packetOf(datagram({ ...CAMERA, port: 41_000 }, outside(SERVER, 443), payload, START + at));
  if (packet.udp === null) throw new Error('no datagram');
  traffic.udp(packet, packet.udp, START + at);
}

describe('the name of a connection', () => {
  const begin = (to = internet(), fields: Said = {}): void => {
    out(CAMERA, to, 'S', { ...fields, seq: 1000 });
    told = [];
    isNamed = true;
  };
  const says = (bytes: string | Buffer, seq = 1001, fields: Said = {}): void => {
    out(CAMERA, internet(), 'PA', { seq, with: bytes, at: 1, ...fields });
  };

  it('is what it says itself, before it is told of the segment', () => {
    learn(CAMERA.mac, 'dns.example', SERVER);
    begin();
    says(HELLO);
    expect(told).toEqual([
      'named camera outbound pending api.vendor.example sni 1',
      'segment camera outbound pending api.vendor.example sni originator 1',
    ]);
    says(REQUEST, 1001 + HELLO.length);
    expect(told[2]).toBe('named camera outbound pending a.example http 1');
    expect([last?.nameIsOuter, device(CAMERA).identity.userAgent]).toEqual([false, 'IpCam/7.0']);
  });

  it('is an outer one where its hello says so', () => {
    begin();
    says(tlsHello('public.cdn.example', { ech: true }));
    expect([last?.name, last?.nameIsOuter]).toEqual(['public.cdn.example', true]);
  });

  it('is that of an answer which came after it was opened', () => {
    begin();
    learn(CAMERA.mac, 'late.example', SERVER);
    says('GET / HTTP/1.0\r\n\r\n');
    expect(told[0]).toBe('named camera outbound pending late.example dns 1');
  });

  it('is nothing that the other side says', () => {
    begin();
    back(internet(), CAMERA, 'PA', { seq: 1001, ack: 1001, with: REQUEST });
    expect(told).toEqual(['segment camera outbound pending null null responder 0']);
  });

  it('is that of its DNS where it says none, and what it asked for is told besides where that is the bare address', () => {
    learn(CAMERA.mac, 'dns.example', INNER);
    begin();
    says(`GET / HTTP/1.1\r\nHost: ${SERVER}\r\n\r\n`);
    expect(told[0]).toBe(`named camera outbound pending null null ${SERVER} 1`);
    begin(internet(INNER));
    out(CAMERA, internet(INNER), 'PA', { seq: 1001, with: 'GET / HTTP/1.0\r\n\r\n' });
    expect(told[0]).toBe('named camera outbound pending dns.example dns 0');
  });

  it('is another device’s where only that asked, and is looked for again until the end', () => {
    begin();
    learn(FRIDGE.mac, 'other.example', SERVER);
    back(internet(), CAMERA, 'FA', { at: 5, seq: 1, ack: 1001 });
    expect(told.slice(-1)).toEqual(['received camera outbound pending other.example dns-other 5']);
    devices.takeChanged();
    out(CAMERA, internet(), 'FA', { at: 6, seq: 1001, ack: 2 });
    expect(told.slice(-1)).toEqual(['ended camera outbound connected other.example dns-other 6']);
    expect(devices.takeChanged()).toEqual([device(CAMERA)]);
  });

  it('is not looked for by anybody but who opened it', () => {
    devices.lease(device(CAMERA), CAMERA.ip, START, 'arp');
    learn(CAMERA.mac, 'own.example', SERVER);
    const packet = read(CAMERA, internet(), 'S', [40_000, 443], {});
    give({ ...packet, sourceMac: null, destinationMac: null });
    expect([last?.name, last?.nameFrom]).toEqual(['own.example', 'dns']);
  });

  it('of one that comes from outside, or stays within, is none', () => {
    out(internet(), CAMERA, 'S', { port: 80 });
    out(internet(), CAMERA, 'PA', { port: 80, seq: 1001, with: REQUEST });
    out(CAMERA, FRIDGE, 'S', { port: 80 });
    out(CAMERA, FRIDGE, 'PA', { port: 80, seq: 1001, with: REQUEST });
    expect([last?.name, told.filter((one) => one.startsWith('named')), device(CAMERA).identity.userAgent]).toEqual([
      null,
      [],
      null,
    ]);
  });

  it('comes out of segments that may continue a hello, which are told of no more than that', () => {
    begin();
    says(HELLO.subarray(0, 60));
    told = [];
    const rest = read(CAMERA, internet(), 'PA', [40_000, 443], { seq: 1061, with: HELLO.subarray(60), at: 9 });
    if (rest.tcp === null) throw new Error('no segment');
    traffic.continued(rest, rest.tcp, START + 9);
    expect(told).toEqual(['named camera outbound pending api.vendor.example sni 9']);
    expect([last?.lastAt, last?.up.total]).toEqual([START + 9, HELLO.length]);
    traffic.continued(rest, rest.tcp, START + 10);
    const strange = read(TELEVISION, internet(), 'PA', [40_000, 443], { seq: 1061, with: HELLO });
    if (strange.tcp === null) throw new Error('no segment');
    traffic.continued(strange, strange.tcp, START + 11);
    expect(told).toHaveLength(1);
  });

  it('comes out of QUIC too; such a connection ends when it is silent, or with the capture', () => {
    isNamed = true;
    asks(first);
    asks(second, 7);
    expect(told).toEqual(['named camera outbound unseen dashboard.plug.example quic 7']);
    expect(devices.isKept(CAMERA.mac)).toBe(true);
    traffic.expire(START + 2 * MINUTE + 6);
    expect(told).toHaveLength(1);
    traffic.expire(START + 2 * MINUTE + 7);
    expect(told.slice(1)).toEqual(['ended camera outbound unseen dashboard.plug.example quic 7']);
    asks(first, 3 * MINUTE);
    traffic.close(START + 4 * MINUTE);
    expect(told.slice(2)).toEqual([`ended camera outbound unseen null null ${3 * MINUTE}`]);
  });
});

describe('through a proxy', () => {
  const PROXY = internet('198.51.100.10');
  const said = (what: readonly { bytes: Buffer }[]): Buffer[] => what.map(({ bytes }) => bytes);
  const begin = (to: Host): void => {
    out(CAMERA, to, 'S', { port: 1080 });
    told = [];
    isNamed = true;
  };
  const asked = (to: Host, bytes: string | Buffer, seq = 1001): void => {
    out(CAMERA, to, 'PA', { port: 1080, seq, with: bytes, at: 1 });
  };

  it('on the Internet a connection has the name that it was asked for, and the address is the proxy’s no longer', () => {
    learn(CAMERA.mac, 'proxy.example', PROXY.ip);
    begin(PROXY);
    const [request = Buffer.alloc(0), answer] = said(connect('b.example', 443));
    asked(PROXY, request);
    expect(told).toEqual([
      'tunnelled camera outbound pending b.example http 1',
      'segment camera outbound pending b.example http originator 1',
    ]);
    back(PROXY, CAMERA, 'PA', { port: 1080, seq: 1, ack: 1001 + request.length, at: 2, with: answer ?? '' });
    expect(told.slice(2)).toEqual([
      'tunnelled camera outbound pending b.example http 2',
      'segment camera outbound pending b.example http responder 2',
    ]);
    expect([last?.inner?.outcome, device(CAMERA).connections]).toEqual(['connected', 1]);
    asked(PROXY, HELLO, 1001 + request.length);
    expect([last?.name, last?.nameFrom]).toEqual(['api.vendor.example', 'sni']);
  });

  it('in the home it leaves the home from then on, and counts once', () => {
    begin(FRIDGE);
    expect([device(CAMERA).connections, devices.isKept(CAMERA.mac)]).toEqual([0, false]);
    asked(FRIDGE, said(connect('b.example', 443))[0] ?? '');
    expect(told[0]).toBe('tunnelled camera outbound pending b.example http 1');
    expect(device(CAMERA).connections).toBe(1);
    expect([...device(CAMERA).activity]).toMatchObject([{ connections: 1 }]);
    expect(devices.isKept(CAMERA.mac)).toBe(true);
  });

  it('to a host of the home it stays within, without a name', () => {
    begin(FRIDGE);
    asked(FRIDGE, said(connect('printer.local', 443))[0] ?? '');
    expect(told[0]).toBe('tunnelled camera local pending null null 1');
    expect(device(CAMERA).connections).toBe(0);
  });

  it('to an address it has the name that DNS gives that, or none', () => {
    learn(CAMERA.mac, 'proxy.example', PROXY.ip);
    learn(CAMERA.mac, 'inner.example', INNER);
    begin(PROXY);
    asked(PROXY, said(connect(INNER, 443))[0] ?? '');
    expect(told[0]).toBe('tunnelled camera outbound pending inner.example dns 1');
    begin(internet('198.51.100.11'));
    asked(internet('198.51.100.11'), said(connect('203.0.113.91', 443))[0] ?? '');
    expect(told[0]).toBe('tunnelled camera outbound pending null null 1');
  });

  it('that refuses it is a connection to the proxy', () => {
    learn(CAMERA.mac, 'proxy.example', PROXY.ip);
    begin(PROXY);
    const [request = Buffer.alloc(0)] = said(connect('b.example', 443));
    asked(PROXY, request);
    back(PROXY, CAMERA, 'PA', {
      port: 1080,
      seq: 1,
      ack: 1001 + request.length,
      with: 'HTTP/1.1 403 Forbidden\r\n\r\n',
    });
    expect([last?.name, last?.nameFrom, last?.inner?.outcome]).toEqual(['proxy.example', 'dns', 'refused']);
  });

  it('keeps a name that its hello told before', () => {
    begin(PROXY);
    const greeting = said(socks5('b.example', 443));
    asked(PROXY, greeting[0] ?? '');
    if (last !== null) Object.assign(last, { name: 'hello.example', nameFrom: 'sni' });
    asked(PROXY, greeting[2] ?? '', 1004);
    expect(told.some((one) => one.startsWith('tunnelled camera outbound pending hello.example sni'))).toBe(true);
  });

  it('the client may send on at once: what follows in the segment names it', () => {
    begin(PROXY);
    asked(PROXY, Buffer.concat([said(connect('b.example', 443))[0] ?? Buffer.alloc(0), HELLO]));
    expect(told).toEqual([
      'tunnelled camera outbound pending b.example http 1',
      'named camera outbound pending api.vendor.example sni 1',
      'segment camera outbound pending api.vendor.example sni originator 1',
    ]);
  });

  it.each([
    ['nothing', '', 1],
    ['nothing', '', 2],
    ['what names nothing', 'EHLO hall-cam\r\n', 1],
    ['a request', REQUEST, 1],
    ['a request', REQUEST, 2],
  ])('%s may follow in the segment, wherever it begins', (_, more, length) => {
    begin(PROXY);
    const request = Buffer.from(`CONNECT b.example:443 HTTP/1.1\r\nA: ${'x'.repeat(length)}\r\n\r\n`);
    asked(PROXY, Buffer.concat([request, Buffer.from(more as string)]));
    expect(told[0]).toBe('tunnelled camera outbound pending b.example http 1');
    const name = more === REQUEST ? 'a.example' : 'b.example';
    expect(told.slice(1)).toEqual([
      ...(more === REQUEST ? [`named camera outbound pending ${name} http 1`] : []),
      `segment camera outbound pending ${name} http originator 1`,
    ]);
  });

  it('what it is asked for may end in a segment that came first', () => {
    begin(PROXY);
    const [request = Buffer.alloc(0)] = said(connect('b.example', 443));
    out(CAMERA, PROXY, 'PA', { port: 1080, seq: 1001, with: request.subarray(0, 10) });
    asked(PROXY, Buffer.concat([request.subarray(20), HELLO]), 1021);
    asked(PROXY, request.subarray(10, 20), 1011);
    expect([last?.inner?.host, last?.name]).toEqual(['b.example', 'b.example']);
  });

  it('nothing of what it answers is taken for what it is asked', () => {
    begin(PROXY);
    const [request = Buffer.alloc(0)] = said(connect('b.example', 443));
    asked(PROXY, request);
    const answer = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
    // By its sequence number the client's next octet would lie within.
    const seq = 1001 + request.length - answer.length;
    back(PROXY, CAMERA, 'PA', { port: 1080, seq, ack: 1, with: Buffer.concat([answer, REQUEST]) });
    expect([last?.inner?.outcome, last?.name]).toEqual(['connected', 'b.example']);
  });

  it('opened from outside it is a device’s own affair', () => {
    out(internet(), CAMERA, 'S', { port: 1080 });
    out(internet(), CAMERA, 'PA', { port: 1080, seq: 1001, with: said(connect('b.example', 443))[0] ?? '' });
    expect([told.filter((one) => one.startsWith('tunnelled')), last?.inner]).toEqual([[], null]);
  });

  it('a name is one by its DNS at that time', () => {
    learn(FRIDGE.mac, 'b.example', INNER);
    begin(PROXY);
    asked(PROXY, octets('C', 'CONNECT b.example:443 HTTP/1.1\r\n\r\n').bytes);
    expect(last?.inner).toMatchObject({ host: 'b.example', ip: INNER });
  });
});

describe('a connection that began unseen', () => {
  const plain = { seq: 1001, ack: 5001 };
  const mailServer = internet(MAIL_SERVER);

  it.each<[string, Said & { flags?: string }, boolean]>([
    ['is made by a hello', { with: HELLO }, true],
    ['is made by a request', { with: REQUEST, port: 80 }, true],
    ['is made by a greeting of mail on any port', { with: 'EHLO hall-cam\r\n', port: 2626 }, true],
    ['is made by payload for a port of mail', { with: 'x', port: 25 }, true],
    ['is not made by a segment without payload', { port: 25 }, false],
    ['is not made by payload for another port', { with: 'x', port: 26 }, false],
    ['is not made by its end', { flags: 'FA', port: 25 }, false],
  ])('%s', (_, { flags = 'PA', ...said }, isMade) => {
    const connection = out(CAMERA, mailServer, flags, { ...plain, ...said });
    expect(connection !== null).toBe(isMade);
    expect(told.filter((one) => one.startsWith('segment'))).toEqual(
      isMade ? ['segment camera outbound connected originator 0'] : [],
    );
    expect(devices.isKept(CAMERA.mac)).toBe(isMade);
    expect([device(CAMERA).connections, told.some((one) => one.startsWith('opened'))]).toEqual([0, false]);
  });

  it.each<[string, string, Said, boolean]>([
    ['an answer', 'SA', { ack: 1001 }, true],
    ['payload', 'PA', { with: '2' }, true],
    ['an answer that refuses', 'RA', { seq: 0, ack: 1001 }, true],
    ['not by a reset of what was open', 'RA', { seq: 5000, ack: 1001 }, false],
    ['not by an acknowledgement alone', 'A', {}, false],
    ['not by payload that acknowledges nothing', 'P', { with: '220 mx\r\n' }, false],
    ['not by an answer from one port of mail to another', 'SA', { ack: 1001, own: 587 }, false],
    ['not by another server’s payload', 'PA', { with: '220 mx\r\n', port: 26 }, false],
    ['not by another server’s answer', 'SA', { port: 26 }, false],
  ])('is made by what a mail server sends: %s', (_, flags, said, isMade) => {
    const connection = back(mailServer, TELEVISION, flags, { port: 25, ...said });
    // The device is seen by it, though nobody has seen it send.
    expect([connection !== null, devices.get(TELEVISION.mac) !== undefined]).toEqual([isMade, isMade]);
    const outcome = flags === 'RA' ? 'refused' : 'connected';
    expect(told).toEqual(isMade ? [`segment television outbound ${outcome} responder 0`] : []);
    expect(connection?.originatorPort).toBe(isMade ? 40_000 : undefined);
    // Only what was answered from inside is settled by that.
    expect(devices.isKept(TELEVISION.mac)).toBe(isMade);
  });

  it.each<[string, Host, Host, string, boolean]>([
    ['a device answers the Internet', CAMERA, internet(), 'SA', true],
    ['not where it only acknowledges', CAMERA, internet(), 'A', false],
    ['not where it refuses', CAMERA, internet(), 'RA', false],
    ['not where the router answers', GATEWAY, internet(), 'SA', false],
    ['not where it answers within the home', CAMERA, { mac: GATEWAY.mac, ip: FRIDGE.ip }, 'SA', false],
    ['not where it hands the answer to another', CAMERA, { mac: FRIDGE.mac, ip: SERVER }, 'SA', false],
  ])('comes from outside where %s', (_, from, to, flags, isMade) => {
    const connection = back(from, to, flags, { port: 8080, ack: 1001 });
    expect(connection !== null).toBe(isMade);
    expect(told).toEqual(
      isMade ? ['segment camera inbound connected responder 0', 'settled camera inbound connected 0'] : [],
    );
    expect(devices.isKept(CAMERA.mac)).toBe(false);
  });

  it('comes from outside without a word that it was answered where it shows none', () => {
    out(internet(), CAMERA, 'P', { port: 25, seq: 1001, with: 'x' });
    expect(told).toEqual(['segment camera inbound unseen originator 0']);
  });

  it('is not known from outside without addresses on its frames', () => {
    const answer = read(CAMERA, internet(), 'SA', [8080, 40_000], { ack: 1001 });
    expect([give({ ...answer, sourceMac: null }), give({ ...answer, destinationMac: null })]).toEqual([null, null]);
  });

  it('has lost its SYN where the answer was seen', () => {
    loss.passed(START - 10 * SECOND);
    back(internet(), CAMERA, 'SA', { ack: 1001, seq: 5000 });
    expect(loss.overall()).toMatchObject({ samples: 0, missed: 0 });
    out(CAMERA, internet(), 'PA', { ...plain, with: HELLO });
    expect(loss.overall()).toMatchObject({ samples: 1, missed: 1 });
    // Of another no more comes than an acknowledgement.
    back(internet(), CAMERA, 'SA', { ack: 1001, own: 40_001 });
    out(CAMERA, internet(), 'A', { ...plain, own: 40_001 });
    expect(loss.overall()).toMatchObject({ samples: 2, missed: 2 });
  });
});

it('what was seen of a connection tells at its end whether something was lost', () => {
  loss.passed(START - 10 * SECOND);
  out(CAMERA, internet(), 'S');
  back(internet(), CAMERA, 'SA', { seq: 5000, ack: 1001 });
  out(CAMERA, internet(), 'A', { seq: 1001, ack: 5001 });
  const rest = read(CAMERA, internet(), 'PA', [40_000, 443], { seq: 1501, with: HELLO });
  if (rest.tcp === null) throw new Error('no segment');
  traffic.continued(rest, rest.tcp, START);
  expect(loss.overall().samples).toBe(0);
  back(internet(), CAMERA, 'RA', { seq: 5001, ack: 1001 });
  // Its SYN, its answer and the opening before what was seen: the last is missing.
  expect(loss.overall()).toMatchObject({ samples: 3, missed: 1 });
});

interface Refusing {
  by?: string;
  source?: string;
  destination?: string;
  at?: number;
  to?: string | null;
}
function refuse({
  at = 0,
  by = '198.51.100.1',
  destination = MAIL_SERVER,
  source = CAMERA.ip,
  ...rest
}: Refusing = {}): void {
  const { to = CAMERA.mac } = rest;
  const packet = packetOf(refusal({ code: 13, by, source }, START + at));
  const { icmpError } = packet;
  if (icmpError === null) throw new Error('no error');
  const error = { ...icmpError, quoted: { ...icmpError.quoted, destination } };
  traffic.refused({ ...packet, destinationMac: to }, error, START + at);
}

describe('an ICMP error', () => {
  it('refuses the SYN that it quotes', () => {
    const { destinationPort: port, sequence: seq, sourcePort: own } = REFUSED_SYN;
    out(CAMERA, internet(MAIL_SERVER), 'S', { own, port, seq });
    refuse({ at: 3 });
    expect(told.slice(2)).toEqual(['settled camera outbound refused 3']);
    expect(last?.refusedBy).toMatchObject({ ip: '198.51.100.1', reason: 'administratively-prohibited' });
    refuse({ at: 4 });
    expect(told).toHaveLength(3);
  });

  it('shows a connection of which nothing else was seen', () => {
    refuse({ at: 3, to: TELEVISION.mac });
    expect(told).toEqual(['opened television outbound refused 3']);
    expect([devices.isKept(TELEVISION.mac), last?.originatorIp, last?.beganUnseen]).toEqual([true, CAMERA.ip, true]);
    expect(device(TELEVISION).connections).toBe(0);
    expect(device(TELEVISION).lastSeen).toBe(START + 3);
  });

  it.each<[string, () => void]>([
    ['that quotes an outside address', () => refuse({ source: SERVER })],
    ['that goes to a group', () => refuse({ to: '01:00:5e:00:00:01' })],
    ['without an address', () => refuse({ to: null })],
    [
      'that goes to another than who holds the address',
      () => {
        devices.lease(device(FRIDGE), CAMERA.ip, START, 'arp');
        refuse();
      },
    ],
    ['about what stays within the home', () => refuse({ destination: FRIDGE.ip })],
  ])('%s shows none', (_, send) => {
    send();
    expect(told).toEqual([]);
  });

  it('that goes to who holds the address is theirs', () => {
    devices.lease(device(CAMERA), CAMERA.ip, START, 'arp');
    refuse();
    expect(told).toEqual(['opened camera outbound refused 0']);
  });

  it('that goes to who is known, and holds no address yet, is theirs', () => {
    refuse();
    expect(told).toEqual(['opened camera outbound refused 0']);
  });

  it('that goes to who carries another is the other’s', () => {
    const [camera] = [device(CAMERA)];
    devices.prove(GATEWAY.mac);
    const grant = { ip: CAMERA.ip, time: START, until: null, server: GATEWAY.mac, via: FRIDGE.mac };
    devices.carriers.granted(camera, { ...grant, arrived: true, kind: 'repeater' });
    devices.lease(camera, CAMERA.ip, START, 'dhcp');
    refuse({ to: FRIDGE.mac });
    expect(told).toEqual(['opened camera outbound refused 0']);
  });
});
