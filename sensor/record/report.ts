// The JSON shapes of `thingwatch.report/1`, shared by the replay report, the web API and MQTT. The contract that outside
// checks rely on; times are ISO 8601 with zone and milliseconds, counts are integers.
import type { BackendRole, CarrierKind, MailCounts, NameSource, Role, RoleSource } from '../attribute/device.ts';
import type { ClassEvidence, DeviceClass } from '../attribute/device-class.ts';
import type { CopyKind } from '../attribute/duplicates.ts';
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { IncidentKind, Severity } from '../detect/finding.ts';
import type { Sight, Vantage } from './health.ts';
import type { IncidentState } from './incident.ts';

export interface Report {
  schema: 'thingwatch.report/1';
  capture: ReportCapture;
  devices: ReportDevice[];
  incidents: ReportIncident[];
}

export interface ReportCapture {
  files: string[];
  packets: number;
  firstPacket: string | null;
  lastPacket: string | null;
  truncated: number;
  malformed: number;
  duplicates: number;
  duplicatesByKind: Record<CopyKind, number>;
  /** Of all that passed. */
  vantage: Vantage;
  /** The same in words, and what to change. */
  sight: Sight;
  /** Frames lost before they were read; null where too few packets tell. */
  lossPercent: number | null;
  loss: LossEstimate;
}

export interface ReportDevice {
  mac: string;
  role: Role;
  vendor: string | null;
  name: string | null;
  /** The clock was not known to be right when it was first seen; absent where it was. Live only. */
  timeUncertain?: true;
  /** What people are shown: `name`, with what tells the device apart where that does not. */
  displayName: string;
  /** Where `name` comes from: the user, an announcement, or null. */
  nameFrom: string | null;
  /** An older address of the same thing, by a person's word. */
  sameAs: string | null;
  hostnames: string[];
  addresses: { ip: string; from: string; to: string }[];
  note: string | null;
  /** Which evidence matched the note, for a person; empty without a note. */
  noteEvidence: { evidence: string; value: string; weight: string }[];
  noteConfidence: 'high' | 'medium' | null;
  /** What it is for, and why: a general-purpose device may hand mail to a provider without an alarm. */
  class: DeviceClass;
  classEvidence: ClassEvidence[];
  randomizedMac: boolean;
  /** Several devices speak behind this MAC. */
  sharedMac: boolean;
  /** What carries this device's frames, where they do not bear its own MAC; null where they do. */
  behind: { mac: string; name: string | null; kind: CarrierKind } | null;
  /** Addresses behind this MAC that have none of their own here, as far as they were told of since the sensor started. */
  addressesBehind: string[];
  broadcastOnly: boolean;
  firstSeen: string;
  lastSeen: string;
  connections: number;
  mail: MailCounts & { destinations: ReportMailDestination[] };
  lookups: { mx: number; dnsbl: number };
  backends: ReportBackend[];
  firmware: { version: string; from: string; firstSeen: string; lastSeen: string }[];
}

export interface ReportMailDestination {
  ip: string;
  name: string | null;
  /** The contract's four values; a name learned from another device's answer has `nameFrom` "dns" and `otherDevice` true. */
  nameFrom: ReportNameSource | null;
  otherDevice: boolean;
  /** A proxy was asked for this name (`nameFrom` "http"): `ip` is what DNS said of it, else the proxy's own address. */
  namedToProxy: boolean;
  port: number;
  attempts: number;
  connected: number;
  refused: number;
  unanswered: number;
  messages: number;
  firstSeen: string;
  lastSeen: string;
}

export interface ReportBackend {
  name: string;
  role: BackendRole;
  roleFrom: RoleSource | null;
  note: string | null;
  hosts: string[];
  nameFrom: ReportNameSource[];
  /** Proxies it was reached through, `198.51.100.10:1080`; empty where there were none. */
  through: string[];
  /** True when only another device's DNS answer named it. */
  otherDevice: boolean;
  /** The name is the outer one of an Encrypted Client Hello. */
  outerName: boolean;
  shared: boolean;
  connections: number;
  bytesUp: number;
  bytesDown: number;
  firstSeen: string;
  lastSeen: string;
}

export type ReportNameSource = Exclude<NameSource, 'dns-other'>;

export interface ReportTimelineEntry {
  time: string;
  kind: string;
  name: string | null;
  nameFrom: string | null;
  ip: string | null;
  role: BackendRole | null;
  detail: Record<string, string | number | null>;
  /** One sentence for a person. */
  text: string;
}

export interface ReportIncident {
  id: string;
  kind: IncidentKind;
  severity: Severity;
  device: string | null;
  startedAt: string;
  lastAt: string;
  findings: number;
  summary: string;
  evidence: Record<string, unknown>;
  advice: string[];
  before: ReportTimelineEntry[];
  state: IncidentState;
  acknowledgedAt: string | null;
  resolvedAt: string | null;
  watchUntil: string | null;
  /** The clock was not known to be right when it began; absent where it was. Live only. */
  timeUncertain?: true;
}

/** `2026-01-05T10:11:12.345Z`. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
