// What remote mirrors send: bytes beside the frame that is found in them, and what is none or cannot be read.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf, hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const INNER = '3c37862b1100 a4cf1299beef 0806 0001';
const ENDS = { source: '192.168.1.5', destination: '192.168.1.9' };
const LINK = { source: 'e4:8d:8c:00:00:05', destination: 'dc:a6:32:00:00:09' };

function decode(upper: build.UpperLayer, cut = 0) {
  const counters = new DecodeCounters();
  const data = build.ethernet(LINK, build.ipv4(ENDS, upper));
  const packet = decodeFrame(frameOf(data.subarray(0, data.length - cut), { originalLength: data.length }), counters);
  return { mirrored: packet?.mirrored, counts: counters.toJSON() };
}
const gre = (bytes: string) => build.raw(47, hex(bytes));
const datagram = (port: number, bytes: string) => build.udp({ sourcePort: 40_000, destinationPort: port }, hex(bytes));

describe('the frame within', () => {
  test.each([
    ['TZSP, received', 'tzsp', datagram(37008, `01 00 0001 01 ${INNER}`)],
    ['TZSP, sent, with padding and a signal strength', 'tzsp', datagram(37008, `01 01 0001 00 0a01ff 01 ${INNER}`)],
    ['VXLAN', 'vxlan', datagram(4789, `08 000000 00004d 00 ${INNER}`)],
    ['VXLAN with a group policy', 'vxlan', datagram(4789, `88 000005 00004d 00 ${INNER}`)],
    ['ERSPAN I', 'erspan', gre(`0000 88be ${INNER}`)],
    ['ERSPAN II', 'erspan', gre(`1000 88be 00000001 10010001 00000007 ${INNER}`)],
    ['ERSPAN II with a key', 'erspan', gre(`3000 88be 00000009 00000001 10010001 00000007 ${INNER}`)],
    ['ERSPAN III', 'erspan', gre(`1000 22eb 00000001 20010001 00000063 0000 0000 ${INNER}`)],
    [
      'ERSPAN III with a subheader',
      'erspan',
      gre(`1000 22eb 00000001 20010001 00000063 0000 0001 ${'00'.repeat(8)} ${INNER}`),
    ],
    ['Ethernet in GRE', 'gre', gre(`0000 6558 ${INNER}`)],
    ['Ethernet in GRE with checksum and key', 'gre', gre(`a000 6558 12340000 00000005 ${INNER}`)],
  ])('%s', (_, kind, upper) => {
    const data = hex(INNER);
    expect(decode(upper)).toEqual({ mirrored: { kind, data, originalLength: data.length }, counts: {} });
  });

  test('of a cut capture as far as it goes, its length as it was; TZSP may tell that of a frame cut before', () => {
    const upper = datagram(37008, `01 00 0001 01 ${INNER} ${'ab'.repeat(50)}`);
    expect(decode(upper, 20).mirrored).toMatchObject({ data: hex(`${INNER} ${'ab'.repeat(30)}`), originalLength: 66 });
    const told = datagram(37008, `01 00 0001 29 02 05ea 01 ${INNER}`);
    expect(decode(told).mirrored).toMatchObject({ data: hex(INNER), originalLength: 1514 });
  });

  test('of a first fragment is what it holds of it', () => {
    const frame = Buffer.concat([hex(INNER), Buffer.alloc(1490, 0xab)]);
    const [first] = build.wrap({ time: 0, data: frame }, 'tzsp');
    const packet = decodeFrame(frameOf(first?.data ?? Buffer.alloc(0)), new DecodeCounters());
    expect(packet?.mirrored).toMatchObject({ data: frame.subarray(0, 1480 - 13), originalLength: frame.length });
  });
});

test.each([
  ['another datagram to TZSP’s port', datagram(37008, '4f00 1234 5678 9abc'), {}],
  ['a DNS answer to that port', datagram(37008, '0100 8180 0001 0001 0000 0000'), { 'mirror.unsupported': 1 }],
  ['TZSP keepalive', datagram(37008, '01 04 0000 01'), {}],
  ['TZSP around Wi-Fi', datagram(37008, `01 00 0012 01 ${INNER}`), { 'mirror.unsupported': 1 }],
  ['TZSP whose tags do not end', datagram(37008, `01 00 0001 ${'0000'.repeat(20)}`), { 'mirror.malformed': 1 }],
  ['TZSP with a tag beyond the packet', datagram(37008, '01 00 0001 29 ff 0102'), { 'mirror.malformed': 1 }],
  ['TZSP around too little', datagram(37008, '01 00 0001 01 3c37862b'), { 'mirror.malformed': 1 }],
  ['VXLAN without a network', datagram(4789, `00 000000 000000 00 ${INNER}`), {}],
  ['VXLAN-GPE', datagram(4789, `0c 000001 000000 00 ${INNER}`), {}],
  ['VXLAN around nothing', datagram(4789, '08 000000 00004d 00'), { 'mirror.malformed': 1 }],
  [
    'an answer of a VXLAN port',
    build.udp({ sourcePort: 4789, destinationPort: 40_000 }, hex(`08 000000 00004d 00 ${INNER}`)),
    {},
  ],
  ['GRE around PPP, as PPTP has it', gre('3001 880b 0000 0000 00000001'), { 'ipv4.unsupported': 1 }],
  ['GRE around IPv4', gre('0000 0800 4500'), { 'ipv4.unsupported': 1 }],
  ['GRE with routing', gre(`4000 88be 00000000 ${INNER}`), { 'mirror.unsupported': 1 }],
  [
    'ERSPAN II of an unknown version',
    gre(`1000 88be 00000001 70010001 00000007 ${INNER}`),
    { 'mirror.unsupported': 1 },
  ],
  ['ERSPAN II without its header', gre('1000 88be 00000001 1001'), { 'mirror.malformed': 1 }],
  ['ERSPAN III around IP', gre(`1000 22eb 00000001 20010001 00000063 0000 0800 ${INNER}`), { 'mirror.unsupported': 1 }],
])('%s carries none', (_, upper, counts) => {
  expect(decode(upper)).toEqual({ mirrored: null, counts });
});

test('one level is opened: a frame that came wrapped carries no further one', () => {
  const data = build.wrap(
    { time: 0, data: build.ethernet(LINK, { etherType: 0x0806, bytes: Buffer.alloc(46) }) },
    'tzsp',
  )[0];
  const frame = { ...frameOf(data?.data ?? Buffer.alloc(0)), unwrapped: true };
  expect(decodeFrame(frame, new DecodeCounters())?.mirrored).toBeNull();
});

test('whatever the octets: nothing is thrown, and what is found lies within the packet', () => {
  const starts = ['010000 01', '0800 0000', '1000 88be 00000001', '0000 6558', '1000 22eb 00000001'].map(hex);
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(37008, 4789, 47),
      fc.nat(80),
      (start, rest, how, cut) => {
        const bytes = Buffer.concat([start, rest]);
        const upper = how === 47 ? build.raw(47, bytes) : build.udp({ sourcePort: 9, destinationPort: how }, bytes);
        const { mirrored } = decode(upper, cut);
        if (!mirrored) return;
        expect(bytes.includes(mirrored.data)).toBe(true);
        expect(mirrored.data.length).toBeGreaterThanOrEqual(14);
        expect(mirrored.originalLength).toBeGreaterThanOrEqual(mirrored.data.length);
      },
    ),
    { numRuns: 2000 },
  );
});
