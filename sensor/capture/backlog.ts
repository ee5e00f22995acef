// Bytes that wait for a reader who is busy, oldest first, in one buffer that is written round and round: what has been read leaves
// nothing behind for the garbage collector, which would let three times as much lie about.

/** Writes what is taken now; how many bytes that was. */
export type WriteSome = (bytes: Buffer) => number;

export class Backlog {
  /** Pages of it that were never written to take no memory. */
  readonly #ring: Buffer;
  /** Of the oldest byte. */
  #head = 0;
  #length = 0;

  /** `capacity` in bytes. */
  constructor(capacity: number) {
    this.#ring = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether there was room for them. */
  add(bytes: Buffer): boolean {
    if (this.#length + bytes.length > this.#ring.length) return false;
    const tail = (this.#head + this.#length) % this.#ring.length;
    const copied = bytes.copy(this.#ring, tail);
    bytes.copy(this.#ring, 0, copied);
    this.#length += bytes.length;
    return true;
  }

  /** Hands on what is taken now; whether nothing waits any more. */
  drain(write: WriteSome): boolean {
    while (this.#length > 0) {
      const piece = this.#ring.subarray(this.#head, this.#head + this.#length);
      const written = write(piece);
      this.#head = (this.#head + written) % this.#ring.length;
      this.#length -= written;
      if (written < piece.length) return false;
    }
    // From the start again, so that short waits stay on the same few pages.
    this.#head = 0;
    return true;
  }
}
