// A fleet whose servers run elsewhere: three machines with nats-server and a PostgreSQL that others keep. Made here are the keys, what each
// machine must be given, and the settings of collectors and desks. Nothing is started.
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ensureWritable } from './account.ts';
import { isHost, makeCertificate } from './certificates.ts';
import { makeKeys } from './credentials.ts';
import { FLEET_SCHEMA, FleetDirectory, type FleetSettings, writeSecret, writeSettings } from './fleet-directory.ts';
import type { Operator } from './homes.ts';
import { authorityOf, bracketed, checkChoices, ensureCertificate, FOLDERS, makeSecrets } from './making.ts';
import { type NatsNode, natsAccounts, natsConfig } from './nats-config.ts';
import { OperatorError } from './operator-error.ts';
import { hasOperatorState, OPERATOR_SCHEMA, type OperatorState, writeOperatorState } from './operator-state.ts';
import { newPassword } from './postgres-server.ts';

export interface ClusterChoices {
  name: string;
  /** Names or addresses under which homes, collectors and the nodes among themselves reach each node. */
  nodes: readonly string[];
  /** `postgres://…` of who is to own the tables; may make roles. */
  database: string;
  /** `HOST:PORT`, and for which names its certificate holds. */
  desk: string;
  deskHosts: readonly string[];
  /** Where each node keeps its configuration, and its data. */
  configFolder: string;
  dataFolder: string;
}

export const CLUSTER_FOLDERS = { configFolder: '/etc/thingwatch-nats', dataFolder: '/var/lib/thingwatch-nats' };
export const CLUSTER_PORTS = { nats: 4222, mqtt: 8883, routes: 6222 };
/** Copies of what homes sent; more nodes than that share the homes. */
const COPIES = 3;

/** @returns the operator, and the folder for each node. @throws OperatorError */
export async function makeClusterFleet(
  directory: string,
  choices: ClusterChoices,
): Promise<{ operator: Operator; folders: string[] }> {
  const { nodes } = choices;
  checkChoices({ name: choices.name, desk: choices.desk, hosts: choices.deskHosts, mqtt: null });
  const wrong = nodes.find((node) => !isHost(node));
  if (wrong !== undefined) throw new OperatorError(`${JSON.stringify(wrong)} is neither a host name nor an address`);
  if (new Set(nodes).size !== nodes.length || nodes.length < COPIES)
    throw new OperatorError(`a cluster has ${COPIES} nodes or more, each with a name of its own`);
  if (!isOwnerUrl(choices.database))
    throw new OperatorError('the database is named as postgres://OWNER:PASSWORD@HOST:PORT/DATABASE');
  if (hasOperatorState(directory))
    throw new OperatorError(`${directory} holds a fleet already: name another directory with --dir`);
  ensureWritable(directory);
  mkdirSync(join(directory, 'operator'), { recursive: true, mode: 0o700 });
  chmodSync(join(directory, 'operator'), 0o700);
  for (const name of FOLDERS) mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
  const state: OperatorState = {
    schema: OPERATOR_SCHEMA,
    keys: makeKeys(),
    hosts: choices.deskHosts.length > 0 ? [...choices.deskHosts] : ['localhost'],
    servers: null,
    database: { owner: choices.database, server: null },
    replicas: COPIES,
  };
  const settings = settingsOf(choices);
  await makeSecrets(directory, state, choices.name, null);
  writeSettings(directory, settings, null);
  await ensureCertificate(directory, state, null);
  const folders = await makeNodes(directory, choices, state);
  // Last: with it the fleet counts as made.
  writeOperatorState(directory, state);
  return { operator: { fleet: new FleetDirectory(directory, settings), state }, folders };
}

function isOwnerUrl(text: string): boolean {
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { hostname, pathname, username } = new URL(text);
  return hostname !== '' && username !== '' && pathname.length > 1;
}

function settingsOf({ database, desk, name, nodes }: ClusterChoices): FleetSettings {
  const ca = 'tls/authority.pem';
  const urls = (scheme: string, port: number) =>
    nodes.map((node) => `${scheme}://${bracketed(node)}:${port}`).slice(0, 16);
  const service = (user: 'collector' | 'desk') => {
    const url = new URL(database);
    url.username = user;
    url.password = newPassword();
    return url.href;
  };
  return {
    schema: FLEET_SCHEMA,
    name,
    nats: { urls: urls('tls', CLUSTER_PORTS.nats), ca },
    mqtt: { urls: urls('mqtts', CLUSTER_PORTS.mqtt), ca },
    homes: { urls: urls('mqtts', CLUSTER_PORTS.mqtt), ca },
    database: { collector: service('collector'), desk: service('desk') },
    desk: { listen: desk, cert: 'tls/server.pem', key: 'tls/server.key' },
  };
}

async function makeNodes(directory: string, choices: ClusterChoices, { keys }: OperatorState): Promise<string[]> {
  const { name, nodes } = choices;
  const accounts = await natsAccounts(keys, name);
  const authority = authorityOf(directory);
  const folders: string[] = [];
  for (const node of nodes) {
    const folder = join(directory, 'cluster', node.replaceAll(':', '-'));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
    // NATS' own client takes whoever has an address and no name for `localhost`.
    await makeCertificate(authority, files, isIP(node) === 0 ? [node] : [node, 'localhost'], null);
    writeSecret(join(folder, 'authority.pem'), readFileSync(authority.cert), null, 0o644);
    const text = natsConfig(nodeOf(node, nodes, choices), accounts);
    writeSecret(join(folder, 'nats-server.conf'), text, null);
    folders.push(folder);
  }
  return folders;
}

/** One of the nodes, as its own machine has it. */
export function nodeOf(
  node: string,
  nodes: readonly string[],
  { configFolder, dataFolder }: Pick<ClusterChoices, 'configFolder' | 'dataFolder'>,
): NatsNode {
  const at = (port: number) => `${isIP(node) === 0 ? '0.0.0.0' : bracketed(node)}:${port}`;
  const others = nodes.filter((other) => other !== node);
  return {
    name: node,
    listen: at(CLUSTER_PORTS.nats),
    mqttListen: at(CLUSTER_PORTS.mqtt),
    storeDirectory: join(dataFolder, 'store'),
    accountDirectory: join(dataFolder, 'accounts'),
    tls: {
      cert: join(configFolder, 'server.pem'),
      key: join(configFolder, 'server.key'),
      ca: join(configFolder, 'authority.pem'),
    },
    tlsInside: true,
    cluster: {
      listen: at(CLUSTER_PORTS.routes),
      routes: others.map((other) => `tls://${bracketed(other)}:${CLUSTER_PORTS.routes}`),
    },
    replicas: COPIES,
    // What is installed there is not known here.
    version: null,
  };
}
