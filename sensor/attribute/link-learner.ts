// Who is on the link and at which address: ARP, Neighbor Discovery, DHCP and on-link source addresses, each believed only
// as far as its sender could not easily forge it. Also finds the gateway and the home's public prefixes.
import { decodeDhcp } from '../decode/dhcp.ts';
import { decodeDhcpv6 } from '../decode/dhcpv6.ts';
import { type DecodeCounters, Failure } from '../decode/outcome.ts';
import type { Arp, Dhcp, IpAddress, Mac, NeighborDiscovery, Packet, Udp } from '../decode/packet.ts';
import type { Grant } from './carriers.ts';
import type { Device } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import type { GatewayFinder } from './gateway.ts';
import type { Home } from './home.ts';
import type { IdentityBook } from './identity.ts';
import { isGroup } from './mac-address.ts';
import type { Resolvers } from './resolvers.ts';

/** DHCP message types (RFC 2132, section 9.6). */
const DHCP_ACK = 5;
/** DHCPv6 REPLY (RFC 8415, section 7.3). */
const DHCPV6_REPLY = 7;
/** A lease that never ends (RFC 2131, section 3.3). */
const ENDLESS = 0xffff_ffff;
const UNSPECIFIED = new Set(['0.0.0.0', '::']);

export interface LinkLearnerParts {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
  identities: IdentityBook;
  resolvers: Resolvers;
  counters: DecodeCounters;
}

export class LinkLearner {
  readonly #parts: LinkLearnerParts;
  #knowsRouter = false;

  constructor(parts: LinkLearnerParts) {
    this.#parts = parts;
  }

  /** ARP (RFC 826). A probe (sender 0.0.0.0, RFC 5227) claims nothing; a sender other than the frame's is forged or proxied. */
  arp(packet: Packet, arp: Arp, device: Device, time: number): void {
    const { devices, home } = this.#parts;
    if (arp.senderMac !== packet.sourceMac || UNSPECIFIED.has(arp.senderIp) || isBroadcastAddress(arp.senderIp)) return;
    const holder = devices.at(arp.senderMac, arp.senderIp) ?? device;
    // Where the user said what is inside, that says nothing about what is on the link.
    if (home.fixed || home.isInside(arp.senderIp)) devices.lease(holder, arp.senderIp, time, 'arp');
  }

  /** Neighbor Discovery (RFC 4861); a solicitation from `::` is duplicate address detection (RFC 4862) for its target. */
  neighbor(packet: Packet, message: NeighborDiscovery, device: Device, time: number): void {
    const { devices, gateways, home } = this.#parts;
    const source = packet.ip?.source ?? '::';
    if (message.type === 'router-advertisement') {
      // The decoder takes it from an address of the link alone.
      if (message.routerLifetime > 0) gateways.confirm(device.mac);
      // Who is no router announces nothing; one that ceases to be takes its prefixes back with its last words.
      if (gateways.isGateway(device.mac)) {
        for (const { prefix, length, onLink, autonomous, validLifetime } of message.prefixes) {
          if (onLink || autonomous) home.learn(prefix, length, { by: device.mac, lifetime: validLifetime, time });
        }
      }
    }
    if (message.type === 'neighbor-advertisement') {
      const link = message.targetLinkAddress;
      if (link === null || link === packet.sourceMac) this.#neighborHolds(device, message.target, time);
      return;
    }
    if (source !== '::') this.#neighborHolds(device, source, time);
    else if (message.type === 'neighbor-solicitation') {
      // Still a question: who holds the address already will say so and keeps it.
      const holder = devices.ownerOf(message.target);
      if (holder === undefined || holder === device) this.#neighborHolds(device, message.target, time);
    }
  }

