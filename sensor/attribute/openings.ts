// Reads the name of the server out of the beginning of a connection: TLS and QUIC ClientHellos, HTTP requests. Hellos are
// put together over segments and datagrams; everything is given up at a bound.
import { LRUCache } from 'lru-cache';
import { decodeHttpRequest, looksLikeHttpRequest } from '../decode/http.ts';
import { type DecodeCounters, Failure } from '../decode/outcome.ts';
import type { Packet, Tcp, Udp } from '../decode/packet.ts';
import { isClientInitial, QuicInitials } from '../decode/quic.ts';
import { StreamAssembler } from '../decode/stream.ts';
import { decodeClientHello, looksLikeClientHello } from '../decode/tls.ts';
import { atMost } from './at-most.ts';
import { type Connection, moveConnection, newConnection, payloadSequence } from './connection.ts';
import { endsOf, turnedEndsOf } from './ends.ts';

/** Beginnings read at once. */
const READERS = 1024;
const QUIC_FLOWS = 2048;
/** A QUIC connection that was silent this long (ms) is over: there is no FIN to see (RFC 9000, section 10.1). */
const QUIC_IDLE = 2 * 60_000;
/** A post-quantum hello has about 2,000 bytes; with session tickets and padding four times that. */
const MAX_OPENING = 16 * 1024;
const MAX_SEGMENTS = 32;

export interface Opening {
  connection: Connection;
  host: string | null;
  source: 'sni' | 'quic' | 'http';
  /** The host is the outer name of an Encrypted Client Hello. */
  outer: boolean;
  /** A request to open a tunnel: what goes through it is still to come, and will name the connection. */
  tunnel?: boolean;
  userAgent: string | null;
}

/** The beginning that is being read, and the sequence number of its first octet. */
interface Reader {
  assembler: StreamAssembler;
  from: number;
}

interface Flow {
  connection: Connection;
  initials: QuicInitials;
  /** At least one Initial was opened with the originator's keys: it is QUIC and it is the client. */
  proven: boolean;
  named: boolean;
}

export class Openings {
  readonly #counters: DecodeCounters;
  readonly #readers = new LRUCache<Connection, Reader>(atMost(READERS));
  readonly #flows: LRUCache<string, Flow>;
  /** Until then (ms of packet time) no QUIC connection can be over. */
  #nextLook = 0;

