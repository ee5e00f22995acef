// Whom a device talks to, by registrable domain, and what is worth telling about it: a new backend after the learning
// time, a firmware download, updates that no longer come. Roles come from firmware notes, else from a conservative rule.
import type { Connection } from '../attribute/connection.ts';
import { destinationOf } from '../attribute/destination.ts';
import {
  type Backend,
  type BackendRole,
  backendKey,
  type Device,
  LIMITS,
  type NameSource,
} from '../attribute/device.ts';
import { Oldest } from '../attribute/oldest.ts';
import { Queue } from '../attribute/queue.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { addTimeline } from '../attribute/timeline.ts';
import { isMailPort } from '../decode/interest.ts';
import { BackendVolumes } from './backend-volumes.ts';
import type { Detector, Surroundings } from './detector.ts';

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;
/** An answered connection that has shown no name for this long is counted by what DNS knows. */
const NAME_WITHIN = 10 * SECOND;
/** Such connections at once; those beyond are counted when they end. */
const MAX_UNNAMED = 8192;
/** How often overdue updates are looked for, in packet time. */
const OVERDUE_EVERY = 60 * 60 * SECOND;
/** Hosts that nobody meets for so long, in packet time, need not be known: people go to ever new ones. */
const FORGET_HOSTS_EVERY = DAY;
/** A device not heard of for this long is switched off, not overdue. */
const STILL_HERE = 3 * DAY;
const ACTIVITY_DAYS = 31;
/** Roles that `backendKey` tells apart; all others are with `unknown`. */
const KEPT_APART = ['unknown', 'update', 'store'] as const;

const oldest = new Oldest<string, Backend>(({ lastSeen }) => lastSeen);

type Judgement = Pick<Backend, 'role' | 'roleFrom' | 'note' | 'shared'>;

/** An address without a name. */
const UNKNOWN: Judgement = { role: 'unknown', roleFrom: null, note: null, shared: false };

