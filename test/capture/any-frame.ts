// Arbitrary frames for properties of the filter: every encapsulation with every kind of payload, whole, cut and damaged.
import fc from 'fast-check';
import { MAIL_PORTS, QUIC_VERSIONS, UDP_PORTS } from '../../sensor/capture/filter.ts';
import { LINK_TYPES, type LinkType } from '../../sensor/capture/frame.ts';
import { HTTP_METHODS, MARKUP_STARTS, SMTP_VERBS } from '../../sensor/capture/openings.ts';
import * as build from '../support/packet-builder.ts';

const LINK = { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' };

/** One frame of a link type around a network layer. */
export function linkLayer(linkType: LinkType, inside: build.NetworkLayer, fields: build.TaggingFields): Buffer {
  if (linkType === LINK_TYPES.ethernet) return build.ethernet({ ...LINK, ...fields }, inside);
  const cooked = linkType === LINK_TYPES.linuxCooked ? build.sll : build.sll2;
  return cooked({ source: LINK.source, ...fields }, inside);
}

/** A VLAN tag with a TPID of one's choice. */
export function tag(tpid: number, id: number, inside: build.NetworkLayer): build.NetworkLayer {
  return { etherType: tpid, bytes: Buffer.concat([build.u16(id, inside.etherType), inside.bytes]) };
}

const anyPort = fc.oneof(
  fc.constantFrom(...MAIL_PORTS, ...UDP_PORTS, 80, 443),
  fc.constantFrom(8080, 8443, 50000),
  fc.integer({ min: 0, max: 65535 }),
);

const text = (...values: string[]) => fc.constantFrom(...values.map((value) => Buffer.from(value, 'latin1')));
const quicHeader = fc
  .tuple(fc.constantFrom(0x40, 0x80, 0xc0, 0xe1), fc.constantFrom(...QUIC_VERSIONS, 0, 2))
  .map(([first, version]) => Buffer.concat([Buffer.from([first]), build.u32(version), Buffer.alloc(4)]));
const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const anyPayload = fc
  .tuple(
    fc.oneof(
      text('', 'x', '\x16\x03\x01\x00\xf0\x01\x00\x00\xec\x03\x03', '\x16\x03\x01\x00\xf0\x02', '\x17\x03\x03\x01\x00'),
      text('EHLO mail', 'helo\r\n', 'EHLOX', 'MAIL FROM:<>', '220 ready', ...HTTP_METHODS),
      text(...HTTP_METHODS.map((method) => `${method}/ HTTP/1.1\r\n`)),
      text(...SMTP_VERBS, ...SMTP_VERBS.map((verb) => `${verb.toLowerCase()}\r\n`), 'STARTTLS\r\n', 'STARE'),
      text('250 ok', '354-', '199 x', '600 x', '2x0 x', '250\r\n', 'HTTP/1.1 401 No', 'SSH-2.0-x', 'SSHD', '<u:A'),
      text(...MARKUP_STARTS.map((start) => `${start}xml`), '\xff\xfb\x01', '\xff\xfa\x01', '\xff\xff'),
      text('\x05\x01\x00', '\x05\x00', '\x05\xff', '\x05\x09', '\x04\x01\x00\x19', '\x00\x5a', '\x00\x59'),
      text('\x01\x00', '\x01\x04user\x04pass', '\x01\x40', '\x01\x41'),
      quicHeader,
      noise,
    ),
    fc.oneof({ weight: 3, arbitrary: fc.constant(Buffer.alloc(0)) }, { weight: 1, arbitrary: noise }),
    fc.nat(20),
  )
  .map(([start, rest, cut]) => {
    const whole = Buffer.concat([start, rest]);
    return cut > 15 ? whole.subarray(0, Math.max(0, whole.length - (cut - 15))) : whole;
  });

const anyTcp = fc
  .record({
    sourcePort: anyPort,
    destinationPort: anyPort,
    flags: fc.constantFrom('S', 'SA', 'A', 'A', 'PA', 'PA', 'FA', 'R'),
    options: fc.constantFrom(Buffer.alloc(0), Buffer.alloc(12, 1), Buffer.alloc(40, 1)),
    payload: anyPayload,
  })
  .map(({ payload, ...fields }) => build.tcp(fields, payload));
const anyUdp = fc
  .record({ sourcePort: anyPort, destinationPort: anyPort, payload: anyPayload })
  .map(({ payload, ...fields }) => build.udp(fields, payload));
const anyIcmpv6 = fc.constantFrom(
  build.neighborSolicitation({ target: 'fe80::1', sourceMac: LINK.source }),
  build.neighborAdvertisement({ target: 'fe80::1', targetMac: LINK.source }),
  build.routerSolicitation({}),
  build.routerAdvertisement({ sourceMac: LINK.source }),
  build.raw(58, Buffer.from('8000000000010001', 'hex')),
);
/** The start of a packet as an ICMP error quotes it: IPv4 or IPv6 around the ports and the sequence number. */
const anyQuote = fc
  .record({
    first: fc.constantFrom(0x45, 0x45, 0x46, 0x4f, 0x44, 0x60),
    next: fc.constantFrom(6, 6, 6, 17, 0, 44, 60),
    port: fc.constantFrom(...MAIL_PORTS, 80, 443),
    fragment: fc.constantFrom(0, 0, 0, 185),
    length: fc.integer({ min: 0, max: 80 }),
  })
  .map(({ first, next, port, fragment, length }) => {
    const isV4 = first < 0x60;
    const quote = Buffer.alloc(80, 0);
    quote[0] = first;
    quote[isV4 ? 9 : 6] = next;
    if (isV4) quote.writeUInt16BE(fragment, 6);
    const header = isV4 ? (first & 0x0f) * 4 : 40;
    if (next === 6) quote.writeUInt16BE(port, header + 2);
    // An extension header of eight octets before TCP.
    else if (!isV4) quote[40] = 6;
    if (!isV4 && next !== 6) quote.writeUInt16BE(port, 50);
    return quote.subarray(0, length);
  });
const anyIcmp = (protocol: number, types: readonly number[]) =>
  fc
    .record({ type: fc.constantFrom(...types), code: fc.constantFrom(0, 1, 3, 9, 13), quote: anyQuote })
    .map(({ type, code, quote }) =>
      build.raw(protocol, Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), quote])),
    );
