// The embedded broker, for homes without one: on loopback as it is, elsewhere only with a password. Nothing is kept on
// disk; whoever publishes says everything again after a restart.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, isIP, type Server } from 'node:net';
import { Aedes, type AuthenticateError } from 'aedes';
import type { Log } from '../log.ts';
import { Door, GUEST_LIMITS, Shelf } from './guests.ts';
import { PacketGuard } from './packet-guard.ts';
import { LARGEST_PACKET } from './packet-lengths.ts';

export interface BrokerOptions {
  /** `host:port`, without a host for all IPv4 addresses; with a taken port the next free one of 20 is used. */
  listen: string;
  username?: string;
  password?: string;
  log: Log;
}

export interface EmbeddedBroker {
  /** For our own client, on this machine: a login of its own, so that guests can neither crowd it out nor use up its room. */
  url: string;
  login: { username: string; password: string };
  host: string;
  port: number;
  close(): Promise<void>;
}

/** A configuration mistake, in words for the person who made it. */
export class BrokerConfigError extends Error {}

const PORTS_TRIED = 20;
const REFUSED_CREDENTIALS = 4;
/** How long a wrong password waits for its answer: guessing is slow, whoever knows the right one waits for nothing. */
const WRONG_PASSWORD_MS = 1000;
/** A client that reads nothing for this long is let go: what others send waits for it. */
const STALLED_MS = 10_000;
/** Messages with QoS 2 that a client may have begun and not ended. */
const BEGUN_QOS2 = 16;
/** Above all that `Door` lets in: what waits to be accepted at once must not be dropped unseen. */
const MAX_CONNECTIONS = 1024;
/** The sensor's own client. */
const OWN_USER = 'thingwatch-sensor';

export async function startBroker({ listen, username, password, log }: BrokerOptions): Promise<EmbeddedBroker> {
  const { host, port: firstPort } = parseListen(listen);
  const guarded = username !== undefined && username !== '' && password !== undefined && password !== '';
  if (!guarded && !isLoopback(host)) {
    throw new BrokerConfigError(
      'the embedded broker listens beyond this machine only with a user name and a password; an open broker would let any device give orders',
    );
  }
  const own = { username: OWN_USER, password: randomBytes(24).toString('base64url') };
  const door = new Door();
  const shelf = new Shelf();
  const owners = new WeakSet<object>();
  const subscriptions = new WeakMap<object, number>();
  const wrong = wrongPasswords(log);
  const aedes = await Aedes.createBroker({
    concurrency: 100,
    connectTimeout: 10_000,
    maxClientsIdLength: 64,
    maxTopicLevels: 16,
    queueLimit: 100,
    drainTimeout: STALLED_MS,
    maxInflightInbound: BEGUN_QOS2,
    // Nothing is kept for a client that is away, or it would grow until it comes back.
    preConnect: (_client, packet, done) => {
      packet.clean = true;
      done(null, true);
    },
    authenticate: (client, name, secret, done) => {
      const given = { username: name ?? '', password: secret?.toString('utf8') ?? '' };
      const isOwn = isSame(given, own);
      if (isOwn || !guarded || isSame(given, { username, password })) {
        if (isOwn) owners.add(client);
        if (client.conn instanceof PacketGuard) door.entered(client.conn.socket, isOwn);
        done(null, true);
        return;
      }
      wrong();
      const refusal = Object.assign(new Error('wrong user name or password'), { returnCode: REFUSED_CREDENTIALS });
      setTimeout(() => done(refusal as AuthenticateError, null), WRONG_PASSWORD_MS);
    },
    authorizePublish: (client, packet, done) => {
      if (packet.topic.startsWith('$')) return done(new Error('reserved topic'));
      if (packet.retain && client !== null && owners.has(client)) shelf.leaves(packet.topic);
      else if (packet.retain && !shelf.takes(packet.topic, packet.payload.length))
        return done(new Error('too much is retained'));
      done(null);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const count = (subscriptions.get(client) ?? 0) + 1;
      subscriptions.set(client, count);
      done(null, owners.has(client) || count <= GUEST_LIMITS.subscriptionsPerClient ? subscription : null);
    },
  });
  const server = createServer((socket) => {
    door.knocked(socket);
    socket.setNoDelay(true);
    aedes.handle(new PacketGuard(socket, LARGEST_PACKET));
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenOnFreePort(server, host, firstPort);
  if (firstPort !== 0 && port !== firstPort)
    log.info(`port ${firstPort} is taken; the embedded broker listens on ${port}`);
  const local = isIP(host) === 0 || isUnspecified(host) ? '127.0.0.1' : host;
  return {
    url: `mqtt://${local.includes(':') ? `[${local}]` : local}:${port}`,
    login: own,
    host,
    port,
    close: () =>
      new Promise((resolve) => {
        aedes.close(() => server.close(() => resolve()));
      }),
  };
}

interface Login {
  username: string;
  password: string;
}

/** In constant time, whatever the lengths; both are looked at. */
function isSame(given: Login, wanted: Login): boolean {
  const [name, secret] = [same(given.username, wanted.username), same(given.password, wanted.password)];
  return name && secret;
}

/** Tells of the first, the second, the fourth … */
function wrongPasswords(log: Log): () => void {
  let count = 0;
  return () => {
    count += 1;
    if ((count & (count - 1)) === 0) log.warn(`wrong passwords at the embedded broker so far: ${count}`);
  };
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
