// A server that a fleet keeps running: it is waited for, started again when it ends by itself, told of, and stopped by force at the latest.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandAs } from '../../../sensor/fleet/operator/account.ts';
import { Child, type ChildSpec, type ChildTimes } from '../../../sensor/fleet/operator/child.ts';

const TIMES: Partial<ChildTimes> = { upWithin: 15_000, stopWithin: 400, firstPause: 100, longestPause: 400 };

let folder: string;
let said: string[];
let child: Child | null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-child-'));
  said = [];
  child = null;
});
afterEach(async () => {
  await child?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function made(script: string, isUp: ChildSpec['isUp'] = async () => true, times = TIMES): Child {
  const log = join(folder, 'log');
  const spec = { name: 'server', command: '/bin/sh', args: ['-c', script], account: null, cwd: folder, log };
  child = new Child({ ...spec, signal: 'SIGTERM', isUp }, (line) => said.push(line), times);
  return child;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 1000) throw new Error(`not within 20 s; said: ${said.join(' | ')}`);
    await sleep(20);
  }
}
const again = (): number => said.filter((line) => line === 'server serves again').length;
const isAlive = (pid: number | null): boolean => {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('one that is killed is told of, and serves again', async () => {
  const log = () => readFileSync(join(folder, 'log'), 'utf8');
  const server = made('echo begun; exec sleep 60');
  await server.start();
  await until(() => log() === 'begun\n');
  const first = server.pid;
  process.kill(first ?? 0, 'SIGKILL');
  await until(() => again() === 1);
  expect(said[0]).toBe(`server ended by SIGKILL; it is started again in 0.1 s (what it said: ${join(folder, 'log')})`);
  expect([isAlive(first), isAlive(server.pid), server.pid !== first]).toEqual([false, true, true]);
  await until(() => log() === 'begun\nbegun\n');
});

test('one that ends again and again is given longer and longer, up to a bound', async () => {
  const [down, up] = [join(folder, 'down'), join(folder, 'up')];
  // That it serves it says itself: how long it has been there is no sign on a machine that is slow to end it.
  const server = made('[ -e down ] && exit 7; : >up; exec sleep 60', async () => existsSync(up));
  await server.start();
  writeFileSync(down, '');
  rmSync(up);
  process.kill(server.pid ?? 0, 'SIGKILL');
  await until(() => said.length >= 5);
  expect(said.slice(0, 5).map((line) => /again in ([\d.]+) s/.exec(line)?.[1])).toEqual([
    '0.1',
    '0.2',
    '0.4',
    '0.4',
    '0.4',
  ]);
  expect(said[2]).toContain('ended with exit code 7');
  rmSync(down);
  await until(() => again() > 0);
});

test('one that does not come up is no start: what it said last is', async () => {
  const server = made('echo "cannot open the door" >&2; exit 3', async () => false);
  await expect(server.start()).rejects.toThrow(/^server ended with exit code 3; .*\ncannot open the door$/s);
  expect(server.pid).toBeNull();
  const hanging = made('exec sleep 60', async () => false, { ...TIMES, upWithin: 300 });
  await expect(hanging.start()).rejects.toThrow(/does not serve within 0\.3 s/);
  expect(hanging.pid).toBeNull();
});

test('a program that is not there is named', async () => {
  const log = join(folder, 'log');
  const spec = { name: 'server', command: '/no/such/program', args: [], account: null, cwd: folder, log };
  child = new Child({ ...spec, signal: 'SIGTERM', isUp: async () => false }, (line) => said.push(line), TIMES);
  await expect(child.start()).rejects.toThrow(/no\/such\/program/);
});

test('one that does not stop is killed, and told of', async () => {
  const server = made("trap '' TERM; echo up; while :; do sleep 0.1; done");
  await server.start();
  await until(() => readFileSync(join(folder, 'log'), 'utf8').includes('up'));
  const { pid } = server;
  await server.stop();
  expect([isAlive(pid), said]).toEqual([false, ['server does not stop within 0.4 s and is killed']]);
});

test('it ends with whoever keeps it, also when that one is killed', async () => {
  const { args, command } = commandAs(null, '/bin/sleep', ['60'], 'TERM');
  const shell = spawn('/bin/sh', ['-c', `"$@" & echo $!; wait`, 'sh', command, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pid = await new Promise<number>((resolve) =>
    shell.stdout.once('data', (text) => resolve(Number(String(text)))),
  );
  await until(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/bin/sleep'));
  shell.kill('SIGKILL');
  await until(() => !isAlive(pid));
});
