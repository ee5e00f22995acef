// Who else is on the link: stations that speak like members of a home, and since when a router is handed packets. The outer
// side of a router has two stations, the router and the provider's; a home has more.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac, Packet } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import type { Home } from './home.ts';
import { isGroup } from './mac-address.ts';

const STATIONS = 64;
const HOPS = 16;
const CLAIMS = 4;
/** Where a DHCP message has its client's address (chaddr, RFC 2131, section 2). */
const CHADDR_AT = 28;
/** mDNS, LLMNR, SSDP, NetBIOS: what members of a home say to each other. */
const ANNOUNCING_PORTS = new Set([137, 1900, 5353, 5355]);

interface Station {
  /** When it last spoke as a member of a home does. */
  lastSeen: number;
  /** IPv4 addresses that it said by ARP to hold. */
  claims: IpAddress[];
  announces: boolean;
  /** Packets from outside addresses came out of it: it is the way to the Internet, or a part of that. */
  delivers: boolean;
}

export class LinkNeighbours {
  readonly #home: Home;
  readonly #stations = new LRUCache<Mac, Station>(atMost(STATIONS));
  /** Since when a station is handed packets for the Internet. */
  readonly #hops = new LRUCache<Mac, number>(atMost(HOPS));
  /** The hop that was handed the packet before, and who sent it: mostly they are at it again. */
  #latestHop: Mac | null = null;
  #latest: { mac: Mac; station: Station } | null = null;

  constructor(home: Home) {
    this.#home = home;
  }

  observe(packet: Packet, time: number): void {
    const { arp, destinationMac, icmpv6, ip, sourceMac, udp } = packet;
    if (sourceMac === null || isGroup(sourceMac)) return;
    if (arp !== null) {
      if (!this.#home.isInside(arp.senderIp)) return;
      const { claims } = this.#member(sourceMac, time);
      if (arp.senderIp !== '0.0.0.0' && claims.length < CLAIMS && !claims.includes(arp.senderIp))
        claims.push(arp.senderIp);
      return;
    }
    if (ip === null) return;
    if (icmpv6 !== null) this.#member(sourceMac, time);
    else if (this.#home.isInside(ip.source)) {
      const station = this.#member(sourceMac, time);
      if (udp !== null && ANNOUNCING_PORTS.has(udp.destinationPort)) station.announces = true;
      if (udp !== null && udp.destinationPort === 67) this.#client(udp.payload, time);
    } else if (ip.version === 4 && destinationMac !== null && !isGroup(destinationMac))
      this.#station(sourceMac).delivers = true;
    if (destinationMac === null || destinationMac === this.#latestHop) return;
    if (isGroup(destinationMac) || this.#home.isInside(ip.destination)) return;
    this.#latestHop = destinationMac;
    if (this.#hops.get(destinationMac) === undefined) this.#hops.set(destinationMac, time);
  }

  /** Since when `mac` is handed packets for the Internet; null when it is not, or that was forgotten. */
  hopSince(mac: Mac): number | null {
    return this.#hops.peek(mac) ?? null;
  }

  /** Whether anybody but these two spoke as a member of a home since then. */
  anyBeside(inner: Mac, outer: Mac | null, since: number): boolean {
    for (const [mac, { delivers, lastSeen }] of this.#stations.entries())
      if (mac !== inner && mac !== outer && !delivers && lastSeen >= since) return true;
    return false;
  }

  /** It said by ARP which addresses it holds, and none of `sources` is among them: they are of others behind it. */
  speaksForOthers(mac: Mac, sources: readonly IpAddress[]): boolean {
    const claims = this.#stations.peek(mac)?.claims;
    return claims !== undefined && claims.length > 0 && !sources.some((ip) => claims.includes(ip));
  }

  announces(mac: Mac): boolean {
    return this.#stations.peek(mac)?.announces ?? false;
  }

  /** Packet time was set back: what is remembered lies in the future. */
  forget(): void {
    this.#stations.clear();
    this.#hops.clear();
    this.#latestHop = null;
    this.#latest = null;
  }

  #member(mac: Mac, time: number): Station {
    const station = this.#station(mac);
    station.lastSeen = time;
    return station;
  }

  #station(mac: Mac): Station {
    if (this.#latest?.mac === mac) return this.#latest.station;
    const known = this.#stations.get(mac);
    const station = known ?? {
      lastSeen: Number.NEGATIVE_INFINITY,
      claims: [],
      announces: false,
      delivers: false,
    };
    if (known === undefined) this.#stations.set(mac, station);
    this.#latest = { mac, station };
    return station;
  }

  /** A repeater asks in the name of its clients: they are on this link too. */
  #client(payload: Buffer, time: number): void {
    if (payload.length < CHADDR_AT + 6) return;
    const mac = payload.toString('hex', CHADDR_AT, CHADDR_AT + 6).replace(/..(?=.)/g, '$&:');
    if (mac !== '00:00:00:00:00:00' && !isGroup(mac)) this.#member(mac, time);
  }
}
