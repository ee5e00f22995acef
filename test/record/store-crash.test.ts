// The store in processes that are killed, meet each other, or run out of disk: real files, real signals, a real full disk.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { reportFault } from '../support/fault-table.ts';
import { NOW, temporaryDirectory } from './store-fixtures.ts';

const project = resolve(import.meta.dirname, '../..');
let built: string;
let directory: string;
const children: ChildProcess[] = [];

/** Node cannot run TypeScript here: the child and what it imports are compiled into a directory of their own. */
beforeAll(() => {
  built = temporaryDirectory();
  const config = {
    extends: join(project, 'tsconfig.json'),
    compilerOptions: {
      rootDir: project,
      outDir: built,
      typeRoots: [join(project, 'node_modules/@types')],
    },
    files: [join(project, 'test/record/store-child.ts')],
    include: [],
  };
  writeFileSync(join(built, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(built, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(project, 'node_modules'), join(built, 'node_modules'));
  execFileSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', built], { stdio: 'pipe' });
});
afterAll(() => rmSync(built, { recursive: true }));

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  rmSync(directory, { recursive: true });
});

const childFile = () => join(built, 'test/record/store-child.js');

/** Starts the child and waits until it has the database open; `lines` goes on filling. */
async function start(mode: string, prefix: string): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, [childFile(), mode, directory, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  await once(reader, 'line');
  return { child, lines };
}

/** SIGKILL, and all of its output read. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

function open(): Store {
  return Store.open({
    path: join(directory, 'thingwatch.db'),
    now: () => NOW,
    onDamage: (_, reason) => {
      throw new Error(`damaged: ${reason}`);
    },
  });
}

test('killed at any moment, no saved incident and no message is lost, and the next process takes over at once', async () => {
  const saved: string[] = [];
  for (let round = 0; round < 12; round += 1) {
    const { child, lines } = await start('save', `r${round}-`);
    await new Promise((wake) => setTimeout(wake, Math.random() * 60));
    await kill(child);
    saved.push(...lines.filter((line) => line !== 'open'));

    const store = open();
    const ids = new Set(store.loadIncidents().map(({ id }) => id));
    const messages = new Set(store.outbox.peek(1_000_000).map(({ id }) => id));
    store.close();
    expect(saved.filter((id) => !ids.has(id))).toEqual([]);
    // Either both or neither: an incident without its message would never be told.
    if (ids.size <= 5000) expect(messages).toEqual(ids);
  }
  expect(saved.length).toBeGreaterThan(12);
});

test('two processes: the second is refused while the first lives, and let in once it was killed', async () => {
  const { child } = await start('hold', '');
  expect(open).toThrow(
    expect.objectContaining({ code: 'locked', message: expect.stringMatching(/in use by another/) }),
  );
  await kill(child);
  open().close();
});

test('killed while an older database is brought up to date, it is the old one or the new, and the next start ends the work', async () => {
  const old = join(directory, 'old.db');
  makeLargeOld(old);
  const path = join(directory, 'thingwatch.db');
  const places = ['', '-wal', '-shm'].map((suffix) => path + suffix);
  const place = () => {
    for (const file of places) rmSync(file, { force: true });
    copyFileSync(old, path);
  };
  place();
  const whole = await start('open', '');
  const begun = performance.now();
  while (!whole.lines.includes('open')) await new Promise((wake) => setTimeout(wake, 5));
  const took = performance.now() - begun;
  await kill(whole.child);
  const seen: Record<string, number> = { old: 0, new: 0 };
  for (let round = 0; round < 10; round += 1) {
    if (round % 2 === 0) place();
    const { child } = await start('open', '');
    // The first at once: on a machine that was busier before, all others may come too late to leave an old one.
    if (round > 0) await new Promise((wake) => setTimeout(wake, Math.random() * took));
    await kill(child);
    // Not for reading alone: the kill may have left a journal that has to be taken up first, as the next start does.
    const db = new Database(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    const version = schemaVersion(db);
    expect([3, SCHEMA_VERSION]).toContain(version);
    const column = version === 3 ? 'destinations' : 'targets';
    expect(db.prepare(`SELECT count(${column}) FROM expectations`).pluck().get()).toBe(LARGE);
    db.close();
    seen[version === 3 ? 'old' : 'new'] = (seen[version === 3 ? 'old' : 'new'] ?? 0) + 1;
    expect(readdirSync(directory).filter((name) => name.includes('.schema-')).length).toBeLessThanOrEqual(4);
  }
  const store = open();
  expect(store.loadExpectations()).toHaveLength(LARGE);
  expect(store.loadExpectations()[0]?.targets).toHaveLength(20);
  store.close();
  expect(seen.old).toBeGreaterThan(0);
  reportFault({
    fault: 'SIGKILL while a database is brought up to date',
    inputs: `10 kills, schema 3 with ${LARGE} expectations`,
    outcome: `${seen.old} left the old database, ${seen.new} the new one, all whole`,
    lost: 0,
  });
}, 120_000);

/** Expectations, so that it takes a while to rewrite them. */
const LARGE = 2500;

function makeLargeOld(path: string): void {
  const db = new Database(path);
  migrate(db, 3);
  const put = db.prepare(
    "INSERT INTO expectations (id, device, destinations, ports, created_at, created_by, matches) VALUES (?, '00:11:22:33:44:55', ?, '[25,465,587,2525]', ?, 'page', 0)",
  );
  const names = JSON.stringify(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.mail.example`));
  db.transaction(() => {
    for (let n = 0; n < LARGE; n++) put.run(`e${n}`, names, n);
  })();
  db.close();
}

/** A mount that only the child sees, and that goes with it. */
const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
test.skipIf(!canMount)(
  `a full disk stops a save with nothing half-written, and the same save works once there is space${canMount ? '' : ' (NOT RUN: needs root to mount a small file system)'}`,
  () => {
    mkdirSync(join(directory, 'small'));
    const script = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" fill "$1"';
    const arguments_ = ['--mount', 'sh', '-c', script, 'sh', join(directory, 'small'), process.execPath, childFile()];
    const result = JSON.parse(execFileSync('unshare', arguments_, { encoding: 'utf8' }));
    expect(result).toMatchObject({ openedFull: 'full', failedWith: 'full', again: 'full', afterFreeing: 'none' });
    expect(result.saved).toBeGreaterThan(0);
    expect(result.kept).toEqual({ incidents: result.saved, messages: result.saved });
    expect(result.last).toEqual({ incidents: result.saved + 1, messages: result.saved + 1 });
  },
);
