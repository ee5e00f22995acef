// A socket that ends when a client announces too large an MQTT packet. The broker's parser would otherwise collect up to
// 256 MB before it looks (MQTT 3.1.1, section 2.2.3: fixed header with a remaining length of one to four bytes).

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class PacketGuard extends Duplex {
  readonly #socket: Socket;
  readonly #limit: number;
  /** Bytes of the current packet's body still to come. */
  #body = 0;
  /** Null between packets' headers: the next byte is a packet type. */
  #header: { length: number; shift: number } | null = null;

  constructor(socket: Socket, limit: number) {
    super();
    this.#socket = socket;
    this.#limit = limit;
    socket.on('data', (chunk: Buffer) => {
      if (!this.#fits(chunk)) {
        this.destroy();
        return;
      }
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  /** A packet is written in pieces; one by one they would be segments of their own, and wake its reader for each. */
  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #fits(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#header === null) {
        this.#header = { length: 0, shift: 0 };
        continue;
      }
      this.#header.length += (byte & 0x7f) * 2 ** this.#header.shift;
      this.#header.shift += 7;
      if (this.#header.length > this.#limit || this.#header.shift > 28) return false;
      if ((byte & 0x80) === 0) {
        this.#body = this.#header.length;
        this.#header = null;
      }
    }
    return true;
  }
}
