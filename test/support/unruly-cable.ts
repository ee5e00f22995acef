// A TCP cable between the sensor and a real broker that sees the broker's packets one by one and can hold them back, drop
// them, add to them or hang up; and stop taking what the sensor sends. What it passes is the real broker's.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './mosquitto.ts';

/** Packet types in the first four bits of a packet (MQTT 3.1.1, section 2.2.1). */
export const TYPE = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13 } as const;

export interface Wire {
  /** Towards the sensor. */
  send(bytes: Buffer): void;
  hangUp(): void;
}

export interface Ways {
  /** What becomes of a packet of the broker's; passed on unless told. */
  onPacket?(packet: Buffer, wire: Wire): void;
  /** Stops reading what the sensor sends. */
  isDeaf?: boolean;
  /** Connections are taken and lead nowhere. */
  isDead?: boolean;
}

export class UnrulyCable {
  readonly port: number;
  /** May be changed at any time. */
  ways: Ways;
  /** Where new connections lead. */
  brokerPort: number;
  /** Connections of the sensor's so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #near = new Set<Socket>();

  static async to(brokerPort: number, ways: Ways = {}): Promise<UnrulyCable> {
    const port = await freePort();
    const cable = new UnrulyCable(port, brokerPort, ways);
    await new Promise<void>((resolve) => cable.#server.listen(port, '127.0.0.1', resolve));
    return cable;
  }

  private constructor(port: number, brokerPort: number, ways: Ways) {
    this.port = port;
    this.ways = ways;
    this.brokerPort = brokerPort;
    this.#server = createServer((near) => {
      if (this.ways.isDead === true) this.#hold(near, near);
      else this.#join(near, connect(this.brokerPort, '127.0.0.1'));
    });
  }

  /** From now on the cable behaves, also what was held back by not reading goes on. */
  behave(): void {
    this.ways = {};
    for (const socket of this.#near) socket.resume();
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async remove(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #hold(near: Socket, far: Socket): void {
    this.connections += 1;
    this.#near.add(near);
    for (const socket of new Set([near, far])) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#near.delete(near);
        near.destroy();
        far.destroy();
      });
    }
  }

  #join(near: Socket, far: Socket): void {
    this.#hold(near, far);
    const wire: Wire = {
      send: (bytes) => {
        if (!near.destroyed) near.write(bytes);
      },
      hangUp: () => near.destroy(),
    };
    near.on('data', (bytes) => {
      far.write(bytes);
      if (this.ways.isDeaf === true) near.pause();
    });
    const packets = new Packets();
    far.on('data', (bytes) => {
      const { onPacket } = this.ways;
      // Under TLS there are no packets to be seen.
      if (onPacket === undefined && packets.isEmpty) wire.send(bytes);
      else for (const packet of packets.of(bytes)) (this.ways.onPacket ?? pass)(packet, wire);
    });
  }
}

function pass(packet: Buffer, { send }: Wire): void {
  send(packet);
}

export function typeOf(packet: Buffer): number {
  return (packet[0] ?? 0) >> 4;
}

/** A PUBLISH with QoS 0 as MQTT 3.1.1 has it; `properties`: the empty list that MQTT 5 wants. */
export function publishPacket(
  topic: string,
  payload: string,
  { retain = false, properties = false }: { retain?: boolean; properties?: boolean } = {},
): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    Buffer.from([name.length >> 8, name.length & 0xff]),
    name,
    Buffer.from(properties ? [0] : []),
    Buffer.from(payload),
  ]);
  if (body.length > 127) throw new Error('only short packets are made here');
  return Buffer.concat([Buffer.from([retain ? 0x31 : 0x30, body.length]), body]);
}

/** Whole packets of a stream. */
class Packets {
  #rest: Buffer = Buffer.alloc(0);

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  *of(bytes: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const length = wholeLength(this.#rest);
      if (length === null || this.#rest.length < length) return;
      const packet = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield packet;
    }
  }
}

function wholeLength(bytes: Buffer): number | null {
  let length = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if ((byte & 0x80) === 0) return 1 + at + length;
  }
  return null;
}