export class BackendDetector implements Detector {
  readonly name = 'backends';
  readonly #around: Surroundings;
  /** Answered connections that have not shown their name yet, oldest first. */
  readonly #unnamed = new Queue<{ device: Device; connection: Connection; due: number }>();
  #nextOverdueCheck = 0;
  #forgotHostsAt = 0;
  readonly #volumes = new BackendVolumes();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** An answered connection's name may still come. */
  settled(device: Device, connection: Connection, time: number): void {
    if (connection.outcome !== 'connected' || connection.mailAttempt || connection.backend !== null) return;
    this.#unnamed.push({ device, connection, due: time + NAME_WITHIN });
    if (this.#unnamed.size > MAX_UNNAMED) this.#unnamed.shift();
  }

  /**
   * `connection` has shown its name, or will not: counts it to its backend, and another host of it to its own.
   * `bareAddress`: it asked for the address itself.
   */
  named(device: Device, connection: Connection, time: number, bareAddress: string | null): void {
    const { ip, port, through } = destinationOf(connection);
    if (isMailPort(port)) return;
    const name = connection.name === null ? ip : this.#around.knowledge.host(connection.name).domain;
    const backend = this.#backend(device, name, connection, time);
    backend.hosts = withItem(backend.hosts, connection.name, LIMITS.backendHosts);
    backend.hosts = withItem(backend.hosts, bareAddress, LIMITS.backendHosts);
    backend.through = withItem(backend.through, through, LIMITS.backendProxies);
    backend.nameFrom = withItem(backend.nameFrom, connection.nameFrom);
    if (connection.nameIsOuter) backend.outerName = true;
    touch(backend, time);
    // A proxy's connection may name several hosts: it counts for the first, and once for one known by it alone.
    if (connection.backend === null || backend.connections === 0) backend.connections++;
    const counted = countedTo(device, connection);
    // A further request on a kept connection shows what the earlier ones brought.
    if (counted === undefined) connection.backend ??= backendKey(backend);
    else this.#volumes.count(device, counted, connection, time);
  }

  received(device: Device, connection: Connection, time: number): void {
    this.ended(device, connection, time);
  }

  /** The connection is over: its volume is known. */
  ended(device: Device, connection: Connection, time: number): void {
    const worked = connection.outcome === 'connected' || connection.carriedData;
    if (connection.backend === null && worked) this.named(device, connection, connection.openedAt, null);
    const backend = countedTo(device, connection);
    if (backend === undefined) return;
    touch(backend, time);
    this.#volumes.count(device, backend, connection, time);
  }

  /** Packet time has reached `time`. */
  tick(time: number): void {
    for (let next = this.#unnamed.first; next !== undefined && next.due <= time; next = this.#unnamed.first) {
      const { connection, device } = next;
      if (connection.backend === null && !connection.ended) this.named(device, connection, connection.openedAt, null);
      this.#unnamed.shift();
    }
    // A clock that was set back is not waited for.
    if (time < this.#nextOverdueCheck && time >= this.#nextOverdueCheck - OVERDUE_EVERY) return;
    this.#nextOverdueCheck = time + OVERDUE_EVERY;
    for (const device of this.#around.devices.all()) this.#checkOverdue(device, time);
    if (Math.abs(time - this.#forgotHostsAt) < FORGET_HOSTS_EVERY) return;
    this.#forgotHostsAt = time;
    this.#around.knowledge.forgetUnusedHosts();
  }

  moveTime({ by }: TimeMove): void {
    for (const unnamed of this.#unnamed) unnamed.due += by;
    this.#nextOverdueCheck += by;
  }

  #lived(from: number, to: number): number {
    return this.#around.settings.time?.lived(from, to) ?? to - from;
  }

  #backend(device: Device, name: string, connection: Connection, time: number): Backend {
    const host = connection.name;
    const judged = host === null ? UNKNOWN : this.#judge(device, host);
    const key = backendKey({ name, role: judged.role });
    const plain = device.backends.get(name);
    if (plain !== undefined && key !== name && host !== null && plain.hosts.includes(host))
      moveHost(device, plain, host, judged);
    const known = device.backends.get(key);
    if (known !== undefined) {
      if (known.role === 'unknown' || known.roleFrom === 'host-label') assignRole(known, judged);
      return known;
    }
    const isKnownDomain = backendsNamed(device, name).length > 0;
    const backend: Backend = {
      name,
      role: judged.role,
      roleFrom: judged.roleFrom,
      note: judged.note,
      hosts: [],
      nameFrom: [],
      through: [],
      outerName: false,
      shared: judged.shared,
      connections: 0,
      bytesUp: 0,
      bytesDown: 0,
      firstSeen: time,
      lastSeen: time,
      days: [],
    };
    device.backends.set(key, backend);
    if (device.backends.size > LIMITS.backends) oldest.giveWay(device.backends);
    // A new host in a domain the device knows is news only when it brings code.
    if (!isKnownDomain || isNotable(judged.role)) this.#announce(device, backend, connection, time);
    return backend;
  }

  /** What `host` is for, as the notes say, else as its own labels do. */
  #judge(device: Device, host: string): Judgement {
    const { knowledge } = this.#around;
    const { shared, store } = knowledge.host(host);
    const known = knowledge.backend(host, device);
    if (known !== null)
      return { role: known.role, roleFrom: 'note', note: known.note, shared: shared || !known.dedicated };
    if (knowledge.isUpdateHost(host, device)) return { role: 'update', roleFrom: 'host-label', note: null, shared };
    if (store !== null)
      return { role: 'store', roleFrom: store === 'listed' ? 'store-list' : 'host-label', note: null, shared };
    return { role: 'unknown', roleFrom: null, note: null, shared };
  }

  #announce(device: Device, backend: Backend, connection: Connection, time: number): void {
    const { ip, port, through } = destinationOf(connection);
    const learning = this.#lived(device.firstSeen, time) < this.#around.settings.learningDays * DAY;
    addTimeline(device, {
      time,
      kind: 'backend_new',
      name: connection.name ?? backend.name,
      nameFrom: connection.nameFrom,
      ip,
      role: backend.role,
      detail: { backend: backend.name, port, ...(through === null ? {} : { through }) },
    });
    if (learning) return;
    const notable = isNotable(backend.role) || connection.name === null;
    // People install on their computers what they like; so do those that run the sensor, which updates itself besides.
    const isComputer = device.role === 'sensor' || this.#around.knowledge.isGeneralPurpose(device);
    const severity = notable && !isComputer ? 'medium' : 'info';
    const destination = { ip, port, name: connection.name };
    this.#around.found(
      {
        kind: 'backend_new',
        severity,
        device: device.mac,
        portClass: newsClass(backend, connection.name),
        time,
        effect: 'opens',
        destination,
        evidence: {
          backend: backend.name,
          role: backend.role,
          destination,
          nameFrom: publicSource(connection.nameFrom),
          ...(through === null ? {} : { through }),
        },
        first: {},
        add: { backends: 1 },
      },
      device,
    );
  }

  #checkOverdue(device: Device, time: number): void {
    let newest: Backend | null = null;
    for (const backend of device.backends.values()) {
      if (backend.role === 'update' && backend.lastSeen > (newest?.lastSeen ?? 0)) newest = backend;
    }
    if (newest === null || this.#lived(newest.lastSeen, time) < this.#around.settings.overdueDays * DAY) return;
    if (time - device.lastSeen > STILL_HERE) return;
    this.#around.found(
      {
        kind: 'updates_overdue',
        severity: 'low',
        device: device.mac,
        portClass: newest.name,
        time,
        effect: 'state',
        destination: null,
        evidence: { backend: newest.name, lastContact: new Date(newest.lastSeen).toISOString() },
        first: {},
        add: {},
      },
      device,
    );
  }
}

