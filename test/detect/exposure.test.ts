// Who on the Internet reaches a device, by service; what is only tried, what was invited, and what a login leaves behind.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { datagram, dnsAnswer, mail, phoneJoins, visit } from '../support/name-frames.ts';
import { reaches, tcpConversation } from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  DAY,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  PHONE,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const STRANGER = '198.51.100.77';

const reach = (port: number, time: number, options?: Parameters<typeof reaches>[3]) =>
  reaches(CAMERA, port, time, options);

/** The camera's own traffic, so that the gateway is known. */
const usual = () => visit(CAMERA, '203.0.113.80', START - MINUTE);

test.each([
  [23, 'telnet', 'high'],
  [2323, 'telnet', 'high'],
  [22, 'ssh', 'high'],
  [5555, 'adb', 'high'],
  [80, 'http', 'medium'],
  [8443, 'https', 'medium'],
  [554, 'rtsp', 'medium'],
  [1883, 'mqtt', 'medium'],
  [3389, 'rdp', 'medium'],
  [445, 'smb', 'medium'],
  [7547, 'tr-069', 'medium'],
  [34_567, 'other', 'medium'],
])('an answer on port %i is %s, %s', (port, service, severity) => {
  const stage = new Stage();
  stage.play(usual(), reach(port, START));
  const incident = stage.incident('exposed');
  expect(incident).toMatchObject({
    device: CAMERA.mac,
    severity,
    evidence: { service, ports: [port], firstSource: STRANGER, sources: 1, connections: 1 },
  });
  expect(incident.summary).toContain(`was reached from the Internet on port ${port}`);
  expect(stage.alerts.filter(({ kind }) => kind === 'exposed')).toHaveLength(1);
});

test.each([
  [34_567, 'low'],
  [80, 'medium'],
  [23, 'high'],
])(
  'on a telephone an answer on port %i is %s: programs ask to be reached there, but a shell is an open door',
  (port, severity) => {
    const stage = new Stage();
    stage.play(usual(), phoneJoins(START - MINUTE), visit(PHONE, '203.0.113.81', START - SECOND));
    stage.play(reaches(PHONE, port, START));
    expect(stage.incident('exposed')).toMatchObject({ device: PHONE.mac, severity });
  },
);

test('a scan that nobody answers is counted and raises nothing', () => {
  const stage = new Stage();
  const scan = [21, 22, 23, 80, 443].flatMap((port, i) =>
    reach(port, START + i * 10, { outcome: port === 80 ? 'refused' : 'unanswered' }),
  );
  stage.play(usual(), scan).wait(START + HOUR);
  expect(stage.incidents('exposed')).toEqual([]);
  stage.play(reach(23, START + HOUR));
  expect(stage.incident('exposed').evidence).toMatchObject({ unansweredScans: 5 });
});

test('many strangers and ports of one service are one incident and one alert', () => {
  const stage = new Stage();
  const visits = Array.from({ length: 60 }, (_, i) =>
    reach(i % 2 === 0 ? 80 : 8080, START + i * MINUTE, { from: `198.51.100.${i % 30}` }),
  );
  stage.play(usual(), ...visits);
  expect(stage.incident('exposed')).toMatchObject({
    findings: 60,
    evidence: { ports: [80, 8080], sources: 30, connections: 60 },
  });
  expect(stage.alerts.filter(({ kind }) => kind === 'exposed')).toHaveLength(1);
});

test('a port that was opened on purpose is expected; another port of the same service is not', () => {
  const stage = new Stage();
  stage.play(usual(), reach(443, START));
  const { id } = stage.incident('exposed');
  expect(stage.run({ type: 'expect', incident: id, until: null })).toMatchObject({ ok: true });
  stage.play(reach(443, START + HOUR, { from: '203.0.113.9' }));
  expect(stage.incident('exposed')).toMatchObject({ state: 'expected', findings: 1 });
  stage.play(reach(8443, START + 2 * HOUR));
  expect(stage.incident('exposed')).toMatchObject({ state: 'open', findings: 2 });
  stage.play(mail(CAMERA, MAIL_SERVER, START + 3 * HOUR, { port: 443 }), mail(CAMERA, MAIL_SERVER, START + 3 * HOUR));
  expect(stage.incident('mail_started').evidence.stage).toBe('corroborated');
});

