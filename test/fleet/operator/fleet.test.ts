// `npm run fleet` from nothing: a home is let in, reports by MQTT over TLS, and what it reports is in the database; it is shut out; servers die
// and come back; it stops, and starts again with all that it had.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Enrolment, enrolment } from '../../../sensor/fleet/enrolment.ts';
import { type FleetDatabase, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { recordTopic } from '../../../sensor/fleet/topics.ts';
import { ensureBuilt } from '../../program/program.ts';
import { commandLine, hasEnded } from '../../support/processes.ts';
import { until } from '../support/place.ts';
import { comeAs, RunningFleet, report } from './running-fleet.ts';

// Longer than what is waited for below, which says what was missing.
vi.setConfig({ testTimeout: 150_000 });

let fleet: RunningFleet;
let db: FleetDatabase;
let [millers, smiths]: Enrolment[] = [];
let client: MqttClient;

beforeAll(async () => {
  await ensureBuilt();
  fleet = await RunningFleet.make();
  await fleet.start();
  db = await openDatabase(fleet.databaseUrl());
}, 120_000);
afterAll(async () => {
  await client?.endAsync(true);
  await db?.close();
  await fleet.remove();
});

function enrolled(...args: string[]): Enrolment {
  const said = fleet.give('enrol', ...args);
  expect([said.err, said.code]).toEqual(['', 0]);
  const file = /Its enrolment: (.*)/.exec(said.out)?.[1] ?? '';
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return enrolment.parse(JSON.parse(readFileSync(file, 'utf8')));
}

const recordsOf = async (home: string): Promise<string[]> => {
  const { rows } = await db.query<{ id: string }>('SELECT id FROM records WHERE home = $1 ORDER BY id', [home]);
  return rows.map(({ id }) => id);
};
const stored = (home: string, ids: string[]) =>
  until(
    () => `${ids} are stored; ${fleet.log('collector')}`,
    async () => JSON.stringify(await recordsOf(home)) === JSON.stringify(ids),
  );
const some = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('an earlier test failed');
  return value;
};

it('says where the desk is, its token, and how a home is let in; nothing of it runs as root, and its secrets are closed', () => {
  expect(fleet.out).toContain(`https://127.0.0.1:${fleet.ports.desk}/`);
  const token = readFileSync(fleet.path('services/desk.token'), 'utf8').trim();
  expect(token.length).toBeGreaterThan(30);
  expect(fleet.out).toContain(token);
  expect(fleet.out).toContain('npm run fleet -- enrol');
  const owners = fleet.family().map((pid) => statSync(`/proc/${pid}`).uid);
  expect(owners.length).toBeGreaterThan(3);
  expect(owners.filter((uid) => uid === 0 && process.getuid?.() === 0)).toEqual([]);
  const closed = [
    'fleet.json',
    'operator/operator.json',
    'operator/authority.key',
    'services/warning.pem',
    'tls/server.key',
  ];
  expect(closed.filter((name) => (statSync(fleet.path(name)).mode & 0o077) !== 0)).toEqual([]);
  expect(statSync(fleet.path('operator')).mode & 0o777).toBe(0o700);
});

it('serves the desk to whoever has the token, by a certificate of the fleet’s own authority', async () => {
  expect(await fleet.login(readFileSync(fleet.path('services/desk.token'), 'utf8').trim())).toBe(200);
  expect(await fleet.login('x'.repeat(32))).toBe(401);
});

it('lets a home in while it runs, and keeps what that reports over TLS', async () => {
  millers = enrolled('--label', 'the Millers');
  expect(millers.urls).toEqual([`mqtts://127.0.0.1:${fleet.ports.mqtt}`, `mqtts://fleet.test:${fleet.ports.mqtt}`]);
  client = await comeAs(millers);
  await report(client, millers.home, 'coverage:1');
  await stored(millers.home, ['coverage:1']);
  expect(fleet.give('homes').out).toMatch(new RegExp(`^${millers.home} {2}active .* the Millers$`, 'm'));
});

it('writes an enrolment where it is told, over nothing, and lets nobody in where it cannot', async () => {
  smiths = enrolled('--out', 'smiths.json');
  expect(existsSync(`${fleet.folder}/smiths.json`)).toBe(true);
  const count = async () => (await db.query('SELECT 1 FROM homes')).rowCount;
  const before = await count();
  const again = fleet.give('enrol', '--out', 'smiths.json');
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('smiths.json is there already')]);
  const nowhere = fleet.give('enrol', '--out', 'no/such/folder.json');
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('cannot be written')]);
  expect(await count()).toBe(before);
});

