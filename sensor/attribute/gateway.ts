// Finds the gateway: the MAC behind which off-link addresses lie. One frame can be forged, so evidence of two kinds outweighs
// evidence of one: others hand it packets for the Internet, and packets from the Internet come out of it.
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
  /** A router advertisement or DHCP's router option names it. */
  confirmed: boolean;
}

export class GatewayFinder {
  readonly #candidates = new Map<Mac, Candidate>();
  /** Candidates with evidence of one kind, which may be made up; the oldest first. */
  readonly #replaceable = new Set<Mac>();
  #anyProven = false;

  /** A packet from an inside address to an outside one was handed to `mac`. */
  handedTo(mac: Mac, destination: IpAddress): void {
    const candidate = this.#candidateAt(mac);
    if (candidate !== null) this.#remember(mac, candidate, candidate.toward, destination);
  }

  /** A packet from an outside address to an inside one came from `mac`. */
  cameFrom(mac: Mac, source: IpAddress): void {
    const candidate = this.#candidateAt(mac);
    if (candidate !== null) this.#remember(mac, candidate, candidate.from, source);
  }

  /** A router advertisement or DHCP names `mac` as router. */
  confirm(mac: Mac): void {
    const candidate = this.#candidateAt(mac);
    if (candidate === null) return;
    candidate.confirmed = true;
    this.#weigh(mac, candidate);
  }

  /** Takes back what `gateways` gave, after a restart. */
  restore(macs: Iterable<Mac>): void {
    for (const mac of macs) this.confirm(mac);
  }

  /** With evidence of one kind only `mac` counts as gateway as long as no other has two. */
  isGateway(mac: Mac): boolean {
    const candidate = this.#candidates.get(mac);
    if (candidate === undefined) return false;
    if (isProven(candidate)) return true;
    if (this.#anyProven) return false;
    return candidate.confirmed || candidate.toward.size > 0 || candidate.from.size >= SOURCES_NEEDED;
  }

  /** Some MAC has evidence of both kinds. */
  get anyProven(): boolean {
    return this.#anyProven;
  }

  /** Sorted. */
  gateways(): Mac[] {
    return [...this.#candidates.keys()].filter((mac) => this.isGateway(mac)).sort();
  }

  #candidateAt(mac: Mac): Candidate | null {
    return this.#candidates.get(mac) ?? this.#add(mac);
  }

  #remember(mac: Mac, candidate: Candidate, addresses: Set<IpAddress>, ip: IpAddress): void {
    if (addresses.size >= EVIDENCE) return;
    addresses.add(ip);
    this.#weigh(mac, candidate);
  }

  #weigh(mac: Mac, candidate: Candidate): void {
    if (candidate.confirmed || isProven(candidate)) this.#replaceable.delete(mac);
    this.#anyProven ||= isProven(candidate);
  }

  /** Made-up MACs push out made-up MACs only. */
  #add(mac: Mac): Candidate | null {
    if (this.#candidates.size >= CANDIDATES) {
      const [unproven] = this.#replaceable;
      if (unproven === undefined) return null;
      this.#replaceable.delete(unproven);
      this.#candidates.delete(unproven);
    }
    const candidate = { toward: new Set<IpAddress>(), from: new Set<IpAddress>(), confirmed: false };
    this.#candidates.set(mac, candidate);
    this.#replaceable.add(mac);
    return candidate;
  }
}

function isProven({ confirmed, from, toward }: Candidate): boolean {
  return toward.size > 0 && (from.size > 0 || confirmed);
}
