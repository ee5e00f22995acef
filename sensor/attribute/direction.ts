// Which way a connection goes, and which device of the home it is about: out to the Internet, in from it, or inside.
import type { IpAddress, Mac } from '../decode/packet.ts';
import type { Connection, Way } from './connection.ts';
import { type Device, newDevice } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import type { GatewayFinder } from './gateway.ts';
import type { Home } from './home.ts';
import { cannotSend } from './mac-address.ts';

export interface DirectionParts {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
}

export class Direction {
  readonly #parts: DirectionParts;

  constructor(parts: DirectionParts) {
    this.#parts = parts;
  }

  /**
   * The device of the home that `connection` is about: who opened it, or who received it when it came from the Internet.
   * Null where no device of the home is known for it. Which way it goes is decided once for each connection.
   */
  subject(connection: Connection): Device | null {
    const opener = this.#openerOf(connection);
    const receiver = this.#receiverOf(connection);
    if (connection.way === null) {
      connection.way = this.#wayOf(connection, opener, receiver);
      connection.openedBy = opener?.mac ?? null;
    }
    return connection.way === 'inbound' ? receiver : opener;
  }

  /** A frame from the other side may be the first to show its MAC. */
  #receiverOf(connection: Connection): Device | null {
    const { devices } = this.#parts;
    if (connection.receivedBy !== null) return devices.get(connection.receivedBy) ?? null;
    const receiver = this.#deviceAt(connection.responderMac, connection.responderIp);
    if (connection.responderMac !== null) connection.receivedBy = receiver?.mac ?? null;
    return receiver;
  }

  /** Cooked captures show the sender's MAC alone: the receiver is who holds the address. */
  #deviceAt(mac: Mac | null, ip: IpAddress): Device | null {
    const { devices } = this.#parts;
    return (mac === null ? devices.ownerOf(ip) : devices.at(mac, ip)) ?? null;
  }

  /** Frames whose source address is none hide nothing: they are from who holds the IP address, or from nobody known. */
  #openerOf({ openedAt, openedBy, originatorIp, originatorMac }: Connection): Device | null {
    const { devices, home } = this.#parts;
    const judged = openedBy === null ? undefined : devices.get(openedBy);
    if (judged !== undefined) return judged;
    if (originatorMac === null) return this.#deviceAt(null, originatorIp);
    const known = devices.at(originatorMac, originatorIp);
    if (known !== undefined) return known;
    return cannotSend(originatorMac) && home.isInside(originatorIp) ? newDevice(originatorMac, openedAt) : null;
  }

  #wayOf(connection: Connection, opener: Device | null, receiver: Device | null): Way | null {
    const isLeaving = !this.#staysHome(connection, opener, receiver) && !this.#isInbound(connection, opener, receiver);
    if (opener !== null && isLeaving) return 'outbound';
    if (this.#isFromOutside(connection, opener)) return receiver === null ? null : 'inbound';
    return opener === null ? null : 'local';
  }

  /** Packets from the Internet come out of the gateway; who sends from an address that it holds itself is a neighbour. */
  #isFromOutside(connection: Connection, opener: Device | null): boolean {
    const { devices, gateways, home } = this.#parts;
    const { openedAt, originatorIp } = connection;
    if (home.isInside(originatorIp)) return opener !== null && this.#isBorrowedPrefix(originatorIp, opener);
    if (this.#isOwn(originatorIp, openedAt)) return false;
    if (opener === null || gateways.isGateway(opener.mac)) return true;
    return !gateways.anyProven && devices.ownerOf(originatorIp) !== opener;
  }

  /** The router passes on what comes from a prefix that another machine announced, and nobody here holds the address. */
  #isBorrowedPrefix(ip: IpAddress, { mac }: Device): boolean {
    const { devices, gateways, home } = this.#parts;
    if (home.isInsideByRule(ip) || !gateways.isGateway(mac)) return false;
    const holder = devices.ownerOf(ip)?.mac;
    if (holder !== undefined && !gateways.isGateway(holder)) return false;
    return home.announcerOf(ip) !== mac;
  }

  /** By the router's word this is the home itself. */
  #isOwn(ip: IpAddress, time: number): boolean {
    const { gateways, home } = this.#parts;
    return home.isOwn(ip, time, (mac) => gateways.isGateway(mac));
  }

  /** A prefix that somebody announced does not make what is handed to the gateway stay inside: announcements can be forged. */
  #staysHome(connection: Connection, opener: Device | null, receiver: Device | null): boolean {
    const { openedAt, responderIp, responderMac } = connection;
    const { devices, gateways, home } = this.#parts;
    if (home.isInsideByRule(responderIp) || this.#isOwn(responderIp, openedAt)) return true;
    if (home.fixed) return false;
    const holder = devices.ownerOf(responderIp);
    const isHeldHere = holder !== undefined && holder !== opener && !gateways.isGateway(holder.mac);
    if (isHeldHere && holder === receiver) return true;
    const isHandedOn = responderMac !== null && gateways.isGateway(responderMac);
    return home.isInside(responderIp) && (isHeldHere || !isHandedOn);
  }

  #isInbound(connection: Connection, opener: Device | null, receiver: Device | null): boolean {
    const { gateways, home } = this.#parts;
    const { openedAt, originatorIp, responderMac } = connection;
    if (opener === null || home.fixed || this.#isOwn(originatorIp, openedAt)) return false;
    if (home.isInside(originatorIp) && !this.#isBorrowedPrefix(originatorIp, opener)) return false;
    const isTaken = responderMac !== null && receiver !== null && !gateways.isGateway(receiver.mac);
    return gateways.isGateway(opener.mac) && isTaken;
  }
}
