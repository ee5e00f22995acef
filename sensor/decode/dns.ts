// DNS messages (RFC 1035) as far as they name hosts: questions, and the records of the answer and additional sections.
// Written here rather than taken from dns-packet, whose decoder gives nothing for a message cut by the snap length, joins
// labels so that a dot inside one looks like two, and allocates four tables by the header's counts before it reads.
import { ipv4Text, ipv6Text } from './bytes.ts';
import { NameReader } from './dns-name.ts';
import { uint16At, uint32At } from './octets.ts';
import { type Decoded, Failure, type Layer, truncated } from './outcome.ts';

/** Lower case unless asked otherwise, without the final dot, labels escaped as in host-text.ts; the root is ''. */
export type DnsName = string;

export type DnsRecord = { readonly name: DnsName; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA'; readonly data: string }
  | { readonly type: 'CNAME' | 'PTR' | 'NS'; readonly data: DnsName }
  | { readonly type: 'MX'; readonly data: { preference: number; exchange: DnsName } }
  | { readonly type: 'SRV'; readonly data: { target: DnsName; port: number } }
  /** Each string's octets as latin1: hostile until cleaned. */
  | { readonly type: 'TXT'; readonly data: string[] }
  /** RFC 9460. An empty target stands for the owner's name; hints are addresses of the target. */
  | { readonly type: 'HTTPS' | 'SVCB'; readonly data: { priority: number; target: DnsName; hints: string[] } }
);

export interface DnsQuestion {
  readonly name: DnsName;
  /** A mnemonic such as `MX`, or `TYPE123`. */
  readonly type: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly rcode: number;
  /** TC: the server left records out. */
  readonly truncatedFlag: boolean;
  readonly questions: DnsQuestion[];
  readonly answers: DnsRecord[];
  /** Records of the additional section, where mDNS puts addresses. */
  readonly additionals: DnsRecord[];
  /** False when the capture ends, or our bound is reached, before the message does. */
  readonly complete: boolean;
}

export interface DnsOptions {
  readonly layer?: Layer;
  /** Keep the case of names, for mDNS instance names that people read. */
  readonly keepCase?: boolean;
}

const HEADER_LENGTH = 12;
const MAX_QUESTIONS = 32;
const MAX_RECORDS = 256;
const MAX_TXT_STRINGS = 64;
const MAX_HINTS = 8;
const SECTIONS = ['answers', 'authorities', 'additionals'] as const;
const CLASS_INTERNET = 1;
/** The top bit of a class is mDNS's cache-flush or unicast-response flag (RFC 6762, section 18). */
const CLASS_MASK = 0x7fff;
const HINT_KEYS = { ipv4: 4, ipv6: 6 } as const;

