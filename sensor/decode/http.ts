// The first lines of an HTTP/1 request: which host is meant and what the client calls itself. Paths and bodies are not kept.
import { MAX_HEADER_BYTES, readHeaders } from './headers.ts';
import { hostOf } from './host-text.ts';
import { type Decoded, malformed, truncated, unsupported } from './outcome.ts';

export interface HttpRequest {
  readonly method: string;
  /** Without port, lower case, escaped as in host-text.ts; null while unknown, or when there is none. */
  readonly host: string | null;
  /** Raw: hostile until cleaned. At most 512 characters. */
  readonly userAgent: string | null;
  /** The end of the header block was seen. */
  readonly complete: boolean;
}

const BASIC = 'GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE';
/** WebDAV, UPnP events, Exchange's RPC over HTTP. */
const EXTENDED = 'PROPFIND|PROPPATCH|MKCOL|REPORT|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|RPC_IN_DATA|RPC_OUT_DATA';
const START = new RegExp(`^(?:${BASIC}|${EXTENDED}) `);
const LONGEST_START = 'RPC_OUT_DATA '.length;
/** Whether a TCP payload begins like a request line: a known method and a space. */
export function looksLikeHttpRequest(payload: Buffer): boolean {
  const first = payload[0] ?? 0;
  // Methods are in capital letters: of other protocols one octet tells.
  if (first < 0x41 || first > 0x5a) return false;
  return START.test(payload.toString('latin1', 0, LONGEST_START));
}

/**
 * Reads the request at the start of a stream, from its first 8 KiB. `truncated` until the first line is whole; after that a
 * record whose `complete` tells whether more header lines may follow.
 */
export function decodeHttpRequest(bytes: Buffer): Decoded<HttpRequest> {
  if (!looksLikeHttpRequest(bytes)) return unsupported('http', 'no request line');
  const headers = readHeaders(bytes);
  if (headers === null) return malformed('http', 'header line');
  if (headers.firstLine === '') {
    if (bytes.length >= MAX_HEADER_BYTES) return malformed('http', 'request line without end');
    return truncated('http', 'request line', bytes.length + 1, bytes.length);
  }
  const line = /^([A-Z_]+) (\S+) HTTP\/1\.\d$/.exec(headers.firstLine);
  if (line === null) return malformed('http', 'request line');
  if (headers.repeated.has('host')) return malformed('http', 'two Host fields');
  const method = line[1] ?? '';
  // RFC 9112, section 3.2.2: the absolute form overrides Host; section 3.2.3: CONNECT names host and port.
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(line[2] ?? '')?.[1];
  const authority = method === 'CONNECT' ? line[2] : (absolute ?? headers.fields.get('host'));
  return {
    method,
    host: authority === undefined ? null : hostOf(authority),
    userAgent: headers.fields.get('user-agent') ?? null,
    complete: headers.complete,
  };
}
