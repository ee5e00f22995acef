// What may be kept of an SMTP connection's payload: verbs, reply codes, sizes of chunks, and where lines end. All else becomes
// `x`. Where it is not sure what octets are, it keeps none of them. It counts nothing; smtp.ts does.
import { TCP_FLAGS, type Tcp } from './packet.ts';
import { looksLikeHello } from './smtp-beginning.ts';
import { BodyEnd } from './smtp-lines.ts';

/**
 * What the client's next octets are. `answer`: one line that answers a 334. `resuming`: commands, if they look like it.
 * `unsure`: octets are missing, or the beginning was not seen. `hidden`: TLS has begun.
 */
type ClientState = 'commands' | 'answer' | 'body' | 'chunk' | 'resuming' | 'unsure' | 'hidden';

/** Longer ones before the shorter that they begin with. */
const VERBS = [
  ...['MAIL FROM:', 'RCPT TO:', 'STARTTLS', 'EHLO', 'HELO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'RSET', 'NOOP'],
  ...['QUIT', 'VRFY', 'EXPN', 'HELP', 'AUTH', 'ETRN'],
];
/** Octets of a line that are remembered from one segment to the next: a verb, or a reply code with its enhanced code. */
const HEAD_OCTETS = 16;
/** `BDAT 1234567890 LAST` with some room. */
const BDAT_OCTETS = 32;
/** Masked octets kept of one segment. */
const KEPT_OCTETS = 512;
const NOTHING = Buffer.alloc(0);
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** One direction, as far as it was read. */
interface Side {
  /** Sequence number of the next octet; null before the first. */
  next: number | null;
  /** Of the line in progress, upper case. */
  head: string;
}

/** Follows both directions of one connection. Segments that are late or repeated are masked whole. */
export class SmtpMask {
  readonly #client: Side = { next: null, head: '' };
  readonly #server: Side = { next: null, head: '' };
  #state: ClientState = 'unsure';
  /** Of the latest message; null before the first. */
  #body: BodyEnd | null = null;
  #chunkLeft = 0;
  /** DATA commands whose 354 is outstanding. */
  #dataWaits = 0;
  #startTlsWaits = false;
  /** The server's line in progress has a beginning that was not seen. */
  #inUnknownLine = true;

  /** The segment's payload as it may be kept, cut behind the last line of which something is left; empty if nothing is. */
  take(tcp: Tcp, from: 'originator' | 'responder'): Buffer {
    const side = from === 'originator' ? this.#client : this.#server;
    const isSyn = (tcp.flags & TCP_FLAGS.syn) !== 0;
    const sequence = isSyn ? (tcp.sequence + 1) >>> 0 : tcp.sequence;
    if (isSyn && side.next === null) this.#begin(side, sequence);
    const { payload, payloadLength } = tcp;
    if (payload.length === 0) return NOTHING;
    const sheet = new Sheet(payload);
    const seen = this.#place(side, sequence, payload);
    if (seen >= payload.length) return NOTHING;
    side.next = (sequence + payloadLength) >>> 0;
    if (from === 'originator') this.#readClient(payload, seen, sheet);
    else this.#readServer(payload, seen, sheet, tcp.acknowledgement);
    if (payload.length < payloadLength) this.#lost(side);
    return sheet.kept();
  }

  #begin(side: Side, sequence: number): void {
    side.next = sequence;
    if (side === this.#client) this.#state = 'commands';
    else this.#inUnknownLine = false;
  }

  /** How many of the payload's octets were read before. */
  #place(side: Side, sequence: number, payload: Buffer): number {
    if (side.next === null) {
      if (side === this.#client && looksLikeHello(payload)) this.#state = 'commands';
    } else {
      const ahead = (sequence - side.next) | 0;
      if (ahead <= 0) return -ahead;
      this.#lost(side);
    }
    // A segment that begins like a reply is taken for one; three digits are all that could be lost by it.
    if (side === this.#server && /^[2-5]\d\d[ -]/.test(payload.toString('latin1', 0, 4))) this.#inUnknownLine = false;
    return 0;
  }

  #lost(side: Side): void {
    side.head = '';
    if (side === this.#server) this.#inUnknownLine = true;
    else if (this.#state !== 'hidden') this.#state = 'unsure';
  }

  #readClient(bytes: Buffer, from: number, sheet: Sheet): void {
    if (this.#state === 'resuming')
      this.#state = verbOf(lineHead('', bytes, from, bytes.indexOf(LINE_FEED, from))) === null ? 'unsure' : 'commands';
    for (let at = from; at < bytes.length; ) {
      if (this.#state === 'unsure' || this.#state === 'hidden') return;
      if (this.#state === 'body') {
        const end = this.#body?.take(bytes, at) ?? null;
        if (end === null) return;
        this.#state = 'commands';
        at = end;
      } else if (this.#state === 'chunk') {
        const taken = Math.min(this.#chunkLeft, bytes.length - at);
        this.#chunkLeft -= taken;
        if (this.#chunkLeft === 0) this.#state = 'commands';
        at += taken;
      } else at = this.#readCommand(bytes, at, sheet);
    }
  }

  /** Masks up to the end of the line, or of the segment; returns the offset after it. */
  #readCommand(bytes: Buffer, at: number, sheet: Sheet): number {
    const side = this.#client;
    const feed = bytes.indexOf(LINE_FEED, at);
    const before = side.head.length;
    const head = lineHead(side.head, bytes, at, feed);
    const isAnswer = this.#state === 'answer';
    if (!isAnswer) sheet.keep(at, keptOfCommand(head, feed < 0) - before, feed);
    if (feed < 0) {
      side.head = head;
      return bytes.length;
    }
    side.head = '';
    if (isAnswer) this.#state = 'commands';
    else this.#follow(head);
    return feed + 1;
  }

  /** A whole command line was read. */
  #follow(head: string): void {
    const verb = verbOf(head);
    if (verb === 'DATA') {
      this.#dataWaits++;
      this.#startBody();
    } else if (verb === 'STARTTLS') this.#startTlsWaits = true;
    else if (verb === 'BDAT') {
      const size = /^BDAT +(\d{1,10})(?: +LAST)? *\r?$/.exec(head)?.[1];
      if (size === undefined) this.#state = 'unsure';
      else if (Number(size) > 0) {
        this.#state = 'chunk';
        this.#chunkLeft = Number(size);
      }
    }
  }

  #readServer(bytes: Buffer, from: number, sheet: Sheet, acknowledged: number): void {
    const side = this.#server;
    for (let at = from; at < bytes.length && this.#state !== 'hidden'; ) {
      const feed = bytes.indexOf(LINE_FEED, at);
      const before = side.head.length;
      const head = lineHead(side.head, bytes, at, feed);
      if (!this.#inUnknownLine) sheet.keep(at, keptOfReply(head, feed < 0) - before, feed);
      side.head = feed < 0 ? head : '';
      if (feed < 0) return;
      const code = /^([2-5]\d\d)(?!-)/.exec(head)?.[1];
      if (!this.#inUnknownLine && code !== undefined) this.#reply(Number(code), acknowledged, feed + 1 >= bytes.length);
      this.#inUnknownLine = false;
      at = feed + 1;
    }
  }

  /** A whole reply. `isLast`: nothing follows it in its segment. */
  #reply(code: number, acknowledged: number, isLast: boolean): void {
    this.#client.next ??= acknowledged;
    // The server has all that the client was seen to send: what comes next answers this reply.
    const isCaughtUp = isLast && acknowledged === this.#client.next;
    if (this.#startTlsWaits && (code === 220 || code >= 400)) {
      this.#startTlsWaits = false;
      if (code === 220) this.#state = 'hidden';
    } else if (code === 354) {
      if (this.#dataWaits > 0) this.#dataWaits--;
      else if (isCaughtUp) this.#startBody();
      else this.#lost(this.#client);
    } else if (!isCaughtUp) return;
    else if (this.#state === 'body') this.#leaveBody(code);
    else if (code === 334 && this.#state !== 'chunk') this.#state = 'answer';
    else if (this.#state === 'unsure') {
      this.#client.head = '';
      this.#state = 'resuming';
    }
  }

  /** DATA was refused, or the body ended as servers see it that take bare line feeds. */
  #leaveBody(code: number): void {
    const body = this.#body;
    const isRefused = body?.started === false && code >= 400;
    if (isRefused) this.#dataWaits = 0;
    if (isRefused || (body?.looseDot && body.endsLoosely)) this.#state = 'resuming';
  }

  #startBody(): void {
    this.#state = 'body';
    this.#body = new BodyEnd();
    this.#client.head = '';
  }
}

/** The masked copy of one segment's payload. */
class Sheet {
  readonly #from: Buffer;
  #masked: Buffer | null = null;
  #end = 0;

  constructor(payload: Buffer) {
    this.#from = payload;
  }

  /** Keeps `count` octets at `at`, and the shape of their line, which ends at `feed`, or with the segment if that is negative. */
  keep(at: number, count: number, feed: number): void {
    if (count <= 0 || at + count > KEPT_OCTETS) return;
    this.#masked ??= masked(this.#from.subarray(0, KEPT_OCTETS));
    this.#from.copy(this.#masked, at, at, at + count);
    this.#end = Math.min(feed < 0 ? this.#from.length : feed + 1, KEPT_OCTETS);
  }

  kept(): Buffer {
    return this.#masked?.subarray(0, this.#end) ?? NOTHING;
  }
}

function masked(payload: Buffer): Buffer {
  const copy = Buffer.alloc(payload.length, 'x');
  payload.forEach((octet, at) => {
    if (octet === CARRIAGE_RETURN || octet === LINE_FEED) copy[at] = octet;
  });
  return copy;
}

/** The line's beginning: what earlier segments had of it and what this one adds, up to its line feed; `feed` is that, or negative. */
function lineHead(earlier: string, bytes: Buffer, at: number, feed: number): string {
  const end = feed < 0 ? bytes.length : feed;
  const line = (most: number) => inCapitals(earlier + bytes.toString('latin1', at, Math.min(end, at + most)));
  const head = line(HEAD_OCTETS).slice(0, HEAD_OCTETS);
  return head.startsWith('BDAT') ? line(BDAT_OCTETS).slice(0, BDAT_OCTETS) : head;
}

/** ASCII letters alone: with others, upper case may be longer. */
function inCapitals(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toUpperCase();
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function verbOf(head: string): string | null {
  return (
    VERBS.find(
      (verb) => head.startsWith(verb) && (verb.endsWith(':') || /^[ \t\r:]?$/.test(head.charAt(verb.length))),
    ) ?? null
  );
}

/** How many octets of a command line may be kept. `isOpen`: the line goes on in the next segment. */
function keptOfCommand(head: string, isOpen: boolean): number {
  const verb = verbOf(head);
  if (verb === 'BDAT') return /^BDAT(?: +\d{1,10}(?: +LAST)?(?=[ \r]|$))?/.exec(head)?.[0].length ?? 0;
  const isBeginning = isOpen && VERBS.some((known) => known.startsWith(head));
  // With the space behind it, by which other tools know a verb.
  const space = verb !== null && head.charAt(verb.length) === ' ' ? 1 : 0;
  return Math.max((verb?.length ?? 0) + space, isBeginning ? head.length : 0);
}

/** A reply code, what separates it, and an enhanced status code (RFC 3463, section 2). */
function keptOfReply(head: string, isOpen: boolean): number {
  if (isOpen && /^[2-5]\d?$/.test(head)) return head.length;
  return /^[2-5]\d\d(?:[ -](?:[245]\.\d{1,3}\.\d{1,3}(?=[ \r]|$))?|(?=\r|$))/.exec(head)?.[0].length ?? 0;
}
