// TCP and QUIC as connections of devices: who opened each, which way it goes, what it is called, and what becomes of it.
// Says so to a listener; judges nothing.
import { isMailPort } from '../decode/interest.ts';
import { ipVersion } from '../decode/ip-version.ts';
import type { DecodeCounters } from '../decode/outcome.ts';
import { type IcmpError, type Packet, TCP_FLAGS, type Tcp, type Udp } from '../decode/packet.ts';
import { looksLikeHello } from '../decode/smtp-beginning.ts';
import type { CaptureLoss } from './capture-loss.ts';
import { type Connection, payloadSequence } from './connection.ts';
import { type ConnectionHandler, ConnectionTable, type Heard, type Side } from './connections.ts';
import { destinationOf } from './destination.ts';
import type { DestinationNames } from './destination-names.ts';
import type { Device } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import { Direction } from './direction.ts';
import type { GatewayFinder } from './gateway.ts';
import type { Home } from './home.ts';
import type { IdentityBook } from './identity.ts';
import { type Opening, Openings } from './openings.ts';
import { countActivity } from './timeline.ts';
import { Tunnels } from './tunnels.ts';

/** Told of connections with the device of the home that each is about, see `Direction.subject`. */
export interface ConnectionListener {
  opened(device: Device, connection: Connection, time: number): void;
  settled(device: Device, connection: Connection, time: number): void;
  named(device: Device, connection: Connection, time: number, bareAddress: string | null): void;
  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void;
  tunnelled(device: Device, connection: Connection, time: number): void;
  received(device: Device, connection: Connection, time: number): void;
  ended(device: Device, connection: Connection, time: number): void;
}

export interface ConnectionTrafficParts {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
  identities: IdentityBook;
  names: DestinationNames;
  loss: CaptureLoss;
  counters: DecodeCounters;
  listener: ConnectionListener;
}

export class ConnectionTraffic {
  readonly #parts: ConnectionTrafficParts;
  readonly #table: ConnectionTable;
  readonly #openings: Openings;
  readonly #direction: Direction;
  readonly #tunnels: Tunnels;
  readonly #heard: Heard = (connection, from, packet, tcp) => this.#segment(connection, packet, tcp, from);
  /** Packet time as far as seen here. */
  #now = 0;

  constructor(parts: ConnectionTrafficParts) {
    this.#parts = parts;
    this.#table = new ConnectionTable(this.#handler(), isMailPort);
    this.#openings = new Openings(parts.counters, (connection) => this.#ended(connection));
    this.#direction = new Direction(parts);
    this.#tunnels = new Tunnels((name) => parts.names.addressOf(name, this.#now));
  }

  /** Returns the connection that the packet belongs to; null for segments of unknown ones. */
  tcp(packet: Packet, tcp: Tcp, time: number): Connection | null {
    this.#now = time;
    const followed = this.#table.follow(packet, tcp, time, this.#heard);
    if (followed !== null) return followed;
    const adopted = this.#adopted(packet, tcp);
    if (adopted === null) {
      this.#parts.loss.orphan(packet, tcp, time);
      return null;
    }
    const { connection, from } = adopted;
    this.#parts.loss.adopted(connection);
    this.#segment(connection, packet, tcp, from);
    const device = this.#direction.subject(connection);
    if (device !== null && connection.way === 'inbound' && connection.outcome === 'connected')
      this.#parts.listener.settled(device, connection, time);
    return connection;
  }

  #segment(connection: Connection, packet: Packet, tcp: Tcp, from: Side): void {
    this.#parts.loss.segment(connection, packet, tcp, from);
    const opening = from === 'originator' ? this.#openings.tcp(connection, tcp) : null;
    if (opening !== null) this.#named(opening);
    const device = this.#direction.subject(connection);
    if (device === null) return;
    if (connection.beganUnseen && connection.way === 'outbound') this.#parts.devices.keep(device);
    if (connection.way !== 'inbound' && this.#tunnels.take(connection, tcp, from))
      this.#tunnelled(device, connection, tcp, from);
    this.#parts.listener.segment(device, connection, tcp, from, this.#now);
  }

