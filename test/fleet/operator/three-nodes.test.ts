// A fleet whose servers run elsewhere, as the manual tells it: three NATS nodes with the configurations that are made for them, over TLS
// among themselves, and a PostgreSQL whose owner is no superuser. Each node has a loopback address of its own.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Enrolment, enrolment } from '../../../sensor/fleet/enrolment.ts';
import { program } from '../../../sensor/fleet/operator/programs.ts';
import { type FleetDatabase, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { checkout } from '../../lab/namespaces.ts';
import { ensureBuilt, MAIN, plainEnvironment } from '../../program/program.ts';
import { killed, Place, until } from '../support/place.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { comeAs, report } from './running-fleet.ts';

/** Of this test alone: others may run beside it. */
const NET = `127.${20 + Math.floor(Math.random() * 200)}.${1 + Math.floor(Math.random() * 250)}`;
const NODES = [1, 2, 3].map((n) => `${NET}.${n}`);
const [CONFIG, DATA] = ['/etc/nodes-config', '/var/nodes-data'];

let place: Place;
let postgres: PostgresServer;
let db: FleetDatabase;
const servers = new Map<string, ChildProcess>();

const directory = () => place.path('fleet');
function give(...args: string[]): string {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(checkout, 'sensor/deploy/fleet.mjs'), '--dir', directory(), ...args],
    { cwd: place.directory, env: { ...plainEnvironment(), INIT_CWD: place.directory }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stdout}${stderr}`);
  return stdout;
}

const folderOf = (node: string) => join(directory(), 'cluster', node);
/** As on a machine of its own, where the folders are called as the configuration says. */
function startNode(node: string): void {
  const data = place.path(`data-${node}`);
  mkdirSync(data, { recursive: true });
  const text = readFileSync(join(folderOf(node), 'nats-server.conf'), 'utf8');
  const file = place.path(`${node}.conf`);
  writeFileSync(file, text.replaceAll(CONFIG, folderOf(node)).replaceAll(DATA, data), { mode: 0o600 });
  servers.set(node, place.start(program('nats-server'), ['-c', file], { log: `${node}.log` }));
}
const ready = (node: string) =>
  until(
    () => `${node} is ready: ${place.log(`${node}.log`).slice(-1500)}`,
    () => place.log(`${node}.log`).split('Starting nats-server').at(-1)?.includes('Server is ready') ?? false,
  );

function enrolled(label: string): Enrolment {
  return enrolment.parse(JSON.parse(give('enrol', '--label', label, '--out', '-')));
}
const at = (node: string, given: Enrolment): Enrolment => ({ ...given, urls: [`mqtts://${node}:8883`] });
const isStored = (home: string, id: string) =>
  until(
    () => `${id} is stored; ${place.log('collector.log')}`,
    async () => (await db.query('SELECT 1 FROM records WHERE home = $1 AND id = $2', [home, id])).rowCount === 1,
  );
const end = async (client: MqttClient) => client.endAsync(true).catch(() => {});

beforeAll(async () => {
  await ensureBuilt();
  place = new Place('three-nodes');
  postgres = await PostgresServer.start();
  const server = await openDatabase(postgres.url());
  await server.query("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'kept'");
  await server.query('CREATE DATABASE fleet OWNER keeper');
  await server.close();
  const owner = postgres.url('fleet', 'keeper', 'kept');
  db = await openDatabase(owner);
  const said = give('cluster', ...NODES, '--database', owner, '--config-folder', CONFIG, '--data-folder', DATA);
  expect(said).toContain(folderOf(NODES[2] ?? ''));
  for (const node of NODES) startNode(node);
  await Promise.all(NODES.map(ready));
  expect(give('prepare')).toMatch(/^Ready; migrations applied: 1, /);
  place.start(process.execPath, [MAIN, 'fleet', 'collect', '--dir', directory()], { log: 'collector.log' });
}, 120_000);
afterAll(async () => {
  await db?.close();
  await place?.remove();
  await postgres?.remove();
});

it('keeps three copies of what homes report at any node, and collectors bring it into the database with their own rights', async () => {
  const given = enrolled('the Millers');
  expect(given.urls).toEqual(NODES.map((node) => `mqtts://${node}:8883`));
  for (const [index, node] of NODES.entries()) {
    const client = await comeAs(at(node, given));
    await report(client, given.home, `coverage:${index}`);
    await isStored(given.home, `coverage:${index}`);
    await end(client);
  }
  // At once: a connection that is not used is let go before long.
  const users = await db.query<{ usename: string }>("SELECT usename FROM pg_stat_activity WHERE datname = 'fleet'");
  expect(users.rows.map(({ usename }) => usename)).toContain('collector');
  expect(give('status')).toMatch(
    /its servers run elsewhere\n.*answer; \d+ records wait for a collector, 0 dead letters, 3 copies/,
  );
});

it('lets no other node into the cluster, and nobody without the authority', async () => {
  const text = readFileSync(join(folderOf(NODES[0] ?? ''), 'nats-server.conf'), 'utf8');
  expect(text).toMatch(/cluster \{ .*tls \{ .*verify: true/);
  const given = { ...enrolled('stranger'), ca: null };
  await expect(comeAs(at(NODES[0] ?? '', given))).rejects.toThrow(/certificate/);
});

it('shuts a home out at every node, also at one that was away meanwhile', async () => {
  const [first = '', second = '', third = ''] = NODES;
  const given = enrolled('the Smiths');
  const client = await comeAs(at(third, given));
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const down = servers.get(first);
  if (down !== undefined) await killed(down);
  give('revoke', given.home);
  await closed;
  await expect(comeAs(at(second, given))).rejects.toThrow(/Not authorized/i);
  startNode(first);
  await ready(first);
  // What others know reaches it within moments.
  await until(
    () => `${first} refuses the home`,
    async () => {
      const come = comeAs(at(first, given));
      const isRefused = await come.then(
        () => false,
        () => true,
      );
      if (!isRefused) await end(await come);
      return isRefused;
    },
  );
}, 60_000);

it('is not started by whoever looks after it, nor made twice', () => {
  expect(() => give('start')).toThrow(/2 .*servers of this fleet run elsewhere/);
  expect(() => give('cluster', ...NODES, '--database', 'postgres://a:b@c/d')).toThrow(/2 .*holds a fleet already/);
});
