// Everything on the wire that tells names: DNS answers for destinations, multicast announcements for devices. Decoded here,
// kept in DestinationNames and IdentityBook. What lookups give away is judged in detect.
import { LRUCache } from 'lru-cache';
import { type DnsMessage, decodeDns, splitDnsTcp } from '../decode/dns.ts';
import { decodeLlmnr } from '../decode/llmnr.ts';
import { decodeMdns, type MdnsAnnouncement } from '../decode/mdns.ts';
import { decodeNbns } from '../decode/nbns.ts';
import { type DecodeCounters, type Decoded, Failure } from '../decode/outcome.ts';
import { type Mac, type Packet, TCP_FLAGS, type Tcp, type Udp } from '../decode/packet.ts';
import { decodeSsdp } from '../decode/ssdp.ts';
import { StreamAssembler } from '../decode/stream.ts';
import { atMost } from './at-most.ts';
import { payloadSequence } from './connection.ts';
import type { DestinationNames } from './destination-names.ts';
import type { Device } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import { endsOf } from './ends.ts';
import type { IdentityBook } from './identity.ts';
import { isGroup } from './mac-address.ts';
import { SecondChanceTable } from './second-chance.ts';

const PORTS = { dns: 53, netbios: 137, ssdp: 1900, mdns: 5353, llmnr: 5355 } as const;
const NAME_PORTS = new Set<number>(Object.values(PORTS));
/** DNS over TCP connections put together at once, and bytes of each direction. */
const TCP_STREAMS = 256;
const TCP_BYTES = 64 * 1024;
/** Announcements that are known by their octets, since devices repeat them word for word; longer ones are read each time. */
const REPEATED = 128;
const REPEATED_BYTES = 1024;

export interface NameTrafficParts {
  devices: DeviceTable;
  identities: IdentityBook;
  names: DestinationNames;
  counters: DecodeCounters;
  /** A DNS message over port 53; `device` sent it. */
  onMessage(message: DnsMessage, packet: Packet, device: Device | null): void;
}

interface TcpStream {
  assembler: StreamAssembler;
  /** Octets of the messages taken so far. */
  read: number;
}

export class NameTraffic {
  readonly #parts: NameTrafficParts;
  readonly #repeated = new SecondChanceTable<string, Decoded<MdnsAnnouncement>>(REPEATED);
  readonly #streams = new LRUCache<string, TcpStream>(atMost(TCP_STREAMS));

  constructor(parts: NameTrafficParts) {
    this.#parts = parts;
  }

  /** Takes a datagram if one of its ports is for names; returns whether it was. */
  udp(packet: Packet, udp: Udp, device: Device | null, time: number): boolean {
    const { destinationPort, payload, sourcePort } = udp;
    if (!NAME_PORTS.has(sourcePort) && !NAME_PORTS.has(destinationPort)) return false;
    if (sourcePort === PORTS.dns || destinationPort === PORTS.dns) {
      const message = this.#decoded(decodeDns(payload));
      if (message !== null) this.#dns(packet, message, device, time);
    } else if (device !== null) this.#announcement(sourcePort, destinationPort, packet, payload, device, time);
    return true;
  }

  /** Takes a segment; of those that are not of a DNS connection (RFC 7766) it makes nothing. */
  tcp(packet: Packet, tcp: Tcp, device: Device | null, time: number): void {
    if (packet.ip === null || (tcp.sourcePort !== PORTS.dns && tcp.destinationPort !== PORTS.dns)) return;
    const ends = endsOf(packet);
    // The ports are used again: what an earlier connection left would put the new one's bytes in the wrong place.
    if ((tcp.flags & TCP_FLAGS.syn) !== 0) this.#streams.delete(ends);
    if (tcp.payload.length === 0) return;
    let stream = this.#streams.get(ends);
    if (stream === undefined) {
      stream = { assembler: new StreamAssembler({ start: null, maxBytes: TCP_BYTES, maxSegments: 32 }), read: 0 };
      this.#streams.set(ends, stream);
    }
    const bytes = pushed(stream, payloadSequence(tcp), tcp.payload);
    if (bytes === null) return;
    // Each message once: the stream may be made of as many as it has octets.
    const { consumed, messages } = splitDnsTcp(bytes.subarray(stream.read));
    stream.read += consumed;
    for (const bytesOfOne of messages) {
      const message = this.#decoded(decodeDns(bytesOfOne));
      if (message !== null) this.#dns(packet, message, device, time);
    }
    if (stream.assembler.full) this.#streams.delete(ends);
  }

  #dns(packet: Packet, message: DnsMessage, device: Device | null, time: number): void {
    this.#parts.names.learn(this.#askerOf(packet), message, time);
    this.#parts.onMessage(message, packet, device);
  }

  /** Who is given an answer: the frame's receiver, or who is behind it; on cooked captures the holder of the address. */
  #askerOf({ destinationMac, ip }: Packet): Mac | null {
    if (destinationMac !== null && isGroup(destinationMac)) return null;
    if (destinationMac !== null)
      return this.#parts.devices.at(destinationMac, ip?.destination ?? null)?.mac ?? destinationMac;
    return ip === null ? null : (this.#parts.devices.ownerOf(ip.destination)?.mac ?? null);
  }

  #announcement(
    source: number,
    destination: number,
    packet: Packet,
    payload: Buffer,
    device: Device,
    time: number,
  ): void {
    const { identities } = this.#parts;
    if (source === PORTS.mdns) {
      const message = this.#decoded(this.#mdns(payload));
      if (message !== null) identities.mdns(device, message, packet.ip?.source ?? null, time);
    } else if (source === PORTS.llmnr) {
      for (const claim of this.#decoded(decodeLlmnr(payload)) ?? []) {
        if (claim.address === packet.ip?.source) identities.hostName(device, claim.name, 'llmnr', time);
      }
    } else if (source === PORTS.netbios) {
      for (const claim of this.#decoded(decodeNbns(payload)) ?? []) {
        if (claim.address === null || claim.address === packet.ip?.source)
          identities.hostName(device, claim.name, 'nbns', time);
      }
    } else if (source === PORTS.ssdp || destination === PORTS.ssdp) {
      const message = this.#decoded(decodeSsdp(payload));
      if (message !== null) identities.ssdp(device, message, time);
    }
  }

  #mdns(payload: Buffer): Decoded<MdnsAnnouncement> {
    if (payload.length > REPEATED_BYTES) return decodeMdns(payload);
    const octets = payload.toString('latin1');
    let announcement = this.#repeated.get(octets);
    if (announcement === undefined) {
      announcement = decodeMdns(payload);
      this.#repeated.set(octets, announcement);
    }
    return announcement;
  }

  #decoded<T>(outcome: Decoded<T>): T | null {
    if (!(outcome instanceof Failure)) return outcome;
    // Queries and the like are not ours to read; only what is broken counts.
    if (outcome.reason !== 'unsupported') this.#parts.counters.count(outcome);
    return null;
  }
}

/** The stream with one segment more, where that has changed it. Nothing is put in front of messages that were taken. */
function pushed({ assembler, read }: TcpStream, sequence: number, payload: Buffer): Buffer | null {
  const early = read === 0 || assembler.start === null ? 0 : Math.max(0, (assembler.start - sequence) | 0);
  return assembler.push((sequence + early) >>> 0, payload.subarray(early));
}
