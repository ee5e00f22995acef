// The home's own address on the Internet: who may say which it is, what goes there stays at home, and what forgers achieve.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asksAddress, soap } from '../detection/router-frames.ts';
import { datagram, dnsAnswer, mail, usual, visit } from '../support/name-frames.ts';
import { type CapturedFrame, ethernet, ipv4, tcp, tcpConversation } from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MINUTE,
  outside,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const OWN = '203.0.113.200';
const NEXT = '203.0.113.201';
const routerSays = (ip: string, time: number) => asksAddress(TELEVISION, ip, time);
const mailAt = (time: number, to = OWN) => mail(CAMERA, to, time, { outcome: 'connected', dialogue: ['S: 220 nas'] });
const incidents = (stage: Stage) => stage.incidents().map(({ device, kind }) => [kind, device]);

/** The same with the sender's MAC another one. */
function sentBy(mac: string, frames: readonly CapturedFrame[], is: (frame: CapturedFrame) => boolean = fromRouter) {
  return frames.map((frame) => {
    if (!is(frame)) return frame;
    const data = Buffer.from(frame.data);
    Buffer.from(mac.replaceAll(':', ''), 'hex').copy(data, 6);
    return { ...frame, data };
  });
}

const fromRouter = ({ data }: CapturedFrame) => data.toString('hex', 6, 12) === GATEWAY.mac.replaceAll(':', '');

test.each([
  ['NAT-PMP', routerSays(OWN, START)],
  ['UPnP', soap(TELEVISION, 'GetExternalIPAddress', {}, START, { NewExternalIPAddress: OWN })],
])('what the router calls the home by %s is home: no mail to the Internet, no backend', (_, says) => {
  const stage = new Stage().play(usual(), says, mailAt(START + MINUTE), visit(CAMERA, OWN, START + 2 * MINUTE));
  expect(incidents(stage)).toEqual([]);
  expect(stage.device(CAMERA)).toMatchObject({ mail: { attempts: 0 }, connections: 1 });
  expect(stage.device(CAMERA).backends.map(({ name }) => name)).not.toContain(OWN);
  stage.play(mailAt(START + HOUR, NEXT));
  expect(incidents(stage)).toEqual([['mail_started', CAMERA.mac]]);
});

test.each([
  ['another device, by NAT-PMP', sentBy(FRIDGE.mac, routerSays(OWN, START))],
  [
    'another device, by UPnP',
    soap(TELEVISION, 'GetExternalIPAddress', {}, START, { NewExternalIPAddress: OWN }).map((frame) => {
      const hex = frame.data
        .toString('hex')
        .replaceAll(GATEWAY.mac.replaceAll(':', ''), FRIDGE.mac.replaceAll(':', ''));
      return { ...frame, data: Buffer.from(hex, 'hex') };
    }),
  ],
  [
    'a server on the Internet',
    [datagram(outside('208.67.222.222', 53), { ...CAMERA, port: 40_001 }, dnsAnswer('myip.opendns.com', [OWN]), START)],
  ],
])('what %s calls the home hides no mail', (_, says) => {
  const stage = new Stage().play(usual(), says, mailAt(START + MINUTE));
  expect(incidents(stage)).toEqual([['mail_started', CAMERA.mac]]);
});

test('an answer in the router’s name does not make a far server the home: its own packets have come a long way', () => {
  const stage = new Stage().play(usual(), routerSays(OWN, START), mailAt(START + MINUTE));
  expect(incidents(stage)).toEqual([]);
  const answer = ipv4(
    { source: OWN, destination: CAMERA.ip, ttl: 52 },
    tcp({ sourcePort: 25, destinationPort: 9, flags: 'A' }),
  );
  stage.play({ time: START + HOUR, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, answer) });
  stage.play(routerSays(OWN, START + 2 * HOUR), mailAt(START + 3 * HOUR));
  expect(incidents(stage)).toEqual([['mail_started', CAMERA.mac]]);
});

