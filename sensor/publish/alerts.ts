// Alert events: what a change of an incident says on the broker, as rows for the durable outbox. Pure.
import { INCIDENT_KINDS, isMailKind } from '../detect/finding.ts';
import { stageFrom } from '../detect/mail-ladder.ts';
import type { Words } from '../language/words.ts';
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
export const EVENT_TYPES: readonly string[] = [...INCIDENT_KINDS, 'mail_resumed', 'escalated', 'resolved', 'test'];

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

/** Stable: incident, change, severity, of a rise its stage, and packet time. */
export function alertId({ change, incident, time }: IncidentEvent): string {
  const stage = change === 'escalated' ? stageFrom(incident.evidence.stage) : undefined;
  const rise = stage === undefined ? incident.severity : `${incident.severity}-${stage}`;
  return `${incident.id}-${change}-${rise}-${time.toString(36)}`;
}

/**
 * One message for the house and, with a device, one on the device's own topic, with `-device` behind its id; none for changes that
 * are no news.
 */
export function alertMessages(
  words: Words,
  topics: Topics,
  event: IncidentEvent,
  device: DeviceView | null,
): OutboxMessage[] {
  const type = eventType(event);
  if (type === null) return [];
  const { incident, time } = event;
  const id = alertId(event);
  const house = { ...alertPayload(words, { id, type, event, device }), sensor_topic: topics.root };
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

/** To the house alone, marked as a test: of the severity that automations and phones listen to. */
export function testMessages({ alerts }: Words, topics: Topics, id: string, time: number): OutboxMessage[] {
  const payload = {
    ...{
      event_type: 'test',
      id,
      test: true,
      incident: null,
      change: 'test',
      kind: null,
      severity: 'high',
      stage: null,
    },
    ...{ changed: null, device: null, mac: null, address: null, behind: null, behind_name: null, behind_kind: null },
    ...{ destination: null, destination_name: null, port: null, connection: null },
    summary: alerts.test,
    advice: [],
    time: isoTime(time),
    stored: true,
    // Where a person would answer to incidents: an answer to a test is none to them.
    sensor_topic: null,
  };
  return [{ id, topic: topics.alert, payload: JSON.stringify(payload), createdAt: time, priority: 'alert' }];
}

interface AlertFacts {
  id: string;
  type: string;
  event: IncidentEvent;
  device: DeviceView | null;
}

function alertPayload(words: Words, { device, event: { change, incident, time }, id, type }: AlertFacts) {
  const inner = innerOf(incident);
  return {
    event_type: type,
    id,
    incident: incident.id,
    change,
    kind: incident.kind,
    severity: incident.severity,
    stage: textOrNull(incident.evidence.stage),
    changed: change === 'escalated' ? stageText(words, incident) : null,
    // One behind that MAC does not go by its name.
    device:
      inner === undefined ? cleanTextOrNull(device?.name ?? null) : words.names.deviceAt({ address: cleanText(inner) }),
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
  const known = fieldsOf(behind);
  return { behind: textOrNull(known.mac), behind_name: textOrNull(known.name), behind_kind: textOrNull(known.kind) };
}

/** The other end as the detectors leave it in the evidence: `{ ip, port, name }`; how mail went, from its counts. */
function contactOf({ evidence, ...incident }: Incident) {
  const { ip, port, name } = fieldsOf(evidence.lastDestination ?? evidence.destination);
  return {
    destination: textOrNull(ip),
    destination_name: textOrNull(name),
    port: Number.isInteger(port) ? port : null,
    connection: isMailKind(incident.kind) ? contactState(tallyOf(evidence)) : null,
  };
}

/** Of evidence, which comes from disk and may be anything; what is no object has none. */
function fieldsOf(value: unknown): Record<string, unknown> {
  return { ...(value as object | null) };
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
