import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureFilter, filterParts, MAIL_PORTS, QUIC_VERSIONS, UDP_PORTS } from '../../sensor/capture/filter.ts';
import { LINK_TYPES, type LinkType } from '../../sensor/capture/frame.ts';
import { HTTP_METHODS, SMTP_VERBS } from '../../sensor/capture/openings.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { interestOf } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import * as build from '../support/packet-builder.ts';
import { anyCapturedFrame, linkLayer, tag } from './any-frame.ts';
import { keptBy, programLength } from './kept.ts';

const V4 = { source: '192.168.1.50', destination: '203.0.113.25' };
const V6 = { source: 'fe80::50', destination: '2001:db8::25' };
const TAGS: Record<string, number[]> = { untagged: [], vlan: [10], qinq: [10, 20], 'three-tags': [10, 20, 30] };
const EVERY_LINK_TYPE = Object.entries(LINK_TYPES);

const segment = (port: number, flags: string, payload = '') =>
  build.tcp({ sourcePort: 50000, destinationPort: port, flags }, Buffer.from(payload, 'latin1'));
const datagram = (port: number, payload: string) =>
  build.udp({ sourcePort: 50000, destinationPort: port }, Buffer.from(payload, 'latin1'));

/** "Port unreachable" quoting a SYN to port 25 in a packet whose first octet is `first`, behind next header `next`. */
function unreachable(version: 4 | 6, first: string, next = 6): build.UpperLayer {
  const quote = Buffer.alloc(80);
  quote.write(first, 'hex');
  quote[version === 4 ? 9 : 6] = next;
  quote.writeUInt16BE(25, version === 4 ? 22 : 42);
  const [protocol, type] = version === 4 ? [1, 3] : [58, 1];
  return build.raw(protocol, Buffer.concat([Buffer.from([type, version === 4 ? 3 : 4, 0, 0, 0, 0, 0, 0]), quote]));
}

/** For each part of the filter behind an encapsulation what it keeps and no other part does. */
const ONLY_KEPT_BY: Record<string, build.NetworkLayer> = Object.fromEntries([
  ...(['ipv4', 'ipv6'] as const).flatMap((version) => {
    const packet = (upper: build.UpperLayer) => (version === 'ipv4' ? build.ipv4(V4, upper) : build.ipv6(V6, upper));
    return [
      [`${version}/tcp/connection`, packet(segment(4321, 'S'))],
      [`${version}/tcp/mail`, packet(segment(587, 'A'))],
      [`${version}/tcp/dns`, packet(segment(53, 'A'))],
      // One octet: what a device that sends its request octet by octet begins with.
      [`${version}/tcp/payload/http-request`, packet(segment(80, 'PA', 'G'))],
      [`${version}/tcp/payload/tls-hello-continued`, packet(segment(443, 'PA', '\x00\x17 and the rest of a hello'))],
      [`${version}/tcp/payload/tls-hello`, packet(segment(8883, 'PA', '\x16\x03\x01\x00\xf0\x01'))],
      [`${version}/tcp/payload/binary/socks`, packet(segment(1080, 'PA', '\x05\x01\x00'))],
      [`${version}/tcp/payload/negotiation`, packet(segment(2323, 'PA', '\xff\xfd\x01'))],
      [`${version}/tcp/payload/text/request`, packet(segment(8080, 'PA', 'GET / HTTP/1.0'))],
      [`${version}/tcp/payload/text/markup`, packet(segment(49000, 'PA', '<?xml version="1.0"?>'))],
      [`${version}/tcp/payload/text/smtp-reply`, packet(segment(50001, 'PA', '250 ok\r\n'))],
      [`${version}/tcp/payload/text/smtp-command`, packet(segment(2526, 'PA', 'eHlO\r'))],
      [`${version}/tcp/payload/text/smtp-starttls`, packet(segment(2526, 'PA', 'starttls\r\n'))],
      [`${version}/udp/mirror`, packet(datagram(4789, '\x08\0\0\0\0\0\x07\0 a frame of some length'))],
      [`${version}/gre`, packet(build.raw(47, Buffer.from('000088be', 'hex')))],
      [`${version}/udp/names`, packet(datagram(5353, 'x'))],
      [`${version}/udp/quic`, packet(datagram(8443, '\xc0\x00\x00\x00\x01\x08\x00'))],
    ] as const;
  }),
  ['ipv4/icmp/icmp-error/mail', build.ipv4(V4, unreachable(4, '45'))],
  ['ipv4/icmp/icmp-error/options', build.ipv4(V4, unreachable(4, '46'))],
  ['ipv6/icmpv6/icmp-error/mail', build.ipv6(V6, unreachable(6, '60', 6))],
  ['ipv6/icmpv6/icmp-error/extension-headers', build.ipv6(V6, unreachable(6, '60', 60))],
  ['ipv4/fragment', build.ipv4({ ...V4, fragmentOffset: 1480 }, build.raw(17, Buffer.alloc(8)))],
  ['compressed', build.ipv6(V6, segment(9999, 'A'))],
  ['ipv4/options', build.ipv4({ ...V4, options: Buffer.from('94040000', 'hex') }, segment(9999, 'A'))],
  ['ipv6/icmpv6/neighbor-discovery', build.ipv6(V6, build.neighborSolicitation({ target: 'fe80::1' }))],
  ['ipv6/extension-headers', build.ipv6({ ...V6, extensions: [build.hopByHop()] }, segment(9999, 'A'))],
  [
    'arp',
    build.arp({ operation: 'request', senderMac: 'a4:cf:12:99:be:ef', senderIp: V4.source, targetIp: '192.168.1.1' }),
  ],
]);

