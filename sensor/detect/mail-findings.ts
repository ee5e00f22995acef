// What is said of mail, as findings. Totals are deltas, so that they stay exact over restarts. Judges nothing; mail.ts does.
import type { Connection } from '../attribute/connection.ts';
import { cannotSend } from '../attribute/mac-address.ts';
import { type MailOutcome, mailDestination } from '../attribute/mail-tally.ts';
import type { Place } from '../attribute/whereabouts.ts';
import type { Mac } from '../decode/packet.ts';
import type { Finding } from './finding.ts';
import type { Burst } from './mail-habit.ts';
import { type MailPortClass, type MailSender, type MailStage, severityAt } from './mail-ladder.ts';
import { placeFacts } from './place-facts.ts';

/** Ports on which a client hands mail to its own provider (RFC 6409, RFC 8314; 2525 by custom). */
const SUBMISSION_PORTS = new Set([465, 587, 2525]);

export function mailPortClass(port: number): MailPortClass {
  if (port === 25) return '25';
  return SUBMISSION_PORTS.has(port) ? 'submission' : 'odd';
}

/** What every finding about mail says of its sender and stage. */
export interface MailContext {
  device: Mac;
  sender: MailSender;
  stage: MailStage;
  time: number;
  /** Where it is, if its frames do not bear its own MAC alone. */
  place: Place | null;
  /** Distinct servers of late, of an address that stands apart. */
  servers: number;
}

/** A new attempt; `burst` where it is part of the largest so far. */
export function mailAttempt(connection: Connection, context: MailContext, burst: Burst | null): Finding {
  const finding = base(connection, context);
  return {
    ...finding,
    evidence: { ...finding.evidence, ...(burst === null ? {} : { burst }) },
    first: { ...finding.first, ...beginning(connection) },
    effect: 'opens',
    add: { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 },
  };
}

/** An answer to the first packet shows that there was one, and when; later payload does not. */
function beginning({ beganUnseen, isn }: Connection): Record<string, true> {
  if (!beganUnseen) return {};
  return isn === null ? { beganBefore: true } : { answerOnly: true };
}

/** What became of an attempt; `before` takes back an earlier verdict. */
export function mailOutcome(
  connection: Connection,
  context: MailContext,
  outcome: MailOutcome,
  before: MailOutcome | null,
): Finding {
  const finding = base(connection, context);
  const { refusedBy } = connection;
  return {
    ...finding,
    evidence: { ...finding.evidence, ...(outcome === 'refused' && refusedBy !== null ? { refusedBy } : {}) },
    effect: 'updates',
    add: { [outcome]: 1, ...(before === null ? {} : { [before]: -1 }) },
  };
}

/** More is known of the dialogue: counts to add, facts that replace earlier ones. */
export function mailDialogue(
  connection: Connection,
  context: MailContext,
  add: Record<string, number>,
  facts: Record<string, unknown>,
): Finding {
  const finding = base(connection, context);
  return { ...finding, evidence: { ...finding.evidence, ...facts }, effect: 'updates', add };
}

function base(connection: Connection, context: MailContext): Omit<Finding, 'effect' | 'add'> {
  const { device, place, sender, servers, stage, time } = context;
  const { ip, port, name, nameFrom } = mailDestination(connection);
  const portClass = mailPortClass(port);
  const { inner, originatorIp, originatorMac, responderIp } = connection;
  const isForged = originatorMac !== null && originatorMac !== device && cannotSend(originatorMac);
  const { evidence, ...whose } = placeFacts(place, originatorIp);
  const proxy = inner === null ? {} : { through: { proxy: responderIp, by: inner.via } };
  const destination = { ip, port, name, ...proxy };
  return {
    kind: portClass === 'submission' ? 'submission_started' : 'mail_started',
    severity: severityAt(stage, portClass, sender),
    stage,
    device,
    portClass,
    ...whose,
    time,
    about: connection,
    destination: { ip: nameFrom === 'proxy' ? null : ip, port, name: nameFrom === 'dns-other' ? null : name },
    evidence: {
      lastDestination: destination,
      ...(isForged ? { forgedMac: originatorMac } : {}),
      ...evidence,
      ...(whose.inner === undefined ? {} : { servers }),
    },
    first: { firstDestination: destination, address: originatorIp },
  };
}
