// Judgements that decide what is shown: is a device sending mail it should not, and does a device matter at all.
import type { Mac } from '../decode/packet.ts';
import { isMailKind, SEVERITIES, type Severity } from '../detect/finding.ts';
import { type Incident, isQuiet } from '../record/incident.ts';
import type { DeviceView } from './ports.ts';

export const HOLD_MS = 24 * 60 * 60 * 1000;

/**
 * ON from the first mail that was not expected until a person acknowledged or expected it *and* the device has been
 * quiet for `holdMs` of packet time. "Resolved: I reset it" ends it at once: the next mail reopens the incident.
 */
export function sendingMail(
  device: { mac: Mac },
  incidents: readonly Incident[],
  now: number,
  holdMs: number,
): boolean {
  return incidents.some((incident) => incident.device === device.mac && isSending(incident, now, holdMs));
}

/** How many devices that is so of. */
export function devicesSendingMail(incidents: Iterable<Incident>, now: number, holdMs: number): number {
  const macs = new Set<Mac | null>();
  for (const incident of incidents) if (isSending(incident, now, holdMs)) macs.add(incident.device);
  return macs.size;
}

function isSending(incident: Incident, now: number, holdMs: number): boolean {
  return (
    isMailKind(incident.kind) &&
    !isQuiet(incident) &&
    incident.state !== 'resolved' &&
    (incident.state === 'open' || now - incident.lastAt < holdMs)
  );
}

/** The worst severity among incidents nobody has dealt with; null when there are none. */
export function openSeverity(incidents: readonly Incident[]): Severity | null {
  const open = new Set(incidents.filter(({ state }) => state === 'open').map(({ severity }) => severity));
  return SEVERITIES.findLast((severity) => open.has(severity)) ?? null;
}

/**
 * `flagged`: only devices with an incident, with any mail, or named by the user reach the broker. Whatever the policy, a MAC
 * address that may be made up does not before there is an incident of it.
 */
export type DevicePolicy = 'flagged' | 'all';

export function matters(device: DeviceView, policy: DevicePolicy): boolean {
  if (device.named || device.incidents.length > 0) return true;
  return device.established && (policy === 'all' || device.mail.attempts > 0);
}
