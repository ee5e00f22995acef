// The sensor's reason to be, told in frames: a device opens a mail connection, and what becomes an incident of it.
import { describe, expect, it, test } from 'vitest';
import { mail } from '../support/name-frames.ts';
import {
  type CapturedFrame,
  ethernet,
  ipv4,
  ipv6,
  neighborAdvertisement,
  routerAdvertisement,
  tcp,
  tcpConversation,
} from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  FRIDGE,
  GATEWAY,
  MAIL_SERVER,
  MAIL_SERVER6,
  MINUTE,
  outside,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const ACCEPTED = ['S: 220 mx ESMTP', 'C: EHLO cam', 'S: 250 ok', 'C: MAIL FROM:<a@b.example>', 'S: 250 ok'];
const ONE_MESSAGE = [
  ...ACCEPTED,
  'C: RCPT TO:<c@d.example>',
  'S: 250 ok',
  'C: DATA',
  'S: 354 go',
  'C: .',
  'S: 250 queued',
];

test('the first SYN is enough', () => {
  const stage = new Stage();
  const [syn] = mail(CAMERA, MAIL_SERVER, START);
  stage.play([syn ?? []].flat());
  expect(stage.alerts).toMatchObject([
    { change: 'opened', kind: 'mail_started', severity: 'high', device: CAMERA.mac },
  ]);
  expect(stage.incident('mail_started')).toMatchObject({
    startedAt: '2026-01-05T10:00:00.000Z',
    findings: 1,
    evidence: { attempts: 1, connected: 0, refused: 0, unanswered: 0, firstDestination: { ip: MAIL_SERVER, port: 25 } },
  });
});

test('unanswered, refused and connected devices give three incidents with these states', () => {
  const stage = new Stage();
  stage.play(
    mail(CAMERA, MAIL_SERVER, START),
    mail(FRIDGE, MAIL_SERVER, START, { outcome: 'refused' }),
    mail(TELEVISION, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE }),
  );
  const { devices, incidents } = stage.finish();
  expect(incidents.map(({ device, evidence, severity }) => [device, severity, evidence])).toMatchObject([
    [FRIDGE.mac, 'high', { attempts: 1, refused: 1, unanswered: 0, connected: 0 }],
    [TELEVISION.mac, 'critical', { attempts: 1, connected: 1, messages: 1, recipients: 1 }],
    [CAMERA.mac, 'high', { attempts: 1, unanswered: 1, refused: 0, connected: 0 }],
  ]);
  const television = devices.find(({ mac }) => mac === TELEVISION.mac);
  expect(television?.mail).toMatchObject({ attempts: 1, connected: 1, messages: 1, recipients: 1 });
  expect(television?.mail.destinations).toMatchObject([{ ip: MAIL_SERVER, port: 25, attempts: 1, messages: 1 }]);
});

test('no address, subject or body of a mail is kept anywhere', () => {
  const stage = new Stage();
  const secret = ['C: Subject: rent', 'C: my body text'];
  const dialogue = [...ONE_MESSAGE.slice(0, 9), ...secret, ...ONE_MESSAGE.slice(9)];
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue }));
  expect(JSON.stringify(stage.finish())).not.toMatch(/a@b\.example|c@d\.example|rent|my body/);
});

test('a mail server inside the home is none of it', () => {
  const stage = new Stage();
  const server = at(FRIDGE, FRIDGE.ip, 25);
  stage.play(tcpConversation({ client: { ...CAMERA, port: 50_000 }, server, time: START, outcome: 'connected' }));
  expect(stage.finish().incidents).toEqual([]);
});

test.each([
  ['IPv6', { ...CAMERA, ip: CAMERA.ip6 }, MAIL_SERVER6, {}],
  ['a VLAN tag', CAMERA, MAIL_SERVER, { vlans: [20] }],
  ['QinQ', CAMERA, MAIL_SERVER, { vlans: [100, 20] }],
  ['PPPoE', CAMERA, MAIL_SERVER, { pppoe: 7 }],
  ['PPPoE in a VLAN over IPv6', { ...CAMERA, ip: CAMERA.ip6 }, MAIL_SERVER6, { vlans: [7], pppoe: 9 }],
])('behind %s', (_, from, to, tags) => {
  const stage = new Stage();
  const client = { ...from, port: 50_000 };
  stage.play(tcpConversation({ client, server: outside(to, 25), time: START, outcome: 'refused', ...tags }));
  expect(stage.finish().incidents).toMatchObject([{ device: CAMERA.mac, evidence: { attempts: 1, refused: 1 } }]);
});

