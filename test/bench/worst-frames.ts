// Frames made to cost as much as one frame can, as long as IP allows: what a decoder does with each octet, and a table with what it finds.
import { clientInitialKeys, quicVersion } from '../../sensor/decode/quic-keys.ts';
import { clientHello, extension, tlsRecords } from '../decode/fixtures/hellos.ts';
import { cryptoFrame, sealInitial } from '../decode/fixtures/quic-sealing.ts';
import { u16, u32, wireName } from '../support/packet-builder.ts';
import { conversation, datagram, GATEWAY, host, segment, THING } from './growth-cases.ts';

export interface WorstFrames {
  name: string;
  /** In order; the worst of them counts. */
  frames(): Buffer[];
}

/** Octets of a payload, with room for the headers. */
const LONGEST = 65_000;
/** One-octet fragments that a QUIC packet of at most 16,383 octets holds. */
const PER_PACKET = 2000;
/** What Ethernet carries. */
const USUAL = 1400;
const EVERYBODY = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
/** A hello without a name, of as many extensions as there is room for. */
const greedyHello = (octets: number) =>
  clientHello(
    ...Array.from({ length: Math.floor((octets - 60) / 4) }, (_, i) => extension(0x4000 + (i % 4096), Buffer.alloc(0))),
  );

function quic(octets: number): Buffer {
  const version = quicVersion(1);
  if (version === undefined) throw new Error('QUIC v1 is not known');
  const destination = Buffer.from('0123456789abcdef', 'hex');
  const keys = clientInitialKeys(version, destination);
  const hello = greedyHello(Math.min(16_000, octets / 6));
  const packets: Buffer[] = [];
  for (let at = 0; at < hello.length && packets.length * PER_PACKET * 6 < octets; at += PER_PACKET) {
    const part = hello.subarray(at, at + PER_PACKET);
    const payload = Buffer.concat(Array.from(part, (_, i) => cryptoFrame(at + i, part.subarray(i, i + 1))));
    packets.push(sealInitial({ keys, version: 1, destination, packetNumber: packets.length, payload }));
  }
  return datagram(THING, host(1, 443), Buffer.concat(packets));
}

/** `count` times what `part` gives, as far as it fits. */
function filled(octets: number, part: (i: number) => Buffer): { count: number; bytes: Buffer } {
  const parts: Buffer[] = [];
  for (let length = 0, i = 0; length < octets; i++) {
    const next = part(i);
    length += next.length;
    if (length <= octets) parts.push(next);
  }
  return { count: parts.length, bytes: Buffer.concat(parts) };
}

/** Each name points to the one before it, so that the last has most pointers. */
function pointers(octets: number): Buffer {
  const chain = filled(octets, (i) =>
    Buffer.concat([
      i === 0 ? wireName('a.b') : u16(0xc000 | Math.min(0x3ffe, 12 + 5 + (i - 1) * 14 - 0)),
      u16(1, 1),
      u32(60),
      u16(4),
      u32(i),
    ]),
  );
  return datagram(
    GATEWAY,
    { ...THING, port: 5000 },
    Buffer.concat([u16(1, 0x8180, 0, chain.count, 0, 0), chain.bytes]),
  );
}

/** Many questions, and as many answers that may belong to each. */
function answers(octets: number): Buffer {
  const questions = filled(octets / 4, (i) => Buffer.concat([wireName(`q${i}.example`), u16(1, 1)]));
  const records = filled(octets / 2, (i) =>
    Buffer.concat([
      wireName(`q${i % 16}.example`),
      u16(5, 1),
      u32(60),
      u16(wireName(`q${i % 16}x.example`).length),
      wireName(`q${i % 16}x.example`),
    ]),
  );
  const header = u16(1, 0x8180, questions.count, records.count, 0, 0);
  return datagram(GATEWAY, { ...THING, port: 5000 }, Buffer.concat([header, questions.bytes, records.bytes]));
}

function announcements(octets: number): Buffer {
  const records = filled(octets, (i) =>
    Buffer.concat([wireName(`thing-${i}.local`), u16(1, 1), u32(120), u16(4), u32(0x0a000000 + i)]),
  );
  return datagram(
    { ...THING, port: 5353 },
    EVERYBODY,
    Buffer.concat([u16(0, 0x8400, 0, records.count, 0, 0), records.bytes]),
  );
}

const mailbox = { ...THING, port: 50_100 };
const mailServer = host(3, 25);

export const WORST_FRAMES: readonly WorstFrames[] = [LONGEST, USUAL].flatMap((octets) => {
  const of = (what: string) => `${what}, ${octets} octets`;
  return [
    { name: of('QUIC Initial of one-octet fragments'), frames: () => [quic(octets)] },
    {
      name: of('TLS hello of empty extensions'),
      frames: () =>
        conversation({ ...THING, port: 50_000 }, host(2, 443), tlsRecords(greedyHello(Math.min(octets, 16_000)))),
    },
    {
      name: of('TLS hello, segment by octet'),
      frames() {
        const hello = tlsRecords(greedyHello(Math.min(octets, 4000)));
        const [client, server] = [{ ...THING, port: 50_001 }, host(2, 443)];
        const pieces = Array.from(hello, (_, i) =>
          segment(client, server, 'PA', hello.subarray(i, i + 1), 1001 + i, 2001),
        );
        return [...conversation(client, server), ...pieces];
      },
    },
    { name: of('DNS names of pointers'), frames: () => [pointers(octets)] },
    { name: of('DNS questions and CNAMEs'), frames: () => [answers(octets)] },
    { name: of('mDNS records'), frames: () => [announcements(octets)] },
    {
      name: of('SMTP commands'),
      frames: () => [
        ...conversation(mailbox, mailServer),
        segment(mailServer, mailbox, 'PA', Buffer.from('220 a\r\n'), 2001, 1001),
        segment(mailbox, mailServer, 'PA', filled(octets, () => Buffer.from('RSET\r\n')).bytes, 1001, 2008),
        segment(mailServer, mailbox, 'PA', filled(octets, () => Buffer.from('250 \r\n')).bytes, 2008, 1001),
      ],
    },
    {
      name: of('DNS over TCP, empty messages'),
      frames: () => conversation({ ...THING, port: 50_002 }, host(4, 53), Buffer.alloc(octets)),
    },
  ];
});
