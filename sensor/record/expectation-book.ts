// What people called normal: which findings an expectation covers, and how often it did. In memory; the recorder stores it.
import { createHash } from 'node:crypto';
import type { Device, MailDestination } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import { type Finding, isMailKind } from '../detect/finding.ts';
import { mailPortClass } from '../detect/mail-findings.ts';
import type { Expectation, Incident } from './incident.ts';

/** Destinations one expectation may name; an incident with more is no normal mail. */
const DESTINATIONS = 64;

/** What an expectation made from an incident would cover. */
export interface Scope {
  destinations: string[];
  ports: number[];
}

export class ExpectationBook {
  readonly #expectations = new Map<string, Expectation>();

  load(expectations: Iterable<Expectation>): void {
    for (const expectation of expectations) this.#expectations.set(expectation.id, expectation);
  }

  get(id: string): Expectation | undefined {
    return this.#expectations.get(id);
  }

  /** Newest first. */
  all(): Expectation[] {
    return [...this.#expectations.values()].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Of one thing, which may have had several addresses. */
  ofDevice(macs: readonly Mac[]): Expectation[] {
    return this.all().filter(({ device }) => macs.includes(device));
  }

  /** The expectation that covers a mail finding of the thing with these addresses, if one does at its time. */
  covering(finding: Finding, macs: readonly Mac[]): Expectation | null {
    const { destination, time } = finding;
    if (destination === null || !isMailKind(finding.kind)) return null;
    for (const expectation of this.#expectations.values()) {
      if (!macs.includes(expectation.device) || !expectation.ports.includes(destination.port)) continue;
      if (expectation.until !== null && time > expectation.until) continue;
      if (covers(expectation, destination.ip, destination.name)) return expectation;
    }
    return null;
  }

  /** Makes an expectation; the same scope for the same device is the same expectation. */
  add(from: {
    device: Mac;
    scope: Scope;
    until: number | null;
    by: string;
    time: number;
    incident: string | null;
  }): Expectation {
    const { device, scope } = from;
    const id = createHash('sha256')
      .update(JSON.stringify([device, scope.destinations, scope.ports]))
      .digest('hex')
      .slice(0, 16);
    const known = this.#expectations.get(id);
    if (known !== undefined) {
      known.until = from.until;
      return known;
    }
    const expectation: Expectation = {
      id,
      device,
      destinations: scope.destinations,
      ports: scope.ports,
      createdAt: from.time,
      createdBy: from.by,
      until: from.until,
      matches: 0,
      lastMatch: null,
      incident: from.incident,
    };
    this.#expectations.set(id, expectation);
    return expectation;
  }

  remove(id: string): Expectation | null {
    const expectation = this.#expectations.get(id) ?? null;
    this.#expectations.delete(id);
    return expectation;
  }
}

/**
 * The destinations and ports that the incident has seen. A destination with a name is covered by that name, so that it may
 * change its address; the name must be the device's own (an SNI, its own DNS answer), never another device's.
 */
export function scopeOf(incident: Incident, device: Device): Scope {
  const destinations = new Set<string>();
  const ports = new Set<number>();
  for (const destination of seenBy(incident, device)) {
    if (destinations.size < DESTINATIONS) destinations.add(ownName(destination) ?? destination.ip);
    ports.add(destination.port);
  }
  return { destinations: [...destinations].sort(), ports: [...ports].sort((a, b) => a - b) };
}

/** Past attempts of the incident that `scope` would have hidden. */
export function attemptsCovered(incident: Incident, device: Device, scope: Scope): number {
  return seenBy(incident, device)
    .filter(
      (destination) => scope.ports.includes(destination.port) && covers(scope, destination.ip, ownName(destination)),
    )
    .reduce((sum, destination) => sum + destination.attempts, 0);
}

function seenBy(incident: Incident, device: Device): MailDestination[] {
  return [...device.mail.destinations.values()].filter(
    ({ attempts, lastSeen, port }) =>
      attempts > 0 && lastSeen >= incident.startedAt && mailPortClass(port) === incident.portClass,
  );
}

function ownName({ name, nameFrom }: MailDestination): string | null {
  return nameFrom === 'dns-other' ? null : name;
}

function covers({ destinations }: Scope, ip: string, name: string | null): boolean {
  return destinations.includes(ip) || (name !== null && destinations.includes(name));
}
