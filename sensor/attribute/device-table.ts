// All devices by MAC, bounded: a flood of made-up MACs may fill the waiting room, never push out a known device.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { type Device, type Lease, LIMITS, newDevice } from './device.ts';
import { NameIndex } from './display-name.ts';

/** MACs of which only frames were seen so far. */
const WAITING = 512;
/** Owners of addresses that can be looked up by address. */
const ADDRESSES = 8192;
/** A device that was around this long (ms) is known for good. */
const SETTLED = 60 * 60_000;
/** Intervals kept of one address: two devices that fight over it must not push out the others. */
const SPELLS = 8;
/** Addresses that one thing may have had, one after the other, by a person's word. */
export const LONGEST_CHAIN = 16;

export class DeviceTable {
  readonly #known = new Map<Mac, Device>();
  readonly #waiting = new LRUCache<Mac, Device>({ max: WAITING });
  readonly #owners = new LRUCache<IpAddress, Mac>({ max: ADDRESSES });
  /** Kept devices that changed since they were last taken. */
  readonly #changed = new Set<Mac>();
  /** Kept devices that may have to give way, oldest first. */
  readonly #replaceable = new Set<Mac>();
  /** Handed out to be stored, so that they must be deleted there when they give way. */
  readonly #stored = new Set<Mac>();
  readonly #evicted = new Set<Mac>();
  readonly #names = new NameIndex();
  #refused = 0;

  /** Devices that found no place because all are taken by settled ones. */
  get refused(): number {
    return this.#refused;
  }

  get size(): number {
    return this.#known.size + this.#waiting.size;
  }

  get(mac: Mac): Device | undefined {
    return this.#known.get(mac) ?? this.#waiting.get(mac);
  }

  /** The device behind a frame's source address, made when new. Null for group addresses, which no sender has. */
  seen(mac: Mac | null, time: number): Device | null {
    if (mac === null || isGroup(mac)) return null;
    let device = this.get(mac);
    if (device === undefined) {
      device = newDevice(mac, time);
      this.#waiting.set(mac, device);
    }
    if (time > device.lastSeen) device.lastSeen = time;
    this.markChanged(device);
    return device;
  }

  /** The device and the older addresses of the same thing (`sameAs`), newest first; bounded, and no ring goes round twice. */
  sameThing(device: Device): Device[] {
    const chain = [device];
    for (let next = device.sameAs; next !== null && chain.length < LONGEST_CHAIN; ) {
      const older = this.get(next);
      if (older === undefined || chain.includes(older)) break;
      chain.push(older);
      next = older.sameAs;
    }
    return chain;
  }

  /** Makes a device one that is kept and stored. Returns false when there is no room. */
  keep(device: Device): boolean {
    if (this.#known.has(device.mac)) return true;
    if (this.#known.size >= LIMITS.devices && !this.#makeRoom()) {
      this.#refused++;
      return false;
    }
    this.#waiting.delete(device.mac);
    this.#known.set(device.mac, device);
    this.#replaceable.add(device.mac);
    this.#changed.add(device.mac);
    this.#names.refresh(device);
    return true;
  }

  /** Takes a stored device back after a restart. */
  restore(device: Device): void {
    this.#known.set(device.mac, device);
    this.#stored.add(device.mac);
    this.#replaceable.add(device.mac);
    for (const lease of device.leases) this.#owners.set(lease.ip, device.mac);
    this.#names.refresh(device);
  }

  /** The device announces another name. What is not kept takes no name from those that are. */
  renamed(device: Device): void {
    if (this.#known.has(device.mac)) this.#names.refresh(device);
  }

  /** Whether another thing of the home announces `name` as well; older addresses of the same thing are no other. */
  isNameShared(device: Device, name: string): boolean {
    return this.#names.isShared(name, (mac) => {
      const other = mac === device.mac ? device : this.get(mac);
      return other === undefined || this.sameThing(device).includes(other) || this.sameThing(other).includes(device);
    });
  }

