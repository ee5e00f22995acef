// Groups findings into incidents by (device, kind, port class), from the first until a person resolves it. In memory; the
// recorder puts what changes on disk.
import { createHash } from 'node:crypto';
import type { Device } from '../attribute/device.ts';
import { KnownTime } from '../attribute/known-time.ts';
import { chainBefore } from '../attribute/timeline.ts';
import type { Mac } from '../decode/packet.ts';
import { type Finding, type IncidentKind, isHearsay, SEVERITIES, type Severity } from '../detect/finding.ts';
import { mailPortClass } from '../detect/mail-findings.ts';
import { higherStage, isToldAt, stageFrom } from '../detect/mail-ladder.ts';
import { byText } from './by-text.ts';
import type { IncidentChange } from './events.ts';
import { innerOf } from './expectation-scope.ts';
import { Groups } from './groups.ts';
import type { Incident } from './incident.ts';

/** An acknowledged incident that was quiet this long (ms) and goes on is news again. */
const QUIET = 24 * 60 * 60_000;
/** How long "Resolved: I reset it" watches closely, in ms of packet time. */
export const WATCH = 7 * 24 * 60 * 60_000;
/** Incidents kept in memory; beyond that the least urgent tenth gives way. */
const REMEMBERED = 20_000;

export class IncidentBook {
  readonly #time: KnownTime;
  readonly #byId = new Map<string, Incident>();
  readonly #byDevice = new Groups<Mac | null, Incident>();
  readonly #byKind = new Groups<IncidentKind, Incident>();
  /** The latest incident of each (device, kind, port class). */
  readonly #latest = new Map<string, Incident>();

  /** Silence counts as far as it was watched. */
  constructor(time = new KnownTime()) {
    this.#time = time;
  }

  load(incidents: Iterable<Incident>): void {
    for (const incident of incidents) this.#remember(incident);
  }

  get(id: string): Incident | undefined {
    return this.#byId.get(id);
  }

  /** All incidents, by device, start and id. */
  all(): Incident[] {
    return [...this.#byId.values()].sort(
      (a, b) => byText(a.device ?? '', b.device ?? '') || a.startedAt - b.startedAt || byText(a.id, b.id),
    );
  }

  /** In no order, without a copy. */
  values(): Iterable<Incident> {
    return this.#byId.values();
  }

  ofDevice(mac: Mac): Incident[] {
    return [...this.#byDevice.of(mac)];
  }

  ofKind(kind: IncidentKind): Iterable<Incident> {
    return this.#byKind.of(kind);
  }

  /** The open incidents of one kind on one device. */
  openOf(mac: Mac, kind: IncidentKind): Incident[] {
    return this.ofDevice(mac).filter((incident) => incident.kind === kind && isOpen(incident));
  }

  /** Ids of those that nothing has watched since `time`. Open and acknowledged ones are never among them. */
  closedBefore(time: number): string[] {
    return [...this.#byId.values()]
      .filter((incident) => !isOpen(incident) && closedAt(incident) < time)
      .map(({ id }) => id);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      const incident = this.#byId.get(id);
      if (incident === undefined) continue;
      this.#byId.delete(id);
      this.#parted(incident);
      const key = keyOf(incident);
      if (this.#latest.get(key) === incident) this.#latest.delete(key);
    }
  }

  /** Takes a finding; null when it changes nothing (an answer to a connection of no incident). */
  apply(finding: Finding, device: Device | null): { incident: Incident; change: IncidentChange } | null {
    const latest = this.#latest.get(keyOf(finding)) ?? this.#adopted(finding);
    if (
      latest === undefined ||
      (latest.state === 'resolved' && finding.effect !== 'updates' && !watched(latest, finding.time))
    ) {
      if (finding.effect === 'updates') return null;
      return { incident: this.#open(finding, device), change: 'opened' };
    }
    const quiet = this.#time.lived(latest.lastAt, finding.time);
    const before = latest.severity;
    const stageBefore = latest.evidence.stage;
    this.#add(latest, finding);
    if (finding.closes === true) return { incident: close(latest, finding.time), change: 'updated' };
    const stage = stageFrom(latest.evidence.stage);
    const isHigher = stage !== undefined && stage !== stageBefore && rank(latest.severity) >= rank(before);
    const hasRisen = isHigher && isToldAt(stage, latest.portClass);
    if (finding.effect === 'opens' && latest.state === 'resolved')
      return { incident: reopen(latest, isHearsay(latest.kind) ? latest.severity : 'critical'), change: 'reopened' };
    if (finding.effect === 'opens' && latest.state === 'expected')
      return { incident: reopen(latest, latest.severity), change: 'reopened' };
    if (finding.effect === 'opens' && latest.state === 'acknowledged' && quiet >= QUIET) {
      return { incident: reopen(latest, latest.severity), change: 'resumed' };
    }
    const isSettled = latest.state === 'expected' || latest.state === 'resolved';
    return {
      incident: latest,
      change: (rank(latest.severity) <= rank(before) && !hasRisen) || isSettled ? 'updated' : 'escalated',
    };
  }

  #open(finding: Finding, device: Device | null): Incident {
    const incident: Incident = {
      id: incidentId(finding),
      kind: finding.kind,
      severity: finding.severity,
      device: finding.device,
      portClass: finding.portClass,
      startedAt: finding.time,
      lastAt: finding.time,
      findings: finding.times ?? 1,
      summary: '',
      evidence: known({ ...finding.first, ...finding.evidence, ...finding.add, stage: finding.stage }),
      advice: [],
      before: device === null ? [] : chainBefore(device, finding.time),
      state: 'open',
      acknowledgedAt: null,
      resolvedAt: null,
      watchUntil: null,
    };
    this.#remember(incident);
    return incident;
  }

  /**
   * What was told of a MAC turns out to be about one of those behind it, or what may have been another's to be its own after
   * all: that incident goes on as theirs, or its own.
   */
  #adopted(finding: Finding): Incident | undefined {
    const { device, inner, kind, portClass } = finding;
    const address = inner ?? finding.first.address;
    const others = { device, kind, portClass, ...(inner === undefined ? { inner: String(address) } : {}) };
    const incident = this.#latest.get(keyOf(others));
    if (incident === undefined || incident.evidence.address !== address) return undefined;
    this.#latest.delete(keyOf(incident));
    if (inner === undefined) {
      // How many servers an address that stands apart has called.
      delete incident.evidence.innerAddress;
      delete incident.evidence.servers;
    } else incident.evidence.innerAddress = inner;
    this.#latest.set(keyOf(incident), incident);
    return incident;
  }

  #add(incident: Incident, finding: Finding): void {
    incident.lastAt = Math.max(incident.lastAt, finding.time);
    if (finding.effect === 'opens') incident.findings += finding.times ?? 1;
    if (isCalmer(finding, incident)) {
      incident.severity = finding.severity;
      incident.evidence.stage = finding.stage;
    } else if (rank(finding.severity) > rank(incident.severity)) incident.severity = finding.severity;
    for (const [key, value] of Object.entries(finding.evidence)) {
      if (value === undefined) delete incident.evidence[key];
      else incident.evidence[key] = value;
    }
    const stage = higherStage(stageFrom(incident.evidence.stage), finding.stage);
    if (stage !== undefined) incident.evidence.stage = stage;
    for (const [key, amount] of Object.entries(finding.add)) {
      const before = incident.evidence[key];
      incident.evidence[key] = (typeof before === 'number' ? before : 0) + amount;
    }
  }

