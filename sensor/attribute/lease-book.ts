// Who holds which address, and since when. An address has one holder at a time; the intervals of earlier ones stay closed.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import { type Device, type Lease, LIMITS } from './device.ts';
import { SecondChanceTable } from './second-chance.ts';

/** Owners of addresses that can be looked up by address. */
const ADDRESSES = 8192;
/** Intervals kept of one address: two devices that fight over it must not push out the others. */
const SPELLS = 8;

/** Networks of a home, with room for noise; so many neighbours make one. */
const NETWORKS = 64;
const NEIGHBOURS = 2;

interface Owner {
  mac: Mac;
  /** Of the device as it was known then: an address may come back as another one. */
  leases: Lease[];
  /** The interval that goes on; null where it has given way. */
  lease: Lease | null;
}

export class LeaseBook {
  /** MACs with addresses in a network, as many as matter. */
  readonly #networks = new LRUCache<string, Mac[]>(atMost(NETWORKS));
  readonly #owners = new SecondChanceTable<IpAddress, Owner>(ADDRESSES);

  ownerOf(ip: IpAddress): Mac | undefined {
    return this.#owners.get(ip)?.mac;
  }

  /** Whether a DHCP server gave `device` the address. */
  isGiven({ leases }: Device, ip: IpAddress): boolean {
    return leases.some((lease) => lease.ip === ip && lease.source === 'dhcp');
  }

  /** Whether `ip` lies in no IPv4 network of other MACs, while two of them share one. */
  isApart(ip: IpAddress, mac: Mac): boolean {
    const isOthers = (macs: readonly Mac[] = []) => macs.some((other) => other !== mac);
    if (isOthers(this.#networks.get(networkOf(ip)))) return false;
    return [...this.#networks.values()].some((macs) => macs.filter((other) => other !== mac).length >= NEIGHBOURS);
  }

  /** As `ownerOf`; asked for each packet, it leaves the order in which owners give way alone. */
  holderOf(ip: IpAddress): Mac | undefined {
    return this.#owners.peek(ip)?.mac;
  }

  restore({ leases, mac }: Device): void {
    for (const lease of leases) {
      this.#owners.set(lease.ip, { mac, leases, lease });
      this.#settle(lease.ip, mac);
    }
  }

  forget({ leases, mac }: Device): void {
    for (const { ip } of leases) if (this.#owners.get(ip)?.mac === mac) this.#owners.delete(ip);
  }

  /** `device` holds `ip` at `time`. Returns whether that is a new interval. */
  hold(device: Device, ip: IpAddress, time: number, source: Lease['source']): boolean {
    const { leases, mac } = device;
    const owner = this.#owners.get(ip);
    const current = owner?.leases === leases ? owner.lease : null;
    if (current !== null) {
      if (time > current.to) current.to = time;
      if (current.source === 'on-link' || source === 'dhcp') current.source = source;
      return false;
    }
    const lease = { ip, from: time, to: time, source };
    this.#owners.set(ip, { mac, leases, lease });
    this.#settle(ip, mac);
    leases.push(lease);
    // Of an address that nobody is known to have held there are no earlier intervals.
    if (owner !== undefined) this.#boundSpells(device, ip);
    if (leases.length > LIMITS.leases) this.#remove(device, leastWorth(leases));
    return true;
  }

  #boundSpells(device: Device, ip: IpAddress): void {
    const again = device.leases.filter((lease) => lease.ip === ip);
    if (again.length > SPELLS) this.#remove(device, oldest(again));
  }

  #remove({ leases }: Device, lease: Lease): void {
    leases.splice(leases.indexOf(lease), 1);
    const owner = this.#owners.peek(lease.ip);
    if (owner?.lease === lease) owner.lease = null;
  }

  #settle(ip: IpAddress, mac: Mac): void {
    if (ip.includes(':')) return;
    const network = networkOf(ip);
    const macs = this.#networks.get(network) ?? [];
    if (macs.length < NEIGHBOURS + 1 && !macs.includes(mac)) macs.push(mac);
    this.#networks.set(network, macs);
  }
}

/** The first three octets: what homes take for an IPv4 network unless told otherwise. */
export function networkOf(ip: IpAddress): string {
  return ip.slice(0, ip.lastIndexOf('.'));
}

function oldest(leases: readonly Lease[]): Lease {
  return leases.reduce((found, lease) => (lease.to < found.to ? lease : found));
}

/** The oldest of those that rest on source addresses alone, which a sender makes up as it likes; else the oldest. */
function leastWorth(leases: readonly Lease[]): Lease {
  const weak = leases.slice(0, -1).filter(({ source }) => source === 'on-link');
  return oldest(weak.length > 0 ? weak : leases);
}
