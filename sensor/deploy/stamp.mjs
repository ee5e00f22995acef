// What dist was made from, and whether the sources are still that. Each start asks: dates and sizes answer as long as nobody
// touched a file, the contents where somebody did.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';
import { dateOf } from './untouched.cjs';

/** Where a build and its lock live while they are made. Gone afterwards. */
export const workFolder = (folder = root) => path.join(folder, '.set-up');

const TEST_TOOLS = [
  'test/lab',
  'test/bench',
  'test/fuzz',
  'test/crash',
  'test/soak',
  'test/mutants',
  'test/support',
  'test/captures',
  'test/agreement',
  'test/detection',
  'test/decode/fixtures',
];
/** Tools that stand among tests. */
const SINGLE_TOOLS = ['test/capture/live-runner.ts', 'test/web/screenshots.ts'];
const TEST_SOURCE = /\.(ts|mjs|sh|json|yaml)$/;

/**
 * Every file below a folder but those of npm packages, as paths relative to `folder`, in one order on every machine. Paths are put
 * together as texts: for a thousand of them `path.join` takes a start 5 ms more.
 */
function filesBelow(folder, place) {
  const found = [];
  if (!existsSync(`${folder}/${place}`)) return found;
  for (const entry of readdirSync(`${folder}/${place}`, { withFileTypes: true })) {
    const inside = `${place}/${entry.name}`;
    if (entry.name === 'node_modules') continue;
    if (entry.isDirectory()) found.push(...filesBelow(folder, inside));
    else if (entry.isFile()) found.push(inside);
  }
  return found.sort();
}

/** What the program is built from. */
export function programFiles(folder) {
  const files = ['sensor', 'web', 'firmware-notes'].flatMap((place) => filesBelow(folder, place));
  return [...files, 'tsconfig.json', 'package-lock.json'];
}

function testToolFiles(folder) {
  const files = TEST_TOOLS.flatMap((place) => filesBelow(folder, place));
  const tools = files.filter((file) => TEST_SOURCE.test(file) && !file.endsWith('.test.ts'));
  return [...tools, ...SINGLE_TOOLS.filter((file) => existsSync(path.join(folder, file)))];
}

/** Dates and sizes of files as one text. */
function datesOf(folder, files) {
  const lines = files.map((file) => `${dateOf(folder, file)}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function contentOf(folder, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(path.join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Content hashes of what dist is made from: the program, and the tools of tests (null unless asked for); in `dates` the same of
 * dates and sizes, taken before the contents.
 */
export function sourceStamp(forTests, folder = root) {
  const [program, tests] = [programFiles(folder), forTests ? testToolFiles(folder) : null];
  const dates = { program: datesOf(folder, program), tests: tests && datesOf(folder, tests) };
  return { program: contentOf(folder, program), tests: tests && contentOf(folder, tests), dates };
}

/** What a start goes by that finds nothing to set up, for `remember`: sources, their folders and the stamps. Null where one is missing. */
export function datesToRemember(folder = root) {
  const files = programFiles(folder);
  const folders = new Set(files.flatMap(foldersOf));
  const stamps = ['dist/built.json', 'node_modules/.thingwatch/packages.json'];
  try {
    return [...folders, ...files, ...stamps].map((place) => dateOf(folder, place));
  } catch {
    return null;
  }
}

/** `a/b/c.ts` lies in `a` and `a/b`. */
function foldersOf(file) {
  const names = file.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Whether a dist with the stamp `built` (null: none) serves for `wanted`. */
export function isBuilt(built, wanted) {
  return built !== null && built.program === wanted.program && (wanted.tests === null || built.tests === wanted.tests);
}

/** Whether dist is what the sources would give. What it had to read for that it remembers, where it may write. */
export function isUpToDate(forTests, folder = root) {
  const built = readBuildStamp(folder);
  if (built === null) return false;
  const isUntouched =
    built.dates?.program === datesOf(folder, programFiles(folder)) &&
    (!forTests || (built.tests !== null && built.dates.tests === datesOf(folder, testToolFiles(folder))));
  if (isUntouched) return true;
  const wanted = sourceStamp(forTests, folder);
  if (!isBuilt(built, wanted)) return false;
  try {
    const dates = { program: wanted.dates.program, tests: wanted.dates.tests ?? built.dates?.tests ?? null };
    writeBuildStamp({ ...built, dates }, path.join(folder, 'dist'));
  } catch {
    // A checkout that this account may only read works as well; it is read again next time.
  }
  return true;
}

export function readBuildStamp(folder = root) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'dist', 'built.json'), 'utf8'));
  } catch {
    return null;
  }
}

export function writeBuildStamp(stamp, dist) {
  writeFileSync(path.join(dist, 'built.json'), `${JSON.stringify(stamp)}\n`);
}
