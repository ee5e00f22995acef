// All devices by MAC, bounded: a flood of made-up MACs may fill the waiting room, never push out a known device.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { type Device, type Lease, LIMITS, newDevice } from './device.ts';

/** MACs of which only frames were seen so far. */
const WAITING = 512;
/** Owners of addresses that can be looked up by address. */
const ADDRESSES = 8192;
/** A device that was around this long (ms) is known for good. */
const SETTLED = 60 * 60_000;

export class DeviceTable {
  readonly #known = new Map<Mac, Device>();
  readonly #waiting = new LRUCache<Mac, Device>({ max: WAITING });
  readonly #owners = new LRUCache<IpAddress, Mac>({ max: ADDRESSES });
  readonly #changed = new Set<Mac>();
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
    this.#changed.add(mac);
    return device;
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
    this.#changed.add(device.mac);
    return true;
  }

  /** Takes a stored device back after a restart. */
  restore(device: Device): void {
    this.#known.set(device.mac, device);
    for (const lease of device.leases) this.#owners.set(lease.ip, device.mac);
  }

  forget(mac: Mac): boolean {
    const there = this.#known.delete(mac) || this.#waiting.delete(mac);
    this.#changed.delete(mac);
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
    return changed;
  }

  markChanged(device: Device): void {
    this.#changed.add(device.mac);
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
    if (device.leases.length > LIMITS.leases) device.leases.splice(oldest(device.leases), 1);
    this.keep(device);
    this.#changed.add(device.mac);
  }

  #makeRoom(): boolean {
    for (const [mac, device] of this.#known) {
      if (device.lastSeen - device.firstSeen >= SETTLED || device.mail.attempts > 0 || device.label !== null) continue;
      this.#known.delete(mac);
      return true;
    }
    return false;
  }
}

function oldest(leases: Lease[]): number {
  let index = 0;
  for (let i = 1; i < leases.length; i++) if ((leases[i]?.to ?? 0) < (leases[index]?.to ?? 0)) index = i;
  return index;
}

/** Multicast and broadcast addresses have the lowest bit of the first octet set. */
export function isGroup(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x01) !== 0;
}
