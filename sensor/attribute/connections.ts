// The connection table: who opened it, whether it was answered, how much went each way. Bounded; TCP only.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac, Packet, Tcp } from '../decode/packet.ts';
import { TCP_FLAGS } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import {
  type Connection,
  moveConnection,
  newConnection,
  type Outcome,
  payloadSequence,
  type Refusal,
  reversed,
  swapPorts,
} from './connection.ts';
import { EarlyAnswers } from './early-answers.ts';
import { endsFrom, endsOf, turnedEndsOf } from './ends.ts';
import { forgetOver } from './over-connections.ts';
import { Queue } from './queue.ts';
import { acknowledges, isBareReset, nextSequence } from './segment.ts';

/** Connections followed at once; the least recently active give way and count as ended. */
const CONNECTIONS = 16_384;
/** Mail connections have a table of their own, so that a scan cannot push them out before their answer. */
const MAIL_CONNECTIONS = 16_384;
/** A SYN without SYN-ACK or RST for this long (ms) is unanswered. */
const ANSWER_WITHIN = 30_000;
/** Stacks give up on a SYN after about two minutes (RFC 9293, section 3.8.3, asks for three); later it is a new attempt. */
const RETRANSMITTED_WITHIN = 5 * 60_000;
/** What is over is looked for this often (ms). */
const FORGET_EVERY = 60_000;
/** So many may join the waiting list before it is swept of settled connections. */
const SWEEP_EVERY = 4096;

export interface ConnectionHandler {
  /** A first SYN. */
  opened(connection: Connection): void;
  /** `outcome` left `pending`; `time` is packet time of the answer, or of the deadline that passed. */
  settled(connection: Connection, time: number): void;
  /** Closed, reset, replaced, pushed out, or the capture ended. */
  ended(connection: Connection): void;
  /** The responder has sent all it had: what went down is known, though the originator may keep its side open for long. */
  received(connection: Connection): void;
}

export type Side = 'originator' | 'responder';

/** Told of each segment of a known connection. */
export type Heard = (connection: Connection, from: Side, packet: Packet, tcp: Tcp) => void;

/** The segment that an ICMP error quotes. */
export interface QuotedSegment {
  source: IpAddress;
  destination: IpAddress;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
}

export class ConnectionTable {
  readonly #handler: ConnectionHandler;
  readonly #isMailPort: (port: number) => boolean;
  readonly #plain: LRUCache<string, Connection>;
  readonly #mail: LRUCache<string, Connection>;
  readonly #early = new EarlyAnswers();
  /** Unanswered SYNs by the time they were sent. */
  #waiting = new Queue<Connection>();
  /** How many may wait before they are swept. */
  #sweepAt = SWEEP_EVERY;
  #forgotAt = 0;
  /** Packet time as far as seen here. */
  #now = 0;

  constructor(handler: ConnectionHandler, isMailPort: (port: number) => boolean) {
    this.#handler = handler;
    this.#isMailPort = isMailPort;
    const disposeAfter = (connection: Connection, _key: string, reason: string) => {
      if (reason !== 'evict') return;
      this.#settle(connection, 'unanswered', this.#now);
      this.#end(connection);
    };
    this.#plain = new LRUCache<string, Connection>({ ...atMost(CONNECTIONS), disposeAfter });
    this.#mail = new LRUCache<string, Connection>({ ...atMost(MAIL_CONNECTIONS), disposeAfter });
  }

  get size(): number {
    return this.#plain.size + this.#mail.size;
  }

  /** Connections on the list of those without an answer, settled ones that were not swept yet included. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Follows a TCP packet. Returns its connection, or null for segments of unknown ones. `heard` is told which side sent it, before
   * the connection ends with this very segment, which may carry payload beside its FIN.
   */
  follow(packet: Packet, tcp: Tcp, time: number, heard: Heard = () => {}): Connection | null {
    const { ip } = packet;
    this.#now = time;
    if (ip === null) return null;
    const isSyn = (tcp.flags & TCP_FLAGS.syn) !== 0 && (tcp.flags & TCP_FLAGS.ack) === 0;
    if (isSyn) {
      const connection = this.#syn(packet, tcp, time);
      heard(connection, 'originator', packet, tcp);
      return connection;
    }
    const forward = this.#active(this.#table(tcp.destinationPort), endsOf(packet), time);
    const connection = forward ?? this.#active(this.#table(tcp.sourcePort), turnedEndsOf(packet), time);
    if (connection === undefined) {
      this.#early.note(ip, tcp);
      return null;
    }
    const from: Side = forward === undefined ? 'responder' : 'originator';
    if (time > connection.lastAt) connection.lastAt = time;
    if (from === 'originator') this.#fromOriginator(connection, packet, tcp, time);
    else this.#fromResponder(connection, packet, tcp, time);
    if ((tcp.flags & TCP_FLAGS.fin) !== 0) {
      connection.finFrom[from] = true;
      (from === 'originator' ? connection.up : connection.down).close();
    }
    heard(connection, from, packet, tcp);
    const reset = (tcp.flags & TCP_FLAGS.rst) !== 0;
    if (reset || (connection.finFrom.originator && connection.finFrom.responder)) this.#finish(connection);
    else if (from === 'responder' && connection.finFrom.responder) this.#handler.received(connection);
    return connection;
  }

