// The sentences of an incident: what happened and what to do now. Only what the sensor saw is claimed.
import type { Device, TimelineEntry } from '../attribute/device.ts';
import type { Note } from '../notes/schema.ts';
import { lossSentence } from './during-loss.ts';
import type { Incident } from './incident.ts';
import {
  EXPOSED_ADVICE,
  exposedSummary,
  MAPPING_ADVICE,
  mappingSummary,
  portMappedText,
  remoteLoginText,
} from './wording-exposure.ts';
import { FLOOD_ADVICE, floodSummary } from './wording-flood.ts';
import { LOOKUP_ADVICE, lookupSummary, lookupText } from './wording-lookup.ts';
import { mailSummary, submissionSummary } from './wording-mail.ts';
import { fields, list, number, plural, text } from './wording-parts.ts';
import { placeAdvice } from './wording-place.ts';
import { SYMPTOM_ADVICE, symptomSummary } from './wording-symptom.ts';
import { blindAdvice, blindSummary, doubtOf } from './wording-vantage.ts';

/** `name` is what people are shown as the device's name; null where no device is known. */
export function summaryOf(incident: Incident, name: string | null): string {
  return `${sentenceOf(incident, name)}${doubtOf(incident.evidence)}${lossSentence(incident.evidence)}`;
}

function sentenceOf(incident: Incident, name: string | null): string {
  const who = name ?? 'A device';
  const { evidence } = incident;
  switch (incident.kind) {
    case 'mail_started':
      return mailSummary(who, incident);
    case 'submission_started':
      return submissionSummary(who, incident);
    case 'backend_new':
      return `${who} contacted ${newBackends(evidence)}.`;
    case 'updates_overdue':
      return `${who} has not contacted its update server ${text(evidence.backend)} since ${text(evidence.lastContact).slice(0, 10)}.`;
    case 'outbreak':
      return outbreakSummary(evidence);
    case 'symptom':
      return symptomSummary(who, incident);
    case 'mail_lookup':
      return lookupSummary(who, incident);
    case 'exposed':
      return exposedSummary(who, incident);
    case 'port_mapping':
      return mappingSummary(who, incident);
    case 'mac_flood':
      return floodSummary(incident);
    case 'sensor_blind':
      return blindSummary(incident);
  }
}

function newBackends(evidence: Record<string, unknown>): string {
  const count = number(evidence.backends);
  const role = evidence.role === 'unknown' ? '' : ` (${text(evidence.role)})`;
  const latest = `${text(evidence.backend)}${role}`;
  return count > 1 ? `${count} new backends, lately ${latest}` : `${latest} for the first time`;
}

function outbreakSummary(evidence: Record<string, unknown>): string {
  const devices = list(evidence.devices).map((device) => fields(device));
  const names = devices.map(({ mac, name }) => text(name ?? mac));
  const who = names.length > 3 ? `${names.length} devices` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const host = list(evidence.hosts)[0] ?? evidence.backend;
  const role = evidence.role === 'update' ? 'the update server ' : '';
  const others = number(evidence.unaffectedDevices);
  const use =
    others === 0
      ? 'no other device uses it'
      : `${plural(others, 'other device')} ${others === 1 ? 'uses' : 'use'} it too`;
  return `${who} began to send mail after contacting ${role}${text(host)}; ${use}.`;
}

const DISCONNECT =
  'Disconnect the device now: pull its network cable, or block it in the router; pull the power plug if you can spare it.';
const RESET =
  'Reset it to factory settings. General advice, as no firmware note fits this device: its manual says how.';
const REINSTALL =
  "Install the newest firmware from the manufacturer's own site, not over the device's update menu alone.";
const PASSWORD =
  'Set a new, long password before it goes back on the network, and turn off remote access you do not use.';
const EXPECTED =
  'If you set up mail on this device yourself, mark it as expected; only these servers and ports will then be allowed.';

/** Printers, storage and recorders hand mail to a provider because somebody entered an account. */
const SET_UP =
  'Did you set up mail on this device (scan to mail, alarm mail, reports)? Then mark it as expected; only this provider and port will then be allowed.';

