// The sentences that an alert consists of: each kind of incident and of "what happened before" has its own, and says what to do.

import { describe, expect, it } from 'vitest';
import { newDevice, type TimelineEntry, type TimelineKind } from '../../sensor/attribute/device.ts';
import { INCIDENT_KINDS, type IncidentKind } from '../../sensor/detect/finding.ts';
import { english } from '../../sensor/language/words.ts';
import type { Note } from '../../sensor/notes/schema.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { adviceFor, summaryOf, timelineText } from '../../sensor/record/wording.ts';
import { stageText } from '../../sensor/record/wording-mail.ts';
import { CAMERA, START } from '../support/stage.ts';

const incident = (kind: IncidentKind, evidence: Record<string, unknown>, portClass = '25'): Incident => ({
  ...{ id: 'abcdefgh12345678', kind, severity: 'high', device: CAMERA.mac, portClass, startedAt: START, lastAt: START },
  ...{ findings: 1, summary: '', evidence, advice: [], before: [], state: 'open' },
  ...{ acknowledgedAt: null, resolvedAt: null, watchUntil: null },
});
const told = (kind: IncidentKind, evidence: Record<string, unknown>, portClass?: string): string =>
  summaryOf(english, incident(kind, evidence, portClass), 'camera');

const EVIDENCE: Record<IncidentKind, Record<string, unknown>> = {
  mail_started: { attempts: 3, servers: 1, refused: 3 },
  submission_started: { attempts: 1, connected: 1, lastDestination: { name: 'smtp.example.net', port: 587 } },
  mail_lookup: { mx: 3, dnsbl: 2, lists: ['zen.example'], ownAddress: 'no' },
  backend_new: { backend: 'cdn.example', backends: 1, role: 'update' },
  updates_overdue: { backend: 'fw.example', lastContact: '2026-01-01T10:00:00.000Z' },
  exposed: { ports: [22], service: 'ssh', connections: 3, sources: 2 },
  port_mapping: { mapping: { externalPort: 8080, internalPort: 80, protocol: 'tcp', lease: 3600 }, mappings: 1 },
  outbreak: { devices: [{ mac: 'a' }, { mac: 'b', name: 'fridge' }], hosts: ['cdn.example'], unaffectedDevices: 0 },
  symptom: { measure: 'connections', value: 300, usual: 12 },
  sensor_blind: { vantage: 'broadcast-only' },
  fleet_warning: {
    ...{ backend: 'bad.example', homesMailed: 37, homesExposed: 41, among: 'family' },
    ...{ contacts: 2, lastContact: '2026-01-05T10:00:00.000Z', ownMail: 0 },
  },
  mac_flood: { addresses: 20_000, connections: 20_000, mailAttempts: 40 },
};

