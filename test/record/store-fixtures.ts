// Devices and incidents for the store's tests: fixed ones, and arbitrary ones within what the types allow.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Activity } from '../../sensor/attribute/activity.ts';
import {
  type Backend,
  backendKey,
  type Device,
  type Lease,
  type MailDestination,
  type TimelineEntry,
} from '../../sensor/attribute/device.ts';
import type { Expectation, Incident } from '../../sensor/record/incident.ts';
import type { OutboxMessage } from '../../sensor/record/outbox.ts';

export const DAY = 24 * 3600 * 1000;
export const NOW = Date.UTC(2026, 0, 5, 10, 11, 12);

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'thingwatch-store-'));
}

export function incident(id: string, over: Partial<Incident> = {}): Incident {
  return {
    id,
    kind: 'mail_started',
    severity: 'high',
    device: '02:00:00:00:00:01',
    portClass: '25',
    startedAt: NOW,
    lastAt: NOW,
    findings: 1,
    summary: 'The hallway camera is sending mail',
    evidence: { attempts: 1, destinations: [{ ip: '192.0.2.25', port: 25 }] },
    advice: ['Unplug it'],
    before: [entry(NOW - 1000)],
    state: 'open',
    acknowledgedAt: null,
    resolvedAt: null,
    watchUntil: null,
    ...over,
  };
}

export function entry(time: number): TimelineEntry {
  return {
    time,
    kind: 'firmware_download',
    name: 'firmware.vendor.example',
    nameFrom: 'sni',
    ip: '198.51.100.7',
    role: 'update',
    detail: { bytes: 1_234_567, version: '1.2', before: null },
  };
}

export function expectation(id: string): Expectation {
  return {
    id,
    device: '02:00:00:00:00:01',
    covers: 'mail',
    targets: [
      { destination: 'mail.vendor.example', port: 587 },
      { destination: '192.0.2.25', port: 25 },
    ],
    destinations: ['192.0.2.25', 'mail.vendor.example'],
    ports: [25, 587],
    createdAt: NOW,
    createdBy: 'page',
    until: NOW + DAY,
    matches: 3,
    lastMatch: null,
    incident: null,
  };
}

export function message(id: string, over: Partial<OutboxMessage> = {}): OutboxMessage {
  return { id, topic: 'thingwatch/alert', payload: `{"id":"${id}"}`, createdAt: NOW, priority: 'alert', ...over };
}

export function backend(name: string, time: number): Backend {
  return {
    name,
    role: 'cloud',
    roleFrom: null,
    note: null,
    hosts: [`a.${name}`, `b.${name}`, `eu-west.${name}`],
    nameFrom: ['dns', 'sni'],
    through: [],
    outerName: false,
    shared: false,
    connections: 7,
    bytesUp: 9_000_000_000,
    bytesDown: 1,
    firstSeen: time - DAY,
    lastSeen: time,
    days: Array.from({ length: 31 }, (_, n) => Math.floor(time / DAY) - 30 + n),
  };
}

const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
/** Of one hour. */
const hourly = fc.nat({ max: 2 ** 32 - 1 });
const text = fc.string({ maxLength: 30, unit: 'grapheme' });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const nameFrom = fc.constantFrom('dns', 'dns-other', 'sni', 'quic', 'http');
const role = fc.constantFrom('update', 'telemetry', 'cloud', 'store', 'time', 'unknown');
const address = fc.oneof(fc.ipV4(), fc.ipV6());
/** Few different times, so that equal and reordered items occur. */
const leases: fc.Arbitrary<Lease[]> = fc.array(
  fc.record({
    ip: fc.constantFrom('192.168.1.50', '192.168.1.51', 'fe80::1'),
    from: fc.nat(3),
    to: time,
    source: fc.constantFrom('arp', 'dhcp', 'dhcpv6', 'ndp', 'on-link'),
  }),
  { maxLength: 8 },
);

const mailDestination: fc.Arbitrary<MailDestination> = fc.record({
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::25'),
  port: fc.constantFrom(25, 465),
  name: maybe(text),
  nameFrom: maybe(nameFrom),
  attempts: count,
  connected: count,
  refused: count,
  unanswered: count,
  messages: count,
  recipients: count,
  firstSeen: time,
  lastSeen: time,
});

