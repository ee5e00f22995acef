// A server's door, shut for a while and opened again, while what came in before stays.
import { Server } from 'node:net';

/** May be called again and again; a door that cannot be opened now tells so by the server's `error` event. */
export function takeConnections(server: Server, place: { host: string; port: number }, areTaken: boolean): void {
  if (areTaken === server.listening) return;
  if (areTaken) server.listen(place);
  // Not an HTTP server's own `close`, which ends connections that are idle.
  else Server.prototype.close.call(server);
}
