// Finds the gateway: the MAC behind which off-link addresses lie. What others send to it counts first, because a
// device cannot forge that alone; a router advertisement or DHCP's router option confirms.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';

/** Routers and extenders of one home, with room for noise. */
const CANDIDATES = 64;
/** Distinct addresses remembered as evidence of one candidate. */
const EVIDENCE = 4;
/** Off-link sources a MAC must show before its own frames alone make it a gateway. */
const SOURCES_NEEDED = 2;

interface Candidate {
  /** Off-link addresses that others sent to by way of this MAC. */
  toward: Set<IpAddress>;
  /** Off-link addresses whose packets came out of this MAC. */
  from: Set<IpAddress>;
  confirmed: boolean;
}

export class GatewayFinder {
  readonly #candidates = new LRUCache<Mac, Candidate>({ max: CANDIDATES });

  /** A packet from an inside address to an outside one was handed to `mac`. */
  handedTo(mac: Mac, destination: IpAddress): void {
    remember(this.#candidate(mac).toward, destination);
  }

  /** A packet from an outside address to an inside one came from `mac`. */
  cameFrom(mac: Mac, source: IpAddress): void {
    remember(this.#candidate(mac).from, source);
  }

  /** A router advertisement or DHCP names `mac` as router. */
  confirm(mac: Mac): void {
    this.#candidate(mac).confirmed = true;
  }

  isGateway(mac: Mac): boolean {
    const candidate = this.#candidates.peek(mac);
    if (candidate === undefined) return false;
    if (candidate.confirmed || candidate.toward.size > 0) return true;
    return candidate.from.size >= SOURCES_NEEDED && !this.#anyHandedTo();
  }

  /** Confirmed or seen routing; sorted. */
  gateways(): Mac[] {
    return [...this.#candidates.keys()].filter((mac) => this.isGateway(mac)).sort();
  }

  #anyHandedTo(): boolean {
    for (const candidate of this.#candidates.values()) if (candidate.toward.size > 0) return true;
    return false;
  }

  #candidate(mac: Mac): Candidate {
    let candidate = this.#candidates.get(mac);
    if (candidate === undefined) {
      candidate = { toward: new Set(), from: new Set(), confirmed: false };
      this.#candidates.set(mac, candidate);
    }
    return candidate;
  }
}

function remember(addresses: Set<IpAddress>, ip: IpAddress): void {
  if (addresses.size < EVIDENCE) addresses.add(ip);
}
