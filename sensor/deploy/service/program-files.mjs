// What of a built checkout runs: the files of an installation and of a package, and how they get to another folder. No sources, no
// tools, and of the npm packages only what the bundles load when they run. Plain JavaScript: the package maker runs it too.
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { DOCUMENTS } from './documents.mjs';

/** `package-lock.json` tells the program where it lies (sensor/checkout.ts). */
const PLACES = [
  ...['package.json', 'package-lock.json', 'LICENSE', 'firmware-notes', 'dist/built.json', 'dist/oui.txt'],
  ...['dist/firmware-notes.json', 'dist/sensor', 'dist/web', 'sensor/deploy/with-notify.pl'],
  ...['sensor/deploy/thingwatch.service', 'test/captures/demo.pcap', 'test/captures/demo-notes', ...DOCUMENTS],
];

/** What bundle.mjs leaves apart, and what sensor/notes/yaml.ts loads by itself; everything else is in the bundles. */
const PACKAGES = ['better-sqlite3', 'cap', 'pcap-parser', 'yaml'];
/** Dependencies of those that only their installation needs: a download, and headers. */
const INSTALLS_ONLY = new Set(['prebuild-install', 'nan']);
/** Of a package: what it runs, what it is, and its licence. Not its sources, nor what a compiler left. */
const RUNS =
  /^(?:package\.json|(?:licen[cs]e|copying|notice)[^/]*|[^/]+\.js|(?:lib|dist)(?:\/(?!.*\.d\.ts$).*)?|build|build\/Release|build\/Release\/(?!test_)[^/]+\.node)$/i;

/** The npm packages that run, by name, with what they need in turn. */
export function runtimePackages(folder) {
  const { packages } = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const add = (name) => {
    if (found.has(name) || INSTALLS_ONLY.has(name)) return;
    found.add(name);
    for (const other of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) add(other);
  };
  for (const name of PACKAGES) add(name);
  return [...found].sort();
}

/** Copies what runs into `to`, readable by all and writable by its owner alone. Throws where something is missing. */
export function copyProgram(from, to) {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  for (const place of PLACES) copy(path.join(from, place), path.join(to, place));
  for (const name of runtimePackages(from)) {
    const source = realpathSync(path.join(from, 'node_modules', name));
    copy(source, path.join(to, 'node_modules', name), (inside) => RUNS.test(inside));
  }
  readableByAll(to);
}

function copy(from, to, isWanted = () => true) {
  if (!existsSync(from)) throw new Error(`${from} is missing: the checkout is not built`);
  mkdirSync(path.dirname(to), { recursive: true });
  const filter = (source) => source === from || isWanted(path.relative(from, source));
  cpSync(from, to, { recursive: true, filter, preserveTimestamps: true });
}

function readableByAll(place) {
  const stats = lstatSync(place);
  if (stats.isSymbolicLink()) return;
  chmodSync(place, stats.isDirectory() ? 0o755 : 0o644);
  if (stats.isDirectory()) for (const name of readdirSync(place)) readableByAll(path.join(place, name));
}
