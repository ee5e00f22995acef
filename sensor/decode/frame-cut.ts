// A frame cut to its headers, so that it can be kept: link, network and transport headers, and of a payload only what the
// caller hands in. The copy stands on its own; lengths and checksums inside it stay as they were on the wire.
import type { Frame } from '../capture/frame.ts';
import { PROTOCOLS } from './ip.ts';
import type { Packet } from './packet.ts';

/** Ethernet, three tags, PPPoE, IPv6 with a few extension headers and a full TCP header fit; more is not kept. */
export const MAX_HEADERS = 256;
const ETHERNET_HEADER = 14;
/** ARP for IPv4 over Ethernet behind a cooked header and three tags. */
const ARP_FRAME = 60;
const ICMP_HEADER = 8;
const IPV6_HEADER = 40;
/** Ports and sequence number of the packet that an ICMP error quotes. */
const QUOTED_TRANSPORT = 8;

/** `kept`: what stands for the payload's beginning. */
export function cutFrame({ data }: Frame, packet: Packet, kept: Buffer): Buffer {
  const length = headerLength(data, packet);
  const cut = Buffer.allocUnsafeSlow(length + kept.length);
  data.copy(cut, 0, 0, length);
  kept.copy(cut, length);
  return cut;
}

/** Octets of a frame that are headers, at most MAX_HEADERS. */
export function headerLength(data: Buffer, packet: Packet): number {
  return Math.min(headersOf(data, packet), MAX_HEADERS, data.length);
}

function headersOf(data: Buffer, { arp, icmpv6, ip, tcp, udp }: Packet): number {
  if (udp !== null) return offsetOf(data, udp.payload);
  if (ip !== null) {
    const start = offsetOf(data, ip.payload);
    if (tcp !== null) return start + ip.payload.length - tcp.payload.length;
    if (icmpv6 !== null) return start + ip.payload.length;
    return ip.fragmentOffset === 0 ? start + icmpErrorLength(ip.protocol, ip.payload) : start;
  }
  return arp === null ? ETHERNET_HEADER : ARP_FRAME;
}

/** An ICMP message's header and what it quotes of another's headers; 0 for other protocols. */
function icmpErrorLength(protocol: number, message: Buffer): number {
  if (protocol === PROTOCOLS.icmpv6) return ICMP_HEADER + IPV6_HEADER + QUOTED_TRANSPORT;
  if (protocol !== PROTOCOLS.icmp) return 0;
  const quoted = message.length > ICMP_HEADER ? ((message[ICMP_HEADER] ?? 0) & 0x0f) * 4 : 0;
  return ICMP_HEADER + quoted + QUOTED_TRANSPORT;
}

/** Where a decoder's view begins in the frame it was made from; 0 for anything else. */
function offsetOf(data: Buffer, view: Buffer): number {
  const offset = view.byteOffset - data.byteOffset;
  return view.buffer === data.buffer && offset >= 0 && offset <= data.length ? offset : 0;
}
