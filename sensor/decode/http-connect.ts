// HTTP CONNECT (RFC 9110, section 9.3.6): which destination a client asks a proxy for, and the status line of an answer.
// Header fields, credentials among them, are stepped over.
import { MAX_HEADER_BYTES, readHeaders } from './headers.ts';
import { type Decoded, malformed, truncated, unsupported } from './outcome.ts';
import { hostAndPort } from './proxy-host.ts';

export interface ConnectRequest {
  /** An address, or a name escaped as in host-text.ts. */
  readonly host: string;
  readonly port: number;
  /** Octets up to and with the empty line; null while it is not seen: the destination is known before. */
  readonly consumed: number | null;
}

export interface StatusLine {
  /** 100 to 599. */
  readonly status: number;
  /** Octets up to and with the empty line; null while it is not seen. */
  readonly consumed: number | null;
}

const CONNECT = 'CONNECT ';
const STATUS_START = 'HTTP/1.';

/** Whether the octets are, as far as they go, the beginning of `start`. */
function mayStart(bytes: Buffer, start: string): boolean {
  return start.startsWith(bytes.toString('latin1', 0, start.length));
}

/** Reads a client's stream from its start, 8 KiB at most; `truncated` until the first line is whole. */
export function decodeConnect(bytes: Buffer): Decoded<ConnectRequest> {
  if (!mayStart(bytes, CONNECT)) return unsupported('http', 'no CONNECT');
  const headers = readHeaders(bytes);
  if (headers === null) return malformed('http', 'header line');
  if (headers.firstLine === '') return withoutLine(bytes);
  const authority = /^CONNECT (\S+) HTTP\/1\.\d\s*$/.exec(headers.firstLine)?.[1];
  const destination = authority === undefined ? null : hostAndPort(authority);
  if (destination === null) return malformed('http', 'destination of CONNECT');
  if (!headers.complete && bytes.length >= MAX_HEADER_BYTES) return malformed('http', 'headers without end');
  return { ...destination, consumed: headers.complete ? headers.length : null };
}

/** Reads a server's stream from its start, 8 KiB at most; `truncated` until the first line is whole. */
export function decodeStatusLine(bytes: Buffer): Decoded<StatusLine> {
  if (!mayStart(bytes, STATUS_START)) return unsupported('http', 'no status line');
  const headers = readHeaders(bytes);
  if (headers === null) return malformed('http', 'header line');
  if (headers.firstLine === '') return withoutLine(bytes);
  const status = Number(/^HTTP\/1\.\d ([1-5]\d\d)(?: |$)/.exec(headers.firstLine)?.[1] ?? 0);
  if (status === 0) return malformed('http', 'status line');
  return { status, consumed: headers.complete ? headers.length : null };
}

function withoutLine(bytes: Buffer) {
  return bytes.length >= MAX_HEADER_BYTES
    ? malformed('http', 'first line without end')
    : truncated('http', 'first line', bytes.length + 1, bytes.length);
}
