// Homes that the Internet knocks at, and people who reach out of them in unusual ways: tunnels, peers, shells. No alarm.
import { datagram, dnsAnswer, mail } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MINUTE, outside, SECOND, START, TELEVISION } from '../support/stage.ts';
import type { Case } from './case.ts';
import {
  bytes,
  CONSOLE,
  IPHONE,
  joins,
  MACBOOK,
  morning,
  NAS,
  PIXEL,
  type Resident,
  reaches,
  STRANGER,
  speaksQuic,
  talks,
  usual,
  visits,
  WINDOWS,
} from './household.ts';

const PEER = '198.51.100.44';
const TLS = bytes(['C', '\x16\x03\x01\0\x05hello']);
const host = (i: number) => `198.51.100.${(i % 250) + 1}`;
const UDP = (from: Resident, to: string, port: number, payload: Buffer, time: number) =>
  datagram({ mac: from.mac, ip: from.ip, port: 41_234 }, outside(to, port), payload, time);

/** A person's computer speaks to `port` of a host on the Internet. */
function reachesOut(name: string, port: number, dialogue = TLS): Case {
  return {
    name,
    home: (stage) => {
      stage.play(morning(START), joins(MACBOOK, START));
      for (let i = 0; i < 5; i++) stage.play(talks(MACBOOK, PEER, port, START + HOUR + i * HOUR, dialogue));
    },
    shows: [{ device: MACBOOK, report: { mail: { attempts: 0 } } }],
  };
}

/** A thing that speaks TLS to a port whose number is much like one for mail. */
function almostMail(port: number): Case {
  return {
    name: `port ${port} is none for mail`,
    home: (stage) => stage.play(usual(START), talks(CAMERA, PEER, port, START, TLS)),
    shows: [{ device: CAMERA, report: { mail: { attempts: 0 }, connections: 2 } }],
  };
}

