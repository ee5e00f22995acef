// What a MAC address says by itself (IEEE 802.3, section 3.2.3).
import { parseIp } from '../decode/bytes.ts';
import type { IpAddress, Mac } from '../decode/packet.ts';

/** What frames bear on loopback interfaces and in captures without addresses; on a cable nobody's. */
export const NULL_ADDRESS = '00:00:00:00:00:00';

const NINE = '9'.charCodeAt(0);

/** Multicast and broadcast addresses have the lowest bit of the first octet set: its second digit is odd. */
export function isGroup(mac: Mac): boolean {
  const digit = mac.charCodeAt(1);
  // Odd digits up to 9 have odd codes (ASCII), those from a to f even ones. Asked several times a packet.
  return (digit & 1) === (digit <= NINE ? 1 : 0);
}

/** No interface sends with a group address or the null address: whoever does has forged it. */
export function cannotSend(mac: Mac): boolean {
  return mac === NULL_ADDRESS || isGroup(mac);
}

/** The MAC address that an IPv6 address is made from (modified EUI-64: RFC 4291, appendix A); null where it is made otherwise. */
export function macIn(ip: IpAddress): Mac | null {
  const octets = ip.includes(':') ? parseIp(ip)?.bytes.subarray(8) : undefined;
  if (octets?.readUInt16BE(3) !== 0xfffe) return null;
  const mac = [(octets[0] ?? 0) ^ 0x02, octets[1], octets[2], octets[5], octets[6], octets[7]];
  return mac.map((octet = 0) => octet.toString(16).padStart(2, '0')).join(':');
}