/** Steps for the device at hand: its family's note where one fits, else general advice. */
export function adviceFor(incident: Incident, device: Device | null, note: Note | null): string[] {
  switch (incident.kind) {
    case 'mail_started':
      if (device?.role === 'gateway' && incident.evidence.innerAddress === undefined) return gatewayAdvice();
      if (device?.role === 'sensor') return SENSOR_ADVICE;
      return [...placeAdvice(incident), ...cure(note), EXPECTED];
    case 'submission_started':
      return [SET_UP, `If you did not: ${lower(DISCONNECT)}`, ...placeAdvice(incident), ...cure(note).slice(1)];
    case 'outbreak':
      return [
        'Disconnect every device named here before you look further.',
        "Block the backend's name in the router or in your DNS filter, if you have one.",
        'Reset each device and reinstall its firmware from the manufacturer; ask the manufacturer whether that backend was broken into.',
        'Watch the devices that use the same backend and do not send mail yet.',
      ];
    case 'symptom':
      return SYMPTOM_ADVICE;
    case 'mail_lookup':
      return LOOKUP_ADVICE;
    case 'exposed':
      return EXPOSED_ADVICE;
    case 'port_mapping':
      return MAPPING_ADVICE;
    case 'mac_flood':
      return FLOOD_ADVICE;
    case 'sensor_blind':
      return blindAdvice(incident);
    case 'updates_overdue':
      return [
        'Look in its settings or app whether updates are still on.',
        'Ask the manufacturer whether the device is still supported.',
      ];
    case 'backend_new':
      return [
        'Think whether you installed an app or a function on the device lately.',
        'If not, watch it: a new backend alone is no proof of anything.',
      ];
    default:
      return [];
  }
}

function through({ detail }: TimelineEntry): string {
  return typeof detail.through === 'string' ? ` through the proxy ${detail.through}` : '';
}

function cure(note: Note | null): string[] {
  if (note === null) return [DISCONNECT, RESET, REINSTALL, PASSWORD];
  const { disconnect, reset, reinstall, closeAccess } = note.steps;
  return [
    ...(disconnect.length > 0 ? disconnect : [DISCONNECT]),
    ...(reset.length > 0 ? reset : [RESET]),
    ...(reinstall.length > 0 ? reinstall : [REINSTALL]),
    ...(closeAccess.length > 0 ? closeAccess : [PASSWORD]),
  ];
}

const SENSOR_ADVICE = [
  'The machine that this sensor runs on opened this connection itself.',
  'Look what else runs on it: a mail program, reports of its system, monitoring. If you set that up, mark it as expected.',
  'If you did not: take it off the network and install it anew from a fresh image, with new passwords. Do not rely on what it has told since then.',
];

function gatewayAdvice(): string[] {
  return [
    'The router itself opened this connection, or a device behind it that this sensor cannot tell apart.',
    "Look in the router's menu whether mail notifications are set up; if so, mark it as expected.",
    "If not: reset the router, install the manufacturer's newest firmware, set a new password and turn off remote administration.",
  ];
}

/** One line of "what happened before". */
export function timelineText(entry: TimelineEntry): string {
  const where = entry.name ?? entry.ip ?? 'an unnamed address';
  const named = entry.nameFrom === 'dns-other' ? ' (named by another device)' : '';
  switch (entry.kind) {
    case 'firmware_download':
      return `Downloaded ${kilobytes(entry.detail.bytes)} from ${where}${named}, an update backend.`;
    case 'firmware_change':
      return `Announced software changed from ${entry.detail.from} to ${entry.detail.to}.`;
    case 'backend_new':
      return `First contact with ${where}${named}${entry.role === null || entry.role === 'unknown' ? '' : ` (${entry.role})`}${through(entry)}.`;
    case 'inbound_connection':
      return `${where} on the Internet connected to its port ${entry.detail.port}.`;
    case 'mail_lookup':
      return lookupText(entry);
    case 'remote_login':
      return remoteLoginText(entry);
    case 'port_mapped':
      return portMappedText(entry);
    case 'store_download':
      return `Downloaded ${kilobytes(entry.detail.bytes)} from ${where}${named}, a store of apps or plugins.`;
    case 'mail_resumed':
      return 'Sent mail again after a quiet day or more.';
  }
}

function kilobytes(bytes: string | number | null | undefined): string {
  return `${Math.round(Number(bytes ?? 0) / 1024)} KiB`;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