export const OUTSIDE: readonly Case[] = [
  {
    name: 'the Internet knocks at every door and is not answered',
    home: (stage) => {
      const ports = [21, 22, 23, 25, 80, 443, 445, 465, 587, 2323, 3389, 5555, 7547, 8080];
      const knocks = Array.from({ length: 140 }, (_, i) => {
        const outcome = i % 3 === 0 ? 'refused' : 'unanswered';
        return reaches(i % 2 ? CAMERA : NAS, ports[i % 14] ?? 80, START + i * MINUTE, { outcome, source: host(i) });
      });
      stage.play(usual(START), joins(NAS, START), ...knocks);
    },
  },
  {
    name: 'the Internet knocks over IPv6, at port 25 too',
    home: (stage) => {
      const server = { mac: CAMERA.mac, ip: 'fd00::50', port: 25 };
      const knock = { source: '2001:db8:bad::1', server, outcome: 'unanswered' } as const;
      stage.play(usual(START), ...[0, 1, 2].map((i) => reaches(CAMERA, 25, START + i * HOUR, knock)));
    },
  },
  {
    name: 'a neighbour comes in by the home’s own public address',
    home: (stage) => {
      const own = dnsAnswer('myip.opendns.com', ['198.51.100.9']);
      stage.play(
        usual(START),
        joins(NAS, START),
        datagram(outside('208.67.222.222', 53), { ...TELEVISION, port: 40_001 }, own, START),
        reaches(NAS, 443, START + MINUTE, { source: '198.51.100.9' }),
      );
    },
  },
  {
    name: 'a camera uploads by active FTP: the server calls back',
    home: (stage) =>
      stage.play(
        usual(START),
        talks(CAMERA, PEER, 21, START, [
          'S: 220 ProFTPD ready',
          'C: USER cam',
          'S: 331 password',
          'C: PORT 192,168,1,50,200,10',
        ]),
        reaches(CAMERA, 51_210, START + SECOND, { client: outside(PEER, 20) }),
      ),
  },
  {
    name: 'a file sharing program with peers on many ports, and over UDP',
    home: (stage) => {
      const handshake = bytes(['C', `\x13BitTorrent protocol${'\0'.repeat(48)}`]);
      const ports = [6881, 51_413, 80, 443, 8999, 26, 24, 2526, 50_000, 16_881];
      const peers = Array.from({ length: 50 }, (_, i) =>
        talks(WINDOWS, host(i), ports[i % 10] ?? 6881, START + i * SECOND, handshake),
      );
      const more = Array.from({ length: 50 }, (_, i) =>
        UDP(WINDOWS, host(i), i % 2 ? 6881 : 25, Buffer.from('d1:ad2:id20:'), START + i * 50),
      );
      stage.play(joins(WINDOWS, START - MINUTE), ...peers, more);
    },
    shows: [{ device: WINDOWS, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'UDP to port 25 and 587 is no mail',
    home: (stage) =>
      stage.play(usual(START), ...[25, 587].map((port) => UDP(CAMERA, PEER, port, Buffer.from('EHLO x\r\n'), START))),
    shows: [{ device: CAMERA, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'a game server on port 25565',
    home: (stage) =>
      stage.play(joins(CONSOLE, START), talks(CONSOLE, PEER, 25_565, START + MINUTE, bytes(['C', '\x10\0\xfa\x05']))),
  },
  ...[24, 26, 250, 466, 586, 2526, 4650].map(almostMail),

  reachesOut('OpenVPN over TCP', 1194, bytes(['C', '\0\x0e\x38\0\0\0\0\0\0\0\0\0\0\0'])),
  reachesOut('a tunnel of the company over HTTPS', 443),
  reachesOut('a shell at work', 22, bytes(['S', 'SSH-2.0-OpenSSH_9.6\r\n'], ['C', 'SSH-2.0-OpenSSH_9.7\r\n'])),
  reachesOut('a remote desktop at work', 3389, bytes(['C', '\x03\0\0\x13\x0e\xe0'])),
  reachesOut('a terminal of old (telnet)', 23, bytes(['S', '\xff\xfd\x18login: '], ['C', 'anna\r\n'])),
  reachesOut('a chat', 6697),
  reachesOut(
    'news groups',
    119,
    bytes(['S', '200 news ready\r\n'], ['C', 'GROUP comp.risks\r\n'], ['S', '211 12 1 12\r\n']),
  ),
  reachesOut(
    'a server of files',
    21,
    bytes(['S', '220 ftp ready\r\n'], ['C', 'USER anonymous\r\n'], ['S', '331 ok\r\n']),
  ),
  reachesOut('telephony', 5060, bytes(['C', 'REGISTER sip:a SIP/2.0\r\n'], ['S', 'SIP/2.0 200 OK\r\n'])),
  {
    name: 'WireGuard, OpenVPN and IPsec over UDP',
    home: (stage) =>
      stage.play(
        morning(START),
        ...[51_820, 1194, 500, 4500].map((port, i) => UDP(IPHONE, PEER, port, Buffer.alloc(148, 1), START + HOUR + i)),
      ),
  },
  {
    name: 'a call through STUN and a relay',
    home: (stage) => {
      const stun = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(12, 7)]);
      stage.play(
        morning(START),
        UDP(IPHONE, PEER, 3478, stun, START + HOUR),
        talks(IPHONE, PEER, 5349, START + HOUR + SECOND, TLS),
        ...Array.from({ length: 50 }, (_, i) =>
          UDP(IPHONE, host(i), 50_000 + i, Buffer.alloc(100, 0x80), START + HOUR + i * 20),
        ),
      );
    },
  },
  {
    name: 'a telephone that speaks QUIC alone',
    home: (stage) =>
      stage.play(
        joins(PIXEL, START),
        ...Array.from({ length: 10 }, (_, i) => speaksQuic(PIXEL, host(i), START + MINUTE + i * SECOND)),
      ),
    shows: [{ device: PIXEL, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'telnet and ADB inside the home alone',
    home: (stage) =>
      stage.play(
        usual(START),
        ...[23, 2323, 5555].map((port, i) =>
          visits(MACBOOK, CAMERA, port, START + i * MINUTE, ['S: login:', 'C: root', 'S: # ', 'C: reboot']),
        ),
      ),
  },
  {
    name: 'a mail server of the home answers a neighbour and the printer, nobody outside',
    home: (stage) =>
      stage.play(
        usual(START),
        ...[CAMERA, FRIDGE].map((from) => visits(from, NAS, 25, START + MINUTE, ['S: 220 nas ESMTP', 'C: EHLO cam'])),
        mail(NAS, STRANGER, START + DAY, { port: 8443, outcome: 'connected' }),
      ),
  },
  {
    name: 'an upload and a mail that is fetched, with the words of a mail server in the middle of them',
    home: (stage) =>
      stage.play(
        usual(START),
        talks(CAMERA, PEER, 8080, START, ['C: POST /log HTTP/1.1', 'C: EHLO camera', 'S: HTTP/1.1 200 OK']),
        talks(FRIDGE, PEER, 110, START + MINUTE, ['S: +OK', 'C: RETR 1', 'S: +OK', 'S: 220 mx.example.net ESMTP']),
      ),
  },
];
