// Makes what a fleet needs before anything of it can run, and leaves alone what is there: its directory with keys, certificates and settings;
// then, when the servers answer, the tables, the services' users, and the streams.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setUpStreams } from '../collector/streams.ts';
import { type FleetDatabase, migrate, openDatabase } from '../store/database.ts';
import { type Account, ensureWritable, openWay, ownFolder } from './account.ts';
import { isHost, makeAuthority, makeCertificate, needsRenewal, type Pair } from './certificates.ts';
import { makeKeys, mqttServiceCredential, serviceCredential } from './credentials.ts';
import {
  FLEET_SCHEMA,
  FleetDirectory,
  type FleetSettings,
  type Owner,
  openFleetDirectory,
  secretFile,
  writeSecret,
  writeSettings,
} from './fleet-directory.ts';
import type { Operator } from './homes.ts';
import { connectToServers } from './nats-server.ts';
import { OperatorError } from './operator-error.ts';
import {
  hasOperatorState,
  OPERATOR_SCHEMA,
  type OperatorState,
  readOperatorState,
  writeOperatorState,
} from './operator-state.ts';
import { answers, newPassword } from './postgres-server.ts';

/** What whoever starts a fleet may choose; null: as before, or as it comes. */
export interface Choices {
  name: string | null;
  hosts: readonly string[];
  /** `HOST:PORT`, for homes. */
  mqtt: string | null;
  /** `HOST:PORT`, for people. */
  desk: string | null;
  /** On loopback. */
  nats: number | null;
  postgres: number | null;
}

const NAME_LENGTH = 80;
const DEFAULTS = { name: 'Fleet', mqtt: ':8883', desk: ':8443', nats: 4222, postgres: 5433 };
/** At the servers of one machine; and half of what its disk has free. */
const MOST_WAITING = 16 * 1024 ** 3;
/** How long a cluster may take to agree (ms). */
const AGREED_WITHIN = 30_000;
/** Names under which services reach the servers of their own machine. */
const LOCAL = ['localhost', '127.0.0.1', '::1'];
/** Of the services' own folders; `operator` stays closed to them. */
export const FOLDERS = ['services', 'tls', 'nats', 'postgres', 'logs'];

export const authorityOf = (directory: string): Pair => ({
  cert: join(directory, 'tls/authority.pem'),
  key: join(directory, 'operator/authority.key'),
});
const certificateOf = (directory: string): Pair => ({
  cert: join(directory, 'tls/server.pem'),
  key: join(directory, 'tls/server.key'),
});

/** Makes the directory or completes it, with what was chosen now. @throws OperatorError, FleetDirectoryError */
export async function makeFleet(directory: string, choices: Choices, account: Account | null): Promise<Operator> {
  checkChoices(choices);
  const state = hasOperatorState(directory) ? chosen(readOperatorState(directory), choices) : newState(choices);
  ensureWritable(directory);
  openWay(directory, account);
  mkdirSync(join(directory, 'operator'), { recursive: true, mode: 0o700 });
  chmodSync(join(directory, 'operator'), 0o700);
  for (const name of FOLDERS) ownFolder(join(directory, name), account);
  writeOperatorState(directory, state);
  await makeSecrets(directory, state, choices.name ?? DEFAULTS.name, account);
  const settings = settingsOf(directory, state, choices);
  writeSettings(directory, settings, account);
  await ensureCertificate(directory, state, account);
  return { fleet: new FleetDirectory(directory, settings), state };
}

/** Before anything is made. */
export function checkChoices({ desk, hosts, mqtt, name }: Pick<Choices, 'desk' | 'hosts' | 'mqtt' | 'name'>): void {
  if (name !== null && (name.trim() === '' || name.length > NAME_LENGTH || /\p{Cc}/u.test(name)))
    throw new OperatorError(`the name of a fleet is a line of 1 to ${NAME_LENGTH} characters`);
  const noHost = hosts.find((host) => !isHost(host));
  if (noHost !== undefined) throw new OperatorError(`${JSON.stringify(noHost)} is neither a host name nor an address`);
  const noPlace = [mqtt, desk].find((place) => place !== null && !isPlace(place));
  if (noPlace != null)
    throw new OperatorError(`${noPlace} is no place to listen: HOST:PORT, such as :8443 or 192.0.2.1:8443`);
}