it('takes from a home nothing in the name of another', async () => {
  const { home } = some(smiths);
  await client.publishAsync(recordTopic(home), '{}', { qos: 1 }).catch(() => {});
  if (!client.connected) client = await comeAs(some(millers));
  await report(client, some(millers).home, 'coverage:2');
  await stored(some(millers).home, ['coverage:1', 'coverage:2']);
  expect(await recordsOf(home)).toEqual([]);
});

/** Of what the fleet keeps running; the number 0 would mean this process and all of its own. */
function signal(what: 'nats-server' | 'fleet collect', name: NodeJS.Signals): void {
  const pid = fleet.pidOf(what);
  expect([what, pid > 0]).toEqual([what, true]);
  process.kill(pid, name);
}

it('starts a server again that was killed, and says so; what was reported meanwhile is not lost', async () => {
  signal('nats-server', 'SIGKILL');
  await until(
    () => `the server serves again; ${fleet.err}`,
    () => fleet.err.includes('nats-server serves again'),
  );
  expect(fleet.err).toMatch(/nats-server ended by SIGKILL; it is started again in 0\.5 s/);
  const { home } = some(millers);
  signal('fleet collect', 'SIGKILL');
  client = await comeAs(some(millers));
  await report(client, home, 'coverage:3');
  await stored(home, ['coverage:1', 'coverage:2', 'coverage:3']);
});

it('shuts a home out: the connection that it has is cut, another is refused, what it reported stays', async () => {
  const { home } = some(millers);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  expect(fleet.give('revoke', home)).toEqual({ code: 0, out: `${home} is shut out.\n`, err: '' });
  await closed;
  await expect(comeAs(some(millers))).rejects.toThrow(/Not authorized|Connection refused/i);
  expect((await recordsOf(home)).length).toBe(3);
  expect(fleet.give('homes').out).toMatch(new RegExp(`^${home} {2}revoked `, 'm'));
  expect(fleet.give('revoke', home).out).toContain('was shut out before');
  const other = await comeAs(some(smiths));
  await report(other, some(smiths).home, 'coverage:1');
  await stored(some(smiths).home, ['coverage:1']);
  await other.endAsync();
});

it('notes who is shut out while no server answers, and says when they hear of it', async () => {
  const jones = enrolled('--label', 'the Joneses');
  signal('nats-server', 'SIGSTOP');
  const said = fleet.give('revoke', jones.home);
  signal('nats-server', 'SIGCONT');
  expect([said.code, said.err]).toEqual([
    1,
    expect.stringMatching(/could not be told .* It is noted here: they hear of it when/),
  ]);
  expect(fleet.give('homes').out).toMatch(new RegExp(`^${jones.home} {2}revoked `, 'm'));
  expect(fleet.give('revoke', jones.home).out).toContain('were told once more');
  await expect(comeAs(jones)).rejects.toThrow(/Not authorized|Connection refused/i);
  expect(fleet.give('forget', jones.home).code).toBe(0);
});

it('tells how it is doing', () => {
  const { code, out } = fleet.give('status');
  expect(out).toMatch(/^Fleet: .*runs as process \d+$/m);
  expect(out).toMatch(/^Servers: +answer; \d+ records wait for a collector, \d+ dead letters, 1 copies/m);
  expect(out).toMatch(
    /^Database: +answers, \d+ MB; homes: 1 active \(1 heard within a day\), 1 revoked, 1 withdrawn$/m,
  );
  expect(out).toMatch(/^Certificate: until 20\d\d-\d\d-\d\d, for 127\.0\.0\.1, fleet\.test, localhost/m);
  expect(code).toBe(0);
});

it('runs once in a directory', () => {
  const second = fleet.give('start', ...fleet.choices);
  expect([second.code, second.err]).toEqual([2, expect.stringMatching(/this fleet runs already \(process \d+\)/)]);
});

it('makes its certificate anew while it runs, for other names', async () => {
  const said = fleet.give('certificate', '--host', '127.0.0.1', '--host', 'new.test');
  expect([said.code, said.out]).toEqual([0, expect.stringContaining('for 127.0.0.1, new.test')]);
  await until(
    () => `servers take it; ${fleet.err}`,
    () =>
      /nats-server ended with exit code \d+; [\s\S]*nats-server serves again/.test(
        fleet.err.split('SIGKILL').at(-1) ?? '',
      ),
  );
  const other = await comeAs(some(smiths));
  await report(other, some(smiths).home, 'coverage:2');
  await stored(some(smiths).home, ['coverage:1', 'coverage:2']);
  await other.endAsync();
});

