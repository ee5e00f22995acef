// Which addresses are inside the home. Private ranges always are; public ones only on a prefix that the router
// announced. `--home-net` replaces all of it.
import { ipVersion } from '../decode/ip-version.ts';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { type Announcement, type LearnedPrefix, LearnedPrefixes } from './learned-prefixes.ts';
import { parsePrefix } from './prefix.ts';
import { PrefixSet } from './prefix-set.ts';
import { PublicAddresses, type PublicClaim } from './public-addresses.ts';
import { SecondChanceTable } from './second-chance.ts';
import type { TimeMove } from './time-move.ts';

/** RFC 1918, RFC 6598, RFC 3927, RFC 1122 (this network, loopback), multicast and broadcast. */
const INSIDE_IPV4 = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  '0.0.0.0/8',
];
/** RFC 4193, RFC 4291. */
const INSIDE_IPV6 = ['fc00::/7', 'fe80::/10', '::1/128', '::/128'];
const EVERYBODY = ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'];
/** Where no host of the Internet is. */
export const RESERVED_PREFIXES: readonly string[] = [...INSIDE_IPV4, ...INSIDE_IPV6, ...EVERYBODY];

/** Private ranges as a whole are no cable. */
const WIDEST_LINK = 16;
/** IPv4 networks that the DHCP servers of the cable serve: one, a few where there are guests and VLANs. */
const LINKS = 16;
/** Addresses whose side is remembered, as long as they are met within so long (ms): people go to ever new places. */
const REMEMBERED = 8192;
const MET_WITHIN = 24 * 60 * 60_000;

/** What must be known again after a restart. */
export interface HomeMemory {
  prefixes: LearnedPrefix[];
  publicAddresses: PublicClaim[];
  /** Networks of the cable, `address/length`. */
  links: string[];
}

/** Inside by the built-in set or `--home-net`, inside on a prefix that somebody announced, or not. */
type Side = 'by-rule' | 'announced' | 'outside';

interface Sided {
  ip: IpAddress | null;
  side: Side;
}

const NOBODY: Sided = { ip: null, side: 'outside' };

export class Home {
  readonly #replaced: boolean;
  readonly #fixed: PrefixSet;
  readonly #reserved = new PrefixSet([...INSIDE_IPV4, ...INSIDE_IPV6]);
  readonly #learned = new LearnedPrefixes();
  readonly #public = new PublicAddresses();
  /** `address/length`, the latest announced last. */
  readonly #links = new Map<string, PrefixSet>();
  readonly #sides = new SecondChanceTable<IpAddress, Sided>(REMEMBERED);
  /** The two asked for last, the newest first: mostly the ends of the packet at hand, and each is asked for several times. */
  #latest = NOBODY;
  #earlier = NOBODY;
  #forgotAt = 0;

  /** `homeNet`: CIDR prefixes that replace the built-in set and all learning; empty for the built-in set. */
  constructor(homeNet: readonly string[]) {
    this.#replaced = homeNet.length > 0;
    const inside = this.#replaced ? homeNet : [...INSIDE_IPV4, ...INSIDE_IPV6];
    this.#fixed = new PrefixSet([...inside, ...EVERYBODY]);
  }

  /** True when `--home-net` decides and nothing is learned. */
  get fixed(): boolean {
    return this.#replaced;
  }

  isInside(ip: IpAddress): boolean {
    return this.#sideOf(ip) !== 'outside';
  }

  /** Inside by the built-in set or `--home-net`, not by what somebody announced. */
  isInsideByRule(ip: IpAddress): boolean {
    return this.#sideOf(ip) === 'by-rule';
  }

  /** On a network here: inside, or an address that no host on the Internet has, whatever `--home-net` says of it. */
  isLocal(ip: IpAddress): boolean {
    return this.isInside(ip) || this.#reserved.has(ip);
  }

  /** Whether a host that somebody asks a proxy for, by address or name, is on the Internet. */
  isElsewhere(host: string): boolean {
    if (ipVersion(host) !== 0) return !this.isInside(host);
    return host.includes('.') && !/\.(?:local|lan|home|home\.arpa|internal|localdomain|fritz\.box)$/.test(host);
  }

