// Handshakes with a hole: an answer that was acknowledged and never seen, or one to a question never seen. They tell a mirror of
// one direction from servers that do not answer. Counts nothing that the capture filter would have dropped.
import { type Ip, TCP_FLAGS, type Tcp } from '../decode/packet.ts';

/** SYNs whose answer may come. */
const PENDING = 512;

export type Hole = 'answer' | 'question' | null;

export class Handshakes {
  /**
   * Oldest first. Mostly there is one or none, and an lru-cache whose last entry is deleted clears all of its room, which costs
   * more than all else that is done here.
   */
  readonly #pending = new Set<string>();

  /** What is missing before this segment; `isLeaving`: it goes from the home to the Internet, else the other way. */
  observe(ip: Ip, { destinationPort, flags, sourcePort }: Tcp, isLeaving: boolean): Hole {
    const [own, theirs] = [`${ip.source} ${sourcePort}`, `${ip.destination} ${destinationPort}`];
    const key = isLeaving ? `${own} ${theirs}` : `${theirs} ${own}`;
    const isSyn = (flags & TCP_FLAGS.syn) !== 0;
    const isAck = (flags & TCP_FLAGS.ack) !== 0;
    if (isLeaving && isSyn && !isAck) {
      this.#await(key);
      return null;
    }
    if ((flags & TCP_FLAGS.rst) !== 0 || !isAck) return null;
    if (isLeaving) return !isSyn && this.#pending.delete(key) ? 'answer' : null;
    return !this.#pending.delete(key) && isSyn ? 'question' : null;
  }

  #await(key: string): void {
    this.#pending.delete(key);
    this.#pending.add(key);
    if (this.#pending.size <= PENDING) return;
    const [oldest] = this.#pending;
    if (oldest !== undefined) this.#pending.delete(oldest);
  }
}
