// A set of address prefixes that tells whether an address lies in one of them. Node's BlockList does as well, but makes an object
// of each address that it is asked about.
import { isIPv4 } from 'node:net';
import { parseIp } from '../decode/bytes.ts';
import type { IpAddress } from '../decode/packet.ts';
import { parsePrefix } from './prefix.ts';

/** IPv4 addresses are taken as IPv6 addresses (RFC 4291, section 2.5.5.2), so that one way compares both: 0.0.0.0 as such a one. */
const MAPPED = Buffer.from('00000000000000000000ffff00000000', 'hex');
/** Where it has the IPv4 address. */
const IPV4_AT = 12;
const DOT = '.'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

interface Network {
  octets: Buffer;
  /** Bits that count. */
  length: number;
}

export class PrefixSet {
  readonly #networks: Network[] = [];

  /** @throws RangeError for what is no prefix. */
  constructor(prefixes: Iterable<string> = []) {
    for (const prefix of prefixes) this.add(prefix);
  }

  /** @throws RangeError for what is no prefix. */
  add(text: string): void {
    const prefix = parsePrefix(text);
    const octets = Buffer.alloc(16);
    if (prefix === null || !readOctets(prefix.address, octets)) throw new RangeError(`not a prefix: ${text}`);
    this.#networks.push({ octets, length: prefix.length + (prefix.family === 'ipv4' ? IPV4_AT * 8 : 0) });
  }

  has(ip: IpAddress): boolean {
    return readOctets(ip, asked) && this.#networks.some((network) => isWithin(asked, network));
  }
}

/** The address asked about, so that asking makes nothing. */
const asked = Buffer.alloc(16);

/** Fills `octets`, sixteen of them; false for what is no address. */
function readOctets(ip: IpAddress, octets: Buffer): boolean {
  if (!isIPv4(ip)) {
    const parsed = parseIp(ip);
    parsed?.bytes.copy(octets);
    return parsed !== null;
  }
  MAPPED.copy(octets);
  let at = IPV4_AT;
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i);
    if (code === DOT) at++;
    else octets[at] = (octets[at] ?? 0) * 10 + code - ZERO;
  }
  return true;
}

function isWithin(octets: Buffer, network: Network): boolean {
  const whole = network.length >> 3;
  for (let i = 0; i < whole; i++) if (octets[i] !== network.octets[i]) return false;
  const rest = network.length & 7;
  return rest === 0 || ((octets[whole] ?? 0) ^ (network.octets[whole] ?? 0)) >> (8 - rest) === 0;
}
