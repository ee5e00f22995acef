// Which names of backends may leave the home: registrable domains that say nothing of whose home it is, and addresses of servers
// elsewhere. Whatever is in doubt stays.
import { isIP } from 'node:net';
import { parse } from 'tldts';
import type { Device } from '../attribute/device.ts';
import type { Home } from '../attribute/home.ts';
import { DYNAMIC_DNS } from './dynamic-dns.ts';

/** The zone of many homes, though it lies in a public top-level domain. */
const HOME_ZONE = 'fritz.box';
/** Names in documents and recorded homes, which are nobody's (RFC 6761, section 6.5). */
const FOR_EXAMPLES = '.example';
const HOST = /^[a-z0-9.-]{1,253}$/;

export interface NamesOptions {
  home: Pick<Home, 'isLocal' | 'isPublic'>;
  /** All that are known: their addresses, and what they call themselves. */
  devices: readonly Device[];
}

export class PublicNames {
  readonly #home: NamesOptions['home'];
  /** Addresses that devices here have had, and the /64 of those of IPv6. */
  readonly #own = new Set<string>();
  /** Domains in which devices here have their own names, or that stand for the home's own address. */
  readonly #ownDomains = new Set<string>();
  readonly #known = new Map<string, string | null>();

  constructor({ devices, home }: NamesOptions) {
    this.#home = home;
    for (const { hostnames, label, leases, timeline } of devices) {
      for (const { ip } of leases) this.#own.add(networkOf(ip));
      for (const name of [...hostnames.map((one) => one.name), label ?? '']) this.#addOwn(name);
      for (const { ip, name } of timeline) if (ip !== null && name !== null && home.isPublic(ip)) this.#addOwn(name);
    }
  }

  /** What may be told of the backend of this name; null: nothing. */
  told(name: string): string | null {
    let told = this.#known.get(name);
    if (told === undefined) {
      told = isIP(name) === 0 ? this.#domain(name) : this.#address(name);
      this.#known.set(name, told);
    }
    return told;
  }

  #addOwn(name: string): void {
    const domain = name.includes('.') ? parse(name.toLowerCase()).domain : null;
    if (domain !== null) this.#ownDomains.add(domain);
  }

  #address(ip: string): string | null {
    const isOwn = this.#home.isLocal(ip) || this.#home.isPublic(ip) || this.#own.has(networkOf(ip));
    return isOwn ? null : ip;
  }

  #domain(host: string): string | null {
    const name = host.toLowerCase();
    const { domain, isIcann, isPrivate } = parse(name, { allowPrivateDomains: true });
    // A name without a public suffix is one of the home's own network.
    const isPublic = isIcann === true || domain?.endsWith(FOR_EXAMPLES);
    if (domain === null || isPrivate === true || !isPublic || !HOST.test(domain)) return null;
    const isOnesOwn = DYNAMIC_DNS.has(domain) || domain === HOME_ZONE || this.#ownDomains.has(domain);
    return isOnesOwn || domain.endsWith('.arpa') ? null : domain;
  }
}

/** The /64 of an IPv6 address, as a home has at least one; an IPv4 address itself. */
function networkOf(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const [head = '', tail] = ip.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
