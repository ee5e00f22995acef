// The servers that the fleet's tests stand on: that they start, come back with what they had, and leave nothing behind.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { migrate, migrations, missingMigrations, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { NatsCluster } from './nats-cluster.ts';
import { freePorts, until } from './place.ts';
import { PostgresServer } from './postgres-server.ts';

describe('PostgreSQL for tests', () => {
  it('keeps over kill -9 what was committed, and nothing that was not', async () => {
    const server = await PostgresServer.start();
    const db = await openDatabase(await server.makeDatabase('kept'));
    await db.query('CREATE TABLE things (n integer, day date)');
    await db.transaction((tx) => tx.query("INSERT INTO things VALUES (1, '2026-11-30')"));
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const open = db.transaction(async (tx) => {
      await tx.query('INSERT INTO things VALUES (2)');
      await held;
      await tx.query('INSERT INTO things VALUES (3)');
    });
    await until(
      () => 'the transaction is open',
      async () => (await db.query("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'")).rowCount === 1,
    );
    await server.kill();
    release();
    await expect(open).rejects.toThrow();
    await server.run();
    expect((await db.query('SELECT n, day FROM things')).rows).toEqual([{ n: 1, day: '2026-11-30' }]);
    await db.close();
    await server.remove();
  }, 90_000);

  it('takes the migrations once, also when two migrate at the same time', async () => {
    const server = await PostgresServer.start();
    const db = await openDatabase(await server.makeDatabase('migrated'));
    expect(await missingMigrations(db)).toEqual(migrations());
    const [one, two] = await Promise.all([migrate(db), migrate(db)]);
    expect([...one, ...two].sort((a, b) => a - b)).toEqual(migrations().map(({ number }) => number));
    expect(await missingMigrations(db)).toEqual([]);
    await expect(
      migrate(db, [{ number: 900, name: 'bad', sql: 'CREATE TABLE half (n int); nonsense' }]),
    ).rejects.toThrow();
    expect((await db.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
    await db.close();
    await server.remove();
  }, 90_000);
});

describe('NATS for tests', () => {
  it('has three nodes that take MQTT, and one of them may die', async () => {
    const cluster = await NatsCluster.start({ nodes: 3 });
    const home = await cluster.homeToken('h000000000000001');
    const [url = ''] = cluster.mqttUrls;
    const client = await connectAsync(url, { username: 'home', password: home.token, protocolVersion: 4 });
    const connection = await cluster.connect();
    const leader = await cluster.leaderOf('$MQTT_msgs', connection);
    expect(leader).toBeGreaterThanOrEqual(0);
    await client.endAsync(true);
    await cluster.kill(leader);
    await until(
      () => 'another leads',
      async () => {
        const next = await cluster.leaderOf('$MQTT_msgs', connection).catch(() => -1);
        return next >= 0 && next !== leader;
      },
    );
    await cluster.remove();
  }, 90_000);

  it('lets nobody in whose credential was revoked, and closes the connection that it has', async () => {
    const cluster = await NatsCluster.start({ nodes: 1 });
    const { token, credential } = await cluster.homeToken('h000000000000001');
    const [url = ''] = cluster.mqttUrls;
    const options = { username: 'home', password: token, protocolVersion: 4, reconnectPeriod: 0 } as const;
    const client = await connectAsync(url, options);
    const closed = new Promise<void>((resolve) => {
      client.once('close', () => resolve());
    });
    await cluster.revoke(credential);
    await closed;
    await expect(connectAsync(url, options)).rejects.toThrow();
    const other = await cluster.homeToken('h000000000000002');
    await (await connectAsync(url, { ...options, password: other.token })).endAsync();
    await cluster.remove();
  }, 90_000);
});

describe('ports for servers', () => {
  it('are nobody else’s while their process lives, listens anything there or not', async () => {
    // So many that two who knew nothing of each other would meet.
    const COUNT = 400;
    const bundle = await builtPlace();
    const code = `import { freePorts } from ${JSON.stringify(join(bundle, 'place.js'))};
      console.log(JSON.stringify(await freePorts(${COUNT})));
      process.stdin.resume();`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    for await (const data of other.stdout) {
      said += String(data);
      if (said.endsWith('\n')) break;
    }
    const [theirs, ours] = [JSON.parse(said) as number[], await freePorts(COUNT)];
    expect(new Set([...theirs, ...ours]).size).toBe(2 * COUNT);
    other.stdin.end();
    rmSync(bundle, { recursive: true });
  });
});

/** As a module that a process of its own can load. */
async function builtPlace(): Promise<string> {
  const bundle = mkdtempSync(join(tmpdir(), 'thingwatch-place-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    build: { ssr: fileURLToPath(new URL('place.ts', import.meta.url)), outDir: bundle },
  });
  return bundle;
}

describe('a place for servers', () => {
  it('is gone with all that ran in it when the test is killed', async () => {
    const bundle = await builtPlace();
    const code = `import { Place } from ${JSON.stringify(join(bundle, 'place.js'))};
      const place = new Place('killed');
      const child = place.start('/bin/sleep', ['600'], { log: 'log' });
      console.log(JSON.stringify([place.directory, child.pid]));`;
    const test = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => test.stdout.once('data', (data) => resolve(String(data))));
    const [directory, pid] = JSON.parse(line) as [string, number];
    expect(existsSync(directory)).toBe(true);
    test.kill('SIGKILL');
    await until(
      () => 'directory and process are gone',
      () => !existsSync(directory) && !existsSync(`/proc/${pid}`),
    );
    rmSync(bundle, { recursive: true });
  });
});
