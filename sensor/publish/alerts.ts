// Alert events: what a change of an incident says on the broker, as rows for the durable outbox. Pure.
import { INCIDENT_KINDS, isMailKind } from '../detect/finding.ts';
import { stageFrom } from '../detect/mail-ladder.ts';
import type { IncidentChange } from '../record/events.ts';
import { innerOf } from '../record/expectation-scope.ts';
import { type Incident, isQuiet } from '../record/incident.ts';
import type { OutboxMessage } from '../record/outbox.ts';
import { isoTime } from '../record/report.ts';
import { stageText } from '../record/wording-mail.ts';
import type { DeviceView } from './ports.ts';
import { cleanText, cleanTextOrNull } from './text.ts';
import type { Topics } from './topics.ts';
import { type ContactTally, contactState } from './views.ts';

/** What an Alert entity can say: an incident of a kind opened, or what became of one. */
export const EVENT_TYPES: readonly string[] = [...INCIDENT_KINDS, 'mail_resumed', 'escalated', 'resolved'];

const SUMMARY_LIMIT = 500;
const ADVICE_STEPS = 8;

export interface IncidentEvent {
  change: IncidentChange;
  incident: Incident;
  /** Packet time, milliseconds. */
  time: number;
}

/** Null for changes that are no news: counts, what a person ordered just now, and what is not for telling at all. */
export function eventType({ change, incident }: IncidentEvent): string | null {
  if (isQuiet(incident)) return null;
  switch (change) {
    case 'opened':
      return incident.kind;
    case 'escalated':
    case 'resolved':
      return change;
    case 'resumed':
    case 'reopened':
      return isMailKind(incident.kind) ? 'mail_resumed' : incident.kind;
    default:
      return null;
  }
}

/**
 * One message for the house and, with a device, one on the device's own topic; none for changes that are no news.
 * Ids are stable: incident, change, severity, of a rise its stage, and packet time, with `-device` behind the device's.
 */
export function alertMessages(topics: Topics, event: IncidentEvent, device: DeviceView | null): OutboxMessage[] {
  const type = eventType(event);
  if (type === null) return [];
  const { incident, change, time } = event;
  const stage = change === 'escalated' ? stageFrom(incident.evidence.stage) : undefined;
  const rise = stage === undefined ? incident.severity : `${incident.severity}-${stage}`;
  const id = `${incident.id}-${change}-${rise}-${time.toString(36)}`;
  const house = { ...alertPayload(id, type, event, device), sensor_topic: topics.root };
  const message = (topic: string, payload: typeof house): OutboxMessage => ({
    id: payload.id,
    topic,
    payload: JSON.stringify(payload),
    createdAt: time,
    priority: 'alert',
  });
  const messages = [message(topics.alert, house)];
  if (incident.device !== null)
    messages.push(message(topics.deviceAlert(incident.device), { ...house, id: `${id}-device` }));
  return messages;
}

function alertPayload(id: string, type: string, { incident, change, time }: IncidentEvent, device: DeviceView | null) {
  const inner = innerOf(incident);
  return {
    event_type: type,
    id,
    incident: incident.id,
    change,
    kind: incident.kind,
    severity: incident.severity,
    stage: textOrNull(incident.evidence.stage),
    changed: change === 'escalated' ? stageText(incident) : null,
    // One behind that MAC does not go by its name.
    device: inner === undefined ? cleanTextOrNull(device?.name ?? null) : `A device at ${cleanText(inner)}`,
    mac: incident.device,
    address: inner ?? device?.address ?? null,
    ...carrierOf(incident),
    ...contactOf(incident),
    summary: cleanText(incident.summary, SUMMARY_LIMIT),
    advice: incident.advice.slice(0, ADVICE_STEPS).map((step) => cleanText(step, SUMMARY_LIMIT)),
    time: isoTime(time),
    // What is sent from memory says otherwise.
    stored: true,
  };
}

/** The same alert while it is not on disk: a restart before the disk takes it knows nothing of it. */
export function unstoredPayload(payload: string): string {
  return JSON.stringify({ ...JSON.parse(payload), stored: false });
}

/** What hands on the device's frames under a MAC of its own; all null where the device bears its own. */
function carrierOf({ evidence: { behind } }: Incident) {
  const known: Record<string, unknown> = behind !== null && typeof behind === 'object' ? { ...behind } : {};
  return { behind: textOrNull(known.mac), behind_name: textOrNull(known.name), behind_kind: textOrNull(known.kind) };
}

/** The other end as the detectors leave it in the evidence: `{ ip, port, name }`; how mail went, from its counts. */
function contactOf({ evidence, ...incident }: Incident) {
  const place = evidence.lastDestination ?? evidence.destination;
  const { ip, port, name }: Record<string, unknown> = place !== null && typeof place === 'object' ? { ...place } : {};
  return {
    destination: textOrNull(ip),
    destination_name: textOrNull(name),
    port: Number.isInteger(port) ? port : null,
    connection: isMailKind(incident.kind) ? contactState(tallyOf(evidence)) : null,
  };
}

function tallyOf(evidence: Incident['evidence']): ContactTally {
  const count = (key: keyof ContactTally): number => {
    const value = evidence[key];
    return typeof value === 'number' ? value : 0;
  };
  return {
    attempts: count('attempts'),
    connected: count('connected'),
    refused: count('refused'),
    unanswered: count('unanswered'),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? cleanTextOrNull(value) : null;
}
