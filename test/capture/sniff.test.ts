import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { SNIFF_BYTES, sniffLinkType } from '../../sensor/capture/sniff.ts';
import { hex } from '../support/hex.ts';
import { pcapBytes, pcapngBytes } from '../support/packet-builder.ts';

const sniff = (head: Buffer, complete = true) => sniffLinkType(head, 'x.pcap', complete);

test('a classic header is known by its magic in both byte orders, with micro- and nanoseconds', () => {
  const rest = '02000400 00000000 00000000 00000400 01000000';
  const restBigEndian = '00020004 00000000 00000000 00040000 00000071';
  expect(sniff(hex(`d4c3b2a1 ${rest}`))).toBe(LINK_TYPES.ethernet);
  expect(sniff(hex(`4d3cb2a1 ${rest}`))).toBe(LINK_TYPES.ethernet);
  expect(sniff(hex(`a1b2c3d4 ${restBigEndian}`))).toBe(LINK_TYPES.linuxCooked);
  expect(sniff(hex(`a1b23c4d ${restBigEndian}`))).toBe(LINK_TYPES.linuxCooked);
});

test('bits above the link type, which tell of a frame check sequence, do not count', () => {
  expect(sniff(hex('d4c3b2a1 02000400 00000000 00000000 00000400 01000054'))).toBe(LINK_TYPES.ethernet);
});

test('a pcapng file has the link type of its first interface, in both byte orders', () => {
  expect(sniff(pcapngBytes([], { linkType: 276 }))).toBe(LINK_TYPES.linuxCooked2);
  expect(sniff(pcapngBytes([], { linkType: 1, bigEndian: true }))).toBe(LINK_TYPES.ethernet);
});

test('blocks before the first interface are passed over', () => {
  const nameResolution = hex('04000000 10000000 00000000 10000000');
  const capture = pcapngBytes([]);
  expect(sniff(Buffer.concat([capture.subarray(0, 28), nameResolution, capture.subarray(28)]))).toBe(1);
});

test('of a stream, the header is waited for octet by octet', () => {
  for (const header of [pcapBytes([]), pcapngBytes([]).subarray(0, 28 + 12)]) {
    for (let length = 0; length < header.length; length++) expect(sniff(header.subarray(0, length), false)).toBeNull();
    expect(sniff(header, false)).toBe(LINK_TYPES.ethernet);
  }
});

test.each([
  ['nothing', Buffer.alloc(0), 'x.pcap is empty: there is no capture in it'],
  ['one octet', hex('d4'), 'x.pcap is not a packet capture (neither pcap nor pcapng)'],
  ['a text', Buffer.from('time,source\n1,2\n'), 'x.pcap is not a packet capture (neither pcap nor pcapng)'],
  ['gzip within', gzipSync(pcapBytes([])), 'x.pcap is compressed twice: unpack it first, for example with gunzip'],
  ['a cut header', pcapBytes([]).subarray(0, 23), 'x.pcap ends inside its header: no packet can be read from it'],
  ['pcapng cut before an interface', pcapngBytes([]).subarray(0, 28), 'x.pcap ends inside its header: no packet can'],
  [
    'a pcapng block of length 0',
    Buffer.concat([hex('0a0d0d0a 00000000 4d3c2b1a'), Buffer.alloc(99)]),
    'is not a packet',
  ],
  [
    'pcapng that begins with 64 KiB of other things',
    Buffer.concat([hex('0a0d0d0a 00000200 4d3c2b1a'), Buffer.alloc(SNIFF_BYTES)]).subarray(0, SNIFF_BYTES),
    'x.pcap describes no interface in its first 64 KiB',
  ],
  ['Wi-Fi', pcapBytes([], { linkType: 127 }), 'link type 127 IEEE802_11_RADIO (Wi-Fi monitor mode)'],
  ['a type without a name here', pcapngBytes([], { linkType: 9999 }), 'link type 9999. thingwatch reads Ethernet'],
])('%s is refused in words', (_, head, words) => {
  expect(() => sniff(head)).toThrow(words);
});
