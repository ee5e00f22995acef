// A socket that ends when a client announces too large an MQTT packet, before the broker's parser collects it.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { PacketLengths } from './packet-lengths.ts';

export class PacketGuard extends Duplex {
  readonly socket: Socket;

  constructor(socket: Socket, limit: number) {
    super();
    this.socket = socket;
    const lengths = new PacketLengths(limit);
    socket.on('data', (chunk: Buffer) => {
      if (!lengths.fits(chunk)) this.destroy();
      else if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, done);
  }

  /** A packet is written in pieces; one by one they would be segments of their own, and wake its reader for each. */
  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }
}
