// SOCKS4, 4a and 5 (RFC 1928, login by RFC 1929; SOCKS4 has no RFC): which destination a client asks a proxy for, and whether
// it got it. Only CONNECT is read: BIND and UDP ASSOCIATE reach no server. User names and passwords are stepped over.
import { ipv4Text, ipv6Text } from './bytes.ts';
import { octetAt, uint16At, uint24At } from './octets.ts';
import { type Decoded, Failure, malformed, truncated, unsupported } from './outcome.ts';
import type { IpAddress } from './packet.ts';
import { hostOrAddress } from './proxy-host.ts';

export interface SocksRequest {
  readonly version: 4 | 5;
  /** An address, or a name escaped as in host-text.ts. */
  readonly host: string | IpAddress;
  readonly port: number;
  /** Octets from the start of the client's stream to the end of the request. */
  readonly consumed: number;
}

export interface SocksReply {
  readonly accepted: boolean;
  /** Octets from the start of the server's stream to the end of what the proxy says itself. */
  readonly consumed: number;
}

/** Octets of either side's opening that are looked at: a greeting, a login and a request of the greatest length fit. */
export const MAX_SOCKS_BYTES = 1280;
/** User id and name of a SOCKS4a request, each with its NUL. */
const MAX_SOCKS4_TEXT = 256;

const CONNECT = 1;
const NO_LOGIN = 0x00;
const USER_PASSWORD = 0x02;
const NO_METHOD = 0xff;
const SOCKS4_GRANTED = 0x5a;
const SOCKS4_REPLY = 8;
const SOCKS4_FIXED = 8;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;

function more(bytes: Buffer, needed: number): Failure {
  return truncated('socks', 'opening', needed, bytes.length);
}

/** Reads the client's stream from its start; `truncated` while there is more to come. The greeting and the login may be missing. */
export function decodeSocksRequest(bytes: Buffer): Decoded<SocksRequest> {
  if (bytes.length < 3)
    return bytes.length === 0 || startsSocks(bytes) ? more(bytes, 3) : unsupported('socks', 'version');
  if (bytes[0] === 4) return decodeSocks4(bytes);
  if (bytes[0] !== 5) return unsupported('socks', 'version');
  const at = requestStart(bytes);
  return at instanceof Failure ? at : decodeSocks5(bytes, at);
}

/** Whether a client's first octet is that of a SOCKS version. */
export function startsSocks(bytes: Buffer): boolean {
  return bytes[0] === 4 || bytes[0] === 5;
}

/** The server's stream from its start, where the client spoke version `version`; `truncated` while there is more to come. */
export function decodeSocksReply(bytes: Buffer, version: 4 | 5): Decoded<SocksReply> {
  return version === 4 ? decodeSocks4Reply(bytes) : decodeSocks5Reply(bytes);
}

/** 04, 01, port, address, user id, NUL; 4a: address 0.0.0.x, then a host name, NUL. */
function decodeSocks4(bytes: Buffer): Decoded<SocksRequest> {
  if (bytes[1] !== CONNECT) return unsupported('socks', 'command');
  if (bytes.length <= SOCKS4_FIXED) return more(bytes, SOCKS4_FIXED + 1);
  const port = uint16At(bytes, 2);
  const userEnd = textEnd(bytes, SOCKS4_FIXED);
  if (userEnd instanceof Failure) return userEnd;
  const isNamed = uint24At(bytes, 4) === 0 && bytes[7] !== 0;
  if (!isNamed) return request(4, ipv4Text(bytes, 4), port, userEnd + 1);
  const nameEnd = textEnd(bytes, userEnd + 1);
  if (nameEnd instanceof Failure) return nameEnd;
  return request(4, hostOrAddress(bytes.subarray(userEnd + 1, nameEnd)), port, nameEnd + 1);
}

/** Offset of the NUL that ends the text at `from`. */
function textEnd(bytes: Buffer, from: number): Decoded<number> {
  const end = bytes.subarray(from, from + MAX_SOCKS4_TEXT).indexOf(0);
  if (end >= 0) return from + end;
  return bytes.length - from >= MAX_SOCKS4_TEXT
    ? malformed('socks', 'text without end')
    : more(bytes, bytes.length + 1);
}

/**
 * Where the SOCKS5 request begins. The greeting (05, count, methods) is told from a request (05, command, 00, address type)
 * by the octet behind it: it can only be the next message's version, and 01 only where a login was offered.
 */