const arbitraryBackend: fc.Arbitrary<Backend> = fc.record({
  name: fc.oneof(fc.constantFrom('a.example', 'b.example', 'c.example'), text),
  role,
  roleFrom: maybe(fc.constantFrom('note', 'store-list', 'host-label')),
  note: maybe(text),
  hosts: fc.array(text, { maxLength: 4 }),
  nameFrom: fc.array(nameFrom, { maxLength: 3 }),
  through: fc.array(fc.constantFrom('198.51.100.10:1080', '[2001:db8::1]:3128'), { maxLength: 2 }),
  outerName: fc.boolean(),
  shared: fc.boolean(),
  connections: count,
  bytesUp: count,
  bytesDown: count,
  firstSeen: time,
  lastSeen: time,
  days: fc.array(fc.nat(30_000), { maxLength: 31 }),
});

const timelineEntry: fc.Arbitrary<TimelineEntry> = fc.record({
  time: fc.oneof(fc.nat(2), time),
  kind: fc.constantFrom(
    'backend_new',
    'firmware_download',
    'firmware_change',
    'inbound_connection',
    'remote_login',
    'port_mapped',
    'store_download',
    'mail_lookup',
    'mail_resumed',
  ),
  name: maybe(text),
  nameFrom: maybe(nameFrom),
  ip: maybe(address),
  role: maybe(role),
  detail: fc.dictionary(
    fc.constantFrom('bytes', 'version', 'durationMs'),
    fc.oneof(text, fc.integer(), fc.constant(null)),
  ),
});

const arbitraryDevice = fc.record({
  role: fc.constantFrom('device', 'gateway', 'sensor'),
  firstSeen: time,
  lastSeen: time,
  label: maybe(text),
  sameAs: maybe(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02')),
  broadcastOnly: fc.boolean(),
  isPrivate: fc.boolean(),
  sharedMac: fc.boolean(),
  path: fc.record({
    directAt: maybe(time),
    behind: maybe(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02')),
    kind: fc.constantFrom('repeater', 'router'),
    ip: maybe(address),
    until: maybe(time),
    carriers: fc.array(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02'), { maxLength: 2 }),
  }),
  hostnames: fc.array(
    fc.record({
      name: text,
      from: fc.constantFrom('dhcp', 'dhcpv6', 'mdns', 'llmnr', 'nbns', 'ssdp'),
      firstSeen: time,
      lastSeen: time,
    }),
    { maxLength: 3 },
  ),
  leases,
  identity: fc.record({
    dhcpFingerprint: maybe(text),
    dhcpVendorClass: maybe(text),
    dhcpClientId: maybe(text),
    duid: maybe(text),
    mdnsServices: fc.array(text, { maxLength: 3 }),
    mdnsModels: fc.array(text, { maxLength: 3 }),
    mdnsIds: fc.array(text, { maxLength: 3 }),
    ssdpServer: maybe(text),
    ssdpTypes: fc.array(text, { maxLength: 3 }),
    userAgent: maybe(text),
  }),
  firmware: fc.array(
    fc.record({ version: text, from: fc.constantFrom('ssdp', 'http', 'mdns'), firstSeen: time, lastSeen: time }),
    { maxLength: 3 },
  ),
  mail: fc.record({
    attempts: count,
    connected: count,
    refused: count,
    unanswered: count,
    messages: count,
    recipients: count,
    destinations: fc
      .array(mailDestination, { maxLength: 5 })
      .map((list) => new Map(list.map((item): [string, MailDestination] => [`${item.ip} ${item.port}`, item]))),
    forgottenDestinations: count,
  }),
  lookups: fc.record({ mx: count, dnsbl: count }),
  backends: fc
    .array(arbitraryBackend, { maxLength: 6 })
    .map((list) => new Map(list.map((item): [string, Backend] => [backendKey(item), item]))),
  timeline: fc.array(timelineEntry, { maxLength: 8 }),
  connections: count,
  activity: fc
    .array(fc.record({ hour: fc.nat(100), connections: hourly, mailAttempts: hourly }), { maxLength: 12 })
    .map((hours) => new Activity(hours)),
});

/** A device with this MAC; equal lists of several come in different orders. */
export function deviceArbitrary(mac: string): fc.Arbitrary<Device> {
  return arbitraryDevice.map((device) => ({ mac, ...device }));
}

/** Makes the order of maps count in a comparison. */
export function inOrder(device: Device): unknown {
  return {
    ...device,
    activity: [...device.activity],
    backends: [...device.backends],
    mail: { ...device.mail, destinations: [...device.mail.destinations] },
  };
}
