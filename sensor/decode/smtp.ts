// Counts what an SMTP server accepted (RFC 5321; BDAT of RFC 3030; pipelining of RFC 2920) by following both directions.
// It reads commands and reply codes only, see smtp-lines.ts, and it would rather count too little than too much.
import { BodyEnd, LineHeads } from './smtp-lines.ts';

type Command = 'hello' | 'recipient' | 'data' | 'message' | 'chunk' | 'last-chunk' | 'startTls' | 'other';

/**
 * What the next client octets are. `unsure`: octets are missing, or client and server contradict what we followed; everything
 * is ignored until the server asks for a body (354), which it does only when no earlier reply is outstanding.
 */
type ClientState = 'commands' | 'body' | 'chunk' | 'unsure' | 'over';

/** Commands without a reply that are remembered; a client further ahead than that is not followed. */
const MAX_PIPELINED = 1024;

const VERBS: readonly [RegExp, Command][] = [
  [/^(?:EHLO|HELO) ?$/i, 'hello'],
  [/^RCPT /i, 'recipient'],
  [/^DATA ?$/i, 'data'],
  [/^STAR/i, 'startTls'],
];

/** Whether a TCP payload begins with EHLO or HELO, whatever the port. */
export function looksLikeHello(payload: Buffer): boolean {
  return /^(?:EHLO|HELO)[ \r\n]/i.test(payload.toString('latin1', 0, 5));
}

/** Follows one connection. The caller passes each direction's octets in order, and says when some are missing. */
export class SmtpDialogue {
  /** Messages that the server took: 250 after the final dot, or after `BDAT n LAST`. */
  messages = 0;
  /** `RCPT TO` commands answered with 250 or 251. */
  recipients = 0;
  /** STARTTLS was accepted: what follows is hidden, and nothing more is counted. */
  startTls = false;
  /** The client said EHLO or HELO. */
  helloSeen = false;
  /** The server greeted with 220. */
  bannerSeen = false;

  readonly #commands = LineHeads.forCommands();
  readonly #replies = LineHeads.forReplies();
  /** Commands whose reply is outstanding, oldest first. */
  readonly #outstanding: Command[] = [];
  #state: ClientState;
  #body = new BodyEnd();
  /** Bodies whose final dot was seen, or may be in what is missing, and whose verdict is outstanding. */
  #endedBodies = 0;
  #chunkLeft = 0;
  #answerExpected = false;
  #clientSpoke = false;
  /** The server's first reply answers no command, even when the client did not wait for it. */
  #greetingDue: boolean;
  /** The rest of a reply line whose beginning is missing is not a reply. */
  #skipReplyLine = false;

  /** @param fromStart whether the connection's first octets are seen; if not, counting starts with the first 354. */
  constructor(fromStart: boolean) {
    this.#state = fromStart ? 'commands' : 'unsure';
    this.#skipReplyLine = !fromStart;
    this.#greetingDue = fromStart;
  }

