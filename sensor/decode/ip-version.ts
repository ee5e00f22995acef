// Which kind of address a text is, as Node's `isIP` tells it. The expression which that has for IPv6 takes V8 some 7 ms when it is
// first asked, a tenth of the whole start of a replay; here the groups of an address are read one by one.
import { isIPv4 } from 'node:net';

const GROUP = /^[0-9a-fA-F]{1,4}$/;
/** RFC 4007, section 11. */
const ZONE = /^[0-9a-zA-Z.:-]+$/;

/** 4 or 6; 0 for what is no address. One of IPv6 may name its zone. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  return text.includes(':') && isIpv6(text) ? 6 : 0;
}

/** RFC 4291, section 2.2. */
function isIpv6(text: string): boolean {
  const zoneAt = text.indexOf('%');
  if (zoneAt >= 0 && !ZONE.test(text.slice(zoneAt + 1))) return false;
  const address = zoneAt < 0 ? text : text.slice(0, zoneAt);
  const [head = '', tail, ...others] = withoutDots(address).split('::');
  if (others.length > 0) return false;
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')];
  return groups.every((group) => GROUP.test(group)) && (tail === undefined ? groups.length === 8 : groups.length < 8);
}

/** An IPv4 address at the end stands for the last two groups. */
function withoutDots(address: string): string {
  const last = address.lastIndexOf(':') + 1;
  return isIPv4(address.slice(last)) ? `${address.slice(0, last)}0:0` : address;
}

function groupsOf(side: string): string[] {
  return side === '' ? [] : side.split(':');
}