test('connections inside the home, and answers to what the device had opened, are none of it', () => {
  const stage = new Stage();
  const browser = at(TELEVISION, TELEVISION.ip, 50_000);
  stage.play(
    usual(),
    tcpConversation({ client: browser, server: at(CAMERA, CAMERA.ip, 80), time: START, outcome: 'connected' }),
    visit(CAMERA, STRANGER, START + MINUTE, { host: 'api.vendor.example' }),
  );
  expect(stage.incidents('exposed')).toEqual([]);
});

test('a neighbour with a public IPv6 address of the same home, whose prefix nobody announced, is no stranger', () => {
  const stage = new Stage();
  const client = { mac: TELEVISION.mac, ip: TELEVISION.ip6, port: 50_000 };
  const server = { mac: CAMERA.mac, ip: CAMERA.ip6, port: 22 };
  stage.play(usual(), tcpConversation({ client, server, time: START, outcome: 'connected' }));
  expect(stage.incidents('exposed')).toEqual([]);
});

test('the data connection of active FTP was invited by the device; from another host it was not', () => {
  const stage = new Stage();
  const control = visit(CAMERA, STRANGER, START, { port: 21 });
  const back = (from: string, time: number) =>
    tcpConversation({
      client: outside(from, 20),
      server: at(CAMERA, CAMERA.ip, 51_111),
      time,
      isn: time % 4_000_000,
      outcome: 'connected',
    });
  stage.play(usual(), control, back(STRANGER, START + 1000));
  expect(stage.incidents('exposed')).toEqual([]);
  stage.play(back('203.0.113.66', START + 2000));
  expect(stage.incident('exposed').evidence).toMatchObject({ firstSource: '203.0.113.66' });
});

test("who comes from the home's own address on the Internet is no stranger, but a neighbour by way of the router", () => {
  const resolver = outside('208.67.222.222', 53);
  const told = dnsAnswer('myip.opendns.com', ['198.51.100.9']);
  const stage = new Stage();
  stage.play(
    usual(),
    datagram(resolver, { ...TELEVISION, port: 40_001 }, told, START - 1000),
    reach(443, START, { from: '198.51.100.9' }),
  );
  expect(stage.incidents('exposed')).toEqual([]);
  stage.play(reach(443, START + MINUTE));
  expect(stage.incident('exposed').evidence).toMatchObject({ firstSource: STRANGER, sources: 1 });
});

test("on a mirror that shows only the way in, the stranger's own acknowledgement proves the answer", () => {
  const stage = new Stage();
  const inbound = reach(23, START, { dialogue: ['C: root'] });
  stage.play(
    usual(),
    inbound.filter(({ data }) => data.subarray(6, 12).toString('hex') === GATEWAY.mac.replaceAll(':', '')),
  );
  expect(stage.incident('exposed')).toMatchObject({ severity: 'high', evidence: { service: 'telnet' } });
});

test('an open door and a login through it stand in the chain of a later mail incident', () => {
  const stage = new Stage();
  const talk = Array.from({ length: 20 }, () => ['C: a long line of shell', 'S: and its answer']).flat();
  stage.play(
    usual(),
    reach(23, START, { dialogue: talk }),
    reach(80, START + MINUTE, {
      dialogue: ['C: GET /cgi HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\n', 'S: HTTP/1.1 200 OK'],
    }),
    mail(CAMERA, MAIL_SERVER, START + HOUR),
  );
  const { before } = stage.incident('mail_started');
  const logins = before.filter(({ kind }) => kind === 'remote_login');
  expect(logins.map(({ detail, ip }) => [detail.service, ip])).toEqual([
    ['http', STRANGER],
    ['telnet', STRANGER],
  ]);
  expect(logins.at(-1)?.text).toContain('on the Internet used its telnet (port 23)');
  expect(before.filter(({ kind }) => kind === 'inbound_connection')).toHaveLength(2);
  expect(JSON.stringify(stage.finish())).not.toContain('c2VjcmV0');
});

test("the device's own first words outweigh the habit of a port: SSH anywhere is a remote shell", () => {
  const stage = new Stage();
  const banner = ['S: SSH-2.0-dropbear_2014.63', 'C: SSH-2.0-Go'];
  stage.play(usual(), reach(40_022, START).slice(0, 3));
  expect(stage.incident('exposed')).toMatchObject({ severity: 'medium', evidence: { service: 'other' } });
  stage.play(reach(40_022, START + MINUTE, { dialogue: banner }));
  expect(stage.incident('exposed')).toMatchObject({
    severity: 'high',
    evidence: { service: 'ssh', ports: [40_022], connections: 2 },
  });
  expect(stage.incident('exposed').summary).toContain('port 40022, SSH (remote control)');
  expect(stage.alerts.map(({ change, severity }) => [change, severity])).toEqual([
    ['opened', 'medium'],
    ['escalated', 'high'],
  ]);
  // From then on it is known before a word is said.
  stage.play(reach(40_022, START + HOUR), mail(CAMERA, MAIL_SERVER, START + 2 * HOUR));
  expect(stage.incident('exposed').evidence).toMatchObject({ service: 'ssh', connections: 3 });
  expect(stage.incident('mail_started').before.at(0)?.detail).toMatchObject({ port: 40_022, service: 'ssh' });
});

