// ICMP errors that tell why a TCP connection came to nothing: "destination unreachable" of IPv4 (RFC 792, with the codes of
// RFC 1122 and RFC 1812) and of IPv6 (RFC 4443, section 3.1). Other messages and errors about other protocols are not read.
import { ipv4Text, ipv6Text, tooShort } from './bytes.ts';
import { isExtensionHeader, PROTOCOLS } from './ip.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, malformed, unsupported } from './outcome.ts';
import type { IcmpError, Ip } from './packet.ts';

/** Types of "destination unreachable". */
export const ICMP_UNREACHABLE = 3;
export const ICMPV6_UNREACHABLE = 1;

/** Type, code, checksum and four octets that are unused or tell an MTU. */
const ICMP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
/** Ports and sequence number: what RFC 792 promises of the quoted packet beyond its IP header. */
const TCP_QUOTED = 8;
/** As in ip.ts: more is an attempt to keep us busy. */
const MAX_EXTENSION_HEADERS = 8;

type Reason = IcmpError['reason'];

/** RFC 792; RFC 1122, section 3.2.2.1 (6 to 12); RFC 1812, section 5.2.7.1 (13 to 15). Where none stands it is `other`. */
const V4_REASONS: Readonly<Record<number, Reason>> = {
  0: 'network-unreachable',
  1: 'host-unreachable',
  3: 'port-unreachable',
  6: 'network-unreachable',
  7: 'host-unreachable',
  9: 'administratively-prohibited',
  10: 'administratively-prohibited',
  11: 'network-unreachable',
  12: 'host-unreachable',
  13: 'administratively-prohibited',
};

/** RFC 4443, section 3.1; 5 and 6 (source address failed policy, reject route) are subsets of code 1 by that text. */
const V6_REASONS: Readonly<Record<number, Reason>> = {
  0: 'network-unreachable',
  1: 'administratively-prohibited',
  3: 'host-unreachable',
  4: 'port-unreachable',
  5: 'administratively-prohibited',
  6: 'administratively-prohibited',
};

/** Where the quoted packet's upper layer begins, in octets of the ICMP message. */
interface Quote {
  protocol: number;
  at: number;
}

/**
 * The ICMP or ICMPv6 message in `ip.payload`. The quoted packet may be cut anywhere behind the first eight octets of its TCP
 * header, and its length fields are not believed: routers rewrite them.
 */
export function decodeIcmpError(ip: Ip): Decoded<IcmpError> {
  const isV4 = ip.version === 4;
  const layer = isV4 ? 'icmp' : 'icmpv6';
  const data = ip.payload;
  if (data.length < ICMP_HEADER) return tooShort(layer, 'header', ICMP_HEADER, data.length, ip.payloadLength);
  if (octetAt(data, 0) !== (isV4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE)) return unsupported(layer, 'message type');
  const ipLength = isV4 ? IPV4_HEADER : IPV6_HEADER;
  const header = ICMP_HEADER + ipLength;
  if (data.length < header) return tooShort(layer, 'quoted packet', header, data.length, ip.payloadLength);
  if (octetAt(data, ICMP_HEADER) >> 4 !== ip.version) return malformed(layer, 'version of the quoted packet');
  const quote = isV4 ? quotedIpv4(data) : quotedIpv6(data);
  if (quote === null || quote.protocol !== PROTOCOLS.tcp) return unsupported(layer, 'quotes no TCP header');
  const { at } = quote;
  if (data.length < at + TCP_QUOTED) {
    return tooShort(layer, 'quoted TCP header', at + TCP_QUOTED, data.length, ip.payloadLength);
  }
  const reasons = isV4 ? V4_REASONS : V6_REASONS;
  return {
    reason: reasons[octetAt(data, 1)] ?? 'other',
    from: ip.source,
    quoted: {
      source: isV4 ? ipv4Text(data, ICMP_HEADER + 12) : ipv6Text(data, ICMP_HEADER + 8),
      destination: isV4 ? ipv4Text(data, ICMP_HEADER + 16) : ipv6Text(data, ICMP_HEADER + 24),
      sourcePort: uint16At(data, at),
      destinationPort: uint16At(data, at + 2),
      sequence: uint32At(data, at + 4),
    },
  };
}

/** Null for what cannot be read: a header length below 20, a later fragment. */
function quotedIpv4(data: Buffer): Quote | null {
  const length = (octetAt(data, ICMP_HEADER) & 0x0f) * 4;
  const isLaterFragment = (uint16At(data, ICMP_HEADER + 6) & 0x1fff) !== 0;
  if (length < IPV4_HEADER || isLaterFragment) return null;
  return { protocol: octetAt(data, ICMP_HEADER + 9), at: ICMP_HEADER + length };
}

/** Null where the extension headers are cut, too many, or lead to a later fragment. */
function quotedIpv6(data: Buffer): Quote | null {
  let protocol = octetAt(data, ICMP_HEADER + 6);
  let at = ICMP_HEADER + IPV6_HEADER;
  for (let walked = 0; isExtensionHeader(protocol); walked++) {
    if (walked === MAX_EXTENSION_HEADERS || data.length < at + 8) return null;
    if (protocol === PROTOCOLS.fragment && (uint16At(data, at + 2) & 0xfff8) !== 0) return null;
    const units = octetAt(data, at + 1);
    const next = octetAt(data, at);
    if (protocol === PROTOCOLS.fragment) at += 8;
    else at += protocol === PROTOCOLS.authentication ? (units + 2) * 4 : (units + 1) * 8;
    protocol = next;
  }
  return { protocol, at };
}
