// The network layer: IPv4 (RFC 791) and IPv6 (RFC 8200) headers to one record. No reassembly, no checksums: offload
// leaves them wrong in captures, and a fragment's owner is known without the rest.
import { ipv4Text, ipv6Text, tooShort } from './bytes.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, Failure, malformed, unsupported } from './outcome.ts';
import type { Ip } from './packet.ts';

/** IANA protocol numbers, as they stand in `Ip.protocol`. */
export const PROTOCOLS = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  gre: 47,
  authentication: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
} as const;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 8;
/** RFC 8200 knows each extension header once, destination options twice; more is an attempt to keep us busy. */
const MAX_EXTENSION_HEADERS = 8;

/** `wireEnd`: where the frame's payload ended on the wire, as an offset into `data` that may lie behind its end. */
export function decodeIpv4(data: Buffer, offset: number, wireEnd: number): Decoded<Ip> {
  const captured = Math.min(data.length, wireEnd) - offset;
  const onWire = wireEnd - offset;
  if (captured < IPV4_HEADER) return tooShort('ipv4', 'header', IPV4_HEADER, captured, onWire);
  const first = octetAt(data, offset);
  if (first >> 4 !== 4) return malformed('ipv4', 'version is not 4');
  const headerLength = (first & 0x0f) * 4;
  if (headerLength < IPV4_HEADER) return malformed('ipv4', 'header length under 20');
  // Segmentation offload writes 0 here: then the frame is as long as the packet.
  const totalLength = uint16At(data, offset + 2) || onWire;
  if (totalLength < headerLength) {
    return new Failure('malformed', 'ipv4', 'total length under header length', headerLength, totalLength);
  }
  if (captured < headerLength) return tooShort('ipv4', 'options', headerLength, captured, onWire);
  const fragment = uint16At(data, offset + 6);
  return {
    version: 4,
    source: ipv4Text(data, offset + 12),
    destination: ipv4Text(data, offset + 16),
    protocol: octetAt(data, offset + 9),
    hopLimit: octetAt(data, offset + 8),
    identification: uint16At(data, offset + 4),
    fragmentOffset: (fragment & 0x1fff) * 8,
    moreFragments: (fragment & 0x2000) !== 0,
    payload: data.subarray(offset + headerLength, offset + Math.min(totalLength, captured)),
    payloadLength: totalLength - headerLength,
  };
}

/** `wireEnd`: as for `decodeIpv4`. Extension headers are walked to the upper layer, an ESP header or a later fragment. */
export function decodeIpv6(data: Buffer, offset: number, wireEnd: number): Decoded<Ip> {
  const captured = Math.min(data.length, wireEnd) - offset;
  const onWire = wireEnd - offset;
  if (captured < IPV6_HEADER) return tooShort('ipv6', 'header', IPV6_HEADER, captured, onWire);
  if (octetAt(data, offset) >> 4 !== 6) return malformed('ipv6', 'version is not 6');
  let protocol = octetAt(data, offset + 6);
  const statedLength = uint16At(data, offset + 4);
  // Offload and jumbograms (RFC 2675) write 0 here; with "no next header" it is meant.
  const usesFrameLength = statedLength === 0 && protocol !== PROTOCOLS.noNextHeader;
  const packetLength = usesFrameLength ? onWire : IPV6_HEADER + statedLength;
  const available = Math.min(packetLength, captured);
  let at = IPV6_HEADER;
  let identification = 0;
  let fragmentOffset = 0;
  let moreFragments = false;
  for (let walked = 0; isExtensionHeader(protocol) && fragmentOffset === 0; walked++) {
    if (walked === MAX_EXTENSION_HEADERS) return unsupported('ipv6', 'more than 8 extension headers');
    if (available < at + FRAGMENT_HEADER) {
      return tooShort('ipv6', 'extension header', at + FRAGMENT_HEADER, available, packetLength);
    }
    const next = octetAt(data, offset + at);
    let length = FRAGMENT_HEADER;
    if (protocol === PROTOCOLS.fragment) {
      const fragment = uint16At(data, offset + at + 2);
      fragmentOffset = fragment & 0xfff8;
      moreFragments = (fragment & 1) !== 0;
      identification = uint32At(data, offset + at + 4);
    } else if (protocol === PROTOCOLS.authentication) {
      length = (octetAt(data, offset + at + 1) + 2) * 4;
    } else {
      length = (octetAt(data, offset + at + 1) + 1) * 8;
    }
    if (available < at + length) return tooShort('ipv6', 'extension header', at + length, available, packetLength);
    at += length;
    protocol = next;
  }
  return {
    version: 6,
    source: ipv6Text(data, offset + 8),
    destination: ipv6Text(data, offset + 24),
    protocol,
    hopLimit: octetAt(data, offset + 7),
    identification,
    fragmentOffset,
    moreFragments,
    payload: data.subarray(offset + at, offset + available),
    payloadLength: packetLength - at,
  };
}

export function isExtensionHeader(protocol: number): boolean {
  return (
    protocol === PROTOCOLS.hopByHop ||
    protocol === PROTOCOLS.routing ||
    protocol === PROTOCOLS.fragment ||
    protocol === PROTOCOLS.authentication ||
    protocol === PROTOCOLS.destinationOptions
  );
}
