// What is said of an incident: what happened and what to do now. Chosen from its kind and evidence; a language pack has the
// sentences. Only what the sensor saw is claimed.
import type { Device, TimelineEntry } from '../attribute/device.ts';
import type { IncidentKind } from '../detect/finding.ts';
import type { Words } from '../language/words.ts';
import type { Note } from '../notes/schema.ts';
import { lossSentence } from './during-loss.ts';
import type { Incident } from './incident.ts';
import { exposedSummary, mappingSummary, portMappedText, remoteLoginText } from './wording-exposure.ts';
import { fleetAdvice, fleetSummary } from './wording-fleet.ts';
import { floodSummary } from './wording-flood.ts';
import { lookupSummary, lookupText } from './wording-lookup.ts';
import { mailSummary, submissionSummary } from './wording-mail.ts';
import { entry, fields, list, number, text } from './wording-parts.ts';
import { placeAdvice } from './wording-place.ts';
import { symptomSummary } from './wording-symptom.ts';
import { blindAdvice, blindSummary, doubtOf } from './wording-vantage.ts';

/** `name` is what people are shown as the device's name; null where no device is known. */
export function summaryOf(words: Words, incident: Incident, name: string | null): string {
  const further = [doubtOf(words, incident.evidence), lossSentence(words, incident.evidence)];
  return [sentenceOf(words, incident, name), ...further].filter((said) => said !== null).join(' ');
}

/** What the sentence of a kind cannot do without. */
const NEEDED: Record<IncidentKind, readonly string[]> = {
  mail_started: ['attempts'],
  submission_started: ['attempts', 'lastDestination'],
  mail_lookup: ['mx', 'dnsbl'],
  backend_new: ['backend'],
  updates_overdue: ['backend', 'lastContact'],
  outbreak: ['devices'],
  symptom: ['measure', 'value', 'usual'],
  exposed: ['ports', 'connections'],
  port_mapping: ['mapping'],
  mac_flood: ['addresses'],
  sensor_blind: ['vantage'],
  fleet_warning: ['backend', 'homesMailed', 'homesExposed', 'contacts'],
};

/** Whether an incident, which may be from an older version, can be told anew from its evidence. */
export function canBeTold({ evidence, kind }: Pick<Incident, 'evidence' | 'kind'>): boolean {
  return NEEDED[kind].every((key) => evidence[key] !== undefined);
}

function sentenceOf(words: Words, incident: Incident, name: string | null): string {
  const who = name ?? words.names.someDevice;
  const { evidence } = incident;
  switch (incident.kind) {
    case 'mail_started':
      return mailSummary(words, who, incident);
    case 'submission_started':
      return submissionSummary(words, who, incident);
    case 'backend_new':
      return newBackends(words, who, evidence);
    case 'updates_overdue': {
      const day = words.date(text(words, evidence.lastContact).slice(0, 10));
      return words.incidents.updatesOverdue({ who, backend: text(words, evidence.backend), day });
    }
    case 'outbreak':
      return outbreakSummary(words, evidence);
    case 'symptom':
      return symptomSummary(words, who, incident);
    case 'mail_lookup':
      return lookupSummary(words, who, incident);
    case 'exposed':
      return exposedSummary(words, who, incident);
    case 'port_mapping':
      return mappingSummary(words, who, incident);
    case 'mac_flood':
      return floodSummary(words, incident);
    case 'sensor_blind':
      return blindSummary(words, incident);
    case 'fleet_warning':
      return fleetSummary(words, who, incident);
  }
}

function newBackends(words: Words, who: string, evidence: Record<string, unknown>): string {
  const { incidents } = words;
  const n = number(evidence.backends);
  const name = text(words, evidence.backend);
  const role = evidence.role === 'unknown' ? null : roleText(words, evidence.role);
  const backend = role === null ? name : incidents.inRole({ backend: name, role });
  return n > 1 ? incidents.newBackends({ who, n, backend }) : incidents.newBackend({ who, backend });
}

function roleText(words: Words, role: unknown): string {
  return entry<string>(words.incidents.roles, role) ?? text(words, role);
}

