// The report for an abuse desk, line by line: every count under its own label, nothing broader than a letter, nothing made up.
import { expect, it } from 'vitest';
import { evidenceReport } from '../../sensor/record/evidence-report.ts';
import type { EvidenceFrame } from '../../sensor/record/evidence-ring.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import type { ReportMailDestination } from '../../sensor/record/report.ts';
import { arp, ethernet, ipv4, ipv6, raw, tcp, udp } from '../support/packet-builder.ts';
import { plainDevice } from '../support/sample-home.ts';
import { CAMERA, GATEWAY, HOUR, MINUTE, START } from '../support/stage.ts';

const iso = (time: number): string => new Date(time).toISOString();
const incident = (changes: Partial<Incident> = {}): Incident => ({
  ...{ id: 'abcdefgh12345678', kind: 'mail_started', severity: 'high', device: CAMERA.mac, portClass: '25' },
  ...{ startedAt: START, lastAt: START + HOUR, findings: 7, summary: 'camera is sending mail.', advice: [] },
  ...{ before: [], state: 'open', acknowledgedAt: null, resolvedAt: null, watchUntil: null },
  evidence: {
    ...{ attempts: 6, connected: 5, refused: 4, unanswered: 3, messages: 2, recipients: 1 },
    ...{ heloNames: ['a.example', 'b.example'], isOdd: true, dialogue: { lastReply: 550, none: null }, empty: null },
  },
  ...changes,
});
const destination = (
  ip: string,
  attempts: number,
  more: Partial<ReportMailDestination> = {},
): ReportMailDestination => ({
  ...{ ip, name: null, nameFrom: null, otherDevice: false, namedToProxy: false, port: 25, attempts, connected: 1 },
  ...{ refused: 0, unanswered: 0, messages: 1, firstSeen: iso(START), lastSeen: iso(START + MINUTE), ...more },
});
const device = {
  ...plainDevice(CAMERA.mac, 'Hallway camera', START),
  addresses: [
    { ip: '192.168.1.40', from: iso(START - 9 * HOUR), to: iso(START - HOUR) },
    { ip: '192.168.1.50', from: iso(START - HOUR), to: iso(START) },
    { ip: '192.168.1.60', from: iso(START + HOUR), to: iso(START + 2 * HOUR) },
    { ip: '192.168.1.70', from: iso(START + HOUR + 1), to: iso(START + 2 * HOUR) },
  ],
};
const mail = (...destinations: ReportMailDestination[]) => ({ ...device, mail: { ...device.mail, destinations } });
const base = { device, frames: [], seen: 0, vantage: 'lan-both-ways' as const, version: '1.2.3', incident: incident() };
const report = (changes: Partial<Parameters<typeof evidenceReport>[0]> = {}) => evidenceReport({ ...base, ...changes });
/** Without the breaks of its lines. */
const flat = (text: string): string => text.replace(/\s+/g, ' ');

it('has each count under its own label, and the facts that have no line of their own', () => {
  const text = flat(report());
  for (const line of [
    'Incident abcdefgh12345678 Kind mail_started, severity high What happened camera is sending mail.',
    'Period 2026-01-05 10:00:00.000 to 2026-01-05 11:00:00.000 (UTC)',
    'COUNTS Attempts 6 connections to mail servers Connected 5 Refused 4 Not answered 3 without a visible answer',
    'Messages 2 accepted by servers, at least Recipients 1 accepted by servers, at least',
    'FURTHER FACTS Helo names: a.example, b.example Is odd: yes Dialogue: last reply 550 SEEN AND NOT SEEN',
    'Called Hallway camera MAC address a4:cf:12:99:be:ef Vendor Example Electronics',
    'TZ=UTC tcpdump -n -tttt -r',
    'No mail address, subject, message text or password is in this report or in the frames',
    'Written by thingwatch 1.2.3.',
  ])
    expect(text).toContain(line);
});

it('names the addresses that the device had in that time, first and last moment included', () => {
  expect(flat(report())).toContain('Addresses then 192.168.1.50, 192.168.1.60 Addresses are');
  // What was found with the incident is said where nothing else is known.
  expect(flat(report({ incident: incident({ evidence: { address: '192.168.1.9' } }) }))).not.toContain('192.168.1.9');
  const unknown = flat(report({ device: null, incident: incident({ evidence: { address: '192.168.1.9' } }) }));
  expect(unknown).toContain('MAC address a4:cf:12:99:be:ef Addresses then 192.168.1.9 Addresses are');
});