test('after another address the old one is home for an hour, and without a word for a day', () => {
  const changed = new Stage().play(usual(), routerSays(OWN, START), routerSays(NEXT, START + HOUR));
  changed.play(mailAt(START + HOUR + 30 * MINUTE), mailAt(START + HOUR + 40 * MINUTE, NEXT));
  expect(incidents(changed)).toEqual([]);
  changed.play(mailAt(START + 3 * HOUR, NEXT), mailAt(START + 3 * HOUR));
  expect(incidents(changed)).toEqual([['mail_started', CAMERA.mac]]);
  const silent = new Stage().play(usual(), routerSays(OWN, START), mailAt(START + 23 * HOUR));
  expect(incidents(silent)).toEqual([]);
  silent.play(mailAt(START + 25 * HOUR));
  expect(incidents(silent)).toEqual([['mail_started', CAMERA.mac]]);
});

test('who comes back in by the own address is a neighbour; a restart does not forget it', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-own-'));
  try {
    const first = new Stage({ stateDir }).play(usual(), routerSays(OWN, START));
    first.finish();
    first.spine.close();
    const stage = new Stage({ stateDir });
    const client = outside(OWN, 41_000);
    const reach = { client, server: at(FRIDGE, FRIDGE.ip, 22), outcome: 'connected' } as const;
    stage.play(usual(), tcpConversation({ ...reach, time: START + HOUR }), mailAt(START + 2 * HOUR));
    expect(incidents(stage)).toEqual([]);
    stage.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

/** The camera calls a public address, and the router turns the SYN round to the fridge. */
function turned(to: string, time: number, source = CAMERA.ip, port = 443): CapturedFrame[] {
  const ports = {
    sourcePort: 33_000 + (time % 1000),
    destinationPort: port,
    sequence: time % 1_000_000_007,
    flags: 'S',
  };
  const [there, back] = [
    ipv4({ source: CAMERA.ip, destination: to }, tcp(ports)),
    ipv4({ source, destination: FRIDGE.ip, ttl: 63 }, tcp({ ...ports, destinationPort: 8443 })),
  ];
  return [
    { time, data: ethernet({ source: CAMERA.mac, destination: GATEWAY.mac }, there) },
    { time: time + 1, data: ethernet({ source: GATEWAY.mac, destination: FRIDGE.mac }, back) },
  ];
}

test.each([
  ['the caller', CAMERA.ip],
  ['the router', GATEWAY.ip],
])('what the router turns round twice is its own address; the second leg bears the address of %s', (_, source) => {
  const stage = new Stage().play(usual(), turned(OWN, START, source));
  stage.play(turned(OWN, START + MINUTE, source), mailAt(START + 2 * MINUTE));
  expect(incidents(stage)).toEqual([]);
});

test('neither one turn alone, nor a second leg with an outside source, nor a port of mail, nor a router that redirects', () => {
  const attempts = [
    [turned(OWN, START)],
    [turned(OWN, START, OWN), turned(OWN, START + SECOND, OWN)],
    [turned(OWN, START, CAMERA.ip, 25), turned(OWN, START + SECOND, CAMERA.ip, 25)],
    ['198.51.100.1', '198.51.100.2', '198.51.100.3', OWN, OWN].map((ip, i) => turned(ip, START + i * SECOND)),
  ];
  for (const frames of attempts) {
    const stage = new Stage().play(usual(), frames.flat(), mailAt(START + MINUTE));
    expect(incidents(stage)).toContainEqual(['mail_started', CAMERA.mac]);
  }
});

test('where the user said what is inside, nobody else does', () => {
  const stage = new Stage({ homeNet: ['192.168.1.0/24'] }).play(
    usual(),
    routerSays(OWN, START),
    mailAt(START + DAY / 2),
  );
  expect(incidents(stage)).toEqual([['mail_started', CAMERA.mac]]);
});
