// Mail to servers, port 25 and SMTP on odd ports: the first attempt is an incident, however it ends and however little is seen of it.
import type { Case } from './case.ts';
import { type ConversationFields, tcpConversation } from './frames/conversation.ts';
import { reaches } from './frames/doors.ts';
import {
  at,
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MAIL_SERVER6,
  MINUTE,
  outside,
  PHONE,
  SECOND,
  START,
} from './frames/home.ts';
import type { CapturedFrame } from './frames/pcap-file.ts';
import { connect, socks5 } from './frames/proxies.ts';
import { asks, mail, ONE_MESSAGE, phoneJoins, REFUSED_SYN, refusal, usual, visit } from './frames/traffic.ts';

const PROXY = '198.51.100.10';

const accepted = (port = 25) => mail(CAMERA, MAIL_SERVER, START, { port, outcome: 'connected', dialogue: ONE_MESSAGE });
const camera = { kind: 'mail_started', device: CAMERA.mac } as const;
const one = { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0 };
const isFrom =
  ({ mac }: { mac: string }) =>
  ({ data }: CapturedFrame) =>
    data.toString('hex', 6, 12) === mac.replaceAll(':', '');
const toServer = (fields: Partial<ConversationFields>, ip: string = CAMERA.ip, server = MAIL_SERVER) =>
  tcpConversation({
    client: at(CAMERA, ip, 50_000),
    server: outside(server, 25),
    time: START,
    outcome: 'refused',
    ...fields,
  });
const throughProxy = (prologue: ConversationFields['dialogue'] = []) =>
  tcpConversation({
    client: at(CAMERA, CAMERA.ip, 51_000),
    server: outside(PROXY, 1080),
    time: START,
    outcome: 'connected',
    dialogue: [...prologue, ...ONE_MESSAGE],
  });

