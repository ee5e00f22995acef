// Datagrams and segments that carry names, one by one: which are taken, for whom an answer is, and whose name an announcement is.
import { encode } from 'dns-packet';
import { beforeEach, describe, expect, it } from 'vitest';
import { DestinationNames } from '../../sensor/attribute/destination-names.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { IdentityBook } from '../../sensor/attribute/identity.ts';
import { NameTraffic } from '../../sensor/attribute/name-traffic.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';
import { datagram, dnsAnswer } from '../support/name-frames.ts';
import type { Endpoint } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { segment } from '../support/vantage-frames.ts';

const SERVER = '203.0.113.80';
const GROUP = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251' };

let devices: DeviceTable;
let names: DestinationNames;
let counters: DecodeCounters;
let traffic: NameTraffic;
/** Of each DNS message: its name, whether it answers, and who sent it. */
let told: string[];
beforeEach(() => {
  devices = new DeviceTable();
  names = new DestinationNames();
  counters = new DecodeCounters();
  told = [];
  traffic = new NameTraffic({
    ...{ devices, identities: new IdentityBook(devices), names, counters },
    onMessage: (message, packet, device) => {
      const what = message.response ? 'answer' : 'question';
      told.push(`${what} ${message.questions[0]?.name} ${device?.mac ?? null} ${packet.time - START}`);
    },
  });
});

const join = ({ mac }: { mac: string }): Device => devices.seen(mac, START) as Device;
const host = ({ ip, mac }: { ip: string; mac: string }, port: number): Endpoint => ({ ip, mac, port });
interface Sent {
  from?: Endpoint;
  to?: Endpoint;
  device?: Device | null;
  at?: number;
  changed?: Partial<Packet>;
}
function send(payload: Buffer, { at = 0, changed = {}, device = null, ...ends }: Sent = {}): boolean {
  const { from = host(GATEWAY, 53), to = host(CAMERA, 40_000) } = ends;
  const packet = { ...packetOf(datagram(from, to, payload, START + at)), ...changed };
  if (packet.udp === null) throw new Error('no datagram');
  return traffic.udp(packet, packet.udp, device, START + at);
}
const nameFor = (mac: string | null, ip = SERVER): string | undefined => {
  const known = names.nameOf(mac, ip, START);
  return known === null ? undefined : `${known.name} ${known.from}`;
};
const hostnames = ({ hostnames: all }: Device): string[] => all.map(({ from, name }) => `${from} ${name}`);

describe('a datagram', () => {
  it.each([
    [53, 40_000, true],
    [40_000, 53, true],
    [137, 40_000, true],
    [40_000, 137, true],
    [1900, 40_000, true],
    [40_000, 1900, true],
    [5353, 40_000, true],
    [40_000, 5353, true],
    [5355, 40_000, true],
    [40_000, 5355, true],
    [54, 138, false],
    [5354, 1901, false],
  ])('from port %i to %i is one of names: %s', (from, to, isTaken) => {
    expect(send(Buffer.alloc(4), { from: host(FRIDGE, from), to: host(CAMERA, to) })).toBe(isTaken);
  });

  it('of DNS that is broken is counted, one of another kind is not', () => {
    send(Buffer.alloc(5));
    expect([counters.toJSON(), told]).toEqual([{ 'dns.truncated': 1 }, []]);
    const device = join(CAMERA);
    const query = encode({ type: 'query', id: 0, questions: [{ type: 'A', name: 'printer.local' }] });
    for (const port of [5353, 5355]) send(query, { from: host(CAMERA, port), to: host(GROUP, port), device });
    expect(counters.toJSON()).toEqual({ 'dns.truncated': 1 });
    send(Buffer.alloc(5), { from: host(CAMERA, 5353), to: host(GROUP, 5353), device });
    expect(Object.keys(counters.toJSON())).toHaveLength(2);
  });
});