describe('a summary', () => {
  it.each(INCIDENT_KINDS)('of %s is whole sentences that hold what is known, and nothing that is not', (kind) => {
    const summary = told(kind, EVIDENCE[kind]);
    expect(summary).toMatch(/^[A-Za-z].{20,}\.$/);
    expect(summary).not.toMatch(/undefined|null|NaN|object|unknown/);
    const advice = adviceFor(english, incident(kind, EVIDENCE[kind]), null, null);
    expect(advice.length).toBeGreaterThan(0);
    for (const step of advice) expect(step).toMatch(/^[A-Z].{20,}[.?:]/);
  });

  it('and the advice are of each kind its own', () => {
    expect(new Set(INCIDENT_KINDS.map((kind) => told(kind, EVIDENCE[kind]))).size).toBe(INCIDENT_KINDS.length);
    const firsts = INCIDENT_KINDS.map((kind) => adviceFor(english, incident(kind, EVIDENCE[kind]), null, null).join());
    expect(new Set(firsts).size).toBe(INCIDENT_KINDS.length);
  });

  it.each([
    [
      { attempts: 3, servers: 1, refused: 3 },
      'is trying to reach mail servers on the Internet: 3 attempts to 1 server (3 refused).',
    ],
    [
      { attempts: 2, servers: 2, connected: 1, unanswered: 1 },
      'is talking to mail servers on the Internet: 2 attempts to 2 servers (1 connected, 1 without a visible answer).',
    ],
    [
      { attempts: 1, connected: 1, messages: 1 },
      'is sending mail to servers on the Internet: 1 attempt to 1 server (1 connected), 1 message accepted.',
    ],
    [
      { attempts: 9, refused: 9, refusedBy: { ip: '203.0.113.25', reason: 'block-list' } },
      'is trying to reach mail servers on the Internet: 9 attempts to 1 server (9 refused, lately by 203.0.113.25: block list).',
    ],
    [
      { attempts: 30, burst: { attempts: 30, minutes: 1, servers: 20, silentBefore: true } },
      'is trying to reach mail servers on the Internet: 30 attempts to 1 server; 30 attempts to 20 servers in 1 minute, silent before.',
    ],
    [
      { attempts: 1, forgedMac: '02:00:00:00:00:01' },
      'is trying to reach mail servers on the Internet: 1 attempt to 1 server. MAC address forged: the device is told from its IP address alone.',
    ],
    [
      { attempts: 1, answerOnly: true },
      'is trying to reach mail servers on the Internet: 1 attempt to 1 server. Only the answer to its first packet was seen.',
    ],
    [
      { attempts: 2, answerOnly: true },
      'is trying to reach mail servers on the Internet: 2 attempts to 1 server. Of the first connection only the answer to its first packet was seen.',
    ],
    [
      { attempts: 1, beganBefore: true },
      'is trying to reach mail servers on the Internet: 1 attempt to 1 server. The connection began before the sensor looked.',
    ],
    [
      { attempts: 1, supportedBy: ['exposed', 'outbreak'], dialogue: { blockListed: true } },
      'is trying to reach mail servers on the Internet: 1 attempt to 1 server. Besides, it was reached from the Internet; other devices that use the same backend mail as well; a server refused it as listed on a block list.',
    ],
  ])('of mail with %j', (evidence, words) => {
    expect(told('mail_started', evidence)).toBe(`camera ${words}`);
  });

  it('tells a port that is not for mail, and a proxy', () => {
    expect(told('mail_started', { attempts: 1 }, 'odd')).toContain(' on a port that is not for mail: 1 attempt');
    const lastDestination = { name: 'mx.example', port: 587, through: { proxy: '203.0.113.80' } };
    expect(told('submission_started', { attempts: 1, lastDestination })).toBe(
      "camera hands mail to a provider's server (mx.example, port 587) through the proxy 203.0.113.80: 1 attempt to 1 server.",
    );
  });

  it.each([
    [{ backends: 1, backend: 'a.example', role: 'unknown' }, 'a.example for the first time'],
    [{ backends: 1, backend: 'a.example', role: 'update' }, 'a.example (update) for the first time'],
    [{ backends: 2, backend: 'a.example', role: 'unknown' }, '2 new backends, lately a.example'],
  ])('of a new backend with %j', (evidence, words) => {
    expect(told('backend_new', evidence)).toBe(`camera contacted ${words}.`);
  });

  it.each([
    [3, 0, 'a, b and c began to send mail after contacting the update server cdn.example; no other device uses it.'],
    [4, 1, '4 devices began to send mail after contacting the update server cdn.example; 1 other device uses it too.'],
    [2, 2, 'a and b began to send mail after contacting the update server cdn.example; 2 other devices use it too.'],
  ])('of an outbreak on %i devices, %i more at risk', (count, unaffectedDevices, words) => {
    const devices = ['a', 'b', 'c', 'd'].slice(0, count).map((name) => ({ mac: 'x', name }));
    expect(told('outbreak', { devices, hosts: ['cdn.example'], role: 'update', unaffectedDevices })).toBe(words);
  });

  it.each([
    [
      { ports: [22], service: 'ssh', connections: 1, sources: 1 },
      'port 22, SSH (remote control): 1 connection from 1 address.',
    ],
    [{ ports: [80, 81], connections: 2, sources: 2 }, 'ports 80, 81: 2 connections from 2 addresses.'],
  ])('of a device that was reached with %j', (evidence, words) => {
    expect(told('exposed', evidence)).toBe(`camera was reached from the Internet on ${words}`);
  });

  it.each([
    [{ lease: 0 }, 'for good'],
    [{ lease: 60 }, 'for 1 minute'],
    [{ lease: 7199 }, 'for 120 minutes'],
    [{ lease: 7200 }, 'for 2 hours'],
    [{ lease: 172_799 }, 'for 48 hours'],
    [{ lease: 172_800 }, 'for 2 days'],
  ])('of a port that the router shall open with %j', (mapping, words) => {
    const full = { externalPort: 0, internalPort: 80, protocol: 'udp', internalClient: null, ...mapping };
    expect(told('port_mapping', { mapping: full, mappings: 1 })).toBe(
      `camera asked the router to open a port of its choice (UDP) for port 80, ${words}.`,
    );
  });

  it('of a port tells for whom, what it was called, that it was closed, and how many there were', () => {
    const mapping = {
      externalPort: 8080,
      internalPort: 80,
      internalClient: '192.168.1.9',
      description: 'video',
      lease: 0,
    };
    expect(told('port_mapping', { mapping, mappings: 2, closedAt: '2026-01-05T10:00:00.000Z' })).toBe(
      'camera asked the router to open port 8080 (TCP) for port 80 of 192.168.1.9, for good, named "video". It has closed it since. 2 requests in all.',
    );
  });

  it.each([
    [{ mx: 1, dnsbl: 0, ownAddress: 'no' }, 'for the mail servers of domains (1 question), as senders of mail do.'],
    [
      { mx: 0, dnsbl: 2, lists: ['a'], ownAddress: 'yes' },
      "1 block list (2 questions), among them about this home's own address: a sender of spam wants to know whether it is listed.",
    ],
    [
      { mx: 0, dnsbl: 1, lists: ['a'], ownAddress: 'probably' },
      "1 block list (1 question) about one and the same address, which is probably this home's own: a sender of spam wants to know whether it is listed.",
    ],
  ])('of lookups with %j', (evidence, words) => {
    expect(told('mail_lookup', evidence).replace(/(question\)),? about/, '$1 about')).toBe(`camera asked ${words}`);
  });

  it.each([
    ['always-on', 'talked to the Internet during 50 % of the day; 10 % is usual for it.', 0.5, 0.1],
    ['destinations', 'went to 90 Internet addresses within an hour; 9 are usual for its busiest hour.', 90, 9],
    ['connections', 'opened 300 connections within an hour; 12 are usual for its busiest hour.', 300, 12],
    ['latency', 'takes 300 ms to answer; 12 ms is usual for it.', 300, 12],
  ])('of the symptom %s', (measure, words, value, usual) => {
    expect(told('symptom', { measure, value, usual })).toBe(`camera ${words}`);
  });

  it('of made-up addresses counts what they did, and whose IP address they bear', () => {
    expect(told('mac_flood', { addresses: 300, connections: 0, mailAttempts: 0 })).toBe(
      'Someone in the home makes up MAC addresses: 300 so far.',
    );
    expect(told('mac_flood', { addresses: 300, connections: 1, mailAttempts: 1, bearers: ['a', 'b'] })).toBe(
      'Someone in the home makes up MAC addresses: 300 so far, with 1 connection, 1 attempt to send mail among them. The frames bear the IP addresses of a, b.',
    );
  });
});

