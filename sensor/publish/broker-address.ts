// Where the embedded broker listens: what a person wrote, whether that is this machine alone, and which port was free.
import { once } from 'node:events';
import { type AddressInfo, isIP, type Server } from 'node:net';

export interface Place {
  host: string;
  port: number;
}

/** A configuration mistake, in words for the person who made it. */
export class BrokerConfigError extends Error {}

const PORTS_TRIED = 20;
const LAST_PORT = 65_535;

/**
 * @param listen `host:port`, an IPv6 address in brackets; without a host all IPv4 addresses
 * @throws BrokerConfigError
 */
export function placeFrom(listen: string): Place {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  if (match === null || port > LAST_PORT)
    throw new BrokerConfigError('the embedded broker needs an address as host:port, for example 127.0.0.1:1883');
  return { host: (match[1] ?? match[2]) || '0.0.0.0', port };
}

/** Nobody beyond this machine can come there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** How a client on this machine gets to a server that is bound there. */
export function localUrl({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  if (address === '0.0.0.0' || address === '::') return `mqtt://127.0.0.1:${port}`;
  return `mqtt://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/**
 * Listens on that port, or with a taken one on the next free of 20.
 *
 * @returns what it is bound to
 * @throws BrokerConfigError
 */
export async function listenOnFreePort(server: Server, { host, port: first }: Place): Promise<AddressInfo> {
  for (let port = first; ; port += 1) {
    try {
      server.listen(port, host);
      await once(server, 'listening');
      return server.address() as AddressInfo;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (isTaken && port < LAST_PORT && port < first + PORTS_TRIED - 1) continue;
      throw new BrokerConfigError(
        isTaken
          ? `ports ${first} to ${port} are all taken: the embedded broker has nowhere to listen`
          : `the embedded broker cannot listen on ${host} port ${port}`,
      );
    }
  }
}
