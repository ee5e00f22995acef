// Answers that a capture holds before the SYN they answer, or without it: a mirror that sends two directions through two queues
// swaps them, and one that drops frames loses the SYN. Knows no connections.
import { LRUCache } from 'lru-cache';
import type { Ip, Tcp } from '../decode/packet.ts';
import { TCP_FLAGS } from '../decode/packet.ts';
import { atMost } from './at-most.ts';

/** Answers without a SYN; on a mirror that shows only the responders' side every one is. */
const REMEMBERED = 2048;

export interface EarlyAnswer {
  outcome: 'connected' | 'refused';
  /** The responder's own sequence number. */
  sequence: number;
}

export class EarlyAnswers {
  readonly #answers = new LRUCache<string, EarlyAnswer>(atMost(REMEMBERED));

  /** Takes a segment of no known connection. */
  note({ destination, source }: Ip, tcp: Tcp): void {
    const isAcknowledging = (tcp.flags & TCP_FLAGS.ack) !== 0;
    const isReset = (tcp.flags & TCP_FLAGS.rst) !== 0;
    if (!isAcknowledging || (!isReset && (tcp.flags & TCP_FLAGS.syn) === 0)) return;
    const key = `${destination} ${tcp.destinationPort} ${source} ${tcp.sourcePort} ${tcp.acknowledgement}`;
    this.#answers.set(key, { outcome: isReset ? 'refused' : 'connected', sequence: tcp.sequence });
  }

  /** What acknowledged `next`, the sequence number after the originator's SYN; it is told once. */
  take({ destination, source }: Ip, tcp: Tcp, next: number): EarlyAnswer | null {
    if (this.#answers.size === 0) return null;
    const key = `${source} ${tcp.sourcePort} ${destination} ${tcp.destinationPort} ${next}`;
    const answer = this.#answers.get(key) ?? null;
    if (answer !== null) this.#answers.delete(key);
    return answer;
  }
}