test.each([465, 587, 2525])('port %i is handing mail to a provider: medium, also when it works', (port) => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { port, outcome: 'connected' }));
  expect(stage.finish().incidents).toMatchObject([{ kind: 'submission_started', severity: 'medium' }]);
});

test('SMTP on an odd port is mail, by its EHLO', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { port: 8025, outcome: 'connected', dialogue: ONE_MESSAGE }));
  expect(stage.incident('mail_started')).toMatchObject({
    severity: 'critical',
    evidence: { attempts: 1, connected: 1 },
  });
  expect(stage.incident('mail_started').summary).toContain('on a port that is not for mail');
});

test('payload of a connection whose SYN was not captured is an attempt that began before the sensor looked', () => {
  const frames = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE });
  const stage = new Stage();
  stage.play(frames.slice(3));
  expect(stage.incident('mail_started')).toMatchObject({
    severity: 'critical',
    evidence: { attempts: 1, messages: 1 },
  });
  const late = new Stage();
  late.play(frames.slice(7));
  expect(late.finish().incidents).toMatchObject([
    { severity: 'critical', evidence: { attempts: 1, connected: 1, beganBefore: true } },
  ]);
});

test('where the mirror lost only the SYN, the SYN-ACK still says that it connected', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE }).slice(1));
  expect(stage.finish().incidents).toMatchObject([
    { findings: 1, evidence: { attempts: 1, connected: 1, messages: 1 } },
  ]);
});

test("on a mirror that shows no answers, the device's own acknowledgement proves the connection", () => {
  const stage = new Stage();
  const frames = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE });
  stage.play(frames.filter(({ data }) => data.subarray(6, 12).toString('hex') === CAMERA.mac.replaceAll(':', '')));
  const { incidents } = stage.finish();
  expect(incidents).toMatchObject([
    { severity: 'critical', findings: 1, evidence: { attempts: 1, connected: 1, unanswered: 0 } },
  ]);
  expect(incidents[0]?.summary).toMatch(/is talking to mail servers .* \(1 connected\)/);
});

test('a SYN-ACK after the deadline moves the attempt from unanswered to connected', () => {
  const stage = new Stage();
  const [syn, answer] = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected' });
  if (syn === undefined || answer === undefined) throw new Error('no handshake');
  stage.play(syn).wait(START + MINUTE);
  expect(stage.incident('mail_started')).toMatchObject({ severity: 'high', evidence: { unanswered: 1 } });
  stage.play({ ...answer, time: START + 2 * MINUTE });
  expect(stage.finish().incidents).toMatchObject([{ severity: 'critical', evidence: { unanswered: 0, connected: 1 } }]);
  expect(stage.device(CAMERA).mail).toMatchObject({ attempts: 1, unanswered: 0, connected: 1 });
});

test("the gateway's own mail is told, with advice for a router", () => {
  const stage = new Stage();
  stage.play(mail(FRIDGE, '198.51.100.9', START - MINUTE, { port: 443, outcome: 'connected' }));
  const router = { ...GATEWAY, port: 33_000 };
  const upstream = { mac: '02:00:5e:00:00:01', ip: MAIL_SERVER, port: 25 };
  stage.play(tcpConversation({ client: router, server: upstream, time: START, outcome: 'unanswered' }));
  const incident = stage.finish().incidents[0];
  expect(incident).toMatchObject({ kind: 'mail_started', device: GATEWAY.mac });
  expect(incident?.advice[0]).toContain('router itself');
});

