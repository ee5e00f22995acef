// Where lines end in the two directions of an SMTP dialogue, and as little of each line as tells what it is. No address,
// subject or body is ever kept: a few octets of the line in progress are, and they are overwritten by the next line.

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Octets kept of a command line: its verb and what follows it. */
const VERB_OCTETS = 5;
/** `BDAT 9007199254740991 LAST` with some room; the only command whose argument is read. */
const BDAT_OCTETS = 48;
/** What a client calls itself: a domain (RFC 5321, section 4.5.3.1.2) after its verb. */
const HELLO_OCTETS = 5 + 255;
/** A code and, of the answer to EHLO, the keyword that it offers. */
const REPLY_OCTETS = 16;
/** A refusal is read whole, to the length that a reply line may have (RFC 5321, section 4.5.3.1.5). */
const REFUSAL_OCTETS = 512;

/** Splits one direction into lines and keeps the beginning of the line in progress. */
export class LineHeads {
  readonly #limit: (head: string) => number;
  #head = '';
  #cut = false;

  private constructor(limit: (head: string) => number) {
    this.#limit = limit;
  }

  static forCommands(): LineHeads {
    return new LineHeads((head) => {
      if (/^BDAT /i.test(head)) return BDAT_OCTETS;
      return /^(?:EHLO|HELO) /i.test(head) ? HELLO_OCTETS : VERB_OCTETS;
    });
  }

  static forReplies(): LineHeads {
    return new LineHeads((head) => (/^[45]/.test(head) ? REFUSAL_OCTETS : REPLY_OCTETS));
  }

  /**
   * Reads to the end of the line. Gives the line's head without its CR and the offset after it, or null when the line goes on
   * beyond `bytes`. `cut` tells that the line was longer than its head.
   */
  take(bytes: Buffer, from: number): { head: string; cut: boolean; next: number } | null {
    const feed = bytes.indexOf(LINE_FEED, from);
    this.#keep(bytes, from, feed < 0 ? bytes.length : feed);
    if (feed < 0) return null;
    const line = { head: this.#head.replace(/\r$/, ''), cut: this.#cut, next: feed + 1 };
    this.reset();
    return line;
  }

  reset(): void {
    this.#head = '';
    this.#cut = false;
  }

  #keep(bytes: Buffer, from: number, end: number): void {
    let at = from;
    // What a line is shows in its first octets, and how much of it is kept.
    while (at < end) {
      const most = this.#head.length < VERB_OCTETS ? VERB_OCTETS : this.#limit(this.#head);
      if (this.#head.length >= most) break;
      const next = Math.min(end, at + most - this.#head.length);
      this.#head += bytes.toString('latin1', at, next);
      at = next;
    }
    if (at < end && !(end - at === 1 && bytes[at] === CARRIAGE_RETURN)) this.#cut = true;
  }
}

/** Finds the lone dot that ends a message (RFC 5321, section 4.1.1.4). Dot-stuffed lines have more than the dot. */
export class BodyEnd {
  #lineLength = 0;
  #beginsWithDot = false;
  #last = 0;
  #afterCrLf = true;
  /** Any octet was read. */
  started = false;
  /** A dot alone on its line was seen, but not between two CRLF: servers differ on what that means. */
  looseDot = false;
  /** The last octets read were that loose dot's line. */
  endsLoosely = false;

  /** Reads body octets. Gives the offset after the terminating line, or null when the body goes on. */
  take(bytes: Buffer, from: number): number | null {
    this.started ||= from < bytes.length;
    for (let at = from; at < bytes.length; ) {
      const feed = bytes.indexOf(LINE_FEED, at);
      this.#keep(bytes, at, feed < 0 ? bytes.length : feed);
      if (feed < 0) return null;
      const withCr = this.#last === CARRIAGE_RETURN;
      const isDot = this.#beginsWithDot && this.#lineLength === (withCr ? 2 : 1);
      if (isDot && withCr && this.#afterCrLf) return feed + 1;
      this.looseDot ||= isDot;
      this.endsLoosely = isDot;
      this.#afterCrLf = withCr;
      this.#lineLength = 0;
      this.#last = 0;
      at = feed + 1;
    }
    return null;
  }

  #keep(bytes: Buffer, from: number, end: number): void {
    if (from === end) return;
    if (this.#lineLength === 0) this.#beginsWithDot = bytes[from] === 0x2e;
    this.endsLoosely = false;
    this.#lineLength += end - from;
    this.#last = bytes[end - 1] ?? 0;
  }
}