/** What a device has under one name: update servers and stores are entries of their own. */
export function backendsNamed(device: Device, name: string): Backend[] {
  return backendKeys(name).flatMap((key) => device.backends.get(key) ?? []);
}

/** Under which a device may have what bears this name. */
export function backendKeys(name: string): string[] {
  return KEPT_APART.map((role) => backendKey({ name, role }));
}

/** The backend that has `connection`; undefined where it was not counted yet, or its backend was forgotten. */
function countedTo(device: Device, { backend }: Connection): Backend | undefined {
  return backend === null ? undefined : device.backends.get(backend);
}

/** The contract knows four sources; a name from another device's answer is still a DNS name. */
function publicSource(from: NameSource | null): Exclude<NameSource, 'dns-other'> | null {
  return from === 'dns-other' ? 'dns' : from;
}

/** Every update server and store is an incident of its own; of the rest there may be thousands, so each device has one for all. */
function newsClass(backend: Backend, host: string | null): string {
  if (isNotable(backend.role)) return backendKey(backend);
  return host === null ? 'unnamed' : 'other';
}

/** Roles by which code reaches a device. */
function isNotable(role: BackendRole): boolean {
  return role === 'update' || role === 'store';
}

function assignRole(backend: Backend, { note, role, roleFrom, shared }: Judgement): void {
  backend.role = role;
  backend.roleFrom = roleFrom;
  backend.note = note;
  backend.shared ||= shared;
}

/** A host turned out to be an update server or store after it was filed with the rest of its domain. */
function moveHost(device: Device, plain: Backend, host: string, judged: Judgement): void {
  plain.hosts = plain.hosts.filter((other) => other !== host);
  const key = backendKey({ name: plain.name, role: judged.role });
  if (plain.hosts.length > 0 || device.backends.has(key)) return;
  device.backends.delete(backendKey(plain));
  assignRole(plain, judged);
  device.backends.set(key, plain);
}

/** `list`, at its end what it lacks and has room for. A home has thousands of these lists: `push` leaves room for 16 items more in each. */
function withItem<Item>(list: Item[], item: Item | null, most = Number.POSITIVE_INFINITY): Item[] {
  return item === null || list.length >= most || list.includes(item) ? list : list.concat([item]);
}

function touch(backend: Backend, time: number): void {
  backend.firstSeen = Math.min(backend.firstSeen, time);
  backend.lastSeen = Math.max(backend.lastSeen, time);
  const day = Math.floor(time / DAY);
  if (!backend.days.includes(day)) backend.days = backend.days.concat([day]).slice(-ACTIVITY_DAYS);
}
