// Connections that leave the home for its own public address and that the router turns round to a device of the home (hairpin
// NAT, RFC 4787, section 6). The mirror shows them twice, with other addresses: the leg that bears the device's own address
// counts, in both directions. Where an address is turned round again and again, it is the home's.
import { LRUCache } from 'lru-cache';
import { isMailPort } from '../decode/interest.ts';
import { type IpAddress, type Mac, type Packet, TCP_FLAGS } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import { endsOf, turnedEndsOf } from './ends.ts';
import type { Home } from './home.ts';
import { isGroup } from './mac-address.ts';
import { SecondChanceTable } from './second-chance.ts';

/** A router passes a packet on within this many ms. */
const WITHIN = 50;
/** SYNs of the last moment (ms), in which stamps may be out of order: a packet keeps the memory of its frame. */
const SYNS = 512;
const MOMENT = 1000;
/** Inner legs known at once. */
const INNER = 256;
/** An inner leg that was silent this long (ms) is over: its ports may be used again. */
const IDLE = 15 * 60_000;
/** The same address so often, so that no chance makes one the home's. */
const NEEDED = 2;
/** Homes have one public address or two. A router that turns more of them round redirects: to a proxy, to a mail relay. */
const ADDRESSES = 2;
/** Addresses change: what did not show itself for so long (ms) counts no longer. */
const FORGOTTEN = 24 * 60 * 60_000;

export interface HairpinParts {
  home: Home;
  /** The router `by` turns connections to `ip` round: it is the home's own address, as far as `by` is believed. */
  onOwnAddress(ip: IpAddress, by: Mac, time: number): void;
}

export class HairpinFinder {
  readonly #parts: HairpinParts;
  /** By initial sequence number, which address translation leaves as it is. */
  readonly #syns = new SecondChanceTable<number, { packet: Packet; time: number }>(SYNS);
  #forgotAt = 0;
  /** Ends of inner legs, with the time of the last packet. */
  readonly #inner = new LRUCache<string, number>(atMost(INNER));
  readonly #turned = new Map<IpAddress, { count: number; last: number }>();

  constructor(parts: HairpinParts) {
    this.#parts = parts;
  }

  /** Takes a packet in the order of arrival; of others than SYNs nothing is learned. */
  observe(packet: Packet, time: number): void {
    const { tcp } = packet;
    if (tcp === null || (tcp.flags & (TCP_FLAGS.syn | TCP_FLAGS.ack)) !== TCP_FLAGS.syn) return;
    const before = this.#syns.peek(tcp.sequence);
    if (before === undefined || Math.abs(time - before.time) > WITHIN) this.#remember(packet, tcp.sequence, time);
    else if (this.#isTurned(before.packet, packet)) this.#note(before.packet, packet, time);
    else if (this.#isTurned(packet, before.packet)) this.#note(packet, before.packet, time);
  }

  /** Whether the packet is of an inner leg, either way. */
  isInner(packet: Packet, time: number): boolean {
    if (this.#inner.size === 0) return false;
    for (const ends of [endsOf(packet), turnedEndsOf(packet)]) {
      const last = this.#inner.get(ends);
      if (last === undefined) continue;
      if (time - last > IDLE) this.#inner.delete(ends);
      else {
        this.#inner.set(ends, Math.max(last, time));
        return true;
      }
    }
    return false;
  }

  #remember(packet: Packet, sequence: number, time: number): void {
    // One that comes again is the latest.
    this.#syns.delete(sequence);
    this.#syns.set(sequence, { packet, time });
    if (Math.abs(time - this.#forgotAt) < MOMENT) return;
    this.#forgotAt = time;
    this.#syns.forget((syn) => Math.abs(time - syn.time) > MOMENT);
  }

  /** Whether the router made `second` of `first`: it took a frame for the outside and gave it to somebody inside. */
  #isTurned(first: Packet, second: Packet): boolean {
    const { home } = this.#parts;
    const { destinationMac: router, ip: outer } = first;
    const { destinationMac, ip: inner, sourceMac } = second;
    if (outer === null || inner === null || router === null || router !== sourceMac) return false;
    if (isGroup(router) || (destinationMac !== null && isGroup(destinationMac))) return false;
    return home.isInside(outer.source) && !home.isInside(outer.destination) && home.isInside(inner.destination);
  }

  #note(first: Packet, second: Packet, time: number): void {
    const [outer, inner] = [first.ip, second.ip];
    if (outer === null || inner === null) return;
    const isSame = first.tcp?.window === second.tcp?.window && outer.identification === inner.identification;
    if (isSame && outer.hopLimit === inner.hopLimit + 1) this.#inner.set(endsOf(second), time);
    this.#count(first, inner.source, time);
  }

  /** Only what no host on the Internet can send tells whose the address is: a second leg with a source address of the home. */
  #count({ destinationMac: by, ip, tcp }: Packet, innerSource: IpAddress, time: number): void {
    const { home, onOwnAddress } = this.#parts;
    if (ip === null || tcp === null || by === null) return;
    // Ports of mail are redirected more often than they are the home's own.
    if (isMailPort(tcp.destinationPort) || !home.isInsideByRule(ip.source) || !home.isInsideByRule(innerSource)) return;
    for (const [known, { last }] of this.#turned) if (time - last > FORGOTTEN) this.#turned.delete(known);
    const turned = this.#turned.get(ip.destination) ?? { count: 0, last: time };
    turned.count++;
    turned.last = time;
    if (this.#turned.size <= ADDRESSES) this.#turned.set(ip.destination, turned);
    if (turned.count >= NEEDED && this.#turned.size <= ADDRESSES) onOwnAddress(ip.destination, by, time);
  }
}
