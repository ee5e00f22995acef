// Homes in which people read and write mail, and things hand in what somebody has set up. Nobody is to be alarmed.
import { encode } from 'dns-packet';
import { answered, asks, datagram, mail, visit } from '../support/name-frames.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { CAMERA, DAY, GATEWAY, HOUR, MINUTE, SECOND, START } from '../support/stage.ts';
import type { Case, Expected, Story } from './case.ts';
import {
  browses,
  fetches,
  IPAD,
  IPHONE,
  joins,
  MACBOOK,
  message,
  morning,
  NAS,
  PIXEL,
  PRINTER,
  PROVIDER,
  RECORDER,
  type Resident,
  requests,
  submits,
  THINKPAD,
  talks,
  usual,
  visits,
  WINDOWS,
} from './household.ts';

const LINUX = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
const OTHER = { ip: '203.0.113.58', name: 'mail.work.example' };

/** Mail of a person is noted, and told to nobody. */
const noted = (device: Resident, more: Partial<Expected> = {}): Expected => ({
  kind: 'submission_started',
  device,
  severity: 'info',
  alerts: 0,
  ...more,
});

const isPersons = (device: Resident) => [{ device, report: { class: 'general-purpose' } }];

/** A mail program on `device` sends three times a day for four days. */
function mailProgram(name: string, device: Resident, port: number, known: () => CapturedFrame[] = () => []): Case {
  return {
    name: `${name}, port ${port}`,
    home: (stage) => {
      stage.play(morning(START), joins(device, START + MINUTE), known());
      for (let i = 0; i < 12; i++) {
        const time = START + HOUR + i * 8 * HOUR;
        stage.play(fetches(device, time), submits(device, time + MINUTE, i % 2 ? OTHER : PROVIDER, port));
      }
    },
    expect: [noted(device, { findings: 12, evidence: { attempts: 12, connected: 12 } })],
    shows: isPersons(device),
  };
}

const announces = (device: Resident, service: string, time: number) => {
  const answers = [{ type: 'PTR' as const, name: `${service}.local`, ttl: 120, data: `x.${service}.local` }];
  const group = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
  return datagram({ ...device, port: 5353 }, group, encode({ type: 'response', id: 0, answers }), time);
};
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36';
/** Its system tells no router a name. */
const NAMELESS: Resident = { mac: 'd6:11:22:33:44:58', ip: '192.168.1.88', fingerprint: PIXEL.fingerprint ?? [] };
const RENAMED: Resident = { ...WINDOWS, name: 'office' };
/** The question of an operating system whether there is an Internet. */
const checks = (from: Resident, host: string, agent: string) => () =>
  requests(from, host, '203.0.113.70', START + MINUTE, agent);
const PLAIN_IPHONE: Resident = { mac: '9e:55:66:77:88:99', ip: '192.168.1.87' };

export const PEOPLES_MAIL: readonly Case[] = [
  mailProgram("an iPhone's Mail", IPHONE, 465),
  mailProgram("an iPhone's Mail", IPHONE, 587),
  mailProgram("an iPad's Mail", IPAD, 587),
  mailProgram("an Android telephone's Gmail with an account of another provider", PIXEL, 465),
  mailProgram('an Android telephone at a provider with a port of its own', PIXEL, 2525),
  mailProgram('Outlook on Windows', WINDOWS, 587),
  mailProgram('Thunderbird on Windows', WINDOWS, 465),
  mailProgram('Apple Mail on a MacBook', MACBOOK, 587),
  mailProgram('Thunderbird on a Linux laptop', THINKPAD, 465, checks(THINKPAD, 'check.ubuntu.example', LINUX)),
  mailProgram('an Android telephone without a name', NAMELESS, 465, checks(NAMELESS, 'check.gstatic.example', CHROME)),
  mailProgram(
    'a Windows computer with a name of its own',
    RENAMED,
    587,
    checks(RENAMED, 'ncsi.example', 'Microsoft NCSI'),
  ),
  mailProgram('an iPhone that says nothing to the router, but announces a service', PLAIN_IPHONE, 587, () => [
    announces(PLAIN_IPHONE, '_apple-mobdev2._tcp', START + MINUTE),
  ]),
  {
    name: 'a telephone that fetches mail alone',
    home: (stage) =>
      stage.play(morning(START), ...[993, 995, 143, 110].map((port, i) => fetches(IPHONE, START + i * HOUR, port))),
  },
  {
    name: 'webmail and Exchange over HTTPS alone',
    home: (stage) =>
      stage.play(
        morning(START),
        browses(MACBOOK, 'webmail.provider.example', '198.51.100.30', START + MINUTE, 50_000),
        browses(IPHONE, 'outlook.office.example', '198.51.100.31', START + 2 * MINUTE, 50_000),
      ),
  },
  {
    name: 'filters of a mailbox are edited (ManageSieve)',
    home: (stage) => stage.play(morning(START), talks(MACBOOK, PROVIDER.ip, 4190, START + HOUR, ['S: "SASL" "PLAIN"'])),
  },
  {
    name: 'a telephone sets an account up: it asks for MX and looks for the provider’s settings',
    home: (stage) =>
      stage.play(
        morning(START),
        asks(IPHONE, 'provider.example', 'MX', START + MINUTE),
        asks(IPHONE, 'provider.example', 'TXT', START + MINUTE + SECOND),
        browses(IPHONE, 'autoconfig.provider.example', '198.51.100.33', START + 2 * MINUTE),
        submits(IPHONE, START + 3 * MINUTE),
      ),
    expect: [noted(IPHONE)],
    shows: [{ device: IPHONE, report: { lookups: { mx: 1, dnsbl: 0 } } }],
  },
  {
    name: 'a telephone whose mail goes on after the sensor was restarted, before it joins again',
    home: [
      (stage) => stage.play(morning(START), submits(IPHONE, START + MINUTE)),
      (stage) => stage.play(submits(IPHONE, START + HOUR), fetches(IPHONE, START + 2 * HOUR)),
    ],
    expect: [noted(IPHONE, { findings: 2 })],
  },
  {
    name: 'a guest with another private address every day',
    home: (stage) => {
      for (let day = 0; day < 5; day++) {
        const guest = { ...PIXEL, mac: `d6:aa:bb:cc:dd:0${day}`, ip: `192.168.1.10${day}` };
        stage.play(joins(guest, START + day * DAY), submits(guest, START + day * DAY + MINUTE));
      }
    },
    expect: [0, 1, 2, 3, 4].map((day) => noted({ ...PIXEL, mac: `d6:aa:bb:cc:dd:0${day}` })),
  },
  {
    name: 'an office laptop that reaches the company’s mail server through a tunnel of the router',
    home: (stage) =>
      stage.play(morning(START), joins(WINDOWS, START), talks(WINDOWS, '10.20.0.25', 25, START + HOUR, message())),
    shows: [{ device: WINDOWS, report: { mail: { attempts: 0 } } }],
  },
];