  /** `ended` is called for QUIC connections that give way; TCP's have their own table. */
  constructor(counters: DecodeCounters, ended: (connection: Connection) => void) {
    this.#counters = counters;
    this.#flows = new LRUCache<string, Flow>({
      ...atMost(QUIC_FLOWS),
      dispose: (flow) => {
        if (flow.proven) ended(flow.connection);
      },
    });
  }

  /** Whether `tcp` could begin a connection whose SYN was not captured. */
  static beginsConnection(tcp: Tcp): boolean {
    return looksLikeClientHello(tcp.payload) || looksLikeHttpRequest(tcp.payload);
  }

  /** Takes a segment of the originator. */
  tcp(connection: Connection, tcp: Tcp): Opening | null {
    if (tcp.payload.length === 0) return null;
    if (connection.openingRead) return this.#later(connection, tcp);
    const known = this.#readers.get(connection);
    const start = connection.isn === null ? null : (connection.isn + 1) >>> 0;
    const from = start ?? payloadSequence(tcp);
    if (known === undefined && payloadSequence(tcp) === from) return this.#first(connection, start, tcp);
    const reader = known ?? this.#read(connection, start, from);
    const opening = this.#take(connection, reader, tcp);
    // What was said first is something else, or did not pass the filter: a proxy's protocol, STARTTLS in whatever it is.
    const isMisread = opening === null && payloadSequence(tcp) !== reader.from && Openings.beginsConnection(tcp);
    return isMisread ? this.#anew(connection, tcp) : opening;
  }

  /** Takes a datagram; returns an opening when the hello is whole. What is QUIC and never shows one only ends. */
  udp(packet: Packet, udp: Udp, time: number): Opening | null {
    if (packet.ip === null) return null;
    const forward = endsOf(packet);
    const reverse = this.#flows.get(turnedEndsOf(packet));
    if (reverse?.proven) {
      reverse.connection.down.add(udp.payloadLength);
      reverse.connection.lastAt = Math.max(reverse.connection.lastAt, time);
      return null;
    }
    let flow = this.#flows.get(forward);
    if (flow === undefined) {
      if (!isClientInitial(udp.payload)) return null;
      flow = {
        connection: newConnection(packet, udp, time, null),
        initials: new QuicInitials(),
        proven: false,
        named: false,
      };
      this.#flows.set(forward, flow);
      this.#nextLook = Math.min(this.#nextLook, time + QUIC_IDLE);
    }
    flow.connection.up.add(udp.payloadLength);
    flow.connection.lastAt = Math.max(flow.connection.lastAt, time);
    return flow.named ? null : this.#initial(flow, udp);
  }

  /** Packet time has reached `now`: idle QUIC connections end. */
  expire(now: number): void {
    if (now < this.#nextLook) return;
    this.#nextLook = now + QUIC_IDLE;
    for (const key of this.#flows.rkeys()) {
      const over = (this.#flows.peek(key)?.connection.lastAt ?? now) + QUIC_IDLE;
      if (over > now) {
        this.#nextLook = over;
        return;
      }
      this.#flows.delete(key);
    }
  }

  /** The clock was put right by so many ms. */
  moveTime(by: number): void {
    for (const { connection } of this.#flows.values()) moveConnection(connection, by);
    this.#nextLook += by;
  }

  /** The capture has ended. */
  close(): void {
    this.#flows.clear();
    this.#readers.clear();
  }

  #initial(flow: Flow, udp: Udp): Opening | null {
    const hello = flow.initials.push(udp.payload);
    if (hello instanceof Failure) {
      this.#counters.count(hello);
      return null;
    }
    flow.proven = true;
    const { connection } = flow;
    connection.carriedData = true;
    if (hello === 'more') return null;
    flow.named = true;
    return { connection, host: hello.serverName, source: 'quic', outer: hello.ech, userAgent: null };
  }

  /** Most openings are whole in their first segment: of those nothing is kept. */
  #first(connection: Connection, start: number | null, tcp: Tcp): Opening | null {
    const { payload } = tcp;
    const opening = this.#open(connection, payload);
    const isUnfinished = opening === 'more' && payload.length < MAX_OPENING;
    if (isUnfinished) this.#read(connection, start, payloadSequence(tcp)).assembler.push(payloadSequence(tcp), payload);
    connection.openingRead = !isUnfinished;
    return opening === 'more' ? null : opening;
  }

  #read(connection: Connection, start: number | null, from: number): Reader {
    const assembler = new StreamAssembler({ start, maxBytes: MAX_OPENING, maxSegments: MAX_SEGMENTS });
    const reader = { assembler, from };
    this.#readers.set(connection, reader);
    return reader;
  }

  /** Reads on from a segment that begins like an opening. */
  #anew(connection: Connection, tcp: Tcp): Opening | null {
    connection.openingRead = false;
    const from = payloadSequence(tcp);
    return this.#take(connection, this.#read(connection, from, from), tcp);
  }

  #take(connection: Connection, { assembler }: Reader, tcp: Tcp): Opening | null {
    const bytes = assembler.push(payloadSequence(tcp), tcp.payload);
    if (bytes === null) return null;
    const opening = this.#open(connection, bytes);
    if (opening === 'more' && !assembler.full) return null;
    connection.openingRead = true;
    this.#readers.delete(connection);
    return opening === 'more' ? null : opening;
  }

  #open(connection: Connection, bytes: Buffer): Opening | 'more' | null {
    if (looksLikeClientHello(bytes)) return this.#hello(connection, bytes);
    if (looksLikeHttpRequest(bytes)) return this.#request(connection, bytes);
    // Too short to tell: a request line sent in pieces, or a record header alone.
    return bytes.length < 8 ? 'more' : null;
  }

  #hello(connection: Connection, bytes: Buffer): Opening | 'more' | null {
    const hello = decodeClientHello(bytes);
    if (hello instanceof Failure) {
      if (hello.reason === 'truncated') return 'more';
      this.#counters.count(hello);
      return null;
    }
    return { connection, host: hello.serverName, source: 'sni', outer: hello.ech, userAgent: null };
  }

  #request(connection: Connection, bytes: Buffer): Opening | 'more' | null {
    const request = decodeHttpRequest(bytes);
    if (request instanceof Failure) {
      if (request.reason === 'truncated') return 'more';
      this.#counters.count(request);
      return null;
    }
    if (!request.complete && request.host === null) return 'more';
    const { host, method, userAgent } = request;
    return { connection, host, source: 'http', outer: false, userAgent, tunnel: method === 'CONNECT' };
  }

  /** Past the beginning: the next request on a kept connection, or a hello after STARTTLS. */
  #later(connection: Connection, tcp: Tcp): Opening | null {
    if (looksLikeHttpRequest(tcp.payload)) {
      const opening = this.#request(connection, tcp.payload);
      return opening === 'more' ? null : opening;
    }
    if (connection.nameFrom === 'sni' || !looksLikeClientHello(tcp.payload)) return null;
    return this.#anew(connection, tcp);
  }
}
