import { clientHello, extension, tlsRecords } from '../decode/fixtures/hellos.ts';
import { cryptoFrame } from '../decode/fixtures/quic-sealing.ts';
import {
  dhcp,
  type ExtensionHeader,
  ethernet,
  hopByHop,
  ipv4,
  ipv6,
  raw,
  tcp,
  u16,
  udp,
} from '../support/packet-builder.ts';
import { conversation, datagram, GATEWAY, host, THING } from './growth-cases.ts';

import {
  fragments,
  gaps,
  greedyHello,
  id,
  mails,
  many,
  mdns,
  nested,
  pointers,
  quic,
  reversed,
  talks,
  text,
  toGateway,
  USUAL,
} from './worst-traffic.ts';

export interface WorstCase {
  name: string;
  /** What bounds it, and where that stands. */
  bound: string;
  /** Blocks of the program that a frame may run through on average: counted, not timed. */
  blocks: number;
  frames(): Buffer[];
}

/** What a home's traffic mostly is: the measure of all others. */
export const PLAIN: WorstCase = {
  name: 'plain packets',
  bound: 'handshakes, hellos and what they are answered',
  blocks: 1200,
  frames: () =>
    many(1000, (i) =>
      conversation(
        { ...THING, port: 20_000 + i },
        host(i % 64, 443),
        tlsRecords(clientHello(extension(0, Buffer.concat([u16(9), Buffer.from([0]), u16(6), text('a.exam')])))),
      ),
    ).flat(),
};

