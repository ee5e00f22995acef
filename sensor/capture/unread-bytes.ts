// What pcap-parser reads a stream's bytes from. It takes two slices of a record's length only to move on behind it, and joins
// what it has with each chunk: here moving on makes no object, and joining copies no more than the record that was cut.
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';

/** The methods of a Buffer that pcap-parser calls, on what it has not read yet. */
export class UnreadBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  get length(): number {
    return this.#bytes.length - this.#at;
  }

  append(chunk: Buffer): void {
    this.#bytes = this.length === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** With `end` a view of these bytes; without it moves on to `start`. */
  slice(start: number, end?: number): Buffer | UnreadBytes {
    if (end !== undefined) return this.#bytes.subarray(this.#at + start, this.#at + end);
    this.#at += start;
    return this;
  }

  toString(encoding: BufferEncoding, start: number, end: number): string {
    return this.#bytes.toString(encoding, this.#at + start, this.#at + end);
  }

  /** Four of these are read for each record: without what Buffer's own reader checks, which is much dearer. */
  readUInt32LE(offset: number): number {
    const at = this.#at + offset;
    return (
      ((this.#octet(at + 3) << 24) | (this.#octet(at + 2) << 16) | (this.#octet(at + 1) << 8) | this.#octet(at)) >>> 0
    );
  }

  readUInt32BE(offset: number): number {
    const at = this.#at + offset;
    return (
      ((this.#octet(at) << 24) | (this.#octet(at + 1) << 16) | (this.#octet(at + 2) << 8) | this.#octet(at + 3)) >>> 0
    );
  }

  readInt32LE(offset: number): number {
    return this.#bytes.readInt32LE(this.#at + offset);
  }

  readInt32BE(offset: number): number {
    return this.#bytes.readInt32BE(this.#at + offset);
  }

  readUInt16LE(offset: number): number {
    return this.#bytes.readUInt16LE(this.#at + offset);
  }

  readUInt16BE(offset: number): number {
    return this.#bytes.readUInt16BE(this.#at + offset);
  }

  /** pcap-parser looks first whether it is there. */
  #octet(at: number): number {
    return this.#bytes[at] ?? 0;
  }
}

/** A stream as pcap-parser wants it. Its first `data` hands over the unread bytes; later ones say that there are more. */
export class PcapFeed extends EventEmitter {
  readonly #stream: Readable;
  readonly #unread = new UnreadBytes();

  constructor(stream: Readable) {
    super();
    this.#stream = stream;
    let isFirst = true;
    stream.on('data', (chunk: Buffer) => {
      this.#unread.append(chunk);
      // Null: nothing besides what it holds already.
      this.emit('data', isFirst ? this.#unread : null);
      isFirst = false;
    });
    stream.on('error', (error) => this.emit('error', error));
    stream.on('end', () => this.emit('end'));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }
}