describe('an answer of DNS', () => {
  const answer = (name = 'api.vendor.example', ip = SERVER): Buffer => dnsAnswer(name, [ip]);

  it('names the address for who was asked, and is told of with who sent it', () => {
    const device = join(GATEWAY);
    send(answer(), { device, at: 7 });
    expect(told).toEqual([`answer api.vendor.example ${GATEWAY.mac} 7`]);
    expect([nameFor(CAMERA.mac), nameFor(FRIDGE.mac)]).toEqual([
      'api.vendor.example dns',
      'api.vendor.example dns-other',
    ]);
  });

  it('to a question is none, and told of as a question', () => {
    const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'api.vendor.example' }] });
    send(query, { from: host(CAMERA, 40_000), to: host(GATEWAY, 53), device: join(CAMERA) });
    expect([told, nameFor(CAMERA.mac)]).toEqual([[`question api.vendor.example ${CAMERA.mac} 0`], undefined]);
  });

  it('to a group is nobody’s', () => {
    send(answer(), { to: host(GROUP, 40_000) });
    expect(nameFor('01:00:5e:00:00:fb')).toBe('api.vendor.example dns-other');
  });

  it('to a MAC that carries another is that one’s, else of who has the MAC', () => {
    const { carriers } = devices;
    const camera = join(CAMERA);
    // The fridge carries the camera: the router gave the camera its address by way of the fridge.
    devices.prove(join(GATEWAY).mac);
    const grant = { ip: CAMERA.ip, time: START, until: null, server: GATEWAY.mac, via: FRIDGE.mac };
    carriers.granted(camera, { ...grant, arrived: true, kind: 'repeater' });
    devices.lease(camera, CAMERA.ip, START, 'dhcp');
    send(answer(), { to: { ...host(CAMERA, 40_000), mac: FRIDGE.mac } });
    expect([nameFor(CAMERA.mac), nameFor(FRIDGE.mac)]).toEqual([
      'api.vendor.example dns',
      'api.vendor.example dns-other',
    ]);
    send(answer('b.example', '203.0.113.81'), { to: host(FRIDGE, 40_000) });
    expect(nameFor(FRIDGE.mac, '203.0.113.81')).toBe('b.example dns');
  });

  it('on a cooked capture is of who holds the address, or nobody’s', () => {
    send(answer('early.example', '203.0.113.81'), { changed: { destinationMac: null } });
    expect(nameFor(CAMERA.mac, '203.0.113.81')).toBe('early.example dns-other');
    devices.lease(join(CAMERA), CAMERA.ip, START, 'arp');
    send(answer(), { changed: { destinationMac: null } });
    expect(nameFor(CAMERA.mac)).toBe('api.vendor.example dns');
    send(answer('c.example', '203.0.113.82'), { changed: { destinationMac: null, ip: null } });
    expect(nameFor(CAMERA.mac, '203.0.113.82')).toBe('c.example dns-other');
  });
});

/** Messages of DNS as a stream has them. */
const framed = (...messages: Buffer[]): Buffer =>
  Buffer.concat(messages.flatMap((one) => [Buffer.from([one.length >> 8, one.length & 255]), one]));

