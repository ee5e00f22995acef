// What is the home's own: the sensor's machine, the home's public address, its prefixes. None of them hides anything. And
// devices with several addresses, which nobody but a person takes for one.
import { datagram, mail } from '../support/name-frames.ts';
import { type CapturedFrame, ethernet, ipv6, routerAdvertisement } from '../support/packet-builder.ts';
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
  SECOND,
  START,
} from '../support/stage.ts';
import type { Case, Story } from './case.ts';
import {
  browses,
  fetches,
  IPHONE,
  joins,
  MACBOOK,
  message,
  morning,
  NAS,
  PI,
  type Resident,
  reaches,
  submits,
  talks,
  usual,
} from './household.ts';
import { asksAddress, soap } from './router-frames.ts';

const OWN = '203.0.113.200';
const sensor = { sensorMac: PI.mac };

function advertises(
  mac: string,
  prefixes: readonly { prefix: string; length?: number; validLifetime?: number }[],
  time: number,
): CapturedFrame {
  const said = routerAdvertisement({ sourceMac: mac, prefixes: prefixes.map((one) => ({ length: 64, ...one })) });
  const packet = ipv6({ source: 'fe80::1', destination: 'ff02::1', hopLimit: 255 }, said);
  return { time, data: ethernet({ source: mac, destination: '33:33:00:00:00:01' }, packet) };
}

/** A telephone that makes up an address each day, asks for mail and hands some in. */
const days = (count: number): Resident[] =>
  Array.from({ length: count }, (_, i) => ({ ...IPHONE, mac: `9e:11:22:33:44:${50 + i}`, ip: `192.168.1.${100 + i}` }));

/** The camera under its next address. */
const RENEWED = { mac: 'a6:cf:12:99:be:ef', ip: '192.168.1.90', name: 'hallway' };

/** A person has called the camera's mail normal. */
const mayMail: Story = (stage) => {
  stage.play(
    usual(START - DAY),
    joins({ ...CAMERA, name: 'hallway' }, START - DAY),
    mail(CAMERA, MAIL_SERVER, START - DAY + HOUR),
  );
  stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
};

export const CHANGING: readonly Case[] = [
  {
    name: 'a telephone that makes up a new address each day for six days',
    home: (stage) =>
      days(6).forEach((phone, i) => {
        const time = START + i * DAY;
        stage.play(
          i === 0 ? usual(time) : [],
          joins(phone, time),
          fetches(phone, time + MINUTE),
          submits(phone, time + HOUR),
        );
      }),
    expect: days(6).map((device) => ({ kind: 'submission_started', device, severity: 'info' as const })),
  },
  {
    name: 'a camera under a new address mails where its old one was allowed to: nobody has said that it is the same',
    settled: mayMail,
    home: (stage) => {
      stage.play(joins(RENEWED, START + DAY), mail(RENEWED, MAIL_SERVER, START + DAY + HOUR));
    },
    expect: [{ kind: 'mail_started', device: RENEWED, severity: 'high' }],
  },
  {
    name: 'a camera under a new address mails where its old one was allowed to, and a person has said that it is the same',
    settled: mayMail,
    home: (stage) => {
      stage.play(joins(RENEWED, START + DAY));
      stage.run({ type: 'merge', device: RENEWED.mac, into: CAMERA.mac });
      stage.play(mail(RENEWED, MAIL_SERVER, START + DAY + HOUR));
    },
  },
  {
    name: 'a laptop by cable and by Wi-Fi at once, its mail program on both',
    home: (stage) => {
      const cable = { ...MACBOOK, mac: '3c:22:fb:12:34:57', ip: '192.168.1.90' };
      stage.play(usual(START), joins(MACBOOK, START), joins(cable, START + MINUTE));
      stage.play(fetches(MACBOOK, START + HOUR), submits(cable, START + HOUR), submits(MACBOOK, START + 2 * HOUR));
    },
    expect: [MACBOOK, { mac: '3c:22:fb:12:34:57' }].map((device) => ({
      ...{ kind: 'submission_started', device, severity: 'info' },
    })),
  },
];

