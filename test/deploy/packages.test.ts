import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  decidePackages,
  headersFolder,
  inspectPackages,
  installedMatches,
  wantedStamp,
} from '../../sensor/deploy/packages.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const wanted = { lock: 'a', nodeModules: '115', platform: 'linux-arm64', mode: 'prod' } as const;

test('nothing to do after the same set-up, or after one that installed more', () => {
  expect(decidePackages(wanted, wanted, false)).toBe('nothing');
  expect(decidePackages({ ...wanted, mode: 'all' }, wanted, false)).toBe('nothing');
});

test('tests need more than a start installed', () => {
  expect(decidePackages(wanted, { ...wanted, mode: 'all' }, false)).toBe('install');
});

test('a new Node keeps the packages and tries the add-ons', () => {
  expect(decidePackages({ ...wanted, nodeModules: '108' }, wanted, false)).toBe('check');
});

test('a new lock file installs again, unless a person already ran npm install', () => {
  expect(decidePackages({ ...wanted, lock: 'b' }, wanted, false)).toBe('install');
  expect(decidePackages({ ...wanted, lock: 'b' }, wanted, true)).toBe('check');
  expect(decidePackages(null, wanted, true)).toBe('check');
  expect(decidePackages(null, wanted, false)).toBe('install');
});

test('packages that came from another kind of machine are installed anew', () => {
  expect(decidePackages({ ...wanted, platform: 'darwin-arm64' }, wanted, true)).toBe('install');
});

test('what is installed is compared package by package; another platform’s optional ones may be absent', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/cap': { version: '0.2.1' },
      'node_modules/vitest': { version: '4.1.12', dev: true },
      'node_modules/fsevents': { version: '2.3.3', optional: true },
    },
  };
  const started = { packages: { 'node_modules/cap': { version: '0.2.1' } } };
  expect(installedMatches(lock, started, 'prod')).toBe(true);
  expect(installedMatches(lock, started, 'all')).toBe(false);
  expect(installedMatches(lock, { packages: { 'node_modules/cap': { version: '0.2.0' } } }, 'prod')).toBe(false);
  expect(installedMatches(lock, null, 'prod')).toBe(false);
});

function layOut(stamp: unknown): void {
  writeFileSync(
    path.join(folder, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/cap': { version: '1.0.0' } } }),
  );
  mkdirSync(path.join(folder, 'node_modules', '.thingwatch'), { recursive: true });
  writeFileSync(
    path.join(folder, 'node_modules', '.thingwatch', 'packages.json'),
    typeof stamp === 'string' ? stamp : JSON.stringify(stamp),
  );
}

test('a checkout without node_modules is to be installed', async () => {
  writeFileSync(path.join(folder, 'package-lock.json'), '{}');
  expect(await inspectPackages('prod', folder)).toBe('install');
});

test('the stamp on disk makes the checkout ready; a damaged one does not', async () => {
  layOut({});
  layOut(wantedStamp('all', folder));
  expect(await inspectPackages('prod', folder)).toBe('ready');
  layOut('{"lock":');
  expect(await inspectPackages('prod', folder)).toBe('install');
});

test('the right packages whose add-ons do not load are to be rebuilt', async () => {
  layOut({ ...wantedStampAfterLayout(), nodeModules: '1' });
  expect(await inspectPackages('prod', folder)).toBe('rebuild');
});

function wantedStampAfterLayout() {
  layOut({});
  return wantedStamp('prod', folder);
}

test('headers beside the node binary are used only when they are of that very Node', () => {
  const include = path.join(folder, 'include', 'node');
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  mkdirSync(include, { recursive: true });
  const node = path.join(folder, 'bin', 'node');
  for (const file of [node, path.join(include, 'node.h'), path.join(include, 'common.gypi')]) writeFileSync(file, '');
  expect(headersFolder(node, '115')).toBeNull();
  writeFileSync(path.join(include, 'node_version.h'), '#define NODE_MODULE_VERSION 115\n');
  expect(headersFolder(node, '115')).toBe(folder);
  expect(headersFolder(node, '127')).toBeNull();
});
