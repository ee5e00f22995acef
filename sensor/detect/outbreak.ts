// Several devices turned bad: is there a backend that each of them had contacted before? The one that explains most and
// that unaffected devices use least is named; one that everybody uses explains nothing.
import { type Backend, backendKey, type Device } from '../attribute/device.ts';
import { backendsNamed } from './backends.ts';
import type { Finding } from './finding.ts';

/** A device with a mail incident, and when that began. */
export interface Affected {
  device: Device;
  startedAt: number;
}

interface Candidate {
  key: string;
  backend: string;
  hosts: Set<string>;
  role: Backend['role'];
  shared: boolean;
  devices: { device: Device; firstContact: number; mailSince: number }[];
  unaffected: number;
}

/** Roles by how well they carry an infection: code comes from update servers and stores. */
const ROLE_WEIGHT: Record<Backend['role'], number> = {
  update: 4,
  store: 3,
  unknown: 2,
  cloud: 1,
  telemetry: 1,
  time: 0.5,
};
/** Other candidates told with the finding. */
const ALSO = 3;

/** One finding for the home, or null where fewer than two devices are affected or nothing explains them. */
export function findOutbreak(
  affected: readonly Affected[],
  all: readonly Device[],
  nameOf: (device: Device) => string,
  time: number,
): Finding | null {
  const candidates = candidatesOf(affected, all).sort(byExplanation);
  const best = candidates[0];
  if (best === undefined || best.unaffected > best.devices.length) return null;
  return {
    kind: 'outbreak',
    severity: 'critical',
    device: null,
    portClass: best.key,
    time,
    effect: 'opens',
    destination: null,
    evidence: {
      ...told(best, nameOf),
      alsoShared: candidates.slice(1, 1 + ALSO).map((candidate) => told(candidate, nameOf)),
    },
    first: {},
    add: {},
  };
}

function candidatesOf(affected: readonly Affected[], all: readonly Device[]): Candidate[] {
  const candidates = new Map<string, Candidate>();
  /** By the name of a backend, who was there. */
  const visitors = new Map<string, Set<Affected>>();
  for (const one of affected) {
    const { device, startedAt } = one;
    for (const backend of device.backends.values()) {
      visitors.set(backend.name, (visitors.get(backend.name) ?? new Set()).add(one));
      if (backend.firstSeen > startedAt) continue;
      const key = backendKey(backend);
      const candidate = candidates.get(key) ?? {
        key,
        backend: backend.name,
        hosts: new Set<string>(),
        role: backend.role,
        shared: backend.shared,
        devices: [],
        unaffected: 0,
      };
      if (ROLE_WEIGHT[backend.role] > ROLE_WEIGHT[candidate.role]) candidate.role = backend.role;
      candidate.shared ||= backend.shared;
      for (const host of backend.hosts) candidate.hosts.add(host);
      candidates.set(key, candidate);
    }
  }
  for (const candidate of candidates.values()) {
    for (const { device, startedAt } of visitors.get(candidate.backend) ?? []) {
      const firstContact = contactOf(device, candidate);
      if (firstContact === null || firstContact > startedAt) continue;
      candidate.devices.push({ device, firstContact, mailSince: startedAt });
    }
    candidate.devices.sort((a, b) => (a.device.mac < b.device.mac ? -1 : 1));
  }
  const macs = new Set(affected.map(({ device }) => device.mac));
  const shared = [...candidates.values()].filter((candidate) => candidate.devices.length >= 2);
  for (const candidate of shared)
    candidate.unaffected = all.filter(
      (device) => !macs.has(device.mac) && contactOf(device, candidate) !== null,
    ).length;
  return shared;
}

/**
 * When `device` first contacted the candidate, null where it never did. A host is the same backend for all devices, though
 * its role may be known for some of them only.
 */
function contactOf(device: Device, { backend: name, hosts, key }: Candidate): number | null {
  let first: number | null = null;
  for (const backend of backendsNamed(device, name)) {
    if (backendKey(backend) !== key && !backend.hosts.some((host) => hosts.has(host))) continue;
    first = Math.min(first ?? backend.firstSeen, backend.firstSeen);
  }
  return first;
}

/**
 * Most affected and fewest unaffected first, by role: an update server of two devices explains more than a cloud that three
 * of them use. Rented infrastructure counts half. The name settles ties.
 */
function byExplanation(a: Candidate, b: Candidate): number {
  return (
    explanation(b) - explanation(a) ||
    ROLE_WEIGHT[b.role] - ROLE_WEIGHT[a.role] ||
    Number(a.shared) - Number(b.shared) ||
    (a.key < b.key ? -1 : 1)
  );
}

function explanation({ devices, role, shared, unaffected }: Candidate): number {
  const margin = devices.length - unaffected;
  return margin <= 0 ? margin : (margin * ROLE_WEIGHT[role]) / (shared ? 2 : 1);
}

function told(
  { backend, hosts, role, shared, devices, unaffected }: Candidate,
  nameOf: (device: Device) => string,
): Record<string, unknown> {
  return {
    backend,
    hosts: [...hosts].sort(),
    role,
    shared,
    unaffectedDevices: unaffected,
    devices: devices.map(({ device, firstContact, mailSince }) => ({
      mac: device.mac,
      name: nameOf(device),
      firstContact: new Date(firstContact).toISOString(),
      mailSince: new Date(mailSince).toISOString(),
    })),
  };
}
