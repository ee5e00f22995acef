// Homes that serve something: resolvers, mail servers and filters, proxies, a web server, Home Assistant. Nobody is alarmed.
import { streamEncode } from 'dns-packet';
import { answered, asks, datagram, dhcpAck, dnsAnswer } from '../support/name-frames.ts';
import type { CapturedFrame, ConversationFields } from '../support/packet-builder.ts';
import { at, CAMERA, DAY, FRIDGE, HOUR, MINUTE, outside, SECOND, START, TELEVISION } from '../support/stage.ts';
import type { Case, Expected, Story } from './case.ts';
import {
  browses,
  bytes,
  IPHONE,
  joins,
  MACBOOK,
  message,
  morning,
  NAS,
  PI,
  PRINTER,
  reaches,
  STRANGER,
  talks,
  usual,
  visits,
} from './household.ts';

const LISTS = ['zen.spamhaus.org', 'bl.spamcop.net', 'b.barracudacentral.org'];
const listed = (ip: string, zone: string) => `${ip.split('.').reverse().join('.')}.${zone}`;
const UPSTREAM = outside('9.9.9.9', 53);
const NOTE: Expected = { kind: 'mail_lookup', device: PI, severity: 'info', alerts: 0 };
const NO_LOOKUPS = [{ device: PI, report: { lookups: { mx: 0, dnsbl: 0 } } }];

/** Somebody's mail server elsewhere is asked about, and lists, for whoever uses this resolver. */
const passesOn = (time: number) => [
  asks(PI, 'example.net', 'MX', time, { resolver: UPSTREAM }),
  ...LISTS.map((zone, i) => asks(PI, listed('198.51.100.9', zone), 'A', time + i, { resolver: UPSTREAM })),
];

/** The camera asks PI for `host`, and is answered. */
const servesName = (host: string, time: number) => {
  const resolver = { mac: PI.mac, ip: PI.ip, port: 53 };
  return [
    asks(CAMERA, host, 'A', time, { resolver }),
    datagram(resolver, { ...CAMERA, port: 40_001 }, dnsAnswer(host, ['203.0.113.80']), time + 5),
  ];
};

export const RESOLVERS: readonly Case[] = [
  {
    name: 'a Pi-hole that answers the neighbours passes on what spam filters ask',
    home: (stage) => stage.play(usual(START), servesName('api.cam.example', START), passesOn(START + MINUTE)),
    shows: NO_LOOKUPS,
  },
  {
    name: 'an AdGuard Home that DHCP names, on a mirror that shows no neighbours',
    home: (stage) => {
      const given = [[6, Buffer.from(PI.ip.split('.').map(Number))] as const];
      stage.play(usual(START), dhcpAck(CAMERA, START, given), passesOn(START + MINUTE));
    },
    shows: NO_LOOKUPS,
  },
  {
    name: 'an Unbound that asks the servers of all domains itself, over TCP as well',
    home: (stage) => {
      const query = streamEncode({ type: 'query', id: 9, questions: [{ type: 'MX', name: 'example.org' }] });
      stage.play(
        usual(START),
        servesName('api.cam.example', START),
        asks(PI, 'example.net', 'MX', START + MINUTE, { resolver: outside('192.5.6.30', 53) }),
        talks(PI, '192.5.6.30', 53, START + MINUTE, [{ from: 'C', bytes: query }]),
      );
    },
    shows: NO_LOOKUPS,
  },
  {
    name: 'a resolver that is known goes on after a restart of the sensor',
    home: [
      (stage) => stage.play(usual(START), servesName('api.cam.example', START)),
      (stage) => stage.play(passesOn(START + HOUR), servesName('api.cam.example', START + 2 * HOUR)),
    ],
    shows: NO_LOOKUPS,
  },
  {
    name: 'DNS over TLS and over HTTPS',
    home: (stage) =>
      stage.play(
        morning(START),
        talks(PI, '9.9.9.9', 853, START + HOUR, bytes(['C', '\x16\x03\x01\0\x05hello'])),
        browses(IPHONE, 'dns.quad9.example', '9.9.9.10', START + HOUR),
      ),
  },
  {
    name: 'questions that only look like those of mail: SPF, SRV, reverse names',
    home: (stage) =>
      stage.play(
        usual(START),
        asks(CAMERA, 'example.net', 'TXT', START),
        asks(CAMERA, '_submission._tcp.example.net', 'TXT', START + SECOND),
        asks(CAMERA, '9.100.51.198.in-addr.arpa', 'A', START + 2 * SECOND),
        asks(CAMERA, 'www.spamhaus.org', 'A', START + 3 * SECOND),
        asks(CAMERA, 'mx.cam.example', 'A', START + 4 * SECOND),
      ),
    shows: [{ device: CAMERA, report: { lookups: { mx: 0, dnsbl: 0 } } }],
  },
  {
    name: 'a monitor that asks for the MX of the family’s domain every hour is noted',
    home: (stage) =>
      stage.play(usual(START), ...[0, 1, 2, 3].map((i) => asks(PI, 'family.example', 'MX', START + i * HOUR))),
    expect: [{ ...NOTE, evidence: { mx: 4 } }],
  },
  {
    name: 'a spam filter that fetches mail and asks lists about each sender and domain; noted',
    home: (stage) => {
      const asksAll = (i: number, time: number) => [
        ...LISTS.map((zone) => asks(PI, listed(`203.0.113.${i}`, zone), 'A', time)),
        asks(PI, `sender-${i}.example.dbl.spamhaus.org`, 'A', time),
      ];
      const messages = Array.from({ length: 12 }, (_, i) => asksAll(i, START + i * MINUTE));
      stage.play(usual(START), talks(PI, '198.51.100.26', 993, START), ...messages);
    },
    expect: [{ ...NOTE, evidence: { dnsbl: 48 } }],
  },
  {
    name: 'a program that bars attackers asks a list about each; noted',
    home: (stage) =>
      stage.play(
        usual(START),
        ...[1, 2, 3, 4].map((i) => asks(PI, listed(`203.0.113.${i}`, 'all.bl.blocklist.de'), 'A', START + i * HOUR)),
      ),
    expect: [{ ...NOTE, evidence: { dnsbl: 4, lists: ['all.bl.blocklist.de'] } }],
  },
];

