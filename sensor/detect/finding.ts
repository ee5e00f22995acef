// A detector's judgement at one moment. Record groups findings into incidents by (device, kind, port class).
import type { IpAddress, Mac } from '../decode/packet.ts';
import type { MailStage } from './mail-ladder.ts';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const INCIDENT_KINDS = [
  'mail_started',
  'submission_started',
  'mail_lookup',
  'backend_new',
  'updates_overdue',
  'exposed',
  'port_mapping',
  'outbreak',
  'symptom',
  'sensor_blind',
  'mac_flood',
  'fleet_warning',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What other homes say: it never becomes critical, which only what was seen here is. */
export function isHearsay(kind: IncidentKind): boolean {
  return kind === 'fleet_warning';
}

/** The kinds that mean "mail left this device". */
export function isMailKind(kind: IncidentKind): boolean {
  return kind === 'mail_started' || kind === 'submission_started';
}

export interface Finding {
  kind: IncidentKind;
  severity: Severity;
  /** Null for findings about the home or the sensor itself. */
  device: Mac | null;
  /** How far mail has come; the incident keeps the highest as `stage` in its evidence. */
  stage?: MailStage;
  /** What separates incidents of one kind on one device: `25`, `odd`, `submission`, a backend's name. */
  portClass: string;
  /** Whose it is of those behind the device's MAC: an address that has no MAC here. It separates incidents as well. */
  inner?: IpAddress;
  time: number;
  /**
   * `opens`: a new judgement, counted in the incident's `findings`. `updates`: more is known of an earlier one
   * (its connection was answered), which changes evidence and severity but is not counted again. `state`: a condition that
   * holds, told again and again; it counts once per incident.
   */
  effect: 'opens' | 'updates' | 'state';
  /** How many judgements it stands for, where several were put off; one unless told. */
  times?: number;
  /** The condition is over: the incident is resolved, without news. */
  closes?: boolean;
  /** The device's open incident of this kind has become part of this finding's: it no longer stands alone. */
  absorbs?: IncidentKind;
  /** These addresses were made up: what was told of each is part of this finding's incident, and no device remains of them. */
  withdraws?: readonly Mac[];
  /** What was told of these addresses since then (ms) was no device's doing: it is part of this finding's incident. */
  takesOver?: { macs: readonly Mac[]; since: number };
  /** What is judged: findings with the same object here are about the same connection. */
  about?: object;
  /**
   * Where it went, for expectations, with a name that the device itself knows; null where it is not about one destination.
   * `ip` is null for a host that a proxy was asked for by name: the device never saw its address.
   */
  destination: { ip: IpAddress | null; port: number; name: string | null } | null;
  /** Facts for the incident's evidence; they replace earlier ones, `undefined` takes one back. No mail address, subject or body, ever. */
  evidence: Record<string, unknown>;
  /** Facts that only the incident's first finding sets. */
  first: Record<string, unknown>;
  /** Numbers added to those in the evidence, so that totals are exact over restarts. */
  add: Record<string, number>;
}