export const MAIL_CASES: readonly Case[] = [
  {
    name: 'mail: one SYN to port 25 that nobody answers',
    frames: () => mail(CAMERA, MAIL_SERVER, START),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, unanswered: 1 }, alerts: ['opened'] }],
  },
  {
    name: 'mail: a SYN sent four times and then refused is one attempt',
    frames: () => toServer({ retransmitSyn: 3 }),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1 }, alerts: ['opened'] }],
  },
  {
    name: 'mail: a firewall says by ICMP that it is prohibited',
    frames: () => [
      usual(),
      toServer({ client: at(CAMERA, CAMERA.ip, REFUSED_SYN.sourcePort), isn: REFUSED_SYN.sequence }).slice(0, 1),
      refusal({ code: 13, by: GATEWAY.ip }, START + SECOND),
    ],
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1, refusedBy: { ip: GATEWAY.ip } } }],
  },
  {
    name: 'mail: all that is seen of an attempt is the ICMP error',
    frames: () => [usual(), refusal({ code: 13, by: GATEWAY.ip }, START)],
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1 } }],
  },
  {
    name: 'mail: a server takes a message, greeted in the name of a bank',
    frames: () => accepted(),
    expect: [
      {
        ...camera,
        severity: 'critical',
        evidence: {
          ...one,
          connected: 1,
          messages: 1,
          recipients: 1,
          stage: 'accepted',
          dialogue: { hello: 'foreign-domain' },
        },
      },
    ],
  },
  {
    name: 'mail: SMTP on port 8025',
    frames: () => accepted(8025),
    expect: [{ ...camera, severity: 'critical', evidence: { ...one, connected: 1, messages: 1 } }],
  },
  {
    name: 'mail: through a SOCKS proxy',
    frames: () => throughProxy(socks5('mx.example.net', 25)),
    expect: [
      {
        ...camera,
        severity: 'critical',
        evidence: { attempts: 1, messages: 1, lastDestination: { name: 'mx.example.net', port: 25 } },
      },
    ],
  },
  {
    name: 'mail: through HTTP CONNECT',
    frames: () => throughProxy(connect('mx.example.net', 25)),
    expect: [
      {
        ...camera,
        severity: 'critical',
        evidence: { attempts: 1, messages: 1, lastDestination: { name: 'mx.example.net', port: 25 } },
      },
    ],
  },
  {
    name: 'mail: a one-way mirror shows only the SYN-ACK from port 25',
    frames: () => accepted().slice(1, 2),
    expect: [{ ...camera, severity: 'critical', evidence: { attempts: 1, connected: 1, answerOnly: true } }],
  },
  {
    name: 'mail: a one-way mirror shows no answers',
    frames: () => accepted().filter(isFrom(CAMERA)),
    expect: [{ ...camera, severity: 'critical', evidence: { ...one, connected: 1 } }],
  },
  {
    name: 'mail: the connection began before the sensor looked',
    frames: () => [usual(), accepted().slice(7)],
    expect: [{ ...camera, severity: 'critical', evidence: { attempts: 1, connected: 1, beganBefore: true } }],
  },
  {
    name: 'mail: over IPv6',
    frames: () => toServer({}, CAMERA.ip6, MAIL_SERVER6),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1 } }],
  },
  {
    name: 'mail: behind two VLAN tags',
    frames: () => toServer({ vlans: [100, 20] }),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1 } }],
  },
  {
    name: 'mail: over PPPoE in a VLAN',
    frames: () => toServer({ vlans: [7], pppoe: 9 }),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, refused: 1 } }],
  },
  {
    name: 'mail: ten attempts in fifteen days are one incident',
    frames: () => Array.from({ length: 10 }, (_, i) => mail(CAMERA, MAIL_SERVER, START + i * 1.5 * DAY)).flat(),
    expect: [{ ...camera, severity: 'high', evidence: { ...one, attempts: 10, unanswered: 10 }, alerts: ['opened'] }],
  },
  {
    name: 'mail: a burst to thirty servers',
    frames: () =>
      Array.from({ length: 60 }, (_, i) => mail(CAMERA, `198.51.100.${i % 30}`, START + i * 5 * SECOND)).flat(),
    expect: [
      {
        ...camera,
        severity: 'critical',
        evidence: { attempts: 60, stage: 'fan-out', burst: { attempts: 60, servers: 30, minutes: 5 } },
        alerts: ['opened', 'escalated'],
      },
    ],
  },
  {
    name: 'mail: from a telephone to port 25',
    frames: () => [phoneJoins(START - MINUTE), mail(PHONE, MAIL_SERVER, START)],
    expect: [{ kind: 'mail_started', device: PHONE.mac, severity: 'high', evidence: { attempts: 1 } }],
  },
  {
    name: 'mail: from the router itself',
    frames: () => [
      usual(),
      tcpConversation({
        client: at(GATEWAY, GATEWAY.ip, 33_000),
        server: { mac: '02:00:5e:00:00:01', ip: MAIL_SERVER, port: 25 },
        time: START,
        outcome: 'unanswered',
      }),
    ],
    expect: [{ kind: 'mail_started', device: GATEWAY.mac, severity: 'high', evidence: { attempts: 1 } }],
  },
  {
    name: 'mail: after a look-up of the mail server it is critical',
    frames: () => [asks(CAMERA, 'example.net', 'MX', START), mail(CAMERA, MAIL_SERVER, START + HOUR)],
    expect: [
      {
        ...camera,
        severity: 'critical',
        evidence: { stage: 'corroborated', supportedBy: ['mail_lookup'] },
        alerts: ['opened', 'escalated'],
        before: ['mail_lookup'],
      },
    ],
  },
  {
    name: 'mail: after a stranger came in by telnet it is critical',
    frames: () => [usual(), reaches(CAMERA, 23, START), mail(CAMERA, MAIL_SERVER, START + HOUR)],
    expect: [
      { kind: 'exposed', device: CAMERA.mac, severity: 'high' },
      { ...camera, severity: 'critical', evidence: { supportedBy: ['exposed'] }, before: ['inbound_connection'] },
    ],
  },
  {
    name: 'mail: what was fetched from a store of plugins stands before it',
    frames: () => [
      visit(CAMERA, '198.51.100.11', START, { host: 'plugins.boxmaker.example', down: 400_000 }),
      mail(CAMERA, MAIL_SERVER, START + 2 * HOUR),
    ],
    expect: [{ ...camera, severity: 'high', before: ['store_download', 'backend_new'] }],
  },
  {
    name: 'outbreak: two devices mail that fetched from the same place before',
    frames: () =>
      [
        ...[CAMERA, FRIDGE].map((host) => visit(host, '198.51.100.30', START, { host: 'plugins.broken-in.example' })),
        mail(CAMERA, MAIL_SERVER, START + DAY),
        mail(FRIDGE, MAIL_SERVER, START + DAY + MINUTE),
      ].flat(),
    expect: [
      { kind: 'outbreak', device: null, severity: 'critical', evidence: { backend: 'broken-in.example' } },
      { ...camera, severity: 'critical', evidence: { supportedBy: ['outbreak'] } },
      { kind: 'mail_started', device: FRIDGE.mac, severity: 'critical', evidence: { supportedBy: ['outbreak'] } },
    ],
  },
];