export const OWN_THINGS: readonly Case[] = [
  {
    name: 'the machine that the sensor runs on mails',
    settings: sensor,
    home: (stage) => stage.play(morning(START), joins(PI, START), talks(PI, MAIL_SERVER, 25, START + HOUR, message(3))),
    expect: [
      {
        kind: 'mail_started',
        device: PI,
        severity: 'high+',
        says: /^This sensor itself is sending mail/,
        evidence: { messages: 1 },
      },
    ],
    shows: [{ device: PI, report: { role: 'sensor', displayName: 'This sensor' } }],
  },
  {
    name: 'the machine that the sensor runs on is named by its owner, and mails',
    settings: sensor,
    home: (stage) => {
      stage.play(morning(START), joins(PI, START));
      stage.run({ type: 'rename', device: PI.mac, label: 'Shed' });
      stage.play(mail(PI, MAIL_SERVER, START + HOUR));
    },
    expect: [{ kind: 'mail_started', device: PI, severity: 'high', says: /^Shed \(this sensor itself\) is trying/ }],
  },
  {
    name: 'the machine that the sensor runs on is reached from the Internet by SSH',
    settings: sensor,
    home: (stage) => stage.play(morning(START), joins(PI, START), reaches(PI, 22, START + HOUR)),
    expect: [{ kind: 'exposed', device: PI, severity: 'high', says: /^This sensor itself was reached/ }],
  },
  {
    name: 'the home’s own mail server by its public address, which the router has named',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(NAS, START),
        asksAddress(MACBOOK, OWN, START),
        talks(CAMERA, OWN, 25, START + MINUTE, ['S: 220 nas ESMTP', 'C: EHLO cam']),
        talks(IPHONE, OWN, 587, START + 2 * MINUTE, ['S: 220 nas ESMTP', 'C: EHLO phone']),
        // The router puts its public address in place of the caller's.
        reaches(NAS, 25, START + MINUTE, { source: OWN }),
        browses({ mac: FRIDGE.mac, ip: FRIDGE.ip }, 'home.dyn.example', OWN, START + HOUR),
      ),
    shows: [{ device: CAMERA, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'a bot answers itself as a router would: the spam server is not the home',
    home: (stage) => {
      const bot = { ...CAMERA, port: 40_100 };
      const accomplice = { mac: FRIDGE.mac, ip: FRIDGE.ip };
      const says = Buffer.concat([
        Buffer.from([0, 128, 0, 0, 0, 0, 0, 99]),
        Buffer.from(MAIL_SERVER.split('.').map(Number)),
      ]);
      stage.play(
        usual(START),
        datagram({ ...accomplice, port: 5351 }, bot, says, START),
        soap(CAMERA, 'GetExternalIPAddress', {}, START, { NewExternalIPAddress: MAIL_SERVER }).map((frame) => ({
          ...frame,
          data: Buffer.from(
            frame.data.toString('hex').replaceAll(GATEWAY.mac.replaceAll(':', ''), FRIDGE.mac.replaceAll(':', '')),
            'hex',
          ),
        })),
        talks(CAMERA, MAIL_SERVER, 25, START + MINUTE, message(1)),
      );
    },
    expect: [{ kind: 'mail_started', device: CAMERA, severity: 'high+' }],
  },
  {
    name: 'a server that a bot’s own DNS calls the home’s address is a stranger',
    home: (stage) => {
      const query = Buffer.from(
        '000181800001000100000000046d796970076f70656e646e7303636f6d0000010001c00c000100010000012c0004c633644d',
        'hex',
      );
      stage.play(
        usual(START),
        datagram(outside('198.51.100.53', 53), { ...CAMERA, port: 40_002 }, query, START),
        reaches(CAMERA, 23, START + MINUTE, { source: '198.51.100.77' }),
      );
    },
    expect: [{ kind: 'exposed', device: CAMERA, severity: 'high' }],
  },
  {
    name: 'the provider renumbers: the camera goes on with both addresses, and mails from the old one',
    home: (stage) => {
      const old = { mac: CAMERA.mac, ip: '2001:db8:1::50' };
      stage.play(
        usual(START),
        advertises(GATEWAY.mac, [{ prefix: '2001:db8:1::' }], START),
        advertises(
          GATEWAY.mac,
          [{ prefix: '2001:db8:1::', validLifetime: 0 }, { prefix: '2001:db8:2::' }],
          START + HOUR,
        ),
        // A neighbour that has changed already talks to one that has not.
        talks({ mac: FRIDGE.mac, ip: '2001:db8:2::51' }, old.ip, 25, START + 2 * HOUR, ['S: 220 x'], {
          server: at(CAMERA, old.ip, 25),
        }),
        mail(old, MAIL_SERVER6, START + 2 * HOUR),
      );
    },
    expect: [{ kind: 'mail_started', device: CAMERA, severity: 'high', evidence: { attempts: 1 } }],
  },
  {
    name: 'a device announces the prefix of its master, who then comes in through the router',
    home: (stage) => {
      stage.play(
        advertises(FRIDGE.mac, [{ prefix: '2001:db8:bad::', length: 48 }], START - 2 * MINUTE),
        usual(START),
        advertises(GATEWAY.mac, [{ prefix: '2001:db8:1::' }], START),
        advertises(FRIDGE.mac, [{ prefix: '2001:db8:bad::', length: 48 }], START + SECOND),
        reaches(CAMERA, 23, START + DAY, { source: '2001:db8:bad::1', server: at(CAMERA, CAMERA.ip6, 23) }),
      );
    },
    expect: [{ kind: 'exposed', device: CAMERA, severity: 'high' }],
  },
];
