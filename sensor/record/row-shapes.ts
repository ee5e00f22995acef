// What a row must hold to be believed when it is read back. A field added to a shape needs a default here or a migration,
// else rows written before it are skipped as corrupt.
import { z } from 'zod';
import type {
  ActivityHour,
  Backend,
  Device,
  FirmwareVersion,
  HostName,
  Identity,
  Lease,
  MailDestination,
  MailTally,
  Path,
  TimelineEntry,
} from '../attribute/device.ts';
import { INCIDENT_KINDS, SEVERITIES } from '../detect/finding.ts';
import type { Expectation, Incident } from './incident.ts';

const text = z.string();
const count = z.number();
const time = z.number();
const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);
const nameFrom = z.enum(['dns', 'dns-other', 'sni', 'quic', 'http']);
const backendRole = z.enum(['update', 'telemetry', 'cloud', 'store', 'time', 'unknown']);

const hostName = z.object({
  name: text,
  from: z.enum(['dhcp', 'dhcpv6', 'mdns', 'llmnr', 'nbns', 'ssdp']),
  firstSeen: time,
  lastSeen: time,
}) satisfies z.ZodType<HostName>;

const identity = z.object({
  dhcpFingerprint: text.nullable(),
  dhcpVendorClass: text.nullable(),
  dhcpClientId: text.nullable(),
  duid: text.nullable().default(null),
  mdnsServices: z.array(text),
  mdnsModels: z.array(text),
  mdnsIds: z.array(text).default([]),
  ssdpServer: text.nullable(),
  ssdpTypes: z.array(text),
  userAgent: text.nullable(),
}) satisfies z.ZodType<Identity>;

const path = z.object({
  directAt: time.nullable(),
  behind: text.nullable(),
  kind: z.enum(['repeater', 'router']),
  ip: text.nullable(),
  until: time.nullable(),
  carriers: z.array(text),
}) satisfies z.ZodType<Path>;

const firmware = z.object({
  version: text,
  from: z.enum(['ssdp', 'http', 'mdns']),
  firstSeen: time,
  lastSeen: time,
}) satisfies z.ZodType<FirmwareVersion>;

const mailTotals = z.object({
  attempts: count,
  connected: count,
  refused: count,
  unanswered: count,
  messages: count,
  recipients: count,
  forgottenDestinations: count,
}) satisfies z.ZodType<Omit<MailTally, 'destinations'>>;

/** A device without the lists that have tables of their own. */
type DeviceRow = Omit<Device, 'leases' | 'mail' | 'backends' | 'timeline' | 'activity'> & {
  mail: Omit<MailTally, 'destinations'>;
};

export const deviceShape = z.object({
  mac: text,
  role: z.enum(['device', 'gateway', 'sensor']),
  label: text.nullable(),
  sameAs: text.nullable(),
  isPrivate: flag,
  firstSeen: time,
  lastSeen: time,
  broadcastOnly: flag,
  sharedMac: flag,
  path,
  connections: count,
  hostnames: z.array(hostName),
  identity,
  firmware: z.array(firmware),
  mail: mailTotals,
  lookups: z.object({ mx: count, dnsbl: count }),
}) satisfies z.ZodType<DeviceRow>;

export const leaseShape = z.object({
  ip: text,
  from: time,
  to: time,
  source: z.enum(['arp', 'dhcp', 'dhcpv6', 'ndp', 'on-link']),
}) satisfies z.ZodType<Lease>;

export const mailDestinationShape = z.object({
  ip: text,
  port: count,
  name: text.nullable(),
  nameFrom: nameFrom.or(z.literal('proxy')).nullable(),
  attempts: count,
  connected: count,
  refused: count,
  unanswered: count,
  messages: count,
  recipients: count,
  firstSeen: time,
  lastSeen: time,
}) satisfies z.ZodType<MailDestination>;

export const backendShape = z.object({
  name: text,
  role: backendRole,
  roleFrom: z.enum(['note', 'store-list', 'host-label']).nullable(),
  note: text.nullable(),
  hosts: z.array(text),
  nameFrom: z.array(nameFrom),
  through: z.array(text),
  outerName: flag,
  shared: flag,
  connections: count,
  bytesUp: count,
  bytesDown: count,
  firstSeen: time,
  lastSeen: time,
  days: z.array(count),
}) satisfies z.ZodType<Backend>;

export const timelineShape = z.object({
  time,
  kind: z.enum([
    'backend_new',
    'firmware_download',
    'firmware_change',
    'inbound_connection',
    'remote_login',
    'port_mapped',
    'store_download',
    'mail_lookup',
    'mail_resumed',
  ]),
  name: text.nullable(),
  nameFrom: nameFrom.nullable(),
  ip: text.nullable(),
  role: backendRole.nullable(),
  detail: z.record(text, z.union([text, count, z.null()])),
}) satisfies z.ZodType<TimelineEntry>;

/** Hours of one day as `[hour, connections, mail attempts]`. */
const activityShape = z.array(
  z
    .tuple([count, count, count])
    .transform(([hour, connections, mailAttempts]): ActivityHour => ({ hour, connections, mailAttempts })),
);

/** As `activityShape` reads it; a start reads thousands of them, and those that are as they should be are read at sight. */
export function activityOf(value: unknown): ActivityHour[] {
  if (!Array.isArray(value) || !value.every(isHour)) return activityShape.parse(value);
  return value.map(([hour, connections, mailAttempts]) => ({ hour, connections, mailAttempts }));
}

function isHour(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

export const incidentShape = z.object({
  id: text,
  kind: z.enum(INCIDENT_KINDS),
  severity: z.enum(SEVERITIES),
  device: text.nullable(),
  portClass: text,
  startedAt: time,
  lastAt: time,
  findings: count,
  summary: text,
  evidence: z.record(text, z.unknown()),
  advice: z.array(text),
  before: z.array(timelineShape),
  state: z.enum(['open', 'acknowledged', 'expected', 'resolved']),
  acknowledgedAt: time.nullable(),
  resolvedAt: time.nullable(),
  watchUntil: time.nullable(),
}) satisfies z.ZodType<Incident>;

export const expectationShape = z
  .object({
    id: text,
    device: text,
    covers: z.enum(['mail', 'exposed']),
    targets: z.array(z.object({ destination: text, port: count, from: z.string().exactOptional() })),
    createdAt: time,
    createdBy: text,
    until: time.nullable(),
    matches: count,
    lastMatch: time.nullable(),
    incident: text.nullable(),
  })
  .transform(
    (row): Expectation => ({
      ...row,
      destinations: [...new Set(row.targets.map(({ destination }) => destination))].sort(),
      ports: [...new Set(row.targets.map(({ port }) => port))].sort((a, b) => a - b),
    }),
  );