  /** A gateway may answer for addresses beyond it (RFC 4389); those are not its own. */
  #neighborHolds(device: Device, ip: IpAddress, time: number): void {
    const { devices, gateways, home } = this.#parts;
    if (gateways.isGateway(device.mac) && !home.isInside(ip)) return;
    devices.lease(devices.at(device.mac, ip) ?? device, ip, time, 'ndp');
  }

  dhcp(packet: Packet, udp: Udp, time: number): void {
    const message = decodeDhcp(udp.payload, udp.payloadLength);
    if (message instanceof Failure) this.#parts.counters.count(message);
    else if (message.operation === 'request') this.#dhcpClient(packet, message, time);
    else if (message.messageType === DHCP_ACK) this.#dhcpAck(packet, message, time);
  }

  dhcpv6(packet: Packet, udp: Udp, time: number): void {
    const { counters, devices, identities } = this.#parts;
    const message = decodeDhcpv6(udp.payload, udp.payloadLength);
    if (message instanceof Failure) {
      counters.count(message);
      return;
    }
    const fromServer = udp.sourcePort === 547 && udp.destinationPort === 546;
    // A DUID may carry the address of another interface of the client (RFC 8415, section 11.4): the frame knows better, unless
    // its MAC is known to carry that client.
    const peer = fromServer ? packet.destinationMac : packet.sourceMac;
    const isCarried = message.clientMac !== null && devices.get(message.clientMac)?.path.behind === peer;
    const client = peer === null || isGroup(peer) || isCarried ? message.clientMac : peer;
    const device = devices.seen(client, time);
    if (device === null) return;
    if (!fromServer) {
      if (message.fqdn !== null) identities.hostName(device, message.fqdn, 'dhcpv6', time);
      if (message.clientId !== null) identities.duid(device, message.clientId);
      return;
    }
    if (message.messageType !== DHCPV6_REPLY) return;
    for (const { prefix, length } of message.delegatedPrefixes) this.#announced(packet, prefix, length, time);
    for (const ip of message.addresses) devices.lease(device, ip, time, 'dhcpv6');
  }

  /** Anybody can send an answer of a DHCP server: what is inside is the router's to say, once it is known. */
  #announced({ sourceMac }: Packet, prefix: IpAddress, length: number, time: number): void {
    const { gateways, home } = this.#parts;
    if (gateways.anyProven && (sourceMac === null || !gateways.isGateway(sourceMac))) return;
    home.learn(prefix, length, { by: sourceMac, lifetime: null, time });
  }

  /**
   * A frame to one device alone, from the router or from one that is proven itself, shows that there is somebody. DHCP does not:
   * a server answers whatever asks.
   */
  answered({ destinationMac, ip, sourceMac, udp }: Packet, sender: Device | null): void {
    if (destinationMac === null || sourceMac === null || isGroup(destinationMac)) return;
    if (udp !== null && (udp.sourcePort === 67 || udp.destinationPort === 67)) return;
    const { devices, gateways } = this.#parts;
    const isTrusted = gateways.isGateway(sourceMac) || (sender !== null && devices.isProven(sender));
    if (!isTrusted) return;
    devices.prove(destinationMac);
    const receiver = devices.at(destinationMac, ip?.destination ?? null);
    if (receiver !== undefined) devices.prove(receiver.mac);
  }

  /** Any packet with addresses: the gateway shows itself by what passes through it, a device by its own source address. */
  passed(packet: Packet, device: Device | null, time: number): void {
    const { ip, sourceMac, destinationMac } = packet;
    if (ip === null || UNSPECIFIED.has(ip.source)) return;
    const { devices, gateways, home } = this.#parts;
    const sourceInside = home.isInside(ip.source);
    const destinationInside = home.isInside(ip.destination);
    if (sourceInside && !destinationInside && destinationMac !== null && !isGroup(destinationMac)) {
      gateways.handedTo(destinationMac, ip.destination);
    }
    if (
      !sourceInside &&
      destinationInside &&
      sourceMac !== null &&
      !isGroup(sourceMac) &&
      destinationMac !== null &&
      !isGroup(destinationMac)
    ) {
      gateways.cameFrom(sourceMac, ip.source);
    }
    if (sourceMac !== null && gateways.isGateway(sourceMac)) home.heardFrom(ip.source, ip.hopLimit, time);
    if (gateways.anyProven && !this.#knowsRouter) {
      this.#knowsRouter = true;
      home.distrust((mac) => gateways.isGateway(mac));
    }
    if (device !== null && sourceInside && !gateways.isGateway(device.mac) && !isGroupAddress(ip.source)) {
      devices.lease(device, ip.source, time, 'on-link');
    }
  }

  /** What a request says of a client is the client's word only if it comes from there, or if that was never heard itself. */
  #dhcpClient(packet: Packet, message: Dhcp, time: number): void {
    const { devices, identities } = this.#parts;
    const { sourceMac } = packet;
    const mac = message.clientMac ?? sourceMac;
    const device = devices.seen(mac, time);
    if (device === null) return;
    const isForwarded = sourceMac !== null && sourceMac !== mac;
    if (sourceMac !== null) devices.carriers.asked(message.transactionId, device.mac, sourceMac);
    if (!isForwarded || device.path.directAt === null || devices.carriers.hasCarried(sourceMac, device))
      identities.dhcp(device, message, time);
    // A relay (giaddr) hands on the requests of clients that may well speak for themselves.
    const relay = isForwarded && message.relayIp === null ? devices.get(sourceMac) : undefined;
    if (relay !== undefined) identities.speaksFor(relay, device.mac);
    if (message.clientIp !== null && packet.ip?.source === message.clientIp)
      devices.lease(devices.at(sourceMac ?? device.mac, message.clientIp) ?? device, message.clientIp, time, 'dhcp');
  }

  #dhcpAck(packet: Packet, message: Dhcp, time: number): void {
    const { devices, gateways, home } = this.#parts;
    const ip = message.yourIp ?? message.clientIp;
    this.#parts.resolvers.announced(message.dnsServers.filter((server) => home.isInside(server)));
    if (ip === null) return;
    const device = devices.seen(message.clientMac, time);
    if (device === null) return;
    if (message.subnetMask !== null) {
      const length = maskLength(message.subnetMask);
      if (length !== null) this.#announced(packet, networkOf(ip, length), length, time);
      if (length !== null && message.relayIp === null) home.learnLink(networkOf(ip, length), length);
    }
    if (home.fixed || home.isInside(ip)) {
      devices.lease(device, ip, time, 'dhcp');
      const asker = devices.carriers.askerOf(message, device.mac);
      const isBeyond = message.relayIp !== null && home.isOnLink(ip) !== true;
      devices.carriers.granted(device, {
        ...grantOf(packet, message, asker),
        ...{ ip, kind: isBeyond ? 'router' : 'repeater' },
      });
    }
    for (const router of message.routers) {
      const owner = devices.ownerOf(router);
      if (owner !== undefined) gateways.confirm(owner.mac);
    }
  }
}