function requestStart(bytes: Buffer): Decoded<number> {
  const greetingEnd = 2 + octetAt(bytes, 1);
  const next = bytes[greetingEnd];
  if (greetingEnd === 2) return malformed('socks', 'no method');
  const methods = bytes.subarray(2, greetingEnd);
  if (next === 5) return greetingEnd;
  if (next === 1 && methods.includes(USER_PASSWORD)) return loginEnd(bytes, greetingEnd);
  if (bytes[1] === CONNECT && bytes[2] === NO_LOGIN && isAddressType(next)) return 0;
  return next === undefined ? more(bytes, greetingEnd + 1) : unsupported('socks', 'login');
}

function isAddressType(octet: number | undefined): boolean {
  return octet === ADDRESS.ipv4 || octet === ADDRESS.name || octet === ADDRESS.ipv6;
}

/** 01, length, user name, length, password (RFC 1929, section 2). */
function loginEnd(bytes: Buffer, at: number): Decoded<number> {
  const passwordAt = at + 2 + (bytes[at + 1] ?? 0);
  const end = passwordAt + 1 + (bytes[passwordAt] ?? 0);
  if (bytes.length <= end) return more(bytes, end + 1);
  return bytes[end] === 5 ? end : malformed('socks', 'after the login');
}

function decodeSocks5(bytes: Buffer, at: number): Decoded<SocksRequest> {
  if (bytes.length < at + 5) return more(bytes, at + 5);
  if (bytes[at] !== 5 || bytes[at + 2] !== 0) return malformed('socks', 'request');
  if (bytes[at + 1] !== CONNECT) return unsupported('socks', 'command');
  const type = octetAt(bytes, at + 3);
  const length = addressLength(bytes, at + 3);
  if (length === null) return malformed('socks', 'address type');
  const portAt = at + 4 + length;
  if (bytes.length < portAt + 2) return more(bytes, portAt + 2);
  const port = uint16At(bytes, portAt);
  let host: string | null;
  if (type === ADDRESS.ipv4) host = ipv4Text(bytes, at + 4);
  else if (type === ADDRESS.ipv6) host = ipv6Text(bytes, at + 4);
  else host = hostOrAddress(bytes.subarray(at + 5, portAt));
  return request(5, host, port, portAt + 2);
}

/** Octets of the address whose type is at `typeAt`, the length octet of a name included; its length must be there. */
function addressLength(bytes: Buffer, typeAt: number): number | null {
  const type = bytes[typeAt];
  if (type === ADDRESS.ipv4) return 4;
  if (type === ADDRESS.ipv6) return 16;
  return type === ADDRESS.name ? 1 + (bytes[typeAt + 1] ?? 0) : null;
}

function request(version: 4 | 5, host: string | null, port: number, consumed: number): Decoded<SocksRequest> {
  if (host === null || port === 0) return malformed('socks', 'destination');
  return { version, host, port, consumed };
}

/** 00, code, then six octets that mean nothing to a CONNECT. */
function decodeSocks4Reply(bytes: Buffer): Decoded<SocksReply> {
  if (bytes.length > 0 && bytes[0] !== 0) return malformed('socks', 'reply');
  if (bytes.length < SOCKS4_REPLY) return more(bytes, SOCKS4_REPLY);
  return { accepted: bytes[1] === SOCKS4_GRANTED, consumed: SOCKS4_REPLY };
}

/** The choice of a method, the answer to a login, the reply; choice and answer may be missing. */
function decodeSocks5Reply(bytes: Buffer): Decoded<SocksReply> {
  if (bytes.length > 0 && bytes[0] !== 5) return malformed('socks', 'reply');
  if (bytes[1] === NO_METHOD) return { accepted: false, consumed: 2 };
  if (bytes.length < 3) return more(bytes, 3);
  let at = 0;
  if (bytes[2] === 5 && bytes[1] === NO_LOGIN) at = 2;
  else if (bytes[2] === 1 && bytes[1] === USER_PASSWORD) {
    if (bytes.length < 4) return more(bytes, 4);
    if (bytes[3] !== 0) return { accepted: false, consumed: 4 };
    at = 4;
  }
  if (bytes.length < at + 5) return more(bytes, at + 5);
  const length = addressLength(bytes, at + 3);
  if (bytes[at] !== 5 || bytes[at + 2] !== 0 || length === null) return malformed('socks', 'reply');
  const end = at + 4 + length + 2;
  if (bytes.length < end) return more(bytes, end);
  return { accepted: bytes[at + 1] === 0, consumed: end };
}