const MX = ['203.0.113.21', '203.0.113.22', '203.0.113.23'] as const;
const delivers = (i: number, time: number): CapturedFrame[] => [
  asks(PI, `friend-${i}.example`, 'MX', time),
  answered(PI, `mx.friend-${i}.example`, [MX[i] ?? MX[0]], time + SECOND),
  ...talks(PI, MX[i] ?? MX[0], 25, time + 2 * SECOND, message(2, 'mail.family.example')),
];

const receives = (time: number): CapturedFrame[] => [
  ...reaches(PI, 25, time, { dialogue: message(), source: '198.51.100.9' }),
  ...LISTS.map((zone, i) => asks(PI, listed('198.51.100.9', zone), 'A', time + SECOND + i)),
  asks(PI, 'sender.example', 'MX', time + 2 * SECOND),
];

/** A home mail server, of which a person has said that it is one. */
const mailServer: Story = (stage) => {
  stage.play(usual(START), joins(PI, START), receives(START + MINUTE));
  stage.run({ type: 'expect', incident: stage.incident('exposed').id, until: null });
  stage.play([0, 1, 2].flatMap((i) => delivers(i, START + HOUR + i * MINUTE)));
  stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
};

const REQUEST = bytes(['C', 'GET / HTTP/1.1\r\nHost: home.example\r\n\r\n'], ['S', 'HTTP/1.1 200 OK\r\n\r\n']);

/** PI serves `port` to the Internet, as a person has said. */
const opened =
  (port: number): Story =>
  (stage) => {
    stage.play(usual(START), joins(PI, START), reaches(PI, port, START + MINUTE, { dialogue: REQUEST }));
    stage.run({ type: 'expect', incident: stage.incident('exposed').id, until: null });
  };

