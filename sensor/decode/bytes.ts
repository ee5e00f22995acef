// Addresses as text and back, and the one rule that tells a cut capture from a short packet. No protocol is known here.
// Offsets are trusted: callers check lengths first, and Buffer's readers would throw on a read past the end.
import { ipVersion } from './ip-version.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { Failure, type Layer } from './outcome.ts';
import type { IpAddress, Mac } from './packet.ts';

/** Two lower-case hexadecimal digits for each octet value. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/**
 * Slots of each text cache: a home has tens of MACs and talks to hundreds of addresses at a time. Direct-mapped, so a
 * flood of addresses costs misses and never memory.
 */
const CACHE_SLOTS = 2048;

const macKeys = new Float64Array(CACHE_SLOTS).fill(-1);
const macTexts: Mac[] = new Array(CACHE_SLOTS).fill('');
const ipv4Keys = new Float64Array(CACHE_SLOTS).fill(-1);
const ipv4Texts: IpAddress[] = new Array(CACHE_SLOTS).fill('');
const ipv6Keys = new Uint32Array(CACHE_SLOTS * 4);
const ipv6Texts: IpAddress[] = new Array(CACHE_SLOTS).fill('');

function slotOf(key: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 16) & (CACHE_SLOTS - 1);
}

/** The six octets at `offset` as `a4:cf:12:99:be:ef`. */
export function macText(data: Buffer, offset: number): Mac {
  const low = uint32At(data, offset + 2);
  const key = uint16At(data, offset) * 0x1_0000_0000 + low;
  const slot = slotOf(low);
  if (macKeys[slot] === key) return macTexts[slot] ?? '';
  let text = HEX[octetAt(data, offset)] ?? '';
  for (let i = 1; i < 6; i++) text += `:${HEX[octetAt(data, offset + i)]}`;
  macKeys[slot] = key;
  macTexts[slot] = text;
  return text;
}

/** The four octets at `offset` in dotted form. */
export function ipv4Text(data: Buffer, offset: number): IpAddress {
  const key = uint32At(data, offset);
  const slot = slotOf(key);
  if (ipv4Keys[slot] === key) return ipv4Texts[slot] ?? '';
  const text = `${key >>> 24}.${(key >>> 16) & 0xff}.${(key >>> 8) & 0xff}.${key & 0xff}`;
  ipv4Keys[slot] = key;
  ipv4Texts[slot] = text;
  return text;
}

/** The sixteen octets at `offset` in the canonical form of RFC 5952, IPv4-mapped addresses in mixed notation (its section 5). */
export function ipv6Text(data: Buffer, offset: number): IpAddress {
  const a = uint32At(data, offset);
  const b = uint32At(data, offset + 4);
  const c = uint32At(data, offset + 8);
  const d = uint32At(data, offset + 12);
  const slot = slotOf(a ^ Math.imul(b, 31) ^ Math.imul(c, 17) ^ d);
  const at = slot * 4;
  const cached = ipv6Texts[slot] ?? '';
  if (
    cached !== '' &&
    ipv6Keys[at] === a &&
    ipv6Keys[at + 1] === b &&
    ipv6Keys[at + 2] === c &&
    ipv6Keys[at + 3] === d
  ) {
    return cached;
  }
  const text =
    a === 0 && b === 0 && c === 0xffff ? `::ffff:${ipv4Text(data, offset + 12)}` : canonicalIpv6(data, offset);
  ipv6Keys[at] = a;
  ipv6Keys[at + 1] = b;
  ipv6Keys[at + 2] = c;
  ipv6Keys[at + 3] = d;
  ipv6Texts[slot] = text;
  return text;
}

/** RFC 5952, section 4: `::` stands for the longest run of two or more zero groups, the first of equals. */
function canonicalIpv6(data: Buffer, offset: number): IpAddress {
  let bestStart = -1;
  let bestLength = 1;
  let runLength = 0;
  for (let group = 0; group < 8; group++) {
    runLength = uint16At(data, offset + group * 2) === 0 ? runLength + 1 : 0;
    if (runLength > bestLength) {
      bestLength = runLength;
      bestStart = group - runLength + 1;
    }
  }
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === bestStart) {
      text += '::';
      group += bestLength - 1;
      continue;
    }
    if (group > 0 && group !== bestStart + bestLength) text += ':';
    text += uint16At(data, offset + group * 2).toString(16);
  }
  return text;
}

/** An address in any textual form as its octets (4 or 16); null for what is no address, zone suffixes included. */
export function parseIp(text: string): { version: 4 | 6; bytes: Buffer } | null {
  const version = ipVersion(text);
  if (version === 4) return { version, bytes: Buffer.from(text.split('.').map(Number)) };
  if (version !== 6 || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const front = groupOctets(head);
  const back = tail === undefined ? [] : groupOctets(tail);
  const gap = new Array<number>(16 - front.length - back.length).fill(0);
  return { version, bytes: Buffer.from([...front, ...gap, ...back]) };
}

function groupOctets(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/**
 * Why `needed` bytes are not there: `malformed` where the packet itself is that short, `truncated` where only the
 * capture is. Both numbers are in the failure.
 */
export function tooShort(layer: Layer, detail: string, needed: number, captured: number, onWire: number): Failure {
  return onWire < needed
    ? new Failure('malformed', layer, detail, needed, onWire)
    : new Failure('truncated', layer, detail, needed, captured);
}
