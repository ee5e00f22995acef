// Finds connections that leave the home for its own public address and come straight back in (hairpin NAT, RFC 4787 section 6):
// the router shows them twice, with other addresses. The leg that bears the device's own address counts, in both directions.
import { LRUCache } from 'lru-cache';
import { type Packet, TCP_FLAGS } from '../decode/packet.ts';
import { COPY_WINDOW } from './duplicates.ts';
import type { Home } from './home.ts';

/** SYNs of the last moment. */
const SYNS = 512;
/** Inner legs known at once. */
const INNER = 256;
/** An inner leg that was silent this long (ms) is over: its ports may be used again. */
const IDLE = 15 * 60_000;

interface Opening {
  packet: Packet;
  time: number;
}

export class HairpinLegs {
  readonly #home: Home;
  /** By what NAT does not change. */
  readonly #syns = new LRUCache<string, Opening>({ max: SYNS });
  /** Ends of inner legs, with the time of the last packet. */
  readonly #inner = new LRUCache<string, number>({ max: INNER });

  constructor(home: Home) {
    this.#home = home;
  }

  /** Takes a packet in the order of arrival; of others than SYNs nothing is learned. */
  observe(packet: Packet, time: number): void {
    const { ip, tcp } = packet;
    if (ip === null || tcp === null || (tcp.flags & (TCP_FLAGS.syn | TCP_FLAGS.ack)) !== TCP_FLAGS.syn) return;
    const key = `${tcp.sequence} ${tcp.window} ${ip.identification}`;
    const before = this.#syns.get(key);
    if (before === undefined || Math.abs(time - before.time) > COPY_WINDOW) {
      this.#syns.set(key, { packet, time });
      return;
    }
    const inner = this.#innerOf(before.packet, packet) ?? this.#innerOf(packet, before.packet);
    if (inner !== null) this.#inner.set(endsOf(inner, 'sent') ?? '', time);
  }

  /** Whether the packet is of an inner leg, either way. */
  isInner(packet: Packet, time: number): boolean {
    if (this.#inner.size === 0) return false;
    for (const way of ['sent', 'answered'] as const) {
      const ends = endsOf(packet, way);
      const last = ends === null ? undefined : this.#inner.get(ends);
      if (ends === null || last === undefined) continue;
      if (time - last > IDLE) this.#inner.delete(ends);
      else {
        this.#inner.set(ends, Math.max(last, time));
        return true;
      }
    }
    return false;
  }

  /** `second`, where the router made it of `first`: it took a frame for the outside and gave it to somebody inside, one hop on. */
  #innerOf(first: Packet, second: Packet): Packet | null {
    const [outer, inner] = [first.ip, second.ip];
    if (outer === null || inner === null || outer.hopLimit !== inner.hopLimit + 1) return null;
    if (first.destinationMac === null || first.destinationMac !== second.sourceMac) return null;
    const home = this.#home;
    const comesBack =
      home.isInside(outer.source) && !home.isInside(outer.destination) && home.isInside(inner.destination);
    if (!comesBack) return null;
    return second;
  }
}

function endsOf({ ip, tcp, udp }: Packet, way: 'sent' | 'answered'): string | null {
  const ports = tcp ?? udp;
  if (ip === null || ports === null) return null;
  const source = `${ip.source} ${ports.sourcePort}`;
  const destination = `${ip.destination} ${ports.destinationPort}`;
  return way === 'sent' ? `${source} ${destination}` : `${destination} ${source}`;
}