const TYPES = new Map<number, string>([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [43, 'DS'],
  [48, 'DNSKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [257, 'CAA'],
]);

/**
 * Decodes one message. A message cut short still gives what stands before the cut, with `complete` false; only a header that
 * is cut is a failure. A record whose data contradicts its type is left out. At most 32 questions and 256 records are read.
 */
export function decodeDns(payload: Buffer, options: DnsOptions = {}): Decoded<DnsMessage> {
  const layer = options.layer ?? 'dns';
  if (payload.length < HEADER_LENGTH) return truncated(layer, 'header', HEADER_LENGTH, payload.length);
  const reader = new MessageReader(payload, layer, options.keepCase ?? false);
  const flags = uint16At(payload, 2);
  const questions: DnsQuestion[] = [];
  const sections: Record<(typeof SECTIONS)[number], DnsRecord[]> = { answers: [], authorities: [], additionals: [] };

  const problem = reader.sections(questions, sections);
  if (problem !== null && problem.reason !== 'truncated') return problem;
  return {
    id: uint16At(payload, 0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0x0f,
    rcode: flags & 0x0f,
    truncatedFlag: (flags & 0x0200) !== 0,
    questions,
    answers: sections.answers,
    additionals: sections.additionals,
    complete: problem === null,
  };
}

/** Whole messages at the start of a DNS-over-TCP stream (RFC 1035, section 4.2.2) and how many bytes they take. */
export function splitDnsTcp(bytes: Buffer): { messages: Buffer[]; consumed: number } {
  const messages: Buffer[] = [];
  let consumed = 0;
  while (consumed + 2 <= bytes.length) {
    const end = consumed + 2 + uint16At(bytes, consumed);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(consumed + 2, end));
    consumed = end;
  }
  return { messages, consumed };
}

/** A position in one message. Methods that return a Failure leave the position undefined. */
class MessageReader {
  readonly #bytes: Buffer;
  readonly #layer: Layer;
  readonly #names: NameReader;
  #at = HEADER_LENGTH;

  constructor(bytes: Buffer, layer: Layer, keepCase: boolean) {
    this.#bytes = bytes;
    this.#layer = layer;
    this.#names = new NameReader(bytes, layer, keepCase);
  }

  /** Fills the tables; null when the message was read to its end. */
  sections(questions: DnsQuestion[], sections: Record<(typeof SECTIONS)[number], DnsRecord[]>): Failure | null {
    const asked = uint16At(this.#bytes, 4);
    for (let i = 0; i < asked; i++) {
      if (i === MAX_QUESTIONS) return truncated(this.#layer, 'questions', asked, MAX_QUESTIONS);
      const question = this.#question();
      if (question instanceof Failure) return question;
      questions.push(question);
    }
    let records = 0;
    for (let index = 0; index < SECTIONS.length; index++) {
      const section = SECTIONS[index] ?? 'additionals';
      const count = uint16At(this.#bytes, 6 + 2 * index);
      for (let i = 0; i < count; i++) {
        if (records++ === MAX_RECORDS) return truncated(this.#layer, 'records', count, MAX_RECORDS);
        const record = this.#record();
        if (record instanceof Failure) return record;
        if (record !== null) sections[section].push(record);
      }
    }
    return null;
  }

  #question(): Decoded<DnsQuestion> {
    const name = this.#names.read(this.#at);
    if (name instanceof Failure) return name;
    const at = this.#names.next;
    if (at + 4 > this.#bytes.length) return this.#short('question', at + 4);
    this.#at = at + 4;
    return { name, type: typeText(uint16At(this.#bytes, at)) };
  }

  /** Null for a record of a type or class that names nothing, or whose data is damaged. */
  #record(): Decoded<DnsRecord | null> {
    const name = this.#names.read(this.#at);
    if (name instanceof Failure) return name;
    const at = this.#names.next;
    if (at + 10 > this.#bytes.length) return this.#short('record', at + 10);
    const end = at + 10 + uint16At(this.#bytes, at + 8);
    if (end > this.#bytes.length) return this.#short('record data', end);
    this.#at = end;
    if ((uint16At(this.#bytes, at + 2) & CLASS_MASK) !== CLASS_INTERNET) return null;
    const ttl = uint32At(this.#bytes, at + 4);
    // RFC 2181, section 8: a TTL with its top bit set counts as zero.
    return this.#data(name, ttl > 0x7fffffff ? 0 : ttl, typeText(uint16At(this.#bytes, at)), at + 10, end);
  }

  #data(name: DnsName, ttl: number, type: string, at: number, end: number): DnsRecord | null {
    const bytes = this.#bytes;
    const length = end - at;
    switch (type) {
      case 'A':
        return length === 4 ? { name, ttl, type, data: ipv4Text(bytes, at) } : null;
      case 'AAAA':
        return length === 16 ? { name, ttl, type, data: ipv6Text(bytes, at) } : null;
      case 'CNAME':
      case 'PTR':
      case 'NS': {
        const data = this.#nameWithin(at, end);
        return data === null ? null : { name, ttl, type, data };
      }
      case 'MX': {
        const exchange = this.#nameWithin(at + 2, end);
        return exchange === null ? null : { name, ttl, type, data: { preference: uint16At(bytes, at), exchange } };
      }
      case 'SRV': {
        const target = this.#nameWithin(at + 6, end);
        return target === null ? null : { name, ttl, type, data: { target, port: uint16At(bytes, at + 4) } };
      }
      case 'TXT':
        return { name, ttl, type, data: textStrings(bytes.subarray(at, end)) };
      case 'SVCB':
      case 'HTTPS': {
        const target = this.#nameWithin(at + 2, end);
        if (target === null) return null;
        const hints = addressHints(bytes.subarray(this.#names.next, end));
        return { name, ttl, type, data: { priority: uint16At(bytes, at), target, hints } };
      }
      default:
        return null;
    }
  }

  /** A name that begins inside a record's data and ends within it. */
  #nameWithin(at: number, end: number): DnsName | null {
    if (at >= end) return null;
    const name = this.#names.read(at);
    return name instanceof Failure || this.#names.next > end ? null : name;
  }

  #short(detail: string, needed: number): Failure {
    return truncated(this.#layer, detail, needed, this.#bytes.length);
  }
}

function typeText(type: number): string {
  return TYPES.get(type) ?? `TYPE${type}`;
}

function textStrings(data: Buffer): string[] {
  const strings: string[] = [];
  for (let at = 0; at < data.length && strings.length < MAX_TXT_STRINGS; at += 1 + (data[at] ?? 0)) {
    strings.push(data.toString('latin1', at + 1, at + 1 + (data[at] ?? 0)));
  }
  return strings;
}

/** The ipv4hint and ipv6hint parameters of a service binding (RFC 9460, section 7.3). */
function addressHints(parameters: Buffer): string[] {
  const hints: string[] = [];
  for (let at = 0; at + 4 <= parameters.length; ) {
    const key = uint16At(parameters, at);
    const end = Math.min(parameters.length, at + 4 + uint16At(parameters, at + 2));
    const size = key === HINT_KEYS.ipv4 ? 4 : key === HINT_KEYS.ipv6 ? 16 : 0;
    for (let from = at + 4; size > 0 && from + size <= end && hints.length < MAX_HINTS; from += size) {
      hints.push(size === 4 ? ipv4Text(parameters, from) : ipv6Text(parameters, from));
    }
    at = Math.max(end, at + 4);
  }
  return hints;
}
