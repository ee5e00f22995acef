// The Debian package: what is in it and what it asks for. That it installs, upgrades and goes on a Debian of its own is tried by
// `npm run package -- --try`, which takes minutes and Debian's mirror.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePackage, newestSymbolVersion } from '../../../sensor/deploy/package.mjs';
import { linksIn } from '../../manual/documents.ts';
import { ensureBuilt } from '../../program/program.ts';

const out = mkdtempSync(join(tmpdir(), 'thingwatch-package-test-'));
const unpacked = join(out, 'unpacked');
let made: Awaited<ReturnType<typeof makePackage>>;

const run = (command: string, ...args: string[]) => {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1e8 });
  return { code: status, said: `${stdout}${stderr}` };
};

beforeAll(async () => {
  await ensureBuilt();
  made = await makePackage({ out, version: '1.2.3', packing: 'none' });
  expect(run('dpkg-deb', '-R', made.file, unpacked)).toEqual({ code: 0, said: '' });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('it asks for the Node that its add-ons are compiled for, and for no compiler', () => {
  const control = readFileSync(join(unpacked, 'DEBIAN/control'), 'utf8');
  const major = Number(process.versions.node.split('.')[0]);
  expect(control).toMatch(/^Version: 1\.2\.3$/m);
  expect(control).toContain(`nodejs (<< ${major + 1}~)`);
  expect(control).toMatch(
    /^Depends: nodejs \(>= 2\d(?:\.\d+)?\), .*libc6 \(>= 2\.\d+\), .*libpcap0\.8t64 \| libpcap0\.8, tcpdump,/m,
  );
  expect(control).not.toMatch(/-dev|g\+\+|make|npm/);
  expect(readFileSync(join(unpacked, 'DEBIAN/conffiles'), 'utf8')).toBe('/etc/thingwatch/thingwatch.yaml\n');
  expect(readFileSync(join(unpacked, 'DEBIAN/postinst'), 'utf8')).toContain(`"$abi" != '${process.versions.modules}'`);
});

test('all is of root, nothing is writable by others, and no source or tool of the build comes along', () => {
  const lines = run('dpkg-deb', '-c', made.file).said.trim().split('\n');
  expect(lines.filter((line) => !/^[-dl]\S{4}-\S{2}-\S root\/root /.test(line))).toEqual([]);
  const files = lines.filter((line) => line.startsWith('-')).map((line) => line.split(' ').at(-1) ?? '');
  expect(
    files.filter((file) =>
      /\.ts$|\/test\/(?!captures\/demo)|vite|typescript|biome|nan\/|prebuild|\/obj|\.a$/.test(file),
    ),
  ).toEqual([]);
  // What a fleet runs on belongs to those who run one, from a checkout.
  expect(files.filter((file) => /nats-io|node_modules\/pg|migrations|\.sql$/.test(file))).toEqual([]);
  expect(made.installedMegabytes).toBeLessThan(40);
});

test('the program in it runs where it lies, with nothing of the checkout', () => {
  const program = join(unpacked, 'usr/lib/thingwatch');
  const main = join(program, 'dist/sensor/main.js');
  expect(run(process.execPath, main, '--version')).toEqual({ code: 0, said: '1.2.3\n' });
  const replayed = run(
    process.execPath,
    main,
    '--config',
    '/dev/null',
    'replay',
    '--format',
    'json',
    join(program, 'test/captures/demo.pcap'),
  );
  expect([replayed.code, JSON.parse(replayed.said)]).toEqual([
    0,
    expect.objectContaining({ schema: 'thingwatch.report/1' }),
  ]);
  expect(run(process.execPath, main, '--config', '/dev/null', 'notes', 'check').said).toMatch(
    /^Notes checked: \d+\. No problems\.$/m,
  );
});

test('settings, unit, manual page, completion and licences lie where Debian looks for them', () => {
  const places = [
    'etc/thingwatch/thingwatch.yaml',
    'usr/lib/systemd/system/thingwatch.service',
    'usr/share/man/man1/thingwatch.1.gz',
  ];
  for (const place of [
    ...places,
    'usr/share/bash-completion/completions/thingwatch',
    'usr/share/doc/thingwatch/copyright',
  ])
    expect(existsSync(join(unpacked, place)), place).toBe(true);
  const copyright = readFileSync(join(unpacked, 'usr/share/doc/thingwatch/copyright'), 'utf8');
  for (const name of ['better-sqlite3', 'pcap-parser', 'yaml', 'zod', 'uplot']) expect(copyright).toContain(name);
  const unit = readFileSync(join(unpacked, 'usr/lib/systemd/system/thingwatch.service'), 'utf8');
  expect(unit).toContain('WorkingDirectory=/usr/lib/thingwatch\n');
  expect(unit).toContain('/usr/bin/node dist/sensor/main.js run\n');
});

test('README and manual lie with the documentation, and every link in them leads to a file of the package', () => {
  const folder = join(unpacked, 'usr/share/doc/thingwatch');
  const pages = readdirSync(join(folder, 'manual')).filter((name) => name.endsWith('.md'));
  expect(pages.length).toBeGreaterThan(10);
  const broken = ['README.md', 'THREATS.md', ...pages.map((name) => `manual/${name}`)].flatMap((place) =>
    linksIn(place, readFileSync(join(folder, place), 'utf8'))
      .filter(({ target }) => !existsSync(join(folder, dirname(place), target)))
      .map(({ at, target }) => `${at}: ${target}`),
  );
  expect(broken).toEqual([]);
  expect(existsSync(join(unpacked, 'usr/lib/thingwatch/README.md'))).toBe(false);
  const unit = readFileSync(join(unpacked, 'usr/lib/systemd/system/thingwatch.service'), 'utf8');
  const settings = readFileSync(join(unpacked, 'etc/thingwatch/thingwatch.yaml'), 'utf8');
  const named = [/^Documentation=file:\/\/(\S+)$/m.exec(unit)?.[1], /(\/usr\/\S+\.md)/.exec(settings)?.[1]];
  expect(named.map((place) => existsSync(join(unpacked, place ?? 'none')))).toEqual([true, true]);
});

test('the sums are those of the files', () => {
  expect(run('sh', '-c', `cd ${unpacked} && md5sum --quiet -c DEBIAN/md5sums`)).toEqual({ code: 0, said: '' });
});

test('the newest version counts by its numbers, not by its letters', () => {
  const file = join(out, 'symbols');
  writeFileSync(file, '\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_2.2.5\0GLIBCXX_3.4.9\0');
  expect(newestSymbolVersion([file], 'GLIBC_')).toBe('2.34');
  expect(newestSymbolVersion([file], 'GLIBCXX_')).toBe('3.4.9');
  expect(newestSymbolVersion([file], 'CXXABI_')).toBeNull();
});
