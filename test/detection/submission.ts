// Who may hand mail to a provider: a thing is told of once, a telephone is not, and port 25 is an alarm for everyone.
import { mail } from '../support/name-frames.ts';
import { CAMERA, DAY, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import type { Case } from './case.ts';
import {
  bytes,
  IPHONE,
  joins,
  message,
  morning,
  NAS,
  PRINTER,
  RECORDER,
  type Resident,
  requests,
  submits,
  TV_BOX,
  talks,
  usual,
  WINDOWS,
} from './household.ts';

const TOLD_ONCE = { kind: 'submission_started', severity: 'medium', alerts: 1 } as const;

/** A thing hands in mail on three days; a person is told of it the first time. */
function handsIn(name: string, device: Resident, port: number): Case {
  return {
    name: `${name} hands mail to its provider on port ${port}`,
    home: (stage) => {
      stage.play(morning(START - MINUTE), joins(device, START));
      for (let day = 0; day < 3; day++) stage.play(submits(device, START + MINUTE + day * DAY, undefined, port));
    },
    expect: [{ ...TOLD_ONCE, device, findings: 3, evidence: { attempts: 3, connected: 3, messages: 0 } }],
  };
}

const provider = (i: number) => ({ ip: `198.51.100.${100 + i}`, name: `smtp.provider-${i}.example` });

export const SUBMISSION: readonly Case[] = [
  handsIn('a printer', PRINTER, 587),
  handsIn('a network storage', NAS, 465),
  handsIn('a video recorder', RECORDER, 2525),
  handsIn('a device that nothing is known of', { mac: '02:00:00:00:00:99', ip: '192.168.1.99' }, 587),
  {
    name: 'a thing that hands mail to five providers',
    home: (stage) => {
      for (let i = 0; i < 5; i++) stage.play(submits(CAMERA, START + i * HOUR, provider(i)));
    },
    expect: [
      {
        ...TOLD_ONCE,
        ...{ device: CAMERA, severity: 'high', alerts: 2 },
        evidence: { attempts: 5, connected: 5, stage: 'fan-out' },
      },
    ],
  },
  {
    name: 'a thing that sends to twelve recipients by one provider, in the clear',
    home: (stage) => stage.play(talks(CAMERA, '198.51.100.25', 587, START, message(12))),
    expect: [
      {
        ...TOLD_ONCE,
        ...{ device: CAMERA, severity: 'high', alerts: 2 },
        evidence: { messages: 1, recipients: 12, stage: 'fan-out' },
      },
    ],
  },
  {
    name: 'an Android box for the television that calls itself a telephone',
    home: (stage) =>
      stage.play(
        joins({ ...TV_BOX, name: 'Galaxy-S21', system: 'android-dhcp-10' }, START),
        requests(TV_BOX, 'ads.example', '203.0.113.9', START + SECOND, 'Dalvik/2.1.0 (Linux; U; Android 10; T95)'),
        submits(TV_BOX, START + MINUTE),
      ),
    expect: [{ ...TOLD_ONCE, device: TV_BOX }],
    shows: [{ device: TV_BOX, report: { class: 'thing' } }],
  },
  {
    name: 'a telephone that goes to twenty providers',
    home: (stage) => {
      stage.play(joins(IPHONE, START));
      for (let i = 0; i < 20; i++) stage.play(submits(IPHONE, START + MINUTE + i * HOUR, provider(i)));
    },
    expect: [{ ...TOLD_ONCE, device: IPHONE, severity: 'high', evidence: { attempts: 20, stage: 'fan-out' } }],
  },
  {
    name: 'a telephone that goes to a mail server on port 25',
    home: (stage) => stage.play(joins(IPHONE, START), mail(IPHONE, MAIL_SERVER, START + SECOND)),
    expect: [{ kind: 'mail_started', device: IPHONE, severity: 'high', evidence: { attempts: 1 }, alerts: 1 }],
    shows: [{ device: IPHONE, report: { class: 'general-purpose' } }],
  },
  {
    name: 'a computer whose virus sends from port 25, beside its mail program',
    home: (stage) =>
      stage.play(
        joins(WINDOWS, START),
        submits(WINDOWS, START + MINUTE),
        talks(WINDOWS, MAIL_SERVER, 25, START + HOUR, message(3)),
      ),
    expect: [
      { kind: 'submission_started', device: WINDOWS, severity: 'info', alerts: 0 },
      { kind: 'mail_started', device: WINDOWS, severity: 'critical', evidence: { messages: 1, recipients: 3 } },
    ],
  },
  {
    name: 'a computer that shares files with a peer on port 25',
    home: (stage) => {
      const handshake = bytes(['C', `\x13BitTorrent protocol${'\0'.repeat(48)}`]);
      stage.play(joins(WINDOWS, START), talks(WINDOWS, '198.51.100.44', 25, START + MINUTE, handshake));
    },
    expect: [{ kind: 'mail_started', device: WINDOWS, severity: 'critical', evidence: { attempts: 1, messages: 0 } }],
  },
  {
    name: 'the router itself mails',
    home: (stage) => {
      const upstream = { mac: '02:00:5e:00:00:01', ip: MAIL_SERVER, port: 25 };
      const client = { ...GATEWAY, port: 33_000 };
      stage.play(usual(START), talks(CAMERA, MAIL_SERVER, 25, START, message(), { client, server: upstream }));
    },
    expect: [{ kind: 'mail_started', device: GATEWAY, severity: 'critical', evidence: { messages: 1 } }],
  },
];
