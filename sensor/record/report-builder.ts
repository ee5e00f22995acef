// Builds the shapes of report.ts from the books: sorted, ISO times, the same for the replay report, the API and MQTT.
import {
  type Backend,
  type Device,
  isLocallyAdministered,
  type MailDestination,
  type TimelineEntry,
} from '../attribute/device.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import { bearsOwnName, deviceName } from '../attribute/identity.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Words } from '../language/words.ts';
import { byText } from './by-text.ts';
import type { Incident } from './incident.ts';
import {
  isoTime,
  type ReportBackend,
  type ReportDevice,
  type ReportIncident,
  type ReportMailDestination,
  type ReportNameSource,
  type ReportTimelineEntry,
} from './report.ts';
import { timelineText } from './wording.ts';

export function reportDevice(words: Words, device: Device, knowledge: Knowledge, devices: DeviceTable): ReportDevice {
  const match = knowledge.matchOf(device);
  const classified = knowledge.classOf(device);
  const { name, from } = deviceName(device, devices.sameThing(device));
  const { mail } = device;
  return {
    mac: device.mac,
    role: device.role,
    vendor: knowledge.vendorOf(device),
    name,
    displayName: knowledge.displayName(device, devices, words),
    nameFrom: from,
    sameAs: device.sameAs,
    hostnames: [...new Set(device.hostnames.map((host) => host.name))].sort(),
    addresses: device.leases
      .map((lease) => ({ ip: lease.ip, from: isoTime(lease.from), to: isoTime(lease.to) }))
      .sort((a, b) => byText(a.from, b.from) || byText(a.ip, b.ip)),
    note: match?.slug ?? null,
    noteEvidence:
      match?.evidence.map(({ evidence, value, weight }) => ({ evidence, value, weight: `${weight}` })) ?? [],
    noteConfidence: match?.confidence ?? null,
    class: classified.class,
    classEvidence: classified.evidence,
    randomizedMac: isLocallyAdministered(device.mac),
    sharedMac: device.sharedMac,
    behind: carrierOf(words, device, knowledge, devices),
    addressesBehind: devices.carriers.addressesOf(device.mac),
    broadcastOnly: device.broadcastOnly,
    firstSeen: isoTime(device.firstSeen),
    lastSeen: isoTime(device.lastSeen),
    connections: device.connections,
    mail: {
      attempts: mail.attempts,
      connected: mail.connected,
      refused: mail.refused,
      unanswered: mail.unanswered,
      messages: mail.messages,
      recipients: mail.recipients,
      destinations: [...mail.destinations.values()]
        .map(reportDestination)
        .sort((a, b) => byText(a.ip, b.ip) || a.port - b.port || byText(a.name ?? '', b.name ?? '')),
    },
    lookups: { ...device.lookups },
    backends: [...device.backends.values()]
      .map(reportBackend)
      .sort((a, b) => byText(a.name, b.name) || byText(a.role, b.role)),
    firmware: device.firmware.map((entry) => ({
      ...entry,
      firstSeen: isoTime(entry.firstSeen),
      lastSeen: isoTime(entry.lastSeen),
    })),
  };
}

/** Called by its own name; where it has none, by its MAC alone. */
function carrierOf(words: Words, { path }: Device, knowledge: Knowledge, devices: DeviceTable): ReportDevice['behind'] {
  if (path.behind === null) return null;
  const carrier = devices.get(path.behind);
  const isNamed = carrier !== undefined && bearsOwnName(carrier);
  return { mac: path.behind, name: isNamed ? knowledge.displayName(carrier, devices, words) : null, kind: path.kind };
}

/** `said`: its sentences in the language of `words`, where that is not the one that incidents are told in. */
export function reportIncident(
  words: Words,
  incident: Incident,
  said: Pick<Incident, 'summary' | 'advice'> = incident,
): ReportIncident {
  const { id, kind, severity, device, findings, evidence, state } = incident;
  const { advice, summary } = said;
  return {
    id,
    kind,
    severity,
    device,
    startedAt: isoTime(incident.startedAt),
    lastAt: isoTime(incident.lastAt),
    findings,
    summary,
    evidence,
    advice,
    before: incident.before.map((event) => reportTimeline(words, event)),
    state,
    acknowledgedAt: isoOrNull(incident.acknowledgedAt),
    resolvedAt: isoOrNull(incident.resolvedAt),
    watchUntil: isoOrNull(incident.watchUntil),
  };
}

export function reportTimeline(words: Words, entry: TimelineEntry): ReportTimelineEntry {
  return {
    time: isoTime(entry.time),
    kind: entry.kind,
    name: entry.name,
    nameFrom: source(entry.nameFrom),
    ip: entry.ip,
    role: entry.role,
    detail: entry.detail,
    text: timelineText(words, entry),
  };
}

function reportDestination(destination: MailDestination): ReportMailDestination {
  const { ip, name, nameFrom, port, attempts, connected, refused, unanswered, messages, firstSeen, lastSeen } =
    destination;
  return {
    ip,
    name,
    nameFrom: source(nameFrom),
    otherDevice: nameFrom === 'dns-other',
    namedToProxy: nameFrom === 'proxy',
    port,
    attempts,
    connected,
    refused,
    unanswered,
    messages,
    firstSeen: isoTime(firstSeen),
    lastSeen: isoTime(lastSeen),
  };
}

function reportBackend(backend: Backend): ReportBackend {
  const { name, role, roleFrom, note, through, outerName, shared, connections, bytesUp, bytesDown } = backend;
  const sources = backend.nameFrom.map(source).filter((from) => from !== null);
  return {
    name,
    role,
    roleFrom,
    note,
    hosts: [...backend.hosts].sort(),
    nameFrom: [...new Set(sources)].sort(),
    through: [...through].sort(),
    otherDevice: backend.nameFrom.length > 0 && backend.nameFrom.every((from) => from === 'dns-other'),
    outerName,
    shared,
    connections,
    bytesUp,
    bytesDown,
    firstSeen: isoTime(backend.firstSeen),
    lastSeen: isoTime(backend.lastSeen),
  };
}

/** The contract has no word for what a proxy was asked for; it is a request's, as an HTTP host is. */
function source(from: MailDestination['nameFrom']): ReportNameSource | null {
  if (from === 'proxy') return 'http';
  return from === 'dns-other' ? 'dns' : from;
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}