it('names the latest forty of more addresses', () => {
  const held = Array.from({ length: 41 }, (_, n) => ({ ip: `192.168.1.${n}`, from: iso(START), to: iso(START) }));
  const listed = flat(report({ device: { ...device, addresses: held } })).match(
    /Addresses then (.*) Addresses are/,
  )?.[1];
  expect(listed).toBe(
    held
      .slice(1)
      .map(({ ip }) => ip)
      .join(', '),
  );
});

it('counts findings alone where it is not about mail, and says where it is about no device', () => {
  const text = flat(report({ incident: incident({ kind: 'mac_flood', device: null }) }));
  expect(text).toContain('COUNTS Findings 7 FURTHER');
  expect(text).toContain('DEVICE This is about the home, not about one device.');
  expect(text).not.toContain('DESTINATIONS');
});

it('lists the destinations of this incident alone, most attempts first, and says how many more there are', () => {
  const text = flat(
    report({
      device: mail(
        destination('203.0.113.1', 1),
        destination('2001:db8::25', 9, { name: 'mx.example', otherDevice: true }),
        destination('203.0.113.2', 2, { lastSeen: iso(START - 1) }),
        destination('203.0.113.3', 2, { port: 587 }),
        destination('203.0.113.4', 0),
        destination('203.0.113.5', 2, { name: 'mx.proxied.example', namedToProxy: true, lastSeen: iso(START) }),
      ),
    }),
  );
  expect(text).toContain(
    "DESTINATIONS [2001:db8::25]:25 mx.example (name from another device's lookup) 9 attempts, 1 connected, 0 refused, 1 message 2026-01-05 10:00:00.000 to 2026-01-05 10:01:00.000",
  );
  expect(text).toMatch(
    /mx\.proxied\.example:25 \(by this name, through a proxy\) 2 attempts.* 203\.0\.113\.1:25 1 attempt, /,
  );
  for (const other of ['203.0.113.2', '203.0.113.3', '203.0.113.4']) expect(text).not.toContain(other);
  const own = flat(report({ device: mail(destination('203.0.113.1', 1, { name: 'mx.own.example' })) }));
  expect(own).toContain('203.0.113.1:25 mx.own.example 1 attempt, ');
  const many = (count: number) =>
    flat(report({ device: mail(...Array.from({ length: count }, (_, i) => destination(`203.0.113.${i}`, 1))) }));
  expect(many(40)).not.toContain('more destination');
  expect(many(41)).toContain('and 1 more destination FURTHER');
});

it('says what cannot have been seen: by place, by encryption, by what was kept', () => {
  expect(flat(report({ vantage: null }))).toContain('Sensor unknown Frames 0 of 0 frames');
  expect(report({ vantage: 'lan-one-way' })).toContain('ONE DIRECTION ONLY');
  expect(report()).not.toContain('ONE DIRECTION ONLY');
  const hidden = (portClass: string) =>
    flat(report({ incident: incident({ portClass }) })).match(/Encrypted (\w+ \w+)/)?.[1];
  expect(['25', 'odd', 'submission'].map(hidden)).toEqual(['After STARTTLS', 'After STARTTLS', 'On an']);
  expect(report()).toContain('None: nothing of this incident was kept.');
  expect(report({ seen: 1 })).toContain('None: they gave way to newer evidence.');
});

it('is never broader than 76 columns, breaks at spaces, and breaks a word only where it fills a line', () => {
  const long = `${'word '.repeat(60)}${'x'.repeat(200)} \u202eend`;
  const text = report({ incident: incident({ summary: long, evidence: { note: long } }) });
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBe(76);
  expect(text).toContain(`\n${' '.repeat(16)}word word`);
  expect(text).not.toMatch(/\u202e|wor\n|[ \t]$/m);
  expect(flat(text).match(/x/g)?.length).toBeGreaterThanOrEqual(400);
  const word = report({ incident: incident({ summary: 'y'.repeat(70) }) });
  expect(word).toContain(`\nWhat happened   ${'y'.repeat(58)}\n${' '.repeat(16)}${'y'.repeat(12)}\n`);
});

