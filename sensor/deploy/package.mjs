// `npm run package [-- FOLDER]`: a Debian package of the built program in packages/ or FOLDER: what runs, its compiled add-ons, unit,
// settings, manual page, completion, README and manual. It fits the machine's kind and the Node of the machine that makes it; nothing is
// compiled where it is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packageDocuments } from './service/documents.mjs';
import { copyProgram } from './service/program-files.mjs';
import { orExplain, setUp } from './set-up.mjs';
import { findProgram, root, runStep, SetUpError, say } from './steps.mjs';

/** Where the package puts the program. */
const PROGRAM = 'usr/lib/thingwatch';
const SCRIPTS = path.join(root, 'sensor/deploy/package');
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', arm: 'armhf', ia32: 'i386', riscv64: 'riscv64' };
const MAINTAINER = 'thingwatch <thingwatch@localhost>';

export function packageVersion(folder = root) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}

/** The newest version of `prefix` (GLIBC_, GLIBCXX_) that compiled files ask for, as `2.34`; null where they ask for none. */
export function newestSymbolVersion(files, prefix) {
  const found = files.flatMap((file) => [
    ...readFileSync(file, 'latin1').matchAll(new RegExp(`\\0${prefix}(\\d+(?:\\.\\d+)+)(?=\\0)`, 'g')),
  ]);
  const parts = (text) => text.split('.').map(Number);
  const isOlder = (a, b) => {
    const [left, right] = [parts(a), parts(b)];
    const at = right.findIndex((part, n) => part !== (left[n] ?? 0));
    return at !== -1 && (left[at] ?? 0) < right[at];
  };
  return found
    .map(([, version]) => version)
    .reduce((newest, one) => (newest === null || isOlder(newest, one) ? one : newest), null);
}

/** libstdc++6 is numbered by its compiler, its symbols by themselves (libstdc++ manual, "ABI Policy and Guidelines"). */
const COMPILER_OF = { '3.4.29': '11', '3.4.30': '12', '3.4.31': '13', '3.4.32': '13.2', '3.4.33': '14' };

function dependencies(addOns) {
  const glibc = newestSymbolVersion(addOns, 'GLIBC_');
  const compiler = COMPILER_OF[newestSymbolVersion(addOns, 'GLIBCXX_')];
  const major = Number(process.versions.node.split('.')[0]);
  const oldest = major === 20 ? '20.19' : `${major}`;
  return [
    `nodejs (>= ${oldest})`,
    `nodejs (<< ${major + 1}~)`,
    `libc6 (>= ${glibc ?? '2.31'})`,
    `libstdc++6${compiler === undefined ? '' : ` (>= ${compiler})`}`,
    'libpcap0.8t64 | libpcap0.8',
    // perl and setpriv are part of every Debian, and are not to be named for that.
    ...['tcpdump', 'ethtool', 'passwd'],
  ];
}

