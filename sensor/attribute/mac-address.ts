// What a MAC address says by itself (IEEE 802.3, section 3.2.3).
import type { Mac } from '../decode/packet.ts';

/** What frames bear on loopback interfaces and in captures without addresses; on a cable nobody's. */
export const NULL_ADDRESS = '00:00:00:00:00:00';

/** Multicast and broadcast addresses have the lowest bit of the first octet set. */
export function isGroup(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x01) !== 0;
}

/** No interface sends with a group address or the null address: whoever does has forged it. */
export function cannotSend(mac: Mac): boolean {
  return mac === NULL_ADDRESS || isGroup(mac);
}