test('10,000 attempts to 500 servers are one incident with exact totals and at most six alerts', () => {
  const stage = new Stage();
  const server = (i: number) => `203.0.${113 + Math.floor((i % 500) / 250)}.${1 + ((i % 500) % 250)}`;
  for (let i = 0; i < 10_000; i++) {
    const outcome = (['unanswered', 'refused', 'connected'] as const)[i % 3] ?? 'unanswered';
    const client = { ...CAMERA, port: 10_000 + i };
    const time = START + i * 2 * SECOND;
    stage.play(
      tcpConversation({ client, server: outside(server(i), 25), time, isn: i * 31, outcome, retransmitSyn: i % 2 }),
    );
  }
  const { devices, incidents } = stage.finish();
  expect(incidents).toHaveLength(1);
  const totals = { attempts: 10_000, unanswered: 3334, refused: 3333, connected: 3333 };
  expect(incidents[0]).toMatchObject({ findings: 10_000, severity: 'critical', evidence: { ...totals, servers: 500 } });
  const camera = devices.find(({ mac }) => mac === CAMERA.mac);
  expect(camera?.mail).toMatchObject(totals);
  expect(camera?.mail.destinations).toHaveLength(500);
  expect(camera?.mail.destinations.every(({ attempts }) => attempts === 20)).toBe(true);
  expect(stage.alerts.length).toBeLessThanOrEqual(6);
});

test('a scan of more servers than are remembered keeps its totals exact', () => {
  const stage = new Stage();
  for (let i = 0; i < 3000; i++) {
    const server = outside(`198.51.${i >> 8}.${i & 255}`, 25);
    stage.play(
      tcpConversation({ client: { ...CAMERA, port: 20_000 }, server, time: START + i, outcome: 'unanswered' }),
    );
  }
  stage.wait(START + MINUTE);
  const { mail: tally } = stage.device(CAMERA);
  expect(tally).toMatchObject({ attempts: 3000, unanswered: 3000 });
  expect(tally.destinations).toHaveLength(512);
  expect(tally.destinations.every(({ attempts, unanswered }) => attempts === 1 && unanswered === 1)).toBe(true);
});

test('mirrored copies, a VLAN copy and the routed second leg count once', () => {
  const fields = { client: { ...CAMERA, port: 50_000 }, server: outside(MAIL_SERVER, 25), time: START } as const;
  const once = tcpConversation({ ...fields, outcome: 'refused' });
  const tagged = tcpConversation({ ...fields, outcome: 'refused', vlans: [20] });
  const soon = (frames: CapturedFrame[], delay: number) =>
    frames.map(({ data, time }) => ({ data, time: time + delay }));
  // The router hands the SYN on with its own MAC and one hop less.
  const syn = tcp({ sourcePort: 50_000, destinationPort: 25, sequence: 1_000_000, flags: 'S' });
  const routed = ethernet(
    { source: GATEWAY.mac, destination: '02:00:5e:00:00:01' },
    ipv4({ source: CAMERA.ip, destination: MAIL_SERVER, ttl: 63 }, syn),
  );
  const plain = ethernet(
    { source: CAMERA.mac, destination: GATEWAY.mac },
    ipv4({ source: CAMERA.ip, destination: MAIL_SERVER, ttl: 64 }, syn),
  );
  const stage = new Stage();
  stage.play(
    once,
    soon(once, 1),
    soon(tagged, 2),
    { time: START + MINUTE, data: plain },
    { time: START + MINUTE + 1, data: routed },
  );
  const { devices, incidents } = stage.finish();
  expect(incidents).toMatchObject([{ device: CAMERA.mac, evidence: { attempts: 1, refused: 1 } }]);
  expect(devices.find(({ mac }) => mac === GATEWAY.mac)?.mail.attempts ?? 0).toBe(0);
  expect(stage.spine.engine.stats.duplicates).toBe(5);
});

/** A SYN from the Internet, as the router hands it to the camera's public address. */
function inbound(time: number): CapturedFrame[] {
  const client = at(GATEWAY, '2001:db8:bad::1', 40_000);
  return tcpConversation({ client, server: at(CAMERA, CAMERA.ip6, 25), time, outcome: 'connected' });
}

