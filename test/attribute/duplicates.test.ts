// A mirror delivers a packet twice within 20 ms; what comes later is a packet of its own. What no hop changes is compared.
import { beforeEach, describe, expect, it } from 'vitest';
import { copyKind, DuplicateFinder, noteLink } from '../../sensor/attribute/duplicates.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, MAIL_SERVER, START } from '../../sensor/self-test/frames/home.ts';
import { ndp } from '../support/neighbor-frames.ts';
import {
  arp,
  esp,
  ethernet,
  icmpUnreachable,
  ipv4,
  ipv6,
  neighborSolicitation,
  type TaggingFields,
  tcp,
  type UpperLayer,
  udp,
} from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';

let finder: DuplicateFinder<string>;
beforeEach(() => {
  finder = new DuplicateFinder();
});
const isCopy = (packet: Packet, time = START): boolean => finder.find(packet, time) !== null && !finder.isNew;

interface Fields extends TaggingFields {
  source?: string;
  destination?: string;
  from?: string;
  to?: string;
  ttl?: number;
  identification?: number;
  fragmentOffset?: number;
}
function ip(upper: UpperLayer, fields: Fields = {}): Packet {
  const { destination = MAIL_SERVER, from = CAMERA.mac, source = CAMERA.ip, to = GATEWAY.mac, ttl = 64 } = fields;
  const { fragmentOffset = 0, identification = 7, ...tags } = fields;
  const packet = ipv4({ source, destination, ttl, identification, fragmentOffset }, upper);
  return packetOf({ time: START, data: ethernet({ ...tags, source: from, destination: to }, packet) });
}
const PAYLOAD = Buffer.from('EHLO one two three\r\n');
const SEGMENT = {
  sourcePort: 40_000,
  destinationPort: 25,
  sequence: 1000,
  acknowledgement: 2000,
  flags: 'PA',
  window: 500,
};
const segment = (
  fields: Partial<typeof SEGMENT & { options: Buffer }> = {},
  payload: Buffer = PAYLOAD,
  of: Fields = {},
): Packet => ip(tcp({ ...SEGMENT, ...fields }, payload), of);
const datagram = (payload: Buffer, ports = [5000, 53]): Packet =>
  ip(udp({ sourcePort: ports[0] ?? 0, destinationPort: ports[1] ?? 0 }, payload));
const asks = (
  operation: 'request' | 'reply',
  senderMac: string,
  senderIp: string,
  targetMac: string,
  targetIp: string,
) =>
  packetOf({
    time: START,
    data: ethernet(
      { source: CAMERA.mac, destination: FRIDGE.mac },
      arp({ operation, senderMac, senderIp, targetMac, targetIp }),
    ),
  });
const solicits = (target: string, sourceMac?: string): Packet => {
  const message = neighborSolicitation({ target, ...(sourceMac === undefined ? {} : { sourceMac }) });
  return packetOf(ndp(CAMERA.mac, 'fe80::2', message, START));
};
const refuses = (code: number, port: number): Packet =>
  ip(
    icmpUnreachable(code, ipv4({ source: MAIL_SERVER, destination: CAMERA.ip }, tcp({ ...SEGMENT, sourcePort: port }))),
  );
/** A maximum segment size; a timestamp. */
const MSS = (size: number) => Buffer.from([2, 4, size >> 8, size & 255]);
const STAMP = (value: number) => Buffer.from([1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, 0]);

describe('a packet is the same', () => {
  it.each<[string, Packet, Packet]>([
    ['with other MACs', segment(), segment({}, PAYLOAD, { from: GATEWAY.mac, to: FRIDGE.mac })],
    ['with other tags', segment(), segment({}, PAYLOAD, { vlans: [7] })],
    ['with one hop less', segment(), segment({}, PAYLOAD, { ttl: 63 })],
    [
      'as a SYN with another largest segment',
      segment({ flags: 'S', options: MSS(1460) }),
      segment({ flags: 'S', options: MSS(1452) }),
    ],
    ['as a datagram', datagram(PAYLOAD), datagram(PAYLOAD)],
    [
      'beyond what is compared',
      datagram(Buffer.alloc(2050)),
      datagram(Buffer.concat([Buffer.alloc(2049), Buffer.from('x')])),
    ],
    [
      'as ARP',
      asks('request', CAMERA.mac, CAMERA.ip, FRIDGE.mac, FRIDGE.ip),
      asks('request', CAMERA.mac, CAMERA.ip, FRIDGE.mac, FRIDGE.ip),
    ],
    ['as Neighbor Discovery', solicits('fe80::1'), solicits('fe80::1')],
    ['as a refusal', refuses(3, 25), refuses(3, 25)],
  ])('%s', (_what, one, other) => {
    expect([isCopy(one), isCopy(other)]).toEqual([false, true]);
  });
});

