// Where a connection really goes: behind a proxy, to what the proxy was asked for.
import type { IpAddress } from '../decode/packet.ts';
import type { Connection } from './connection.ts';

export interface Destination {
  /** Of a host that a proxy was asked for by a name which nobody looked up, the proxy's own. */
  ip: IpAddress;
  port: number;
  /** The proxy on the way, `198.51.100.10:1080`; null where there is none, or it refused. */
  through: string | null;
}

export function destinationOf({ inner, responderIp, responderPort }: Connection): Destination {
  if (inner === null || inner.outcome === 'refused') return { ip: responderIp, port: responderPort, through: null };
  const proxy = responderIp.includes(':') ? `[${responderIp}]` : responderIp;
  return { ip: inner.ip ?? responderIp, port: inner.port, through: `${proxy}:${responderPort}` };
}
