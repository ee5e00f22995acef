// One whole HTTP/1 message: header block and body by Content-Length, by chunks or up to where the octets end (RFC 9112,
// sections 6 and 7). Bounded by whoever keeps the octets; trailers and chunk extensions are stepped over.
import { readHeaders } from './headers.ts';
import { type Decoded, malformed, truncated } from './outcome.ts';

export interface HttpMessage {
  readonly firstLine: string;
  /** Lower-case names; see headers.ts. */
  readonly fields: ReadonlyMap<string, string>;
  /** What there is of it. */
  readonly body: Buffer;
  /** The message says how long it is, and is here in full. */
  readonly complete: boolean;
}

/** Reads the message at the start of `bytes`; `truncated` until the header block is whole. */
export function decodeHttpMessage(bytes: Buffer): Decoded<HttpMessage> {
  const headers = readHeaders(bytes);
  if (headers === null) return malformed('http', 'header line');
  if (!headers.complete) return truncated('http', 'header block', bytes.length + 1, bytes.length);
  const { fields, firstLine } = headers;
  const rest = bytes.subarray(headers.length);
  if (/(?:^|,)\s*chunked\s*$/i.test(fields.get('transfer-encoding') ?? '')) {
    return { firstLine, fields, ...joinChunks(rest) };
  }
  const length = fields.get('content-length');
  if (length === undefined) {
    // A request without a length has no body; an answer without one goes on until the connection ends.
    return { firstLine, fields, body: rest, complete: !firstLine.startsWith('HTTP/') };
  }
  if (!/^\d{1,9}$/.test(length)) return malformed('http', 'Content-Length');
  const body = rest.subarray(0, Number(length));
  return { firstLine, fields, body, complete: body.length === Number(length) };
}

function joinChunks(bytes: Buffer): { body: Buffer; complete: boolean } {
  const chunks: Buffer[] = [];
  let complete = false;
  for (let at = 0; ; ) {
    const feed = bytes.indexOf(0x0a, at);
    const size = /^([0-9a-f]{1,7})\s*(?:;[^\n]*)?$/i.exec(bytes.toString('latin1', at, Math.max(at, feed)).trimEnd());
    if (feed < 0 || size === null) break;
    const length = Number.parseInt(size[1] ?? '0', 16);
    complete = length === 0;
    if (complete) break;
    chunks.push(bytes.subarray(feed + 1, feed + 1 + length));
    at = feed + 1 + length;
    // The chunk's own line end, CRLF or a bare LF.
    if (bytes[at] === 0x0d) at++;
    if (bytes[at] === 0x0a) at++;
  }
  return { body: Buffer.concat(chunks), complete };
}
