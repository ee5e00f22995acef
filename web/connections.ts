// Bounds connections: those that have not shown a paired browser's cookie, so that slow or idle strangers on the network cannot
// use up the server, and those of each paired browser, so that a stolen one cannot either. Beyond a bound the oldest of
// whoever has most gives way; a stranger never takes a paired browser's place.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Crowd, senderOf } from '../sensor/crowd.ts';

export const CONNECTION_LIMITS = {
  strangers: 128,
  /** Event streams of all browsers, their requests and what they keep open for the next. */
  paired: 256,
} as const;

export class Connections {
  readonly #strangers = new Crowd<string>(CONNECTION_LIMITS.strangers);
  readonly #paired = new Crowd<string>(CONNECTION_LIMITS.paired);
  /** By remote end, because under TLS a request's socket is not the one that was accepted. */
  readonly #sockets = new Map<string, Socket>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      const end = remoteEnd(socket);
      this.#sockets.set(end, socket);
      socket.once('close', () => {
        this.#sockets.delete(end);
        this.#strangers.remove(end);
        this.#paired.remove(end);
      });
      this.#end(this.#strangers.add(end, senderOf(socket.remoteAddress ?? '')));
    });
  }

  /** A request over this connection was a paired browser's. */
  isOf(browser: string, socket: Socket): void {
    const end = remoteEnd(socket);
    if (!this.#sockets.has(end) || this.#paired.has(end)) return;
    this.#strangers.remove(end);
    this.#end(this.#paired.add(end, browser));
  }

  #end(end: string | null): void {
    if (end !== null) this.#sockets.get(end)?.destroy();
  }
}

function remoteEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
