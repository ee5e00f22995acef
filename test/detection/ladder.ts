// How a mail incident rises, a rung at a time, and how often a person is told of it; and what a person has called normal.
import { answered, asks, mail, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND, START, type Stage } from '../support/stage.ts';
import type { Case, Story } from './case.ts';
import { joins, message, NAS, PI, PRINTER, submits, talks, usual } from './household.ts';

const ALARM = { kind: 'mail_started', device: CAMERA, severity: 'critical' } as const;
const server = (i: number) => `198.51.100.${100 + i}`;

const attempt: Story = (stage) => stage.play(usual(START), mail(CAMERA, MAIL_SERVER, START));
const connects: Story = (stage) => stage.play(mail(CAMERA, MAIL_SERVER, START + HOUR, { outcome: 'connected' }));
const sends: Story = (stage) => stage.play(talks(CAMERA, MAIL_SERVER, 25, START + 2 * HOUR, message()));
const fansOut: Story = (stage) =>
  stage.play(...[1, 2, 3, 4].map((i) => mail(CAMERA, server(i), START + (2 + i) * HOUR)));
const looksUp: Story = (stage) => stage.play(asks(CAMERA, 'example.net', 'MX', START + 8 * HOUR));

const upTo =
  (...stories: Story[]): Story =>
  (stage) => {
    for (const story of stories) story(stage);
  };

export const LADDER: readonly Case[] = [
  {
    name: 'ladder: an attempt is high',
    home: attempt,
    expect: [{ ...ALARM, severity: 'high', evidence: { stage: 'attempt' }, alerts: 1 }],
  },
  {
    name: 'ladder: a connection is critical',
    home: upTo(attempt, connects),
    expect: [{ ...ALARM, evidence: { stage: 'connected', attempts: 2 }, alerts: 2 }],
  },
  {
    name: 'ladder: an accepted message is told of again',
    home: upTo(attempt, connects, sends),
    expect: [{ ...ALARM, evidence: { stage: 'accepted', messages: 1 }, alerts: 3 }],
  },
  {
    name: 'ladder: so are five servers',
    home: upTo(attempt, connects, sends, fansOut),
    expect: [{ ...ALARM, evidence: { stage: 'fan-out', attempts: 7 }, alerts: 4 }],
  },
  {
    name: 'ladder: and a second sign',
    home: upTo(attempt, connects, sends, fansOut, looksUp),
    expect: [{ ...ALARM, evidence: { stage: 'corroborated', supportedBy: ['mail_lookup'] }, alerts: 5 }],
  },
  {
    name: 'sixty attempts to thirty servers in five minutes, silent before',
    home: (stage) => {
      const burst = Array.from({ length: 60 }, (_, i) => mail(CAMERA, server(i % 30), START + i * 5 * SECOND));
      stage.play(usual(START), ...burst);
    },
    expect: [
      {
        ...{ ...ALARM, findings: 60, alerts: 2 },
        evidence: { attempts: 60, burst: { attempts: 60, servers: 30, minutes: 5, silentBefore: true } },
      },
    ],
  },
  {
    name: 'acknowledged: the same again stays quiet, after a quiet day it is news',
    home: (stage) => {
      attempt(stage);
      stage.run({ type: 'acknowledge', incident: stage.incident('mail_started').id });
      stage.play(mail(CAMERA, MAIL_SERVER, START + 20 * HOUR), mail(CAMERA, MAIL_SERVER, START + 60 * HOUR));
    },
    expect: [{ ...ALARM, severity: 'high', findings: 3, alerts: 2 }],
  },
  {
    name: 'resolved by a reset: mail within the week is critical',
    home: (stage) => {
      attempt(stage);
      stage.run({ type: 'resolve', incident: stage.incident('mail_started').id });
      stage.play(mail(CAMERA, MAIL_SERVER, START + 3 * DAY));
    },
    expect: [{ ...ALARM, findings: 2, alerts: 2 }],
  },
];

