// The fleet's own nats-server on this machine, and what an operator tells the servers wherever they run: that an account has changed.

import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { fleetPackage } from '../packages.ts';
import type { Account } from './account.ts';
import type { ChildSpec } from './child.ts';
import { type FleetKeys, type ServiceCredential, systemCredential } from './credentials.ts';
import { type FleetDirectory, writeSecret } from './fleet-directory.ts';
import { natsAccounts, natsConfig } from './nats-config.ts';
import { OperatorError } from './operator-error.ts';
import { type OperatorState, readFleetAccount } from './operator-state.ts';
import { natsVersion, program } from './programs.ts';

/** How long a server may take to answer (ms). */
const ANSWER_WITHIN = 5000;
const GREETS_WITHIN = 2000;
const DEFAULT_PORT = 4222;

const configFile = (directory: string): string => join(directory, 'nats/nats-server.conf');

/** Written at each start: what was changed by hand does not last. */
export async function writeNatsConfig(
  { directory, settings }: FleetDirectory,
  state: OperatorState & { servers: NonNullable<OperatorState['servers']> },
  account: Account | null,
): Promise<void> {
  const file = program('nats-server');
  const accounts = await natsAccounts(state.keys, settings.name, readFleetAccount(directory));
  const [cert, key, ca] = ['server.pem', 'server.key', 'authority.pem'].map((name) => join(directory, 'tls', name));
  const text = natsConfig(
    {
      name: 'fleet',
      listen: `127.0.0.1:${state.servers.nats}`,
      mqttListen: withHost(state.servers.mqtt),
      storeDirectory: join(directory, 'nats/store'),
      accountDirectory: join(directory, 'nats/accounts'),
      tls: { cert: cert ?? '', key: key ?? '', ca: ca ?? '' },
      tlsInside: false,
      cluster: null,
      replicas: 1,
      version: natsVersion(file),
    },
    accounts,
  );
  writeSecret(configFile(directory), text, account);
}

/** All addresses where none is named; nats-server takes no empty host. */
const withHost = (place: string): string => (place.startsWith(':') ? `0.0.0.0${place}` : place);

export function natsServer(directory: string, account: Account | null, port: number): ChildSpec {
  return {
    name: 'nats-server',
    command: program('nats-server'),
    args: ['-c', configFile(directory)],
    account,
    cwd: join(directory, 'nats'),
    signal: 'SIGTERM',
    log: join(directory, 'logs/nats-server.log'),
    isUp: () => greets('127.0.0.1', port),
  };
}

/** A NATS server speaks first, before TLS as well. */
function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const done = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(GREETS_WITHIN, () => done(false));
    socket.once('error', () => done(false));
    socket.once('data', (octets) => done(octets.toString('latin1').startsWith('INFO ')));
  });
}

/** @throws OperatorError where none of them answers */
export async function connectToServers(fleet: FleetDirectory, credential: ServiceCredential): Promise<NatsConnection> {
  const { connect, credsAuthenticator } = fleetPackage('@nats-io/transport-node');
  const ca = fleet.ca('nats');
  const { urls } = fleet.settings.nats;
  // The client would wait for ever for one that takes a connection and then says nothing.
  const answers = await Promise.all(urls.map((url) => greets(hostOf(url), Number(new URL(url).port) || DEFAULT_PORT)));
  const servers = urls.filter((_, index) => answers[index]);
  try {
    if (servers.length === 0) throw new Error('no connection');
    return await connect({
      servers,
      authenticator: credsAuthenticator(Buffer.from(credential.creds)),
      timeout: ANSWER_WITHIN,
      maxReconnectAttempts: 0,
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
  } catch (error) {
    const where = urls.join(', ');
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`no NATS server answers at ${where} (${why}): does the fleet run?`, 1);
  }
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

/** Every node takes the later account; what it shuts out is cut off at once. @throws OperatorError; what was decided stands in the directory */
export async function announceAccount(fleet: FleetDirectory, keys: FleetKeys, jwt: string): Promise<void> {
  try {
    const connection = await connectToServers(fleet, await systemCredential(keys));
    try {
      const answer = await connection.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: ANSWER_WITHIN });
      const { error } = answer.json<{ error?: { description?: string } }>();
      if (error !== undefined) throw new Error(`they refuse it: ${error.description ?? 'no reason given'}`);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw new OperatorError(
      `the NATS servers could not be told who is shut out (${error instanceof Error ? error.message : String(error)}). ` +
        'It is noted here: they hear of it when the fleet starts next, or when you give the command again',
      1,
    );
  }
}
