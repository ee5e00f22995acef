// A busy home of two weeks in a fleet: its devices from made-up frames, and far more incidents than a home has.
import { Home } from '../../sensor/attribute/home.ts';
import { PrivateThings } from '../../sensor/attribute/private-things.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import type { FleetBooks } from '../../sensor/fleet/books.ts';
import { DAY, DayBook } from '../../sensor/fleet/day-book.ts';
import { pseudonyms } from '../../sensor/fleet/pseudonym.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { emptyHour } from '../../sensor/record/watch-hours.ts';
import { type Spine, shippedNotes } from '../../sensor/spine.ts';
import { anIncident } from '../support/small-home.ts';
import { PCAP_START } from './generate.ts';
import { Household } from './household.ts';
import { memorySpine } from './spine.ts';

export interface FleetHomeOptions {
  devices: number;
  incidents: number;
  /** Connections of a thing in a day. */
  connections: number;
}

const DAYS = 16;
/** Steps before an incident, as the recorder keeps them. */
const BEFORE = 50;

/** The sensor at the end of these weeks, and its books. */
export function busyHome({ connections, devices: count, incidents: many }: FleetHomeOptions): {
  books: FleetBooks;
  spine: Spine;
} {
  const spine = memorySpine();
  const { engine, knowledge } = spine;
  const household = new Household({ devices: count, connections, seed: 3 });
  for (let day = 0; day < DAYS; day++) {
    for (const { data, time } of household.day(PCAP_START + day * DAY))
      engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length });
  }
  const now = PCAP_START + DAYS * DAY;
  engine.tick(now);
  const devices = engine.devices.all();
  const home = new Home([]);
  home.restore(engine.memory());
  const days = new DayBook(null);
  const look = { vantage: engine.vantage, lossPercent: 0.1, version: '1.2.3' };
  days.observe(now - DAYS * DAY, look, true);
  days.observe(now, look, true);
  const privates = new PrivateThings(devices);
  const things = devices.filter(({ role }) => role === 'device');
  const incidents = Array.from({ length: many }, (_, n): Incident => {
    const device = things[n % things.length];
    const startedAt = now - ((n % (DAYS * 24)) + 1) * 60 * 60_000;
    const before = (device?.timeline ?? []).slice(-BEFORE).reverse();
    return anIncident({
      id: n.toString(16).padStart(16, '0'),
      device: device?.mac ?? null,
      startedAt,
      lastAt: startedAt,
      before,
    });
  });
  // As of a sensor that watches.
  const hours = Array.from({ length: DAYS * 24 }, (_, n) => {
    const hour = emptyHour(Math.floor((now - DAYS * DAY) / (60 * 60_000)) + n);
    hour.spent.watched = 60 * 60_000;
    return hour;
  });
  const books: FleetBooks = {
    ...{ devices, incidents, days, home, knowledge, hours, since: 0, now },
    families: new Set(shippedNotes().map(({ slug }) => slug)),
    isPrivate: (mac) => privates.has(mac),
    pseudonym: pseudonyms('5ec2e7'.padEnd(64, '0')),
  };
  return { books, spine };
}