/** An acknowledgement that comes in at another MAC than the client's shows who carries it; a relay's own (giaddr) does not. */
function grantOf(
  { destinationMac, sourceMac, time }: Packet,
  message: Dhcp,
  asker: Mac | null,
): Omit<Grant, 'ip' | 'kind'> {
  const { clientMac, leaseTime, relayIp } = message;
  const isElsewhere = destinationMac !== null && !isGroup(destinationMac) && destinationMac !== clientMac;
  const until = leaseTime === null || leaseTime === ENDLESS ? null : time + leaseTime * 1000;
  const via = isElsewhere ? destinationMac : asker;
  return { time, until, server: sourceMac, via, arrived: isElsewhere && relayIp === null };
}

/** Multicast, or everybody: nobody sends from there. */
function isGroupAddress(ip: IpAddress): boolean {
  if (ip.includes(':')) return ip.startsWith('ff');
  const first = Number.parseInt(ip, 10);
  return (first >= 224 && first < 240) || isBroadcastAddress(ip);
}

function isBroadcastAddress(ip: IpAddress): boolean {
  return ip === '255.255.255.255';
}

function octets(ip: IpAddress): number {
  return ip
    .split('.')
    .map(Number)
    .reduce((value, octet) => value * 256 + octet);
}

/** Length of a contiguous IPv4 mask; null for anything else. */
function maskLength(mask: IpAddress): number | null {
  const inverted = ~octets(mask) >>> 0;
  return (inverted & (inverted + 1)) === 0 ? 32 - Math.log2(inverted + 1) : null;
}

function networkOf(ip: IpAddress, length: number): IpAddress {
  // What is shifted is counted modulo 32.
  const network = octets(ip) & (0xffff_ffff << -length);
  return [24, 16, 8, 0].map((shift) => (network >>> shift) & 0xff).join('.');
}