  /** A prefix that a router or DHCP server announced. Returns whether it was new and acceptable. */
  learn(address: IpAddress, length: number, announcement: Announcement): boolean {
    if (this.#replaced || ipVersion(address) === 0 || this.#fixed.has(address)) return false;
    return this.#changed(this.#learned.announce(address, length, announcement));
  }

  /** Who announced the prefix that `ip` is on; null where it is on none, or nobody knows. */
  announcerOf(ip: IpAddress): Mac | null {
    return this.#learned.announcerOf(ip);
  }

  /** A DHCP server, asked without a relay, gave an address on this network (RFC 2132, option 1): it is the cable's own. */
  learnLink(address: IpAddress, length: number): void {
    const text = `${address}/${length}`;
    if (length < WIDEST_LINK || parsePrefix(text) === null) return;
    const known = this.#links.get(text) ?? new PrefixSet([text]);
    this.#links.delete(text);
    this.#links.set(text, known);
    const [oldest] = this.#links.keys();
    if (this.#links.size > LINKS && oldest !== undefined) this.#links.delete(oldest);
  }

  /** Whether an IPv4 address lies on the cable itself, and not beyond some router; null where that is not known. */
  isOnLink(ip: IpAddress): boolean | null {
    if (this.#links.size === 0 || ipVersion(ip) !== 4) return null;
    return [...this.#links.values()].some((link) => link.has(ip));
  }

  /** It has turned out who the router is: what others announced is forgotten. */
  distrust(isTrusted: (mac: Mac) => boolean): void {
    this.#changed(this.#learned.keepOnly(({ by }) => by === null || isTrusted(by)));
  }

  /** Prefixes whose time is over are no longer inside; cheap where none is. Packet time has reached `time`. */
  expire(time: number): void {
    this.#changed(this.#learned.expire(time));
    if (Math.abs(time - this.#forgotAt) < MET_WITHIN) return;
    this.#forgotAt = time;
    this.#sides.forgetUnused();
  }

  /** `by` says that `ip` is the home's address on the Internet; believed as far as `by` is the router. */
  claimPublic(ip: IpAddress, by: Mac, time: number): void {
    if (ipVersion(ip) !== 0 && !this.isInside(ip)) this.#public.claim(ip, by, time);
  }

  /** A server on the Internet told a device that `ip` is the home's address. */
  toldPublic(ip: IpAddress): void {
    if (ipVersion(ip) !== 0 && !this.isInside(ip)) this.#public.told(ip);
  }

  /** The home's own address as the Internet sees it, by the word of a machine that `isTrusted`. */
  isOwn(ip: IpAddress, time: number, isTrusted: (mac: Mac) => boolean): boolean {
    return !this.#replaced && this.#public.isOwn(ip, time, isTrusted);
  }

  /** Somebody has called it the home's own address; without the router's word that hides nothing (see `isOwn`). */
  isPublic(ip: IpAddress): boolean {
    return this.#public.isClaimed(ip);
  }

  /** The router passed on a packet from `ip`. */
  heardFrom(ip: IpAddress, hopLimit: number, time: number): void {
    this.#public.heard(ip, hopLimit, time);
  }

  /** The clock was put right: what was announced and claimed holds on, no longer and no shorter. */
  moveTime(move: TimeMove): void {
    this.#learned.moveTime(move.by);
    this.#public.moveTime(move);
  }

  memory(): HomeMemory {
    return { prefixes: this.#learned.all(), publicAddresses: this.#public.all(), links: [...this.#links.keys()] };
  }

  /** Takes back what `memory` gave, after a restart. */
  restore({ links, prefixes, publicAddresses }: HomeMemory): void {
    for (const link of links) {
      const known = parsePrefix(link);
      if (known !== null) this.learnLink(known.address, known.length);
    }
    if (this.#replaced) return;
    this.#learned.restore(prefixes);
    this.#public.restore(publicAddresses);
    this.#changed(true);
  }

  #sideOf(ip: IpAddress): Side {
    if (ip === this.#latest.ip) return this.#latest.side;
    if (ip === this.#earlier.ip) return this.#earlier.side;
    let sided = this.#sides.get(ip);
    if (sided === undefined) {
      sided = { ip, side: this.#judge(ip) };
      this.#sides.set(ip, sided);
    }
    this.#earlier = this.#latest;
    this.#latest = sided;
    return sided.side;
  }

  #judge(ip: IpAddress): Side {
    if (this.#fixed.has(ip)) return 'by-rule';
    return this.#learned.covers(ip) ? 'announced' : 'outside';
  }

  #changed(isChanged: boolean): boolean {
    if (!isChanged) return false;
    this.#sides.clear();
    this.#latest = NOBODY;
    this.#earlier = NOBODY;
    return true;
  }
}