describe('advice against mail', () => {
  const steps = {
    disconnect: ['Unplug it.'],
    reset: ['Press reset.'],
    reinstall: ['Load it anew.'],
    closeAccess: ['Set a password.'],
  };
  // What the wording asks of a note.
  const note = { steps } as unknown as Note;
  const mail = incident('mail_started', { attempts: 1 });

  it('is that of the device family where a note fits, in its order, and general where a step is missing', () => {
    expect(adviceFor(english, mail, null, note).slice(-5, -1)).toEqual([
      'Unplug it.',
      'Press reset.',
      'Load it anew.',
      'Set a password.',
    ]);
    const empty = { steps: { disconnect: [], reset: [], reinstall: [], closeAccess: [] } } as unknown as Note;
    expect(adviceFor(english, mail, null, empty)).toEqual(
      adviceFor(english, mail, null, { steps: { ...steps, ...empty.steps } } as unknown as Note),
    );
    const [disconnect, reset, reinstall, password] = adviceFor(english, mail, null, empty).slice(-5);
    expect(disconnect).toMatch(/^Disconnect the device now/);
    expect(reset).toMatch(/^Reset it to factory settings/);
    expect(reinstall).toMatch(/^Install the newest firmware/);
    expect(password).toMatch(/^Set a new, long password/);
  });

  it('is another for the router and for the machine of the sensor, unless a device behind the router is known', () => {
    const router = { ...newDevice('3c:37:86:2b:11:00', START), role: 'gateway' as const };
    const sensor = { ...newDevice('b8:27:eb:00:00:53', START), role: 'sensor' as const };
    expect(adviceFor(english, mail, router, null)[0]).toMatch(/^The router itself opened this connection/);
    expect(adviceFor(english, mail, sensor, null)[0]).toMatch(/^The machine that this sensor runs on/);
    const behind = incident('mail_started', { attempts: 1, innerAddress: '192.168.7.3' });
    expect(adviceFor(english, behind, router, null).join()).toMatch(/Disconnect the device now/);
  });

  it('of mail handed to a provider asks first whether somebody set it up, and says then what to do if not', () => {
    const [ask, ifNot, ...rest] = adviceFor(english, incident('submission_started', {}), null, null);
    expect(ask).toMatch(/^Did you set up mail on this device/);
    expect(ifNot).toMatch(/^If you did not: disconnect the device now/);
    expect(rest.join()).not.toMatch(/isconnect the device now/);
  });
});

