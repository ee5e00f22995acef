// The sensor's reason to be: a device opens a mail connection to the Internet. The first SYN is enough; what becomes of it
// is filled in later. Totals are deltas, so that they stay exact over restarts.
import type { Connection } from '../attribute/connection.ts';
import type { MailOutcome } from '../attribute/mail-tally.ts';
import type { Mac } from '../decode/packet.ts';
import type { Finding, IncidentKind, Severity } from './finding.ts';

/** Ports on which a client hands mail to its own provider (RFC 6409, RFC 8314; 2525 by custom). */
const SUBMISSION_PORTS = new Set([465, 587, 2525]);

/** In the evidence where an EHLO showed what the handshake did not: the mirror gives one direction, or lost it. */
const SPOKEN = { smtpSpoken: true } as const;

/** `odd`: SMTP was spoken on a port that is not for mail. */
export type MailPortClass = '25' | 'submission' | 'odd';

export function mailPortClass(port: number): MailPortClass {
  if (port === 25) return '25';
  return SUBMISSION_PORTS.has(port) ? 'submission' : 'odd';
}

/** A new attempt by `device`. `established`: the capture shows that the connection works, as an EHLO does. */
export function mailAttempt(device: Mac, connection: Connection, established: boolean, time: number): Finding {
  const finding = base(device, connection, time);
  return {
    ...finding,
    ...(established ? { evidence: { ...finding.evidence, ...SPOKEN } } : {}),
    effect: 'opens',
    severity: severityOf(connection, established),
    add: { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 },
  };
}

/** What became of an attempt; `before` takes back an earlier verdict. */
export function mailOutcome(
  device: Mac,
  connection: Connection,
  outcome: MailOutcome,
  before: MailOutcome | null,
  time: number,
): Finding {
  return {
    ...base(device, connection, time),
    effect: 'updates',
    severity: severityOf(connection, outcome === 'connected'),
    add: { [outcome]: 1, ...(before === null ? {} : { [before]: -1 }) },
  };
}

/** The client spoke SMTP: the connection works, whether or not its answers cross the mirror. */
export function mailSpoken(device: Mac, connection: Connection, time: number): Finding {
  const { evidence, ...finding } = base(device, connection, time);
  const severity = severityOf(connection, true);
  return { ...finding, evidence: { ...evidence, ...SPOKEN }, effect: 'updates', severity, add: {} };
}

/** The server accepted mail on a plain connection. */
export function mailAccepted(
  device: Mac,
  connection: Connection,
  accepted: { messages: number; recipients: number },
  time: number,
): Finding {
  return {
    ...base(device, connection, time),
    effect: 'updates',
    severity: severityOf(connection, true),
    add: { ...accepted },
  };
}

function base(device: Mac, connection: Connection, time: number): Omit<Finding, 'effect' | 'severity' | 'add'> {
  const destination = { ip: connection.responderIp, port: connection.responderPort, name: connection.name };
  return {
    kind: kindOf(connection),
    device,
    portClass: mailPortClass(connection.responderPort),
    time,
    about: connection,
    destination: { ...destination, name: connection.nameFrom === 'dns-other' ? null : connection.name },
    evidence: { lastDestination: destination },
    first: { firstDestination: destination, address: connection.originatorIp },
  };
}

function kindOf(connection: Connection): IncidentKind {
  return mailPortClass(connection.responderPort) === 'submission' ? 'submission_started' : 'mail_started';
}

function severityOf(connection: Connection, established: boolean): Severity {
  if (kindOf(connection) === 'submission_started') return 'medium';
  return established ? 'critical' : 'high';
}
