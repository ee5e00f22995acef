// The decoded record that the rest of the spine works on. Shapes only; the decoders beside this file fill them.

/** A MAC address: lower case with colons, `a4:cf:12:99:be:ef`. */
export type Mac = string;
/** An IP address as text: dotted IPv4, or IPv6 in the canonical form of RFC 5952. */
export type IpAddress = string;

export interface Packet {
  /** Packet time in milliseconds, as in the frame. */
  time: number;
  /** Bytes on the wire, link header included. */
  wireLength: number;
  /** Null where the link layer carries no (6-byte) address, as on a cooked capture of a tunnel. */
  sourceMac: Mac | null;
  /** Null on cooked captures, which carry only the sender. */
  destinationMac: Mac | null;
  /** Outermost tag first. Priority-only tags (VLAN 0) are left out. */
  vlanIds: number[];
  pppoeSessionId: number | null;
  arp: Arp | null;
  ip: Ip | null;
  tcp: Tcp | null;
  udp: Udp | null;
  icmpv6: NeighborDiscovery | null;
  /** "Destination unreachable" about a TCP segment, of either IP version. */
  icmpError: IcmpError | null;
  /** A frame that is carried in this packet, as a remote mirror sends it. */
  mirrored: Mirrored | null;
  /** Its addresses and ports in one text, and the other way round; undefined until asked for, see attribute/ends.ts. */
  ends?: string | undefined;
  turnedEnds?: string | undefined;
}

/** A frame within a packet: that of a remote mirror, or for `gre` and `vxlan` of a tunnel as well. */
export interface Mirrored {
  kind: 'tzsp' | 'erspan' | 'gre' | 'vxlan';
  /** From its destination MAC on, as far as it was captured and is in this packet: a view, not a copy. */
  data: Buffer;
  /** Its length before anybody cut it, as far as is told; of a fragmented packet that of the first part. */
  originalLength: number;
}

/** ARP for IPv4 over Ethernet (RFC 826). */
export interface Arp {
  operation: 'request' | 'reply';
  senderMac: Mac;
  senderIp: IpAddress;
  targetMac: Mac;
  targetIp: IpAddress;
}

export interface Ip {
  version: 4 | 6;
  source: IpAddress;
  destination: IpAddress;
  /** Upper-layer protocol after all extension headers (IANA protocol numbers). */
  protocol: number;
  /** TTL or hop limit. */
  hopLimit: number;
  /** IPv4 identification, or that of the IPv6 fragment header; 0 where there is none. */
  identification: number;
  /** Fragment offset in bytes; 0 for the first or only fragment. */
  fragmentOffset: number;
  moreFragments: boolean;
  /**
   * The bytes from the start of the transport header, cut to the IP length, as far as captured. Used for duplicate
   * detection and by transport decoders; a view, not a copy.
   */
  payload: Buffer;
  /** Length of `payload` on the wire by the IP header; larger than `payload.length` when the capture was cut. */
  payloadLength: number;
}

export const TCP_FLAGS = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

/** TCP (RFC 9293). */
export interface Tcp {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  /** The low flag byte, see TCP_FLAGS. */
  flags: number;
  window: number;
  payload: Buffer;
  /** Payload bytes on the wire, which may exceed `payload.length`. */
  payloadLength: number;
}

export interface Udp {
  sourcePort: number;
  destinationPort: number;
  payload: Buffer;
  payloadLength: number;
}

/** Neighbor Discovery (RFC 4861): the four messages that tell who is on the link. */
export type NeighborDiscovery =
  | { type: 'neighbor-solicitation'; target: IpAddress; sourceLinkAddress: Mac | null }
  | {
      type: 'neighbor-advertisement';
      target: IpAddress;
      targetLinkAddress: Mac | null;
      router: boolean;
      solicited: boolean;
      override: boolean;
    }
  | { type: 'router-solicitation'; sourceLinkAddress: Mac | null }
  | {
      type: 'router-advertisement';
      sourceLinkAddress: Mac | null;
      routerLifetime: number;
      prefixes: AdvertisedPrefix[];
    };

/** A router or host that tells a sender why its TCP segment went no further; see icmp.ts for the codes behind the words. */
export interface IcmpError {
  reason: 'administratively-prohibited' | 'host-unreachable' | 'port-unreachable' | 'network-unreachable' | 'other';
  /** Who refused. */
  from: IpAddress;
  /** The segment that was refused, as it is quoted. */
  quoted: {
    source: IpAddress;
    destination: IpAddress;
    sourcePort: number;
    destinationPort: number;
    sequence: number;
  };
}

/** Prefix Information option (RFC 4861, section 4.6.2). */
export interface AdvertisedPrefix {
  prefix: IpAddress;
  length: number;
  onLink: boolean;
  autonomous: boolean;
  /** Seconds; 4294967295 is for ever. */
  validLifetime: number;
}

/** DHCPv4 (RFC 2131) with the options of RFC 2132 and RFC 4702 that identify a client. */
export interface Dhcp {
  operation: 'request' | 'reply';
  /** DHCP message type, option 53; null for plain BOOTP. */
  messageType: number | null;
  transactionId: number;
  clientMac: Mac | null;
  /** Address the client has (ciaddr), null when 0.0.0.0. */
  clientIp: IpAddress | null;
  /** Address being handed out (yiaddr), null when 0.0.0.0. */
  yourIp: IpAddress | null;
  /** The relay agent that hands it on between client and server (giaddr), null when 0.0.0.0: without one. */
  relayIp: IpAddress | null;
  /** Option 50. */
  requestedIp: IpAddress | null;
  /** Option 12, raw text as sent: hostile until cleaned. */
  hostName: string | null;
  /** Option 81 (RFC 4702), decoded from either encoding. */
  fqdn: string | null;
  /** Option 60. */
  vendorClass: string | null;
  /** Option 61 as lower-case hex. */
  clientId: string | null;
  /** Option 55 in the order sent: the DHCP fingerprint. */
  parameterRequestList: number[];
  /** Option 1. */
  subnetMask: IpAddress | null;
  /** Option 3. */
  routers: IpAddress[];
  /** Option 6. */
  dnsServers: IpAddress[];
  /** Option 54. */
  serverId: IpAddress | null;
  /** Option 51, seconds. */
  leaseTime: number | null;
}

/** DHCPv6 (RFC 8415); relayed messages are opened one level. */
export interface Dhcpv6 {
  messageType: number;
  transactionId: number;
  /** Option 1, lower-case hex. */
  clientId: string | null;
  /** The link-layer address inside a DUID-LLT or DUID-LL over Ethernet. */
  clientMac: Mac | null;
  /** Option 39 (RFC 4704). */
  fqdn: string | null;
  /** Option 16, first class data. */
  vendorClass: string | null;
  /** Addresses in IA_NA / IA_TA. */
  addresses: IpAddress[];
  /** Delegated prefixes in IA_PD. */
  delegatedPrefixes: { prefix: IpAddress; length: number }[];
}
