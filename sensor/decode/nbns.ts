// NetBIOS names that hosts register or answer for (RFC 1002, section 4.2): names of single hosts only, never of groups.
import { ipv4Text } from './bytes.ts';
import { uint16At } from './octets.ts';
import { type Decoded, malformed, truncated, unsupported } from './outcome.ts';
import { decodeText } from './text.ts';

export interface NetbiosClaim {
  /** Up to 15 characters, raw: hostile until cleaned. Case as sent, usually upper. */
  readonly name: string;
  /** The owner's address; null in a node status, where it is the sender's. */
  readonly address: string | null;
  /** How the name was claimed; a `response` or `status` answers a query. */
  readonly how: 'registration' | 'refresh' | 'response' | 'status';
}

const HEADER_LENGTH = 12;
const ENCODED_LENGTH = 32;
const TYPE_NB = 0x20;
const TYPE_NBSTAT = 0x21;
const GROUP_FLAG = 0x8000;
const STATUS_ENTRY = 18;
const MAX_CLAIMS = 16;
/** Suffixes that name the machine itself: workstation and file server. */
const HOST_SUFFIXES = [0x00, 0x20];
/** Operation codes of the header (RFC 1002, section 4.2.1.1); 9 is refresh as some systems send it. */
const REQUESTS = new Map<number, NetbiosClaim['how']>([
  [5, 'registration'],
  [8, 'refresh'],
  [9, 'refresh'],
  [15, 'registration'],
]);

/** Unique host names claimed by one message; an empty list where it claims other kinds of names only. */
export function decodeNbns(payload: Buffer): Decoded<NetbiosClaim[]> {
  if (payload.length < HEADER_LENGTH) return truncated('nbns', 'header', HEADER_LENGTH, payload.length);
  const flags = uint16At(payload, 2);
  const opcode = (flags >> 11) & 0x0f;
  if ((flags & 0x8000) === 0) {
    const how = REQUESTS.get(opcode);
    if (how === undefined) return unsupported('nbns', `request with opcode ${opcode}`);
    return registered(payload, how);
  }
  if (opcode !== 0 || (flags & 0x000f) !== 0) return unsupported('nbns', 'no positive query response');
  return answered(payload);
}

/** A registration: the name in its question, the address in its additional record. */
function registered(payload: Buffer, how: NetbiosClaim['how']): Decoded<NetbiosClaim[]> {
  const question = readName(payload, HEADER_LENGTH);
  if (typeof question === 'string') return malformed('nbns', question);
  const record = skipName(payload, question.next + 4);
  const needed = record + 10 + 6;
  if (needed > payload.length) return truncated('nbns', 'registration', needed, payload.length);
  return addressClaims(payload, record, question, how);
}

function answered(payload: Buffer): Decoded<NetbiosClaim[]> {
  const owner = readName(payload, HEADER_LENGTH);
  if (typeof owner === 'string') return malformed('nbns', owner);
  const at = owner.next;
  if (at + 10 > payload.length) return truncated('nbns', 'answer', at + 10, payload.length);
  const type = uint16At(payload, at);
  if (type === TYPE_NB) return addressClaims(payload, at, owner, 'response');
  if (type !== TYPE_NBSTAT) return unsupported('nbns', `record type ${type}`);
  return statusClaims(payload, at + 10);
}

/** The NB record whose fixed part begins at `at`: flags and an address, six bytes each (RFC 1002, section 4.2.1.3). */
function addressClaims(
  payload: Buffer,
  at: number,
  owner: NetbiosName,
  how: NetbiosClaim['how'],
): Decoded<NetbiosClaim[]> {
  const end = at + 10 + uint16At(payload, at + 8);
  if (end > payload.length) return truncated('nbns', 'addresses', end, payload.length);
  const claims: NetbiosClaim[] = [];
  for (let from = at + 10; from + 6 <= end && claims.length < MAX_CLAIMS; from += 6) {
    if (!isHostName(owner.name, owner.suffix, uint16At(payload, from))) continue;
    claims.push({ name: owner.name, address: ipv4Text(payload, from + 2), how });
  }
  return claims;
}

/** The table of a node status response (RFC 1002, section 4.2.18). */
function statusClaims(payload: Buffer, at: number): Decoded<NetbiosClaim[]> {
  const count = payload[at];
  if (count === undefined) return truncated('nbns', 'node status', at + 1, payload.length);
  const names = new Set<string>();
  for (let i = 0, from = at + 1; i < count && from + STATUS_ENTRY <= payload.length; i++, from += STATUS_ENTRY) {
    const name = decodeText(payload.subarray(from, from + 15)).trimEnd();
    const isHost = isHostName(name, payload[from + 15] ?? 0xff, uint16At(payload, from + 16));
    if (isHost && names.size < MAX_CLAIMS) names.add(name);
  }
  return [...names].map((name): NetbiosClaim => ({ name, address: null, how: 'status' }));
}

function isHostName(name: string, suffix: number, flags: number): boolean {
  return name !== '' && name !== '*' && (flags & GROUP_FLAG) === 0 && HOST_SUFFIXES.includes(suffix);
}

interface NetbiosName {
  name: string;
  suffix: number;
  next: number;
}

/** First-level encoding (RFC 1001, section 14.1): sixteen octets as thirty-two letters A to P. A string says what is wrong. */
function readName(payload: Buffer, at: number): NetbiosName | string {
  if (payload[at] !== ENCODED_LENGTH || at + 1 + ENCODED_LENGTH > payload.length) return 'name is not 32 octets';
  const octets = Buffer.alloc(16);
  for (let i = 0; i < octets.length; i++) {
    const high = (payload[at + 1 + 2 * i] ?? 0) - 0x41;
    const low = (payload[at + 2 + 2 * i] ?? 0) - 0x41;
    if (high < 0 || high > 15 || low < 0 || low > 15) return 'name has letters outside A to P';
    octets[i] = high * 16 + low;
  }
  const name = decodeText(octets.subarray(0, 15)).trimEnd();
  return { name, suffix: octets[15] ?? 0, next: skipName(payload, at) };
}

/** The offset after a name: labels of a scope follow, or a pointer ends it. */
function skipName(payload: Buffer, at: number): number {
  let next = at;
  for (let length = payload[next] ?? 0; length !== 0; length = payload[next] ?? 0) {
    if (length >= 0xc0) return next + 2;
    next += 1 + length;
  }
  return next + 1;
}