/** Lays everything out below `stage` as it will lie on the machine. */
function layOut(stage, version) {
  const put = (place, text, mode = 0o644) => {
    const file = path.join(stage, place);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  copyProgram(root, path.join(stage, PROGRAM));
  packageDocuments(path.join(stage, PROGRAM), stage);
  // The texts of licences stand in the copyright file.
  rmSync(path.join(stage, PROGRAM, 'LICENSE'));
  const about = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  put(`${PROGRAM}/package.json`, `${JSON.stringify({ ...about, version }, null, 2)}\n`);
  put('usr/bin/thingwatch', `#!/bin/sh\nexec /usr/bin/node /${PROGRAM}/dist/sensor/main.js "$@"\n`, 0o755);
  put('usr/lib/systemd/system/thingwatch.service', unit());
  put('etc/thingwatch/thingwatch.yaml', readFileSync(path.join(SCRIPTS, 'thingwatch.yaml'), 'utf8'));
  put('usr/share/man/man1/thingwatch.1.gz', packed(manual('man')));
  put('usr/share/bash-completion/completions/thingwatch', manual('bash'));
  put('usr/share/doc/thingwatch/copyright', copyright());
  put('usr/share/doc/thingwatch/changelog.gz', packed(changelog(version)));
}

/** The same bytes for the same text. */
const packed = (text) => gzipSync(text, { level: 9 });

const main = () => path.join(root, 'dist/sensor/main.js');

function manual(format) {
  return execFileSync(process.execPath, [main(), 'manual', format], { encoding: 'utf8' });
}

function unit() {
  return execFileSync(process.execPath, [main(), 'manual', 'unit'], { encoding: 'utf8' });
}

function changelog(version) {
  const { mtime } = statSync(path.join(root, 'CHANGELOG.md'));
  const date = mtime.toUTCString().replace('GMT', '+0000');
  return `thingwatch (${version}) unstable; urgency=medium\n\n  * What is new stands in CHANGELOG.md of the sources.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** What is built into the program or lies beside it, each under its licence with the text that asks to go along. */
function copyright() {
  const own = readFileSync(path.join(root, 'LICENSE'), 'utf8');
  const texts = execFileSync(process.execPath, [path.join(root, 'sensor/deploy/licences.mjs'), '--texts'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return `thingwatch\n\n${own}\nWhat is built into it or lies beside it:\n\n${texts}`;
}

function filesBelow(folder, place = '') {
  return readdirSync(path.join(folder, place), { withFileTypes: true }).flatMap((entry) => {
    const inside = path.join(place, entry.name);
    return entry.isDirectory() ? filesBelow(folder, inside) : [inside];
  });
}

/** Names of what was compiled are for its developers; without binutils they stay. */
async function strip(addOns) {
  if (findProgram('strip') !== null) await runStep('strip', ['--strip-unneeded', ...addOns], { output: 'capture' });
}

const compiledIn = (stage) =>
  filesBelow(stage)
    .filter((file) => file.endsWith('.node'))
    .map((file) => path.join(stage, file));

function writeControl(stage, version, architecture) {
  const files = filesBelow(stage)
    .filter((file) => !file.startsWith('DEBIAN'))
    .sort();
  const kilobytes = files.reduce((sum, file) => sum + Math.ceil(lstatSync(path.join(stage, file)).size / 1024), 0);
  const control = [
    'Package: thingwatch',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${kilobytes}`,
    `Depends: ${dependencies(compiledIn(stage)).join(', ')}`,
    // What https:// notify targets and boxes are trusted by.
    'Recommends: bash-completion, ca-certificates',
    // For captures that are packed with it.
    'Suggests: zstd',
    'Section: net',
    'Priority: optional',
    'Description: tells which device in the home sends mail',
    ' Sits on the mirror port of a home router and notices the moment a device',
    ' that has no business with mail begins to send it; names the backends that',
    ' each device talks to; tells Home Assistant over MQTT, and a page for phones.',
    ' .',
    ' "thingwatch install" chooses the port and starts the service.',
    '',
  ].join('\n');
  const folder = path.join(stage, 'DEBIAN');
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(path.join(folder, 'control'), control);
  writeFileSync(path.join(folder, 'conffiles'), '/etc/thingwatch/thingwatch.yaml\n');
  const sums = files.map(
    (file) =>
      `${createHash('md5')
        .update(readFileSync(path.join(stage, file)))
        .digest('hex')}  ${file}\n`,
  );
  writeFileSync(path.join(folder, 'md5sums'), sums.join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    const text = readFileSync(path.join(SCRIPTS, script), 'utf8');
    const wanted = text
      .replaceAll('@ABI@', process.versions.modules)
      .replaceAll('@NODE@', process.versions.node.split('.')[0]);
    writeFileSync(path.join(folder, script), wanted);
    chmodSync(path.join(folder, script), 0o755);
  }
  return kilobytes;
}

/**
 * @param options.out folder to write it to
 * @param options.packing `xz`, or `none` where time matters
 * @param options.version in place of the program's own, so that an upgrade can be tried
 * @returns the package's file, and what it takes
 */
export async function makePackage({ out, packing = 'xz', version = packageVersion() }) {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new SetUpError(`Debian has no name here for ${process.arch}`);
  if (findProgram('dpkg-deb') === null) throw new SetUpError('dpkg-deb is missing: make the package on a Debian');
  const stage = mkdtempSync(path.join(tmpdir(), 'thingwatch-package-'));
  try {
    chmodSync(stage, 0o755);
    layOut(stage, version);
    await strip(compiledIn(stage));
    const kilobytes = writeControl(stage, version, architecture);
    mkdirSync(out, { recursive: true });
    const file = path.join(out, `thingwatch_${version}_${architecture}.deb`);
    const args = ['--root-owner-group', `-Z${packing}`, '--build', stage, file];
    const { code, text } = await runStep('dpkg-deb', args, { output: 'capture' });
    if (code !== 0) throw new SetUpError(`dpkg-deb failed: ${text}`);
    return { file, megabytes: statSync(file).size / 1e6, installedMegabytes: (kilobytes * 1024) / 1e6 };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function make(out) {
  const { file, installedMegabytes, megabytes } = await makePackage({ out });
  const node = `Node ${process.versions.node.split('.')[0]} (ABI ${process.versions.modules})`;
  say(`${file}: ${megabytes.toFixed(1)} MB, installed ${installedMegabytes.toFixed(1)} MB, for ${node}`);
  return file;
}

/** On a Debian of its own, by `try.sh` or `boot.sh`; `base` is one that debootstrap made before. */
async function tryIt(how, base) {
  const out = mkdtempSync(path.join(tmpdir(), 'thingwatch-try-'));
  try {
    const old = await makePackage({ out, version: `${packageVersion()}~before` });
    const script = path.join(root, 'test/deploy/package', how);
    const { code } = await runStep(script, [old.file, await make(out), ...base], { output: 'inherit' });
    return code;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [first, ...rest] = process.argv.slice(2);
  const code = await orExplain(async () => {
    await setUp({ forTests: false });
    if (first === '--try') return tryIt('try.sh', rest.slice(0, 1));
    if (first === '--boot') return tryIt('boot.sh', rest.slice(0, 1));
    await make(path.resolve(first ?? path.join(root, 'packages')));
    return 0;
  });
  if (code !== null) process.exitCode = code;
}
