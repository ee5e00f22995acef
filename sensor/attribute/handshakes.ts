// Handshakes with a hole: an answer that was acknowledged and never seen, or one to a question never seen. They tell a mirror of
// one direction from servers that do not answer. Counts nothing that the capture filter would have dropped.
import { type Ip, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { SecondChanceTable } from './second-chance.ts';

/** SYNs whose answer may come. */
const PENDING = 512;

export type Hole = 'answer' | 'question' | null;

export class Handshakes {
  readonly #pending = new SecondChanceTable<string, true>(PENDING);

  /** What is missing before this segment; `isLeaving`: it goes from the home to the Internet, else the other way. */
  observe(ip: Ip, { destinationPort, flags, sourcePort }: Tcp, isLeaving: boolean): Hole {
    const isSyn = (flags & TCP_FLAGS.syn) !== 0;
    const isAck = (flags & TCP_FLAGS.ack) !== 0;
    const key = isLeaving
      ? `${ip.source} ${sourcePort} ${ip.destination} ${destinationPort}`
      : `${ip.destination} ${destinationPort} ${ip.source} ${sourcePort}`;
    if (isLeaving && isSyn && !isAck) {
      this.#pending.set(key, true);
      return null;
    }
    if ((flags & TCP_FLAGS.rst) !== 0 || !isAck) return null;
    if (isLeaving) return !isSyn && this.#pending.delete(key) ? 'answer' : null;
    return !this.#pending.delete(key) && isSyn ? 'question' : null;
  }
}