describe('what happened before', () => {
  const entry = (
    kind: TimelineKind,
    detail: TimelineEntry['detail'] = {},
    rest: Partial<TimelineEntry> = {},
  ): TimelineEntry => ({
    ...{ time: START, kind, name: 'cdn.example', nameFrom: 'dns', ip: '203.0.113.9', role: 'update', detail, ...rest },
  });

  it.each<[TimelineKind, TimelineEntry['detail'], string]>([
    ['firmware_download', { bytes: 2048 }, 'Downloaded 2 KiB from cdn.example, an update backend.'],
    ['store_download', { bytes: 1536 }, 'Downloaded 2 KiB from cdn.example, a store of apps or plugins.'],
    ['firmware_change', { from: '1.0', to: '1.1' }, 'Announced software changed from 1.0 to 1.1.'],
    ['backend_new', {}, 'First contact with cdn.example (update).'],
    [
      'backend_new',
      { through: '203.0.113.80' },
      'First contact with cdn.example (update) through the proxy 203.0.113.80.',
    ],
    ['inbound_connection', { port: 23 }, 'cdn.example on the Internet connected to its port 23.'],
    [
      'remote_login',
      { port: 22, service: 'SSH', durationMs: 120_000 },
      '203.0.113.9 on the Internet used its SSH (port 22) for 2 minutes.',
    ],
    [
      'port_mapped',
      { externalPort: 8080, internalPort: 80, protocol: 'tcp' },
      'Asked the router to open port 8080 (TCP) for port 80.',
    ],
    ['mail_lookup', { lookups: 2, lists: 0 }, 'Looked up mail servers (2 questions).'],
    ['mail_lookup', { lookups: 1, lists: 1 }, 'Looked up mail servers or block lists (1 question).'],
    ['mail_resumed', {}, 'Sent mail again after a quiet day or more.'],
  ])('%s with %j is told', (kind, detail, words) => {
    expect(timelineText(english, entry(kind, detail))).toBe(words);
  });

  it('says where a name is from another device, or where there is none', () => {
    expect(timelineText(english, entry('backend_new', {}, { nameFrom: 'dns-other', role: 'unknown' }))).toBe(
      'First contact with cdn.example (named by another device).',
    );
    expect(timelineText(english, entry('backend_new', {}, { name: null, role: null }))).toBe(
      'First contact with 203.0.113.9.',
    );
    expect(timelineText(english, entry('backend_new', {}, { name: null, ip: null, role: null }))).toBe(
      'First contact with an unnamed address.',
    );
  });
});

it('what a stage of mail means is said for each, and for none that is not known', () => {
  const words = ['attempt', 'connected', 'accepted', 'fan-out', 'corroborated'].map((stage) =>
    stageText(english, incident('mail_started', { stage })),
  );
  expect(new Set(words).size).toBe(5);
  for (const one of words) expect(one).toMatch(/^[A-Z].*\.$/);
  expect(stageText(english, incident('mail_started', {}))).toBeNull();
});
