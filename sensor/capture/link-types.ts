// Link types by number: the three we read, and the names of those a person is likely to bring by mistake.
import { LINK_TYPES, type LinkType } from './frame.ts';

const NAMES: Record<number, string> = {
  0: 'NULL (BSD loopback)',
  1: 'EN10MB (Ethernet)',
  9: 'PPP',
  12: 'RAW (bare IP)',
  101: 'RAW (bare IP)',
  105: 'IEEE802_11 (Wi-Fi)',
  108: 'LOOP (OpenBSD loopback)',
  113: 'LINUX_SLL (Linux cooked)',
  119: 'PRISM_HEADER (Wi-Fi)',
  127: 'IEEE802_11_RADIO (Wi-Fi monitor mode)',
  192: 'PPI (Wi-Fi)',
  195: 'IEEE802_15_4 (Zigbee, Thread)',
  228: 'IPV4 (bare IPv4)',
  229: 'IPV6 (bare IPv6)',
  251: 'BLUETOOTH_LE_LL',
  276: 'LINUX_SLL2 (Linux cooked)',
};

/** The link type in a pcap header's last word; the bits above tell of a frame check sequence (draft-ietf-opsawg-pcap, section 4). */
export function linkTypeOf(word: number): number {
  return word & 0x03ff_ffff;
}

export function linkTypeName(linkType: number): string {
  const name = NAMES[linkType];
  return name === undefined ? `${linkType}` : `${linkType} ${name}`;
}

export function isSupportedLinkType(linkType: number): linkType is LinkType {
  return Object.values<number>(LINK_TYPES).includes(linkType);
}