  #parted(incident: Incident): void {
    this.#byDevice.delete(incident.device, incident);
    this.#byKind.delete(incident.kind, incident);
  }

  #remember(incident: Incident): void {
    const before = this.#byId.get(incident.id);
    if (before !== undefined) this.#parted(before);
    this.#byId.set(incident.id, incident);
    this.#byDevice.add(incident.device, incident);
    this.#byKind.add(incident.kind, incident);
    const key = keyOf(incident);
    const latest = this.#latest.get(key);
    if (latest === undefined || latest.startedAt <= incident.startedAt) this.#latest.set(key, incident);
    if (this.#byId.size > REMEMBERED) this.#giveWay();
  }

  #giveWay(): void {
    const urgency = (incident: Incident) => (isOpen(incident) ? rank(incident.severity) : -1);
    const byUrgency = [...this.#byId.values()].sort((a, b) => urgency(a) - urgency(b) || a.lastAt - b.lastAt);
    this.remove(byUrgency.slice(0, REMEMBERED / 10).map(({ id }) => id));
  }
}

/** Distinct mail destinations of the incident's port class since it began, as far as they are remembered. */
export function mailServers(incident: Incident, device: Device): number {
  let count = device.mail.forgottenDestinations;
  for (const destination of device.mail.destinations.values()) {
    if (
      destination.attempts > 0 &&
      destination.lastSeen >= incident.startedAt &&
      mailPortClass(destination.port) === incident.portClass
    )
      count++;
  }
  return count;
}

interface Keyed extends Pick<Finding, 'device' | 'kind' | 'portClass' | 'inner'> {
  evidence?: Record<string, unknown>;
}

function keyOf({ device, evidence, inner = evidence && innerOf({ evidence }), kind, portClass }: Keyed): string {
  return `${device ?? 'home'} ${kind} ${portClass}${inner === undefined ? '' : ` ${inner}`}`;
}

/** Without what is not known. */
function known(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** The same first finding gives the same id on every replay. */
function incidentId(finding: Finding): string {
  const digest = createHash('sha256')
    .update(`${keyOf(finding)} ${finding.time}`)
    .digest('hex');
  return digest.slice(0, 16);
}

function isOpen({ state }: Incident): boolean {
  return state === 'open' || state === 'acknowledged';
}

function closedAt({ lastAt, resolvedAt, watchUntil }: Incident): number {
  return Math.max(lastAt, resolvedAt ?? 0, watchUntil ?? 0);
}

/** A device turned out to be one that people mail from: its submission is no longer what it was taken for. */
function isCalmer({ kind, severity, stage }: Finding, incident: Incident): boolean {
  const isMail = kind === 'submission_started' && stage !== undefined;
  return isMail && severity === 'info' && incident.evidence.stage !== 'corroborated';
}

function watched(incident: Incident, time: number): boolean {
  return incident.watchUntil !== null && time <= incident.watchUntil;
}

function close(incident: Incident, time: number): Incident {
  if (isOpen(incident)) Object.assign(incident, { state: 'resolved', resolvedAt: time });
  return incident;
}

function reopen(incident: Incident, severity: Severity): Incident {
  incident.state = 'open';
  incident.severity = severity;
  incident.acknowledgedAt = null;
  incident.resolvedAt = null;
  incident.watchUntil = null;
  return incident;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
