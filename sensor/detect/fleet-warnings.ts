// Other homes saw devices begin to mail after contact with a backend, and said so: a device here that uses it has an incident before
// it mails. It is other people's word: it opens and closes incidents of its own kind and touches nothing else.
import { z } from 'zod';
import type { Connection } from '../attribute/connection.ts';
import { destinationOf } from '../attribute/destination.ts';
import type { Device } from '../attribute/device.ts';
import { Queue } from '../attribute/queue.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { lazily } from '../lazily.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type Finding, isMailKind, type Severity } from './finding.ts';
import { type HeldWarning, toldVendor } from './held-warning.ts';
import { DeviceMemory, HOME } from './memory.ts';
import {
  type Among,
  amongOf,
  byBackend,
  day,
  MOST_WARNINGS,
  severityOf,
  type Warned,
  type Who,
  warningFacts,
} from './warned.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** Incidents that one warning, and all of them, may open within a day: who makes warnings up must not drown what is seen here. */
export const OPENED_A_DAY = { byOne: 16, byAll: 48 } as const;
/** All devices are looked at this often (ms): one may have turned out to be of a warned family. */
const LOOK_EVERY = 10 * MINUTE;
/** However often warnings change, all devices are looked at for it so often (ms); a contact is told at once all the same. */
const NEWS_EVERY = 10 * SECOND;
/** Further contacts are told at most this often (ms). */
const TOLD_EVERY = MINUTE;
/** By then an answered connection that shows no name is counted by its address. */
const UNNAMED_FOR = 11 * SECOND;
/** Such connections to warned addresses at once. */
const MOST_UNNAMED = 256;

const heldShape = lazily(() =>
  z.object({
    backend: z.string(),
    /** Of which warning the incident tells. */
    id: z.string(),
    revision: z.number(),
    issued: z.string(),
    contacts: z.number(),
    hasMailed: z.boolean(),
    toldAt: z.number(),
  }),
);
type Held = z.infer<ReturnType<typeof heldShape>>;

/** Of a device what was told; of the home when which warning opened an incident, within a day. */
const memoryShape = lazily(() =>
  z.object({
    held: z.array(heldShape()).max(MOST_WARNINGS),
    opened: z.array(z.object({ id: z.string(), at: z.number() })).max(OPENED_A_DAY.byAll),
  }),
);
type Known = z.infer<ReturnType<typeof memoryShape>>;

interface Contacts {
  count: number;
  first: number;
  last: number;
}

