import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findMissing, instructions, neededFor, plan, REQUIREMENTS } from '../../sensor/deploy/system.mjs';

const freshMachine = { forTests: false, building: true };
const lacks =
  (...names: string[]) =>
  ({ name }: { name: string }) =>
    !names.includes(name);
const asRoot = { apt: true, root: true, sudo: 'no', sudoExists: false } as const;

test('a start asks only for what running and compiling need; tests ask for the lab and the browser too', () => {
  const names = (purpose: Parameters<typeof neededFor>[0]) => neededFor(purpose).map(({ name }) => name);
  expect(names({ forTests: false, building: false })).toEqual(['tcpdump']);
  expect(names(freshMachine)).toEqual(['tcpdump', 'pcap.h', 'make', 'g++', 'python3']);
  expect(names({ forTests: false, forFleet: true, building: false })).toEqual([
    ...['tcpdump', 'openssl', 'nats-server', 'postgres'],
  ]);
  expect(names({ forTests: true, building: true })).toEqual(REQUIREMENTS.map(({ name }) => name));
});

test('root installs what is missing with apt-get, without questions', async () => {
  const missing = await findMissing(freshMachine, lacks('pcap.h', 'g++'));
  const { how, commands } = plan(missing, asRoot);
  expect(how).toBe('run');
  expect(commands.map((command) => command.join(' '))).toEqual([
    'apt-get update',
    'env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends libpcap-dev g++',
  ]);
});

test('an ordinary user goes through sudo, which may ask only where there is a terminal', async () => {
  const missing = await findMissing(freshMachine, lacks('tcpdump'));
  const first = (sudo: 'free' | 'asks') =>
    plan(missing, { ...asRoot, root: false, sudo, sudoExists: true }).commands[0];
  expect(first('free')).toEqual(['sudo', '-n', 'apt-get', 'update']);
  expect(first('asks')).toEqual(['sudo', 'apt-get', 'update']);
});

test('without rights nothing is run, and the exact command is shown with the reasons', async () => {
  const missing = await findMissing(freshMachine, lacks('tcpdump', 'make'));
  const withSudo = { apt: true, root: false, sudo: 'no', sudoExists: true } as const;
  const todo = plan(missing, withSudo);
  expect(todo.how).toBe('ask');
  const text = instructions(missing, todo, withSudo);
  expect(text).toContain('tcpdump  reads captures');
  expect(text).toContain('\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends tcpdump make');
  expect(instructions(missing, todo, { ...withSudo, sudoExists: false })).toContain(
    'as root, then start again:\n  apt-get update && apt-get install -y --no-install-recommends tcpdump make',
  );
});

test('where there is no apt-get the packages are named as others call them', async () => {
  const missing = await findMissing(freshMachine, lacks('pcap.h'));
  const machine = { ...asRoot, apt: false };
  const todo = plan(missing, machine);
  expect(todo).toEqual({ how: 'ask', packages: ['libpcap-dev'], commands: [] });
  const text = instructions(missing, todo, machine);
  expect(text).toContain('pcap.h (package libpcap-devel or libpcap)');
  expect(text).toContain('no apt-get here');
});

test('one package that serves two needs is asked for once', () => {
  const twice = REQUIREMENTS.filter(({ name }) => name === 'make').flatMap((one) => [one, one]);
  expect(plan(twice, asRoot).packages).toEqual(['make']);
});

test('a package that would start a service is installed without starting it, and a policy that is there stays', async () => {
  const missing = REQUIREMENTS.filter(({ name }) => ['exim4', 'curl'].includes(name));
  const install = plan(missing, asRoot).commands[1]?.join(' ') ?? '';
  expect(install).toMatch(
    /^env DEBIAN_FRONTEND=noninteractive sh \S+without-services\.sh apt-get .* install -y --no-install-recommends exim4-daemon-light curl$/,
  );
  const script = readFileSync(/\S+without-services\.sh/.exec(install)?.[0] ?? '', 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-policy-'));
  const policy = join(folder, 'policy-rc.d');
  const run = (command: string) =>
    spawnSync('sh', ['-c', script.replace('/usr/sbin/policy-rc.d', policy), 'sh', 'sh', '-c', command], {
      encoding: 'utf8',
    });
  try {
    // What invoke-rc.d does while a package is installed, and how the installation ends.
    expect(run(`${policy} exim4 start; echo $?; exit 7`)).toMatchObject({ stdout: '101\n', status: 7 });
    expect(existsSync(policy)).toBe(false);
    writeFileSync(policy, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(run(`${policy} exim4 start; echo $?`)).toMatchObject({ stdout: '0\n', status: 0 });
    expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what this very machine has is found: the tests run on it', async () => {
  expect(await findMissing({ forTests: true, building: true })).toEqual([]);
});
