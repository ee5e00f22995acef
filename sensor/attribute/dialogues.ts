// Follows the plain SMTP dialogue of mail connections to count what servers accepted. Keeps counts, never text.
import { LRUCache } from 'lru-cache';
import type { Tcp } from '../decode/packet.ts';
import { SmtpDialogue } from '../decode/smtp.ts';
import { type Connection, payloadSequence } from './connection.ts';

/** Dialogues followed at once; connections beyond that still count as attempts. */
const DIALOGUES = 512;
/** Segments and octets held while an earlier one is missing. */
const HELD = 16;
const HELD_OCTETS = 64 * 1024;

/** Hands one direction's octets on in order; says `lost` where the gap will not close. */
class InOrder {
  #next: number | null;
  #held: { sequence: number; payload: Buffer }[] = [];

  constructor(next: number | null) {
    this.#next = next;
  }

  push(sequence: number, payload: Buffer, deliver: (bytes: Buffer) => void, lost: () => void): void {
    this.#next ??= sequence;
    const ahead = (sequence - this.#next) | 0;
    if (ahead > 0) {
      const octets = this.#held.reduce((sum, piece) => sum + piece.payload.length, payload.length);
      if (this.#held.length < HELD && octets <= HELD_OCTETS) {
        this.#held.push({ sequence, payload: Buffer.from(payload) });
        return;
      }
      lost();
      this.#held.push({ sequence, payload });
      this.#held.sort((a, b) => (a.sequence - b.sequence) | 0);
      this.#next = this.#held[0]?.sequence ?? sequence;
    } else {
      this.#deliver(sequence, payload, deliver);
    }
    this.#drain(deliver);
  }

  #drain(deliver: (bytes: Buffer) => void): void {
    for (let index = this.#ready(); index >= 0; index = this.#ready()) {
      const [piece] = this.#held.splice(index, 1);
      if (piece !== undefined) this.#deliver(piece.sequence, piece.payload, deliver);
    }
  }

  #ready(): number {
    const next = this.#next ?? 0;
    return this.#held.findIndex(({ sequence }) => ((sequence - next) | 0) <= 0);
  }

  /** Delivers what lies at or after the next expected octet. */
  #deliver(sequence: number, payload: Buffer, deliver: (bytes: Buffer) => void): void {
    const skip = ((this.#next ?? sequence) - sequence) | 0;
    if (skip >= payload.length) return;
    this.#next = (sequence + payload.length) >>> 0;
    deliver(skip > 0 ? payload.subarray(skip) : payload);
  }
}

interface Followed {
  dialogue: SmtpDialogue;
  client: InOrder;
  server: InOrder;
}

export class Dialogues {
  readonly #followed = new LRUCache<Connection, Followed>({ max: DIALOGUES });

  /** Takes a segment; returns what the server has accepted since the last call. */
  follow(
    connection: Connection,
    tcp: Tcp,
    from: 'originator' | 'responder',
  ): { messages: number; recipients: number } | null {
    if (tcp.payload.length === 0) return null;
    let followed = this.#followed.get(connection);
    if (followed === undefined) {
      const start = connection.isn === null ? null : (connection.isn + 1) >>> 0;
      followed = { dialogue: new SmtpDialogue(start !== null), client: new InOrder(start), server: new InOrder(null) };
      this.#followed.set(connection, followed);
    }
    const { dialogue, client, server } = followed;
    const messages = dialogue.messages;
    const recipients = dialogue.recipients;
    const cut = tcp.payload.length < tcp.payloadLength;
    const sequence = payloadSequence(tcp);
    if (from === 'originator') {
      client.push(
        sequence,
        tcp.payload,
        (bytes) => dialogue.clientBytes(bytes),
        () => dialogue.lost('client'),
      );
      if (cut) dialogue.lost('client');
    } else {
      server.push(
        sequence,
        tcp.payload,
        (bytes) => dialogue.serverBytes(bytes),
        () => dialogue.lost('server'),
      );
      if (cut) dialogue.lost('server');
    }
    if (dialogue.messages === messages && dialogue.recipients === recipients) return null;
    return { messages: dialogue.messages - messages, recipients: dialogue.recipients - recipients };
  }

  end(connection: Connection): void {
    this.#followed.delete(connection);
  }
}
