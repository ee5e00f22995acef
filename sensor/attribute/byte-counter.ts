// Counts one direction of a connection from sequence numbers, without its payload. No reassembly.

/** Adds up a byte stream from sequence numbers alone (RFC 9293, section 3.4), over wrap-around. */
export class ByteCounter {
  #highest: number | null = null;
  #closed = false;
  total = 0;

  /** The first byte will have this sequence number. */
  start(sequence: number): void {
    this.#highest ??= sequence >>> 0;
  }

  /** All bytes below `sequence` have been sent. Steps of 2 GiB or more are forged or old and ignored. */
  reach(sequence: number): void {
    if (this.#highest === null) {
      this.#highest = sequence >>> 0;
      return;
    }
    const step = (sequence - this.#highest) >>> 0;
    if (this.#closed || step === 0 || step >= 0x8000_0000) return;
    this.total += step;
    this.#highest = sequence >>> 0;
  }

  /** For datagrams, which have no sequence numbers. */
  add(bytes: number): void {
    this.total += bytes;
  }

  /** A FIN was sent: it takes a sequence number that is no byte, so what is acknowledged after it does not count. */
  close(): void {
    this.#closed = true;
  }
}
