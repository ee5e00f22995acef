// Finds the home's public address by what is sent there from inside: the router turns it round and hands it to a device of
// the home. Only what no host on the Internet can send counts: the second leg bears a source address of the home.
import { LRUCache } from 'lru-cache';
import { isMailPort } from '../decode/interest.ts';
import { type IpAddress, type Mac, type Packet, TCP_FLAGS } from '../decode/packet.ts';
import type { Home } from './home.ts';
import { isGroup } from './mac-address.ts';

/** A router passes a packet on within this many ms. */
const WITHIN = 50;
/** SYNs towards the Internet remembered. */
const REMEMBERED = 256;
/** The same address so often, so that no chance makes one the home's. */
const NEEDED = 2;
/** Homes have one public address or two. A router that turns more of them round redirects: to a proxy, to a mail relay. */
const ADDRESSES = 2;
/** Addresses change: what did not show itself for so long (ms) counts no longer. */
const FORGOTTEN = 24 * 60 * 60_000;

interface FirstLeg {
  to: IpAddress;
  by: Mac;
  time: number;
}

export class HairpinFinder {
  readonly #home: Home;
  /** By initial sequence number, which address translation leaves as it is. */
  readonly #first = new LRUCache<number, FirstLeg>({ max: REMEMBERED });
  readonly #seen = new Map<IpAddress, { count: number; last: number }>();

  constructor(home: Home) {
    this.#home = home;
  }

  /** The address that shows itself as the home's by this packet, and the router that turned it round; mostly null. */
  take({ destinationMac, ip, sourceMac, tcp }: Packet, time: number): { ip: IpAddress; by: Mac } | null {
    if (tcp === null || ip === null || (tcp.flags & (TCP_FLAGS.syn | TCP_FLAGS.ack)) !== TCP_FLAGS.syn) return null;
    if (destinationMac === null || sourceMac === null || isGroup(destinationMac)) return null;
    if (!this.#home.isInsideByRule(ip.source)) return null;
    if (!this.#home.isInside(ip.destination)) {
      // Ports of mail are redirected more often than they are the home's own.
      if (!isMailPort(tcp.destinationPort))
        this.#first.set(tcp.sequence, { to: ip.destination, by: destinationMac, time });
      return null;
    }
    const first = this.#first.get(tcp.sequence);
    if (first === undefined || first.by !== sourceMac || Math.abs(time - first.time) > WITHIN) return null;
    this.#first.delete(tcp.sequence);
    const { count } = this.#count(first.to, time);
    return count >= NEEDED && this.#seen.size <= ADDRESSES ? { ip: first.to, by: first.by } : null;
  }

  #count(ip: IpAddress, time: number): { count: number } {
    for (const [known, { last }] of this.#seen) if (time - last > FORGOTTEN) this.#seen.delete(known);
    const seen = this.#seen.get(ip) ?? { count: 0, last: time };
    seen.count++;
    seen.last = time;
    if (this.#seen.size <= ADDRESSES) this.#seen.set(ip, seen);
    return seen;
  }
}
