// TLS ClientHello: the server's name and what else a hello shows before encryption starts. No other TLS message is read.
import { hostText } from './host-text.ts';
import { uint16At, uint24At } from './octets.ts';
import { type Decoded, Failure, type Layer, malformed, truncated, unsupported } from './outcome.ts';

export interface ClientHello {
  /** SNI (RFC 6066, section 3), lower case, escaped as in host-text.ts; null when the hello carries none. */
  serverName: string | null;
  /** Encrypted Client Hello is offered: `serverName` is then the outer, public name (RFC 9849). */
  ech: boolean;
  /** Printable protocol identifiers in the order offered (RFC 7301); at most 16. */
  alpn: string[];
  /** False when bytes after the server name are still missing: `alpn` and `ech` may then change. */
  complete: boolean;
}

const RECORD_HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
/** RFC 8446, section 5.1. */
const MAX_RECORD = 2 ** 14;
/** Every vector of RFC 8446, section 4.1.2 at its largest. */
const MAX_HELLO = 2 + 32 + 33 + (2 + 65534) + 256 + (2 + 65535);
const MAX_PROTOCOLS = 16;

const EXTENSION = { serverName: 0, alpn: 16, encryptedClientHello: 0xfe0d } as const;
const READ_EXTENSIONS = new Set<number>(Object.values(EXTENSION));

/** Whether a TCP payload begins with a TLS record that begins with a ClientHello. */
export function looksLikeClientHello(payload: Buffer): boolean {
  return (
    payload.length > RECORD_HEADER &&
    payload[0] === RECORD_HANDSHAKE &&
    payload[1] === 3 &&
    (payload[2] ?? 255) <= 4 &&
    payload[RECORD_HEADER] === CLIENT_HELLO
  );
}

/**
 * Reads the ClientHello at the start of a TLS stream, which may be spread over several records. `truncated` means that more
 * of the stream is needed before the name is known.
 */
export function decodeClientHello(bytes: Buffer): Decoded<ClientHello> {
  const fragments: Buffer[] = [];
  let collected = 0;
  let offset = 0;
  let wanted = HANDSHAKE_HEADER;
  while (collected < wanted && offset < bytes.length) {
    if (bytes[offset] !== RECORD_HANDSHAKE) return unsupported('tls', `record type ${bytes[offset]}`);
    if (offset + RECORD_HEADER > bytes.length) break;
    if (bytes[offset + 1] !== 3) return malformed('tls', `record version ${bytes[offset + 1]}`);
    const length = uint16At(bytes, offset + 3);
    if (length === 0 || length > MAX_RECORD) return malformed('tls', `record of ${length} bytes`);
    const fragment = bytes.subarray(offset + RECORD_HEADER, offset + RECORD_HEADER + length);
    fragments.push(fragment);
    collected += fragment.length;
    offset += RECORD_HEADER + length;
    if (wanted === HANDSHAKE_HEADER && collected >= HANDSHAKE_HEADER) {
      const header = joined(fragments);
      if (header[0] !== CLIENT_HELLO) return unsupported('tls', `handshake message ${header[0]}`);
      wanted += uint24At(header, 1);
      if (wanted > HANDSHAKE_HEADER + MAX_HELLO) return malformed('tls', `hello of ${wanted} bytes`);
    }
  }
  return parseClientHelloBody(joined(fragments), 'tls');
}

/** Most hellos are whole in one record. */
function joined(fragments: readonly Buffer[]): Buffer {
  const [first] = fragments;
  return first !== undefined && fragments.length === 1 ? first : Buffer.concat(fragments);
}

/**
 * Reads a ClientHello handshake message (header included) without record framing, as QUIC carries it. Bytes after the
 * message are ignored.
 */
export function parseClientHelloBody(bytes: Buffer, layer: Layer): Decoded<ClientHello> {
  if (bytes.length > 0 && bytes[0] !== CLIENT_HELLO) return unsupported(layer, `handshake message ${bytes[0]}`);
  if (bytes.length < HANDSHAKE_HEADER) return truncated(layer, 'handshake header', HANDSHAKE_HEADER, bytes.length);
  const end = HANDSHAKE_HEADER + uint24At(bytes, 1);
  if (end > HANDSHAKE_HEADER + MAX_HELLO) return malformed(layer, `hello of ${end} bytes`);

  const short = (needed: number): Failure =>
    needed > end
      ? malformed(layer, `a field ends at ${needed} in a hello of ${end}`)
      : truncated(layer, 'hello', needed, bytes.length);
  /** End of a vector whose length field of `width` bytes lies at `at`; the vector itself may still be missing. */
  const vectorEnd = (at: number, width: 1 | 2): Decoded<number> => {
    const start = at + width;
    if (start > Math.min(end, bytes.length)) return short(start);
    const stop = start + bytes.readUIntBE(at, width);
    return stop > end ? short(stop) : stop;
  };

  let at = HANDSHAKE_HEADER + 2 + 32;
  for (const width of [1, 2, 1] as const) {
    const stop = vectorEnd(at, width);
    if (stop instanceof Failure) return stop;
    at = stop;
  }
  const hello: ClientHello = { serverName: null, ech: false, alpn: [], complete: true };
  if (at === end) return bytes.length < end ? short(end) : hello;

  const extensionsEnd = vectorEnd(at, 2);
  if (extensionsEnd instanceof Failure) return extensionsEnd;
  for (at += 2; at < extensionsEnd; ) {
    const stop = extensionsEnd - at < 4 ? short(end + 1) : vectorEnd(at + 2, 2);
    const problem = stop instanceof Failure ? stop : stop > bytes.length ? short(stop) : null;
    if (stop instanceof Failure || problem !== null) return partial(hello, problem ?? short(end));
    const type = uint16At(bytes, at);
    const applied = READ_EXTENSIONS.has(type) ? applyExtension(hello, type, bytes.subarray(at + 4, stop), layer) : null;
    if (applied !== null) return applied;
    at = stop;
  }
  return bytes.length < end ? partial(hello, short(end)) : hello;
}

/** What a hello that stops early is worth: its name when that is already known, else the reason. */
function partial(hello: ClientHello, reason: Failure): Decoded<ClientHello> {
  if (reason.reason !== 'truncated' || hello.serverName === null) return reason;
  return { ...hello, complete: false };
}

function applyExtension(hello: ClientHello, type: number, data: Buffer, layer: Layer): Failure | null {
  if (type === EXTENSION.encryptedClientHello) hello.ech = true;
  else if (type === EXTENSION.alpn) hello.alpn = protocols(data);
  else if (type === EXTENSION.serverName && hello.serverName === null) {
    const name = serverName(data);
    if (name === null) return malformed(layer, 'server name');
    hello.serverName = name;
  }
  return null;
}

/** The host_name entry of a ServerNameList (RFC 6066, section 3); null when there is no valid one. */
function serverName(list: Buffer): string | null {
  if (list.length < 2) return null;
  const end = Math.min(list.length, 2 + uint16At(list, 0));
  for (let at = 2; at + 3 <= end; ) {
    const stop = at + 3 + uint16At(list, at + 1);
    if (stop > end) return null;
    if (list[at] === 0) return hostText(list.subarray(at + 3, stop));
    at = stop;
  }
  return null;
}

function protocols(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 2; at < list.length && names.length < MAX_PROTOCOLS; ) {
    const stop = at + 1 + (list[at] ?? 0);
    const name = list.toString('latin1', at + 1, stop);
    // GREASE values (RFC 8701) are not text and say nothing.
    if (stop <= list.length && /^[\x21-\x7e]+$/.test(name)) names.push(name);
    at = stop;
  }
  return names;
}
