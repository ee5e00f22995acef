// Bounds connections that have not shown a paired browser's cookie, so that slow or idle strangers on the network
// cannot use up the server: beyond the bound the oldest of them gives way. Paired connections are never touched.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export const MAX_STRANGERS = 128;

/** Returns what to call with the socket of a request that was a paired browser's. */
export function boundStrangers(server: Server): (socket: Socket) => void {
  // By remote end, because under TLS a request's socket is not the one that was accepted.
  const strangers = new Map<string, Socket>();
  server.on('connection', (socket) => {
    const end = remoteEnd(socket);
    strangers.set(end, socket);
    socket.once('close', () => strangers.delete(end));
    const [oldest] = strangers.values();
    if (strangers.size > MAX_STRANGERS) oldest?.destroy();
  });
  return (socket) => strangers.delete(remoteEnd(socket));
}

function remoteEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
