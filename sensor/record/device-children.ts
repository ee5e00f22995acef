// The lists of a device that have tables of their own: how each item becomes a row and a row an item again.
import type { ActivityHour } from '../attribute/activity.ts';
import { type Backend, backendKey, type Device, mailDestinationKey } from '../attribute/device.ts';
import { type Cell, fingerprint, fromJson } from './row.ts';
import { activityIn, backendIn, leaseIn, mailDestinationIn, timelineEntryIn } from './row-shapes.ts';
import type { Prints } from './written-rows.ts';

export interface ChildTable {
  name: string;
  columns: readonly string[];
  /** Nothing in it is news: counts and times alone. */
  countsOnly?: true;
  /**
   * Visits the items in order. `key` tells an item from the others of this device; `print` changes with its content, `news`
   * with what of it is more than a count or a time.
   */
  each(device: Device, visit: (key: string, prints: Prints, cells: () => Cell[]) => void): void;
  /** Appends the item of these cells, which come in the order of `columns`; throws when they do not hold one. */
  add(device: Device, cells: readonly unknown[]): void;
}

/** Order matters only for loading: none depends on another. */
export const CHILD_TABLES: readonly ChildTable[] = [
  {
    name: 'leases',
    columns: ['ip', 'from_time', 'to_time', 'source'],
    each(device, visit) {
      for (const lease of device.leases) {
        visit(`${lease.ip} ${lease.from} ${lease.source}`, { all: fingerprint(lease), news: 0 }, () => [
          lease.ip,
          lease.from,
          lease.to,
          lease.source,
        ]);
      }
    },
    add(device, [ip, from, to, source]) {
      device.leases.push(leaseIn({ ip, from, to, source }));
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
        visit(key, allNews(to), () => [
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
    add(device, cells) {
      const [ip, port, name, nameFrom, attempts, connected, refused, unanswered, ...rest] = cells;
      const [messages, recipients, firstSeen, lastSeen] = rest;
      const destination = mailDestinationIn({
        ip,
        port,
        name,
        nameFrom,
        attempts,
        connected,
        refused,
        unanswered,
        messages,
        recipients,
        firstSeen,
        lastSeen,
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
        visit(key, { all: fingerprint(backend), news: fingerprint(newsOf(backend)) }, () => [
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
    add(device, cells) {
      const [name, role, roleFrom, note, hosts, nameFrom, outerName, shared, connections, ...rest] = cells;
      const [bytesUp, bytesDown, firstSeen, lastSeen, days] = rest;
      const backend = backendIn({
        name,
        role,
        roleFrom,
        note,
        ...hostsAndProxies(fromJson(hosts)),
        nameFrom: fromJson(nameFrom),
        outerName,
        shared,
        connections,
        bytesUp,
        bytesDown,
        firstSeen,
        lastSeen,
        days: fromJson(days),
      });
      device.backends.set(backendKey(backend), backend);
    },
  },
  {
    name: 'timeline',
    columns: ['time', 'kind', 'name', 'name_from', 'ip', 'role', 'detail'],
    each(device, visit) {
      for (const entry of device.timeline) {
        visit(`${entry.time} ${entry.kind} ${entry.name} ${entry.ip}`, allNews(entry), () => [
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
    add(device, [time, kind, name, nameFrom, ip, role, detail]) {
      device.timeline.push(timelineEntryIn({ time, kind, name, nameFrom, ip, role, detail: fromJson(detail) }));
    },
  },
  {
    name: 'activity',
    countsOnly: true,
    columns: ['day', 'hours'],
    each(device, visit) {
      for (const { day, hours } of byDay(device.activity)) {
        visit(`${day}`, allNews(hours), () => [
          day,
          JSON.stringify(hours.map((hour) => [hour.hour, hour.connections, hour.mailAttempts])),
        ]);
      }
    },
    add(device, [, hours]) {
      device.activity.add(activityIn(fromJson(hours)));
    },
  },
];

function allNews(item: unknown): Prints {
  const all = fingerprint(item);
  return { all, news: all };
}

function newsOf({ hosts, name, nameFrom, note, outerName, role, roleFrom, shared, through }: Backend): unknown[] {
  return [name, role, roleFrom, note, hosts, nameFrom, through, outerName, shared];
}

/** A list of hosts; or, of a backend that was reached through proxies, that list and theirs. */
function hostsAndProxies(value: unknown): { hosts: unknown; through: unknown } {
  const isPair = Array.isArray(value) && Array.isArray(value[0]);
  return isPair ? { hosts: value[0], through: value[1] } : { hosts: value, through: [] };
}

/** Runs of hours of the same day (days since 1970), in the order given. */
function byDay(activity: Iterable<ActivityHour>): { day: number; hours: ActivityHour[] }[] {
  const days: { day: number; hours: ActivityHour[] }[] = [];
  for (const hour of activity) {
    const day = Math.floor(hour.hour / 24);
    const last = days.at(-1);
    if (last?.day === day) last.hours.push(hour);
    else days.push({ day, hours: [hour] });
  }
  return days;
}
