// A broker that keeps to a script: it shows each packet of a client's, field by field, and answers what the test says. Unless told
// it takes everything. The packets are read and made by the codec of the MQTT client.
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A packet as the codec has it: `cmd` is its type. */
export interface Packet {
  cmd: string;
  [field: string]: unknown;
}

interface Parser {
  on(event: 'packet', take: (packet: Packet) => void): void;
  parse(bytes: Buffer): void;
}

interface Codec {
  parser(settings: { protocolVersion: number }): Parser;
  generate(packet: Packet, settings: { protocolVersion: number }): Buffer;
}

const ofMqtt = createRequire(createRequire(import.meta.url).resolve('mqtt'));
const { parser, generate } = ofMqtt('mqtt-packet') as Codec;

export interface Line {
  /** Number of the connection, from 1. */
  connection: number;
  send(packet: Packet): void;
  sendBytes(bytes: Buffer): void;
  hangUp(): void;
}

/** What is answered to a packet; true where that was all. */
export type Script = (packet: Packet, line: Line) => boolean | undefined;

export class ScriptedBroker {
  /** Of all connections, in order. */
  readonly packets: Packet[] = [];
  script: Script = () => false;
  connections = 0;
  line: Line | null = null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(script?: Script): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker();
    if (script !== undefined) broker.script = script;
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Packets of one type. */
  of(cmd: string): Packet[] {
    return this.packets.filter((packet) => packet.cmd === cmd);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    this.connections += 1;
    const settings = { protocolVersion: 4 };
    const line: Line = {
      connection: this.connections,
      send: (packet) => line.sendBytes(generate(packet, settings)),
      sendBytes: (bytes) => {
        if (!socket.destroyed) socket.write(bytes);
      },
      hangUp: () => socket.destroy(),
    };
    this.line = line;
    const packets = parser(settings);
    packets.on('packet', (packet) => {
      if (packet.cmd === 'connect') settings.protocolVersion = Number(packet.protocolVersion);
      this.packets.push(packet);
      if (this.script(packet, line) !== true) take(packet, line, settings.protocolVersion);
    });
    socket.on('data', (bytes) => packets.parse(bytes));
  }
}

function take({ cmd, messageId, subscriptions, qos }: Packet, { send }: Line, version: number): void {
  if (cmd === 'connect') send({ cmd: 'connack', ...(version === 5 ? { reasonCode: 0 } : { returnCode: 0 }) });
  if (cmd === 'publish' && qos === 1) send({ cmd: 'puback', messageId });
  if (cmd === 'pingreq') send({ cmd: 'pingresp' });
  if (cmd === 'subscribe') send({ cmd: 'suback', messageId, granted: (subscriptions as unknown[]).map(() => 1) });
  if (cmd === 'unsubscribe') send({ cmd: 'unsuback', messageId, granted: [0] });
}
