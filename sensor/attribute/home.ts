// Which addresses are inside the home. Private ranges always are; public ones only on a prefix that the router
// announced. `--home-net` replaces all of it.
import { BlockList, isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { IpAddress } from '../decode/packet.ts';

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

/** A prefix wider than this is not one home's: a forged announcement must not turn the Internet into the inside. */
const WIDEST_LEARNED = { 4: 20, 6: 48 } as const;
/** A provider renumbers now and then; more prefixes than this at once are a flood. */
const LEARNED_PREFIXES = 32;
/** Public addresses of the router: one or two at a time, and those before. */
const PUBLIC_ADDRESSES = 8;
/** Addresses whose side is remembered: a check of the lists costs more than all else that is done with a packet. */
const REMEMBERED = 8192;

/** Parses `address/length`; null when it is no prefix. */
export function parsePrefix(text: string): { address: string; length: number; family: 'ipv4' | 'ipv6' } | null {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1];
  if (address === undefined) return null;
  const version = isIP(address);
  const length = Number(match?.[2]);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return null;
  return { address, length, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export class Home {
  readonly #replaced: boolean;
  readonly #fixed = new BlockList();
  readonly #reserved = new BlockList();
  #learned = new BlockList();
  /** Prefixes in the order learned, `address/length`. */
  #prefixes: string[] = [];
  readonly #public = new Set<IpAddress>();
  readonly #sides = new LRUCache<IpAddress, boolean>({ max: REMEMBERED });

  /** `homeNet`: CIDR prefixes that replace the built-in set and all learning; empty for the built-in set. */
  constructor(homeNet: readonly string[]) {
    this.#replaced = homeNet.length > 0;
    const inside = this.#replaced ? homeNet : [...INSIDE_IPV4, ...INSIDE_IPV6];
    for (const prefix of [...inside, ...EVERYBODY]) addTo(this.#fixed, prefix);
    for (const prefix of [...INSIDE_IPV4, ...INSIDE_IPV6]) addTo(this.#reserved, prefix);
  }

  /** True when `--home-net` decides and nothing is learned. */
  get fixed(): boolean {
    return this.#replaced;
  }

  isInside(ip: IpAddress): boolean {
    let inside = this.#sides.get(ip);
    if (inside === undefined) {
      const family = familyOf(ip);
      inside = this.#fixed.check(ip, family) || (this.#prefixes.length > 0 && this.#learned.check(ip, family));
      this.#sides.set(ip, inside);
    }
    return inside;
  }

  /** Inside by the built-in set or `--home-net`, not by what somebody announced. */
  isInsideByRule(ip: IpAddress): boolean {
    return this.#fixed.check(ip, familyOf(ip));
  }

  /** On a network here: inside, or an address that no host on the Internet has, whatever `--home-net` says of it. */
  isLocal(ip: IpAddress): boolean {
    return this.isInside(ip) || this.#reserved.check(ip, familyOf(ip));
  }

  /** Whether a host that somebody asks a proxy for, by address or name, is on the Internet. */
  isElsewhere(host: string): boolean {
    if (isIP(host) !== 0) return !this.isInside(host);
    return host.includes('.') && !/\.(?:local|lan|home|home\.arpa|internal|localdomain|fritz\.box)$/.test(host);
  }

  /** A prefix that a router or DHCP server announced. Returns whether it was new and acceptable. */
  learn(address: IpAddress, length: number): boolean {
    const prefix = parsePrefix(`${address}/${length}`);
    if (this.#replaced || prefix === null) return false;
    if (length < WIDEST_LEARNED[prefix.family === 'ipv4' ? 4 : 6]) return false;
    if (this.#fixed.check(address, prefix.family)) return false;
    const text = `${address}/${length}`;
    if (this.#prefixes.includes(text)) {
      // The ones that are still announced outlast a burst of forged ones.
      this.#prefixes = [...this.#prefixes.filter((known) => known !== text), text];
      return false;
    }
    this.restore([...this.#prefixes, text].slice(-LEARNED_PREFIXES));
    return true;
  }

  /** Somebody was told that `ip` is the home's address on the Internet. */
  learnPublic(ip: IpAddress): void {
    if (isIP(ip) === 0 || this.isInside(ip)) return;
    this.#public.delete(ip);
    this.#public.add(ip);
    const [oldest] = this.#public;
    if (this.#public.size > PUBLIC_ADDRESSES && oldest !== undefined) this.#public.delete(oldest);
  }

  /** The home's own address as the Internet sees it, as far as that was seen. */
  isPublic(ip: IpAddress): boolean {
    return this.#public.has(ip);
  }

  prefixes(): string[] {
    return [...this.#prefixes];
  }

  /** Takes back what `prefixes` gave, after a restart. */
  restore(prefixes: readonly string[]): void {
    if (this.#replaced) return;
    this.#prefixes = prefixes.filter((prefix) => parsePrefix(prefix) !== null);
    this.#learned = new BlockList();
    for (const prefix of this.#prefixes) addTo(this.#learned, prefix);
    this.#sides.clear();
  }
}

function familyOf(ip: IpAddress): 'ipv4' | 'ipv6' {
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}

function addTo(list: BlockList, text: string): void {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new RangeError(`not a prefix: ${text}`);
  list.addSubnet(prefix.address, prefix.length, prefix.family);
}
