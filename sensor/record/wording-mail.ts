// What is said of mail: what a device does with it, how often, how far it has come. Only what the sensor saw is claimed.
import type { Burst } from '../detect/mail-habit.ts';
import { stageFrom } from '../detect/mail-ladder.ts';
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { entry, fields, list, number, text } from './wording-parts.ts';

/** `hallway-camera is trying to reach mail servers on the Internet: 3 attempts to 1 server (3 refused).` */
export function mailSummary(words: Words, who: string, { evidence, portClass }: Incident): string {
  const { mail } = words;
  const odd = portClass === 'odd' ? mail.odd : '';
  const values = { who, odd, through: through(words, evidence), counts: mailCounts(words, evidence) };
  return [doing(words, evidence)(values), ...further(words, evidence)].join(' ');
}

export function submissionSummary(words: Words, who: string, { evidence }: Incident): string {
  const { ip, name, port } = fields(evidence.lastDestination);
  const server = text(words, name ?? ip);
  const values = { who, server, port: text(words, port), through: through(words, evidence) };
  const said = words.mail.submitting({ ...values, counts: mailCounts(words, evidence) });
  return [said, ...further(words, evidence)].join(' ');
}

/** What is new about an incident whose stage has just risen; null where it has none. */
export function stageText({ mail }: Words, { evidence }: Incident): string | null {
  const stage = stageFrom(evidence.stage);
  return stage === undefined ? null : mail.stages[stage];
}

/** What else is to be said of it, a sentence each. */
function further({ mail }: Words, evidence: Record<string, unknown>): string[] {
  const { answerOnly, attempts, beganBefore, dialogue, forgedMac, supportedBy } = evidence;
  const areMany = number(attempts) > 1;
  const said: string[] = [];
  if (answerOnly === true) said.push(areMany ? mail.answerOnlyAtFirst : mail.answerOnly);
  else if (beganBefore === true) said.push(areMany ? mail.firstBeganBefore : mail.beganBefore);
  // The frames bear a source address that no interface has; the device is told from its IP address.
  if (forgedMac !== undefined) said.push(mail.forged);
  const { blockListed, ...others } = mail.signs;
  const signs = list(supportedBy).flatMap((sign) => entry(others, sign) ?? []);
  if (fields(dialogue).blockListed === true) signs.push(blockListed);
  if (signs.length > 0) said.push(mail.besides({ signs: signs.join('; ') }));
  return said;
}

function doing({ mail }: Words, evidence: Record<string, unknown>): Words['mail']['sending'] {
  if (number(evidence.messages) > 0) return mail.sending;
  return number(evidence.connected) > 0 ? mail.talking : mail.trying;
}

function through(words: Words, { lastDestination }: Record<string, unknown>): string {
  const { proxy } = fields(fields(lastDestination).through);
  return proxy === undefined ? '' : words.mail.through({ proxy: text(words, proxy) });
}

function mailCounts(words: Words, evidence: Record<string, unknown>): string {
  const { mail } = words;
  const [connected, refused] = [number(evidence.connected), number(evidence.refused)];
  const [unanswered, messages] = [number(evidence.unanswered), number(evidence.messages)];
  const outcomes = [
    ...(connected > 0 ? [mail.connected({ n: connected })] : []),
    ...(refused > 0 ? [refusals(words, refused, evidence)] : []),
    ...(unanswered > 0 ? [mail.unanswered({ n: unanswered })] : []),
  ];
  return mail.counts({
    attempts: mail.attempts({ n: number(evidence.attempts) }),
    servers: mail.servers({ n: Math.max(1, number(evidence.servers)) }),
    outcomes: outcomes.length === 0 ? '' : mail.outcomes({ outcomes: outcomes.join(', ') }),
    accepted: messages > 0 ? mail.accepted({ n: messages }) : '',
    burst: burst(words, evidence),
  });
}

function refusals(words: Words, n: number, { refusedBy }: Record<string, unknown>): string {
  const { ip, reason } = fields(refusedBy);
  if (ip === undefined) return words.mail.refused({ n });
  const { otherwise, ...known } = words.mail.reasons;
  const why = reason === 'other' ? otherwise : (entry(known, reason) ?? text(words, reason).replaceAll('-', ' '));
  return words.mail.refusedBy({ n, ip: text(words, ip), reason: why });
}

function burst({ mail }: Words, evidence: Record<string, unknown>): string {
  const { attempts, minutes, servers, silentBefore }: Partial<Record<keyof Burst, unknown>> = fields(evidence.burst);
  if (attempts === undefined) return '';
  return mail.burst({
    attempts: number(attempts),
    servers: mail.servers({ n: number(servers) }),
    minutes: mail.minutes({ n: number(minutes) }),
    before: silentBefore === true ? mail.silentBefore : '',
  });
}
