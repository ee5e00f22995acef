// Connections through a proxy: reads what SOCKS and HTTP CONNECT are asked for, so that the inner destination counts as the
// destination. Beginnings only, each bounded; what flows through afterwards is read by others.
import { LRUCache } from 'lru-cache';
import { ipVersion } from '../decode/ip-version.ts';
import type { IpAddress, Tcp } from '../decode/packet.ts';
import { StreamAssembler } from '../decode/stream.ts';
import { tunnelAnswerOf, tunnelOf } from '../decode/tunnel.ts';
import { atMost } from './at-most.ts';
import { type Connection, payloadSequence } from './connection.ts';
import type { Side } from './connections.ts';

/** Beginnings read at once. */
const READERS = 256;
/** A CONNECT with its header, or a SOCKS greeting with a login, with room to spare. */
const LIMITS = { maxBytes: 8 * 1024, maxSegments: 16 };

const LETTER_C = 'c'.charCodeAt(0);

interface Reader {
  client: StreamAssembler;
  server: StreamAssembler;
  /** Sequence numbers of the first octets that are kept, where both ends are known. */
  clientStart: number;
  serverStart: number | null;
}

export class Tunnels {
  readonly #readers = new LRUCache<Connection, Reader>(atMost(READERS));
  readonly #addressOf: (name: string) => IpAddress | null;

  /** `addressOf`: what DNS says of a name now. */
  constructor(addressOf: (name: string) => IpAddress | null) {
    this.#addressOf = addressOf;
  }

  /** Takes a segment; true when it made more known of `connection.inner`. */
  take(connection: Connection, tcp: Tcp, from: Side): boolean {
    if (tcp.payload.length === 0) return false;
    let reader = this.#readers.get(connection);
    if (reader === undefined) {
      if (from !== 'originator' || connection.inner !== null || !mayBeginTunnel(tcp.payload)) return false;
      const clientStart = connection.isn === null ? tcp.sequence : (connection.isn + 1) >>> 0;
      if (payloadSequence(tcp) !== clientStart) return false;
      reader = {
        client: new StreamAssembler({ start: clientStart, ...LIMITS }),
        server: new StreamAssembler({ start: null, ...LIMITS }),
        clientStart,
        serverStart: null,
      };
      this.#readers.set(connection, reader);
    }
    return from === 'originator' ? this.#asked(connection, reader, tcp) : this.#answered(connection, reader, tcp);
  }

  end(connection: Connection): void {
    this.#readers.delete(connection);
  }

  #asked(connection: Connection, reader: Reader, tcp: Tcp): boolean {
    if (connection.inner !== null) return false;
    const bytes = reader.client.push(payloadSequence(tcp), tcp.payload);
    const tunnel = bytes === null ? 'more' : tunnelOf(bytes);
    if (tunnel === 'more' && !reader.client.full) return false;
    if (tunnel === null || tunnel === 'more') {
      this.#readers.delete(connection);
      return false;
    }
    const { host, payloadAt, port, via } = tunnel;
    const clientNext = (reader.clientStart + payloadAt) >>> 0;
    const ip = ipVersion(host) === 0 ? this.#addressOf(host) : host;
    connection.inner = { host, ip, port, via, outcome: 'pending', clientNext, serverNext: null };
    return true;
  }

  #answered(connection: Connection, reader: Reader, tcp: Tcp): boolean {
    const sequence = payloadSequence(tcp);
    reader.serverStart ??= sequence;
    const bytes = reader.server.push(sequence, tcp.payload);
    const { inner } = connection;
    if (bytes === null || inner === null) return false;
    const answer = tunnelAnswerOf(bytes);
    if (answer === 'more' && !reader.server.full) return false;
    this.#readers.delete(connection);
    if (answer === null || answer === 'more') return false;
    inner.outcome = answer.accepted ? 'connected' : 'refused';
    inner.serverNext = (reader.serverStart + answer.payloadAt) >>> 0;
    return true;
  }
}

/** SOCKS 4 and 5 begin with their version; the rest is HTTP. */
function mayBeginTunnel(payload: Buffer): boolean {
  const first = payload[0] ?? 0;
  if (first === 4) return payload.length >= 8 && payload[1] === 1;
  if (first === 5) return payload.length >= 3 && payload.length <= 2 + 255 + 300;
  // Of all else one octet tells that it is no CONNECT, in either case.
  if ((first | 0x20) !== LETTER_C) return false;
  return /^CONNECT /i.test(payload.toString('latin1', 0, 8));
}