test.each([
  ['what a stranger says is no word of the device', 8080, ['C: SSH-2.0-Go', 'S: HTTP/1.1 400 Bad Request'], 'http'],
  ['on a port without a habit the answer tells', 40_080, ['C: GET / HTTP/1.1', 'S: HTTP/1.1 200 OK'], 'http'],
  ['HTTP carries much else', 7547, ['C: GET / HTTP/1.1', 'S: HTTP/1.1 401 Unauthorized'], 'tr-069'],
])('%s', (_, port, dialogue, service) => {
  const stage = new Stage().play(usual(), reach(port, START, { dialogue }));
  expect(stage.incident('exposed')).toMatchObject({ severity: 'medium', evidence: { service } });
  expect(stage.alerts).toHaveLength(1);
});

test('a login over SSH on whatever port is told by its name', () => {
  const talk = Array.from({ length: 60 }, () => [`C: ${'x'.repeat(100)}`, `S: ${'y'.repeat(100)}`]).flat();
  const stage = new Stage().play(
    usual(),
    reach(40_022, START, { dialogue: ['S: SSH-2.0-OpenSSH_9.2', 'C: SSH-2.0-Go', ...talk] }),
    mail(CAMERA, MAIL_SERVER, START + HOUR),
  );
  const logins = stage.incident('mail_started').before.filter(({ kind }) => kind === 'remote_login');
  expect(logins.map(({ detail }) => [detail.service, detail.port])).toEqual([['ssh', 40_022]]);
});

test('what was open, and from where it was reached, is known again after a restart', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-exposure-'));
  try {
    const first = new Stage({ stateDir });
    first.play(usual(), reach(8080, START), reach(40_022, START, { dialogue: ['S: SSH-2.0-OpenSSH_9.2'] }));
    first.spine.close();
    const second = new Stage({ stateDir });
    second.play(reach(40_022, START + HOUR));
    expect(second.incidents('exposed').find(({ severity }) => severity === 'high')?.evidence).toMatchObject({
      service: 'ssh',
      connections: 2,
    });
    second.play(reach(80, START + HOUR, { from: '203.0.113.9' }));
    expect(second.incidents('exposed').find(({ severity }) => severity === 'medium')).toMatchObject({
      findings: 2,
      evidence: { ports: [80, 8080], sources: 2, connections: 2 },
    });
    second.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

test('over IPv6 a device is reached at its own address, without any mapping', () => {
  const stage = new Stage();
  const client = { mac: GATEWAY.mac, ip: '2001:db8:ffff::77', port: 41_000 };
  const server = { mac: CAMERA.mac, ip: 'fd00::50', port: 22 };
  stage.play(usual(), tcpConversation({ client, server, time: START + DAY, outcome: 'connected' }));
  expect(stage.incident('exposed')).toMatchObject({ severity: 'high', evidence: { service: 'ssh' } });
});

test('on a mirror that shows the way out alone, the answer of the device is enough; a SYN that comes late counts no more', () => {
  const frames = reach(23, START);
  const out = frames.filter(({ data }) => data.subarray(6, 12).toString('hex') === CAMERA.mac.replaceAll(':', ''));
  const stage = new Stage().play(usual(), out);
  expect(stage.incident('exposed')).toMatchObject({
    device: CAMERA.mac,
    severity: 'high',
    evidence: { connections: 1, lastSource: STRANGER },
  });
  const [syn, answer, ...rest] = frames;
  if (syn === undefined || answer === undefined) throw new Error('no handshake');
  const swapped = new Stage().play(usual(), answer, { ...syn, time: answer.time + 1 }, rest);
  expect(swapped.incident('exposed')).toMatchObject({ findings: 1, evidence: { connections: 1 } });
  const inside = { ...at(TELEVISION, TELEVISION.ip, 40_000) };
  const local = tcpConversation({
    client: inside,
    server: at(CAMERA, CAMERA.ip, 23),
    time: START,
    outcome: 'connected',
  });
  expect(new Stage().play(usual(), local.slice(1)).incidents('exposed')).toEqual([]);
});