  clientBytes(bytes: Buffer): void {
    if (!this.#clientSpoke && looksLikeHello(bytes)) {
      this.helloSeen = true;
      this.#state = 'commands';
      this.#skipReplyLine = false;
    }
    this.#clientSpoke ||= bytes.length > 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === 'body') at = this.#readBody(bytes, at);
      else if (this.#state === 'chunk') at = this.#readChunk(bytes, at);
      else if (this.#state === 'commands') at = this.#readCommand(bytes, at);
      else return;
    }
  }

  serverBytes(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#state !== 'over'; ) {
      const line = this.#replies.take(bytes, at);
      if (line === null) return;
      at = line.next;
      if (this.#skipReplyLine) this.#skipReplyLine = false;
      else if (/^\d{3} ?$/.test(line.head)) this.#reply(Number.parseInt(line.head, 10));
    }
  }

  /** Octets of one direction are missing here. */
  lost(direction: 'client' | 'server'): void {
    if (this.#state === 'over') return;
    // The reply after a 354 is the verdict on that message, whatever of the client's octets is missing.
    const verdictDue = direction === 'client' && this.#outstanding[0] === 'message';
    this.#becomeUnsure();
    if (verdictDue) {
      this.#outstanding.push('message');
      this.#endedBodies = 1;
    }
    if (direction === 'server') {
      this.#replies.reset();
      this.#skipReplyLine = true;
      this.#greetingDue = false;
    }
  }

  #readBody(bytes: Buffer, from: number): number {
    const end = this.#body.take(bytes, from);
    if (end === null) return bytes.length;
    this.#endedBodies++;
    this.#state = 'commands';
    return end;
  }

  #readChunk(bytes: Buffer, from: number): number {
    const taken = Math.min(this.#chunkLeft, bytes.length - from);
    this.#chunkLeft -= taken;
    if (this.#chunkLeft === 0) this.#state = 'commands';
    return from + taken;
  }

  #readCommand(bytes: Buffer, from: number): number {
    const line = this.#commands.take(bytes, from);
    if (line === null) return bytes.length;
    const isAnswer = this.#answerExpected;
    this.#answerExpected = false;
    if (isAnswer) this.#expectReply('other');
    else if (/^LHLO/i.test(line.head)) this.#state = 'over';
    else if (/^BDAT ?/i.test(line.head)) this.#startChunk(line.head, line.cut);
    else this.#startCommand(VERBS.find(([verb]) => verb.test(line.head))?.[1] ?? 'other');
    return line.next;
  }

  #startCommand(command: Command): void {
    if (command === 'hello') this.helloSeen = true;
    this.#expectReply(command);
    // A client may not wait for 354; if the server refuses, what was taken for the body tells.
    if (command === 'data' && this.#state === 'commands') this.#startBody();
  }

  #startChunk(head: string, cut: boolean): void {
    const parts = /^BDAT +(\d{1,16})( +LAST)? *$/i.exec(head);
    const size = Number(parts?.[1]);
    // What a server makes of a size that is no number is not known here, and so neither is where its octets end.
    if (parts === null || cut || !Number.isSafeInteger(size)) {
      this.#becomeUnsure();
      return;
    }
    this.#expectReply(parts[2] === undefined ? 'chunk' : 'last-chunk');
    if (this.#state !== 'commands' || size === 0) return;
    this.#state = 'chunk';
    this.#chunkLeft = size;
  }

  #expectReply(command: Command): void {
    if (this.#outstanding.length >= MAX_PIPELINED) this.#becomeUnsure();
    else this.#outstanding.push(command);
  }

  #startBody(): void {
    this.#state = 'body';
    this.#body = new BodyEnd();
  }

  #reply(code: number): void {
    const command = this.#outstanding[0];
    if (this.#greetingDue || (code === 220 && (command === undefined || command === 'hello'))) {
      this.#greetingDue = false;
      this.bannerSeen ||= code === 220;
    } else if (code === 354) this.#bodyAskedFor();
    else {
      this.#outstanding.shift();
      this.#settle(command, code);
    }
  }

  #settle(command: Command | undefined, code: number): void {
    if (command === 'recipient' && (code === 250 || code === 251)) this.recipients++;
    else if (command === 'last-chunk' && code === 250) this.messages++;
    else if (command === 'message') this.#verdict(code);
    else if (command === 'data') this.#bodyRefused();
    else if (code === 334) this.#answerExpected = true;
    else if (command === 'startTls' && code === 220) {
      this.startTls = true;
      this.#becomeUnsure();
      this.#state = 'over';
    }
  }

  #bodyAskedFor(): void {
    if (this.#outstanding[0] === 'data') {
      this.#outstanding[0] = 'message';
      return;
    }
    this.#becomeUnsure();
    this.#outstanding.push('message');
    this.#startBody();
  }

  #verdict(code: number): void {
    if (this.#endedBodies > 0) {
      this.#endedBodies--;
      if (code === 250) this.messages++;
      return;
    }
    // The server ended the body elsewhere than we did; only a loose dot that was the last thing said is a common view.
    if (code === 250 && this.#body.looseDot) this.messages++;
    if (this.#state === 'body' && this.#body.endsLoosely) this.#state = 'commands';
    else this.#becomeUnsure();
  }

  /** A client that waits sends no body after a refusal; one that does not wait has left its commands behind. */
  #bodyRefused(): void {
    const waits = this.#state === 'body' && !this.#body.started && !this.#outstanding.includes('data');
    if (waits) this.#state = 'commands';
    else this.#becomeUnsure();
  }

  #becomeUnsure(): void {
    this.#state = 'unsure';
    this.#outstanding.length = 0;
    this.#commands.reset();
    this.#body = new BodyEnd();
    this.#endedBodies = 0;
    this.#answerExpected = false;
  }
}
