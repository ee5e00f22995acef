// What is told of incidents: what began, how bad it is, what became of the mail, and by which backends code reached the device before.
// What is mild, what a person called normal, and what is of a private device, is not told, or taken back where it was.
import type { TimelineEntry } from '../attribute/device.ts';
import { isMailKind } from '../detect/finding.ts';
import type { Incident } from '../record/incident.ts';
import type { Told } from './books.ts';
import { type Content, type Draft, fit } from './draft.ts';
import { CHAIN_STEPS, type ChainStep, type IncidentBody } from './record.ts';
import type { Steps } from './steps.ts';

const SECOND = 1000;
/** Incidents that are told of at a time: the latest. */
const MOST = 1000;
/** Devices that make an outbreak. */
const OUTBREAK = 2;

const STEPS: Partial<Record<TimelineEntry['kind'], ChainStep['step']>> = {
  backend_new: 'first_contact',
  firmware_download: 'firmware_download',
  store_download: 'store_download',
};

/** @param only ids of incidents; null for all */
export function* incidentDrafts(told: Told, only: ReadonlySet<string> | null): Steps<Draft[]> {
  const { incidents, since } = told.books;
  const telling: Incident[] = [];
  for (const incident of incidents)
    if (only?.has(incident.id) !== false && incident.lastAt >= since && isTold(incident)) telling.push(incident);
  const latest = telling.sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? -1 : 1)).slice(0, MOST);
  const drafts: Draft[] = [];
  for (const incident of latest) {
    yield;
    const draft = draftOf(told, incident);
    if (draft !== null) drafts.push(draft);
  }
  return drafts;
}

/** @param hash pseudonym of an incident */
export function incidentRecord(hash: string): string {
  return `incident:${hash}`;
}

/** What is mild for a home is nothing to a fleet; so is what a person called normal. */
function isTold({ severity, state }: Incident): boolean {
  return severity !== 'info' && state !== 'expected';
}

function draftOf(told: Told, incident: Incident): Draft | null {
  const { evidence, kind, lastAt, severity, startedAt, state } = incident;
  const device = incident.device === null ? null : told.device(incident.device);
  if (incident.device !== null && device === null) return null;
  if (kind === 'outbreak' && toldOf(told, evidence.devices) < OUTBREAK) return null;
  const hash = told.books.pseudonym('incident', incident.id);
  const always = { incident: hash, incidentKind: kind, startedAt: minuteOf(startedAt), lastAt: minuteOf(lastAt) };
  const body: IncidentBody = {
    ...always,
    severity,
    device: device === null ? null : { hash: told.hashOf(device), ...told.groupOf(device) },
    mail: isMailKind(kind) ? mailOf(evidence) : null,
    before: device === null ? [] : chainOf(told, incident.before, told.isPersonal(device)),
  };
  const content: Content = { kind: 'incident', body };
  fit(content, body.before);
  return {
    id: incidentRecord(hash),
    content,
    emptied: {
      kind: 'incident',
      body: { ...always, severity: 'info', device: null, mail: null, before: [] },
    },
    at: Math.floor(lastAt / SECOND),
    // Its end is told with the last counts.
    news: `${severity} ${state === 'resolved'}`,
  };
}

/** How many of an outbreak's devices may be told of: with a private one alone it would tell of that. */
function toldOf(told: Told, devices: unknown): number {
  const members: unknown[] = Array.isArray(devices) ? devices : [];
  const macs = members.flatMap((member) => (Object(member).mac === undefined ? [] : String(Object(member).mac)));
  return new Set(macs.filter((mac) => told.device(mac) !== null)).size;
}

function mailOf(evidence: Incident['evidence']): IncidentBody['mail'] {
  const count = (key: string) => {
    const value = evidence[key];
    return typeof value === 'number' && Number.isSafeInteger(value) ? Math.min(1_000_000_000, Math.max(0, value)) : 0;
  };
  return {
    attempts: count('attempts'),
    connected: count('connected'),
    refused: count('refused'),
    unanswered: count('unanswered'),
    messages: count('messages'),
  };
}

function chainOf({ names }: Told, before: readonly TimelineEntry[], isPersonal: boolean): ChainStep[] {
  const steps: ChainStep[] = [];
  for (const { detail, kind, name, role: known, time } of before) {
    if (steps.length === CHAIN_STEPS) break;
    const step = STEPS[kind];
    const role = known ?? 'unknown';
    if (step === undefined || (isPersonal && role !== 'update' && role !== 'store')) continue;
    const backend = names.told(typeof detail.backend === 'string' ? detail.backend : (name ?? ''));
    if (backend === null) continue;
    const { bytes } = detail;
    const bytesDown = typeof bytes === 'number' && bytes >= 0 ? Math.min(1_000_000_000, Math.round(bytes)) : null;
    steps.push({ backend, role, step, at: minuteOf(time), bytesDown });
  }
  return steps;
}

function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}
