// The one BPF expression that cuts every stream before Node sees it, built from named parts. It is written with offsets
// from the start of the frame, once per encapsulation: libpcap's `vlan` and `pppoes` keywords shift everything after
// them and cannot be combined, and the kernel hides the outer tag of a live capture where `vlan` would look for it.
//
// A load past the end of a packet rejects the packet as a whole, so within one encapsulation the tests that need no
// payload come first and every payload test is behind a length check.
import { LINK_TYPES, type LinkType } from './frame.ts';
import { foldBits, OPENINGS, type OpeningGroup, type WordTest } from './openings.ts';

export const MAIL_PORTS = [25, 465, 587, 2525] as const;

/** UDP ports whose datagrams are all kept: DNS, DHCP, NBNS, DHCPv6, SSDP, port mappings (NAT-PMP, PCP), mDNS, LLMNR. */
export const UDP_PORTS = [53, 67, 68, 137, 546, 547, 1900, 5351, 5353, 5355] as const;

/** QUIC versions whose Initials can be opened: 1 (RFC 9000), 2 (RFC 9369) and draft 29, which old devices still speak. */
export const QUIC_VERSIONS = [0x00000001, 0x6b3343cf, 0xff00001d] as const;

/** UDP ports to which switches and routers send copies of Ethernet frames: TZSP and VXLAN (RFC 7348). */
export const MIRROR_PORTS = { tzsp: 37008, vxlan: 4789 } as const;

/** GRE protocol types that carry Ethernet frames: ERSPAN I and II, ERSPAN III, transparent Ethernet bridging (RFC 7637). */
export const MIRROR_GRE_TYPES = [0x88be, 0x22eb, 0x6558] as const;

/** Towards these ports payload is kept beyond a hello's first segment: post-quantum hellos span several, and small devices send a request line by line. */
export const TLS_PORT = 443;
export const HTTP_PORT = 80;

/** One way of wrapping the network layer, recognised by conditions over absolute frame offsets. */
interface Encapsulation {
  name: string;
  ipv4: string;
  ipv6: string;
  /** Null where ARP cannot occur. */
  arp: string | null;
  /**
   * IP behind a PPP protocol field of one octet (RFC 1661, section 6.5); null where there is no PPP. All that follows lies one
   * octet further ahead, which would double this part of the program. RFC 2516, section 7, advises against such fields: they
   * are rare, and kept whole.
   */
  compressed: string | null;
  /** Offset of the network header. */
  offset: number;
  /** Whether a remote mirror may come in it: not over PPPoE, as the sensor is no end of a session. */
  mirrors: boolean;
}

/** A named piece of the expression; `expression` stands alone, so that a test can compile and try each. */
export interface FilterPart {
  /** `<encapsulation>/<network layer>/<what it keeps>`, for example `vlan/ipv4/mail`. */
  name: string;
  expression: string;
}

/** A node of the expression tree: what must hold, and the alternatives behind it. A nameless one only shares a test. */
interface Branch {
  name: string | null;
  condition: string;
  alternatives: Branch[];
}

const VLAN_TYPES = ['0x8100', '0x88a8', '0x9100'];

function load(offset: string | number, size = 1): string {
  return size === 1 ? `ether[${offset}]` : `ether[${offset}:${size}]`;
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? `${conditions[0]}` : `(${conditions.join(' or ')})`;
}

/** One name for each count of VLAN tags that is looked behind. */
const TAGGING = ['untagged', 'vlan', 'qinq', 'three-tags'];

/** Offsets of the EtherType and of what follows the link header (IEEE 802.3; LINKTYPE_LINUX_SLL and _SLL2 at tcpdump.org). */
const LINK_HEADERS: Record<LinkType, { typeAt: number; length: number }> = {
  [LINK_TYPES.ethernet]: { typeAt: 12, length: 14 },
  [LINK_TYPES.linuxCooked]: { typeAt: 14, length: 16 },
  [LINK_TYPES.linuxCooked2]: { typeAt: 0, length: 20 },
};