describe('a packet is another', () => {
  const longer = Buffer.concat([PAYLOAD, Buffer.from('x')]);
  const arpOf = (fields: [number, string][]): Packet => {
    const all: [string, string, string, string, string] = ['request', CAMERA.mac, CAMERA.ip, FRIDGE.mac, FRIDGE.ip];
    for (const [place, text] of fields) all[place as 0] = text;
    return asks(all[0] as 'request', all[1], all[2], all[3], all[4]);
  };
  it.each<[string, Packet, Packet]>([
    ['from another address', segment(), segment({}, PAYLOAD, { source: FRIDGE.ip })],
    ['to another address', segment(), segment({}, PAYLOAD, { destination: '203.0.113.26' })],
    ['from another port', segment(), segment({ sourcePort: 40_001 })],
    ['to another port', segment(), segment({ destinationPort: 26 })],
    ['with another sequence number', segment(), segment({ sequence: 1001 })],
    ['with another acknowledgement', segment(), segment({ acknowledgement: 2001 })],
    ['with other flags', segment(), segment({ flags: 'A' })],
    ['with another window', segment(), segment({ window: 501 })],
    ['with another identification', segment(), segment({}, PAYLOAD, { identification: 8 })],
    ['with another first octet', segment(), segment({}, Buffer.from('HHLO one two three\r\n'))],
    ['with another octet', segment(), segment({}, Buffer.from('EHLO one twx three\r\n'))],
    ['with another last octet', segment(), segment({}, Buffer.from('EHLO one two three\r\t'))],
    ['with another timestamp', segment({ options: STAMP(1) }), segment({ options: STAMP(2) })],
    [
      'as a SYN with other data',
      segment({ flags: 'S' }),
      segment({ flags: 'S' }, Buffer.from('EHLO one two threx\r\n')),
    ],
    ['with an octet more', datagram(PAYLOAD), datagram(longer)],
    ['with another first octet of a datagram', datagram(Buffer.from('abc')), datagram(Buffer.from('xbc'))],
    ['with another last octet of a datagram', datagram(Buffer.from('abcde')), datagram(Buffer.from('abcdx'))],
    [
      'with another octet as far as is compared',
      datagram(Buffer.alloc(2050)),
      datagram(Buffer.concat([Buffer.alloc(2047), Buffer.from('x\0\0')])),
    ],
    ['from another port of a datagram', datagram(PAYLOAD), datagram(PAYLOAD, [5001, 53])],
    ['to another port of a datagram', datagram(PAYLOAD), datagram(PAYLOAD, [5000, 54])],
    ['as an answer', arpOf([]), arpOf([[0, 'reply']])],
    ['of another sender', arpOf([]), arpOf([[1, GATEWAY.mac]])],
    ['of another sender’s address', arpOf([]), arpOf([[2, GATEWAY.ip]])],
    ['for another target', arpOf([]), arpOf([[3, GATEWAY.mac]])],
    ['for another target’s address', arpOf([]), arpOf([[4, GATEWAY.ip]])],
    ['about another neighbour', solicits('fe80::1'), solicits('fe80::2')],
    ['about another link', solicits('fe80::1', CAMERA.mac), solicits('fe80::1', FRIDGE.mac)],
    ['about another segment', refuses(3, 25), refuses(3, 26)],
    ['for another reason', refuses(3, 25), refuses(1, 25)],
  ])('%s', (_what, one, other) => {
    expect([isCopy(one), isCopy(other), isCopy(other)]).toEqual([false, false, true]);
  });
});