const isPlace = (text: string): boolean =>
  /^(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$/.test(text) && portOf(text) > 0 && portOf(text) < 65_536;

function newState(choices: Choices): OperatorState {
  const hosts = choices.hosts.length > 0 ? [...choices.hosts] : ownNames();
  const { nats, postgres } = { nats: choices.nats ?? DEFAULTS.nats, postgres: choices.postgres ?? DEFAULTS.postgres };
  const url = (user: string, database: string) =>
    `postgres://${user}:${newPassword()}@127.0.0.1:${postgres}/${database}`;
  return {
    schema: OPERATOR_SCHEMA,
    keys: makeKeys(),
    hosts,
    servers: { nats, postgres, mqtt: choices.mqtt ?? DEFAULTS.mqtt },
    database: { owner: url('fleet', 'fleet'), server: url('postgres', 'postgres') },
    replicas: 1,
  };
}

function chosen(state: OperatorState, choices: Choices): OperatorState {
  const { servers } = state;
  if (servers === null)
    throw new OperatorError(
      'the servers of this fleet run elsewhere: start collectors and desks with "thingwatch fleet collect" and "thingwatch fleet desk"',
    );
  const postgres = choices.postgres ?? servers.postgres;
  const moved = (url: string | null) => (url === null ? null : atPort(url, postgres));
  return {
    ...state,
    hosts: choices.hosts.length > 0 ? [...choices.hosts] : state.hosts,
    servers: { nats: choices.nats ?? servers.nats, mqtt: choices.mqtt ?? servers.mqtt, postgres },
    database: { owner: atPort(state.database.owner, postgres), server: moved(state.database.server) },
  };
}

function atPort(url: string, port: number): string {
  const at = new URL(url);
  at.port = String(port);
  return at.href;
}

/** What this machine calls itself; what homes use instead is for `--host` to say. */
function ownNames(): string[] {
  const name = hostname();
  return [isHost(name) ? name : 'localhost'];
}

function settingsOf(directory: string, { hosts, servers }: OperatorState, choices: Choices): FleetSettings {
  const known = existsSync(join(directory, 'fleet.json')) ? openFleetDirectory(directory).settings : null;
  if (servers === null) throw new Error('a fleet of other servers has its settings from a person');
  const mqttPort = portOf(servers.mqtt);
  const ca = 'tls/authority.pem';
  const database = (user: 'collector' | 'desk') => {
    const url = known?.database[user] ?? `postgres://${user}:${newPassword()}@127.0.0.1:${servers.postgres}/fleet`;
    return atPort(url, servers.postgres);
  };
  return {
    schema: FLEET_SCHEMA,
    name: choices.name ?? known?.name ?? DEFAULTS.name,
    nats: { urls: [`nats://127.0.0.1:${servers.nats}`], ca: null },
    mqtt: { urls: [`mqtts://${loopbackOf(servers.mqtt)}:${mqttPort}`], ca },
    homes: { urls: hosts.map((host) => `mqtts://${bracketed(host)}:${mqttPort}`).slice(0, 16), ca },
    database: { collector: database('collector'), desk: database('desk') },
    desk: {
      listen: choices.desk ?? known?.desk.listen ?? DEFAULTS.desk,
      cert: 'tls/server.pem',
      key: 'tls/server.key',
    },
  };
}

export const portOf = (place: string): number => Number(/\d+$/.exec(place)?.[0]);
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
/** Where this machine itself reaches what listens there. */
function loopbackOf(place: string): string {
  const host = place.replace(/:\d+$/, '');
  return ['', '0.0.0.0', '[::]'].includes(host) ? '127.0.0.1' : host;
}

/** Each is made once: homes have the public half of the warning key, and a person the desk's token. */
export async function makeSecrets(directory: string, { keys }: OperatorState, name: string, account: Account | null) {
  const make = async (file: string, content: () => Promise<string> | string) => {
    if (!existsSync(file)) writeSecret(file, await content(), account);
  };
  if (!existsSync(authorityOf(directory).cert)) await makeAuthority(authorityOf(directory), name);
  await make(secretFile(directory, 'natsCredentials'), async () => (await serviceCredential(keys, 'collector')).creds);
  await make(secretFile(directory, 'mqttToken'), async () => `${(await mqttServiceCredential(keys, 'warner')).jwt}\n`);
  await make(secretFile(directory, 'warningKey'), () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  // One that a person took away does not come back.
  if (!existsSync(join(directory, 'fleet.json')))
    await make(secretFile(directory, 'deskToken'), () => `${randomBytes(24).toString('base64url')}\n`);
}

/** @returns whether it was made anew */
export async function ensureCertificate(
  directory: string,
  { hosts, servers }: OperatorState,
  account: Owner | null,
  force = false,
): Promise<boolean> {
  const listening = servers === null ? [] : [loopbackOf(servers.mqtt).replace(/^\[|\]$/g, '')];
  const all = [...new Set([...hosts, ...LOCAL, ...listening])];
  const files = certificateOf(directory);
  if (!force && !needsRenewal(files.cert, all, Date.now())) return false;
  await makeCertificate(authorityOf(directory), files, all, account);
  return true;
}

/** The database and its owner, on a server of our own. Once. */
export async function makeDatabase({ state }: Operator): Promise<void> {
  const { owner, server } = state.database;
  if (server === null) return;
  if (await answers(owner)) return;
  const { pathname, username } = new URL(owner);
  const all = await openDatabase(server, { connections: 1 });
  try {
    await ensureUser(all, owner, 'CREATEROLE');
    const name = pathname.slice(1);
    const { rows } = await all.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rows.length === 0) await all.query(`CREATE DATABASE ${identifier(name)} OWNER ${identifier(username)}`);
  } finally {
    await all.close();
  }
}

/** The tables as this program knows them, and a user for each service. @returns the numbers of the migrations that were missing */
export async function makeTables({ fleet, state }: Operator): Promise<number[]> {
  const db = await openDatabase(state.database.owner, { connections: 2 });
  try {
    const applied = await migrate(db);
    for (const service of ['collector', 'desk'] as const) {
      const url = fleet.settings.database[service];
      if (!(await answers(url))) await ensureUser(db, url, `IN ROLE fleet_${service}`);
    }
    return applied;
  } finally {
    await db.close();
  }
}

/** One that is there gets the password that the URL says. */
async function ensureUser(db: FleetDatabase, url: string, rights: string): Promise<void> {
  const { password, username } = new URL(url);
  const secret = decodeURIComponent(password);
  // A statement that makes a user takes no parameters.
  if (!/^[\w.~-]+$/.test(secret))
    throw new OperatorError(`the password of ${username} has other characters than letters, digits and - . _ ~`);
  const { rows } = await db.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username]);
  const [verb, more] = rows.length > 0 ? ['ALTER', ''] : ['CREATE', rights];
  await db.query(`${verb} ROLE ${identifier(username)} LOGIN PASSWORD '${secret}' ${more}`);
}

