// A sensor that sees too little says so, once, and lays nothing to a device that it cannot know; one that sees enough does not.
import { mail } from '../support/name-frames.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { arpRequest, OUTER, outerSide, PROVIDER_SIDE, talk } from '../support/vantage-frames.ts';
import type { Case, Expected } from './case.ts';
import { morning } from './household.ts';

const BLIND: Expected = { kind: 'sensor_blind', device: null, severity: 'medium', findings: 1, alerts: 1 };
const OUTSIDE: Expected = { ...BLIND, evidence: { vantage: 'wan-side' }, says: /outer side of the router/ };
const PUBLIC = '198.51.100.7';

function side(
  name: string,
  options: Omit<Parameters<typeof outerSide>[0], 'count'>,
  more: Partial<Expected> = {},
): Case {
  return {
    name: `the router's outer side, ${name}`,
    home: (stage) => stage.play(outerSide({ count: 900, mail: 6, ...options })),
    expect: [
      { ...OUTSIDE, evidence: { vantage: 'wan-side', mailAttempts: 6 }, says: /6 attempts to send mail/, ...more },
    ],
    shows: [
      { device: OUTER, report: { role: 'gateway' } },
      { device: PROVIDER_SIDE, report: { role: 'gateway' } },
    ],
  };
}

const chatter = (from: number, minutes: number) =>
  Array.from({ length: minutes * 6 }, (_, i) => arpRequest(FRIDGE, GATEWAY.ip, from + i * 10 * SECOND));
/** Its server answers, and nothing of that is seen. */
const oneWay = (shows: 'from-home' | 'to-home', count: number, time = START) =>
  talk({ count, shows, time, step: 10 * SECOND });

export const VANTAGE: readonly Case[] = [
  side('behind the provider’s own router', {}),
  side('behind the provider’s NAT', { home: '100.80.1.2' }),
  side('behind the provider’s NAT, inside PPPoE', { home: '100.80.1.2', pppoe: 7 }),
  side('with a public address', { home: PUBLIC }),
  side('with a public address, inside PPPoE behind a tag', { home: PUBLIC, pppoe: 7, vlans: [7] }),
  side('within one millisecond', { step: 0 }),
  {
    name: 'one connection for mail between two public addresses is told with doubt',
    home: (stage) => stage.play(outerSide({ count: 3, mail: 1, home: PUBLIC })),
    expect: [{ kind: 'mail_started', device: OUTER, severity: 'medium', says: /may be the router itself/, alerts: 1 }],
  },
  {
    // Told with doubt, then with its full weight.
    name: 'hosts with public addresses each: one of them mails',
    home: (stage) => {
      const host = { mac: '02:00:5e:00:00:02', ip: '198.51.100.72' };
      const own = { hops: [64], inner: '02:00:5e:00:00:01', home: '198.51.100.71' };
      stage.play(
        outerSide({ count: 90, ...own }),
        outerSide({ count: 30, mail: 4, ...own, inner: host.mac, home: host.ip, time: START + SECOND }),
      );
    },
    expect: [{ kind: 'mail_started', device: { mac: '02:00:5e:00:00:02' }, severity: 'high+', alerts: 2 }],
  },
  {
    name: 'one device alone in its home mails, first of all',
    home: (stage) => stage.play(mail(CAMERA, MAIL_SERVER, START), talk({ count: 100, time: START + SECOND })),
    expect: [{ kind: 'mail_started', device: CAMERA, severity: 'high', alerts: 1 }],
  },
  {
    name: 'the mirror moves from the inside to the outer side and back',
    home: (stage) =>
      stage.play(
        talk({ count: 300, step: SECOND }),
        outerSide({ count: 900, mail: 6, time: START + 10 * MINUTE }),
        talk({ count: 600, step: SECOND, time: START + 20 * MINUTE }),
        mail(CAMERA, MAIL_SERVER, START + 30 * MINUTE),
      ),
    expect: [
      { ...OUTSIDE, state: 'resolved', evidence: { mailAttempts: 6 } },
      { kind: 'mail_started', device: CAMERA, severity: 'high', alerts: 1 },
    ],
  },
  {
    name: 'an hour of one direction alone',
    home: (stage) => stage.play(oneWay('from-home', 360), chatter(START, 60)),
    expect: [
      {
        ...BLIND,
        severity: 'low',
        evidence: { vantage: 'lan-one-way', direction: 'from-home' },
        says: /one direction/,
      },
    ],
  },
  {
    name: 'one direction alone, then both',
    home: (stage) => stage.play(oneWay('from-home', 360), talk({ count: 300, step: SECOND, time: START + HOUR })),
    expect: [{ ...BLIND, severity: 'low', state: 'resolved', says: /over/ }],
  },
  {
    name: 'a mirror that is switched off: broadcasts alone for an hour, then all again',
    home: (stage) =>
      stage.play(
        talk({ count: 600, step: SECOND }),
        chatter(START, 90),
        talk({ count: 600, step: SECOND, time: START + 80 * MINUTE }),
      ),
    expect: [{ ...BLIND, state: 'resolved', evidence: { vantage: 'broadcast-only' } }],
  },
  {
    name: 'a mirror that comes and goes is not told each time',
    home: (stage) => {
      for (let i = 0; i < 6; i++)
        stage.play(
          talk({ count: 600, step: SECOND, time: START + i * 40 * MINUTE }),
          chatter(START + i * 40 * MINUTE, 40),
        );
    },
    expect: [
      { ...BLIND, state: 'resolved' },
      { ...BLIND, state: 'resolved' },
    ],
  },
  {
    name: 'a quiet night: broadcasts, and now and then something else',
    home: (stage) =>
      stage.play(
        morning(START),
        talk({ count: 600, step: 3 * SECOND, time: START + MINUTE }),
        chatter(START, 30),
        Array.from({ length: 480 }, (_, i) => arpRequest(FRIDGE, GATEWAY.ip, START + HOUR + i * MINUTE)),
        talk({ count: 40, step: 12 * MINUTE, time: START + HOUR }),
      ),
  },
  {
    name: 'some minutes of one direction',
    home: (stage) => stage.play(oneWay('from-home', 40), oneWay('to-home', 40, START + HOUR)),
  },
  {
    name: 'a provider that lets nothing through: nobody answers for an hour',
    home: (stage) =>
      stage.play(
        morning(START),
        ...Array.from({ length: 120 }, (_, i) =>
          talk({ count: 1, time: START + HOUR + i * 30 * SECOND, shows: 'from-home' }).slice(0, 1),
        ),
      ),
  },
];