export const SERVERS: readonly Case[] = [
  {
    name: 'a home mail server that only receives, and asks lists about who calls and for the MX of senders',
    settled: (stage) => {
      stage.play(usual(START), joins(PI, START), reaches(PI, 25, START + MINUTE, { dialogue: message() }));
      stage.run({ type: 'expect', incident: stage.incident('exposed').id, until: null });
    },
    home: (stage) => stage.play(...[1, 2, 3].map((day) => receives(START + day * DAY))),
    shows: [{ device: PI, report: { lookups: { mx: 3, dnsbl: 9 } } }],
  },
  {
    name: 'a home mail server that receives, as expected',
    settled: mailServer,
    home: (stage) => stage.play(...[1, 2, 3].map((day) => receives(START + day * DAY))),
    shows: [{ device: PI, report: { mail: { attempts: 3 } } }],
  },
  {
    name: 'a home mail server that sends to whom it always sends, as expected',
    settled: mailServer,
    home: (stage) => stage.play(...[0, 1, 2, 0, 1].map((to, i) => delivers(to, START + DAY + i * HOUR))),
    shows: [{ device: PI, report: { mail: { attempts: 8, messages: 8 } } }],
  },
  {
    name: 'a web server that was opened on purpose, with visitors from thirty hosts',
    settled: opened(443),
    home: (stage) => {
      for (let i = 0; i < 30; i++)
        stage.play(reaches(PI, 443, START + HOUR + i * MINUTE, { source: `203.0.113.${i + 1}`, dialogue: REQUEST }));
    },
  },
  {
    name: 'Home Assistant behind a port that was opened on purpose, and all that it talks to inside',
    settled: opened(8123),
    home: (stage) => {
      const inside = [CAMERA, FRIDGE, TELEVISION, PRINTER, NAS].flatMap(({ ip, mac }, i) =>
        [80, 443, 554, 1883, 8009].flatMap((port) => visits(PI, { mac, ip }, port, START + HOUR + i * SECOND)),
      );
      const outsideHosts = Array.from({ length: 40 }, (_, i) =>
        browses(PI, `api.service-${i}.example`, `203.0.113.${i + 1}`, START + 2 * HOUR + i * SECOND),
      );
      stage.play(inside, ...outsideHosts, reaches(PI, 8123, START + 3 * HOUR, { source: '203.0.113.99' }));
    },
  },
  {
    name: 'a server that nobody outside reaches: SSH, SMB, RTSP and telnet inside',
    home: (stage) =>
      stage.play(
        morning(START),
        ...[22, 23, 139, 445, 554, 2323, 5555, 5900].map((port, i) => visits(MACBOOK, NAS, port, START + i * MINUTE)),
      ),
  },
];

/** A web page through a proxy. */
function surfs(
  name: string,
  dialogue: NonNullable<ConversationFields['dialogue']>,
  server = at(PI, PI.ip, 3128),
): Case {
  return {
    name: `the web through ${name}`,
    home: (stage) =>
      stage.play(
        usual(START),
        joins(MACBOOK, START),
        talks(MACBOOK, server.ip, server.port, START + MINUTE, dialogue, { server }),
      ),
    shows: [{ device: MACBOOK, report: { mail: { attempts: 0 } } }],
  };
}

const ESTABLISHED = ['S', 'HTTP/1.1 200 Connection established\r\n\r\n'] as const;
const HELLO = ['C', '\x16\x03\x01\0\x05hello'] as const;

export const WEB_PROXIES: readonly Case[] = [
  surfs('a proxy of the home', bytes(['C', 'CONNECT www.example.net:443 HTTP/1.1\r\n\r\n'], ESTABLISHED, HELLO)),
  surfs(
    'a proxy on the Internet',
    bytes(['C', 'CONNECT www.example.net:443 HTTP/1.1\r\n\r\n'], ESTABLISHED, HELLO),
    outside('198.51.100.10', 8080),
  ),
  surfs(
    'a proxy that is asked in the clear',
    bytes(['C', 'GET http://www.example.net/ HTTP/1.1\r\nHost: www.example.net\r\n\r\n']),
  ),
  surfs(
    'SOCKS5',
    bytes(
      ['C', '\x05\x01\0'],
      ['S', '\x05\0'],
      ['C', '\x05\x01\0\x03\x0fwww.example.net\x01\xbb'],
      ['S', '\x05\0\0\x01\0\0\0\0\0\0'],
      HELLO,
    ),
    outside('198.51.100.10', 1080),
  ),
  surfs(
    'SOCKS4',
    bytes(['C', '\x04\x01\x01\xbb\xcb\0\x71\x0au\0'], ['S', '\0\x5a\0\0\0\0\0\0'], HELLO),
    at(PI, PI.ip, 1080),
  ),
  surfs('Tor', bytes(['C', '\x16\x03\x01\0\x05hello']), outside('198.51.100.90', 9001)),
  surfs(
    'a proxy that is asked for the mailbox (IMAP)',
    bytes(['C', 'CONNECT imap.example.net:993 HTTP/1.1\r\n\r\n'], ESTABLISHED, HELLO),
  ),
  surfs(
    'a proxy that is asked for a mail server of the home',
    bytes(
      ['C', `\x04\x01\0\x19\xc0\xa8\x01\x1f\0`],
      ['S', '\0\x5a\0\0\0\0\0\0'],
      ['S', '220 nas ESMTP\r\n'],
      ['C', 'EHLO mac\r\n'],
    ),
  ),
  {
    name: 'a stranger tries the proxy and the mail server, and is not let in',
    home: (stage) =>
      stage.play(
        usual(START),
        ...[25, 1080, 3128, 8080].map((port, i) =>
          reaches(PI, port, START + i * SECOND, { outcome: 'refused', source: STRANGER }),
        ),
      ),
  },
];
