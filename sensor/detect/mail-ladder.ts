// How serious mail is, as one table: the stages it can reach, what each means on which port, and which of them are news.
// The manual (alarms.md) shows the same table.
import type { Severity } from './finding.ts';

/** Rungs in rising order. An incident keeps the highest it has reached. */
export const MAIL_STAGES = ['attempt', 'connected', 'accepted', 'fan-out', 'corroborated'] as const;

/**
 * `attempt`: a SYN, or what stands in for one. `connected`: the server took the call. `accepted`: it took a message.
 * `fan-out`: many servers or recipients. `corroborated`: something else speaks against the device as well.
 */
export type MailStage = (typeof MAIL_STAGES)[number];

/** `25`: servers among themselves; `submission`: a client at its provider (465, 587, 2525); `odd`: SMTP spoken elsewhere. */
export type MailPortClass = '25' | 'submission' | 'odd';

/** Who sends: a device that people read and write mail on may hand it to a provider; nothing else is expected to. */
export type MailSender = 'thing' | 'general-purpose';

interface Rung {
  severity: Severity;
  /** Reaching it is told once; else it shows in the incident alone. */
  told: boolean;
}

type Ladder = Record<MailStage, Rung>;

/** Nobody but a mail server has business with port 25, and nobody at all with SMTP on an odd port. */
const SERVER_LADDER: Ladder = {
  attempt: { severity: 'high', told: true },
  connected: { severity: 'critical', told: true },
  accepted: { severity: 'critical', told: true },
  'fan-out': { severity: 'critical', told: true },
  corroborated: { severity: 'critical', told: true },
};

/** A camera with a mail account is common: one alert, and no more until it does what no camera does. */
const SUBMISSION_LADDER: Ladder = {
  attempt: { severity: 'medium', told: true },
  connected: { severity: 'medium', told: false },
  accepted: { severity: 'medium', told: false },
  'fan-out': { severity: 'high', told: true },
  corroborated: { severity: 'critical', told: true },
};

/** A telephone with two accounts: shown, never told; many providers at once are no person's mail. */
const OWN_MAIL_LADDER: Ladder = {
  attempt: { severity: 'info', told: false },
  connected: { severity: 'info', told: false },
  accepted: { severity: 'info', told: false },
  'fan-out': { severity: 'high', told: true },
  corroborated: { severity: 'critical', told: true },
};

/** Distinct servers, and accepted recipients, from which mail fans out. */
const FAN_OUT: Record<MailSender, { servers: number; recipients: number }> = {
  // ntopng's smtp_contacts asks for more than five servers; Proofpoint reported at most ten mails an address.
  thing: { servers: 5, recipients: 10 },
  // People have a handful of providers; recipients are their own business.
  'general-purpose': { servers: 20, recipients: Number.POSITIVE_INFINITY },
};

function ladderOf(portClass: MailPortClass, sender: MailSender): Ladder {
  if (portClass !== 'submission') return SERVER_LADDER;
  return sender === 'general-purpose' ? OWN_MAIL_LADDER : SUBMISSION_LADDER;
}

export function severityAt(stage: MailStage, portClass: MailPortClass, sender: MailSender): Severity {
  return ladderOf(portClass, sender)[stage].severity;
}

/** Whether an incident of this port class that reaches `stage` tells so, though its severity stays. */
export function isToldAt(stage: MailStage, portClass: string): boolean {
  return (portClass === 'submission' ? SUBMISSION_LADDER : SERVER_LADDER)[stage].told;
}

export function isFannedOut(
  portClass: MailPortClass,
  sender: MailSender,
  servers: number,
  recipients: number,
): boolean {
  const bound = FAN_OUT[portClass === 'submission' ? sender : 'thing'];
  return servers >= bound.servers || recipients >= bound.recipients;
}

/** Most servers that have to be told apart. */
export const FAN_OUT_SERVERS = FAN_OUT['general-purpose'].servers;

export function higherStage(a: MailStage | undefined, b: MailStage | undefined): MailStage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return rankOf(a) >= rankOf(b) ? a : b;
}

/** Of what was stored, a stage or nothing. */
export function stageFrom(value: unknown): MailStage | undefined {
  return MAIL_STAGES.find((stage) => stage === value);
}

function rankOf(stage: MailStage): number {
  return MAIL_STAGES.indexOf(stage);
}