/** Each count of tags, plain and with a PPPoE session (RFC 2516) inside. */
function encapsulations(linkType: LinkType): Encapsulation[] {
  let { typeAt, length: offset } = LINK_HEADERS[linkType];
  let tags = '';
  return TAGGING.flatMap((name) => {
    const type = (value: string) => `${tags}${load(typeAt, 2)} = ${value}`;
    const session = type('0x8864');
    const protocol = (number: string) => `${session} and ${load(offset + 6, 2)} = ${number}`;
    const found: Encapsulation[] = [
      {
        name,
        ipv4: type('0x0800'),
        ipv6: type('0x86dd'),
        arp: type('0x0806'),
        compressed: null,
        offset,
        mirrors: true,
      },
      {
        name: `${name}+pppoe`,
        ipv4: protocol('0x0021'),
        ipv6: protocol('0x0057'),
        arp: null,
        compressed: `${session} and ${anyOf(['0x21', '0x57'].map((one) => `${load(offset + 6)} = ${one}`))}`,
        offset: offset + 8,
        mirrors: false,
      },
    ];
    tags += `${anyOf(VLAN_TYPES.map((value) => `${load(typeAt, 2)} = ${value}`))} and `;
    typeAt = offset + 2;
    offset += 4;
    return found;
  });
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function between(value: string, from: number, to: number): string {
  if (from === to) return `${value} = ${hex(from)}`;
  const below = `${value} <= ${hex(to)}`;
  return from === 0 ? below : `(${value} >= ${hex(from)} and ${below})`;
}

/** Ports below are those of well-known services (RFC 6335, section 6). */
const SYSTEM_PORTS_END = 1024;
/** As many values are tried one by one; of longer lists only a part, which costs instructions and saves time. */
const SHORT_LIST = 5;

/** Whether a port is one of some. Most are above all of them and fail the first test: bulk data is what this program sees most of. */
function isAmong(port: string, list: readonly number[]): string {
  const oneOf = (some: readonly number[]) => anyOf(some.map((one) => `${port} = ${one}`));
  if (list.length <= SHORT_LIST) return oneOf(list);
  const system = oneOf(list.filter((one) => one < SYSTEM_PORTS_END));
  const others = oneOf(list.filter((one) => one >= SYSTEM_PORTS_END));
  const either = `(${port} < ${SYSTEM_PORTS_END} and ${system}) or (${port} >= ${SYSTEM_PORTS_END} and ${others})`;
  return `(${port} <= ${Math.max(...list)} and (${either}))`;
}

function eitherPort(header: number, list: readonly number[]): string {
  return anyOf([header, header + 2].map((at) => isAmong(load(at, 2), list)));
}

/** What is kept of TCP whose header is at `header` and whose segment, header included, has `segmentLength` bytes. */
function tcpBranches(header: number, segmentLength: string): Branch[] {
  const field = (offset: number, size = 1) => load(header + offset, size);
  const headerLength = `((${field(12)} & 0xf0) >> 2)`;
  const payload = (offset: number, size = 1) => load(`${header + offset} + ${headerLength}`, size);
  const holds = (bytes: number) => `${segmentLength} - ${headerLength} >= ${bytes}`;
  const meets = ({ anyOf: ranges, at, fold, mask, size }: WordTest) => {
    const folded = fold === true ? `${payload(at, size)} | ${hex(foldBits(size))}` : payload(at, size);
    const value = mask === undefined ? folded : `${folded} & ${hex(mask)}`;
    return anyOf(ranges.map(([from, to]) => between(value, from, to)));
  };
  const part = (name: string, condition: string): Branch => ({ name, condition, alternatives: [] });
  const opening = ({ gate, least, name, openings }: OpeningGroup): Branch => ({
    name,
    condition: least <= 2 ? meets(gate) : `${holds(least)} and ${meets(gate)}`,
    alternatives: openings.map(({ all, name: inner }) => part(inner, all.map(meets).join(' and '))),
  });
  return [
    part('connection', `${field(13)} & 0x07 != 0`),
    part('mail', eitherPort(header, MAIL_PORTS)),
    part('dns', eitherPort(header, [53])),
    {
      name: 'payload',
      condition: holds(1),
      alternatives: [
        part('http-request', `${field(2, 2)} = ${HTTP_PORT}`),
        {
          name: null,
          condition: holds(2),
          alternatives: [
            part('tls-hello-continued', `${field(2, 2)} = ${TLS_PORT} and ${payload(0, 2)} != 0x1703`),
            part('tls-hello', `${payload(0, 2)} = 0x1603 and ${holds(6)} and ${payload(5)} = 1`),
            ...OPENINGS.filter(({ least }) => least <= 2).map(opening),
          ],
        },
        ...OPENINGS.filter(({ least }) => least > 2).map(opening),
      ],
    },
  ];
}

function udpBranches(header: number, datagramLength: string, mirrors: boolean): Branch[] {
  const field = (offset: number, size = 1) => load(header + offset, size);
  const part = (name: string, condition: string): Branch => ({ name, condition, alternatives: [] });
  const version = anyOf(QUIC_VERSIONS.map((v) => `${field(9, 4)} = 0x${v.toString(16)}`));
  const toMirror = anyOf(Object.values(MIRROR_PORTS).map((port) => `${field(2, 2)} = ${port}`));
  return [
    part('names', eitherPort(header, UDP_PORTS)),
    part('quic', `${datagramLength} - 8 >= 7 and ${field(8)} & 0xc0 = 0xc0 and ${version}`),
    ...(mirrors ? [part('mirror', toMirror)] : []),
  ];
}

/** GRE (RFC 2784) around Ethernet frames. */
function greBranch(header: number, condition: string): Branch {
  const types = MIRROR_GRE_TYPES.map((type) => `${load(header + 2, 2)} = ${hex(type)}`);
  return { name: 'gre', condition: `${condition} and ${anyOf(types)}`, alternatives: [] };
}

/**
 * ICMP errors that a sender of mail got: "destination unreachable", quoting a TCP segment to a mail port. `header` is the
 * ICMP header; the packet quoted, without options or extension headers, has its own TCP header `ipLength` octets in.
 * Those with either are rare and kept whole.
 */
function icmpErrorBranch(header: number, type: number, plain: string, odd: string, ipLength: number): Branch {
  const port = load(header + 8 + ipLength + 2, 2);
  const toMail = anyOf(MAIL_PORTS.map((number) => `${port} = ${number}`));
  return {
    name: 'icmp-error',
    condition: `${load(header)} = ${type}`,
    alternatives: [
      { name: 'mail', condition: `${plain} and ${toMail}`, alternatives: [] },
      { name: ipLength === 20 ? 'options' : 'extension-headers', condition: odd, alternatives: [] },
    ],
  };
}

function ipv4Branches({ mirrors, offset }: Encapsulation): Branch[] {
  const field = (at: number, size = 1) => load(offset + at, size);
  const header = offset + 20;
  // A total length of 0 (segmentation offload) wraps to a large number here, which keeps the packet. So do the differences
  // that the payload tests take for IPv6.
  const length = `${field(2, 2)} - 20`;
  const plain = `${field(0)} = 0x45 and ${field(6, 2)} & 0x1fff = 0`;
  const protocol = field(9);
  const quoted = (at: number) => load(header + 8 + at);
  return [
    { name: 'tcp', condition: `${plain} and ${protocol} = 6`, alternatives: tcpBranches(header, length) },
    { name: 'udp', condition: `${plain} and ${protocol} = 17`, alternatives: udpBranches(header, length, mirrors) },
    {
      name: 'icmp',
      condition: `${plain} and ${protocol} = 1`,
      alternatives: [
        icmpErrorBranch(
          header,
          3,
          `${quoted(0)} = 0x45 and ${quoted(9)} = 6`,
          `${quoted(0)} > 0x45 and ${quoted(0)} < 0x50 and ${quoted(9)} = 6`,
          20,
        ),
      ],
    },
    ...(mirrors
      ? [
          greBranch(header, `${plain} and ${protocol} = 47`),
          // A frame that was wrapped is too long for one packet: the rest of it. Else such fragments are rare.
          {
            name: 'fragment',
            condition: `${field(0)} = 0x45 and ${field(6, 2)} & 0x1fff != 0 and (${protocol} = 17 or ${protocol} = 47)`,
            alternatives: [],
          },
        ]
      : []),
    // Fixed offsets halve the program, which must fit the kernel's limits; packets with options are rare and kept whole.
    {
      name: 'options',
      condition: `${field(0)} > 0x45 and ${field(0)} < 0x50 and (${[1, 6, 17, 47].map((one) => `${protocol} = ${one}`).join(' or ')})`,
      alternatives: [],
    },
  ];
}

/** Extension headers of IPv6 (RFC 8200): hop-by-hop, routing, fragment, authentication, destination options. */
const EXTENSIONS = [0, 43, 44, 51, 60] as const;

function ipv6Branches({ mirrors, offset }: Encapsulation): Branch[] {
  const header = offset + 40;
  const length = load(offset + 4, 2);
  const next = load(offset + 6);
  const hasExtension = (field: string, headers: readonly number[]) =>
    anyOf(headers.map((number) => `${field} = ${number}`));
  const quotedNext = load(header + 8 + 6);
  return [
    { name: 'tcp', condition: `${next} = 6`, alternatives: tcpBranches(header, length) },
    { name: 'udp', condition: `${next} = 17`, alternatives: udpBranches(header, length, mirrors) },
    {
      name: 'icmpv6',
      condition: `${next} = 58`,
      alternatives: [
        {
          name: 'neighbor-discovery',
          condition: `${load(header)} >= 133 and ${load(header)} <= 136`,
          alternatives: [],
        },
        // In another order than below: where two lists end alike, libpcap joins them one test at a time and compares each test with
        // all others of the program every time, which was a third of the time it took to compile it.
        icmpErrorBranch(header, 1, `${quotedNext} = 6`, hasExtension(quotedNext, EXTENSIONS.toReversed()), 40),
      ],
    },
    ...(mirrors ? [greBranch(header, `${next} = 47`)] : []),
    // BPF cannot walk extension headers in the kernel; packets that carry them are rare and kept whole.
    { name: 'extension-headers', condition: hasExtension(next, EXTENSIONS), alternatives: [] },
  ];
}

function tree(linkType: LinkType): Branch[] {
  return encapsulations(linkType).flatMap((one) => [
    { name: `${one.name}/ipv4`, condition: one.ipv4, alternatives: ipv4Branches(one) },
    { name: `${one.name}/ipv6`, condition: one.ipv6, alternatives: ipv6Branches(one) },
    ...(one.arp === null ? [] : [{ name: `${one.name}/arp`, condition: one.arp, alternatives: [] }]),
    ...(one.compressed === null
      ? []
      : [{ name: `${one.name}/compressed`, condition: one.compressed, alternatives: [] }]),
  ]);
}

function render({ condition, alternatives }: Branch): string {
  if (alternatives.length === 0) return `(${condition})`;
  return `(${condition} and (${alternatives.map(render).join(' or ')}))`;
}

/**
 * The filter for one link type, in pcap-filter(7) syntax; given alike to `cap` and to `tcpdump`. Each network layer ends in
 * a test of its own that always holds: a place to jump to within the 255 instructions that a BPF branch reaches, without
 * which every accepting branch takes a second jump and the program is a third longer.
 */
export function captureFilter(linkType: LinkType): string {
  return tree(linkType)
    .map((branch, index) => `(${render(branch)} and len > ${index})`)
    .join(' or ');
}

/** Every leaf of the expression as a complete filter of its own. */
export function filterParts(linkType: LinkType): FilterPart[] {
  const leaves = (branch: Branch, path: string, conditions: string[]): FilterPart[] => {
    const name = [path, branch.name ?? ''].filter((part) => part !== '').join('/');
    const all = [...conditions, branch.condition];
    if (branch.alternatives.length === 0) return [{ name, expression: all.map((c) => `(${c})`).join(' and ') }];
    return branch.alternatives.flatMap((child) => leaves(child, name, all));
  };
  return tree(linkType).flatMap((branch) => leaves(branch, '', []));
}
