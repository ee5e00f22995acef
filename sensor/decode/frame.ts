// The way from a captured frame to a Packet: Ethernet or Linux cooked header, VLAN tags, PPPoE, then the network and
// transport layers. Application protocols are decoded by whoever wants them from the payload.
import { type Frame, LINK_TYPES } from '../capture/frame.ts';
import { decodeArp } from './arp.ts';
import { macText, tooShort } from './bytes.ts';
import { decodeIcmpError, ICMPV6_UNREACHABLE } from './icmp.ts';
import { decodeIpv4, decodeIpv6, PROTOCOLS } from './ip.ts';
import { decodeNdp } from './ndp.ts';
import { octetAt, uint16At } from './octets.ts';
import { type DecodeCounters, type Decoded, Failure, malformed, unsupported } from './outcome.ts';
import type { Ip, Mirrored, Packet } from './packet.ts';
import { mirroredByGre, mirroredByUdp } from './remote-mirror.ts';
import { decodeTcp, decodeUdp } from './transport.ts';

const ETHERNET_HEADER = 14;
const COOKED_HEADER = 16;
const COOKED2_HEADER = 20;
const VLAN_TAG = 4;
const PPPOE_HEADER = 6;

/** Customer and provider tags and one to spare: as deep as the capture filter looks. */
const MAX_VLAN_TAGS = 3;

const ETHER_TYPES = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  pppoeDiscovery: 0x8863,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  legacyServiceVlan: 0x9100,
} as const;

/** PPP protocol numbers (RFC 1661, section 2): two octets, or one with Protocol-Field-Compression. */
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;
/** PPPoE version 1, type 1, code 0: a session packet (RFC 2516, section 6). */
const PPPOE_SESSION_START = 0x1100;

/** ARPHRD_ETHER, the cooked captures' hardware type whose addresses are MACs. */
const ARPHRD_ETHERNET = 1;

/** What of a frame cannot be read is counted; built once, as such frames are common. */
const UNREAD_ETHER_TYPE = unsupported('link', 'EtherType or 802.3 length');
const UNREAD_IPV4_PROTOCOL = unsupported('ipv4', 'upper-layer protocol');
const UNREAD_IPV6_PROTOCOL = unsupported('ipv6', 'upper-layer protocol');
const TOO_MANY_TAGS = unsupported('vlan', 'more than 3 tags');
const PPPOE_DISCOVERY = unsupported('pppoe', 'discovery');
const UNREAD_PPP_PROTOCOL = unsupported('pppoe', 'PPP protocol');

/**
 * The packet in a frame. Null only where the link header itself is cut; where a later layer fails, that layer and those
 * above it stay null and the sender's MAC is still told. Every failure goes up in `counters` once.
 */
export function decodeFrame(frame: Frame, counters: DecodeCounters): Packet | null {
  const data = frame.data;
  const headerLength = linkHeaderLength(frame);
  if (data.length < headerLength) {
    counters.count(tooShort('link', 'header', headerLength, data.length, frame.originalLength));
    return null;
  }
  const packet: Packet = {
    time: frame.time,
    wireLength: frame.originalLength,
    sourceMac: null,
    destinationMac: null,
    vlanIds: [],
    pppoeSessionId: null,
    arp: null,
    ip: null,
    tcp: null,
    udp: null,
    icmpv6: null,
    icmpError: null,
    mirrored: null,
    ends: undefined,
    turnedEnds: undefined,
  };
  const etherType = readLinkHeader(frame, packet);
  const failure = readTags(data, headerLength, etherType, Math.max(frame.originalLength, data.length), packet);
  if (failure !== null) counters.count(failure);
  if (frame.unwrapped === true) packet.mirrored = null;
  return packet;
}

function linkHeaderLength(frame: Frame): number {
  if (frame.linkType === LINK_TYPES.ethernet) return ETHERNET_HEADER;
  return frame.linkType === LINK_TYPES.linuxCooked ? COOKED_HEADER : COOKED2_HEADER;
}

/** Fills in the addresses and returns the EtherType. Layouts: IEEE 802.3; LINKTYPE_LINUX_SLL and _SLL2 at tcpdump.org. */
function readLinkHeader(frame: Frame, packet: Packet): number {
  const data = frame.data;
  if (frame.linkType === LINK_TYPES.ethernet) {
    packet.destinationMac = macText(data, 0);
    packet.sourceMac = macText(data, 6);
    return uint16At(data, 12);
  }
  if (frame.linkType === LINK_TYPES.linuxCooked) {
    if (uint16At(data, 2) === ARPHRD_ETHERNET && uint16At(data, 4) === 6) packet.sourceMac = macText(data, 6);
    return uint16At(data, 14);
  }
  if (uint16At(data, 8) === ARPHRD_ETHERNET && octetAt(data, 11) === 6) packet.sourceMac = macText(data, 12);
  return uint16At(data, 0);
}

