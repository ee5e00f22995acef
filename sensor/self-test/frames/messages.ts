// Builds what travels in the lower layers: TCP, UDP, ARP, Neighbor Discovery, DHCPv4 and DHCPv6.
import { ipBytes, macBytes, type NetworkLayer, padded, raw, type UpperLayer, u16, u32 } from './link-layers.ts';

const FLAG_BITS: Record<string, number> = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, A: 0x10 };

export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  sequence?: number;
  acknowledgement?: number;
  /** Letters as tcpdump and people say them: `S`, `SA`, `A`, `PA`, `FA`, `R`, `RA`. */
  flags: string;
  window?: number;
  options?: Buffer;
}

export function tcp(fields: TcpFields, payload: Buffer = Buffer.alloc(0)): UpperLayer {
  const options = padded(fields.options ?? Buffer.alloc(0), 4);
  const flags = [...fields.flags].reduce((bits, letter) => bits | (FLAG_BITS[letter] ?? 0), 0);
  const bytes = Buffer.concat([
    u16(fields.sourcePort, fields.destinationPort),
    u32(fields.sequence ?? 0, fields.acknowledgement ?? 0),
    Buffer.from([(5 + options.length / 4) << 4, flags]),
    u16(fields.window ?? 64240, 0, 0),
    options,
    payload,
  ]);
  return { protocol: 6, bytes, checksumAt: 16 };
}

export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  /** Overrides the computed one. */
  length?: number;
}

export function udp(fields: UdpFields, payload: Buffer): UpperLayer {
  const header = u16(fields.sourcePort, fields.destinationPort, fields.length ?? payload.length + 8, 0);
  return { protocol: 17, bytes: Buffer.concat([header, payload]), checksumAt: 6 };
}

export interface ArpFields {
  operation: 'request' | 'reply';
  senderMac: string;
  senderIp: string;
  targetMac?: string;
  targetIp: string;
}

export function arp(fields: ArpFields): NetworkLayer {
  const bytes = Buffer.concat([
    u16(1, 0x0800, 0x0604, fields.operation === 'request' ? 1 : 2),
    macBytes(fields.senderMac),
    ipBytes(fields.senderIp),
    macBytes(fields.targetMac ?? '00:00:00:00:00:00'),
    ipBytes(fields.targetIp),
  ]);
  return { etherType: 0x0806, bytes };
}

function icmpv6(type: number, body: Buffer): UpperLayer {
  return { protocol: 58, bytes: Buffer.concat([Buffer.from([type, 0, 0, 0]), body]), checksumAt: 2 };
}

function linkAddressOption(type: number, mac: string | undefined): Buffer {
  return mac === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from([type, 1]), macBytes(mac)]);
}

export function neighborSolicitation(fields: { target: string; sourceMac?: string }): UpperLayer {
  return icmpv6(135, Buffer.concat([u32(0), ipBytes(fields.target), linkAddressOption(1, fields.sourceMac)]));
}

export interface NeighborAdvertisementFields {
  target: string;
  targetMac?: string;
  router?: boolean;
  solicited?: boolean;
  override?: boolean;
}

export function neighborAdvertisement(fields: NeighborAdvertisementFields): UpperLayer {
  const flags = (fields.router ? 0x80 : 0) | (fields.solicited ? 0x40 : 0) | (fields.override ? 0x20 : 0);
  const target = ipBytes(fields.target);
  return icmpv6(136, Buffer.concat([u32(flags * 0x1000000), target, linkAddressOption(2, fields.targetMac)]));
}

export function routerSolicitation(fields: { sourceMac?: string }): UpperLayer {
  return icmpv6(133, Buffer.concat([u32(0), linkAddressOption(1, fields.sourceMac)]));
}

export interface RouterAdvertisementFields {
  sourceMac?: string;
  /** Seconds. */
  routerLifetime?: number;
  /** On link and autonomous unless told otherwise. */
  prefixes?: readonly {
    prefix: string;
    length: number;
    onLink?: boolean;
    autonomous?: boolean;
    validLifetime?: number;
  }[];
}

export function routerAdvertisement(fields: RouterAdvertisementFields): UpperLayer {
  const prefixes = (fields.prefixes ?? []).map((p) =>
    Buffer.concat([
      Buffer.from([3, 4, p.length, ((p.onLink ?? true) ? 0x80 : 0) | ((p.autonomous ?? true) ? 0x40 : 0)]),
      u32(p.validLifetime ?? 86400, 14400, 0),
      ipBytes(p.prefix),
    ]),
  );
  const fixed = Buffer.concat([Buffer.from([64, 0]), u16(fields.routerLifetime ?? 1800), u32(0, 0)]);
  return icmpv6(134, Buffer.concat([fixed, linkAddressOption(1, fields.sourceMac), ...prefixes]));
}

/** A DHCP option: its code, and its value as text or octets. */
export type DhcpOption = readonly [code: number, value: string | Buffer];

