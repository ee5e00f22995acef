// What a home in a test would tell its fleet: its books from the real spine, and the records that are made of them.
import { Home } from '../../../sensor/attribute/home.ts';
import { PrivateThings } from '../../../sensor/attribute/private-things.ts';
import type { FleetBooks } from '../../../sensor/fleet/books.ts';
import { DAY, DayBook } from '../../../sensor/fleet/day-book.ts';
import { type Planned, planRecords } from '../../../sensor/fleet/plan.ts';
import { pseudonyms } from '../../../sensor/fleet/pseudonym.ts';
import {
  type CoverageBody,
  type FleetRecord,
  fleetRecord,
  type IncidentBody,
  type UsageBody,
} from '../../../sensor/fleet/record.ts';
import { type Spine, shippedNotes } from '../../../sensor/spine.ts';

export const SECRET = '5ec2e7'.padEnd(64, '0');
const FAMILIES = new Set(shippedNotes().map(({ slug }) => slug));
const NOTHING_SENT = { get: () => undefined, entries: () => [] };

export interface TellingOptions extends Partial<FleetBooks> {
  homeNet?: readonly string[];
}

/** Of a moment two days after the last frame, so that the day of each is over. */
export function booksOf({ engine, knowledge, recorder }: Spine, options: TellingOptions = {}): FleetBooks {
  const { homeNet = [], ...others } = options;
  const devices = engine.devices.all();
  const home = new Home(homeNet);
  home.restore(engine.memory());
  const days = new DayBook(null);
  const last = devices.reduce((newest, { lastSeen }) => Math.max(newest, lastSeen), 0);
  const look = { vantage: engine.vantage, lossPercent: engine.loss.overall.percent, version: '1.2.3' };
  days.observe(last - 10 * DAY, look, true);
  days.observe(last, look, true);
  const privates = new PrivateThings(devices);
  return {
    ...{ devices, home, days, knowledge, families: FAMILIES, hours: null, since: 0 },
    incidents: recorder.incidents.values(),
    isPrivate: (mac) => privates.has(mac),
    pseudonym: pseudonyms(SECRET),
    now: last + 2 * DAY,
    ...others,
  };
}

/** Each checked by the shape that the other end checks. */
export function recordsOf(spine: Spine, options: TellingOptions = {}): FleetRecord[] {
  return planOf(spine, options).map(({ record }) => fleetRecord.parse(record));
}

export function planOf(spine: Spine, options: TellingOptions = {}): Planned[] {
  return planRecords(booksOf(spine, options), NOTHING_SENT);
}

export function incidentsIn(records: readonly FleetRecord[]): IncidentBody[] {
  return records.flatMap((record) => (record.kind === 'incident' ? [record.body] : []));
}

export function usageIn(records: readonly FleetRecord[]): UsageBody[] {
  return records.flatMap((record) => (record.kind === 'usage' ? [record.body] : []));
}

export function coverageIn(records: readonly FleetRecord[]): CoverageBody[] {
  return records.flatMap((record) => (record.kind === 'coverage' ? [record.body] : []));
}
