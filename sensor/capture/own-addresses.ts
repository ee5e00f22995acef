// This machine's own addresses. Node asks the kernel by netlink, which the unit does not let the sensor use; what the kernel
// publishes below /proc/net says the same. Opens nothing.
import { networkInterfaces } from 'node:os';
import { defaultRouteInterface, listInterfaces, readText } from './interfaces.ts';

export interface OwnAddress {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Of the loopback. */
  readonly internal: boolean;
}

export interface OwnNetwork {
  /** Where the default route leads first. */
  readonly addresses: readonly OwnAddress[];
  /** Of the interfaces that have an address and are no loopback; lower case. */
  readonly macs: readonly string[];
}

const NO_MAC = '00:00:00:00:00:00';

export function ownNetwork(): OwnNetwork {
  try {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = all.map(({ address, internal, family }) => ({ address, internal, family }));
    const macs = all.flatMap(({ internal, mac }) => (internal || mac === NO_MAC ? [] : mac.toLowerCase()));
    return { addresses, macs: [...new Set(macs)] };
  } catch {
    const macOf = (name: string) => listInterfaces().find((one) => one.name === name && !one.loopback)?.mac ?? null;
    const text = (name: string) => readText(`/proc/net/${name}`) ?? '';
    return publishedNetwork({ trie: text('fib_trie'), routes: text('route'), inet6: text('if_inet6') }, macOf);
  }
}

/** The texts of three files below /proc/net. */
export interface Published {
  trie: string;
  routes: string;
  inet6: string;
}

export function publishedNetwork(
  { inet6, routes, trie }: Published,
  macOf: (name: string) => string | null,
): OwnNetwork {
  const nets = routes
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([name = '', , gateway]) => name !== '' && gateway === '00000000')
    .map(([name = '', net = '', , , , , , mask = '']) => ({ name, net: hostOrder(net), mask: hostOrder(mask) }));
  const outward = defaultRouteInterface(routes);
  const isOutward = (address: string) =>
    nets.some(({ mask, name, net }) => name === outward && (numberOf(address) & mask) >>> 0 === net);
  const local = [...trie.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
  const ipv4 = [...new Set(local)].sort((a, b) => Number(isOutward(b)) - Number(isOutward(a)));
  const ipv6 = inet6.split('\n').flatMap((line) => {
    const [hex = '', , , , , name = ''] = line.trim().split(/\s+/);
    return /^[0-9a-f]{32}$/.test(hex) ? [{ address: shortened(hex), name }] : [];
  });
  const names = new Set([...nets, ...ipv6].map(({ name }) => name));
  return {
    addresses: [
      ...ipv4.map((address) => ({ address, family: 'IPv4' as const, internal: address.startsWith('127.') })),
      ...ipv6.map(({ address }) => ({ address, family: 'IPv6' as const, internal: address === '::1' })),
    ],
    macs: [...new Set([...names].flatMap((name) => macOf(name) ?? []))].filter((mac) => mac !== NO_MAC),
  };
}

/** The kernel writes them as the bytes lie in its memory. */
function hostOrder(hex: string): number {
  const bytes = Buffer.from(hex.padStart(8, '0'), 'hex');
  return LITTLE_ENDIAN ? bytes.readUInt32LE() : bytes.readUInt32BE();
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function numberOf(ipv4: string): number {
  return ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** 32 hex digits as people write them (RFC 5952), by the parser of URLs. */
function shortened(hex: string): string {
  return new URL(`http://[${hex.match(/.{4}/g)?.join(':')}]`).hostname.slice(1, -1);
}