describe('DNS over TCP', () => {
  const messages = ['a.example', 'b.example', 'c.example'].map((name, n) => dnsAnswer(name, [`203.0.113.${10 + n}`]));
  interface Piece {
    flags?: string;
    from?: { mac: string; ip: string };
    to?: { mac: string; ip: string };
    ports?: readonly [number, number];
    changed?: Partial<Packet>;
  }
  function push(seq: number, payload: Buffer, piece: Piece = {}): void {
    const { changed = {}, flags = 'PA', from = GATEWAY, ports = [53, 40_000], to = CAMERA } = piece;
    const packet = { ...packetOf(segment(START, { from, to, ports, flags, sequence: seq, payload })), ...changed };
    if (packet.tcp === null) throw new Error('no segment');
    traffic.tcp(packet, packet.tcp, null, START);
  }
  const heard = (): string[] => told.map((one) => one.split(' ')[1] ?? '');

  it('is read message by message, in pieces and several in one, either way', () => {
    const [one, other, third] = messages as [Buffer, Buffer, Buffer];
    const stream = framed(one, other, third);
    push(1000, Buffer.alloc(0), { flags: 'SA' });
    push(1001, stream.subarray(0, 1));
    push(1002, stream.subarray(1, 20));
    expect(told).toEqual([]);
    push(1021, stream.subarray(20, one.length + 2));
    expect(heard()).toEqual(['a.example']);
    push(1001 + one.length + 2, stream.subarray(one.length + 2));
    expect(heard()).toEqual(['a.example', 'b.example', 'c.example']);
    expect(nameFor(CAMERA.mac, '203.0.113.12')).toBe('c.example dns');
    const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'd.example' }] });
    push(500, framed(query), { from: CAMERA, to: GATEWAY, ports: [40_000, 53] });
    expect(heard().at(-1)).toBe('d.example');
  });

  it('is none on other ports, nor without addresses', () => {
    push(1, framed(...messages), { ports: [54, 40_000] });
    push(1, framed(...messages), { changed: { ip: null } });
    expect(told).toEqual([]);
  });

  it('begins anew with a SYN on the same ports, with its payload counted behind it', () => {
    const [one, other] = messages as [Buffer, Buffer, Buffer];
    push(1001, framed(one).subarray(0, 9));
    push(7000, Buffer.alloc(0), { flags: 'SA' });
    push(7001, framed(other));
    expect(heard()).toEqual(['b.example']);
    push(9000, framed(one).subarray(0, 9), { flags: 'SA' });
    push(9010, framed(one).subarray(9));
    expect(heard()).toEqual(['b.example', 'a.example']);
  });

  it('reads no message twice, whatever comes again', () => {
    const [one, other, third] = messages as [Buffer, Buffer, Buffer];
    const [first, second, last] = [one, other, third].map((message) => framed(message)) as [Buffer, Buffer, Buffer];
    const at = 5000;
    push(at, second);
    // The one before it comes late: what was read stays where it is.
    push(at - first.length, first);
    push(at - 3, Buffer.concat([first.subarray(-3), second]));
    push(at - 4, Buffer.concat([first.subarray(-4), second]));
    push(at, second);
    expect(heard()).toEqual(['b.example']);
    push(at + second.length, last);
    expect(heard()).toEqual(['b.example', 'c.example']);
    const so: Buffer[] = [second, last];
    for (const early of [3, 4]) {
      so.push(framed(dnsAnswer(`n${early}.example`, ['203.0.113.9'])));
      push(at - early, Buffer.concat([first.subarray(-early), ...so]));
    }
    expect(heard()).toEqual(['b.example', 'c.example', 'n3.example', 'n4.example']);
  });

  it.each([
    [64, true],
    [66, false],
  ])('holds 32 pieces before a gap: single octets up to %i', (last, isWhole) => {
    const stream = framed(dnsAnswer(`${'a'.repeat(60)}.example`, ['203.0.113.9']));
    const octet = (n: number) => push(1000 + n, stream.subarray(n, n + 1));
    for (let n = 0; n <= last; n += 2) octet(n);
    for (let n = 1; n < last; n += 2) octet(n);
    push(1000 + last + 1, stream.subarray(last + 1));
    expect(told.length === 1).toBe(isWhole);
    octet(last);
    expect(told).toHaveLength(1);
  });

  it('whose first piece comes late is put in front, as long as nothing was read', () => {
    const stream = framed(messages[0] as Buffer);
    push(1015, stream.subarray(15));
    push(1000, stream.subarray(0, 15));
    expect(heard()).toEqual(['a.example']);
  });

  it.each([
    [65_536, ['a.example']],
    [65_535, []],
  ])('of %i octets without the end of a message is given up at 64 KiB, and begins anew', (octets, expected) => {
    const endless = Buffer.alloc(octets, 0xff);
    push(1000, endless.subarray(0, 40_000));
    push(41_000, endless.subarray(40_000));
    push(1000 + octets, framed(messages[0] as Buffer));
    expect(heard()).toEqual(expected);
  });

  it('is 256 streams at once: the least active gives way', () => {
    const stream = framed(messages[0] as Buffer);
    const start = (port: number) => push(1000, stream.subarray(0, 10), { ports: [53, port] });
    const end = (port: number) => push(1010, stream.subarray(10), { ports: [53, port] });
    for (let port = 1; port <= 256; port++) start(port);
    // What only acknowledges takes no place.
    push(1000, Buffer.alloc(0), { ports: [53, 9999], flags: 'A' });
    end(1);
    expect(told).toHaveLength(1);
    start(257);
    end(2);
    expect(told).toHaveLength(1);
    for (const port of [4, 257]) end(port);
    expect(told).toHaveLength(3);
  });

  it('that is broken is counted', () => {
    push(1000, framed(Buffer.alloc(5)));
    expect(counters.toJSON()).toEqual({ 'dns.truncated': 1 });
  });
});