it('there is nothing to compare in later fragments, and in what is not read', () => {
  const pieces = [ip(tcp(SEGMENT, PAYLOAD), { fragmentOffset: 1480 }), ip(esp())];
  const v6 = ethernet(
    { source: CAMERA.mac, destination: GATEWAY.mac },
    ipv6({ source: 'fe80::1', destination: 'fe80::2' }, esp()),
  );
  for (const packet of [...pieces, packetOf({ time: START, data: v6 })]) expect(finder.find(packet, START)).toBeNull();
});

describe('packets are remembered', () => {
  it.each([
    [20.09, true],
    [-20.09, true],
    [20.11, false],
    [-20.11, false],
  ])('for a moment, either way: %d ms', (gap, expected) => {
    isCopy(segment());
    expect(isCopy(segment(), START + gap)).toBe(expected);
  });

  it.each([
    [60_000, true],
    [60_001, false],
    [-60_000, true],
    [-60_001, false],
  ])('not over a step of the clock: %i ms', (step, expected) => {
    isCopy(segment());
    isCopy(datagram(PAYLOAD), START + step);
    expect(isCopy(segment(), START + Math.sign(step))).toBe(expected);
    expect(isCopy(segment(), START + Math.sign(step))).toBe(true);
  });

  it.each([
    [4095, true],
    [4096, false],
  ])('among others: %i', (count, expected) => {
    const [first, other] = [segment(), segment()];
    isCopy(first);
    if (other.tcp === null) throw new Error('no segment');
    for (let n = 1; n <= count; n++) {
      other.tcp.sequence = 1000 + n;
      expect(finder.find(other, START)).not.toBeNull();
    }
    expect(isCopy(first)).toBe(expected);
  });

  it('with who waits for them, and for nobody who waited before', () => {
    const first = finder.find(segment(), START);
    expect(first).toEqual({
      ...{ time: START, sourceMac: CAMERA.mac, destinationMac: GATEWAY.mac, hopLimit: 64, tags: 0, waiting: null },
    });
    if (first !== null) first.waiting = 'me';
    expect(finder.find(segment(), START)?.waiting).toBe('me');
    const other = segment();
    for (let n = 1; n <= 4096; n++) {
      if (other.tcp !== null) other.tcp.sequence = 1000 + n;
      expect(finder.find(other, START + 1)?.waiting).toBeNull();
    }
  });
});

describe('a copy', () => {
  it.each<[string, Fields, string]>([
    ['of the same frame', {}, 'identical'],
    ['with a tag', { vlans: [7] }, 'vlan'],
    ['with two tags', { vlans: [7, 8] }, 'vlan'],
    ['in a session', { pppoe: 0 }, 'vlan'],
    ['from another MAC', { from: FRIDGE.mac, vlans: [7] }, 'routed'],
    ['to another MAC', { to: FRIDGE.mac }, 'routed'],
    ['with one hop less', { ttl: 63 }, 'routed'],
  ])('%s', (_what, fields, kind) => {
    const sighting = finder.find(segment(), START);
    const copy = segment({}, PAYLOAD, fields);
    expect(sighting === null ? null : copyKind(sighting, copy)).toBe(kind);
    if (sighting === null) return;
    noteLink(sighting, copy);
    expect([copyKind(sighting, copy), copyKind(sighting, segment()) === 'identical']).toEqual([
      ...['identical', kind === 'identical'],
    ]);
  });

  it.each<[Fields, Fields]>([
    [{ vlans: [7, 8] }, { vlans: [8, 7] }],
    [{ vlans: [1, 0x102] }, { vlans: [2, 0x102] }],
    [{ pppoe: 1 }, { pppoe: 2 }],
    [{ pppoe: 1 }, { pppoe: 1, vlans: [1] }],
    [{ vlans: [1, 2, 3] }, { vlans: [1, 2, 4] }],
  ])('with these tags is not one with those: %o, %o', (one, other) => {
    const sighting = finder.find(segment({}, PAYLOAD, one), START);
    expect(sighting === null ? null : copyKind(sighting, segment({}, PAYLOAD, other))).toBe('vlan');
  });

  it('of ARP has no hops', () => {
    const packet = asks('request', CAMERA.mac, CAMERA.ip, FRIDGE.mac, FRIDGE.ip);
    const sighting = finder.find(packet, START);
    expect(sighting).toMatchObject({ hopLimit: 0 });
    expect(sighting === null ? null : copyKind(sighting, packet)).toBe('identical');
  });
});
