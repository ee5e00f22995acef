// Names in DNS messages (RFC 1035, section 4.1.4) as text. The same names are asked for over and over, so that texts are kept by
// the octets they were made from: a home's names fit, and a flood of names costs misses and never memory.
import { escapeLabel } from './host-text.ts';
import { uint16At } from './octets.ts';
import { type Failure, type Layer, malformed, truncated } from './outcome.ts';

/** RFC 1035, section 2.3.4: octets of a name on the wire, length octets included. */
const MAX_NAME = 255;
/** As many pointers as a name can have labels; more is an attack on our time. */
const MAX_POINTERS = 127;
/** Where the first name of a message may stand. */
const HEADER_LENGTH = 12;
/** Texts kept, a power of two. */
const SLOTS = 1024;

/** Names as read, without compression and the root's length octet, with the text of each. One name a slot. */
class NameTexts {
  readonly #keepCase: boolean;
  readonly #octets = Buffer.alloc(SLOTS * MAX_NAME);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #texts: string[] = new Array(SLOTS).fill('');

  constructor(keepCase: boolean) {
    this.#keepCase = keepCase;
  }

  /** Of the first `length` octets of `name`, whose hash is `hash`. */
  textOf(name: Buffer, length: number, hash: number): string {
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    if (this.#isIn(slot, name, length)) return this.#texts[slot] ?? '';
    const text = this.#keepCase ? labelsOf(name, length) : labelsOf(name, length).toLowerCase();
    name.copy(this.#octets, slot * MAX_NAME, 0, length);
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
    return text;
  }

  #isIn(slot: number, name: Buffer, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const start = slot * MAX_NAME;
    for (let i = 0; i < length; i++) if (this.#octets[start + i] !== name[i]) return false;
    return true;
  }
}

const inLowerCase = new NameTexts(false);
const asWritten = new NameTexts(true);
/** The name at hand, put together. */
const whole = Buffer.alloc(MAX_NAME);

/** Reads names of one message. */
export class NameReader {
  readonly #bytes: Buffer;
  readonly #layer: Layer;
  readonly #texts: NameTexts;
  #next = 0;

  constructor(bytes: Buffer, layer: Layer, keepCase: boolean) {
    this.#bytes = bytes;
    this.#layer = layer;
    this.#texts = keepCase ? asWritten : inLowerCase;
  }

  /** Where the message goes on behind the name read last; undefined after a failure. */
  get next(): number {
    return this.#next;
  }

  /**
   * The name at `start`. Every pointer must lead before the place it was reached from, so there is no loop, and the limits on
   * length and pointers bound the work.
   */
  read(start: number): string | Failure {
    const bytes = this.#bytes;
    let at = start;
    let lowest = start;
    let next = -1;
    let pointers = 0;
    let length = 0;
    let hash = 0;
    for (;;) {
      const octet = bytes[at];
      if (octet === undefined) return this.#short('name', at + 1);
      if (octet === 0) {
        this.#next = next < 0 ? at + 1 : next;
        return this.#texts.textOf(whole, length, hash);
      }
      if (octet < 0x40) {
        if (length + octet + 2 > MAX_NAME) return malformed(this.#layer, 'name longer than 255 octets');
        const end = at + 1 + octet;
        if (end > bytes.length) return this.#short('label', end);
        for (; at < end; at++) {
          const value = bytes[at] ?? 0;
          whole[length++] = value;
          hash = Math.imul(hash ^ value, 0x01000193);
        }
      } else if (octet >= 0xc0) {
        if (at + 2 > bytes.length) return this.#short('pointer', at + 2);
        const target = uint16At(bytes, at) & 0x3fff;
        if (target >= lowest || target < HEADER_LENGTH || ++pointers > MAX_POINTERS) {
          return malformed(this.#layer, `pointer to ${target} at ${at}`);
        }
        if (next < 0) next = at + 2;
        at = target;
        lowest = target;
      } else return malformed(this.#layer, `label type 0x${octet.toString(16)}`);
    }
  }

  #short(detail: string, needed: number): Failure {
    return truncated(this.#layer, detail, needed, this.#bytes.length);
  }
}

function labelsOf(name: Buffer, length: number): string {
  const labels: string[] = [];
  for (let at = 0; at < length; at += 1 + (name[at] ?? 0)) {
    labels.push(escapeLabel(name.subarray(at + 1, at + 1 + (name[at] ?? 0))));
  }
  return labels.join('.');
}
