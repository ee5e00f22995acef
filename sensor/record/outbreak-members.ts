// Which devices an outbreak may be made of, and what it means for their own incidents.
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import type { Affected } from '../detect/outbreak.ts';
import type { Incident } from './incident.ts';

/** Devices that send mail nobody expects, each with the earliest time at which it began. */
export function affectedIn(incidents: Iterable<Incident>, deviceOf: (incident: Incident) => Device | null): Affected[] {
  const first = new Map<Mac, Affected>();
  for (const incident of incidents) {
    if (incident.kind !== 'mail_started' || incident.state === 'expected' || incident.state === 'resolved') continue;
    const device = deviceOf(incident);
    if (device === null) continue;
    const known = first.get(device.mac);
    if (known === undefined || incident.startedAt < known.startedAt)
      first.set(device.mac, { device, startedAt: incident.startedAt });
  }
  return [...first.values()];
}

/** The outbreak is the alert; its members' incidents say so without one of their own. Returns whether this is new. */
export function joinOutbreak(incident: Incident): boolean {
  const signs = Array.isArray(incident.evidence.supportedBy) ? incident.evidence.supportedBy : [];
  if (signs.includes('outbreak')) return false;
  incident.severity = 'critical';
  Object.assign(incident.evidence, { stage: 'corroborated', supportedBy: [...signs, 'outbreak'].sort() });
  return true;
}
