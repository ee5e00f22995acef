// The proof of life: what one week showed, as facts. Devices are kept by address, so that a summary calls them what they are called
// when it is read, and does not name who was forgotten. Made and kept here; when, main/proof-of-life.ts says; the words are in
// wording-week.ts.
import { z } from 'zod';
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import { isMailKind } from '../detect/finding.ts';
import { lazily } from '../lazily.ts';
import { type GapMinutes, inMinutes, shareOf } from './coverage.ts';
import type { Incident } from './incident.ts';
import type { OutboxMessage } from './outbox.ts';
import { accounted, GAPS, HOUR, type WatchHour } from './watch-hours.ts';

/** Summaries that are kept. */
export const WEEKS_KEPT = 12;
/** Devices that are kept by address; the rest are counted. */
const KEPT_DEVICES = 16;
/** Mondays at this hour, where the sensor stands. */
const HOUR_OF_DAY = 7;
const KEY = 'weekly_summaries';

const some = lazily(() => z.object({ count: z.int().min(0), macs: z.array(z.string()).max(KEPT_DEVICES) }));
/** How many devices, and which, as far as they are kept. */
export type SomeDevices = z.infer<ReturnType<typeof some>>;

const shape = lazily(() => {
  const minutes = z.int().min(1).optional();
  return z.object({
    /** Wall time, ms. */
    from: z.number(),
    to: z.number(),
    made: z.number(),
    /** Of the whole week, rounded down to a tenth. */
    percent: z.number().min(0).max(100),
    /** Minutes. `unrecorded`: before the sensor was set up, or its record is lost. */
    gaps: z.object({
      off: minutes,
      capture: minutes,
      mirror: minutes,
      loss: minutes,
      clock: minutes,
      unrecorded: minutes,
    }),
    seen: z.int().min(0),
    fresh: some(),
    mail: z.object({ expected: z.int().min(0), unexpected: z.int().min(0), by: some() }),
    updates: z.object({ fetched: some(), overdue: some() }),
    exposed: some(),
    mappings: some(),
  });
});
export type WeekSummary = z.infer<ReturnType<typeof shape>>;

export interface WeekFacts {
  hours: readonly WatchHour[];
  devices: readonly Device[];
  incidents: Iterable<Incident>;
}

/** The week that ended last: from a Monday morning to the next by the calendar, which may be an hour more or less. */
export function lastWeek(now: number): { from: number; to: number } {
  const end = new Date(now);
  end.setHours(HOUR_OF_DAY, 0, 0, 0);
  end.setDate(end.getDate() - ((end.getDay() + 6) % 7));
  if (end.getTime() > now) end.setDate(end.getDate() - 7);
  const begin = new Date(end);
  begin.setDate(begin.getDate() - 7);
  return { from: begin.getTime(), to: end.getTime() };
}

export function summarizeWeek(week: { from: number; to: number }, made: number, facts: WeekFacts): WeekSummary {
  const { from, to } = week;
  const hours = facts.hours.filter(({ hour }) => hour * HOUR >= from && hour * HOUR < to);
  const within = (time: number) => time >= from && time < to;
  const things = facts.devices.filter(({ firstSeen, role }) => role === 'device' && firstSeen < to);
  const incidents = [...facts.incidents];
  const affected = (is: (incident: Incident) => boolean) =>
    someOf(new Set(incidents.filter(is).flatMap(({ device }) => device ?? [])));
  const lasted = ({ lastAt, startedAt }: Incident) => startedAt < to && lastAt >= from;
  const isOpen = ({ startedAt, state }: Incident) => startedAt < to && (state === 'open' || state === 'acknowledged');
  const told = ({ severity, state }: Incident) => severity !== 'info' && state !== 'expected';
  const mails = (kind: 'expected' | 'unexpected') => hours.reduce((sum, { mail }) => sum + mail[kind], 0);
  const mailers = affected(
    (incident) =>
      isMailKind(incident.kind) && told(incident) && (within(incident.startedAt) || within(incident.lastAt)),
  );
  return {
    from,
    to,
    made,
    percent: shareOf(hours, to - from).percent ?? 0,
    gaps: gapsOf(hours, to - from),
    seen: things.filter((device) => wasSeen(device, from, to)).length,
    fresh: someOf(things.filter(({ firstSeen }) => within(firstSeen)).map(({ mac }) => mac)),
    mail: {
      expected: mails('expected'),
      // Minutes of counting are lost with a process that is killed; incidents are not.
      unexpected: Math.max(mails('unexpected'), mailers.count),
      by: mailers,
    },
    updates: {
      fetched: someOf(things.filter((device) => hasFetched(device, within)).map(({ mac }) => mac)),
      overdue: affected((incident) => incident.kind === 'updates_overdue' && isOpen(incident)),
    },
    exposed: affected((incident) => incident.kind === 'exposed' && told(incident) && lasted(incident)),
    mappings: affected((incident) => incident.kind === 'port_mapping' && told(incident) && lasted(incident)),
  };
}

/** One that was heard again after the week is asked for its hours: a silent one has none. */
function wasSeen({ activity, firstSeen, lastSeen }: Device, from: number, to: number): boolean {
  if (lastSeen < from) return false;
  if (lastSeen < to || firstSeen >= from) return true;
  return [...activity].some(({ hour }) => (hour + 1) * HOUR > from && hour * HOUR < to);
}

function hasFetched({ timeline }: Device, within: (time: number) => boolean): boolean {
  return timeline.some(({ kind, time }) => kind === 'firmware_download' && within(time));
}

function gapsOf(hours: readonly WatchHour[], whole: number): WeekSummary['gaps'] {
  const known: GapMinutes = shareOf(hours, whole).gaps;
  const unrecorded = whole - hours.reduce((sum, { spent }) => sum + accounted(spent), 0);
  const gaps: WeekSummary['gaps'] = unrecorded > 0 ? { unrecorded: inMinutes(unrecorded) } : {};
  for (const gap of GAPS) if (known[gap] !== undefined) gaps[gap] = known[gap];
  return gaps;
}

function someOf(macs: Iterable<Mac>): SomeDevices {
  const all = [...macs].sort();
  return { count: all.length, macs: all.slice(0, KEPT_DEVICES) };
}

export interface SummaryStore {
  meta(key: string): string | null;
  setMeta(key: string, text: string, durable: boolean, alerts: readonly OutboxMessage[]): void;
}

/** The last summaries, on disk in one piece. */
export class WeekBook {
  readonly #store: SummaryStore;
  #weeks: WeekSummary[];

  constructor(store: SummaryStore) {
    this.#store = store;
    this.#weeks = parsed(store.meta(KEY));
  }

  /** Oldest first. */
  all(): readonly WeekSummary[] {
    return this.#weeks;
  }

  /** Those of a time that has not come yet were made by a wrong clock. `alerts` tell of it: both are on disk or neither. */
  add(week: WeekSummary, alerts: readonly OutboxMessage[]): void {
    this.#weeks = [...this.#weeks.filter(({ to }) => to < week.to), week].slice(-WEEKS_KEPT);
    this.#store.setMeta(KEY, JSON.stringify(this.#weeks), true, alerts);
  }
}

/** What is no summary is left out. */
function parsed(text: string | null): WeekSummary[] {
  if (text === null) return [];
  try {
    const values = z.array(z.unknown()).parse(JSON.parse(text));
    return values.flatMap((value) => shape().safeParse(value).data ?? []);
  } catch {
    return [];
  }
}
