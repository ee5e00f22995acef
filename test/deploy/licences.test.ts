// What we stand on: under which licences, from where, with which scripts, and that each direct dependency has its reason written down.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ALLOWED,
  complaint,
  DATA,
  FLEET_LOCK,
  packagesOf,
  satisfied,
  UNCHANGED,
} from '../../sensor/deploy/licences.mjs';
import { checkout } from '../lab/namespaces.ts';

const read = (file: string): string => readFileSync(join(checkout, file), 'utf8');
const PACKAGE = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'devDependencies' | 'allowScripts',
  Record<string, string>
>;
/** Of those who run a fleet; installed apart. */
const FLEET_PACKAGE = JSON.parse(read('sensor/fleet/package.json')) as typeof PACKAGE;
interface Lock {
  packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean; link?: boolean }>;
}
const LOCKED = ['package-lock.json', 'sensor/fleet/package-lock.json'].flatMap((file) =>
  Object.entries((JSON.parse(read(file)) as Lock).packages).filter(([place]) => place !== ''),
);
const RANGES = [PACKAGE, FLEET_PACKAGE].map((one) => ({ ...one.dependencies, ...one.devDependencies }));
const DIRECT = RANGES.flatMap((ranges) => Object.keys(ranges)).sort();

describe('licences', () => {
  it('of all packages are ones under which we may pass them on', () => {
    const packages = packagesOf(checkout);
    expect(packages.length).toBe(LOCKED.length);
    expect(packages.flatMap((one) => complaint(one) ?? [])).toEqual([]);
  });

  it('are all in use, and each has its reason', () => {
    const packages = packagesOf(checkout);
    for (const [licence, why] of Object.entries(ALLOWED)) {
      expect([licence, packages.some((one) => one.licence?.includes(licence))]).toEqual([licence, true]);
      expect(why.length).toBeGreaterThan(10);
    }
    for (const name of Object.keys(UNCHANGED)) expect(packages.map((one) => one.name)).toContain(name);
    for (const line of DATA) expect(DIRECT).toContain(line.split(' ')[0]);
  });

  it.each([
    ['MIT', null],
    ['(MIT OR GPL-3.0-only)', null],
    ['MIT AND ISC', null],
    ['(MIT AND (GPL-2.0-only OR BSD-3-Clause))', null],
    ['Apache-2.0 WITH LLVM-exception', null],
    ['GPL-3.0-only', /is under GPL-3\.0-only, which is not in the list/],
    ['MIT AND GPL-3.0-only', /not in the list/],
    ['MPL-2.0', /not in the list/],
    ['MIT OR', /no SPDX expression/],
    ['(MIT', /no SPDX expression/],
    ['MIT ISC', /no SPDX expression/],
    ['MIT, see LICENSE', /no SPDX expression/],
    ['', /no SPDX expression/],
    ['UNLICENSED', /names no licence: .* take another package/],
    ['SEE LICENSE IN FILE', /names no licence/],
    [null, /names no licence/],
  ])('%j of a package is judged', (licence, words) => {
    const said = complaint({ name: 'made-up', version: '1.0.0', licence });
    if (words === null) expect(said).toBeNull();
    else expect(said).toMatch(words);
  });

  it('AND binds before OR', () => {
    const allowed = (id: string) => id === 'A';
    expect([satisfied('A OR B AND B', allowed), satisfied('(A OR B) AND B', allowed)]).toEqual([true, false]);
  });

  it('of the packages for fleets are looked at as well, and none of their texts goes with a copy of dist', () => {
    const fleet = packagesOf(checkout).filter((one) => one.use === 'fleet');
    expect(fleet.map(({ name }) => name)).toEqual(expect.arrayContaining(['@nats-io/nats-core', 'pg', 'tweetnacl']));
    expect(fleet.every(({ place }) => place.startsWith(`${FLEET_LOCK}/node_modules/`))).toBe(true);
    const script = join(checkout, 'sensor/deploy/licences.mjs');
    const texts = execFileSync(process.execPath, [script, '--texts'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(texts).toMatch(/^commander \d/m);
    expect(texts).not.toMatch(/^(?:pg|tweetnacl|@nats-io\/\S+) \d/m);
  });

  it('of two packages hold for them alone', () => {
    expect(complaint({ name: 'lightningcss-linux-x64-gnu', version: '1.0.0', licence: 'MPL-2.0' })).toBeNull();
    expect(complaint({ name: 'lightningcss-linux-x64-gnu', version: '1.0.0', licence: 'GPL-3.0-only' })).not.toBeNull();
  });
});

describe('the lock file', () => {
  it('pins the content of every package, all of them from the registry', () => {
    expect(LOCKED.length).toBeGreaterThan(100);
    const loose = LOCKED.filter(
      ([, { integrity, link, resolved }]) =>
        !/^sha512-/.test(integrity ?? '') || link === true || !/^(https:|$)/.test(resolved ?? ''),
    );
    expect(loose.map(([place]) => place)).toEqual([]);
    const ranges = RANGES.flatMap((one) => Object.entries(one));
    expect(ranges.filter(([, range]) => !/^[~^]?\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it('lets no package run a script at installation but the two that are compiled', () => {
    const running = LOCKED.flatMap(([place, { hasInstallScript }]) =>
      hasInstallScript === true ? [place.replace(/^.*node_modules\//, '')] : [],
    );
    expect(running.sort()).toEqual(['better-sqlite3', 'cap']);
    expect(PACKAGE.allowScripts).toEqual({ 'better-sqlite3': true, cap: true });
    expect(FLEET_PACKAGE.allowScripts).toBeUndefined();
  });
});

it('each direct dependency has its line in CONTRIBUTING.md: why, and how it is kept; and no line has outlived its package', () => {
  const lines = [...read('CONTRIBUTING.md').matchAll(/^\| `([^`|]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  const named = lines.filter(([, name = '']) => !/^(sensor|web|test)(\/|$)/.test(name));
  expect(named.map(([, name]) => name).sort()).toEqual(DIRECT);
  for (const [, name, why = '', kept = ''] of named)
    expect([name, why.trim().length > 15, /\d/.test(kept)]).toEqual([name, true, true]);
});

describe('the two packages that nobody looks after', () => {
  const users = (name: string): string[] => {
    const files = ['sensor', 'web'].flatMap((top) =>
      readdirSync(join(checkout, top), { recursive: true, encoding: 'utf8' }).map((file) => `${top}/${file}`),
    );
    const sources = files.filter((file) => /^(?!.*node_modules\/).*(?<!\.d)\.(ts|tsx|mjs)$/.test(file));
    return sources.filter((file) => new RegExp(`^import .* from '${name}';`, 'm').test(read(file)));
  };

  it.each([
    ['cap', 'sensor/capture/cap-child.ts'],
    ['pcap-parser', 'sensor/capture/pcap-stream.ts'],
  ])('%s is known to %s alone, with a plan for the day it no longer builds', (name, seam) => {
    expect(users(name)).toEqual([seam]);
    expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`^### The day \`${name}\` no longer works`, 'm'));
  });
});
