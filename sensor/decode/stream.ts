// Bounded reassembly of the first bytes of one direction of a byte stream: TCP payload or QUIC CRYPTO data.
// It knows sequence numbers only; what the bytes mean is for the decoders beside it.

export interface StreamLimits {
  /** Sequence number of the first byte; null when the SYN was not seen, see the class. */
  readonly start: number | null;
  /** Bytes kept, counted from the first one. What lies beyond is dropped. */
  readonly maxBytes: number;
  /** Separate pieces held while an earlier byte is missing; a further piece is dropped. */
  readonly maxSegments: number;
}

interface Piece {
  offset: number;
  data: Buffer;
}

const FIRST_CAPACITY = 1024;

/**
 * Puts segments in order, whatever the order, overlap, repetition or wrap-around of their 32-bit sequence numbers. Where
 * two segments disagree about a byte, the first copy wins. It copies what it keeps.
 *
 * With an unknown start the stream begins at the lowest sequence number pushed so far, as long as everything kept still
 * lies within `maxBytes` of it.
 */
export class StreamAssembler {
  readonly #maxBytes: number;
  readonly #maxSegments: number;
  readonly #startIsKnown: boolean;
  #start: number | null;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Pieces beyond the first gap: sorted by offset, never overlapping. */
  #waiting: Piece[] = [];

  constructor(limits: StreamLimits) {
    this.#start = limits.start;
    this.#startIsKnown = limits.start !== null;
    this.#maxBytes = limits.maxBytes;
    this.#maxSegments = limits.maxSegments;
  }

  /** Sequence number of the first octet; null before anything was pushed to a stream whose start is not known. */
  get start(): number | null {
    return this.#start;
  }

  /** True when the bound is reached, so that pushing more changes nothing. */
  get full(): boolean {
    return this.#length >= this.#maxBytes;
  }

  /**
   * Takes one segment. Returns the contiguous bytes from the start when this segment changed them, else null. The result
   * is a view that the next push may overwrite.
   */
  push(sequence: number, payload: Buffer): Buffer | null {
    if (payload.length === 0) return null;
    this.#start ??= sequence;
    let offset = (sequence - this.#start) | 0;
    let data = payload;
    if (offset < 0 && !this.#startIsKnown && this.#moveStart(-offset)) {
      this.#start = sequence;
      offset = 0;
    }
    if (offset < 0) {
      data = data.subarray(-offset);
      offset = 0;
    }
    if (data.length === 0 || offset >= this.#maxBytes) return null;
    data = data.subarray(0, this.#maxBytes - offset);
    const before = this.#length;
    this.#insert(offset, data);
    return this.#length === before ? null : this.#bytes.subarray(0, this.#length);
  }

  /** Makes room for `shift` bytes in front; what was contiguous becomes a waiting piece. */
  #moveStart(shift: number): boolean {
    const last = this.#waiting.at(-1);
    const end = last === undefined ? this.#length : last.offset + last.data.length;
    if (shift + end > this.#maxBytes || this.#waiting.length >= this.#maxSegments) return false;
    for (const piece of this.#waiting) piece.offset += shift;
    if (this.#length > 0) this.#waiting.unshift({ offset: shift, data: copy(this.#bytes.subarray(0, this.#length)) });
    this.#length = 0;
    return true;
  }

  /** Fills the gaps that `data` covers, then appends whatever has become contiguous. */
  #insert(offset: number, data: Buffer): void {
    const end = offset + data.length;
    let from = Math.max(offset, this.#length);
    while (from < end && from === this.#length) {
      const to = Math.min(end, this.#waiting[0]?.offset ?? end);
      this.#append(data.subarray(from - offset, to - offset));
      this.#drain();
      from = this.#length;
    }
    for (let i = 0; from < end; i++) {
      const next = this.#waiting[i];
      const to = Math.min(end, next?.offset ?? end);
      if (to > from) {
        if (this.#waiting.length >= this.#maxSegments) return;
        this.#waiting.splice(i, 0, { offset: from, data: copy(data.subarray(from - offset, to - offset)) });
        i++;
      }
      if (next === undefined) return;
      from = Math.max(from, next.offset + next.data.length);
    }
  }

  #drain(): void {
    let next = this.#waiting[0];
    while (next !== undefined && next.offset === this.#length) {
      this.#append(next.data);
      this.#waiting.shift();
      next = this.#waiting[0];
    }
  }

  #append(data: Buffer): void {
    const length = this.#length + data.length;
    if (length > this.#bytes.length) {
      const capacity = Math.min(this.#maxBytes, Math.max(FIRST_CAPACITY, length, this.#bytes.length * 2));
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    data.copy(this.#bytes, this.#length);
    this.#length = length;
  }
}

/** A copy outside Node's shared pool, so that a few bytes kept do not keep a whole pool page. */
function copy(data: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(data.length);
  data.copy(own);
  return own;
}
