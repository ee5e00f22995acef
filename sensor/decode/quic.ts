// The ClientHello inside a QUIC client's Initial packets: opened, put in order, read. Nothing else of QUIC is decoded.
import { uint32At } from './octets.ts';
import { type Decoded, Failure, malformed, truncated, unsupported } from './outcome.ts';
import {
  clientInitialKeys,
  headerMask,
  type InitialKeys,
  openPayload,
  type QuicVersion,
  quicVersion,
  SAMPLE_LENGTH,
  TAG_LENGTH,
} from './quic-keys.ts';
import { StreamAssembler } from './stream.ts';
import { type ClientHello, parseClientHelloBody } from './tls.ts';

const MAX_CRYPTO_BYTES = 16 * 1024;
const MAX_CRYPTO_FRAGMENTS = 64;
/** Datagrams looked at for one connection; a client that has not said hello by then never will. */
const MAX_DATAGRAMS = 32;
const MAX_COALESCED = 8;
const MAX_CONNECTION_ID = 20;
/** RFC 9000, section 7.2: a client's first Destination Connection ID is at least this long. */
const MIN_FIRST_CONNECTION_ID = 8;

interface LongHeader {
  versionNumber: number;
  version: QuicVersion;
  initial: boolean;
  destination: Buffer;
  /** Offset of the protected packet number; the packet ends at `end`. Both within the datagram. */
  numberAt: number;
  end: number;
}

/** Whether a UDP payload begins with a QUIC long header of any version (RFC 8999, section 5.1). */
export function isLongHeader(payload: Buffer): boolean {
  return payload.length >= 7 && ((payload[0] ?? 0) & 0xc0) === 0xc0;
}

/**
 * Whether a UDP payload begins with an Initial of a version we read whose Destination Connection ID could be a client's
 * first. A server's Initial can look the same: the caller knows who spoke first.
 */
export function isClientInitial(payload: Buffer): boolean {
  if (!isLongHeader(payload)) return false;
  const version = quicVersion(uint32At(payload, 1));
  const idLength = payload[5] ?? 0;
  return (
    version !== undefined &&
    typeBits(payload, 0) === version.initialType &&
    idLength >= MIN_FIRST_CONNECTION_ID &&
    idLength <= MAX_CONNECTION_ID
  );
}

/** Collects the client's side of one connection's handshake. The caller passes the originator's datagrams only. */
export class QuicInitials {
  readonly #crypto = new StreamAssembler({ start: 0, maxBytes: MAX_CRYPTO_BYTES, maxSegments: MAX_CRYPTO_FRAGMENTS });
  #firstDestination: Buffer | null = null;
  /** The version and connection ID that `#keys` come from. */
  #keysFor = '';
  #keys: InitialKeys | null = null;
  #datagrams = 0;
  /** The stream so far, where it has grown since it was read. */
  #unread: Buffer | null = null;
  #hello: ClientHello | null = null;

