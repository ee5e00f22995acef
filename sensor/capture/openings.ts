// How a TCP payload on any port begins when it is of use, as data: capture/filter.ts makes BPF of it and decode/interest.ts
// the same choice on records, so that the two cannot drift apart.

/** A test on the octets at the start of a payload, read as one big-endian number. */
export interface WordTest {
  /** Offset of the octets. */
  at: number;
  size: 1 | 2 | 4;
  /** Octets are folded to lower case (bit 5 set in each) before they are compared. */
  fold?: boolean;
  /** Only these bits are compared. */
  mask?: number;
  /** One of these, ends included. */
  anyOf: readonly (readonly [from: number, to: number])[];
}

export interface Opening {
  name: string;
  all: readonly WordTest[];
}

/** Openings that share a test which most bulk data fails, so that it costs a few instructions and not fifty. */
export interface OpeningGroup {
  name: string;
  /** Payload octets at least: no test of the group reads beyond them. */
  least: number;
  gate: WordTest;
  openings: readonly Opening[];
}

/**
 * Requests read on any port, and `CONNECT`, which opens a tunnel. Like all words below they are told by four octets in
 * either case; what cares about case is the decoder.
 */
export const HTTP_METHODS = ['GET ', 'POST', 'HEAD', 'PUT ', 'CONNECT'] as const;

/** RFC 5321, section 4.1; RFC 3030 (BDAT); RFC 4954 (AUTH). NOOP and VRFY change nothing that is counted. */
export const SMTP_VERBS = ['EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'AUTH', 'RSET', 'QUIT'] as const;

/**
 * First octets of a SOAP body that comes in a segment of its own, after its HTTP header: an XML declaration, or an
 * envelope under the prefixes that clients use (`s:`, `SOAP-ENV:`, `env:`, none).
 */
export const MARKUP_STARTS = ['<?', '<s', '<e', '<u'] as const;

const exactly = (text: string): readonly [number, number] => {
  const value = Buffer.from(text.toLowerCase(), 'latin1').readUIntBE(0, text.length);
  return [value, value];
};
const words = (texts: readonly string[]): WordTest => ({
  at: 0,
  size: 4,
  fold: true,
  anyOf: texts.map((text) => exactly(text.slice(0, 4))),
});

export const OPENINGS: readonly OpeningGroup[] = [
  {
    name: 'binary',
    least: 2,
    gate: { at: 0, size: 2, anyOf: [[0, 0x0508]] },
    openings: [
      {
        // SOCKS5 (RFC 1928): greeting (05, count of methods), choice (05, method), request (05, command), reply (05, code);
        // SOCKS4: request (04 01), reply (00 5a to 5d). RFC 1929: a login (01, length of a user name up to 64) and its reply.
        name: 'socks',
        all: [
          {
            at: 0,
            size: 2,
            anyOf: [
              [0x0500, 0x0508],
              [0x0401, 0x0401],
              [0x005a, 0x005d],
              [0x0100, 0x0140],
            ],
          },
        ],
      },
    ],
  },
  {
    name: 'negotiation',
    least: 2,
    // IAC WILL, WON'T, DO, DON'T (RFC 854).
    gate: { at: 0, size: 2, anyOf: [[0xfffb, 0xfffe]] },
    openings: [],
  },
  {
    name: 'text',
    least: 5,
    // Four octets of ASCII.
    gate: { at: 0, size: 4, mask: 0x80808080, anyOf: [[0, 0]] },
    openings: [
      // A request, a status line (what a proxy, a router or a login page answers), an SSH identification (RFC 4253, 4.2).
      { name: 'request', all: [words([...HTTP_METHODS, 'HTTP', 'SSH-'])] },
      { name: 'markup', all: [{ at: 0, size: 2, fold: true, anyOf: MARKUP_STARTS.map(exactly) }] },
      {
        // Three digits and a space, a hyphen or a line end (RFC 5321, section 4.2): masks over the ASCII table, which also
        // take a few signs beside the digits and the space.
        name: 'smtp-reply',
        all: [
          { at: 0, size: 4, mask: 0xf0f8f0d0, anyOf: [[0x30303000, 0x30303000]] },
          { at: 0, size: 1, anyOf: [[0x32, 0x35]] },
        ],
      },
      { name: 'smtp-command', all: [{ at: 4, size: 1, anyOf: [[0, 0x20]] }, words(SMTP_VERBS)] },
      { name: 'smtp-starttls', all: [{ at: 4, size: 1, fold: true, anyOf: [exactly('t')] }, words(['STAR'])] },
    ],
  },
];

/** Whether a payload begins in one of these ways. */
export function opensConversation(payload: Buffer): boolean {
  for (const { gate, least, openings } of OPENINGS) {
    if (payload.length < least || !holds(gate, payload)) continue;
    if (openings.length === 0) return true;
    for (const { all } of openings) if (holdAll(all, payload)) return true;
  }
  return false;
}

function holdAll(tests: readonly WordTest[], payload: Buffer): boolean {
  for (const test of tests) if (!holds(test, payload)) return false;
  return true;
}

const FOLD = 0x20202020;

/** What `fold` sets in a number of `size` octets. */
export function foldBits(size: WordTest['size']): number {
  return FOLD >>> (32 - 8 * size);
}

function holds({ anyOf, at, fold, mask, size }: WordTest, payload: Buffer): boolean {
  const read = payload.readUIntBE(at, size);
  const folded = fold === true ? (read | foldBits(size)) >>> 0 : read;
  const value = mask === undefined ? folded : (folded & mask) >>> 0;
  for (const range of anyOf) if (value >= range[0] && value <= range[1]) return true;
  return false;
}
