// Counts what an SMTP client asks and a server answers (RFC 5321; BDAT of RFC 3030; pipelining of RFC 2920; AUTH of RFC 4954)
// by following both directions. What is kept stands in smtp-facts.ts; it would rather count too little than too much.
import { BEGINS_ANEW, GREETINGS, HELLO_LENGTH, looksLikeHello } from './smtp-beginning.ts';
import {
  helloClass,
  noSmtpCounts,
  noSmtpFacts,
  type SmtpCounts,
  type SmtpFacts,
  speaksOfBlockList,
} from './smtp-facts.ts';
import { BodyEnd, LineHeads } from './smtp-lines.ts';

type Command =
  | 'hello'
  | 'mail'
  | 'recipient'
  | 'data'
  | 'message'
  | 'chunk'
  | 'last-chunk'
  | 'auth'
  | 'startTls'
  | 'other';

/**
 * What the next client octets are. `unsure`: octets are missing, or client and server contradict what we followed; everything
 * is ignored until the server asks for a body (354), which it does only when no earlier reply is outstanding.
 */
type ClientState = 'commands' | 'body' | 'chunk' | 'unsure' | 'over';

/** Commands without a reply that are remembered; a client further ahead than that is not followed. */
const MAX_PIPELINED = 1024;

const VERBS: readonly [RegExp, Command][] = [
  [/^(?:EHLO|HELO)(?: |$)/i, 'hello'],
  [/^MAIL /i, 'mail'],
  [/^RCPT /i, 'recipient'],
  [/^DATA ?$/i, 'data'],
  [/^AUTH /i, 'auth'],
  [/^STAR/i, 'startTls'],
];

/** Follows one connection. The caller passes each direction's octets in order, and says when some are missing. */
export class SmtpDialogue {
  readonly counts: SmtpCounts = noSmtpCounts();
  readonly facts: SmtpFacts = noSmtpFacts();

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
  /** The client's first octets while they are too few to tell a hello, not read yet; null from then on. */
  #beginning: Buffer | null = Buffer.alloc(0);
  /** The server's first reply answers no command, even when the client did not wait for it. */
  #greetingDue: boolean;
  /** Of a message not all was seen, and the verdict on it has come: what the client says next is a command. */
  #isBetweenMessages = false;
  /** The server answered something that was not seen, after it had asked for an answer (334). */
  #answerMissed = false;
  /** The rest of a reply line whose beginning is missing is not a reply. */
  #skipReplyLine = false;

  readonly #ownNames: () => readonly string[];

  /**
   * @param fromStart whether the connection's first octets are seen; if not, counting starts with the first 354
   * @param ownNames what the client's device announced itself as
   */
  constructor(fromStart: boolean, ownNames: () => readonly string[] = () => []) {
    this.#state = fromStart ? 'commands' : 'unsure';
    this.#skipReplyLine = !fromStart;
    this.#greetingDue = fromStart;
    this.#ownNames = ownNames;
  }

  get messages(): number {
    return this.counts.messages;
  }

  get recipients(): number {
    return this.counts.recipients;
  }

  clientBytes(bytes: Buffer): void {
    if (this.#beginning === null) this.#readClient(bytes);
    else this.#readBeginning(Buffer.concat([this.#beginning, bytes]));
  }

  #readBeginning(said: Buffer): void {
    this.#beginning = said.length < HELLO_LENGTH ? said : null;
    if (this.#beginning !== null) return;
    if (looksLikeHello(said)) {
      this.facts.helloSeen = true;
      this.#state = 'commands';
      this.#skipReplyLine = false;
    }
    this.#readClient(said);
  }

  /** Something else than more of the client's beginning comes: it is read as far as it is there. */
  #endBeginning(): void {
    const beginning = this.#beginning;
    if (beginning === null || beginning.length === 0) return;
    this.#beginning = null;
    this.#readClient(beginning);
  }

  #readClient(bytes: Buffer): void {
    if (this.#isBetweenMessages && BEGINS_ANEW.test(bytes.toString('latin1', 0, 5))) this.#state = 'commands';
    this.#isBetweenMessages = false;
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === 'body') at = this.#readBody(bytes, at);
      else if (this.#state === 'chunk') at = this.#readChunk(bytes, at);
      else if (this.#state === 'commands') at = this.#readCommand(bytes, at);
      else return;
    }
  }