export class FleetWarningDetector implements Detector {
  readonly name = 'fleet-warnings';
  readonly memory: DeviceMemory<Known>;
  readonly #around: Surroundings;
  /** By backend. */
  #warnings = new Map<string, Warned>();
  readonly #unnamed = new Queue<{ device: Device; connection: Connection; ip: string; due: number }>();
  #nextLook = 0;
  #lookedAt = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory((value) => memoryShape().safeParse(value).data ?? null, around.devices);
  }

  warned(warnings: readonly HeldWarning[]): void {
    this.#warnings = byBackend(warnings);
    this.#nextLook = Math.min(this.#nextLook, this.#lookedAt + NEWS_EVERY);
    this.#around.onWait(1);
  }

  /** Backends have counted it already: they hear of it first. */
  named(device: Device, connection: Connection, time: number): void {
    if (this.#warnings.size === 0) return;
    const name =
      connection.name === null ? destinationOf(connection).ip : this.#around.knowledge.host(connection.name).domain;
    this.#contact(device, name, connection, time);
  }

  settled(device: Device, connection: Connection, time: number): void {
    if (this.#warnings.size === 0 || connection.outcome !== 'connected' || connection.name !== null) return;
    const { ip } = destinationOf(connection);
    if (!this.#warnings.has(ip)) return;
    this.#unnamed.push({ device, connection, ip, due: time + UNNAMED_FOR });
    if (this.#unnamed.size > MOST_UNNAMED) this.#unnamed.shift();
  }

  ended(device: Device, connection: Connection, time: number): void {
    if (this.#warnings.size === 0 || connection.backend === null) return;
    const backend = device.backends.get(connection.backend);
    if (backend !== undefined) this.#contact(device, backend.name, connection, time);
  }

  /** The device that is warned of mails: its warnings say so no longer that it has not. */
  finding({ kind, time }: Finding, device: Device | null): void {
    const known = device === null || !isMailKind(kind) ? undefined : this.memory.get(device.mac);
    if (device === null || known === undefined) return;
    for (const { backend, hasMailed } of known.held)
      if (!hasMailed) this.#judge(device, this.#who(device), backend, time);
  }

  tick(time: number): void {
    for (let next = this.#unnamed.first; next !== undefined && next.due <= time; next = this.#unnamed.first) {
      this.#unnamed.shift();
      this.#contact(next.device, next.ip, next.connection, time);
    }
    // A clock that was set back is not waited for.
    if (time < this.#nextLook && time > this.#nextLook - LOOK_EVERY) return;
    this.#lookedAt = time;
    this.#leaveOut(time);
    const ends = [...this.#warnings.values()].flatMap(({ warnings }) => warnings.map(({ expiresAt }) => expiresAt));
    this.#nextLook = Math.min(time + LOOK_EVERY, ...ends);
    this.#closeEnded(time);
    if (this.#warnings.size > 0) for (const device of this.#around.devices.all()) this.#lookAt(device, time);
  }

  moveTime({ by }: TimeMove): void {
    for (const unnamed of this.#unnamed) unnamed.due += by;
    this.#nextLook = 0;
  }

  #lookAt(device: Device, time: number): void {
    let who: Who | null = null;
    for (const [backend, { keys }] of this.#warnings) {
      if (!keys.some((key) => device.backends.has(key))) continue;
      // It is asked once, as it costs most.
      who ??= this.#who(device);
      this.#judge(device, who, backend, time);
    }
  }

  #contact(device: Device, backend: string, connection: Connection, time: number): void {
    if (this.#warnings.has(backend)) this.#judge(device, this.#who(device), backend, time, connection);
  }

  /** Those that have expired. */
  #leaveOut(time: number): void {
    for (const [backend, { keys, warnings }] of this.#warnings) {
      const lasting = warnings.filter(({ expiresAt }) => expiresAt > time);
      if (lasting.length === 0) this.#warnings.delete(backend);
      else this.#warnings.set(backend, { keys, warnings: lasting });
    }
  }

  /** What was told and is warned of no more, or turns out to be about others. */
  #closeEnded(time: number): void {
    for (const [mac, { held }] of [...this.memory.entries()]) {
      const device = held.length === 0 ? undefined : this.#around.devices.get(mac);
      if (device === undefined) continue;
      const who = this.#who(device);
      for (const one of held) if (this.#warningFor(who, one.backend, time) === null) this.#close(device, one, time);
    }
  }

  #close(device: Device, { backend }: Held, time: number): void {
    const known = this.memory.get(device.mac);
    if (known === undefined) return;
    known.held = known.held.filter((one) => one.backend !== backend);
    if (known.held.length === 0) this.memory.forget(device.mac);
    else this.memory.mark(device.mac);
    this.#around.found(
      {
        ...finding(device, backend, 'low', time),
        effect: 'updates',
        closes: true,
        evidence: { endedAt: new Date(time).toISOString() },
      },
      device,
    );
  }

  /** The one of most homes that holds for the device, and as what. */
  #warningFor(who: Who, backend: string, time: number): { warning: HeldWarning; among: Among } | null {
    for (const warning of this.#warnings.get(backend)?.warnings ?? []) {
      const among = warning.expiresAt > time ? amongOf(warning, who) : null;
      if (among !== null) return { warning, among };
    }
    return null;
  }

  #who(device: Device): Who {
    const { knowledge } = this.#around;
    return {
      family: knowledge.matchOf(device)?.slug ?? null,
      vendor: toldVendor(knowledge.vendorOf(device)),
      isThing: knowledge.classOf(device).class === 'thing',
    };
  }

  /** `connection`: its contact just now; without one all that is known of the device is looked at. */
  #judge(device: Device, who: Who, backend: string, time: number, connection?: Connection): void {
    const found = this.#warningFor(who, backend, time);
    if (found === null) return;
    const { among, warning } = found;
    const before = this.memory.get(device.mac)?.held.find((one) => one.backend === backend);
    if (before === undefined && !this.#mayOpen(device, warning, time)) return;
    const contacts = contactsOf(device, this.#warnings.get(backend)?.keys ?? []);
    if (contacts === null) return;
    const now: Held = {
      ...{ backend, id: warning.id, revision: warning.revision, issued: day(warning.issuedAt) },
      ...{ contacts: contacts.count, hasMailed: device.mail.attempts > 0, toldAt: time },
    };
    if (before !== undefined && !isWorthTelling(before, now)) return;
    if (before === undefined && !this.#around.devices.keep(device)) return;
    // A contact is told as a new judgement, so that it is news again once a person has dealt with the earlier ones.
    const isContact = before === undefined || contacts.count > before.contacts;
    const known = this.memory.of(device.mac, () => ({ held: [], opened: [] }));
    if (before === undefined) {
      known.held.push(now);
      this.#open(warning, time);
    } else Object.assign(before, now);
    this.memory.mark(device.mac);
    this.#around.found(
      {
        ...finding(device, backend, severityOf(warning), time),
        effect: isContact ? 'opens' : 'updates',
        ...(connection === undefined ? {} : { about: connection }),
        evidence: {
          ...warningFacts(warning),
          among,
          contacts: contacts.count,
          firstContact: new Date(contacts.first).toISOString(),
          lastContact: new Date(contacts.last).toISOString(),
          ownMail: device.mail.attempts,
        },
      },
      device,
    );
  }

  #mayOpen({ mac }: Device, { id }: HeldWarning, time: number): boolean {
    const { held } = this.memory.get(mac) ?? { held: [] };
    if (held.length >= MOST_WARNINGS) return false;
    const lately = (this.memory.get(HOME)?.opened ?? []).filter(({ at }) => isOfToday(at, time));
    return lately.length < OPENED_A_DAY.byAll && lately.filter((one) => one.id === id).length < OPENED_A_DAY.byOne;
  }

  #open({ id }: HeldWarning, time: number): void {
    const known = this.memory.of(HOME, () => ({ held: [], opened: [] }));
    known.opened = [...known.opened.filter(({ at }) => isOfToday(at, time)), { id, at: time }];
    this.memory.mark(HOME);
  }
}

function isOfToday(at: number, time: number): boolean {
  return at <= time && time - at < DAY;
}

function contactsOf(device: Device, keys: readonly string[]): Contacts | null {
  const backends = keys.flatMap((key) => device.backends.get(key) ?? []);
  if (backends.length === 0) return null;
  return {
    count: backends.reduce((sum, { connections }) => sum + connections, 0),
    first: Math.min(...backends.map(({ firstSeen }) => firstSeen)),
    last: Math.max(...backends.map(({ lastSeen }) => lastSeen)),
  };
}

/** A later warning and mail at once, further contacts now and then. */
function isWorthTelling(before: Held, now: Held): boolean {
  const isLater = now.id !== before.id || now.revision !== before.revision || now.issued !== before.issued;
  if (isLater || now.hasMailed !== before.hasMailed) return true;
  return now.contacts > before.contacts && Math.abs(now.toldAt - before.toldAt) >= TOLD_EVERY;
}

function finding(device: Device, backend: string, severity: Severity, time: number): Omit<Finding, 'effect'> {
  return {
    ...{ kind: 'fleet_warning', severity, device: device.mac, portClass: backend, time },
    ...{ destination: null, evidence: {}, first: {}, add: {} },
  };
}
