// Questions that senders of mail ask the DNS, alone and beside mail.
import { streamEncode } from 'dns-packet';
import { asks, datagram, dhcpAck, dnsAnswer, mail } from '../support/name-frames.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  SECOND,
  START,
  TELEVISION,
} from '../support/stage.ts';
import type { Case } from './case.ts';
import { message, morning, PI, talks, usual } from './household.ts';

const OWN = '198.51.100.9';
const listed = (ip: string, zone = 'zen.spamhaus.org') => `${ip.split('.').reverse().join('.')}.${zone}`;
const LISTS = ['zen.spamhaus.org', 'bl.spamcop.net', 'b.barracudacentral.org'];
const NOTE = { kind: 'mail_lookup', device: CAMERA, severity: 'info' } as const;
const OWN_NOTE = { ...NOTE, severity: 'medium', alerts: 1 } as const;
const ALARM = { kind: 'mail_started', device: CAMERA, severity: 'critical' } as const;
const CORROBORATED = { stage: 'corroborated', supportedBy: ['mail_lookup'] };

/** Somebody in the home asked for its address on the Internet. */
const toldOwn = (time: number) =>
  datagram(outside('208.67.222.222', 53), { ...TELEVISION, port: 40_001 }, dnsAnswer('myip.opendns.com', [OWN]), time);

export const LOOKUPS: readonly Case[] = [
  {
    name: 'a thing asks for the mail servers of a domain',
    home: (stage) => stage.play(morning(START - MINUTE), asks(CAMERA, 'example.net', 'MX', START)),
    expect: [{ ...NOTE, evidence: { mx: 1, dnsbl: 0 }, alerts: 0 }],
  },
  {
    name: 'a thing asks a block list about somebody, at a resolver of its own choice',
    home: (stage) =>
      stage.play(
        usual(START),
        asks(CAMERA, listed('203.0.113.5').toUpperCase(), 'A', START, { resolver: outside('9.9.9.9', 53) }),
        asks(CAMERA, 'shop.example.dbl.spamhaus.org', 'A', START + SECOND, { resolver: outside('9.9.9.9', 53) }),
      ),
    expect: [{ ...NOTE, evidence: { mx: 0, dnsbl: 2, lists: ['dbl.spamhaus.org', 'zen.spamhaus.org'] } }],
  },
  {
    name: 'the questions over TCP',
    home: (stage) => {
      const query = streamEncode({ type: 'query', id: 7, questions: [{ type: 'MX', name: 'example.net' }] });
      const server = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
      stage.play(talks(CAMERA, GATEWAY.ip, 53, START, [{ from: 'C', bytes: query }], { server }));
    },
    expect: [{ ...NOTE, evidence: { mx: 1 } }],
  },
  {
    name: "whether the home's own address is listed, which a neighbour was told",
    home: (stage) => stage.play(usual(START), toldOwn(START), asks(CAMERA, listed(OWN), 'A', START + SECOND)),
    expect: [{ ...OWN_NOTE, evidence: { ownAddress: 'yes', dnsbl: 1 }, says: /this home's own address/ }],
  },
  {
    name: 'three lists about one and the same address',
    home: (stage) =>
      stage.play(
        usual(START),
        LISTS.map((zone, i) => asks(CAMERA, listed(OWN, zone), 'A', START + i * SECOND)),
      ),
    expect: [{ ...OWN_NOTE, evidence: { ownAddress: 'probably', dnsbl: 3 } }],
  },
  {
    name: 'a lookup, and mail an hour later',
    home: (stage) =>
      stage.play(
        usual(START),
        asks(CAMERA, 'example.net', 'MX', START),
        talks(CAMERA, MAIL_SERVER, 25, START + HOUR, message()),
      ),
    expect: [
      {
        ...ALARM,
        evidence: { attempts: 1, messages: 1, ...CORROBORATED, lookups: { mx: 1, dnsbl: 0 } },
        before: ['mail_lookup', 'backend_new'],
      },
    ],
  },
  {
    name: 'an attempt, and questions to block lists an hour later',
    home: (stage) =>
      stage.play(
        usual(START),
        mail(CAMERA, MAIL_SERVER, START),
        asks(CAMERA, listed('203.0.113.5'), 'A', START + HOUR),
        asks(CAMERA, listed('203.0.113.6'), 'A', START + 2 * HOUR),
      ),
    expect: [{ ...ALARM, evidence: { attempts: 1, ...CORROBORATED, lookups: { mx: 0, dnsbl: 2 } }, alerts: 2 }],
  },
  {
    name: "a lookup about the home's own address before mail is handed to a provider",
    home: (stage) =>
      stage.play(
        usual(START),
        toldOwn(START),
        asks(CAMERA, listed(OWN), 'A', START + SECOND),
        mail(CAMERA, MAIL_SERVER, START + HOUR, { port: 587, outcome: 'connected' }),
      ),
    expect: [{ ...ALARM, kind: 'submission_started', evidence: CORROBORATED }],
  },
  {
    name: 'a lookup before a restart, mail after it',
    home: [
      (stage) => stage.play(usual(START), asks(CAMERA, 'example.net', 'MX', START)),
      (stage) => stage.play(mail(CAMERA, MAIL_SERVER, START + HOUR)),
    ],
    expect: [{ ...ALARM, evidence: CORROBORATED }],
  },
  {
    name: 'a lookup and mail two days later are two stories',
    home: (stage) =>
      stage.play(usual(START), asks(CAMERA, 'example.net', 'MX', START), mail(CAMERA, MAIL_SERVER, START + 2 * DAY)),
    expect: [NOTE, { ...ALARM, severity: 'high', evidence: { stage: 'attempt' } }],
  },
  {
    name: "another device's lookup says nothing of this one",
    home: (stage) =>
      stage.play(usual(START), asks(FRIDGE, 'example.net', 'MX', START), mail(CAMERA, MAIL_SERVER, START + HOUR)),
    expect: [
      { ...NOTE, device: FRIDGE },
      { ...ALARM, severity: 'high', evidence: { stage: 'attempt' } },
    ],
  },
  {
    name: 'a resolver of the home that mails',
    home: (stage) =>
      stage.play(
        usual(START),
        dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 53])]]),
        asks(PI, 'example.net', 'MX', START + MINUTE, { resolver: outside('9.9.9.9', 53) }),
        mail(PI, MAIL_SERVER, START + 2 * MINUTE),
      ),
    expect: [{ ...ALARM, device: PI, severity: 'high', evidence: { stage: 'attempt' } }],
  },
];