  /**
   * Takes one datagram. Gives the hello once its name is known (`complete` false while later parts are missing), `more` while
   * it is not, or why this datagram cannot be read.
   */
  push(datagram: Buffer): Decoded<ClientHello | 'more'> {
    if (this.#hello?.complete) return this.#hello;
    if (++this.#datagrams > MAX_DATAGRAMS) return unsupported('quic', 'no hello in the first datagrams');
    let opened = 0;
    let problem: Failure | null = null;
    for (let at = 0, packets = 0; at < datagram.length && packets < MAX_COALESCED; packets++) {
      // Zero bytes after the last packet are padding of the datagram, not a packet.
      if (packets > 0 && ((datagram[at] ?? 0) & 0x80) === 0) break;
      const header = readLongHeader(datagram, at);
      if (header instanceof Failure) {
        problem = header;
        break;
      }
      if (header.initial) {
        const outcome = this.#openInitial(datagram.subarray(at, header.end), header, header.numberAt - at);
        if (outcome instanceof Failure) problem = outcome;
        else opened++;
      }
      at = header.end;
    }
    if (opened === 0) return problem ?? unsupported('quic', 'no Initial packet in the datagram');
    return this.#hello ?? problem ?? 'more';
  }

  #openInitial(packet: Buffer, header: LongHeader, numberAt: number): Failure | null {
    this.#firstDestination ??= Buffer.from(header.destination);
    // A Retry or a server's own connection ID changes the destination, and only a Retry changes the keys; a version
    // negotiated on the way changes the keys but not the ID they come from.
    for (const connectionId of [this.#firstDestination, header.destination]) {
      const plain = open(packet, numberAt, this.#keysOf(header, connectionId));
      if (plain !== null) {
        const problem = this.#readFrames(plain);
        this.#readHello();
        return problem;
      }
      if (connectionId.equals(header.destination)) break;
    }
    return malformed('quic', 'an Initial that its keys do not open');
  }

  #keysOf(header: LongHeader, connectionId: Buffer): InitialKeys {
    const wanted = `${header.versionNumber}:${connectionId.toString('hex')}`;
    if (this.#keys === null || this.#keysFor !== wanted) {
      this.#keys = clientInitialKeys(header.version, connectionId);
      this.#keysFor = wanted;
    }
    return this.#keys;
  }

  /** Frames that may stand in an Initial (RFC 9000, section 12.4); only CRYPTO carries what we want. */
  #readFrames(plain: Buffer): Failure | null {
    let at = 0;
    const next = (): number => {
      const read = readVarint(plain, at);
      if (read === null) {
        at = plain.length + 1;
        return 0;
      }
      at += read.width;
      return read.value;
    };
    while (at < plain.length) {
      // Most of a client's first datagram is padding, an octet a frame.
      if (plain[at] === 0x00) {
        at++;
        continue;
      }
      const type = next();
      if (type === 0x00 || type === 0x01) continue;
      if (type === 0x02 || type === 0x03) {
        next();
        next();
        const ranges = next();
        next();
        for (let i = 0; i < ranges && at <= plain.length; i++) {
          next();
          next();
        }
        for (let i = 0; type === 0x03 && i < 3; i++) next();
      } else if (type === 0x06) {
        const offset = next();
        const length = next();
        if (at + length > plain.length) return malformed('quic', 'CRYPTO frame longer than its packet');
        const isWithin = offset < MAX_CRYPTO_BYTES;
        this.#unread = (isWithin ? this.#crypto.push(offset, plain.subarray(at, at + length)) : null) ?? this.#unread;
        at += length;
      } else if (type === 0x1c) {
        next();
        next();
        const reasonLength = next();
        at += reasonLength;
      } else return malformed('quic', `frame type ${type} in an Initial`);
    }
    return at > plain.length ? malformed('quic', 'frame longer than its packet') : null;
  }

  /** Once for all fragments of a packet: there may be one for each octet. */
  #readHello(): void {
    if (this.#unread === null) return;
    const hello = parseClientHelloBody(this.#unread, 'quic');
    this.#unread = null;
    if (!(hello instanceof Failure)) this.#hello = hello;
  }
}

/** Reads the long header at `start` (RFC 9000, section 17.2) and where its packet ends. */
function readLongHeader(datagram: Buffer, start: number): Decoded<LongHeader> {
  const short = (needed: number): Failure => truncated('quic', 'long header', needed, datagram.length);
  if (start + 7 > datagram.length) return short(start + 7);
  if (((datagram[start] ?? 0) & 0xc0) !== 0xc0) return unsupported('quic', 'not a long header');
  const versionNumber = uint32At(datagram, start + 1);
  const version = quicVersion(versionNumber);
  if (version === undefined) return unsupported('quic', `version 0x${versionNumber.toString(16)}`);
  const type = typeBits(datagram, start);
  if (type === version.retryType) return unsupported('quic', 'Retry');

  let at = start + 5;
  const ids: Buffer[] = [];
  for (let i = 0; i < 2; i++) {
    const length = datagram[at];
    if (length === undefined) return short(at + 1);
    if (length > MAX_CONNECTION_ID) return malformed('quic', `connection ID of ${length} bytes`);
    ids.push(datagram.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  const initial = type === version.initialType;
  if (initial) {
    const token = readVarint(datagram, at);
    if (token === null) return short(at + 1);
    at += token.width + token.value;
  }
  const length = readVarint(datagram, at);
  if (length === null) return short(at + 1);
  const numberAt = at + length.width;
  const end = numberAt + length.value;
  if (length.value < 4 + SAMPLE_LENGTH) return malformed('quic', `packet of ${length.value} bytes`);
  if (end > datagram.length) return short(end);
  return { versionNumber, version, initial, destination: ids[0] ?? Buffer.alloc(0), numberAt, end };
}

/** Removes header protection and decrypts (RFC 9001, sections 5.3 and 5.4); null when the keys are the wrong ones. */
function open(packet: Buffer, numberAt: number, keys: InitialKeys): Buffer | null {
  const mask = headerMask(keys, packet.subarray(numberAt + 4, numberAt + 4 + SAMPLE_LENGTH));
  const first = (packet[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  const numberLength = (first & 0x03) + 1;
  if (packet.length < numberAt + numberLength + TAG_LENGTH) return null;
  const header = Buffer.from(packet.subarray(0, numberAt + numberLength));
  header[0] = first;
  for (let i = 0; i < numberLength; i++) header[numberAt + i] = (header[numberAt + i] ?? 0) ^ (mask[i + 1] ?? 0);
  const packetNumber = header.readUIntBE(numberAt, numberLength);
  return openPayload(keys, packetNumber, header, packet.subarray(numberAt + numberLength));
}

function typeBits(datagram: Buffer, at: number): number {
  return ((datagram[at] ?? 0) & 0x30) >> 4;
}

/** Variable-length integer (RFC 9000, section 16); null when cut. Values beyond 2^53 lose precision but stay too large. */
function readVarint(bytes: Buffer, at: number): { value: number; width: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const width = 1 << (first >> 6);
  if (at + width > bytes.length) return null;
  let value = first & 0x3f;
  for (let i = 1; i < width; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return { value, width };
}