/** It was set up by somebody, who has said so when it was told of. */
const setUp =
  (device: Resident, port = 587): Story =>
  (stage) => {
    stage.play(usual(START), joins(device, START), submits(device, START + MINUTE, PROVIDER, port));
    stage.run({ type: 'expect', incident: stage.incident('submission_started').id, until: null });
  };

/** Every night for four weeks, at whatever address the provider's name has. */
function everyNight(name: string, device: Resident, port: number): Case {
  return {
    name,
    settled: setUp(device, port),
    home: (stage) => {
      for (let day = 1; day <= 28; day++) {
        const to = { ip: `198.51.100.${25 + (day % 4)}`, name: `smtp${day % 3}.provider.example` };
        stage.play(submits(device, START + day * DAY, to, port), visit(device, '203.0.113.4', START + day * DAY));
      }
    },
    shows: [{ device, report: { mail: { attempts: 29, connected: 29 } } }],
  };
}

export const EXPECTED_MAIL: readonly Case[] = [
  everyNight('a printer that scans to mail, as expected', PRINTER, 587),
  everyNight('a network storage that reports by mail, as expected', NAS, 465),
  everyNight('a video recorder that mails pictures, as expected', RECORDER, 2525),
  {
    name: "an expected device keeps its provider's address for days without asking again",
    settled: setUp(NAS),
    home: (stage) =>
      stage.play(
        ...[1, 2, 3].map((day) => mail(NAS, PROVIDER.ip, START + day * DAY, { port: 587, outcome: 'connected' })),
      ),
    shows: [{ device: NAS, report: { mail: { attempts: 4 } } }],
  },
  {
    name: 'an expected device asks for the MX of its provider',
    settled: setUp(NAS),
    home: (stage) => stage.play(asks(NAS, 'provider.example', 'MX', START + DAY), submits(NAS, START + DAY + SECOND)),
  },
  {
    name: 'an expected device mails again after the sensor was restarted',
    home: [(stage) => stage.play(submits(NAS, START + DAY)), (stage) => stage.play(submits(NAS, START + 2 * DAY))],
    settled: setUp(NAS),
    shows: [{ device: NAS, report: { mail: { attempts: 3 } } }],
  },
  {
    name: 'a camera under a new address, which a person has said is the same',
    settled: (stage) => {
      const camera = { ...CAMERA, name: 'hallway' };
      setUp(camera)(stage);
      stage.play(joins({ ...camera, mac: '02:00:00:00:00:51', ip: '192.168.1.151' }, START + HOUR));
      stage.run({ type: 'merge', device: '02:00:00:00:00:51', into: CAMERA.mac });
    },
    home: (stage) => stage.play(submits({ mac: '02:00:00:00:00:51', ip: '192.168.1.151' }, START + DAY)),
    shows: [{ device: { mac: '02:00:00:00:00:51' }, report: { mail: { attempts: 1 } } }],
  },
  {
    name: "the router's own reports, as expected",
    settled: (stage) => {
      stage.play(usual(START), reports(START));
      stage.run({ type: 'expect', incident: stage.incident('submission_started').id, until: null });
    },
    home: (stage) => stage.play(...[1, 2, 3].map((day) => reports(START + day * DAY))),
    shows: [{ device: GATEWAY, report: { role: 'gateway', mail: { attempts: 4 } } }],
  },
  {
    name: 'mail inside the home alone: a printer and a camera to the storage',
    home: (stage) =>
      stage.play(
        morning(START),
        joins(NAS, START),
        visits(PRINTER, NAS, 25, START + MINUTE, message()),
        visits(CAMERA, NAS, 587, START + HOUR, message(3)),
        visits(RECORDER, NAS, 8025, START + 2 * HOUR, message()),
      ),
    shows: [{ device: CAMERA, report: { mail: { attempts: 0 } } }],
  },
];

function reports(time: number): CapturedFrame[] {
  const upstream = { mac: '02:00:5e:00:00:01', ip: PROVIDER.ip, port: 587 };
  const client = { ...GATEWAY, port: 33_000 + (Math.floor(time / HOUR) % 1000) };
  return [
    answered(GATEWAY, PROVIDER.name, [PROVIDER.ip], time),
    ...talks(CAMERA, PROVIDER.ip, 587, time + SECOND, ['S: 220 smtp ESMTP'], { client, server: upstream }),
  ];
}