function identifier(name: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(name)) return `"${name}"`;
  throw new OperatorError(`${JSON.stringify(name)} is no name for a database or its user: small letters, digits and _`);
}

/** Octets that records may take while no collector takes them; when that is full, homes keep theirs. */
function waitingRoom(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.floor(Math.min(MOST_WAITING, (bavail * bsize) / 2));
}

/** Streams and consumer, at servers that run. A cluster that has only just started has no leader for a while. */
export async function makeStreams({ fleet, state }: Operator): Promise<void> {
  const connection = await connectToServers(fleet, await serviceCredential(state.keys, 'set-up'));
  const [mqttUrl = ''] = fleet.settings.mqtt.urls;
  // The disks of other machines are for others to judge.
  const bound = state.servers === null ? {} : { storeOctets: waitingRoom(fleet.directory) };
  const deadline = performance.now() + AGREED_WITHIN;
  try {
    for (;;) {
      try {
        return await setUpStreams(connection, {
          mqttUrl,
          mqttToken: fleet.mqttToken(),
          ca: fleet.ca('mqtt'),
          ...bound,
        });
      } catch (error) {
        if (performance.now() > deadline)
          throw new OperatorError(
            `the streams cannot be made at the NATS servers: ${error instanceof Error ? error.message : String(error)}`,
            1,
          );
        await sleep(250);
      }
    }
  } finally {
    await connection.close();
  }
}
