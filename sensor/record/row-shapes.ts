// What a row must hold to be believed when it is read back. A field added to a shape needs a default here or a migration,
// else rows written before it are skipped as corrupt.
import type { ActivityHour } from '../attribute/activity.ts';
import type {
  Backend,
  Device,
  FirmwareVersion,
  HostName,
  Identity,
  Lease,
  MailDestination,
  MailTally,
  NameSource,
  Path,
  TimelineEntry,
} from '../attribute/device.ts';
import { INCIDENT_KINDS, SEVERITIES } from '../detect/finding.ts';
import {
  count,
  entriesOf,
  fields,
  flag,
  listOf,
  oneOf,
  orMissing,
  orNull,
  type Read,
  text,
  Unfit,
} from '../plain-data.ts';
import { type Expectation, INCIDENT_STATES, type Incident, type Target } from './incident.ts';

const time = count;
const NAME_SOURCES = ['dns', 'dns-other', 'sni', 'quic', 'http'] as const satisfies readonly NameSource[];
const nameFrom = oneOf(...NAME_SOURCES);
const backendRole = oneOf('update', 'telemetry', 'cloud', 'store', 'time', 'unknown');

const hostName = fields<HostName>({
  name: text,
  from: oneOf('dhcp', 'dhcpv6', 'mdns', 'llmnr', 'nbns', 'ssdp'),
  firstSeen: time,
  lastSeen: time,
});

const identity = fields<Identity>({
  dhcpFingerprint: orNull(text),
  dhcpVendorClass: orNull(text),
  dhcpClientId: orNull(text),
  duid: orMissing(orNull(text), () => null),
  mdnsServices: listOf(text),
  mdnsModels: listOf(text),
  mdnsIds: orMissing(listOf(text), () => []),
  ssdpServer: orNull(text),
  ssdpTypes: listOf(text),
  userAgent: orNull(text),
});

const path = fields<Path>({
  directAt: orNull(time),
  behind: orNull(text),
  kind: oneOf('repeater', 'router'),
  ip: orNull(text),
  until: orNull(time),
  carriers: listOf(text),
});

const firmware = fields<FirmwareVersion>({
  version: text,
  from: oneOf('ssdp', 'http', 'mdns'),
  firstSeen: time,
  lastSeen: time,
});

const mailTotals = fields<Omit<MailTally, 'destinations'>>({
  attempts: count,
  connected: count,
  refused: count,
  unanswered: count,
  messages: count,
  recipients: count,
  forgottenDestinations: count,
});

/** A device without the lists that have tables of their own. */
type DeviceRow = Omit<Device, 'leases' | 'mail' | 'backends' | 'timeline' | 'activity'> & {
  mail: Omit<MailTally, 'destinations'>;
};

export const deviceIn = fields<DeviceRow>({
  mac: text,
  role: oneOf('device', 'gateway', 'sensor'),
  label: orNull(text),
  sameAs: orNull(text),
  isPrivate: flag,
  firstSeen: time,
  lastSeen: time,
  broadcastOnly: flag,
  sharedMac: flag,
  path,
  connections: count,
  hostnames: listOf(hostName),
  identity,
  firmware: listOf(firmware),
  mail: mailTotals,
  lookups: fields<Device['lookups']>({ mx: count, dnsbl: count }),
});

export const leaseIn = fields<Lease>({
  ip: text,
  from: time,
  to: time,
  source: oneOf('arp', 'dhcp', 'dhcpv6', 'ndp', 'on-link'),
});

export const mailDestinationIn = fields<MailDestination>({
  ip: text,
  port: count,
  name: orNull(text),
  nameFrom: orNull(oneOf(...NAME_SOURCES, 'proxy')),
  attempts: count,
  connected: count,
  refused: count,
  unanswered: count,
  messages: count,
  recipients: count,
  firstSeen: time,
  lastSeen: time,
});

export const backendIn = fields<Backend>({
  name: text,
  role: backendRole,
  roleFrom: orNull(oneOf('note', 'store-list', 'host-label')),
  note: orNull(text),
  hosts: listOf(text),
  nameFrom: listOf(nameFrom),
  through: listOf(text),
  outerName: flag,
  shared: flag,
  connections: count,
  bytesUp: count,
  bytesDown: count,
  firstSeen: time,
  lastSeen: time,
  days: listOf(count),
});

const detail: Read<string | number | null> = (value) => (typeof value === 'string' ? value : orNull(count)(value));

export const timelineEntryIn = fields<TimelineEntry>({
  time,
  kind: oneOf(
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
  name: orNull(text),
  nameFrom: orNull(nameFrom),
  ip: orNull(text),
  role: orNull(backendRole),
  detail: entriesOf(detail),
});

/** Hours of one day, each `[hour, connections, mail attempts]`: whole numbers that `Activity` has room for. */
export const activityIn = listOf((value): ActivityHour => {
  const isFit = Array.isArray(value) && value.length === 3 && value.every((number) => number === number >>> 0);
  if (!isFit) throw new Unfit();
  const [hour, connections, mailAttempts] = value;
  return { hour, connections, mailAttempts };
});

export const incidentIn = fields<Incident>({
  id: text,
  kind: oneOf(...INCIDENT_KINDS),
  severity: oneOf(...SEVERITIES),
  device: orNull(text),
  portClass: text,
  startedAt: time,
  lastAt: time,
  findings: count,
  summary: text,
  evidence: entriesOf((value) => value),
  advice: listOf(text),
  before: listOf(timelineEntryIn),
  state: oneOf(...INCIDENT_STATES),
  acknowledgedAt: orNull(time),
  resolvedAt: orNull(time),
  watchUntil: orNull(time),
});

const expectationCells = fields<Omit<Expectation, 'destinations' | 'ports'>>({
  id: text,
  device: text,
  covers: oneOf('mail', 'exposed'),
  targets: listOf(fields<Target>({ destination: text, port: count, from: text }, ['from'])),
  createdAt: time,
  createdBy: text,
  until: orNull(time),
  matches: count,
  lastMatch: orNull(time),
  incident: orNull(text),
});

export function expectationIn(value: unknown): Expectation {
  const cells = expectationCells(value);
  return {
    ...cells,
    destinations: [...new Set(cells.targets.map(({ destination }) => destination))].sort(),
    ports: [...new Set(cells.targets.map(({ port }) => port))].sort((a, b) => a - b),
  };
}
