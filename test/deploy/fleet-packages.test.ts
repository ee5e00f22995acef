// The packages of those who run a fleet: who asks for them, when they are installed, and that a second look costs nothing.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureFleetPackages, FLEET_FOLDER, inspectFleetPackages } from '../../sensor/deploy/fleet-packages.mjs';
import { programFiles } from '../../sensor/deploy/stamp.mjs';
import { checkout } from '../lab/namespaces.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-fleet-packages-'));
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(FLEET_FOLDER, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stamp = () => join(folder, 'node_modules/.thingwatch/packages.json');

/** What npm leaves behind of what it installed. */
function installed(wanted: (entry: { dev?: boolean }) => boolean): void {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const packages = Object.fromEntries(Object.entries(lock.packages).filter(([, entry]) => wanted(entry)));
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

test('a fresh clone has none; what somebody installed by hand is taken as it is', () => {
  expect(inspectFleetPackages('prod', folder)).toBe('install');
  installed(() => true);
  expect(inspectFleetPackages('all', folder)).toBe('ready');
  rmSync(join(folder, 'node_modules/.package-lock.json'));
  // The stamp alone answers from now on.
  expect(inspectFleetPackages('all', folder)).toBe('ready');
});

test('tests need the types as well; another lock file needs another look', () => {
  installed(({ dev }) => dev !== true);
  expect([inspectFleetPackages('prod', folder), inspectFleetPackages('all', folder)]).toEqual(['ready', 'install']);
  writeFileSync(join(folder, 'package-lock.json'), '{ "packages": { "node_modules/pg": { "version": "9.0.0" } } }');
  expect(inspectFleetPackages('prod', folder)).toBe('install');
});

test('a damaged stamp is no stamp', () => {
  installed(() => true);
  inspectFleetPackages('all', folder);
  writeFileSync(stamp(), '{"lock":');
  rmSync(join(folder, 'node_modules/.package-lock.json'));
  expect(inspectFleetPackages('prod', folder)).toBe('install');
});

test('npm installs them into a node_modules of their own, once', async () => {
  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0", "private": true }');
  writeFileSync(
    join(folder, 'package-lock.json'),
    '{ "name": "empty", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "name": "empty", "version": "1.0.0" } } }',
  );
  mkdirSync(join(folder, 'node_modules/left-over'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/left-over/package.json'), '{ "name": "left-over", "version": "1.0.0" }');
  await ensureFleetPackages('prod', { folder });
  expect([existsSync(stamp()), existsSync(join(folder, 'node_modules/left-over'))]).toEqual([true, false]);
  expect(inspectFleetPackages('prod', folder)).toBe('ready');
});

test('their files are none of the program: installing them makes no build stale', () => {
  const files = programFiles(checkout);
  expect(files).toContain('sensor/fleet/package-lock.json');
  expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
});