/** From here on each reader fills the packet as far as it goes and returns what stopped it. */
function readTags(
  data: Buffer,
  start: number,
  firstEtherType: number,
  wireEnd: number,
  packet: Packet,
): Failure | null {
  let etherType = firstEtherType;
  let offset = start;
  for (let tags = 0; isVlanTag(etherType); tags++) {
    if (tags === MAX_VLAN_TAGS) return TOO_MANY_TAGS;
    if (data.length < offset + VLAN_TAG) {
      return tooShort('vlan', 'tag', VLAN_TAG, data.length - offset, wireEnd - offset);
    }
    const vlanId = uint16At(data, offset) & 0x0fff;
    if (vlanId !== 0) packet.vlanIds.push(vlanId);
    etherType = uint16At(data, offset + 2);
    offset += VLAN_TAG;
  }
  if (etherType === ETHER_TYPES.pppoeSession) return readPppoe(data, offset, wireEnd, packet);
  return readNetwork(data, offset, etherType, wireEnd, packet);
}

function isVlanTag(etherType: number): boolean {
  return (
    etherType === ETHER_TYPES.vlan ||
    etherType === ETHER_TYPES.serviceVlan ||
    etherType === ETHER_TYPES.legacyServiceVlan
  );
}

/**
 * A PPPoE session packet (RFC 2516); its length field ends the payload before Ethernet's padding. The protocol field has two
 * octets, or one where the two agreed so: the lowest bit of its first octet tells (RFC 1661, sections 2 and 6.5). Address and
 * control fields (`ff 03`) do not come in PPPoE (RFC 2516, section 7) and are an unknown protocol here.
 */
function readPppoe(data: Buffer, offset: number, wireEnd: number, packet: Packet): Failure | null {
  const shortest = PPPOE_HEADER + 1;
  if (data.length < offset + shortest) {
    return tooShort('pppoe', 'header', shortest, data.length - offset, wireEnd - offset);
  }
  if (uint16At(data, offset) !== PPPOE_SESSION_START) return malformed('pppoe', 'version, type or code');
  const length = uint16At(data, offset + 4);
  const first = octetAt(data, offset + PPPOE_HEADER);
  const width = (first & 1) === 0 ? 2 : 1;
  if (length < width) return new Failure('malformed', 'pppoe', 'length', width, length);
  const payload = offset + PPPOE_HEADER + width;
  if (data.length < payload) {
    return tooShort('pppoe', 'protocol', PPPOE_HEADER + width, data.length - offset, wireEnd - offset);
  }
  packet.pppoeSessionId = uint16At(data, offset + 2);
  const protocol = width === 1 ? first : uint16At(data, offset + PPPOE_HEADER);
  const payloadEnd = Math.min(wireEnd, offset + PPPOE_HEADER + length);
  if (protocol === PPP_IPV4) return readNetwork(data, payload, ETHER_TYPES.ipv4, payloadEnd, packet);
  if (protocol === PPP_IPV6) return readNetwork(data, payload, ETHER_TYPES.ipv6, payloadEnd, packet);
  return UNREAD_PPP_PROTOCOL;
}

function readNetwork(data: Buffer, offset: number, etherType: number, wireEnd: number, packet: Packet): Failure | null {
  if (etherType === ETHER_TYPES.ipv4 || etherType === ETHER_TYPES.ipv6) {
    const isIpv4 = etherType === ETHER_TYPES.ipv4;
    const ip = isIpv4 ? decodeIpv4(data, offset, wireEnd) : decodeIpv6(data, offset, wireEnd);
    if (ip instanceof Failure) return ip;
    packet.ip = ip;
    return readTransport(ip, packet);
  }
  if (etherType === ETHER_TYPES.arp) {
    const arp = decodeArp(data, offset, wireEnd);
    if (arp instanceof Failure) return arp;
    packet.arp = arp;
    return null;
  }
  return etherType === ETHER_TYPES.pppoeDiscovery ? PPPOE_DISCOVERY : UNREAD_ETHER_TYPE;
}

/** Later fragments carry no transport header: their `ip` record is all there is, and that is no failure. */
function readTransport(ip: Ip, packet: Packet): Failure | null {
  if (ip.fragmentOffset !== 0) return null;
  if (ip.protocol === PROTOCOLS.tcp) {
    const tcp = decodeTcp(ip);
    if (tcp instanceof Failure) return tcp;
    packet.tcp = tcp;
    return null;
  }
  if (ip.protocol === PROTOCOLS.udp) {
    const udp = decodeUdp(ip);
    if (udp instanceof Failure) return udp;
    packet.udp = udp;
    return keepMirrored(mirroredByUdp(udp), packet);
  }
  if (ip.protocol === PROTOCOLS.gre) {
    const mirrored = mirroredByGre(ip);
    if (mirrored !== null) return keepMirrored(mirrored, packet);
  }
  if (ip.protocol === PROTOCOLS.icmp && ip.version === 4) return readIcmpError(ip, packet);
  if (ip.protocol === PROTOCOLS.icmpv6 && ip.version === 6) {
    if (ip.payload[0] === ICMPV6_UNREACHABLE) return readIcmpError(ip, packet);
    const message = decodeNdp(ip);
    if (message instanceof Failure) return message;
    packet.icmpv6 = message;
    return null;
  }
  return ip.version === 4 ? UNREAD_IPV4_PROTOCOL : UNREAD_IPV6_PROTOCOL;
}

function keepMirrored(mirrored: Decoded<Mirrored> | null, packet: Packet): Failure | null {
  if (mirrored instanceof Failure) return mirrored;
  packet.mirrored = mirrored;
  return null;
}

function readIcmpError(ip: Ip, packet: Packet): Failure | null {
  const error = decodeIcmpError(ip);
  if (error instanceof Failure) return error;
  packet.icmpError = error;
  return null;
}
