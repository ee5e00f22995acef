// Mail handed to a provider, and the look-ups of those who send mail themselves.
import type { Case } from './case.ts';
import { natPmpAddress } from './frames/doors.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, PHONE, SECOND, START } from './frames/home.ts';
import { asks, mail, phoneJoins } from './frames/traffic.ts';

const PUBLIC = '198.51.100.9';

const submits = (ip: string, time: number, port = 587) => mail(CAMERA, ip, time, { port, outcome: 'connected' });
/** A block list is asked about the home's address on the Internet. */
const asksList = (zone: string, time: number) =>
  asks(CAMERA, `${PUBLIC.split('.').reverse().join('.')}.${zone}`, 'A', time);
const submission = { kind: 'submission_started', device: CAMERA.mac } as const;
const lookup = { kind: 'mail_lookup', device: CAMERA.mac } as const;

export const SUBMISSION_CASES: readonly Case[] = [
  {
    name: 'submission: a camera with a mail account is told of once',
    frames: () => Array.from({ length: 8 }, (_, i) => submits(MAIL_SERVER, START + i * HOUR)).flat(),
    expect: [{ ...submission, severity: 'medium', evidence: { attempts: 8, connected: 8 }, alerts: ['opened'] }],
  },
  {
    name: 'submission: a camera over TLS on port 465',
    frames: () => submits(MAIL_SERVER, START, 465),
    expect: [{ ...submission, severity: 'medium', evidence: { attempts: 1, connected: 1 } }],
  },
  {
    name: 'submission: a camera that goes to many providers',
    frames: () => Array.from({ length: 6 }, (_, i) => submits(`198.51.100.${i + 1}`, START + i * HOUR)).flat(),
    expect: [{ ...submission, severity: 'high', evidence: { stage: 'fan-out' }, alerts: ['opened', 'escalated'] }],
  },
  {
    name: "submission: a telephone's two accounts are shown and not told",
    frames: () => [
      phoneJoins(START - MINUTE),
      ...[MAIL_SERVER, '198.51.100.7'].flatMap((ip, i) =>
        mail(PHONE, ip, START + i * HOUR, { port: i === 0 ? 465 : 587, outcome: 'connected' }),
      ),
    ],
    expect: [
      { kind: 'submission_started', device: PHONE.mac, severity: 'info', evidence: { attempts: 2 }, alerts: [] },
    ],
  },
  {
    name: 'look-ups: a mail server (MX) is a note',
    frames: () => [asks(CAMERA, 'example.net', 'MX', START)],
    expect: [{ ...lookup, severity: 'info', evidence: { mx: 1, dnsbl: 0 }, alerts: [] }],
  },
  {
    name: 'look-ups: a block list is a note',
    frames: () => [asksList('zen.spamhaus.org', START)],
    expect: [{ ...lookup, severity: 'info', evidence: { dnsbl: 1, lists: ['zen.spamhaus.org'] }, alerts: [] }],
  },
  {
    name: "look-ups: a block list about the home's own address",
    frames: () => [natPmpAddress(PUBLIC, START), asksList('zen.spamhaus.org', START + SECOND)],
    expect: [{ ...lookup, severity: 'medium', evidence: { dnsbl: 1, ownAddress: 'yes' } }],
  },
  {
    name: 'look-ups: three block lists about one address, which can only be its own',
    frames: () =>
      ['zen.spamhaus.org', 'bl.spamcop.net', 'psbl.surriel.com'].map((zone, i) => asksList(zone, START + i * SECOND)),
    expect: [{ ...lookup, severity: 'medium', evidence: { dnsbl: 3, ownAddress: 'probably' } }],
  },
];
