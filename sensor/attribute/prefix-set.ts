// A set of address prefixes that tells whether an address lies in one of them. Node's BlockList does as well, but makes an object
// of each address that it is asked about.
import { parseIp } from '../decode/bytes.ts';
import type { IpAddress } from '../decode/packet.ts';
import { parsePrefix } from './prefix.ts';

/** IPv4 addresses are taken as IPv6 addresses with this in front (RFC 4291, section 2.5.5.2), so that one way compares both. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

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
    const octets = prefix === null ? null : octetsOf(prefix.address);
    if (prefix === null || octets === null) throw new RangeError(`not a prefix: ${text}`);
    this.#networks.push({ octets, length: prefix.length + (prefix.family === 'ipv4' ? MAPPED.length * 8 : 0) });
  }

  has(ip: IpAddress): boolean {
    const octets = octetsOf(ip);
    return octets !== null && this.#networks.some((network) => isWithin(octets, network));
  }
}

/** Sixteen of them; null for what is no address. */
function octetsOf(ip: IpAddress): Buffer | null {
  const parsed = parseIp(ip);
  return parsed?.version === 4 ? Buffer.concat([MAPPED, parsed.bytes]) : (parsed?.bytes ?? null);
}

function isWithin(octets: Buffer, network: Network): boolean {
  const whole = network.length >> 3;
  for (let i = 0; i < whole; i++) if (octets[i] !== network.octets[i]) return false;
  const rest = network.length & 7;
  return rest === 0 || ((octets[whole] ?? 0) ^ (network.octets[whole] ?? 0)) >> (8 - rest) === 0;
}
