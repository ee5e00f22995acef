// How many frames are lost before the sensor reads them, told from the traffic itself, so that drops in a switch count too. A
// frame that must have passed, since something that was seen proves it, is a sample: it was seen or it was not. What proves it is
// another frame of the same connection in the same direction, so that a mirror that shows half of the traffic is no loss; and all
// samples are of frames that the capture filter keeps whole.
import { LRUCache } from 'lru-cache';
import { HTTP_PORT, TLS_PORT } from '../capture/filter.ts';
import type { DnsMessage } from '../decode/dns.ts';
import { isMailPort } from '../decode/interest.ts';
import { type Packet, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import { type Connection, payloadSequence } from './connection.ts';
import type { Side } from './connections.ts';
import { endsFrom, endsOf, turnedEndsOf } from './ends.ts';
import { type LossEstimate, LossTally } from './loss-tally.ts';
import { SecondChanceTable } from './second-chance.ts';
import { StreamGaps } from './stream-gaps.ts';

const DNS_PORT = 53;
/** What was sent just before the capture began (ms), or went on after a silence, was not lost. */
const SETTLING = 5000;
const SILENCE = 60_000;
/** SYN-ACKs without a SYN whose originator may still be heard. */
const ORPHANS = 1024;
/** DNS questions that may still be answered, and who asks whom. */
const QUESTIONS = 2048;
const ASKERS = 512;
/** Somebody asked a resolver this long ago (ms) at most: its questions cross the mirror. */
const ASKING = 5 * 60_000;
/** Questions were forgotten this short ago (ms): an answer without one is no loss. */
const FORGOTTEN = 60_000;
/** A question may come behind its answer by so many ms: a mirror sends two directions through two queues. */
const DISORDER = 1000;
/** Answers that wait for one. */
const UNASKED = 1024;
/** So many frames of one direction show that it crosses the mirror. */
const VISIBLE = 3;

/** What was seen of a connection, bits of `Connection.seen`. */
const SEEN = {
  syn: 1,
  synAck: 2,
  /** The originator acknowledged something, which the responder must have sent. */
  originator: 4,
  /** The responder sent something besides. */
  responder: 8,
  /** The originator's first payload. */
  opening: 16,
  /** The originator sent something after that. */
  beyond: 32,
} as const;

/** Octets of both directions, where the filter keeps all of them. */
export interface WholeStreams {
  originator: StreamGaps;
  responder: StreamGaps;
  /** Fragments hide octets: nothing is said. */
  isBroken: boolean;
}

/** `first`: nothing showed before that its asker's questions cross the mirror. */
type Question = 'asked' | 'first' | 'answered' | 'unasked';

/** Who asks one resolver. */
interface Asker {
  /** Stands for both in the keys of its questions, above port and identifier. */
  number: number;
  lastAsked: number;
}
/** Twenty bits of a key, beside two numbers of sixteen. */
const MOST_ASKERS = 0xf_ffff;

export class CaptureLoss {
  readonly #tally = new LossTally();
  /** Times of SYN-ACKs whose connection is not known, by its ends as its originator sees them. */
  readonly #orphans = new LRUCache<string, number>(atMost(ORPHANS));
  readonly #questions = new SecondChanceTable<number, Question>(QUESTIONS, (question) => {
    if (question === 'asked' || question === 'first') this.#forgottenAt = this.#last;
  });
  readonly #askers = new SecondChanceTable<string, Asker>(ASKERS, () => {
    this.#forgottenAt = this.#last;
  });
  #askersSoFar = 0;
  /** Answers without a question so far, by time. */
  #unasked: { key: number; time: number }[] = [];
  #forgottenAt = Number.NEGATIVE_INFINITY;
  #begun = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  /** Frames are cut: payload that the filter kept may be gone. */
  isCut = false;

  /** Any packet that counts, before all else is made of it. */
  passed(time: number): void {
    if (Math.abs(time - this.#last) > SILENCE) this.#begun = time;
    this.#last = time;
    if (this.#unasked.length > 0) this.#settle(time);
  }

  /** The clock was put right by so many ms: what waits for its other half waits on. */
  moveTime(by: number): void {
    this.#begun += by;
    this.#last += by;
    this.#forgottenAt += by;
    for (const unasked of this.#unasked) unasked.time += by;
    for (const asker of this.#askers.values()) asker.lastAsked += by;
    for (const [ends, answeredAt] of [...this.#orphans.entries()]) this.#orphans.set(ends, answeredAt + by);
    this.#tally.moveTime(by);
  }

  /** The capture has ended. */
  close(): void {
    this.#settle(Number.POSITIVE_INFINITY);
  }

  overall(): LossEstimate {
    return this.#tally.overall();
  }

  recent(time: number): LossEstimate {
    return this.#tally.recent(time);
  }

  /** A segment of a known connection. */
  segment(connection: Connection, packet: Packet, tcp: Tcp, from: Side): void {
    const { flags } = tcp;
    const isReset = (flags & TCP_FLAGS.rst) !== 0;
    if ((flags & TCP_FLAGS.syn) !== 0) {
      connection.seen |= from === 'originator' ? SEEN.syn : SEEN.synAck;
      if (from === 'originator' && this.#takeOrphan(connection) !== null) connection.seen |= SEEN.synAck;
    } else if (from === 'responder') connection.seen |= SEEN.responder;
    else if (!isReset) {
      if ((flags & TCP_FLAGS.ack) !== 0 && tcp.acknowledgement !== 0) connection.seen |= SEEN.originator;
      this.#octets(connection, tcp);
    }
    if (!isReset && isWhole(connection.responderPort)) this.#follow(connection, packet, tcp, from);
  }

  /** A segment of no known connection: a SYN-ACK, or later the proof that there was a SYN before it. */
  orphan(packet: Packet, { acknowledgement, flags }: Tcp, time: number): void {
    if (packet.ip === null || (flags & TCP_FLAGS.ack) === 0 || (flags & TCP_FLAGS.rst) !== 0) return;
    if ((flags & TCP_FLAGS.syn) !== 0) {
      this.#orphans.set(turnedEndsOf(packet), time);
      return;
    }
    if (this.#orphans.size === 0 || acknowledgement === 0) return;
    const ends = endsOf(packet);
    const answeredAt = this.#orphans.get(ends);
    if (answeredAt === undefined) return;
    this.#orphans.delete(ends);
    this.#count(answeredAt, true);
  }

  /** A connection became known by what its originator sent: where its SYN-ACK was seen, its SYN must have passed. */
  adopted(connection: Connection): void {
    const answeredAt = this.#takeOrphan(connection);
    if (answeredAt !== null) this.#count(answeredAt, true);
  }

  /** What was seen of the connection, and what must have been there. */
  ended({ openedAt, responderPort, seen, whole }: Connection): void {
    const has = (bits: number) => (seen & bits) === bits;
    if (has(SEEN.synAck | SEEN.originator)) this.#count(openedAt, !has(SEEN.syn));
    if (has(SEEN.syn | SEEN.originator | SEEN.responder)) this.#count(openedAt, !has(SEEN.synAck));
    const isRead = responderPort === TLS_PORT || responderPort === HTTP_PORT;
    if (isRead && !this.isCut && has(SEEN.syn | SEEN.beyond)) this.#count(openedAt, !has(SEEN.opening));
    if (whole === null || whole.isBroken) return;
    for (const stream of [whole.originator, whole.responder]) {
      const lost = stream.lost();
      if (stream.frames >= VISIBLE) this.#tally.add(openedAt, stream.segments + lost, lost);
    }
  }

  /** A DNS message: an answer proves its question, where others of the same asker were seen. */
  dns({ id, response }: Pick<DnsMessage, 'id' | 'response'>, { ip, udp }: Packet, time: number): void {
    if (ip === null || udp === null) return;
    const [asker, resolver] = response ? [ip.destination, ip.source] : [ip.source, ip.destination];
    const port = response ? udp.destinationPort : udp.sourcePort;
    if ((response ? udp.sourcePort : udp.destinationPort) !== DNS_PORT) return;
    const asking = this.#asker(`${asker} ${resolver}`);
    const key = (asking.number * 0x1_0000 + port) * 0x1_0000 + id;
    const isAsking = Math.abs(time - asking.lastAsked) <= ASKING;
    // Not by `get`: what was answered shall not outlast what was not.
    const question = this.#questions.peek(key);
    if (!response) {
      asking.lastAsked = time;
      if (question === 'unasked') {
        this.#questions.set(key, 'answered');
        this.#count(time, false);
      } else if (question === undefined || question === 'answered')
        this.#questions.set(key, isAsking ? 'asked' : 'first');
      return;
    }
    if (question === 'unasked') return;
    if (question === 'asked') this.#count(time, false);
    const isMissing = question === undefined && isAsking && time - this.#forgottenAt > FORGOTTEN;
    this.#questions.set(key, isMissing ? 'unasked' : 'answered');
    if (isMissing && this.#unasked.length < UNASKED) this.#unasked.push({ key, time });
  }

  #asker(pair: string): Asker {
    const known = this.#askers.get(pair);
    if (known !== undefined) return known;
    // Goes round before a key would no longer be exact; by then the first are long forgotten.
    const asker = { number: this.#askersSoFar++ & MOST_ASKERS, lastAsked: Number.NEGATIVE_INFINITY };
    this.#askers.set(pair, asker);
    return asker;
  }

  #settle(now: number): void {
    for (let first = this.#unasked[0]; first !== undefined; first = this.#unasked[0]) {
      if (Math.abs(now - first.time) <= DISORDER) return;
      this.#unasked.shift();
      if (this.#questions.peek(first.key) === 'unasked') this.#count(first.time, true);
    }
  }

  #octets(connection: Connection, tcp: Tcp): void {
    if (connection.isn === null) return;
    const offset = (payloadSequence(tcp) - connection.isn - 1) | 0;
    if (offset > 0) connection.seen |= SEEN.beyond;
    else if (offset === 0 && tcp.payloadLength > 0) connection.seen |= SEEN.opening;
  }

  #follow(connection: Connection, { ip }: Packet, tcp: Tcp, from: Side): void {
    connection.whole ??= { originator: new StreamGaps(), responder: new StreamGaps(), isBroken: false };
    const { whole } = connection;
    if (ip?.moreFragments === true) whole.isBroken = true;
    const [own, other] =
      from === 'originator' ? [whole.originator, whole.responder] : [whole.responder, whole.originator];
    own.frames++;
    const first = payloadSequence(tcp);
    own.start(first);
    own.sent(first, tcp.payloadLength + ((tcp.flags & TCP_FLAGS.fin) === 0 ? 0 : 1));
    if ((tcp.flags & TCP_FLAGS.ack) === 0) return;
    other.start(tcp.acknowledgement);
    other.acknowledged(tcp.acknowledgement);
  }

  #takeOrphan({ originatorIp, originatorPort, responderIp, responderPort }: Connection): number | null {
    if (this.#orphans.size === 0) return null;
    const ends = endsFrom(originatorIp, originatorPort, responderIp, responderPort);
    const answeredAt = this.#orphans.get(ends) ?? null;
    if (answeredAt !== null) this.#orphans.delete(ends);
    return answeredAt;
  }

  #count(time: number, isMissed: boolean): void {
    if (time - this.#begun >= SETTLING) this.#tally.add(time, 1, isMissed ? 1 : 0);
  }
}

/** Both directions of these pass the filter in full. */
function isWhole(port: number): boolean {
  return isMailPort(port) || port === DNS_PORT;
}