/** The frame for `vlan+pppoe/ipv4/tcp/mail`. */
function frameFor(part: string, linkType: LinkType): Buffer {
  const [encapsulation = '', ...rest] = part.split('/');
  const [tagging = '', pppoe] = encapsulation.split('+');
  const inside = ONLY_KEPT_BY[rest.join('/')];
  if (inside === undefined) throw new Error(`no frame is written for ${part}: add one`);
  const compressed = rest[0] === 'compressed';
  const session = pppoe === undefined ? {} : { pppoe: 7, compressed };
  return linkLayer(linkType, inside, { vlans: TAGS[tagging] ?? [], ...session });
}

describe.each(EVERY_LINK_TYPE)('the filter for %s', (_, linkType) => {
  const parts = filterParts(linkType);
  const whole = captureFilter(linkType);
  const frames = parts.map(({ name }) => frameFor(name, linkType));

  test('has no dead part: each compiles, and each alone keeps a frame that no other part keeps', () => {
    expect(parts.length).toBeGreaterThan(150);
    for (const [index, { expression, name }] of parts.entries()) {
      expect([name, keptBy(expression, linkType, frames)]).toEqual([name, [index]]);
    }
  });

  test('keeps as a whole what its parts keep, and drops what none does', () => {
    const bulk = [
      build.ipv4(V4, segment(443, 'A')),
      build.ipv4(V4, segment(443, 'PA', '\x17\x03\x03\x04\x00 application data')),
      build.ipv4(V4, segment(8080, 'PA', 'the middle of a download')),
      build.ipv4(V4, datagram(8443, '\x40 a QUIC short header')),
      build.ipv4(V4, build.raw(1, Buffer.from('a ping'))),
      build.ipv4(V4, segment(8080, 'PA', '\x05\x09 not SOCKS')),
      build.ipv4(V4, segment(8080, 'PA', 'data: an event of a stream')),
      build.ipv4(V4, segment(8080, 'PA', 'mailbox')),
      build.ipv4(V4, segment(143, 'PA', 'a1 LOGIN user pass\r\n')),
      build.ipv4(V4, segment(110, 'PA', '+OK ready\r\n')),
      build.ipv4({ ...V4, fragmentOffset: 1480 }, build.raw(6, Buffer.alloc(64, 25))),
      build.ipv4(V4, build.raw(47, Buffer.from('3000880b', 'hex'))),
      build.ipv4(V4, build.udp({ sourcePort: 4789, destinationPort: 50_000 }, Buffer.alloc(64))),
      build.ipv6(V6, segment(443, 'A')),
      build.ipv6(V6, build.raw(58, Buffer.from('8000000000010001', 'hex'))),
      build.ipv6(V6, build.esp()),
      { etherType: 0x88cc, bytes: Buffer.alloc(60) },
    ].flatMap((inside) => Object.values(TAGS).map((vlans) => linkLayer(linkType, inside, { vlans })));
    expect(keptBy(whole, linkType, [...frames, ...bulk])).toEqual([...frames.keys()]);
  });

  // The kernel takes programs of up to 4096 instructions. Before Linux 6.8 it also charges their translation against
  // net.core.optmem_max, 20 KiB by default: 73 to 80 KiB are needed, so libpcap then filters in the child, as live.ts says.
  test('is a program that the kernel accepts, and not more than 3000 instructions long', () => {
    expect(programLength(whole, linkType)).toBeLessThanOrEqual(3000);
  });
});

