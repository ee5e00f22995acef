import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holder, withLock } from '../../sensor/deploy/lock.mjs';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'thingwatch-lock-'));
  folder = path.join(parent, '.set-up');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const lockModule = new URL('../../sensor/deploy/lock.mjs', import.meta.url).href;

/** A process of its own that appends `in` and `out` to a log some times, with the lock held in between. */
const worker = (log: string, times = 1) => `
  import { appendFileSync } from 'node:fs';
  import { withLock } from ${JSON.stringify(lockModule)};
  for (let i = 0; i < ${times}; i++) await withLock(${JSON.stringify(folder)}, async () => {
    appendFileSync(${JSON.stringify(log)}, 'in ');
    await new Promise((resolve) => setTimeout(resolve, ${times === 1 ? 20 : 1}));
    appendFileSync(${JSON.stringify(log)}, 'out ');
  }, { pollMs: ${times === 1 ? 5 : 1} });`;

async function runAll(scripts: string[]): Promise<(number | null)[]> {
  const children = scripts.map((script) =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
  );
  return Promise.all(children.map(async (child) => (await once(child, 'close'))[0] as number | null));
}

function leaveLock(owner: unknown, child?: unknown): void {
  mkdirSync(path.join(folder, 'lock'), { recursive: true });
  writeFileSync(path.join(folder, 'lock', 'owner.json'), typeof owner === 'string' ? owner : JSON.stringify(owner));
  if (child !== undefined) writeFileSync(path.join(folder, 'lock', 'child.json'), JSON.stringify(child));
}

const deadProcess = () => spawnSync(process.execPath, ['-e', '']).pid;
const here = hostname();

test('starts at the same moment set up one after the other, and leave nothing behind', async () => {
  const log = path.join(parent, 'log');
  expect(await runAll(Array.from({ length: 4 }, () => worker(log)))).toEqual([0, 0, 0, 0]);
  const { stdout } = spawnSync('cat', [log], { encoding: 'utf8' });
  expect(stdout).toBe('in out '.repeat(4));
  expect(existsSync(folder)).toBe(false);
});

test('four starts that all find a killed one’s lock still go one after the other', async () => {
  leaveLock({ pid: deadProcess(), start: '1', host: here });
  const log = path.join(parent, 'log');
  expect(await runAll(Array.from({ length: 4 }, () => worker(log)))).toEqual([0, 0, 0, 0]);
  expect(spawnSync('cat', [log], { encoding: 'utf8' }).stdout).toBe('in out '.repeat(4));
});

test('a lock that is taken and given back all the time is never two processes’ at once', async () => {
  const log = path.join(parent, 'log');
  for (let round = 0; round < 3; round++) {
    leaveLock({ pid: deadProcess(), start: '1', host: here });
    expect(await runAll(Array.from({ length: 4 }, () => worker(log, 20)))).toEqual([0, 0, 0, 0]);
  }
  expect(spawnSync('cat', [log], { encoding: 'utf8' }).stdout).toBe('in out '.repeat(3 * 4 * 20));
  expect(existsSync(folder)).toBe(false);
});

test('a lock is stale when its owner is dead, when its number now belongs to another process, or when nobody can read it', () => {
  leaveLock({ pid: deadProcess(), start: '1', host: here });
  expect(holder(path.join(folder, 'lock'))).toBeNull();
  leaveLock({ pid: process.pid, start: 'another start', host: here });
  expect(holder(path.join(folder, 'lock'))).toBeNull();
  leaveLock('{"pid":');
  expect(holder(path.join(folder, 'lock'))).toBeNull();
});

test('npm that outlived its killed owner still holds the lock', () => {
  leaveLock({ pid: deadProcess(), start: '1', host: here }, { pid: process.pid, start: null, host: here });
  expect(holder(path.join(folder, 'lock'))?.pid).toBe(process.pid);
});

test('a lock from another machine on shared storage is respected while it is young', () => {
  leaveLock({ pid: deadProcess(), start: '1', host: 'another-machine' });
  expect(holder(path.join(folder, 'lock'))?.host).toBe('another-machine');
});

test('failed work gives the lock back, and its error', async () => {
  await expect(withLock(folder, () => Promise.reject(new Error('npm ci failed')))).rejects.toThrow('npm ci failed');
  expect(existsSync(folder)).toBe(false);
});
