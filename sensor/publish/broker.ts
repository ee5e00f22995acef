// The embedded broker, for homes without one: on loopback as it is, elsewhere only with a password. Nothing is kept on
// disk; whoever publishes says everything again after a restart.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { Aedes, type AuthenticateError } from 'aedes';
import type { Log } from '../log.ts';
import { PacketGuard } from './packet-guard.ts';

export interface BrokerOptions {
  /** `host:port`, without a host for all IPv4 addresses; with a taken port the next free one of 20 is used. */
  listen: string;
  username?: string;
  password?: string;
  log: Log;
}

export interface EmbeddedBroker {
  /** For our own client, on this machine. */
  url: string;
  host: string;
  port: number;
  close(): Promise<void>;
}

/** A configuration mistake, in words for the person who made it. */
export class BrokerConfigError extends Error {}

const PORTS_TRIED = 20;
/** A discovery payload has 8 KB; a home has tens of clients and a few thousand topics. */
const LIMITS = { packetBytes: 256 * 1024, clients: 64, subscriptionsPerClient: 4096, retainedTopics: 16_384 } as const;
const REFUSED_CREDENTIALS = 4;

export async function startBroker({ listen, username, password, log }: BrokerOptions): Promise<EmbeddedBroker> {
  const { host, port: firstPort } = parseListen(listen);
  const guarded = username !== undefined && username !== '' && password !== undefined && password !== '';
  if (!guarded && !isLoopback(host)) {
    throw new BrokerConfigError(
      'the embedded broker listens beyond this machine only with a user name and a password; an open broker would let any device give orders',
    );
  }
  const retained = new Set<string>();
  const subscriptions = new WeakMap<object, number>();
  const aedes = await Aedes.createBroker({
    concurrency: 100,
    connectTimeout: 10_000,
    maxClientsIdLength: 64,
    maxTopicLevels: 16,
    queueLimit: 100,
    authenticate: (_client, name, secret, done) => {
      const right = !guarded || (same(name ?? '', username) && same(secret?.toString('utf8') ?? '', password));
      if (right) done(null, true);
      else
        done(
          Object.assign(new Error('wrong user name or password'), {
            returnCode: REFUSED_CREDENTIALS,
          }) as AuthenticateError,
          null,
        );
    },
    authorizePublish: (_client, packet, done) => {
      if (packet.topic.startsWith('$')) return done(new Error('reserved topic'));
      if (packet.retain) {
        if (packet.payload.length === 0) retained.delete(packet.topic);
        else if (retained.size < LIMITS.retainedTopics) retained.add(packet.topic);
        else if (!retained.has(packet.topic)) return done(new Error('too many retained topics'));
      }
      done(null);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const count = (subscriptions.get(client) ?? 0) + 1;
      subscriptions.set(client, count);
      done(null, count <= LIMITS.subscriptionsPerClient ? subscription : null);
    },
  });
  const server = createServer((socket) => serve(aedes, socket));
  server.maxConnections = LIMITS.clients;
  const port = await listenOnFreePort(server, host, firstPort);
  if (firstPort !== 0 && port !== firstPort)
    log.info(`port ${firstPort} is taken; the embedded broker listens on ${port}`);
  const local = isIP(host) === 0 || isUnspecified(host) ? '127.0.0.1' : host;
  return {
    url: `mqtt://${local.includes(':') ? `[${local}]` : local}:${port}`,
    host,
    port,
    close: () =>
      new Promise((resolve) => {
        aedes.close(() => server.close(() => resolve()));
      }),
  };
}

function serve(aedes: Aedes, socket: Socket): void {
  socket.setNoDelay(true);
  aedes.handle(new PacketGuard(socket, LIMITS.packetBytes));
}

function parseListen(listen: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? (match?.[2] === '' ? '0.0.0.0' : match?.[2]);
  if (host === undefined || !Number.isInteger(port) || port > 65_535) {
    throw new BrokerConfigError('the embedded broker needs an address as host:port, for example 127.0.0.1:1883');
  }
  return { host, port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** In constant time, whatever the lengths. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

async function listenOnFreePort(server: Server, host: string, first: number): Promise<number> {
  for (let port = first; ; port += 1) {
    try {
      await listenOn(server, host, port);
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || port - first >= PORTS_TRIED - 1 || port >= 65_535) {
        throw new BrokerConfigError(
          taken
            ? `ports ${first} to ${port} are all taken: the embedded broker has nowhere to listen`
            : `the embedded broker cannot listen on ${host} port ${port}`,
        );
      }
    }
  }
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