export interface DhcpFields {
  operation: 'request' | 'reply';
  /** 1 discover, 2 offer, 3 request, 5 ack; left out for plain BOOTP. */
  messageType?: number;
  transactionId?: number;
  clientMac: string;
  clientIp?: string;
  yourIp?: string;
  options?: readonly DhcpOption[];
  /** The raw fields that option 52 can put to use. */
  serverName?: Buffer;
  bootFile?: Buffer;
}

export function dhcpOptions(options: readonly DhcpOption[]): Buffer {
  return Buffer.concat(
    options.map(([code, value]) => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
    }),
  );
}

/** A DHCPv4 message: the payload of a UDP datagram between ports 68 and 67. */
export function dhcp(fields: DhcpFields): Buffer {
  const type: DhcpOption[] =
    fields.messageType === undefined ? [] : [[53, Buffer.from([fields.messageType])] satisfies DhcpOption];
  const fixed = Buffer.concat([
    Buffer.from([fields.operation === 'request' ? 1 : 2, 1, 6, 0]),
    u32(fields.transactionId ?? 0x3903f326, 0),
    ipBytes(fields.clientIp ?? '0.0.0.0'),
    ipBytes(fields.yourIp ?? '0.0.0.0'),
    u32(0, 0),
    Buffer.concat([macBytes(fields.clientMac), Buffer.alloc(10)]),
    Buffer.concat([fields.serverName ?? Buffer.alloc(0), Buffer.alloc(64)]).subarray(0, 64),
    Buffer.concat([fields.bootFile ?? Buffer.alloc(0), Buffer.alloc(128)]).subarray(0, 128),
    u32(0x63825363),
  ]);
  return Buffer.concat([fixed, dhcpOptions([...type, ...(fields.options ?? [])]), Buffer.from([255])]);
}

/** DNS labels and the root: `camera.lan` as DHCP's options 81 and 39 carry it. */
export function wireName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

export type Dhcpv6Option = readonly [code: number, value: Buffer];

export function dhcpv6Options(options: readonly Dhcpv6Option[]): Buffer {
  return Buffer.concat(options.map(([code, value]) => Buffer.concat([u16(code, value.length), value])));
}

export interface Dhcpv6Fields {
  /** 1 solicit, 2 advertise, 3 request, 7 reply. */
  messageType: number;
  transactionId?: number;
  /** Becomes a DUID-LL. */
  clientMac?: string;
  fqdn?: string;
  /** Addresses in one IA_NA. */
  addresses?: readonly string[];
  /** Prefixes in one IA_PD, as `2001:db8::/56`. */
  prefixes?: readonly string[];
  options?: readonly Dhcpv6Option[];
}

/** A DHCPv6 message: the payload of a UDP datagram between ports 546 and 547. */
export function dhcpv6(fields: Dhcpv6Fields): Buffer {
  const options: Dhcpv6Option[] = [];
  if (fields.clientMac !== undefined) options.push([1, Buffer.concat([u16(3, 1), macBytes(fields.clientMac)])]);
  if (fields.addresses !== undefined) {
    const leases = fields.addresses.map((ip): Dhcpv6Option => [5, Buffer.concat([ipBytes(ip), u32(3600, 7200)])]);
    options.push([3, Buffer.concat([u32(1, 1800, 2880), dhcpv6Options(leases)])]);
  }
  if (fields.prefixes !== undefined) {
    const delegated = fields.prefixes.map((text): Dhcpv6Option => {
      const [prefix = '', length] = text.split('/');
      return [26, Buffer.concat([u32(3600, 7200), Buffer.from([Number(length)]), ipBytes(prefix)])];
    });
    options.push([25, Buffer.concat([u32(1, 1800, 2880), dhcpv6Options(delegated)])]);
  }
  if (fields.fqdn !== undefined) options.push([39, Buffer.concat([Buffer.from([1]), wireName(fields.fqdn)])]);
  const head = u32(fields.messageType * 0x1000000 + (fields.transactionId ?? 0x0a0b0c));
  return Buffer.concat([head, dhcpv6Options([...options, ...(fields.options ?? [])])]);
}

/** A relay agent's wrapping of a message: type 12 towards the server, 13 back. */
export function dhcpv6Relay(messageType: 12 | 13, message: Buffer): Buffer {
  const addresses = Buffer.concat([ipBytes('2001:db8::1'), ipBytes('fe80::2')]);
  return Buffer.concat([Buffer.from([messageType, 0]), addresses, dhcpv6Options([[9, message]])]);
}

/** ICMP "destination unreachable" (RFC 792) that quotes a packet. */
export function icmpUnreachable(code: number, quoted: NetworkLayer): UpperLayer {
  return raw(1, Buffer.concat([Buffer.from([3, code, 0, 0]), u32(0), quoted.bytes]));
}

/** Its ICMPv6 counterpart (RFC 4443, section 3.1). */
export function icmpv6Unreachable(code: number, quoted: NetworkLayer): UpperLayer {
  const message = icmpv6(1, Buffer.concat([u32(0), quoted.bytes]));
  message.bytes[1] = code;
  return message;
}

/** An ESP packet's bytes: a protocol whose inside nobody reads. */
export function esp(): UpperLayer {
  return raw(50, Buffer.alloc(24, 0xee));
}
