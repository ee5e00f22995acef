// What a home's reports are made of: the sensor's own books at one moment, whoever opened them. And what of a device may be told.
import { chainOf, type Device, isLocallyAdministered } from '../attribute/device.ts';
import type { Home } from '../attribute/home.ts';
import type { Mac } from '../decode/packet.ts';
import { toldVendor } from '../detect/held-warning.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Incident } from '../record/incident.ts';
import type { WatchHour } from '../record/watch-hours.ts';
import type { DayBook } from './day-book.ts';
import type { Pseudonym } from './pseudonym.ts';
import { PublicNames } from './public-names.ts';
import type { IncidentBody, UsageBody } from './record.ts';

export interface FleetBooks {
  devices: readonly Device[];
  incidents: Iterable<Incident>;
  /** How much of each hour the home was seen; null where frames were recorded. */
  hours: readonly WatchHour[] | null;
  days: DayBook;
  home: Home;
  knowledge: Pick<Knowledge, 'classOf' | 'noteOf' | 'vendorOf'>;
  /** Slugs that mean the same to everybody: those of the notes that come with thingwatch. */
  families: ReadonlySet<string>;
  isPrivate(mac: Mac): boolean;
  pseudonym: Pseudonym;
  /** Packet time, ms. */
  now: number;
  /** What was over before this (packet time, ms) is nobody's business: the home was in no fleet. */
  since: number;
}

/** As it is told of: with others of its kind, and itself by a hash. */
export type ToldDevice = NonNullable<IncidentBody['device']>;
export type Group = Pick<UsageBody, 'family' | 'vendor' | 'class'>;

/** More named backends than that on one thing: a person browses on it, whatever it is taken for. */
const BROWSED = 64;

/** The books, with what is asked of them again and again worked out once. */
export class Told {
  readonly books: FleetBooks;
  readonly names: PublicNames;
  readonly #devices: ReadonlyMap<Mac, Device>;

  constructor(books: FleetBooks) {
    this.books = books;
    this.names = new PublicNames({ devices: books.devices, home: books.home });
    this.#devices = new Map(books.devices.map((device) => [device.mac, device]));
  }

  /** Null where it is private, or nobody knows whether: of a device that was forgotten nothing is told. */
  device(mac: Mac): Device | null {
    const device = this.#devices.get(mac);
    return device === undefined || this.books.isPrivate(mac) ? null : device;
  }

  hashOf(device: Device): string {
    return this.books.pseudonym('device', this.thingOf(device));
  }

  /** The oldest address of the same thing. */
  thingOf(device: Device): Mac {
    return chainOf(device, (mac) => this.#devices.get(mac)).at(-1)?.mac ?? device.mac;
  }

  groupOf(device: Device): Group {
    const { families, knowledge } = this.books;
    const slug = knowledge.noteOf(device)?.slug ?? null;
    return {
      // A note of the home's own may bear anybody's name.
      family: slug !== null && families.has(slug) ? slug : null,
      vendor: toldVendor(knowledge.vendorOf(device)),
      class: knowledge.classOf(device).class,
    };
  }

  /**
   * Whether what it calls may be what a person looks at: then nothing is told but who brings it code. A thing is told apart from a
   * telephone that nobody recognised only by what it does not do, so doubt makes a person's.
   */
  isPersonal(device: Device): boolean {
    const { class: kind, evidence } = this.books.knowledge.classOf(device);
    if (kind === 'general-purpose' || device.role === 'sensor') return true;
    if (this.books.knowledge.noteOf(device) !== null) return false;
    if (isLocallyAdministered(device.mac) || evidence.some(({ weight }) => weight > 0)) return true;
    let named = 0;
    for (const { hosts, role } of device.backends.values()) if (role === 'unknown' && hosts.length > 0) named++;
    return named > BROWSED;
  }
}
