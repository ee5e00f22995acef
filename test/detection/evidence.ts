// Mail that shows itself without its SYN, refusals by somebody on the way, and mail through proxies.
import {
  type CapturedFrame,
  type ConversationFields,
  ethernet,
  icmpUnreachable,
  icmpv6Unreachable,
  ipv4,
  ipv6,
  tcp,
} from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  FRIDGE,
  GATEWAY,
  MAIL_SERVER,
  MAIL_SERVER6,
  MINUTE,
  outside,
  SECOND,
  START,
} from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { bytes, message, talks, usual } from './household.ts';

const ALARM = { kind: 'mail_started', device: CAMERA, severity: 'critical' } as const;

const sentBy =
  ({ mac }: { mac: string }) =>
  ({ data }: CapturedFrame) =>
    data.subarray(6, 12).toString('hex') === mac.replaceAll(':', '');

/** A message to a mail server of which the mirror shows `part`. */
function partly(
  name: string,
  part: (frames: CapturedFrame[]) => CapturedFrame[],
  evidence: Expected['evidence'] & object,
  serverPort = 25,
): Case {
  const shown = () => part(talks(CAMERA, MAIL_SERVER, serverPort, START, message()));
  return {
    name,
    home: (stage) => stage.play(usual(START), shown()),
    expect: [{ ...ALARM, findings: 1, evidence: { attempts: 1, connected: 1, ...evidence } }],
  };
}

/** An ICMP error of the router that quotes the camera's SYN. */
function prohibited(code: number, time: number): CapturedFrame {
  const segment = tcp({ sourcePort: 50_000, destinationPort: 25, sequence: 7000, flags: 'S' });
  const quoted = ipv4({ source: CAMERA.ip, destination: MAIL_SERVER }, segment);
  const packet = ipv4({ source: GATEWAY.ip, destination: CAMERA.ip }, icmpUnreachable(code, quoted));
  return { time, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet) };
}

function prohibited6(time: number): CapturedFrame {
  const segment = tcp({ sourcePort: 50_000, destinationPort: 25, sequence: 7000, flags: 'S' });
  const quoted = ipv6({ source: 'fd00::50', destination: MAIL_SERVER6 }, segment);
  const packet = ipv6({ source: 'fd00::1', destination: 'fd00::50' }, icmpv6Unreachable(1, quoted));
  return { time, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet) };
}

const attempt = (to = MAIL_SERVER, from = CAMERA.ip) =>
  talks(CAMERA, to, 25, START, [], {
    client: { mac: CAMERA.mac, ip: from, port: 50_000 },
    isn: 7000,
    outcome: 'unanswered',
  });

const refusedBy = (reason: string, ip = GATEWAY.ip): Expected => ({
  ...{ ...ALARM, severity: 'high' },
  evidence: { attempts: 1, refused: 1, unanswered: 0, refusedBy: { ip, reason } },
});

export const EVIDENCE: readonly Case[] = [
  partly("a mirror that shows the servers' side alone", (frames) => frames.filter(sentBy(GATEWAY)), {}),
  partly("a mirror that shows the device's side alone", (frames) => frames.filter(sentBy(CAMERA)), { unanswered: 0 }),
  partly('the SYN-ACK of a mail server and nothing else', (frames) => frames.slice(1, 2), {}),
  partly('the banner of a mail server and nothing else', (frames) => frames.slice(3, 4), { beganBefore: true }),
  partly('a connection that began before the sensor did', (frames) => frames.slice(7), { beganBefore: true }),
  partly('SMTP on an odd port that began before the sensor did', (frames) => frames.slice(5), { messages: 1 }, 10_025),
  partly('handshake in the wrong order', ([syn, answer, ...rest]) => (syn && answer ? [answer, syn, ...rest] : []), {
    messages: 1,
  }),
  {
    name: 'a router that prohibits port 25',
    home: (stage) => stage.play(usual(START), attempt(), prohibited(13, START + SECOND)),
    expect: [refusedBy('administratively-prohibited')],
  },
  {
    name: 'a router that knows no way to the server, long after the deadline',
    home: (stage) => stage.play(usual(START), attempt(), prohibited(1, START + 2 * MINUTE)),
    expect: [refusedBy('host-unreachable')],
  },
  {
    name: 'the prohibition alone, without the SYN that it quotes',
    home: (stage) => stage.play(usual(START), prohibited(13, START)),
    expect: [refusedBy('administratively-prohibited')],
  },
  {
    name: 'prohibited over IPv6',
    home: (stage) => stage.play(attempt(MAIL_SERVER6, 'fd00::50'), prohibited6(START + SECOND)),
    expect: [refusedBy('administratively-prohibited', 'fd00::1')],
  },
];

const PROXY = '198.51.100.10';
const SERVER = String.fromCharCode(...MAIL_SERVER.split('.').map(Number));
const SOCKS4 = bytes(['C', `\x04\x01\0\x19${SERVER}u\0`], ['S', '\0\x5a\0\0\0\0\0\0']);
const SOCKS4A = bytes(['C', '\x04\x01\0\x19\0\0\0\x01\0mx.example.net\0'], ['S', '\0\x5a\0\0\0\0\0\0']);
const GREETING5 = bytes(['C', '\x05\x01\0'], ['S', '\x05\0'], ['C', '\x05\x01\0\x03\x0emx.example.net\0\x19']);
const SOCKS5 = [...GREETING5, ...bytes(['S', '\x05\0\0\x01\0\0\0\0\0\0'])];
const CONNECT = bytes(
  ['C', 'CONNECT mx.example.net:25 HTTP/1.1\r\nHost: mx.example.net:25\r\n\r\n'],
  ['S', 'HTTP/1.1 200 Connection established\r\n\r\n'],
);

/** A message through a proxy that was asked for a mail server. */
function through(
  by: string,
  opening: NonNullable<ConversationFields['dialogue']>,
  destination: object,
  server = outside(PROXY, 1080),
): Case {
  return {
    name: `through ${by}`,
    home: (stage) =>
      stage.play(usual(START), talks(CAMERA, PROXY, 1080, START, [...opening, ...message(2)], { server })),
    expect: [
      {
        ...ALARM,
        evidence: { attempts: 1, connected: 1, messages: 1, recipients: 2, lastDestination: destination },
        says: /through the proxy/,
      },
    ],
  };
}

const NAMED = { name: 'mx.example.net', port: 25 };

export const PROXIES: readonly Case[] = [
  through('SOCKS4', SOCKS4, { ip: MAIL_SERVER, port: 25, through: { proxy: PROXY } }),
  through('SOCKS4a', SOCKS4A, NAMED),
  through('SOCKS5', SOCKS5, NAMED),
  through('HTTP CONNECT on port 8080', CONNECT, NAMED, outside(PROXY, 8080)),
  through('a SOCKS proxy inside the home', SOCKS5, NAMED, at(FRIDGE, FRIDGE.ip, 1080)),
  through(
    'SOCKS4 to a port that is not for mail',
    bytes(['C', `\x04\x01\x1f\x59${SERVER}\0`], ['S', '\0\x5a\0\0\0\0\0\0']),
    {
      ip: MAIL_SERVER,
      port: 8025,
    },
  ),
  {
    name: 'a SOCKS5 proxy that refuses to go to a mail server',
    home: (stage) => {
      const refused = [...GREETING5, ...bytes(['S', '\x05\x05\0\x01\0\0\0\0\0\0'])];
      stage.play(usual(START), talks(CAMERA, PROXY, 1080, START, refused));
    },
    expect: [{ ...ALARM, severity: 'high', evidence: { attempts: 1, refused: 1, connected: 0 } }],
  },
];
