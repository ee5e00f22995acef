// Listening: the bounded HTTP or HTTPS server under Express, this machine's addresses, and why listening failed in words.
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type OwnAddress, ownNetwork } from '../sensor/capture/own-addresses.ts';

export type WebServerErrorCode =
  | 'page_not_built'
  | 'port_in_use'
  | 'port_not_allowed'
  | 'address_not_here'
  | 'bad_certificate'
  | 'failed';

/** Why the page cannot be served, in words for the terminal. */
export class WebServerError extends Error {
  readonly code: WebServerErrorCode;

  constructor(code: WebServerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Dropped at accept beyond this. `connections.ts` keeps 384 and says who gives way; what waits to be accepted at once (511) must
 * fit above that, or in a flood a paired browser would be among those dropped.
 */
const MAX_CONNECTIONS = 1024;

/** What the settings are called that a person has to look at, where listening fails. */
export const WEB_SETTINGS = { listen: 'web.listen', tls: 'web.cert and web.key' };

export function newHttpServer(
  handler: RequestListener,
  tls: { cert: string; key: string } | undefined,
  settings = WEB_SETTINGS,
): HttpServer {
  const limits = {
    connectionsCheckingInterval: 1_000,
    headersTimeout: 8_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 5_000,
  };
  try {
    const server = tls ? createHttpsServer({ ...limits, ...tls }, handler) : createHttpServer(limits, handler);
    server.maxConnections = MAX_CONNECTIONS;
    return server;
  } catch {
    throw new WebServerError(
      'bad_certificate',
      `The certificate or key of the page cannot be used: check ${settings.tls}.`,
    );
  }
}

export function listening(
  server: HttpServer,
  { host, port }: { host: string; port: number },
  settings = WEB_SETTINGS,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(listenError(error, { host, port, setting: settings.listen })),
    );
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(
  error: NodeJS.ErrnoException,
  { host, port, setting }: { host: string; port: number; setting: string },
): WebServerError {
  const where = `${bracketed(host)}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new WebServerError(
      'port_in_use',
      `Another program already uses ${where}. Choose another port with ${setting}.`,
    );
  }
  if (error.code === 'EACCES') {
    return new WebServerError(
      'port_not_allowed',
      `This user may not listen on ${where}. Choose a port above 1023 with ${setting}.`,
    );
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new WebServerError('address_not_here', `This machine has no address ${host}. Check ${setting}.`);
  }
  return new WebServerError('failed', `The page cannot listen on ${where}: ${error.code ?? error.message}.`);
}

export function ownAddresses(): string[] {
  return ownNetwork().addresses.map(({ address }) => address);
}

/** Where the home finds this machine: the first address that leads outward, IPv4 before IPv6. */
export function lanAddress(addresses: readonly OwnAddress[] = ownNetwork().addresses): string | null {
  const outward = addresses.filter(({ internal }) => !internal);
  return (outward.find(({ family }) => family === 'IPv4') ?? outward[0])?.address ?? null;
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
