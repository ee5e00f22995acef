// The embedded broker, for homes without one: on loopback as it is, elsewhere only with a password. Nothing is kept on
// disk; whoever publishes says everything again after a restart.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { Aedes, AedesOptions, AuthenticateError } from 'aedes';
import { takeConnections } from '../doors.ts';
import type { Log } from '../log.ts';
import { BrokerConfigError, isLoopback, listenOnFreePort, localUrl, placeFrom } from './broker-address.ts';
import { Door, GUEST_LIMITS, Shelf } from './guests.ts';
import { PacketGuard } from './packet-guard.ts';
import { LARGEST_PACKET } from './packet-lengths.ts';
import { systemTimers, type Timers } from './ports.ts';

export interface BrokerOptions {
  /** `host:port`, without a host for all IPv4 addresses; with a taken port the next free one of 20 is used. */
  listen: string;
  username?: string;
  password?: string;
  log: Log;
  /** For the answer to a wrong password; the system's unless told. */
  timers?: Timers;
}

export interface EmbeddedBroker {
  /** For our own client, on this machine: a login of its own, so that guests can neither crowd it out nor use up its room. */
  url: string;
  login: { username: string; password: string };
  host: string;
  port: number;
  /** New connections are taken, or none; open ones stay. */
  takeConnections(areTaken: boolean): void;
  close(): Promise<void>;
}

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

export async function startBroker({
  listen,
  username,
  password,
  log,
  timers = systemTimers,
}: BrokerOptions): Promise<EmbeddedBroker> {
  const { host, port: firstPort } = placeFrom(listen);
  // Null: whoever comes may enter.
  const guests = username && password ? { username, password } : null;
  if (guests === null && !isLoopback(host)) {
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
  const options: AedesOptions = {
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
      const given = { username: name ?? '', password: secret?.toString() ?? '' };
      const isOwn = isSame(given, own);
      if (isOwn || guests === null || isSame(given, guests)) {
        if (isOwn) owners.add(client);
        // Every connection comes through one.
        door.entered((client.conn as PacketGuard).socket, isOwn);
        done(null, true);
        return;
      }
      wrong();
      const refusal = Object.assign(new Error('wrong user name or password'), { returnCode: REFUSED_CREDENTIALS });
      timers.set(WRONG_PASSWORD_MS, () => done(refusal as AuthenticateError, null));
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
  };
  let aedes: Promise<Aedes> | null = null;
  // Loaded when the first client comes: a start takes frames before.
  const loaded = (): Promise<Aedes> => {
    aedes ??= import('aedes').then((library) => library.Aedes.createBroker(options));
    return aedes;
  };
  // What a client says waits in the kernel until the broker reads, and its hanging up behind it.
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    door.knocked(socket);
    socket.setNoDelay(true);
    const guard = new PacketGuard(socket, LARGEST_PACKET);
    loaded().then(
      (broker) => {
        if (!guard.destroyed) broker.handle(guard);
      },
      (error: unknown) => {
        log.error(`the embedded broker cannot be loaded: ${error}`);
        guard.destroy();
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await listenOnFreePort(server, { host, port: firstPort });
  const { port } = bound;
  // Without descriptors for instance; the server goes on listening.
  server.on('error', (error: NodeJS.ErrnoException) =>
    log.warn(`a connection to the embedded broker could not be taken: ${error.code ?? error.message}`),
  );
  if (firstPort !== 0 && port !== firstPort)
    log.info(`port ${firstPort} is taken; the embedded broker listens on ${port}`);
  return {
    url: localUrl(bound),
    login: own,
    host,
    port,
    takeConnections: (areTaken) => takeConnections(server, { host, port }, areTaken),
    async close() {
      const broker = await aedes?.catch(() => null);
      if (broker) await new Promise<void>((resolve) => broker.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
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

/** In constant time, whatever the lengths. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
