// Which connections a device of the home opened to the Internet: not what stays inside, not what comes in from outside.
import type { Connection } from './connection.ts';
import type { Device } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import type { GatewayFinder } from './gateway.ts';
import type { Home } from './home.ts';

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
   * The device that opened `connection` to the outside; null when it goes inside, or comes from the Internet through the
   * gateway to a device of the home. Decided once for each connection.
   */
  originator(connection: Connection): Device | null {
    if (connection.originatorMac === null) return null;
    const device = this.#parts.devices.get(connection.originatorMac) ?? null;
    if (device === null) return null;
    connection.outbound ??= !this.#staysHome(connection) && !this.#isInbound(connection, device);
    return connection.outbound ? device : null;
  }

  /** A prefix that somebody announced does not make what is handed to the gateway stay inside: announcements can be forged. */
  #staysHome({ originatorMac, responderIp, responderMac }: Connection): boolean {
    const { devices, gateways, home } = this.#parts;
    if (home.isInsideByRule(responderIp)) return true;
    if (home.fixed) return false;
    const holder = devices.ownerOf(responderIp)?.mac;
    const isHeldHere = holder !== undefined && holder !== originatorMac && !gateways.isGateway(holder);
    if (isHeldHere && holder === responderMac) return true;
    const isHandedOn = responderMac !== null && gateways.isGateway(responderMac);
    return home.isInside(responderIp) && (isHeldHere || !isHandedOn);
  }

  #isInbound({ originatorIp, responderMac }: Connection, device: Device): boolean {
    const { devices, gateways, home } = this.#parts;
    if (home.fixed || home.isInside(originatorIp)) return false;
    const receiver = responderMac === null ? undefined : devices.get(responderMac);
    return gateways.isGateway(device.mac) && receiver !== undefined && !gateways.isGateway(receiver.mac);
  }
}
