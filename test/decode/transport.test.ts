// TCP and UDP in first or only fragments, complete and cut.
import { expect, test } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf, hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const LINK = { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' };
const ADDRESSES = { source: '192.168.1.50', destination: '203.0.113.25' };

/** The upper layer's bytes in IPv4 in Ethernet, of which the capture kept `kept` upper-layer bytes. */
function decode(protocol: number, bytes: Buffer, fields: Partial<build.Ipv4Fields> & { kept?: number } = {}) {
  const data = build.ethernet(LINK, build.ipv4({ ...ADDRESSES, ...fields }, build.raw(protocol, bytes)));
  const counters = new DecodeCounters();
  const kept = data.subarray(0, 34 + (fields.kept ?? bytes.length));
  return { packet: decodeFrame(frameOf(kept, { originalLength: data.length }), counters), counts: counters.toJSON() };
}

const TCP = 6;
const UDP = 17;
/** 49152 → 25, SYN-ACK with MSS 1460 and two bytes. */
const SYN_ACK = hex('c000 0019 ffffffff 80000000 6012 faf0 0000 0000 020405b4 4869');

test('TCP: unsigned sequence numbers, flags, payload behind the options', () => {
  expect(decode(TCP, SYN_ACK).packet?.tcp).toEqual({
    sourcePort: 49152,
    destinationPort: 25,
    sequence: 0xffffffff,
    acknowledgement: 0x80000000,
    flags: 0x12,
    window: 0xfaf0,
    payload: Buffer.from('Hi'),
    payloadLength: 2,
  });
});

test('a TCP header whose options the capture cut off is still a TCP header', () => {
  const { packet, counts } = decode(TCP, SYN_ACK, { kept: 16 });
  expect(packet?.tcp).toMatchObject({ destinationPort: 25, flags: 0x12, payload: Buffer.alloc(0), payloadLength: 2 });
  expect(counts).toEqual({});
});

test.each([
  ['cut before the window', SYN_ACK, { kept: 15 }, 'tcp.truncated'],
  ['under 20 bytes', SYN_ACK.subarray(0, 19), {}, 'tcp.malformed'],
  ['data offset 4', hex('c000 0019 00000000 00000000 4002 faf0 0000 0000'), {}, 'tcp.malformed'],
  ['options beyond the packet', hex('c000 0019 00000000 00000000 f002 faf0 0000 0000'), {}, 'tcp.malformed'],
  ['header split over fragments', SYN_ACK.subarray(0, 8), { moreFragments: true }, 'tcp.unsupported'],
])('TCP %s: the addresses are told, the failure counted', (_, bytes, fields, counted) => {
  const { packet, counts } = decode(TCP, bytes, fields);
  expect(packet).toMatchObject({ ip: { source: '192.168.1.50' }, tcp: null });
  expect(counts).toEqual({ [counted]: 1 });
});

test('a first fragment is decoded as far as it goes, a later one carries no ports and is no failure', () => {
  const first = decode(TCP, SYN_ACK.subarray(0, 24), { moreFragments: true });
  expect(first.packet?.tcp).toMatchObject({ destinationPort: 25, payloadLength: 0 });
  const later = decode(TCP, SYN_ACK, { fragmentOffset: 1480 });
  expect(later.packet).toMatchObject({ ip: { fragmentOffset: 1480 }, tcp: null, udp: null });
  expect(later.counts).toEqual({});
});

test('UDP: the payload ends where the length field says', () => {
  expect(decode(UDP, hex('d431 0035 000b 0000 616263 ffff')).packet?.udp).toEqual({
    sourcePort: 54321,
    destinationPort: 53,
    payload: Buffer.from('abc'),
    payloadLength: 3,
  });
});

test('UDP in a first fragment tells the length of the whole datagram', () => {
  const { packet, counts } = decode(UDP, hex('d431 0035 07d8 0000 61626364'), { moreFragments: true });
  expect(packet?.udp).toMatchObject({ payload: Buffer.from('abcd'), payloadLength: 2000 });
  expect(counts).toEqual({});
});

test('a UDP length of 0 (offload) means what is there', () => {
  expect(decode(UDP, hex('d431 0035 0000 0000 6162')).packet?.udp).toMatchObject({ payloadLength: 2 });
});

test.each([
  ['cut', hex('d431 0035 000b 0000 616263'), { kept: 7 }, 'udp.truncated'],
  ['under 8 bytes', hex('d431 0035 000b'), {}, 'udp.malformed'],
  ['length 7', hex('d431 0035 0007 0000'), {}, 'udp.malformed'],
  ['length beyond the packet', hex('d431 0035 000c 0000 616263'), {}, 'udp.malformed'],
])('UDP %s', (_, bytes, fields, counted) => {
  const { packet, counts } = decode(UDP, bytes, fields);
  expect(packet).toMatchObject({ ip: { source: '192.168.1.50' }, udp: null });
  expect(counts).toEqual({ [counted]: 1 });
});

test('another protocol is counted as unread, its addresses are told', () => {
  const GRE = 47;
  const { packet, counts } = decode(GRE, Buffer.alloc(40));
  expect(packet?.ip?.protocol).toBe(GRE);
  expect(counts).toEqual({ 'ipv4.unsupported': 1 });
});
