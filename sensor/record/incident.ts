// An incident: the findings of one kind about one device, from the first until a person resolves it. Shapes only.
import type { TimelineEntry } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import type { IncidentKind, Severity } from '../detect/finding.ts';

export const INCIDENT_STATES = ['open', 'acknowledged', 'expected', 'resolved'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

export interface Incident {
  /** Derived from device, kind, port class and start: the same capture gives the same id. `[a-z0-9]{16}`. */
  id: string;
  kind: IncidentKind;
  severity: Severity;
  device: Mac | null;
  portClass: string;
  /** Packet times, milliseconds. */
  startedAt: number;
  lastAt: number;
  /** Exact number of findings grouped here. */
  findings: number;
  /** One sentence for a person; names the device by what it is called, plain text. */
  summary: string;
  evidence: Record<string, unknown>;
  /** What to do now, one step an entry, most urgent first. */
  advice: string[];
  /** What happened before on this device, newest first; taken when the incident opened. */
  before: TimelineEntry[];
  state: IncidentState;
  acknowledgedAt: number | null;
  resolvedAt: number | null;
  /** After "Resolved: I reset it": until then the next finding reopens the incident as critical. */
  watchUntil: number | null;
}

/** One end of what is normal. */
export interface Target {
  /** An address, a host name, or for submission a registrable domain; `*` for any host that reaches the device. */
  destination: string;
  port: number;
  /** For this address behind the device's MAC alone, which has none of its own; left out for the device itself. */
  from?: string;
}

/** A person's "this is normal". Scoped: a device and the targets that were seen, never everything. */
export interface Expectation {
  id: string;
  device: Mac;
  /** `mail`: what the device sends; `exposed`: what reaches it from the Internet, on ports of its own. */
  covers: 'mail' | 'exposed';
  targets: Target[];
  /** Those of `targets`, for people. A name covers whatever address it has later. */
  destinations: string[];
  ports: number[];
  createdAt: number;
  /** Who said so: `page` or `home-assistant`. */
  createdBy: string;
  /** Packet time after which it no longer holds; null for good. */
  until: number | null;
  /** How often it has matched since it was made. */
  matches: number;
  lastMatch: number | null;
  /** The incident it was made from. */
  incident: string | null;
}

/**
 * What is for looking up, not for telling: it raises no alert and turns nothing red. A new backend is told as an event all the
 * same, since an automation may want to know.
 */
export function isQuiet({ kind, severity }: Pick<Incident, 'kind' | 'severity'>): boolean {
  return severity === 'info' && kind !== 'backend_new';
}