function advertisement(mac: string, prefix: string, time: number, length = 64): CapturedFrame {
  const message = routerAdvertisement({ sourceMac: mac, prefixes: [{ prefix, length }] });
  const packet = ipv6({ source: 'fe80::1', destination: 'ff02::1', hopLimit: 255 }, message);
  return { time, data: ethernet({ source: mac, destination: '33:33:00:00:00:01' }, packet) };
}

test('a connection from the Internet to a public address of a device is no attempt, with or without an announced prefix', () => {
  const announced = new Stage().play(advertisement(GATEWAY.mac, '2001:db8:1::', START), inbound(START + SECOND));
  expect(announced.finish().incidents).toMatchObject([{ kind: 'exposed', device: CAMERA.mac }]);
  const claim = neighborAdvertisement({ target: CAMERA.ip6, targetMac: CAMERA.mac, override: true });
  const packet = ipv6({ source: CAMERA.ip6, destination: 'ff02::1', hopLimit: 255 }, claim);
  const neighbor = { time: START, data: ethernet({ source: CAMERA.mac, destination: '33:33:00:00:00:01' }, packet) };
  const unannounced = new Stage().play(neighbor, inbound(START + SECOND));
  expect(unannounced.finish().incidents).toMatchObject([{ kind: 'exposed', device: CAMERA.mac }]);
});

test('a device that announces the prefix of a mail server does not hide its mail there', () => {
  const stage = new Stage();
  stage.play(
    advertisement(GATEWAY.mac, '2001:db8:1::', START),
    mail({ ...FRIDGE, ip: FRIDGE.ip6 }, '2001:db8:9::1', START, { port: 443, outcome: 'connected' }),
    advertisement(CAMERA.mac, '2001:db8:ffff::', START + SECOND, 48),
    mail({ ...CAMERA, ip: CAMERA.ip6 }, MAIL_SERVER6, START + MINUTE),
  );
  expect(stage.finish().incidents).toMatchObject([{ kind: 'mail_started', device: CAMERA.mac }]);
  expect(stage.device(CAMERA).role).toBe('device');
});

test('--home-net replaces what is inside: mail to a listed server is none, to a private one it is', () => {
  const inside = new Stage({ homeNet: [`${MAIL_SERVER}/32`, '192.168.1.0/24'] });
  expect(inside.play(mail(CAMERA, MAIL_SERVER, START)).finish().incidents).toEqual([]);
  const everything = new Stage({ homeNet: ['255.255.255.255/32'] });
  const server = at(FRIDGE, FRIDGE.ip, 25);
  everything.play(tcpConversation({ client: { ...CAMERA, port: 50_000 }, server, time: START, outcome: 'unanswered' }));
  expect(everything.finish().incidents).toMatchObject([{ device: CAMERA.mac }]);
});

test('a refusal that speaks of a block list is said, in words of our own', () => {
  const stage = new Stage().play(
    mail(CAMERA, MAIL_SERVER, START, {
      outcome: 'connected',
      dialogue: ['S: 554 5.7.1 Client host [198.51.100.1] blocked using zen.example.net', 'C: QUIT', 'S: 221 bye'],
    }),
  );
  expect(stage.incident('mail_started').summary).toContain('Besides, a server refused it as listed on a block list.');
  expect(JSON.stringify(stage.incidents())).not.toContain('zen.example.net');
});

describe('SMTP in the middle of something else', () => {
  const talk = (...dialogue: string[]) =>
    new Stage().play(
      tcpConversation({
        client: at(CAMERA, CAMERA.ip, 40_000),
        server: outside('198.51.100.8', 8080),
        time: START,
        outcome: 'connected',
        dialogue,
      }),
    );

  it('is payload of that: an upload, a mail that is fetched', () => {
    expect(talk('C: POST /log HTTP/1.1', 'C: EHLO camera', 'S: HTTP/1.1 200 OK').incidents()).toEqual([]);
    expect(talk('C: RETR 1', 'S: +OK', 'S: 220 mx.example.net ESMTP', 'C: QUIT').incidents()).toEqual([]);
  });

  it('is mail where both sides speak it, as behind a proxy whose first words were lost', () => {
    const stage = talk('C: xx', 'S: xx', 'S: 220 mx.example.net ESMTP', 'C: EHLO camera', 'S: 250 mx.example.net');
    expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1 });
  });
});