it('stops in order at Ctrl-C and leaves nothing running; started again, quickly, all is there', async () => {
  const family = fleet.family();
  await db.close();
  expect(await fleet.stop('SIGINT')).toBe(0);
  // A collector of before may take its time: nobody needs its place.
  const left = () => family.filter((pid) => !hasEnded(pid));
  await until(
    () => `all of before has ended: ${left().map((pid) => `${pid} ${commandLine(pid)}`)}`,
    async () => left().length === 0,
  );
  expect(fleet.log('postgresql')).toContain('database system is shut down');
  const without = fleet.give('enrol');
  expect([without.code, without.err]).toEqual([
    1,
    expect.stringMatching(/does not answer .*"npm run fleet" starts it/),
  ]);
  const began = performance.now();
  await fleet.start([]);
  expect(performance.now() - began).toBeLessThan(60_000);
  expect(fleet.err).not.toContain('making the database');
  db = await openDatabase(fleet.databaseUrl());
  expect((await recordsOf(some(millers).home)).length).toBe(3);
  await expect(comeAs(some(millers))).rejects.toThrow(/Not authorized|Connection refused/i);
  const other = await comeAs(some(smiths));
  await report(other, some(smiths).home, 'coverage:3');
  await stored(some(smiths).home, ['coverage:1', 'coverage:2', 'coverage:3']);
  await other.endAsync();
});

it('is made from a copy again, elsewhere: homes come as before, and who was shut out stays out', async () => {
  const copy = await RunningFleet.make(fleet.ports);
  try {
    expect(fleet.give('backup', copy.directory).code).toBe(0);
    expect(fleet.give('backup', copy.directory).err).toMatch(/is there already/);
    const closed = ['', 'operator/operator.json', 'services/warning.pem', 'database.dump'];
    expect(closed.filter((name) => (statSync(copy.path(name)).mode & 0o077) !== 0)).toEqual([]);
    await db.close();
    await fleet.stop();
    await copy.start([]);
    expect(copy.err).toContain('the database is made from the copy');
    db = await openDatabase(copy.databaseUrl());
    const { home } = some(smiths);
    expect(await recordsOf(home)).toEqual(['coverage:1', 'coverage:2', 'coverage:3']);
    const client = await comeAs(some(smiths));
    await report(client, home, 'coverage:4');
    await stored(home, ['coverage:1', 'coverage:2', 'coverage:3', 'coverage:4']);
    await client.endAsync();
    await expect(comeAs(some(millers))).rejects.toThrow(/Not authorized|Connection refused/i);
    await db.close();
  } finally {
    await copy.remove();
  }
});

it('that is killed takes all of it along, and starts again with what it had', async () => {
  await fleet.start([]);
  const family = fleet.family();
  await fleet.stop('SIGKILL');
  // At once: servers that are still stopping are waited for.
  await fleet.start([]);
  // A collector of before may take its time: nobody needs its place.
  const left = () => family.filter((pid) => !hasEnded(pid));
  await until(
    () => `all of before has ended: ${left().map((pid) => `${pid} ${commandLine(pid)}`)}`,
    async () => left().length === 0,
  );
  db = await openDatabase(fleet.databaseUrl());
  expect(await recordsOf(some(smiths).home)).toEqual(['coverage:1', 'coverage:2', 'coverage:3']);
});

it('does not bring back a token that was taken away', async () => {
  rmSync(fleet.path('services/desk.token'));
  await db.close();
  expect(await fleet.stop()).toBe(0);
  await fleet.start([]);
  expect(existsSync(fleet.path('services/desk.token'))).toBe(false);
  expect(fleet.out).toContain('was removed;');
  db = await openDatabase(fleet.databaseUrl());
});

it('deletes what a home reported, and shuts it out', async () => {
  const { home } = some(smiths);
  expect(fleet.give('forget', home).code).toBe(0);
  expect(await recordsOf(home)).toEqual([]);
  await expect(comeAs(some(smiths))).rejects.toThrow(/Not authorized|Connection refused/i);
  expect(fleet.give('forget', 'h-nobody').err).toMatch(/no home is called "h-nobody": .* lists them/);
});