function outbreakSummary(words: Words, evidence: Record<string, unknown>): string {
  const { incidents } = words;
  const devices = list(evidence.devices).map((device) => fields(device));
  const names = devices.map(({ mac, name }) => text(words, name ?? mac));
  const who = names.length > 3 ? incidents.outbreakDevices({ n: names.length }) : words.list(names);
  const backend = text(words, list(evidence.hosts)[0] ?? evidence.backend);
  const others = number(evidence.unaffectedDevices);
  const use = others === 0 ? incidents.usedByNoOther : incidents.usedByOthers({ n: others });
  return (evidence.role === 'update' ? incidents.outbreakOfUpdate : incidents.outbreak)({ who, backend, use });
}

/** Steps for the device at hand: its family's note where one fits, as the note words them, else general advice. */
export function adviceFor(words: Words, incident: Incident, device: Device | null, note: Note | null): string[] {
  const { advice, doors, lookup } = words;
  switch (incident.kind) {
    case 'mail_started':
      if (device?.role === 'gateway' && incident.evidence.innerAddress === undefined) return [...advice.gateway];
      if (device?.role === 'sensor') return [...advice.sensor];
      return [...placeAdvice(words, incident), ...cure(words, note), advice.expected];
    case 'submission_started':
      return [advice.setUp, advice.disconnectIfNot, ...placeAdvice(words, incident), ...cure(words, note).slice(1)];
    case 'outbreak':
      return [...advice.outbreak];
    case 'symptom':
      return [...advice.symptom];
    case 'mail_lookup':
      return [...lookup.advice];
    case 'exposed':
      return [...doors.exposedAdvice];
    case 'port_mapping':
      return [...doors.mappingAdvice];
    case 'mac_flood':
      return [...advice.flood];
    case 'sensor_blind':
      return blindAdvice(words, incident);
    case 'updates_overdue':
      return [...advice.updatesOverdue];
    case 'backend_new':
      return [...advice.newBackend];
    case 'fleet_warning':
      return fleetAdvice(words, renewal(words, note));
    default:
      return [];
  }
}

function cure(words: Words, note: Note | null): string[] {
  const { closeAccess, disconnect } = note?.steps ?? {};
  const { advice } = words;
  return [...steps(disconnect, advice.disconnect), ...renewal(words, note), ...steps(closeAccess, advice.password)];
}

function renewal({ advice }: Words, note: Note | null): string[] {
  const { reinstall, reset } = note?.steps ?? {};
  return [...steps(reset, advice.reset), ...steps(reinstall, advice.reinstall)];
}

function steps(ofNote: readonly string[] | undefined, general: string): readonly string[] {
  return ofNote === undefined || ofNote.length === 0 ? [general] : ofNote;
}

/** One line of "what happened before". */
export function timelineText(words: Words, event: TimelineEntry): string {
  const { before } = words;
  const { detail, role } = event;
  const host = event.name ?? event.ip ?? before.unnamed;
  const where = event.nameFrom === 'dns-other' ? before.namedByOther({ where: host }) : host;
  switch (event.kind) {
    case 'firmware_download':
      return before.firmwareDownload({ size: kibibytes(detail.bytes), where });
    case 'firmware_change':
      return before.firmwareChange({ from: `${detail.from}`, to: `${detail.to}` });
    case 'backend_new':
      return before.newBackend({
        where,
        role: role === null || role === 'unknown' ? '' : before.role({ role: roleText(words, role) }),
        through: typeof detail.through === 'string' ? before.through({ proxy: detail.through }) : '',
      });
    case 'inbound_connection':
      return before.inbound({ where: host, port: `${detail.port}` });
    case 'mail_lookup':
      return lookupText(words, event);
    case 'remote_login':
      return remoteLoginText(words, event);
    case 'port_mapped':
      return portMappedText(words, event);
    case 'store_download':
      return before.storeDownload({ size: kibibytes(detail.bytes), where });
    case 'mail_resumed':
      return before.mailResumed;
  }
}

function kibibytes(bytes: string | number | null | undefined): number {
  return Math.round(Number(bytes ?? 0) / 1024);
}
