// How often and to whom, for one mail incident: from its evidence where that counts, else from what the device's own
// mail history says since the incident started.
import type { MailCounts } from '../../sensor/attribute/device.ts';
import type { ReportDevice, ReportIncident, ReportMailDestination } from '../../sensor/record/report.ts';

export interface MailFacts extends MailCounts {
  /** Most attempts first. */
  destinations: ReportMailDestination[];
}

const SUBMISSION_PORTS = new Set([465, 587, 2525]);

export function isMailIncident({ kind }: ReportIncident): boolean {
  return kind === 'mail_started' || kind === 'submission_started';
}

export function mailFacts(incident: ReportIncident, device: ReportDevice | null): MailFacts {
  const ownPort = portTest(incident);
  const destinations = (isMailIncident(incident) ? (device?.mail.destinations ?? []) : [])
    .filter((one) => one.lastSeen >= incident.startedAt && ownPort(one.port) && isTheirs(incident, one))
    .sort((left, right) => right.attempts - left.attempts);
  const count = (what: keyof MailCounts, otherwise: number): number => {
    const told = incident.evidence[what];
    return typeof told === 'number' ? told : otherwise;
  };
  const sum = (what: Exclude<keyof MailCounts, 'recipients'>): number =>
    count(
      what,
      destinations.reduce((all, entry) => all + entry[what], 0),
    );
  return {
    attempts: sum('attempts'),
    connected: sum('connected'),
    refused: sum('refused'),
    unanswered: sum('unanswered'),
    messages: sum('messages'),
    // Of single destinations they are not counted.
    recipients: count('recipients', 0),
    destinations,
  };
}

/** The address behind the device's MAC that an incident is about; null where it is about the device. */
export function innerAddress({ evidence }: ReportIncident): string | null {
  return typeof evidence.innerAddress === 'string' ? evidence.innerAddress : null;
}

/** The device's destinations are those of all behind its MAC: of one of them the first and the last are known. */
function isTheirs(incident: ReportIncident, { ip, port }: ReportMailDestination): boolean {
  if (innerAddress(incident) === null) return true;
  return [incident.evidence.firstDestination, incident.evidence.lastDestination].some((place) => {
    const known: Record<string, unknown> = typeof place === 'object' && place !== null ? { ...place } : {};
    return known.ip === ip && known.port === port;
  });
}

/** Which ports the incident is about: submission, 25, or SMTP on an odd one, told by where it first went. */
function portTest({ kind, evidence }: ReportIncident): (port: number) => boolean {
  if (kind === 'submission_started') return (port) => SUBMISSION_PORTS.has(port);
  const first = evidence.firstDestination;
  const firstPort = first !== null && typeof first === 'object' && 'port' in first ? first.port : 25;
  return (port) => !SUBMISSION_PORTS.has(port) && (port === 25) === (firstPort === 25);
}
