// The header block that HTTP/1, its tunnels and SSDP share: a first line and `name: value` lines. Bodies are not looked at.

/** Bytes of a header block that are looked at. */
export const MAX_HEADER_BYTES = 8 * 1024;
const MAX_LINES = 128;
/** Characters kept of one line's value. */
const MAX_VALUE = 512;

export interface HeaderBlock {
  readonly firstLine: string;
  /** Lower-case names of whole lines with their values as latin1; of a repeated name the first value counts. */
  readonly fields: Map<string, string>;
  /** Whether a name came twice; for Host that makes a request invalid (RFC 9112, section 3.2). */
  readonly repeated: Set<string>;
  /** The empty line was seen. */
  readonly complete: boolean;
  /** Octets of the lines that were read, the empty one included. */
  readonly length: number;
}

/**
 * Reads the header block at the start of `bytes`; lines end in CRLF or a bare LF. Null when a line cannot be a header, which
 * includes folded lines (RFC 9112, section 5.2). A last line without its end is not read.
 */
export function readHeaders(bytes: Buffer): HeaderBlock | null {
  const text = bytes.toString('latin1', 0, MAX_HEADER_BYTES);
  const fields = new Map<string, string>();
  const repeated = new Set<string>();
  let firstLine = '';
  let at = 0;
  for (let number = 0; number < MAX_LINES; number++) {
    const feed = text.indexOf('\n', at);
    if (feed < 0) break;
    const line = text.slice(at, text[feed - 1] === '\r' && feed > at ? feed - 1 : feed);
    at = feed + 1;
    if (number === 0) {
      firstLine = line;
      continue;
    }
    if (line === '') return { firstLine, fields, repeated, complete: true, length: at };
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return null;
    if (fields.has(name)) repeated.add(name);
    else fields.set(name, line.slice(colon + 1, colon + 1 + MAX_VALUE).trim());
  }
  return { firstLine, fields, repeated, complete: false, length: at };
}
