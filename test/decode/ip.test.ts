// IPv4 and IPv6 headers: options, fragments, extension headers, and the lengths that lie.
import { expect, test } from 'vitest';
import { decodeIpv4, decodeIpv6 } from '../../sensor/decode/ip.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import type { Ip } from '../../sensor/decode/packet.ts';
import { hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const V4 = '4011 0000 0a000001 0a000002';
const V6_ADDRESSES = 'fe800000000000000000000000000001 ff020000000000000000000000000001';

function ipOf(result: Ip | Failure): Ip {
  if (result instanceof Failure) throw new Error(`${result.reason} ${result.layer}: ${result.detail}`);
  return result;
}

const ipv4 = (data: Buffer, wireEnd = data.length) => decodeIpv4(data, 0, wireEnd);
const ipv6 = (data: Buffer, wireEnd = data.length) => decodeIpv6(data, 0, wireEnd);

test('IPv4 options are stepped over; Ethernet padding behind the packet is left out', () => {
  const ip = ipOf(ipv4(hex(`4600 001c 0001 0000 ${V4} 94040000 deadbeef 000000000000`)));
  expect(ip).toMatchObject({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, payloadLength: 4 });
  expect(ip.payload).toEqual(hex('deadbeef'));
});

test('IPv4 fragments: offset in bytes, more to come', () => {
  expect(ipv4(hex(`4500 001c 002a 2000 ${V4} 0102030405060708`))).toMatchObject({
    identification: 42,
    fragmentOffset: 0,
    moreFragments: true,
  });
  expect(ipv4(hex(`4500 001c 002a 00b9 ${V4} 0102030405060708`))).toMatchObject({
    fragmentOffset: 1480,
    moreFragments: false,
  });
});

test('a total length of 0 (segmentation offload) means what is there, on the wire and in the capture', () => {
  const ip = ipOf(ipv4(hex(`4500 0000 0001 0000 ${V4} deadbeef`), 1024));
  expect(ip.payload).toEqual(hex('deadbeef'));
  expect(ip.payloadLength).toBe(1004);
});

test('a cut capture keeps the length from the header', () => {
  const ip = ipOf(ipv4(hex(`4500 05dc 0001 0000 ${V4} deadbeef`), 1500));
  expect(ip.payload).toHaveLength(4);
  expect(ip.payloadLength).toBe(1480);
});

test.each([
  ['header cut', `4500 0028 0001`, 60, 'truncated', 20, 6],
  ['header short', `4500 0028 0001`, 6, 'malformed', 20, 6],
  ['options cut', `4f00 0050 0001 0000 ${V4}`, 80, 'truncated', 60, 20],
  ['version 5', `5500 0014 0001 0000 ${V4}`, 20, 'malformed', undefined, undefined],
  ['header length 16', `4400 0014 0001 0000 ${V4}`, 20, 'malformed', undefined, undefined],
  ['total length under the header', `4500 0013 0001 0000 ${V4}`, 20, 'malformed', 20, 19],
] as const)('IPv4, %s', (_, digits, wireEnd, reason, needed, available) => {
  expect(ipv4(hex(digits), wireEnd)).toMatchObject({ layer: 'ipv4', reason, needed, available });
});

test('IPv6, plain', () => {
  expect(ipv6(hex(`60000000 0004 3a ff ${V6_ADDRESSES} 80000000`))).toMatchObject({
    version: 6,
    source: 'fe80::1',
    destination: 'ff02::1',
    protocol: 58,
    hopLimit: 255,
    identification: 0,
    payload: hex('80000000'),
    payloadLength: 4,
  });
});

test('IPv6 extension headers are walked to the transport', () => {
  const syn = build.tcp({ sourcePort: 50000, destinationPort: 25, flags: 'S' });
  const extensions = [build.hopByHop(), build.destinationOptions(), build.routing(), build.authentication()];
  const { bytes } = build.ipv6({ source: '2001:db8::1', destination: '2001:db8::2', extensions }, syn);
  const ip = ipOf(ipv6(bytes));
  expect(ip).toMatchObject({ protocol: 6, payloadLength: 20, fragmentOffset: 0 });
  expect(ip.payload.readUInt16BE(2)).toBe(25);
});

test('an IPv6 first fragment is walked on, a later one ends the walk', () => {
  const first = ipOf(
    ipv6(hex(`60000000 0018 2c 40 ${V6_ADDRESSES} 3c00 0001 87654321 1100 010400000000 0102030405060708`)),
  );
  expect(first).toMatchObject({ protocol: 17, moreFragments: true, fragmentOffset: 0, identification: 0x87654321 });
  expect(first.payload).toEqual(hex('0102030405060708'));
  const later = ipOf(ipv6(hex(`60000000 0010 2c 40 ${V6_ADDRESSES} 3c00 05a8 87654321 0102030405060708`)));
  expect(later).toMatchObject({ protocol: 60, moreFragments: false, fragmentOffset: 1448, payloadLength: 8 });
});

test('ESP and "no next header" end the walk', () => {
  const addresses = { source: 'fe80::1', destination: 'fe80::2' };
  expect(ipv6(build.ipv6(addresses, build.esp()).bytes)).toMatchObject({ protocol: 50, payloadLength: 24 });
  const nothing = hex(`60000000 0000 3b 40 ${V6_ADDRESSES} 000000000000`);
  expect(ipv6(nothing)).toMatchObject({ protocol: 59, payloadLength: 0 });
});

test('a payload length of 0 before TCP (offload) means what is there', () => {
  expect(ipv6(hex(`60000000 0000 06 40 ${V6_ADDRESSES} deadbeef`), 1000)).toMatchObject({ payloadLength: 960 });
});

test('eight extension headers are walked, nine are not', () => {
  const chain = (count: number) =>
    build.ipv6(
      {
        source: 'fe80::1',
        destination: 'fe80::2',
        extensions: Array.from({ length: count }, build.destinationOptions),
      },
      build.udp({ sourcePort: 1, destinationPort: 2 }, Buffer.alloc(0)),
    ).bytes;
  expect(ipv6(chain(8))).toMatchObject({ protocol: 17 });
  expect(ipv6(chain(9))).toMatchObject({ layer: 'ipv6', reason: 'unsupported' });
});

test.each([
  ['header cut', '60000000 0004', 60, 'truncated', 40, 6],
  ['header short', '60000000 0004', 6, 'malformed', 40, 6],
  ['version 4', `40000000 0000 3b 40 ${V6_ADDRESSES}`, 40, 'malformed', undefined, undefined],
  ['extension cut', `60000000 0010 00 40 ${V6_ADDRESSES} 1100`, 56, 'truncated', 48, 42],
  [
    'extension longer than the packet',
    `60000000 0008 00 40 ${V6_ADDRESSES} 11ff010400000000`,
    48,
    'malformed',
    2088,
    48,
  ],
  ['extension cut within', `60000000 0020 00 40 ${V6_ADDRESSES} 1101010400000000`, 72, 'truncated', 56, 48],
] as const)('IPv6, %s', (_, digits, wireEnd, reason, needed, available) => {
  expect(ipv6(hex(digits), wireEnd)).toMatchObject({ layer: 'ipv6', reason, needed, available });
});
