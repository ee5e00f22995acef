// What becomes of times when the clock turns out to have been wrong: plain data is moved in place. It decides nothing; when
// and by how much, main/sensor-clock.ts knows.
import { Activity, type ActivityHour } from './activity.ts';
import type { Device } from './device.ts';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/**
 * Times from `since` up to `until` (ms, both included) were `by` too early; the present is `until`. With `since` at `until`
 * nothing that happened was stamped wrong: the clock only goes on from elsewhere, and what waits, waits no longer and no shorter.
 */
export interface TimeMove {
  readonly since: number;
  readonly until: number;
  readonly by: number;
}

/** `time` as it is called after the move. */
export function movedTime(time: number, { since, until, by }: TimeMove): number {
  return isWithin(time, { since, until, by }) ? time + by : time;
}

function isWithin(time: number, { since, until }: TimeMove): boolean {
  return since < until && time >= since && time <= until;
}

/** As `Date.toISOString` writes it. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Moves every time in `value`, which is plain data: numbers and ISO texts within the move. A count is no such number, as times
 * are beyond 10¹²; byte totals may be, and are left alone by their name. Returns whether anything was moved.
 */
export function moveTimes(value: unknown, move: TimeMove): boolean {
  if (typeof value !== 'object' || value === null || move.since >= move.until) return false;
  if (value instanceof Map) return [...value.values()].filter((item) => moveTimes(item, move)).length > 0;
  let isMoved = false;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    const moved = key.startsWith('bytes') ? field : movedField(field, move);
    if (moved !== field) {
      fields[key] = moved;
      isMoved = true;
    } else if (moveTimes(field, move)) isMoved = true;
  }
  return isMoved;
}

function movedField(field: unknown, move: TimeMove): unknown {
  if (typeof field === 'number') return movedTime(field, move);
  if (typeof field !== 'string' || !ISO.test(field)) return field;
  const time = Date.parse(field);
  return isWithin(time, move) ? new Date(time + move.by).toISOString() : field;
}

/** Moves all that is remembered of a device, its days and hours of activity too. Returns whether anything was moved. */
export function moveDevice(device: Device, move: TimeMove): boolean {
  if (move.since >= move.until) return false;
  // An hour or day that began before the move and was shared with earlier activity stays where it is.
  const isNew = (first: number) => first >= move.since;
  const isNewDevice = isNew(device.firstSeen);
  const newBackends = new Set([...device.backends.values()].filter(({ firstSeen }) => isNew(firstSeen)));
  let isMoved = moveTimes(device, move);
  for (const backend of device.backends.values()) {
    const days = movedUnits(backend.days, DAY, move, newBackends.has(backend));
    if (days === null) continue;
    backend.days = [...new Set(days)].sort((a, b) => a - b);
    isMoved = true;
  }
  const activity = [...device.activity];
  const hours = movedUnits(
    activity.map(({ hour }) => hour),
    HOUR,
    move,
    isNewDevice,
  );
  if (hours !== null) {
    const moved = activity.map((entry, n) => ({ ...entry, hour: hours[n] ?? entry.hour }));
    device.activity = new Activity(sumByHour(moved));
    isMoved = true;
  }
  device.timeline.sort((a, b) => a.time - b.time);
  return isMoved;
}

/** Units since 1970 (hours, days) as they are called after the move; null where all stay. */
function movedUnits(units: readonly number[], length: number, move: TimeMove, isWhollyNew: boolean): number[] | null {
  const by = Math.round(move.by / length);
  const first = isWhollyNew ? Math.floor(move.since / length) : Math.ceil(move.since / length);
  if (by === 0 || !units.some((unit) => unit >= first)) return null;
  return units.map((unit) => (unit >= first ? unit + by : unit));
}

function sumByHour(activity: readonly ActivityHour[]): ActivityHour[] {
  const byHour = new Map<number, ActivityHour>();
  for (const entry of activity) {
    const known = byHour.get(entry.hour);
    if (known === undefined) byHour.set(entry.hour, entry);
    else {
      known.connections += entry.connections;
      known.mailAttempts += entry.mailAttempts;
    }
  }
  return [...byHour.values()].sort((a, b) => a.hour - b.hour);
}