  serverBytes(bytes: Buffer): void {
    if (bytes.length > 0) this.#endBeginning();
    for (let at = 0; at < bytes.length && this.#state !== 'over'; ) {
      const line = this.#replies.take(bytes, at);
      if (line === null) return;
      at = line.next;
      if (this.#skipReplyLine) this.#skipReplyLine = false;
      else if (/^\d{3}(?:[ -]|$)/.test(line.head)) this.#replyLine(line.head);
    }
  }

  /** Whether the next reply is the verdict on a message, though not all of it was seen. */
  get awaitsVerdict(): boolean {
    return this.#outstanding[0] === 'message';
  }

  /** Octets of one direction are missing here, `octets` of them where that is known. */
  lost(direction: 'client' | 'server', octets: number | null = null): void {
    if (this.#state === 'over') return;
    this.counts.gaps++;
    this.#endBeginning();
    // Of a chunk its size was said: what is missing of it is no riddle.
    if (direction === 'client' && this.#state === 'chunk' && octets !== null && octets <= this.#chunkLeft) {
      this.#chunkLeft -= octets;
      if (this.#chunkLeft === 0) this.#state = 'commands';
      return;
    }
    // The answer to a challenge was missing, and the server has taken it: the next octets are a command as before.
    if (direction === 'client' && this.#answerMissed && this.#outstanding.length === 0) {
      this.#answerMissed = false;
      return;
    }
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

  /** All lines of a reply but the last have a hyphen after the code (RFC 5321, section 4.2.1). */
  #replyLine(line: string): void {
    const { facts } = this;
    if (/^[45]/.test(line)) facts.blockListed ||= speaksOfBlockList(line);
    else if (line.startsWith('250') && this.#outstanding[0] === 'hello') {
      facts.authOffered ||= /^AUTH\b/i.test(line.slice(4));
      facts.startTlsOffered ||= /^STARTTLS\b/i.test(line.slice(4));
    }
    if (line[3] !== '-') this.#reply(Number.parseInt(line, 10));
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
    if (isAnswer) this.#expectReply('auth');
    else if (/^LHLO/i.test(line.head)) this.#state = 'over';
    else if (/^BDAT ?/i.test(line.head)) this.#startChunk(line.head, line.cut);
    else this.#startCommand(VERBS.find(([verb]) => verb.test(line.head))?.[1] ?? 'other', line.head);
    return line.next;
  }

  #startCommand(command: Command, head: string): void {
    const { counts, facts } = this;
    if (command === 'hello') {
      facts.helloSeen = true;
      facts.hello = helloClass(head.slice(5), this.#ownNames());
    } else if (command === 'mail') counts.mailCommands++;
    else if (command === 'recipient') counts.rcptCommands++;
    else if (command === 'data') counts.dataCommands++;
    else if (command === 'auth') facts.authTried = true;
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
    this.counts.bdatCommands++;
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
    this.#countReply(code);
    const command = this.#outstanding[0];
    const isFirst = this.#greetingDue;
    this.#greetingDue = false;
    // Where the greeting was not captured, the first reply answers the first command.
    const greets = isFirst && (GREETINGS.has(code) || command === undefined);
    if (greets || (code === 220 && (command === undefined || command === 'hello'))) {
      this.facts.bannerSeen ||= code === 220;
    } else if (code === 354) this.#bodyAskedFor();
    else {
      this.#outstanding.shift();
      this.#settle(command, code);
    }
  }

  #countReply(code: number): void {
    const { counts } = this;
    if (code < 300) counts.replies2xx++;
    else if (code < 400) counts.replies3xx++;
    else if (code < 500) counts.replies4xx++;
    else counts.replies5xx++;
  }

  #settle(command: Command | undefined, code: number): void {
    const { counts, facts } = this;
    const isRefusal = code >= 400;
    if (command === 'recipient') {
      if (code === 250 || code === 251) counts.recipients++;
      else if (isRefusal) counts.recipientsRefused++;
    } else if (command === 'mail') {
      if (code === 250) counts.mailAccepted++;
      else if (isRefusal) counts.mailRefused++;
    } else if (command === 'last-chunk') {
      if (code === 250) counts.messages++;
      else if (isRefusal) counts.messagesRefused++;
    } else if (command === 'message') this.#verdict(code);
    else if (command === 'data') this.#bodyRefused();
    else if (command === undefined && this.#answerExpected) this.#answeredUnseen(code);
    else if (code === 334) this.#answerExpected = true;
    else if (command === 'auth') facts.authAccepted ||= code === 235;
    else if (command === 'startTls' && code === 220) {
      facts.startTls = true;
      this.#becomeUnsure();
      this.#state = 'over';
    }
  }

  /** The answer to a challenge was not captured; the server's reply to it was. */
  #answeredUnseen(code: number): void {
    this.#answerExpected = code === 334;
    this.#answerMissed = true;
    this.facts.authAccepted ||= code === 235;
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
      if (code === 250) this.counts.messages++;
      else if (code >= 400) this.counts.messagesRefused++;
      this.#isBetweenMessages = this.#state === 'unsure' && this.#outstanding.length === 0;
      return;
    }
    // The server ended the body elsewhere than we did; only a loose dot that was the last thing said is a common view.
    if (code === 250 && this.#body.looseDot) this.counts.messages++;
    else if (code >= 400 && this.#body.looseDot) this.counts.messagesRefused++;
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
    this.#answerMissed = false;
    this.#isBetweenMessages = false;
  }
}
