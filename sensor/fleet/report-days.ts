// What is told of each UTC day once it is over: how well the home was seen, and which update servers, stores and unknown backends the
// devices of each family used. The days of the last two weeks are worked out anew each time, so that what becomes known of them
// later, or private, counts for them as well.
import type { Backend, Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import { HOUR } from '../record/watch-hours.ts';
import type { Group, Told } from './books.ts';
import { DAY, DAYS_TOLD, dayText } from './day-book.ts';
import { type Content, type Draft, fit } from './draft.ts';
import { USAGE_BACKENDS, type UsageBody } from './record.ts';
import { shortHash } from './short-hash.ts';
import type { Steps } from './steps.ts';

const SECOND = 1000;
const HOURS = DAY / HOUR;
/** Groups that are told of a day: the largest. */
const GROUPS = 64;

type UsageRole = UsageBody['backends'][number]['role'];

/** Of one group on one day. */
interface Used {
  group: Group;
  devices: Set<Mac>;
  /** Things by backend and role. */
  backends: Map<string, { backend: string; role: UsageRole; devices: Set<Mac> }>;
}

/** Days since 1970 that are over and of late, oldest first. */
export function daysToTell(now: number): number[] {
  const today = Math.floor(now / DAY);
  return Array.from({ length: DAYS_TOLD }, (_, n) => today - DAYS_TOLD + n).filter((day) => day >= 0);
}

export function* coverageDrafts({ books }: Told): Steps<Draft[]> {
  const seen = hoursSeen(books);
  yield;
  return daysToTell(books.now).flatMap((day) => {
    const facts = books.days.facts(day);
    const hours = seen.get(day);
    if (facts === null || hours === undefined) return [];
    const { lossPercent, vantage, version } = facts;
    const body = { day: dayText(day), vantage, hoursSeen: hours, lossPercent, version };
    return [{ ...dayDraft(`coverage:${body.day}`, day, { kind: 'coverage', body }), emptied: null }];
  });
}

/** By day; where frames were recorded, the hours in which anything was active. */
function hoursSeen({ devices, hours }: Told['books']): Map<number, number> {
  if (hours === null) {
    const active = new Set(devices.flatMap(({ activity }) => [...activity].map(({ hour }) => hour)));
    return sumByDay([...active].map((hour) => ({ hour, seen: 1 })));
  }
  return sumByDay(hours.map(({ hour, spent }) => ({ hour, seen: spent.watched / HOUR })));
}

function sumByDay(hours: readonly { hour: number; seen: number }[]): Map<number, number> {
  const days = new Map<number, number>();
  for (const { hour, seen } of hours) {
    const day = Math.floor(hour / HOURS);
    days.set(day, (days.get(day) ?? 0) + seen);
  }
  return new Map([...days].map(([day, sum]) => [day, Math.min(HOURS, Math.round(sum * 10) / 10)]));
}

export function* usageDrafts(told: Told): Steps<Draft[]> {
  const days = daysToTell(told.books.now);
  const byDay = new Map(days.map((day) => [day, new Map<string, Used>()]));
  for (const device of told.books.devices) {
    if (device.role === 'sensor' || told.device(device.mac) === null) continue;
    countDevice(told, device, byDay);
    yield;
  }
  const drafts: Draft[] = [];
  for (const [day, groups] of byDay) {
    const largest = [...groups.values()]
      .sort((a, b) => b.devices.size - a.devices.size || (keyOf(a.group) < keyOf(b.group) ? -1 : 1))
      .slice(0, GROUPS);
    for (const used of largest) {
      drafts.push(usageDraft(day, used));
      yield;
    }
  }
  return drafts;
}

function countDevice(told: Told, device: Device, byDay: ReadonlyMap<number, Map<string, Used>>): void {
  const group = told.groupOf(device);
  const isPersonal = told.isPersonal(device);
  const key = keyOf(group);
  const thing = told.thingOf(device);
  const usedOn = (day: number) => {
    const groups = byDay.get(day);
    if (groups === undefined) return null;
    const used = groups.get(key) ?? { group, devices: new Set(), backends: new Map() };
    groups.set(key, used);
    used.devices.add(thing);
    return used;
  };
  for (const day of new Set([...device.activity].map(({ hour }) => Math.floor(hour / HOURS)))) usedOn(day);
  for (const backend of device.backends.values()) {
    const role = toldRole(backend, isPersonal);
    const name = role === null ? null : told.names.told(backend.name);
    for (const day of backend.days) {
      const used = usedOn(day);
      if (used === null || role === null || name === null) continue;
      const one = used.backends.get(`${name} ${role}`) ?? { backend: name, role, devices: new Set() };
      used.backends.set(`${name} ${role}`, one);
      one.devices.add(thing);
    }
  }
}

/** Null for what is not told: what is known to bring no code, and where a person looks. */
function toldRole({ role }: Backend, isPersonal: boolean): UsageRole | null {
  if (role === 'update' || role === 'store') return role;
  return role === 'unknown' && !isPersonal ? role : null;
}

function usageDraft(day: number, { backends, devices, group }: Used): Draft {
  const used = [...backends.values()]
    .map((one) => ({ ...one, devices: one.devices.size }))
    .sort((a, b) => b.devices - a.devices || (`${a.backend} ${a.role}` < `${b.backend} ${b.role}` ? -1 : 1))
    .slice(0, USAGE_BACKENDS);
  const of = { day: dayText(day), ...group };
  const content: Content = { kind: 'usage', body: { ...of, devices: devices.size, backends: used } };
  fit(content, used);
  return {
    ...dayDraft(`usage:${of.day}:${shortHash(keyOf(group))}`, day, content),
    emptied: { kind: 'usage', body: { ...of, devices: 0, backends: [] } },
  };
}

function dayDraft(id: string, day: number, content: Content): Omit<Draft, 'emptied'> {
  return { id, content, at: ((day + 1) * DAY) / SECOND, news: '' };
}

function keyOf({ class: kind, family, vendor }: Group): string {
  return JSON.stringify([family, vendor, kind]);
}
