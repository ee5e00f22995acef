// `npm run licences`: under which licence each package of the lock files comes, and whether we may pass it on. `--texts` prints what
// has to go with a copy of dist: the licence texts of all that is built into it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './steps.mjs';

/** Licences under which anything may be built into what we pass on, and why. */
export const ALLOWED = {
  MIT: 'asks for its notice to be kept; our own licence',
  'MIT-0': 'asks for nothing',
  ISC: 'asks for its notice to be kept',
  '0BSD': 'asks for nothing',
  Unlicense: 'given to the public, asks for nothing',
  'BSD-2-Clause': 'asks for its notice to be kept',
  'BSD-3-Clause': 'asks for its notice to be kept, and not to advertise with names',
  'Apache-2.0': 'asks for its notice and a NOTICE file to be kept; grants patents',
  'BlueOak-1.0.0': 'asks for its text or a link to it',
};

/** Licences that hold for single packages alone: whoever changes these files must publish them. */
export const UNCHANGED = {
  'axe-core': 'MPL-2.0: a tool of the tests, loaded as it is, in nothing that we pass on',
  lightningcss: 'MPL-2.0: a tool of the build that Vite brings, used as it is, in nothing that we pass on',
};

/** Data inside packages that has a licence of its own. */
export const DATA = [
  'tldts holds the Public Suffix List (publicsuffix.org, MPL-2.0), unchanged: its source is https://publicsuffix.org/list/',
  'oui-data holds the MA-L assignments that the IEEE publishes (standards-oui.ieee.org); facts, in a form under BSD-2-Clause',
];

/** Where the lock file of the packages lies that only fleets and tests need: no copy of the program holds one of them. */
export const FLEET_LOCK = 'sensor/fleet';

/** @returns every package of both lock files, by name */
export function packagesOf(folder = root) {
  const found = [...lockedIn(folder, ''), ...lockedIn(folder, FLEET_LOCK)];
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function lockedIn(folder, part) {
  const lock = JSON.parse(readFileSync(path.join(folder, part, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages).flatMap(([inside, locked]) => {
    if (inside === '') return [];
    const place = path.join(part, inside);
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = installedLicence(path.join(folder, place)) ?? locked.license ?? null;
    const use = locked.dev === true ? 'development' : part === FLEET_LOCK ? 'fleet' : 'production';
    return [{ name, version: locked.version, licence, use, place }];
  });
}

/** What the package itself says; older ones have a list. Packages for other machines are not here to ask. */
function installedLicence(place) {
  const file = path.join(place, 'package.json');
  if (!existsSync(file)) return null;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof license === 'string') return license;
  if (typeof license?.type === 'string') return license.type;
  const types = Array.isArray(licenses) ? licenses.flatMap(({ type }) => (typeof type === 'string' ? [type] : [])) : [];
  return types.length === 0 ? null : types.join(' OR ');
}

/** @returns what is wrong with a package's licence and what to do; null where nothing is */
export function complaint({ licence, name, version }) {
  const who = `${name} ${version}`;
  if (licence === null || /^(UNKNOWN|UNLICENSED|SEE LICEN[CS]E)/i.test(licence.trim()))
    return `${who} names no licence: nobody may pass it on. Look into its files; take another package, or ask its author to name one.`;
  const allowed = satisfied(licence, (id) => Object.hasOwn(ALLOWED, id) || isUnchanged(name, id));
  if (allowed === null) return `${who}: "${licence}" is no SPDX expression that can be read. Look into its files.`;
  if (allowed) return null;
  return `${who} is under ${licence}, which is not in the list. Take another package, or add the licence to sensor/deploy/licences.mjs with the reason why we may pass it on.`;
}

/** Lightning CSS comes with one package for each kind of machine. */
function isUnchanged(name, id) {
  const owner = name.startsWith('lightningcss-') ? 'lightningcss' : name;
  return Object.hasOwn(UNCHANGED, owner) && UNCHANGED[owner].startsWith(`${id}:`);
}

/** `(MIT OR Apache-2.0)`: whether `isAllowed` holds for it, by the grammar of SPDX expressions; null where it cannot be read. */
export function satisfied(expression, isAllowed) {
  const words = expression.match(/\(|\)|[A-Za-z0-9.+:-]+/g) ?? [];
  if (words.join('') !== expression.replace(/\s+/g, '')) return null;
  const one = () => {
    const word = words.shift();
    if (word === '(') {
      const inner = either();
      return words.shift() === ')' ? inner : null;
    }
    if (word === undefined || [')', 'AND', 'OR', 'WITH'].includes(word)) return null;
    if (words[0] !== 'WITH') return isAllowed(word);
    // An exception gives more than the licence does.
    words.shift();
    return words.shift() === undefined ? null : isAllowed(word);
  };
  const joined = (part, word, join) => {
    let result = part();
    while (words[0] === word) {
      words.shift();
      const next = part();
      result = result === null || next === null ? null : join(result, next);
    }
    return result;
  };
  const both = () => joined(one, 'AND', (a, b) => a && b);
  const either = () => joined(both, 'OR', (a, b) => a || b);
  const result = either();
  return words.length === 0 ? result : null;
}

/** The licence texts of all that a copy of dist holds. */
function texts(folder = root) {
  const parts = packagesOf(folder).flatMap(({ licence, name, place, use, version }) => {
    const here = path.join(folder, place);
    if (use !== 'production' || !existsSync(here)) return [];
    const files = readdirSync(here).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const written = files.map((file) => readFileSync(path.join(here, file), 'utf8').trim());
    return [`${name} ${version} (${licence})`, ...(written.length === 0 ? ['No text of its own.'] : written), ''];
  });
  return [...DATA, '', ...parts].join('\n');
}

function main(args) {
  if (args.includes('--texts')) {
    console.log(texts());
    return 0;
  }
  const packages = packagesOf();
  for (const { licence, name, use, version } of packages)
    console.log(`${name.padEnd(42)} ${version.padEnd(12)} ${use.padEnd(12)} ${licence ?? 'none named'}`);
  console.log(`\n${DATA.join('\n')}`);
  const complaints = packages.flatMap((one) => complaint(one) ?? []);
  const count = (use) => packages.filter((one) => one.use === use).length;
  console.log(
    `\n${count('production')} packages for production, ${count('fleet')} more for fleets, ${count('development')} for development`,
  );
  for (const one of complaints) console.error(`licences: ${one}`);
  return complaints.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = main(process.argv.slice(2));
