// DNS resolvers inside the home (a Pi-hole, the router): they ask on behalf of others, so their questions are not their own.
import type { IpAddress, Mac } from '../decode/packet.ts';

/** A home has one or two; more are made up. */
const RESOLVERS = 32;

export class Resolvers {
  readonly #announced = new Set<IpAddress>();
  readonly #answering = new Set<Mac>();

  /** DHCP tells clients to ask there (RFC 2132, option 6). */
  announced(addresses: Iterable<IpAddress>): void {
    for (const ip of addresses) if (this.#announced.size < RESOLVERS) this.#announced.add(ip);
  }

  /** `mac` was seen to answer another device of the home. */
  answered(mac: Mac): void {
    if (this.#answering.size < RESOLVERS) this.#answering.add(mac);
  }

  /** Whether the device with this MAC, sending from `ip`, resolves for others. */
  isResolver(mac: Mac, ip: IpAddress | null): boolean {
    return this.#answering.has(mac) || (ip !== null && this.#announced.has(ip));
  }
}