  /** An ICMP error that quotes a SYN: it was refused on the way. A SYN that was not seen is known by the quote. */
  refused({ destinationMac }: Packet, error: IcmpError, time: number): void {
    this.#now = time;
    const { devices, home, listener } = this.#parts;
    const { from, quoted, reason } = error;
    const by = { ip: from, reason };
    if (this.#table.refuse(quoted, by, time) || !home.isInside(quoted.source)) return;
    const holder = devices.ownerOf(quoted.source);
    const receiver = destinationMac === null ? undefined : devices.at(destinationMac, quoted.source);
    if (holder !== undefined && holder !== receiver) return;
    const device = devices.seen(receiver?.mac ?? destinationMac, time);
    if (device === null) return;
    const connection = this.#table.adoptRefused(quoted, by, device.mac, time);
    if (this.#direction.subject(connection) !== device || connection.way !== 'outbound') return;
    devices.keep(device);
    listener.opened(device, connection, time);
  }

  /** A segment that may continue its originator's opening, and is nothing else. */
  continued(packet: Packet, tcp: Tcp, time: number): void {
    this.#now = time;
    const connection = this.#table.continued(packet, tcp, time);
    if (connection !== null) this.#parts.loss.segment(connection, packet, tcp, 'originator');
    const opening = connection === null ? null : this.#openings.tcp(connection, tcp);
    if (opening !== null) this.#named(opening);
  }

  udp(packet: Packet, udp: Udp, time: number): void {
    this.#now = time;
    const opening = this.#openings.udp(packet, udp, time);
    if (opening !== null) this.#named(opening);
  }

  /** Packet time has reached `time`. */
  expire(time: number): void {
    this.#now = time;
    this.#table.expire(time);
    this.#openings.expire(time);
  }

  /** Packet time is no longer what the deadlines were made from. */
  giveUp(time: number): void {
    this.#table.giveUp(time);
  }

  /** The clock was put right by so many ms. */
  moveTime(by: number): void {
    this.#now += by;
    this.#table.moveTime(by);
    this.#openings.moveTime(by);
    this.#parts.names.moveTime(by);
  }

  /** The capture has ended. */
  close(time: number): void {
    this.#openings.close();
    this.#table.close(time);
  }

  /** A connection whose beginning was not captured, by what names it, makes it mail or an open door. */
  #adopted(packet: Packet, tcp: Tcp): { connection: Connection; from: Side } | null {
    const isFromServer = isFromMailServer(tcp);
    if (isFromServer || this.#isAnswerToOutside(packet, tcp)) {
      // On a mirror that shows the way in alone, this is all that is ever seen of the device.
      if (isFromServer) this.#parts.devices.seen(packet.destinationMac, this.#now);
      return from('responder', this.#table.adoptAnswered(packet, tcp, this.#now));
    }
    const isMail = isMailPort(tcp.destinationPort) && tcp.payloadLength > 0;
    if (!isMail && !looksLikeHello(tcp.payload) && !Openings.beginsConnection(tcp)) return null;
    return from('originator', this.#table.adopt(packet, tcp, this.#now));
  }

  /** A device of the home takes a call from the Internet: a mirror that shows the way out alone has no more of it. */
  #isAnswerToOutside({ destinationMac, ip, sourceMac }: Packet, { flags }: Tcp): boolean {
    const { gateways, home } = this.#parts;
    // A SYN alone begins a connection and does not come here.
    const isAnswer = (flags & TCP_FLAGS.syn) !== 0;
    if (!isAnswer || ip === null || sourceMac === null || destinationMac === null) return false;
    return gateways.isGateway(destinationMac) && !gateways.isGateway(sourceMac) && !home.isInside(ip.destination);
  }

  #handler(): ConnectionHandler {
    const { listener } = this.#parts;
    return {
      opened: (connection) => this.#opened(connection),
      settled: (connection, time) => {
        const device = this.#direction.subject(connection);
        if (device !== null) listener.settled(device, connection, time);
      },
      ended: (connection) => this.#ended(connection),
      received: (connection) => {
        const device = this.#volumeOf(connection);
        if (device !== null) listener.received(device, connection, connection.lastAt);
      },
    };
  }

  #opened(connection: Connection): void {
    const device = this.#direction.subject(connection);
    if (device === null) return;
    if (connection.way === 'outbound') {
      this.#nameByDns(connection);
      device.connections++;
      countActivity(device, this.#now, 'connections');
      this.#parts.devices.keep(device);
    }
    this.#parts.listener.opened(device, connection, this.#now);
  }

  /** A proxy was asked for a further connection, or has answered: that is where this one goes, and what it is called after. */
  #tunnelled(device: Device, connection: Connection, tcp: Tcp, from: Side): void {
    const { devices, home, listener } = this.#parts;
    const { inner } = connection;
    if (inner === null) return;
    if (connection.way === 'local' && home.isElsewhere(inner.host)) {
      connection.way = 'outbound';
      device.connections++;
      countActivity(device, this.#now, 'connections');
      devices.keep(device);
    }
    if (connection.way === 'outbound' && connection.nameFrom !== 'sni') {
      const isNamed = inner.outcome !== 'refused' && ipVersion(inner.host) === 0;
      connection.name = isNamed ? inner.host : null;
      connection.nameFrom = isNamed ? 'http' : null;
      this.#nameByDns(connection);
    }
    listener.tunnelled(device, connection, this.#now);
    if (from !== 'originator') return;
    // A client that waits for no answer sends on at once. What it asks for may also end in a segment that was seen before this one.
    const payload = tcp.payload.subarray((inner.clientNext - payloadSequence(tcp)) | 0);
    const rest = { ...tcp, sequence: inner.clientNext, payload, payloadLength: payload.length };
    const opening = this.#openings.tcp(connection, rest);
    if (opening !== null) this.#named(opening);
  }

  #named({ connection, host, outer, source, tunnel, userAgent }: Opening): void {
    const { devices, identities, listener } = this.#parts;
    const device = this.#direction.subject(connection);
    if (device === null || connection.way !== 'outbound') return;
    devices.keep(device);
    if (userAgent !== null) identities.userAgent(device, userAgent, this.#now);
    if (tunnel === true) return;
    // The bare address as host names nothing; it is shown as what the device asked for.
    const bareAddress = host === destinationOf(connection).ip ? host : null;
    if (host !== null && bareAddress === null) {
      connection.name = host;
      connection.nameFrom = source;
      connection.nameIsOuter = outer;
    } else this.#nameByDns(connection);
    listener.named(device, connection, this.#now, bareAddress);
  }

  #ended(connection: Connection): void {
    this.#tunnels.end(connection);
    this.#parts.loss.ended(connection);
    const device = this.#volumeOf(connection);
    if (device !== null) this.#parts.listener.ended(device, connection, connection.lastAt);
  }

  /** Whose volume it is, with the name that DNS gives by now. */
  #volumeOf(connection: Connection): Device | null {
    const device = this.#direction.subject(connection);
    if (device === null || connection.way !== 'outbound') return device;
    this.#nameByDns(connection);
    this.#parts.devices.markChanged(device);
    return device;
  }

  #nameByDns(connection: Connection): void {
    if (connection.name !== null) return;
    const known = this.#parts.names.nameOf(connection.openedBy, destinationOf(connection).ip, this.#now);
    connection.name = known?.name ?? null;
    connection.nameFrom = known?.from ?? null;
  }
}

function from(side: Side, connection: Connection | null): { connection: Connection; from: Side } | null {
  return connection === null ? null : { connection, from: side };
}

/** What a mail server alone sends: an answer to a SYN, or payload, from a mail port to one that is none. */
function isFromMailServer({ destinationPort, flags, payloadLength, sequence, sourcePort }: Tcp): boolean {
  if (!isMailPort(sourcePort) || isMailPort(destinationPort) || (flags & TCP_FLAGS.ack) === 0) return false;
  // A reset of a SYN has no sequence number to bear (RFC 9293, section 3.5.2); any other may belong to anything.
  if ((flags & TCP_FLAGS.rst) !== 0) return sequence === 0;
  return (flags & TCP_FLAGS.syn) !== 0 || payloadLength > 0;
}