/** A frame in what a remote mirror sends, and what only begins so. */
const anyWrapped = fc
  .tuple(
    fc.constantFrom(...build.WRAPPINGS),
    noise.map((bytes) => Buffer.concat([Buffer.alloc(14, 2), bytes])),
    fc.nat(40),
  )
  .map(([wrapping, frame, cut]) => {
    const { bytes, ...upper } = build.wrapped(frame, wrapping);
    return { ...upper, bytes: cut > 30 ? bytes.subarray(0, Math.max(8, bytes.length - (cut - 20))) : bytes };
  });
const anyUpper = fc.oneof(
  { weight: 1, arbitrary: fc.oneof(anyIcmp(1, [3, 3, 8, 11]), anyIcmp(58, [1, 1, 3, 128])) },
  { weight: 6, arbitrary: anyTcp },
  { weight: 3, arbitrary: anyUdp },
  { weight: 1, arbitrary: anyIcmpv6 },
  { weight: 1, arbitrary: anyWrapped },
  { weight: 1, arbitrary: fc.tuple(fc.nat(255), noise).map(([protocol, bytes]) => build.raw(protocol, bytes)) },
);

const anyIpv4 = fc
  .record({
    options: fc.oneof({ weight: 4, arbitrary: fc.constant(Buffer.alloc(0)) }, fc.constant(Buffer.alloc(8, 1))),
    fragmentOffset: fc.constantFrom(0, 0, 0, 0, 1480),
    moreFragments: fc.constantFrom(false, false, false, true),
    totalLength: fc.constantFrom(undefined, undefined, undefined, 0),
    upper: anyUpper,
  })
  .map(({ totalLength, upper, ...fields }) =>
    build.ipv4(
      {
        source: '192.168.1.50',
        destination: '203.0.113.25',
        ...fields,
        ...(totalLength === undefined ? {} : { totalLength }),
      },
      upper,
    ),
  );
const anyExtension = fc.constantFrom(
  build.hopByHop(),
  build.destinationOptions(),
  build.routing(),
  build.authentication(),
  build.fragment(0, true, 7),
  build.fragment(1480, false, 7),
);
const anyIpv6 = fc
  .record({
    extensions: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(anyExtension, { maxLength: 3 })),
    payloadLength: fc.constantFrom(undefined, undefined, undefined, 0),
    upper: anyUpper,
  })
  .map(({ payloadLength, upper, extensions }) =>
    build.ipv6(
      {
        source: 'fe80::50',
        destination: '2001:db8::25',
        extensions,
        ...(payloadLength === undefined ? {} : { payloadLength }),
      },
      upper,
    ),
  );
const anyArp = fc
  .constantFrom('request' as const, 'reply' as const)
  .map((operation) =>
    build.arp({ operation, senderMac: LINK.source, senderIp: '192.168.1.50', targetIp: '192.168.1.1' }),
  );

const anyNetwork = fc.oneof(
  { weight: 5, arbitrary: anyIpv4 },
  { weight: 5, arbitrary: anyIpv6 },
  { weight: 1, arbitrary: anyArp },
);
const anyTags = fc.array(
  fc.record({ tpid: fc.constantFrom(0x8100, 0x88a8, 0x9100), id: fc.constantFrom(0, 1, 4095) }),
  { maxLength: 3 },
);
const anyDamage = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ changes: [], cut: 0, padding: 0 }) },
  fc.record({
    changes: fc.array(fc.tuple(fc.nat(120), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    cut: fc.constantFrom(0, 1, 3, 8, 20, 60),
    padding: fc.constantFrom(0, 0, 6, 18),
  }),
);

export function anyCapturedFrame(linkType: LinkType): fc.Arbitrary<Buffer> {
  return fc
    .record({
      inside: anyNetwork,
      tags: anyTags,
      pppoe: fc.constantFrom(undefined, undefined, 7, 8),
      damage: anyDamage,
    })
    .map(({ inside, tags, pppoe, damage }) => {
      const session = pppoe === undefined || inside.etherType === 0x0806 ? inside : sessionOf(pppoe, inside);
      const tagged = tags.reduceRight((layer, { tpid, id }) => tag(tpid, id, layer), session);
      const frame = Buffer.concat([linkLayer(linkType, tagged, {}), Buffer.alloc(damage.padding)]);
      for (const [at, value] of damage.changes) frame[at % frame.length] = value;
      return frame.subarray(0, Math.max(1, frame.length - damage.cut));
    });
}

/** PPPoE as the builder makes it, session 8 with its protocol field compressed, for use behind tags of one's choice. */
function sessionOf(pppoe: number, inside: build.NetworkLayer): build.NetworkLayer {
  const frame = build.ethernet({ ...LINK, pppoe, compressed: pppoe === 8 }, inside);
  return { etherType: frame.readUInt16BE(12), bytes: frame.subarray(14) };
}