describe('an announcement', () => {
  let camera: Device;
  beforeEach(() => {
    camera = join(CAMERA);
  });
  const tells = (payload: Buffer, port: number, fields: Sent = {}): void => {
    send(payload, { from: host(CAMERA, port), to: host(GROUP, port), device: camera, ...fields });
  };
  const claim = (name: string, ip: string): Buffer =>
    encode({ type: 'response', id: 0, answers: [{ type: 'A', name, ttl: 120, data: ip }] });

  it('by mDNS names who sends it from the address that it holds', () => {
    tells(claim('Cam.local', CAMERA.ip), 5353);
    tells(claim('other.local', FRIDGE.ip), 5353);
    expect(hostnames(camera)).toEqual(['mdns cam']);
    tells(claim('alone.local', '10.9.9.9'), 5353, { changed: { ip: null } });
    expect(hostnames(camera)).toEqual(['mdns cam']);
    // To the port of mDNS alone it is somebody's question.
    tells(claim('ask.local', CAMERA.ip), 40_000, { to: host(GROUP, 5353) });
    expect(hostnames(camera)).toEqual(['mdns cam']);
  });

  it('that is repeated word for word is one each time, and a long one too', () => {
    const message = claim('cam.local', CAMERA.ip);
    const [fridge] = [join(FRIDGE)];
    tells(message, 5353);
    tells(message, 5353, { at: 9 });
    expect(camera.hostnames).toMatchObject([{ firstSeen: START, lastSeen: START + 9 }]);
    // The same octets from another are told of that one's address.
    tells(message, 5353, { from: host(FRIDGE, 5353), device: fridge });
    expect(fridge.hostnames).toEqual([]);
    const many = Array.from({ length: 100 }, (_, n) => `k${n}=xxxxxxxxxx`);
    const long = encode({
      ...{ type: 'response', id: 0 },
      answers: [
        { type: 'TXT', name: 'x._hap._tcp.local', ttl: 1, data: many },
        { type: 'A', name: 'long.local', ttl: 120, data: CAMERA.ip },
      ],
    });
    expect(long.length).toBeGreaterThan(1024);
    tells(long, 5353);
    tells(long, 5353, { at: 5 });
    expect(camera.hostnames.at(-1)).toMatchObject({ name: 'long', lastSeen: START + 5 });
  });

  it('by LLMNR names who holds the address that it claims', () => {
    tells(dnsAnswer('someone', [FRIDGE.ip]), 5355);
    tells(dnsAnswer('cam-pc', [CAMERA.ip]), 5355);
    expect(hostnames(camera)).toEqual(['llmnr cam-pc']);
    tells(dnsAnswer('nowhere', [CAMERA.ip]), 5355, { changed: { ip: null } });
    tells(dnsAnswer('asked', [CAMERA.ip]), 40_000, { to: host(GROUP, 5355) });
    expect(hostnames(camera)).toEqual(['llmnr cam-pc']);
    tells(Buffer.alloc(5), 5355);
    expect(Object.keys(counters.toJSON())).toHaveLength(1);
  });

  it('by NetBIOS names who holds the address that it claims', () => {
    const registration = (ip: string, name = 'KITCHEN-PC'): Buffer => {
      const encoded = [...name.padEnd(15).concat('\0')].flatMap((letter) => {
        const code = letter.charCodeAt(0);
        return [0x41 + (code >> 4), 0x41 + (code & 15)];
      });
      return Buffer.concat([
        Buffer.from([0, 1, 0x29, 0x10, 0, 1, 0, 0, 0, 0, 0, 1, 32, ...encoded, 0, 0, 0x20, 0, 1]),
        Buffer.from([0xc0, 12, 0, 0x20, 0, 1, 0, 4, 0x93, 0xe0, 0, 6, 0, 0, ...ip.split('.').map(Number)]),
      ]);
    };
    tells(registration(FRIDGE.ip, 'OTHER'), 137);
    tells(registration(CAMERA.ip), 137);
    expect(hostnames(camera)).toEqual(['nbns KITCHEN-PC']);
    tells(registration(CAMERA.ip, 'ASKED'), 40_000, { to: host(GROUP, 137) });
    tells(registration(CAMERA.ip, 'NOWHERE'), 137, { changed: { ip: null } });
    // A node status bears no address: it is its sender's.
    const status = Buffer.concat([
      Buffer.from([0, 1, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 32, 0x43, 0x4b, ...Array(30).fill(0x41), 0, 0, 0x21, 0, 1]),
      Buffer.from([0, 0, 0, 0, 0, 25, 1, ...Buffer.from('STATUS-PC'.padEnd(15)), 0, 4, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    tells(status, 137);
    expect(hostnames(camera)).toEqual(['nbns KITCHEN-PC', 'nbns STATUS-PC']);
    tells(Buffer.alloc(5), 137);
    expect(Object.keys(counters.toJSON())).toEqual(['nbns.truncated']);
  });

  it.each([
    ['to its port', 40_000, 1900],
    ['from its port', 1900, 40_000],
  ])('by SSDP %s tells what the device is', (_, from, to) => {
    const lines = ['HTTP/1.1 200 OK', 'ST: urn:schemas-upnp-org:device:Basic:1', 'SERVER: AcmeCam/1.2.3'];
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
    send(bytes, { from: host(CAMERA, from), to: host(GROUP, to), device: camera });
    expect(camera.identity).toMatchObject({ ssdpServer: 'AcmeCam/1.2.3', ssdpTypes: ['Basic'] });
    send(bytes, { from: host(TELEVISION, from), to: host(GROUP, to), device: null });
    expect(devices.get(TELEVISION.mac)).toBeUndefined();
    const { firmware } = camera;
    send(Buffer.from('nothing of the kind\r\n\r\n'), { from: host(CAMERA, from), to: host(GROUP, to), device: camera });
    const other = Buffer.from(bytes.toString().replace('AcmeCam', 'Other'));
    for (const port of [137, 5353, 5355])
      send(other, { from: host(CAMERA, 40_000), to: host(GROUP, port), device: camera });
    expect([camera.identity.ssdpServer, firmware.length]).toEqual(['AcmeCam/1.2.3', 1]);
  });

  it('goes by the port of who sends it before that of who gets it', () => {
    tells(claim('cam.local', CAMERA.ip), 5353, { to: host(GROUP, 1900) });
    tells(dnsAnswer('cam-pc', [CAMERA.ip]), 5355, { to: host(GROUP, 1900) });
    expect(hostnames(camera)).toEqual(['mdns cam', 'llmnr cam-pc']);
    tells(claim('dns.local', CAMERA.ip), 5353, { to: host(GROUP, 53) });
    expect([hostnames(camera).length, told.length]).toEqual([2, 1]);
  });
});
