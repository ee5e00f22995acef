// Follows the plain SMTP dialogue of mail connections, segments in any order, and tells what is new. Keeps counts, never text.
import { LRUCache } from 'lru-cache';
import { TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { SmtpDialogue } from '../decode/smtp.ts';
import { noSmtpCounts, noSmtpFacts, type SmtpCounts, type SmtpFacts } from '../decode/smtp-facts.ts';
import { atMost } from './at-most.ts';
import { type Connection, payloadSequence } from './connection.ts';
import type { Side } from './connections.ts';
import type { Device } from './device.ts';

/** Dialogues followed at once; connections beyond that still count as attempts. */
const DIALOGUES = 512;
/** Segments and octets held while an earlier one is missing. */
const HELD = 16;
const HELD_OCTETS = 64 * 1024;

/** Hands one direction's octets on in order; says how many are `lost` where a gap will not close. */
class InOrder {
  readonly #deliver: (bytes: Buffer) => void;
  readonly #lost: (octets: number) => void;
  #next: number | null;
  /** What the other side has acknowledged: it has it all, whether or not it was seen here. */
  #acknowledged: number | null = null;
  #held: { sequence: number; payload: Buffer }[] = [];

  constructor(next: number | null, deliver: (bytes: Buffer) => void, lost: (octets: number) => void) {
    this.#next = next;
    this.#deliver = deliver;
    this.#lost = lost;
  }

  push(sequence: number, payload: Buffer): void {
    this.#next ??= sequence;
    const ahead = (sequence - this.#next) | 0;
    if (ahead <= 0) this.#take(sequence, payload);
    else {
      const octets = this.#held.reduce((sum, piece) => sum + piece.payload.length, payload.length);
      const isFull = this.#held.length >= HELD || octets > HELD_OCTETS;
      this.#held.push({ sequence, payload: Buffer.from(payload) });
      // The sender goes on and the receiver has what lies between: it was not captured, and will not come.
      const isGone = this.#acknowledged !== null && ((this.#acknowledged - sequence) | 0) >= 0;
      if (isFull || isGone) this.#skipToHeld();
    }
    this.#drain();
  }

  /** The other side acknowledges everything below `sequence`. */
  acknowledged(sequence: number): void {
    if (this.#acknowledged === null || ((sequence - this.#acknowledged) | 0) > 0) this.#acknowledged = sequence;
  }

  /** Nothing more is waited for below what was acknowledged. */
  giveUp(): void {
    const [next, acknowledged] = [this.#next, this.#acknowledged];
    if (next === null || acknowledged === null || ((acknowledged - next) | 0) <= 0) return;
    this.#skipTo(acknowledged);
    this.#drain();
  }

  #skipToHeld(): void {
    this.#held.sort((a, b) => (a.sequence - b.sequence) | 0);
    const [first] = this.#held;
    if (first !== undefined) this.#skipTo(first.sequence);
  }

  #skipTo(sequence: number): void {
    this.#lost((sequence - (this.#next ?? sequence)) | 0);
    this.#next = sequence;
  }

  #drain(): void {
    for (let index = this.#ready(); index >= 0; index = this.#ready()) {
      const [piece] = this.#held.splice(index, 1);
      if (piece !== undefined) this.#take(piece.sequence, piece.payload);
    }
  }

  #ready(): number {
    const next = this.#next ?? 0;
    return this.#held.findIndex(({ sequence }) => ((sequence - next) | 0) <= 0);
  }

  /** Delivers what lies at or after the next expected octet. */
  #take(sequence: number, payload: Buffer): void {
    const skip = ((this.#next ?? sequence) - sequence) | 0;
    if (skip >= payload.length) return;
    this.#next = (sequence + payload.length) >>> 0;
    this.#deliver(skip > 0 ? payload.subarray(skip) : payload);
  }
}

interface Followed {
  dialogue: SmtpDialogue;
  client: InOrder;
  server: InOrder;
  /** What was told of it so far. */
  told: SmtpCounts;
  toldFacts: SmtpFacts;
}

/** What is new about a dialogue. */
export interface DialogueNews {
  /** To be added to what was counted before; zero counts left out. */
  add: Partial<SmtpCounts>;
  /** As it stands now. */
  facts: Readonly<SmtpFacts>;
}

/** The device whose mail it is, by the names it bears. */
type Client = Pick<Device, 'hostnames'>;

export class Dialogues {
  readonly #followed = new LRUCache<Connection, Followed>(atMost(DIALOGUES));

  /** The dialogue begins within the connection, behind what a proxy was told; the server's side may become known later. */
  begin(connection: Connection, next: { clientNext: number; serverNext: number | null }, device: Client): void {
    const known = this.#followed.get(connection);
    if (known !== undefined) {
      known.server = serverSide(known.dialogue, next.serverNext);
      return;
    }
    this.#follow(connection, device, true, next.clientNext, next.serverNext);
  }

  /** Takes a segment of `device`'s mail connection; returns what is new, null where nothing is. */
  follow(connection: Connection, tcp: Tcp, from: Side, device: Client): DialogueNews | null {
    // What comes once both sides have closed was sent before: it was heard then.
    if (tcp.payload.length === 0 || connection.ended) return null;
    const start = connection.isn === null ? null : (connection.isn + 1) >>> 0;
    const followed = this.#followed.get(connection) ?? this.#follow(connection, device, start !== null, start, null);
    const { client, dialogue, server } = followed;
    const [own, other] = from === 'originator' ? [client, server] : [server, client];
    if ((tcp.flags & TCP_FLAGS.ack) !== 0) {
      other.acknowledged(tcp.acknowledgement);
      // The server answers a body of which not all was seen: nothing of it is waited for any more.
      if (from === 'responder' && dialogue.awaitsVerdict) client.giveUp();
    }
    own.push(payloadSequence(tcp), tcp.payload);
    const cut = tcp.payloadLength - tcp.payload.length;
    if (cut > 0) dialogue.lost(from === 'originator' ? 'client' : 'server');
    return newsOf(followed);
  }

  end(connection: Connection): void {
    this.#followed.delete(connection);
  }

  #follow(
    connection: Connection,
    device: Client,
    fromStart: boolean,
    client: number | null,
    server: number | null,
  ): Followed {
    const ownNames = () => device.hostnames.map(({ name }) => name);
    const dialogue = new SmtpDialogue(fromStart, ownNames);
    const followed: Followed = {
      dialogue,
      client: new InOrder(
        client,
        (bytes) => dialogue.clientBytes(bytes),
        (octets) => dialogue.lost('client', octets),
      ),
      server: serverSide(dialogue, server),
      told: noSmtpCounts(),
      toldFacts: noSmtpFacts(),
    };
    this.#followed.set(connection, followed);
    return followed;
  }
}

function serverSide(dialogue: SmtpDialogue, next: number | null): InOrder {
  return new InOrder(
    next,
    (bytes) => dialogue.serverBytes(bytes),
    () => dialogue.lost('server'),
  );
}

function newsOf(followed: Followed): DialogueNews | null {
  const { dialogue, told, toldFacts } = followed;
  const { counts, facts } = dialogue;
  const add: Partial<SmtpCounts> = {};
  for (const key of COUNTS) if (counts[key] !== told[key]) add[key] = counts[key] - told[key];
  const isSame = Object.keys(add).length === 0 && FACTS.every((key) => facts[key] === toldFacts[key]);
  if (isSame) return null;
  followed.told = { ...counts };
  followed.toldFacts = { ...facts };
  return { add, facts: followed.toldFacts };
}

const COUNTS = Object.keys(noSmtpCounts()) as (keyof SmtpCounts)[];
const FACTS = Object.keys(noSmtpFacts()) as (keyof SmtpFacts)[];
