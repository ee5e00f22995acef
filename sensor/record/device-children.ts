// The lists of a device that have tables of their own: how each item becomes a row and a row an item again.
import { type ActivityHour, backendKey, type Device, mailDestinationKey } from '../attribute/device.ts';
import { type Cell, fingerprint, fromJson, type Row } from './row.ts';
import { activityShape, backendShape, leaseShape, mailDestinationShape, timelineShape } from './row-shapes.ts';

export interface ChildTable {
  name: string;
  columns: readonly string[];
  /** Visits the items in order. `key` tells an item from the others of this device; `print` changes with its content. */
  each(device: Device, visit: (key: string, print: number, cells: () => Cell[]) => void): void;
  /** Appends the row's item; throws when the row does not hold one. */
  add(device: Device, row: Row): void;
}

/** Order matters only for loading: none depends on another. */
export const CHILD_TABLES: readonly ChildTable[] = [
  {
    name: 'leases',
    columns: ['ip', 'from_time', 'to_time', 'source'],
    each(device, visit) {
      for (const lease of device.leases) {
        visit(`${lease.ip} ${lease.from} ${lease.source}`, fingerprint(lease), () => [
          lease.ip,
          lease.from,
          lease.to,
          lease.source,
        ]);
      }
    },
    add(device, row) {
      device.leases.push(leaseShape.parse({ ip: row.ip, from: row.from_time, to: row.to_time, source: row.source }));
    },
  },
  {
    name: 'mail_destinations',
    columns: [
      'ip',
      'port',
      'name',
      'name_from',
      'attempts',
      'connected',
      'refused',
      'unanswered',
      'messages',
      'recipients',
      'first_seen',
      'last_seen',
    ],
    each(device, visit) {
      for (const [key, to] of device.mail.destinations) {
        visit(key, fingerprint(to), () => [
          to.ip,
          to.port,
          to.name,
          to.nameFrom,
          to.attempts,
          to.connected,
          to.refused,
          to.unanswered,
          to.messages,
          to.recipients,
          to.firstSeen,
          to.lastSeen,
        ]);
      }
    },
    add(device, row) {
      const destination = mailDestinationShape.parse({
        ...row,
        nameFrom: row.name_from,
        firstSeen: row.first_seen,
        lastSeen: row.last_seen,
      });
      device.mail.destinations.set(mailDestinationKey(destination), destination);
    },
  },
  {
    name: 'backends',
    columns: [
      'name',
      'role',
      'role_from',
      'note',
      'hosts',
      'name_from',
      'outer_name',
      'shared',
      'connections',
      'bytes_up',
      'bytes_down',
      'first_seen',
      'last_seen',
      'days',
    ],
    each(device, visit) {
      for (const [key, backend] of device.backends) {
        visit(key, fingerprint(backend), () => [
          backend.name,
          backend.role,
          backend.roleFrom,
          backend.note,
          JSON.stringify(backend.through.length === 0 ? backend.hosts : [backend.hosts, backend.through]),
          JSON.stringify(backend.nameFrom),
          backend.outerName ? 1 : 0,
          backend.shared ? 1 : 0,
          backend.connections,
          backend.bytesUp,
          backend.bytesDown,
          backend.firstSeen,
          backend.lastSeen,
          JSON.stringify(backend.days),
        ]);
      }
    },
    add(device, row) {
      const backend = backendShape.parse({
        ...row,
        roleFrom: row.role_from,
        ...hostsAndProxies(fromJson(row.hosts)),
        nameFrom: fromJson(row.name_from),
        outerName: row.outer_name,
        bytesUp: row.bytes_up,
        bytesDown: row.bytes_down,
        firstSeen: row.first_seen,
        lastSeen: row.last_seen,
        days: fromJson(row.days),
      });
      device.backends.set(backendKey(backend), backend);
    },
  },
  {
    name: 'timeline',
    columns: ['time', 'kind', 'name', 'name_from', 'ip', 'role', 'detail'],
    each(device, visit) {
      for (const entry of device.timeline) {
        visit(`${entry.time} ${entry.kind} ${entry.name} ${entry.ip}`, fingerprint(entry), () => [
          entry.time,
          entry.kind,
          entry.name,
          entry.nameFrom,
          entry.ip,
          entry.role,
          JSON.stringify(entry.detail),
        ]);
      }
    },
    add(device, row) {
      device.timeline.push(timelineShape.parse({ ...row, nameFrom: row.name_from, detail: fromJson(row.detail) }));
    },
  },
  {
    name: 'activity',
    columns: ['day', 'hours'],
    each(device, visit) {
      for (const { day, hours } of byDay(device.activity)) {
        visit(`${day}`, fingerprint(hours), () => [
          day,
          JSON.stringify(hours.map((hour) => [hour.hour, hour.connections, hour.mailAttempts])),
        ]);
      }
    },
    add(device, row) {
      device.activity.push(...activityShape.parse(fromJson(row.hours)));
    },
  },
];

/** A list of hosts; or, of a backend that was reached through proxies, that list and theirs. */
function hostsAndProxies(value: unknown): { hosts: unknown; through: unknown } {
  const isPair = Array.isArray(value) && Array.isArray(value[0]);
  return isPair ? { hosts: value[0], through: value[1] } : { hosts: value, through: [] };
}

/** Runs of hours of the same day (days since 1970), in the order given. */
function byDay(activity: readonly ActivityHour[]): { day: number; hours: ActivityHour[] }[] {
  const days: { day: number; hours: ActivityHour[] }[] = [];
  for (const hour of activity) {
    const day = Math.floor(hour.hour / 24);
    const last = days.at(-1);
    if (last?.day === day) last.hours.push(hour);
    else days.push({ day, hours: [hour] });
  }
  return days;
}
