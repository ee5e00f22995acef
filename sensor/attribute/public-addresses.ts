// The home's own addresses on the Internet. What goes there from inside comes back (hairpin, RFC 4787, section 6) and is no
// contact with the Internet, so that a forged claim would hide a connection: only the router's own word makes an address the
// home's, and frames from there that have come a long way unmake it.
import type { IpAddress, Mac } from '../decode/packet.ts';
import { hopsBehind } from './hop-limit.ts';
import { movedTime, type TimeMove } from './time-move.ts';

const HOUR = 60 * 60_000;
/** A claim that is not renewed ends: by then the provider may have given the address to somebody else. */
const HOLDS = 24 * HOUR;
/** After the router has named another one, the old address may still be on its way in names and connections. */
const AFTERLIFE = HOUR;
/** One or two at a time, and those before. */
const ADDRESSES = 8;
/** An address that was found to be far away is nobody's word for so long; a provider may hand it to this home later. */
const FOREIGN_FOR = 7 * 24 * HOUR;
const REFUTED = 64;
/** Routers between a device of the home and the sensor, with one behind another. */
const HOPS_INSIDE = 2;

export interface PublicClaim {
  ip: IpAddress;
  /** Whose word it is. */
  by: Mac;
  /** Packet time in ms. */
  until: number;
}

export class PublicAddresses {
  readonly #claims = new Map<string, PublicClaim>();
  /** Not renewed since the start: their ends were not reckoned by this run's clock. */
  readonly #restored = new WeakSet<PublicClaim>();
  /** Addresses that devices were told by servers on the Internet: enough to know what a lookup is about, not to hide anything. */
  readonly #told = new Set<IpAddress>();
  /** When each was unmade. */
  readonly #refuted = new Map<IpAddress, number>();

  /** The machine at `by` says so, in an answer of its own or by sending what was sent there back into the home. */
  claim(ip: IpAddress, by: Mac, time: number): void {
    const refuted = this.#refuted.get(ip);
    if (refuted !== undefined && time - refuted < FOREIGN_FOR) return;
    for (const claim of this.#claims.values())
      if (claim.by === by && claim.ip !== ip) claim.until = Math.min(claim.until, time + AFTERLIFE);
    this.#renew({ ip, by, until: time + HOLDS });
  }

  /** A server on the Internet told a device so. */
  told(ip: IpAddress): void {
    this.#told.delete(ip);
    this.#told.add(ip);
    dropOldest(this.#told, ADDRESSES);
  }

  /** Whether a machine that `isTrusted` calls it the home's at `time`. */
  isOwn(ip: IpAddress, time: number, isTrusted: (mac: Mac) => boolean): boolean {
    for (const claim of this.#claims.values())
      if (claim.ip === ip && time <= claim.until && time >= claim.until - HOLDS && isTrusted(claim.by)) return true;
    return false;
  }

  /** Somebody, whoever it was, called it the home's. */
  isClaimed(ip: IpAddress): boolean {
    if (this.#told.has(ip)) return true;
    for (const claim of this.#claims.values()) if (claim.ip === ip) return true;
    return false;
  }

  /** A packet came from `ip` by way of the router: what is in the home has not come far. */
  heard(ip: IpAddress, hopLimit: number, time: number): void {
    if (this.#claims.size === 0) return;
    if (hopsBehind(hopLimit) <= HOPS_INSIDE) return;
    for (const [key, claim] of this.#claims) {
      if (claim.ip !== ip) continue;
      this.#claims.delete(key);
      this.#refuted.set(ip, time);
      dropOldest(this.#refuted, REFUTED);
    }
  }

  all(): PublicClaim[] {
    return [...this.#claims.values()];
  }

  restore(claims: readonly PublicClaim[]): void {
    for (const claim of claims.map((one) => ({ ...one }))) {
      this.#restored.add(claim);
      this.#renew(claim);
    }
  }

  /** The clock was put right: claims hold no longer and no shorter, and what was refuted bears the time that it had. */
  moveTime(move: TimeMove): void {
    for (const claim of this.#claims.values()) if (!this.#restored.has(claim)) claim.until += move.by;
    for (const [ip, time] of this.#refuted) this.#refuted.set(ip, movedTime(time, move));
  }

  #renew(claim: PublicClaim): void {
    const key = `${claim.ip} ${claim.by}`;
    this.#claims.delete(key);
    this.#claims.set(key, claim);
    dropOldest(this.#claims, ADDRESSES);
  }
}

function dropOldest<K>(table: Map<K, unknown> | Set<K>, most: number): void {
  const [oldest] = table.keys();
  if (table.size > most && oldest !== undefined) table.delete(oldest);
}