  /** Devices that are called otherwise since the last call, because a name became shared or is so no longer. */
  takeRenamed(): Device[] {
    return this.#names.takeChanged().flatMap((mac) => this.#known.get(mac) ?? []);
  }

  forget(mac: Mac): boolean {
    const there = this.#known.delete(mac) || this.#waiting.delete(mac);
    for (const set of [this.#changed, this.#replaceable, this.#stored, this.#evicted]) set.delete(mac);
    this.#names.forget(mac);
    for (const [ip, owner] of this.#owners) if (owner === mac) this.#owners.delete(ip);
    return there;
  }

  /** Every device, sorted by MAC. */
  all(): Device[] {
    return [...this.#known.values(), ...this.#waiting.values()].sort((a, b) => (a.mac < b.mac ? -1 : 1));
  }

  /** Kept devices changed since the last call. */
  takeChanged(): Device[] {
    const changed = [...this.#changed].flatMap((mac) => this.#known.get(mac) ?? []);
    this.#changed.clear();
    for (const { mac } of changed) this.#stored.add(mac);
    return changed;
  }

  /** Devices that were stored and have given way since the last call. */
  takeEvicted(): Mac[] {
    const evicted = [...this.#evicted];
    this.#evicted.clear();
    return evicted;
  }

  /** What is not kept is not stored, so a flood of MACs leaves no marks. */
  markChanged(device: Device): void {
    if (this.#known.has(device.mac)) this.#changed.add(device.mac);
  }

  isKept(device: Device): boolean {
    return this.#known.has(device.mac);
  }

  /** Who holds `ip` now, as far as seen. */
  ownerOf(ip: IpAddress): Device | undefined {
    const mac = this.#owners.get(ip);
    return mac === undefined ? undefined : this.get(mac);
  }

  /** `device` holds `ip` at `time`. An address that another device held is that device's no longer: its interval stays closed. */
  lease(device: Device, ip: IpAddress, time: number, source: Lease['source']): void {
    const owner = this.#owners.get(ip);
    const current = device.leases.at(-1)?.ip === ip ? device.leases.at(-1) : device.leases.findLast((l) => l.ip === ip);
    if (current !== undefined && owner === device.mac) {
      if (time > current.to) current.to = time;
      if (current.source === 'on-link') current.source = source;
      return;
    }
    this.#owners.set(ip, device.mac);
    device.leases.push({ ip, from: time, to: time, source });
    const again = device.leases.filter((lease) => lease.ip === ip);
    if (again.length > SPELLS) device.leases.splice(device.leases.indexOf(oldest(again)), 1);
    if (device.leases.length > LIMITS.leases) device.leases.splice(device.leases.indexOf(leastWorth(device.leases)), 1);
    this.keep(device);
    this.markChanged(device);
  }

  #makeRoom(): boolean {
    for (const mac of this.#replaceable) {
      this.#replaceable.delete(mac);
      const device = this.#known.get(mac);
      if (device === undefined || isWorthKeeping(device)) continue;
      this.#known.delete(mac);
      this.#changed.delete(mac);
      this.#names.forget(mac);
      if (this.#stored.delete(mac)) this.#evicted.add(mac);
      return true;
    }
    return false;
  }
}

/** Once so, a device stays so, and is never asked again. */
function isWorthKeeping(device: Device): boolean {
  if (device.lastSeen - device.firstSeen >= SETTLED || device.mail.attempts > 0) return true;
  return device.label !== null || device.sameAs !== null;
}

function oldest(leases: readonly Lease[]): Lease {
  return leases.reduce((found, lease) => (lease.to < found.to ? lease : found));
}

/** The oldest of those that rest on source addresses alone, which a sender makes up as it likes; else the oldest. */
function leastWorth(leases: readonly Lease[]): Lease {
  const weak = leases.slice(0, -1).filter(({ source }) => source === 'on-link');
  return oldest(weak.length > 0 ? weak : leases);
}

/** Multicast and broadcast addresses have the lowest bit of the first octet set. */
export function isGroup(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x01) !== 0;
}
