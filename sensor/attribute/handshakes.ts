// Handshakes with a hole: an answer that was acknowledged and never seen, or one to a question never seen. They tell a mirror of
// one direction from servers that do not answer. Counts nothing that the capture filter would have dropped.
import { type Packet, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { endsOf, turnedEndsOf } from './ends.ts';
import { SecondChanceTable } from './second-chance.ts';

/** SYNs whose answer may come. */
const PENDING = 512;

export type Hole = 'answer' | 'question' | null;

export class Handshakes {
  readonly #pending = new SecondChanceTable<string, true>(PENDING);

  /** What is missing before this segment; `isLeaving`: it goes from the home to the Internet, else the other way. */
  observe(packet: Packet, { flags }: Tcp, isLeaving: boolean): Hole {
    const isSyn = (flags & TCP_FLAGS.syn) !== 0;
    const isAck = (flags & TCP_FLAGS.ack) !== 0;
    const ends = isLeaving ? endsOf(packet) : turnedEndsOf(packet);
    if (isLeaving && isSyn && !isAck) {
      this.#pending.set(ends, true);
      return null;
    }
    if ((flags & TCP_FLAGS.rst) !== 0 || !isAck) return null;
    if (isLeaving) return !isSyn && this.#pending.delete(ends) ? 'answer' : null;
    return !this.#pending.delete(ends) && isSyn ? 'question' : null;
  }
}
