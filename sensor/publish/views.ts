// Makes this room's view of a device from what the sensor remembers. Pure; main calls it with names and expectations.
import { type Backend, type Device, isLocallyAdministered, type MailDestination } from '../attribute/device.ts';
import type { Incident } from '../record/incident.ts';
import type { ContactState, DeviceView, MailContact } from './ports.ts';

const HOUR_MS = 60 * 60 * 1000;

export type ContactTally = Pick<MailDestination, 'attempts' | 'connected' | 'refused' | 'unanswered'>;

export interface ViewFacts {
  /** What the device is called everywhere else; null when nothing names it. */
  name: string | null;
  /** As of DeviceView. */
  idName: string | null;
  established: boolean;
  incidents: Incident[];
  allowMail: boolean;
  /** Packet time, milliseconds. */
  now: number;
}

export function deviceView(
  device: Device,
  { name, idName, established, incidents, allowMail, now }: ViewFacts,
): DeviceView {
  const { mac, mail } = device;
  const updates = [...device.backends.values()].filter((backend) => backend.role === 'update');
  return {
    mac,
    name,
    idName,
    named: device.label !== null,
    established,
    randomizedMac: isLocallyAdministered(mac),
    address: newest(device.leases, (lease) => lease.to)?.ip ?? null,
    mail: {
      attempts: mail.attempts,
      connected: mail.connected,
      refused: mail.refused,
      unanswered: mail.unanswered,
      last: lastContact(mail.destinations.values()),
    },
    updates: {
      connections: updates.reduce((sum, backend) => sum + backend.connections, 0),
      lastBackend: newest<Backend>(updates, (backend) => backend.lastSeen)?.name ?? null,
      lastDownload: device.timeline.findLast((entry) => entry.kind === 'firmware_download')?.time ?? null,
    },
    connectionsLastHour: device.broadcastOnly ? null : connectionsIn(device, Math.floor(now / HOUR_MS) - 1),
    allowMail,
    incidents,
  };
}

function connectionsIn(device: Device, hour: number): number {
  return device.activity.of(hour)?.connections ?? 0;
}

function lastContact(destinations: Iterable<MailDestination>): MailContact | null {
  const last = newest(destinations, (destination) => destination.lastSeen);
  if (last === undefined) return null;
  return { ip: last.ip, name: last.name, port: last.port, time: last.lastSeen, connection: contactState(last) };
}

/** `pending` while an attempt is still without its outcome. */
export function contactState(tally: ContactTally): ContactState {
  if (tally.connected > 0) return 'connected';
  if (tally.attempts > tally.refused + tally.unanswered) return 'pending';
  return tally.refused > 0 ? 'refused' : 'unanswered';
}

function newest<T>(items: Iterable<T>, time: (item: T) => number): T | undefined {
  let found: T | undefined;
  for (const item of items) if (found === undefined || time(item) >= time(found)) found = item;
  return found;
}