test('every port, method, QUIC version and kind of tag is kept, whoever sends', () => {
  const both = (upper: typeof build.tcp | typeof build.udp, port: number) => [
    upper({ sourcePort: 50000, destinationPort: port, flags: 'A' }, Buffer.from('x')),
    upper({ sourcePort: port, destinationPort: 50000, flags: 'A' }, Buffer.from('x')),
  ];
  const uppers = [
    ...MAIL_PORTS.flatMap((port) => both(build.tcp, port)),
    ...both(build.tcp, 53),
    ...UDP_PORTS.flatMap((port) => both(build.udp, port)),
    ...HTTP_METHODS.map((method) => segment(8080, 'A', `${method}0123456789`)),
    ...QUIC_VERSIONS.map((version) =>
      build.udp(
        { sourcePort: 50000, destinationPort: 443 },
        Buffer.concat([Buffer.from([0xc3]), build.u32(version, 0)]),
      ),
    ),
    ...SMTP_VERBS.flatMap((verb) => [`${verb} a`, `${verb.toLowerCase()}\r\n`]).map((line) => segment(2526, 'A', line)),
    ...['220 a', '250-a', '354 a', '421 a', '550 5.7.1', '250\r\n', 'STARTTLS\r\n'].map((line) =>
      segment(2526, 'A', line),
    ),
    ...['HTTP/1.1 200 OK', 'HTTP/1.0 403', 'SSH-2.0-dropbear', 'CONNECT mx.example:25 '].map((line) =>
      segment(8022, 'A', line),
    ),
    ...[
      '\x05\x01\x00',
      '\x05\x02\x00\x02',
      '\x05\x00',
      '\x05\x05\x00\x01',
      '\x04\x01\x00\x19',
      '\x00\x5a',
      '\x00\x5d',
      '\x01\x00',
    ].map((start) => segment(1080, 'A', start)),
    ...['\xff\xfb\x01', '\xff\xfe\x03'].map((start) => segment(23, 'A', start)),
    ...['<?xml', '<s:Envelope', '<SOAP-ENV:', '<Envelope', '<u:AddPortMapping'].map((start) =>
      segment(49000, 'A', start),
    ),
    ...['S', 'SA', 'FA', 'R'].map((flags) => segment(9999, flags)),
  ];
  const packets = uppers.flatMap((upper) => [build.ipv4(V4, upper), build.ipv6(V6, upper)]);
  const tagged = [0x8100, 0x88a8, 0x9100].map((tpid) => tag(tpid, 5, build.ipv4(V4, segment(25, 'S'))));
  const frames = [...packets, ...tagged].map((inside) => linkLayer(LINK_TYPES.ethernet, inside, {}));
  expect(keptBy(captureFilter(LINK_TYPES.ethernet), LINK_TYPES.ethernet, frames)).toEqual([...frames.keys()]);
});

const decode = (data: Buffer, linkType: LinkType, counters = new DecodeCounters()) =>
  decodeFrame({ time: 0, linkType, data, originalLength: data.length }, counters);

/** Whether the decoder could not read the frame, or its headers claim another length than it has: the filter goes by these. */
function isOdd(data: Buffer, linkType: LinkType): boolean {
  const counters = new DecodeCounters();
  const packet = decode(data, linkType, counters);
  if (Object.keys(counters.toJSON()).length > 0) return true;
  if (!packet?.ip) return false;
  const { payload, payloadLength, version } = packet.ip;
  const transport = payload.byteOffset - data.byteOffset;
  // Segmentation offload leaves 0 as the length.
  const statedLength = data.readUInt16BE(version === 4 ? transport - 18 : transport - 36);
  const udpLength = packet.udp === null ? payloadLength : packet.udp.payloadLength + 8;
  return statedLength === 0 || payload.length < payloadLength || udpLength < payloadLength;
}

test.each(EVERY_LINK_TYPE)(
  'what the engine would read passes the filter for %s, and of the rest little',
  (_, linkType) => {
    const filter = captureFilter(linkType);
    const keptWhole = filterParts(linkType).filter(({ name }) =>
      /options|extension-headers|compressed|mirror/.test(name),
    );
    const rareHeaders = keptWhole.map(({ expression }) => `(${expression})`).join(' or ');
    fc.assert(
      fc.property(fc.array(anyCapturedFrame(linkType), { minLength: 500, maxLength: 1000 }), (frames) => {
        const kept = new Set(keptBy(filter, linkType, frames));
        const excused = new Set(keptBy(rareHeaders, linkType, frames));
        for (const [index, data] of frames.entries()) {
          const packet = decode(data, linkType);
          const wanted = packet !== null && interestOf(packet) !== null;
          if (wanted && !kept.has(index)) throw new Error(`dropped though wanted: ${data.toString('hex')}`);
          if (!wanted && kept.has(index) && !excused.has(index) && !isOdd(data, linkType)) {
            throw new Error(`kept for nothing: ${data.toString('hex')}`);
          }
        }
      }),
      { numRuns: 15, seed: 25, endOnFailure: true },
    );
  },
);