export const WORST_CASES: readonly WorstCase[] = [
  {
    name: 'QUIC: one-octet fragments, backwards',
    bound: '64 pieces, 16 KiB, 32 datagrams a connection: decode/quic.ts',
    blocks: 4000,
    frames: () => many(1000, (i) => quic(i >> 5, [{ destination: id(i >> 5), payload: fragments(1, reversed) }])),
  },
  {
    name: 'QUIC: overlapping fragments',
    bound: '64 pieces, 16 KiB, 32 datagrams a connection: decode/quic.ts',
    blocks: 4000,
    frames: () => {
      const payload = Buffer.concat(many(200, (i) => cryptoFrame(i, greedyHello(400).subarray(i, i + 8))));
      return many(1000, (i) => quic(i >> 5, [{ destination: id(i >> 5), payload }]));
    },
  },
  {
    name: 'QUIC: a connection a datagram',
    bound: '2,048 connections: attribute/openings.ts; keys of one ID are kept: decode/quic.ts',
    blocks: 25_000,
    frames: () => many(3000, (i) => quic(i * 32 + i, [{ destination: id(i), payload: Buffer.alloc(1150, 1) }])),
  },
  {
    name: 'QUIC: eight packets, each with other keys',
    bound: '8 packets a datagram, two tries each: decode/quic.ts',
    blocks: 18_000,
    frames: () =>
      many(1000, (i) =>
        quic(
          i >> 5,
          many(8, (k) => ({ destination: id(i * 8 + k), payload: Buffer.alloc(100, 1) })),
        ),
      ),
  },
  {
    name: 'TLS hello, two octets a segment',
    bound: '16 KiB, 32 pieces: attribute/openings.ts',
    blocks: 17_000,
    frames: () => talks(2, 443, tlsRecords(greedyHello(4000)), 2),
  },
  {
    name: 'TLS hello, backwards',
    bound: '32 pieces: attribute/openings.ts',
    blocks: 1000,
    frames: () => talks(40, 443, tlsRecords(greedyHello(4000)), 50, reversed),
  },
  {
    name: 'TLS hello, every second segment first',
    bound: '32 pieces: attribute/openings.ts',
    blocks: 6000,
    frames: () => talks(40, 443, tlsRecords(greedyHello(4000)), 60, gaps),
  },
  {
    name: 'HTTP request without end, an octet a segment',
    bound: '8 KiB of 128 lines: decode/headers.ts; 16 KiB: attribute/openings.ts',
    blocks: 3000,
    frames: () => talks(2, 80, text(`GET / HTTP/1.1\r\n${many(120, (i) => `x-${i}: y\r\n`).join('')}`), 1),
  },
  {
    name: 'DNS: chains of pointers, 200 records',
    bound: '127 pointers and 255 octets a name, 256 records: decode/dns-name.ts, decode/dns.ts',
    blocks: 450_000,
    frames: () => many(300, (i) => datagram(GATEWAY, { ...THING, port: 5000 }, pointers(i))),
  },
  {
    name: 'DNS over TCP: empty messages, an octet a segment',
    bound: '64 KiB a direction, each message split once: attribute/name-traffic.ts',
    blocks: 1300,
    frames: () => talks(1, 53, Buffer.alloc(12_000), 1),
  },
  {
    name: 'mDNS: 30 names a packet, other ones each time',
    bound:
      '256 records a message, 32 names of it: decode/dns.ts, decode/mdns.ts; names a device: attribute/identity.ts',
    blocks: 9000,
    frames: () => many(1000, (i) => mdns(30, i * 30)),
  },
  {
    name: 'SMTP: one line without end',
    bound: '260 octets of a line: decode/smtp-lines.ts',
    blocks: 3500,
    frames: () => mails(20, 100, () => 'x'.repeat(USUAL), ''),
  },
  {
    name: 'SMTP: pipelined commands, answered',
    bound: '1,024 commands without a reply: decode/smtp.ts',
    blocks: 50_000,
    frames: () => mails(20, 50, () => 'RSET\r\n'.repeat(230), '250 \r\n'.repeat(230)),
  },
  {
    name: 'SMTP: recipients',
    bound: 'counts alone are kept: decode/smtp-facts.ts',
    blocks: 17_000,
    frames: () =>
      mails(
        20,
        50,
        (i) => (i === 0 ? 'MAIL FROM:<a@b>\r\n' : 'RCPT TO:<c@d.example>\r\n'.repeat(58)),
        '250 ok\r\n'.repeat(58),
      ),
  },
  {
    name: 'SMTP: chunks of one octet',
    bound: '1,024 commands without a reply: decode/smtp.ts',
    blocks: 38_000,
    frames: () => mails(20, 50, () => 'BDAT 1\r\nx'.repeat(150), '250 ok\r\n'.repeat(150)),
  },
  {
    name: 'SMTP: segments that never join',
    bound: '16 segments, 64 KiB wait: attribute/dialogues.ts',
    blocks: 2000,
    frames: () => talks(40, 25, Buffer.alloc(40_000, 'x'), 400, (offsets) => offsets.slice(1).map((at) => at + 1)),
  },
  {
    name: 'SOCKS: an octet a segment',
    bound: '8 KiB a direction: decode/tunnel.ts',
    blocks: 500,
    frames: () =>
      talks(
        8,
        1080,
        Buffer.concat([
          Buffer.from([5, 255]),
          Buffer.alloc(255, 2),
          Buffer.from([5, 2, 0, 3, 255]),
          Buffer.alloc(300, 'a'),
        ]),
        1,
      ),
  },
  {
    name: 'SSDP: 120 lines',
    bound: '8 KiB, 128 lines: decode/headers.ts',
    blocks: 4000,
    frames: () =>
      many(1000, (i) =>
        datagram(
          { ...THING, port: 1900 },
          { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 },
          text(`NOTIFY * HTTP/1.1\r\n${many(100, (k) => `x${k}: ${i}\r\n`).join('')}\r\n`),
        ),
      ),
  },
  {
    name: 'SOAP: elements in elements, a few octets a segment',
    bound: '16 KiB a message, 8 KiB of it read: decode/igd-exchange.ts, decode/soap.ts',
    blocks: 1500,
    frames: () => {
      const body = `<s:Envelope>${'<a>&amp;'.repeat(900)}`;
      return talks(2, 80, text(`POST /c HTTP/1.1\r\nSOAPAction: "x#AddPortMapping"\r\n\r\n${body}`), 8).map((frame) =>
        toGateway(frame),
      );
    },
  },
  {
    name: 'DHCP: options of no length',
    bound: 'options are walked once: decode/dhcp.ts',
    blocks: 5500,
    frames: () =>
      many(1000, (i) =>
        datagram(
          { ...THING, port: 68 },
          { ...GATEWAY, port: 67 },
          dhcp({
            operation: 'request',
            messageType: 3,
            clientMac: THING.mac,
            options: many(250, (k): [number, string] => [150 + ((k + i) % 60), '']),
          }),
        ),
      ),
  },
  {
    name: 'IPv6: extension headers',
    bound: '8 of them: decode/ip.ts',
    blocks: 500,
    frames: () =>
      many(2000, (i) =>
        ethernet(
          { source: THING.mac, destination: GATEWAY.mac },
          ipv6(
            {
              source: 'fe80::50',
              destination: '2001:db8::1',
              extensions: many(8 + (i % 60), (): ExtensionHeader => hopByHop()),
            },
            tcp({ sourcePort: 1024 + i, destinationPort: 443, flags: 'S' }),
          ),
        ),
      ),
  },
  {
    name: 'mirrors in mirrors',
    bound: 'one level is opened: attribute/remote-mirrors.ts',
    blocks: 600,
    frames: () => many(2000, (i) => nested(1 + (i % 20))),
  },
  {
    name: 'fragments of mirrored frames that never end',
    bound: '16 senders, 64 KiB each: attribute/remote-mirrors.ts',
    blocks: 500,
    frames: () => {
      const vxlan = udp(
        { sourcePort: 1, destinationPort: 4789 },
        Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 1, 0]), Buffer.alloc(1200, 3)]),
      );
      const ends = (i: number) => ({
        source: `192.168.1.${1 + (i % 200)}`,
        destination: '192.168.1.250',
        identification: i,
      });
      return many(1500, (i) =>
        ethernet(
          { source: THING.mac, destination: GATEWAY.mac },
          i % 3 === 0
            ? ipv4({ ...ends(i), moreFragments: true }, vxlan)
            : ipv4(
                { ...ends(i - (i % 3)), fragmentOffset: 1216 * (i % 3), moreFragments: true },
                raw(17, Buffer.alloc(1216, 4)),
              ),
        ),
      );
    },
  },
];
