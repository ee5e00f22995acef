// What "this is expected" covers: the targets that an incident has seen, as wide as is safe and no wider.
import { type Device, type MailDestination, mailDestinationKey } from '../attribute/device.ts';
import { backendName } from '../detect/backend-name.ts';
import type { Finding } from '../detect/finding.ts';
import { isMailKind } from '../detect/finding.ts';
import { isBorneOut, mailPortClass } from '../detect/mail-findings.ts';
import { isSharedInfrastructure } from '../detect/shared-infrastructure.ts';
import type { Note, NoteMail } from '../notes/schema.ts';
import { byText } from './by-text.ts';
import type { Expectation, Incident, Target } from './incident.ts';

/** Targets one expectation may name; an incident with more is no normal mail. */
const TARGETS = 64;
/** Any host on the Internet: who reaches a device that serves is not its choice. */
export const ANYBODY = '*';

/** What an expectation made from an incident would cover. */
export type Scope = Pick<Expectation, 'covers' | 'targets' | 'destinations' | 'ports'>;

/** Kinds that a person can call normal. An outbreak never is. */
export function canBeExpected({ kind }: Pick<Incident, 'kind'>): boolean {
  return isMailKind(kind) || kind === 'exposed';
}

/** The targets that the incident has seen. */
export function scopeOf(incident: Incident, device: Device): Scope {
  const from = innerOf(incident);
  const seen = incident.kind === 'exposed' ? exposedPorts(incident) : mailTargets(incident, device);
  const targets = (from === undefined ? seen : seen.map((target) => ({ ...target, from }))).sort(
    (a, b) => byText(a.destination, b.destination) || a.port - b.port,
  );
  return {
    covers: incident.kind === 'exposed' ? 'exposed' : 'mail',
    targets,
    destinations: [...new Set(targets.map(({ destination }) => destination))],
    ports: [...new Set(targets.map(({ port }) => port))].sort((a, b) => a - b),
  };
}

function mailTargets(incident: Incident, device: Device): Target[] {
  const targets = new Map<string, Target>();
  for (const seen of seenBy(incident, device)) {
    const target = { destination: normalName(seen), port: seen.port };
    if (targets.size < TARGETS) targets.set(`${target.destination} ${target.port}`, target);
  }
  return [...targets.values()];
}

function exposedPorts({ evidence }: Incident): Target[] {
  const ports = Array.isArray(evidence.ports) ? evidence.ports : [];
  return ports.filter((port) => typeof port === 'number').map((port) => ({ destination: ANYBODY, port }));
}

/**
 * A provider has many submission servers under one domain, so the domain is what is normal there. Port 25 to a new server is
 * never covered by an old one: there it is the host alone, or its address. The name must be from the device's own DNS answer,
 * or what a proxy was asked for.
 */
function normalName({ ip, name, nameFrom, port }: MailDestination): string {
  if (name === null || !isBorneOut(nameFrom)) return ip;
  if (mailPortClass(port) !== 'submission') return name;
  const domain = backendName(name, ip);
  return isSharedInfrastructure(domain) ? name : domain;
}

/** Past findings of the incident that `scope` would have hidden. */
export function findingsCovered(incident: Incident, device: Device, scope: Scope): number {
  if (scope.covers === 'exposed') return incident.findings;
  return seenBy(incident, device)
    .filter(({ ip, name, nameFrom, port }) =>
      scope.targets.some(covering(nameFrom === 'proxy' ? null : ip, isBorneOut(nameFrom) ? name : null, port)),
    )
    .reduce((sum, destination) => sum + destination.attempts, 0);
}

export function covers({ covers: what, targets }: Scope | Expectation, finding: Finding): boolean {
  const { destination, inner, kind } = finding;
  if (destination === null || what !== (kind === 'exposed' ? 'exposed' : 'mail')) return false;
  if (what === 'mail' && !isMailKind(kind)) return false;
  return targets
    .filter(({ from }) => from === inner)
    .some(covering(destination.ip, destination.name, destination.port));
}

/**
 * Programs keep the address of a server beyond the time that its name is valid for. Such a finding by the name that the
 * device itself, under any of its addresses (`chain`), was given when it mailed there before.
 */
export function withKnownName(finding: Finding, chain: readonly Device[]): Finding {
  const { destination, kind } = finding;
  if (destination === null || destination.name !== null || destination.ip === null || !isMailKind(kind)) return finding;
  const { ip, port } = destination;
  const key = mailDestinationKey({ ip, port, name: null, nameFrom: 'dns' });
  const known = chain.map(({ mail }) => mail.destinations.get(key)).find((one) => one?.nameFrom === 'dns');
  return known === undefined ? finding : { ...finding, destination: { ...destination, name: known.name } };
}

/** What the device's firmware note calls its own mail is shown and not told, until a person decides. */
export function calmedByNote(finding: Finding, note: Pick<Note, 'mail' | 'slug'> | null): Finding {
  if (note?.mail == null || finding.inner !== undefined || !isInNote(note.mail, finding)) return finding;
  return { ...finding, severity: 'info', evidence: { ...finding.evidence, expectedByNote: note.slug } };
}

/** Whether a firmware note says that its devices hand mail to this server: normal enough to stay calm until a person decides. */
export function isInNote({ ports, servers }: NoteMail, { destination, kind }: Finding): boolean {
  if (destination === null || kind !== 'submission_started') return false;
  const { name, port } = destination;
  if (name === null || (ports.length > 0 && !ports.includes(port))) return false;
  return servers.some((server) => matches(server.replace(/^\*\./, ''), name, server.startsWith('*.')));
}

function covering(ip: string | null, name: string | null, port: number): (target: Target) => boolean {
  const isSubmission = mailPortClass(port) === 'submission';
  return (target) => {
    if (target.port !== port) return false;
    if (target.destination === ANYBODY || target.destination === ip) return true;
    return name !== null && matches(target.destination, name, isSubmission);
  };
}

function matches(wanted: string, name: string, withSubdomains: boolean): boolean {
  return name === wanted || (withSubdomains && name.endsWith(`.${wanted}`));
}

function seenBy(incident: Incident, device: Device): MailDestination[] {
  return [...device.mail.destinations.values()].filter(
    (destination) =>
      destination.attempts > 0 &&
      destination.lastSeen >= incident.startedAt &&
      mailPortClass(destination.port) === incident.portClass &&
      isIncidents(incident, destination),
  );
}

/** The address behind the device's MAC that the incident is about; undefined where it is about the device. */
export function innerOf({ evidence }: Pick<Incident, 'evidence'>): string | undefined {
  return typeof evidence.innerAddress === 'string' ? evidence.innerAddress : undefined;
}

/** The device's destinations are those of all behind its MAC: of one of them the first and the last are known. */
export function isIncidents(
  { evidence }: Pick<Incident, 'evidence'>,
  { ip, port }: { ip: string; port: number },
): boolean {
  if (innerOf({ evidence }) === undefined) return true;
  return [evidence.firstDestination, evidence.lastDestination].some((place) => {
    const known: Record<string, unknown> = typeof place === 'object' && place !== null ? { ...place } : {};
    return known.ip === ip && known.port === port;
  });
}
