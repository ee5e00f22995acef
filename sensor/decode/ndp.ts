// Neighbor Discovery (RFC 4861): the four messages that tell who is on the link, with the validity checks of sections
// 6.1 and 7.1 except the checksum. Redirects and every other ICMPv6 message are not read.
import { ipv6Text, macText, tooShort } from './bytes.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, Failure, malformed, unsupported } from './outcome.ts';
import type { AdvertisedPrefix, Ip, Mac, NeighborDiscovery } from './packet.ts';

const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;

const ICMPV6_HEADER = 4;
const SOLICITATION_FIXED = 8;
const ADVERTISEMENT_FIXED = 16;
const NEIGHBOR_FIXED = 24;

const OPTION_SOURCE_LINK_ADDRESS = 1;
const OPTION_TARGET_LINK_ADDRESS = 2;
const OPTION_PREFIX = 3;
const PREFIX_OPTION_LENGTH = 32;
/** A router announces a handful; more than this is a flood. */
const MAX_PREFIXES = 32;

const ROUTER_FLAG = 0x80;
const SOLICITED_FLAG = 0x40;
const OVERRIDE_FLAG = 0x20;
const ON_LINK_FLAG = 0x80;
const AUTONOMOUS_FLAG = 0x40;

interface Options {
  sourceLinkAddress: Mac | null;
  targetLinkAddress: Mac | null;
  prefixes: AdvertisedPrefix[];
}

/** The ICMPv6 message in `ip.payload`. A hop limit other than 255 came from off the link: malformed. */
export function decodeNdp(ip: Ip): Decoded<NeighborDiscovery> {
  const data = ip.payload;
  if (data.length < ICMPV6_HEADER) return tooShort('icmpv6', 'header', ICMPV6_HEADER, data.length, ip.payloadLength);
  const type = octetAt(data, 0);
  if (type < ROUTER_SOLICITATION || type > NEIGHBOR_ADVERTISEMENT) return unsupported('icmpv6', 'message type');
  if (ip.moreFragments) return malformed('icmpv6', 'fragmented Neighbor Discovery (RFC 6980)');
  if (ip.hopLimit !== 255) return new Failure('malformed', 'icmpv6', 'hop limit', 255, ip.hopLimit);
  if (octetAt(data, 1) !== 0) return malformed('icmpv6', 'code is not 0');
  const fixed = fixedLength(type);
  if (data.length < fixed) return tooShort('icmpv6', 'message', fixed, data.length, ip.payloadLength);
  const options = decodeOptions(ip, fixed);
  if (options instanceof Failure) return options;
  const { sourceLinkAddress, targetLinkAddress, prefixes } = options;

  if (type === ROUTER_ADVERTISEMENT) {
    if (!isLinkLocal(ip.source)) return malformed('icmpv6', 'router advertisement from no link-local address');
    return { type: 'router-advertisement', sourceLinkAddress, routerLifetime: uint16At(data, 6), prefixes };
  }
  if (type !== NEIGHBOR_ADVERTISEMENT && ip.source === '::' && sourceLinkAddress !== null) {
    return malformed('icmpv6', 'link-layer address of the unspecified address');
  }
  if (type === ROUTER_SOLICITATION) return { type: 'router-solicitation', sourceLinkAddress };
  if (octetAt(data, 8) === 0xff) return malformed('icmpv6', 'multicast target');
  const target = ipv6Text(data, 8);
  if (type === NEIGHBOR_SOLICITATION) return { type: 'neighbor-solicitation', target, sourceLinkAddress };
  const flags = octetAt(data, 4);
  return {
    type: 'neighbor-advertisement',
    target,
    targetLinkAddress,
    router: (flags & ROUTER_FLAG) !== 0,
    solicited: (flags & SOLICITED_FLAG) !== 0,
    override: (flags & OVERRIDE_FLAG) !== 0,
  };
}

function fixedLength(type: number): number {
  if (type === ROUTER_SOLICITATION) return SOLICITATION_FIXED;
  return type === ROUTER_ADVERTISEMENT ? ADVERTISEMENT_FIXED : NEIGHBOR_FIXED;
}

/** RFC 4861, section 4.6: lengths count units of eight octets, and 0 discards the whole packet. */
function decodeOptions(ip: Ip, start: number): Decoded<Options> {
  const data = ip.payload;
  const options: Options = { sourceLinkAddress: null, targetLinkAddress: null, prefixes: [] };
  let at = start;
  while (at < ip.payloadLength) {
    if (data.length < at + 2) return tooShort('icmpv6', 'option header', at + 2, data.length, ip.payloadLength);
    const type = octetAt(data, at);
    const length = octetAt(data, at + 1) * 8;
    if (length === 0) return malformed('icmpv6', 'option length 0');
    if (data.length < at + length) return tooShort('icmpv6', 'option', at + length, data.length, ip.payloadLength);
    if (type === OPTION_SOURCE_LINK_ADDRESS && length === 8) options.sourceLinkAddress = macText(data, at + 2);
    else if (type === OPTION_TARGET_LINK_ADDRESS && length === 8) options.targetLinkAddress = macText(data, at + 2);
    else if (type === OPTION_PREFIX && length === PREFIX_OPTION_LENGTH && options.prefixes.length < MAX_PREFIXES) {
      if (octetAt(data, at + 2) > 128) return malformed('icmpv6', 'prefix length over 128');
      options.prefixes.push(decodePrefix(data, at));
    }
    at += length;
  }
  return options;
}

function decodePrefix(data: Buffer, at: number): AdvertisedPrefix {
  const flags = octetAt(data, at + 3);
  return {
    prefix: ipv6Text(data, at + 16),
    length: octetAt(data, at + 2),
    onLink: (flags & ON_LINK_FLAG) !== 0,
    autonomous: (flags & AUTONOMOUS_FLAG) !== 0,
    validLifetime: uint32At(data, at + 4),
  };
}

/** fe80::/10 */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}
