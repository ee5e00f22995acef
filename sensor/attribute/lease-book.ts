// Who holds which address, and since when. An address has one holder at a time; the intervals of earlier ones stay closed.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { type Device, type Lease, LIMITS } from './device.ts';

/** Owners of addresses that can be looked up by address. */
const ADDRESSES = 8192;
/** Intervals kept of one address: two devices that fight over it must not push out the others. */
const SPELLS = 8;

export class LeaseBook {
  readonly #owners = new LRUCache<IpAddress, Mac>({ max: ADDRESSES });

  ownerOf(ip: IpAddress): Mac | undefined {
    return this.#owners.get(ip);
  }

  /** As `ownerOf`; asked for each packet, it leaves the order in which owners give way alone. */
  holderOf(ip: IpAddress): Mac | undefined {
    return this.#owners.peek(ip);
  }

  restore({ leases, mac }: Device): void {
    for (const { ip } of leases) this.#owners.set(ip, mac);
  }

  forget({ leases, mac }: Device): void {
    for (const { ip } of leases) if (this.#owners.get(ip) === mac) this.#owners.delete(ip);
  }

  /** `device` holds `ip` at `time`. Returns whether that is a new interval. */
  hold(device: Device, ip: IpAddress, time: number, source: Lease['source']): boolean {
    const { leases, mac } = device;
    const current = leases.at(-1)?.ip === ip ? leases.at(-1) : leases.findLast((lease) => lease.ip === ip);
    if (current !== undefined && this.#owners.get(ip) === mac) {
      if (time > current.to) current.to = time;
      if (current.source === 'on-link') current.source = source;
      return false;
    }
    this.#owners.set(ip, mac);
    leases.push({ ip, from: time, to: time, source });
    const again = leases.filter((lease) => lease.ip === ip);
    if (again.length > SPELLS) leases.splice(leases.indexOf(oldest(again)), 1);
    if (leases.length > LIMITS.leases) leases.splice(leases.indexOf(leastWorth(leases)), 1);
    return true;
  }
}

function oldest(leases: readonly Lease[]): Lease {
  return leases.reduce((found, lease) => (lease.to < found.to ? lease : found));
}

/** The oldest of those that rest on source addresses alone, which a sender makes up as it likes; else the oldest. */
function leastWorth(leases: readonly Lease[]): Lease {
  const weak = leases.slice(0, -1).filter(({ source }) => source === 'on-link');
  return oldest(weak.length > 0 ? weak : leases);
}