  /** A segment that may continue its originator's opening; null where the opening was read or the connection is unknown. */
  continued(packet: Packet, tcp: Tcp, time: number): Connection | null {
    const connection = this.#table(tcp.destinationPort).get(endsOf(packet));
    if (connection === undefined) return null;
    connection.lastAt = Math.max(connection.lastAt, time);
    connection.up.reach(tcp.sequence + tcp.payloadLength);
    connection.carriedData = true;
    return connection.openingRead ? null : connection;
  }

  /** A connection whose SYN was not captured, known by what its originator sent in `packet`. */
  adopt(packet: Packet, tcp: Tcp, time: number): Connection | null {
    if (packet.ip === null) return null;
    const connection = this.#make(newConnection(packet, tcp, time, null));
    if (this.#early.take(packet.ip, tcp, tcp.sequence)?.outcome === 'connected') connection.outcome = 'connected';
    connection.up.start(tcp.sequence);
    connection.down.start(tcp.acknowledgement);
    this.#fromOriginator(connection, packet, tcp, time);
    return connection;
  }

  /**
   * A connection known by what its responder sent in `packet`: an answer to its SYN, or payload. The SYN itself may still
   * come, late or never; it then belongs to this connection.
   */
  adoptAnswered(packet: Packet, tcp: Tcp, time: number): Connection | null {
    if (packet.ip === null) return null;
    const isAnswer = (tcp.flags & (TCP_FLAGS.syn | TCP_FLAGS.rst)) !== 0;
    const isn = isAnswer ? (tcp.acknowledgement - 1) >>> 0 : null;
    const connection = this.#make({
      ...newConnection(reversed(packet), swapPorts(tcp), time, isn),
      ...{ beganUnseen: true, hopLimit: null },
    });
    connection.outcome = (tcp.flags & TCP_FLAGS.rst) === 0 ? 'connected' : 'refused';
    connection.up.start(tcp.acknowledgement);
    if (connection.outcome === 'refused') {
      connection.ended = true;
      return connection;
    }
    connection.down.start(payloadSequence(tcp));
    this.#fromResponder(connection, packet, tcp, time);
    return connection;
  }

  /** An ICMP error says that the SYN with these ends and this sequence number got nowhere. False where no such is known. */
  refuse(quoted: QuotedSegment, by: Refusal, time: number): boolean {
    const { source, sourcePort, destination, destinationPort, sequence } = quoted;
    const ends = endsFrom(source, sourcePort, destination, destinationPort);
    const connection = this.#table(destinationPort).get(ends);
    if (connection === undefined) return false;
    if (connection.isn !== sequence || connection.outcome === 'connected') return true;
    connection.refusedBy = by;
    this.#settle(connection, 'refused', time, true);
    return true;
  }

  /** A connection known by an ICMP error alone, which quotes its SYN. */
  adoptRefused(quoted: QuotedSegment, by: Refusal, originatorMac: Mac, time: number): Connection {
    const ends = { originatorMac, originatorIp: quoted.source, responderIp: quoted.destination };
    const connection = newConnection(null, quoted, time, quoted.sequence);
    return this.#make(Object.assign(connection, ends, { refusedBy: by, outcome: 'refused', beganUnseen: true }));
  }

  /** Passes the deadlines up to `now`. */
  expire(now: number): void {
    if (Math.abs(now - this.#forgotAt) >= FORGET_EVERY) {
      this.#forgotAt = now;
      for (const table of [this.#plain, this.#mail]) forgetOver(table, now);
    }
    for (let { first } = this.#waiting; first !== undefined; first = this.#waiting.first) {
      if (first.openedAt + ANSWER_WITHIN > now) break;
      this.#waiting.shift();
      this.#settle(first, 'unanswered', first.openedAt + ANSWER_WITHIN);
    }
  }

  /** Packet time is no longer what the deadlines were made from: what is pending counts as unanswered until it is answered. */
  giveUp(now: number): void {
    const waiting = this.#waiting;
    this.#waiting = new Queue();
    for (const connection of waiting) this.#settle(connection, 'unanswered', now);
  }

  /** The clock was put right by so many ms: what waits for an answer waits on, no longer and no shorter. */
  moveTime(by: number): void {
    const all = new Set([...this.#plain.values(), ...this.#mail.values(), ...this.#waiting]);
    for (const connection of all) moveConnection(connection, by);
    this.#now += by;
  }

  /** The capture has ended: what is pending stays unanswered, everything ends. */
  close(now: number): void {
    this.giveUp(now);
    for (const table of [this.#mail, this.#plain]) {
      // One by one: to clear a large cache that tells of what it lets go takes time that grows with its square.
      for (const ends of [...table.rkeys()]) {
        const connection = table.peek(ends);
        if (connection !== undefined) this.#end(connection);
        table.delete(ends);
      }
    }
  }

  /** Who gives way is told to the second: of the packets of one, the first alone moves the connection behind the others. */
  #active(table: LRUCache<string, Connection>, ends: string, time: number): Connection | undefined {
    const connection = table.peek(ends);
    if (connection === undefined) return undefined;
    return secondOf(connection.lastAt) === secondOf(time) ? connection : table.get(ends);
  }

  #syn(packet: Packet, tcp: Tcp, time: number): Connection {
    const ends = endsOf(packet);
    const known = this.#table(tcp.destinationPort).get(ends);
    if (known !== undefined && known.isn === tcp.sequence && time - known.lastAt <= RETRANSMITTED_WITHIN) {
      if (time > known.lastAt) known.lastAt = time;
      return known;
    }
    if (known !== undefined) {
      this.#settle(known, 'unanswered', time);
      this.#end(known);
    }
    const connection = newConnection(packet, tcp, time, tcp.sequence);
    this.#table(tcp.destinationPort).set(ends, connection);
    connection.up.start(tcp.sequence + 1);
    this.#await(connection);
    this.#handler.opened(connection);
    this.#answeredBefore(connection, packet, tcp, time);
    return connection;
  }

  #answeredBefore(connection: Connection, { ip }: Packet, tcp: Tcp, time: number): void {
    const answer = ip === null ? null : this.#early.take(ip, tcp, (tcp.sequence + 1) >>> 0);
    if (answer === null) return;
    if (answer.outcome === 'connected') connection.down.start(answer.sequence + 1);
    this.#settle(connection, answer.outcome, time);
    if (answer.outcome === 'refused') this.#finish(connection);
  }

  /** Under a flood most of the list is settled long before its deadline: few more stay than the tables hold. */
  #await(connection: Connection): void {
    if (this.waiting >= this.#sweepAt) {
      const swept = new Queue<Connection>();
      for (const waiting of this.#waiting) if (waiting.outcome === 'pending') swept.push(waiting);
      this.#waiting = swept;
      this.#sweepAt = swept.size + SWEEP_EVERY;
    }
    this.#waiting.push(connection);
  }

  #make(connection: Connection): Connection {
    const { originatorIp, originatorPort, responderIp, responderPort } = connection;
    this.#table(responderPort).set(endsFrom(originatorIp, originatorPort, responderIp, responderPort), connection);
    return connection;
  }

  #fromOriginator(connection: Connection, packet: Packet, tcp: Tcp, time: number): void {
    connection.originatorMac ??= packet.sourceMac;
    connection.hopLimit ??= packet.ip?.hopLimit ?? null;
    if (!isBareReset(tcp)) connection.up.reach(nextSequence(tcp));
    if ((tcp.flags & TCP_FLAGS.ack) !== 0) connection.down.reach(tcp.acknowledgement);
    if (tcp.payloadLength > 0) connection.carriedData = true;
    // What the originator acknowledges it has received: the handshake was completed, whether or not the answer was seen.
    if (acknowledges(tcp)) this.#connected(connection, time);
  }

  #fromResponder(connection: Connection, packet: Packet, tcp: Tcp, time: number): void {
    connection.responderMac ??= packet.sourceMac;
    const answered = (tcp.flags & TCP_FLAGS.syn) !== 0 && (tcp.flags & TCP_FLAGS.ack) !== 0;
    if (answered) {
      connection.down.start(tcp.sequence + 1);
      this.#connected(connection, time);
    } else {
      const reset = (tcp.flags & TCP_FLAGS.rst) !== 0;
      if (reset) this.#settle(connection, 'refused', time);
      if (!reset || (connection.outcome === 'connected' && !isBareReset(tcp))) connection.down.reach(nextSequence(tcp));
    }
    if ((tcp.flags & TCP_FLAGS.ack) !== 0 && (tcp.flags & TCP_FLAGS.rst) === 0)
      connection.up.reach(tcp.acknowledgement);
  }

  /** Outweighs the deadline and an ICMP error that came before: the connection did come about. */
  #connected(connection: Connection, time: number): void {
    if (connection.outcome === 'unseen') connection.outcome = 'connected';
    if (connection.outcome === 'refused' && connection.refusedBy === null) return;
    connection.refusedBy = null;
    this.#settle(connection, 'connected', time, true);
  }

  /** `late`: also where it has counted as something else before. */
  #settle(connection: Connection, outcome: Outcome, time: number, late = false): void {
    const { outcome: before } = connection;
    if (before === outcome || before === 'connected' || before === 'unseen') return;
    if (before !== 'pending' && !late) return;
    connection.outcomeBefore = before === 'pending' ? null : before;
    connection.outcome = outcome;
    this.#handler.settled(connection, time);
  }

  #finish(connection: Connection): void {
    if (connection.ended) return;
    // A reset by the originator itself leaves the SYN without an answer.
    if (connection.outcome === 'pending') return;
    this.#end(connection);
  }

  #end(connection: Connection): void {
    if (connection.ended) return;
    connection.ended = true;
    this.#handler.ended(connection);
  }

  #table(responderPort: number): LRUCache<string, Connection> {
    return this.#isMailPort(responderPort) ? this.#mail : this.#plain;
  }
}

function secondOf(time: number): number {
  return Math.floor(time / 1000);
}
