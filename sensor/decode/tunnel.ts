// A connection through a proxy: what the client asks for, and where in each direction the proxy's own words end and those
// of the server behind it begin. Fed with octets in order; reassembly is stream.ts's.
import { MAX_HEADER_BYTES } from './headers.ts';
import { decodeConnect, decodeStatusLine } from './http-connect.ts';
import { Failure } from './outcome.ts';
import { decodeSocksReply, decodeSocksRequest, MAX_SOCKS_BYTES } from './socks.ts';

export interface Tunnel {
  /** An address in canonical form, or a name escaped as in host-text.ts. */
  readonly host: string;
  readonly port: number;
  readonly via: 'socks4' | 'socks5' | 'http-connect';
  /** Offset in the client's stream of the first octet meant for the server behind the proxy. */
  readonly payloadAt: number;
}

export interface TunnelAnswer {
  readonly accepted: boolean;
  /** Offset in the server's stream of the first octet of the server behind the proxy. */
  readonly payloadAt: number;
}

/** `'more'`: not to be told yet. Null: no tunnel, and nothing that follows changes that. */
export type Opening<T> = T | 'more' | null;

/** Reads a client's stream from its start. A pure function for those who keep the stream themselves. */
export function tunnelOf(bytes: Buffer): Opening<Tunnel> {
  const first = bytes[0];
  if (first === undefined) return 'more';
  if (first === 4 || first === 5) {
    const request = decodeSocksRequest(bytes.subarray(0, MAX_SOCKS_BYTES));
    if (request instanceof Failure) return undecided(request, bytes.length < MAX_SOCKS_BYTES);
    const { consumed, host, port, version } = request;
    return { host, port, via: version === 4 ? 'socks4' : 'socks5', payloadAt: consumed };
  }
  const request = decodeConnect(bytes.subarray(0, MAX_HEADER_BYTES));
  if (request instanceof Failure) return undecided(request, bytes.length < MAX_HEADER_BYTES);
  const { consumed, host, port } = request;
  return consumed === null ? 'more' : { host, port, via: 'http-connect', payloadAt: consumed };
}

/** Reads a server's stream from its start; which proxy it is shows in its first octet, so either side may come first. */
export function tunnelAnswerOf(bytes: Buffer): Opening<TunnelAnswer> {
  const first = bytes[0];
  if (first === undefined) return 'more';
  if (first === 0 || first === 5) {
    const reply = decodeSocksReply(bytes.subarray(0, MAX_SOCKS_BYTES), first === 0 ? 4 : 5);
    if (reply instanceof Failure) return undecided(reply, bytes.length < MAX_SOCKS_BYTES);
    return { accepted: reply.accepted, payloadAt: reply.consumed };
  }
  const answer = decodeStatusLine(bytes.subarray(0, MAX_HEADER_BYTES));
  if (answer instanceof Failure) return undecided(answer, bytes.length < MAX_HEADER_BYTES);
  const { consumed, status } = answer;
  // RFC 9110, section 9.3.6: any 2xx opens the tunnel right after the header block.
  return consumed === null ? 'more' : { accepted: status >= 200 && status < 300, payloadAt: consumed };
}

function undecided(failure: Failure, hasRoom: boolean): 'more' | null {
  return failure.reason === 'truncated' && hasRoom ? 'more' : null;
}

/** Keeps the beginning of one direction until it is told what it is; then nothing. */
class Beginning<T> {
  readonly #read: (bytes: Buffer) => Opening<T>;
  #bytes: Buffer = Buffer.alloc(0);
  answer: Opening<T> = 'more';

  constructor(read: (bytes: Buffer) => Opening<T>) {
    this.#read = read;
  }

  push(octets: Buffer): Opening<T> {
    if (this.answer !== 'more') return this.answer;
    this.#bytes = Buffer.concat([this.#bytes, octets]).subarray(0, MAX_HEADER_BYTES);
    this.answer = this.#read(this.#bytes);
    if (this.answer !== 'more') this.#bytes = Buffer.alloc(0);
    return this.answer;
  }
}

/**
 * Both directions of a connection, each fed in order and from its first octet. Holds at most 8 KiB a direction, and nothing
 * once a direction is told. Offsets count from the start of the stream, not of the octets fed last.
 */
export class TunnelOpening {
  readonly #client = new Beginning(tunnelOf);
  readonly #server = new Beginning(tunnelAnswerOf);

  client(octets: Buffer): Opening<Tunnel> {
    return this.#client.push(octets);
  }

  server(octets: Buffer): Opening<TunnelAnswer> {
    return this.#server.push(octets);
  }
}
