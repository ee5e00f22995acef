// One TCP connection as frames, made fast: full-size segments are one template whose numbers and bytes are overwritten.
// Their TCP checksums are left wrong, as a host with checksum offload shows them to a capture.
import { type Endpoint, ethernet, ipv4, ipv6, tcp, u16 } from '../support/packet-builder.ts';
import type { Random } from './random.ts';

export type Side = 'client' | 'server';

/** TLS sends bulk in records of 16 KiB with 5 bytes of header and 17 of tag and type (RFC 8446, section 5). */
const RECORD = 5 + 16_384 + 17;
const SYN_OPTIONS = Buffer.concat([Buffer.from([2, 4]), u16(1460), Buffer.from([1, 1, 8, 10]), Buffer.alloc(8)]);
const OPTIONS = Buffer.concat([Buffer.from([1, 1, 8, 10]), Buffer.alloc(8)]);
const TCP_HEADER = 32;

interface Direction {
  sequence: number;
  /** Bytes of the encrypted stream sent so far; null before and outside TLS. */
  streamed: number;
  full: Buffer;
  acknowledgement: Buffer;
}

export class TcpTalk {
  readonly #random: Random;
  readonly #ends: Record<Side, Endpoint>;
  readonly #tcpAt: number;
  readonly #mss: number;
  readonly #sides: Record<Side, Direction>;

  constructor(random: Random, client: Endpoint, server: Endpoint) {
    this.#random = random;
    this.#ends = { client, server };
    const isV6 = client.ip.includes(':');
    this.#tcpAt = isV6 ? 54 : 34;
    this.#mss = isV6 ? 1428 : 1448;
    const side = (from: Side): Direction => ({
      sequence: random.word(),
      streamed: 0,
      full: this.#frame(from, 'A', Buffer.alloc(this.#mss)),
      acknowledgement: this.#frame(from, 'A', Buffer.alloc(0)),
    });
    this.#sides = { client: side('client'), server: side('server') };
  }

  *open(): Generator<Buffer> {
    yield* this.handshake();
    yield this.acknowledge('client');
  }

  *close(): Generator<Buffer> {
    yield* this.finish();
    yield this.acknowledge('client');
  }

  /** Without the acknowledgement after it, as the filter shows it. */
  *handshake(): Generator<Buffer> {
    yield this.#control('client', 'S');
    yield this.#control('server', 'SA');
  }

  *finish(): Generator<Buffer> {
    yield this.#control('client', 'FA');
    yield this.#control('server', 'FA');
  }

  *refused(): Generator<Buffer> {
    yield this.#control('client', 'S');
    yield this.#control('server', 'RA');
  }

  *reset(from: Side): Generator<Buffer> {
    yield this.#control(from, 'R');
  }

  *send(from: Side, bytes: Buffer): Generator<Buffer> {
    yield* this.message(from, bytes);
    yield this.acknowledge(from === 'client' ? 'server' : 'client');
  }

  /** A message in as many segments as it needs; PSH on the last. */
  *message(from: Side, bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += this.#mss) {
      const piece = bytes.subarray(at, at + this.#mss);
      yield this.#number(from, this.#frame(from, at + this.#mss < bytes.length ? 'A' : 'PA', piece), piece.length);
    }
  }

  /** The next full-size segment of an encrypted stream. */
  bulk(from: Side): Buffer {
    const side = this.#sides[from];
    const frame = side.full;
    const payloadAt = this.#tcpAt + TCP_HEADER;
    this.#random.bytes(this.#mss).copy(frame, payloadAt);
    const intoRecord = side.streamed % RECORD;
    const recordAt = intoRecord === 0 ? 0 : RECORD - intoRecord;
    if (recordAt <= this.#mss - 5) {
      frame.writeUIntBE(0x170303, payloadAt + recordAt, 3);
      frame.writeUInt16BE(RECORD - 5, payloadAt + recordAt + 3);
    }
    side.streamed += this.#mss;
    return this.#number(from, frame, this.#mss);
  }

  acknowledge(from: Side): Buffer {
    return this.#number(from, this.#sides[from].acknowledgement, 0);
  }

  #control(from: Side, flags: string): Buffer {
    return this.#number(from, this.#frame(from, flags, Buffer.alloc(0)), 1);
  }

  #number(from: Side, frame: Buffer, length: number): Buffer {
    const side = this.#sides[from];
    const other = this.#sides[from === 'client' ? 'server' : 'client'];
    frame.writeUInt32BE(side.sequence, this.#tcpAt + 4);
    const acknowledges = ((frame[this.#tcpAt + 13] ?? 0) & 0x10) !== 0;
    frame.writeUInt32BE(acknowledges ? other.sequence : 0, this.#tcpAt + 8);
    side.sequence = (side.sequence + length) >>> 0;
    return frame;
  }

  #frame(from: Side, flags: string, payload: Buffer): Buffer {
    const [source, destination] = from === 'client' ? ['client', 'server'] : ['server', 'client'];
    const sender = this.#ends[source as Side];
    const receiver = this.#ends[destination as Side];
    const options = flags.includes('S') ? SYN_OPTIONS : OPTIONS;
    const segment = tcp({ sourcePort: sender.port, destinationPort: receiver.port, flags, options }, payload);
    const addresses = { source: sender.ip, destination: receiver.ip };
    const packet = sender.ip.includes(':') ? ipv6(addresses, segment) : ipv4(addresses, segment);
    return ethernet({ source: sender.mac, destination: receiver.mac }, packet);
  }
}
