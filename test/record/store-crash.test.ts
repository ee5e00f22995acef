// The store in processes that are killed, meet each other, or run out of disk: real files, real signals, a real full disk.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Store } from '../../sensor/record/store.ts';
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
