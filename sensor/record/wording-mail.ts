// The sentences about mail: what a device does with it, how often, how far it has come. Only what the sensor saw is claimed.
import type { Burst } from '../detect/mail-habit.ts';
import { type MailStage, stageFrom } from '../detect/mail-ladder.ts';
import type { Incident } from './incident.ts';
import { fields, number, plural, text } from './wording-parts.ts';

/** `hallway-camera is trying to reach mail servers on the Internet: 3 attempts to 1 server (3 refused).` */
export function mailSummary(who: string, incident: Incident): string {
  const { evidence } = incident;
  return `${who} ${mailVerb(evidence)} on the Internet${odd(incident)}${through(evidence)}: ${mailCounts(evidence)}.${beganBefore(evidence)}${forged(evidence)}`;
}

export function submissionSummary(who: string, { evidence }: Incident): string {
  const { ip, name, port } = fields(evidence.lastDestination);
  return `${who} hands mail to a provider's server (${text(name ?? ip)}, port ${text(port)})${through(evidence)}: ${mailCounts(evidence)}.${beganBefore(evidence)}${forged(evidence)}`;
}

const STAGES: Record<MailStage, string> = {
  attempt: 'It tries to reach a mail server.',
  connected: 'A mail server took its call.',
  accepted: 'A mail server accepted a message from it.',
  'fan-out': 'It goes to many servers or recipients.',
  corroborated: 'Something else speaks against it as well.',
};

/** What is new about an incident whose stage has just risen; null where it has none. */
export function stageText({ evidence }: Incident): string | null {
  const stage = stageFrom(evidence.stage);
  return stage === undefined ? null : STAGES[stage];
}

function mailVerb(evidence: Record<string, unknown>): string {
  if (number(evidence.messages) > 0) return 'is sending mail to servers';
  return number(evidence.connected) > 0 ? 'is talking to mail servers' : 'is trying to reach mail servers';
}

function odd({ portClass }: Incident): string {
  return portClass === 'odd' ? ' on a port that is not for mail' : '';
}

function through({ lastDestination }: Record<string, unknown>): string {
  const { proxy } = fields(fields(lastDestination).through);
  return proxy === undefined ? '' : ` through the proxy ${text(proxy)}`;
}

function mailCounts(evidence: Record<string, unknown>): string {
  const { ip, reason } = fields(evidence.refusedBy);
  const by = ip === undefined ? '' : `, lately by ${text(ip)}: ${text(reason).replaceAll('-', ' ')}`;
  const counts = [
    [number(evidence.connected), 'connected'],
    [number(evidence.refused), `refused${by}`],
    [number(evidence.unanswered), 'without a visible answer'],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const attempts = plural(number(evidence.attempts), 'attempt');
  const servers = plural(Math.max(1, number(evidence.servers)), 'server');
  const accepted = number(evidence.messages) > 0 ? `, ${plural(number(evidence.messages), 'message')} accepted` : '';
  return `${attempts} to ${servers}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}${accepted}${burstWords(evidence)}`;
}

function burstWords({ burst }: Record<string, unknown>): string {
  const { attempts, minutes, servers, silentBefore }: Partial<Record<keyof Burst, unknown>> = fields(burst);
  if (attempts === undefined) return '';
  const before = silentBefore === true ? ', silent before' : '';
  return `; ${number(attempts)} attempts to ${plural(number(servers), 'server')} in ${plural(number(minutes), 'minute')}${before}`;
}

function beganBefore({ answerOnly, attempts, beganBefore: began }: Record<string, unknown>): string {
  if (answerOnly === true)
    return ` ${number(attempts) > 1 ? 'Of the first connection only' : 'Only'} the answer to its first packet was seen.`;
  if (began !== true) return '';
  return ` ${number(attempts) > 1 ? 'The first connection' : 'The connection'} began before the sensor looked.`;
}

/** The frames bear a source address that no interface has; the device is told from its IP address. */
function forged({ forgedMac }: Record<string, unknown>): string {
  return forgedMac === undefined ? '' : ' MAC address forged: the device is told from its IP address alone.';
}