/** A person says of what the stage has shown so far: this is normal. */
function expectMail(stage: Stage, kind: 'mail_started' | 'submission_started', until: number | null = null): void {
  stage.run({ type: 'expect', incident: stage.incident(kind).id, until });
}

/** The printer's mail to its provider is normal. */
const printerMails: Story = (stage) => {
  stage.play(usual(START), joins(PRINTER, START), submits(PRINTER, START + MINUTE));
  expectMail(stage, 'submission_started');
};
/** A home server asks for its provider's relay and hands it a message on port 25. */
const relays = (time: number) => [
  answered(PI, 'relay.provider.example', [MAIL_SERVER], time),
  ...talks(PI, MAIL_SERVER, 25, time + SECOND, message()),
];
/** That is normal as well. */
const serverMails =
  (until: number | null = null): Story =>
  (stage) => {
    stage.play(usual(START), joins(PI, START), relays(START + MINUTE));
    expectMail(stage, 'mail_started', until);
  };

export const EXPECTATIONS: readonly Case[] = [
  {
    name: 'expected on 587; the same device on port 25 is not',
    settled: printerMails,
    home: (stage) => stage.play(submits(PRINTER, START + DAY), mail(PRINTER, MAIL_SERVER, START + 2 * DAY)),
    expect: [{ ...ALARM, device: PRINTER, severity: 'high', evidence: { attempts: 1 } }],
  },
  {
    name: 'expected at one provider; another provider is not',
    settled: printerMails,
    home: (stage) => {
      stage.play(submits(PRINTER, START + DAY, { ip: '203.0.113.99', name: 'smtp.elsewhere.example' }));
    },
    expect: [{ kind: 'submission_started', device: PRINTER, severity: 'medium', alerts: 1, findings: 2 }],
  },
  {
    name: 'expected to one server on port 25; a new server is not',
    settled: serverMails(),
    home: (stage) =>
      stage.play(
        relays(START + HOUR),
        answered(PI, 'mx2.provider.example', ['203.0.113.99'], START + 2 * HOUR),
        mail(PI, '203.0.113.99', START + 2 * HOUR + SECOND),
      ),
    expect: [{ ...ALARM, device: PI, findings: 2, evidence: { attempts: 2 }, alerts: 1 }],
  },
  {
    name: 'expected until tomorrow; the day after it is not',
    settled: serverMails(START + DAY),
    home: (stage) => stage.play(relays(START + HOUR), relays(START + 2 * DAY)),
    expect: [{ ...ALARM, device: PI, findings: 2, evidence: { messages: 2 }, alerts: 1 }],
  },
  {
    name: 'expected, and taken back',
    settled: serverMails(),
    home: (stage) => {
      for (const { id } of stage.spine.recorder.expectations.all())
        stage.run({ type: 'remove_expectation', expectation: id });
      stage.play(relays(START + HOUR));
    },
    expect: [{ ...ALARM, device: PI, findings: 2 }],
  },
  {
    name: 'an outbreak is never expected, though one of three mailers is',
    settled: (stage) => {
      for (const host of [CAMERA, FRIDGE, NAS])
        stage.play(visit(host, '198.51.100.30', START, { host: 'plugins.broken-in.example' }));
      stage.play(mail(NAS, MAIL_SERVER, START + DAY));
      expectMail(stage, 'mail_started');
    },
    home: (stage) => stage.play(mail(CAMERA, MAIL_SERVER, START + 2 * DAY), mail(FRIDGE, MAIL_SERVER, START + 2 * DAY)),
    expect: [
      { ...ALARM, evidence: { supportedBy: ['outbreak'] } },
      { ...ALARM, device: FRIDGE, evidence: { supportedBy: ['outbreak'] } },
      {
        ...{ kind: 'outbreak', device: null, severity: 'critical', alerts: 1 },
        evidence: { backend: 'broken-in.example', devices: [{ mac: FRIDGE.mac }, { mac: CAMERA.mac }] },
      },
    ],
  },
];