it('lists what happened before up to 40 entries, and 40 of a list', () => {
  const entry = { time: START - HOUR, kind: 'mail_resumed' as const, name: null, nameFrom: null, ip: null, role: null };
  const before = Array.from({ length: 41 }, () => ({ ...entry, detail: {} }));
  const list = Array.from({ length: 41 }, (_, i) => `n${i}n`);
  const text = report({ incident: incident({ before, evidence: { list } }) });
  expect(text.match(/Sent mail again/g)).toHaveLength(40);
  expect([text.includes('n39n'), text.includes('n40n')]).toEqual([true, false]);
});

/** One of each kind that may be kept, over midnight. */
function frames(): EvidenceFrame[] {
  const home = { source: CAMERA.mac, destination: GATEWAY.mac };
  const [from, to] = [CAMERA.ip, '203.0.113.25'];
  const segment = (flags: string, payload = '') =>
    ethernet(
      home,
      ipv4(
        { source: from, destination: to },
        tcp({ sourcePort: 40_000, destinationPort: 25, flags }, Buffer.from(payload)),
      ),
    );
  const six = { source: CAMERA.ip6, destination: '2001:db8:ffff::25' };
  const datas = [
    ...[segment('S'), segment('SA'), segment('FA'), segment('R'), segment('')],
    segment('A', '220 xx\r\n250-xxx\r\n250-5.1.0 xxx\r\n550 5.7.1 xxx\r\n221 xx\r\n'),
    segment('A', 'EHLO xxxx\r\nMAIL FROM:xxxx\r\nRCPT TO:xxx\r\nDATAxx\r\n'),
    segment('A', 'xxxxxxxx\r\nabc\r\n12 x\r\n'),
    ethernet(
      home,
      ipv4({ source: from, destination: to }, udp({ sourcePort: 5000, destinationPort: 5351 }, Buffer.alloc(12))),
    ),
    ethernet(home, ipv6(six, tcp({ sourcePort: 40_000, destinationPort: 25, flags: 'S' }))),
    ethernet(home, ipv6(six, raw(58, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])))),
    ethernet(home, arp({ operation: 'request', senderMac: CAMERA.mac, senderIp: from, targetIp: GATEWAY.ip })),
    ethernet(home, ipv4({ source: from, destination: to }, raw(47, Buffer.alloc(8)))),
    Buffer.concat([Buffer.from('0123456789ab'), Buffer.from([0x88, 0xb5]), Buffer.alloc(46)]),
    Buffer.alloc(3),
  ];
  return datas.map((data, seq) => ({
    ...{ seq, time: START + 13.9 * HOUR + seq * MINUTE, linkType: 1 as const, wireLength: data.length, data },
  }));
}

it('is laid out as an abuse desk gets it', () => {
  const other = frames().map((frame) => ({ ...frame, linkType: 113 as const }));
  const behind = { who: 'client', kind: 'repeater', mac: 'm', name: 'attic' };
  const chain = [
    { time: START - HOUR, kind: 'mail_resumed' as const, name: null, nameFrom: null, ip: null, role: null, detail: {} },
  ];
  const reports = [
    report({
      frames: frames(),
      seen: 99,
      incident: incident({ before: chain }),
      device: mail(destination('203.0.113.1', 1)),
    }),
    report({
      frames: [...frames().slice(0, 3), ...other.slice(0, 2)],
      device: { ...device, randomizedMac: true, vendor: null, addresses: [] },
      incident: incident({
        portClass: 'submission',
        kind: 'submission_started',
        evidence: { behind, address: '192.168.1.9' },
      }),
      vantage: 'lan-one-way',
    }),
    report({
      incident: incident({ evidence: { innerAddress: '192.168.7.3', behind: { ...behind, who: 'address' } } }),
    }),
    report({ incident: incident({ kind: 'exposed', portClass: '22', evidence: { ports: [22, 80] } }), device: null }),
  ];
  return expect(reports.join('\n-- \n\n')).toMatchFileSnapshot('sentences/reports.txt');
});
