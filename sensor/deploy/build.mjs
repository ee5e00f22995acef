// Builds dist/: each program as one file where its source lies in the checkout, with chunks/ beside it; the vendor table, the
// parsed notes, the page in web/public. Types are checked by `npm test`, not here. A failed build leaves the old dist as it was.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';
import { root, runStep, SetUpError, say } from './steps.mjs';

/** Where a build and its lock live while they are made. Gone afterwards. */
export const workFolder = (folder = root) => path.join(folder, '.set-up');

const TEST_TOOLS = [
  'test/lab',
  'test/bench',
  'test/support',
  'test/captures',
  'test/agreement',
  'test/detection',
  'test/decode/fixtures',
];
/** Tools that stand among tests. */
const SINGLE_TOOLS = ['test/capture/live-runner.ts', 'test/web/screenshots.ts'];
const TEST_SOURCE = /\.(ts|mjs|sh|json|yaml)$/;

/** Every file below a folder, as paths relative to `folder`, in one order on every machine. */
function filesBelow(folder, place) {
  const found = [];
  const entries = existsSync(path.join(folder, place))
    ? readdirSync(path.join(folder, place), { withFileTypes: true })
    : [];
  for (const entry of entries) {
    const inside = `${place}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesBelow(folder, inside));
    else if (entry.isFile()) found.push(inside);
  }
  return found.sort();
}

function hashOf(folder, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(path.join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function testToolFiles(folder) {
  const files = TEST_TOOLS.flatMap((place) => filesBelow(folder, place));
  const tools = files.filter((file) => TEST_SOURCE.test(file) && !file.endsWith('.test.ts'));
  return [...tools, ...SINGLE_TOOLS.filter((file) => existsSync(path.join(folder, file)))];
}

/** Content hashes of what dist is made from: the program, and the lab and bench (null unless asked for). */
export function sourceStamp(forTests, folder = root) {
  const folders = ['sensor', 'web', 'firmware-notes'].flatMap((place) => filesBelow(folder, place));
  const program = [...folders, 'tsconfig.json', 'package-lock.json'];
  return { program: hashOf(folder, program), tests: forTests ? hashOf(folder, testToolFiles(folder)) : null };
}

/** Whether a dist with the stamp `built` (null: none) serves for `wanted`. */
export function isBuilt(built, wanted) {
  return built !== null && built.program === wanted.program && (wanted.tests === null || built.tests === wanted.tests);
}

export function readBuildStamp(folder = root) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'dist', 'built.json'), 'utf8'));
  } catch {
    return null;
  }
}

async function tool(file, args, what, onStart) {
  const { code } = await runStep(process.execPath, [path.join(root, file), ...args], { onStart });
  if (code !== 0) throw new SetUpError(`building ${what} failed (exit ${code}); the reason is above`);
}

/**
 * Builds into a folder of its own and then puts that in dist's place. Call it under the set-up's lock.
 * @param forTests with lab and bench, which need the development packages
 */
export async function build({ forTests, onStart }) {
  const out = path.join(workFolder(), 'build');
  const old = path.join(workFolder(), 'old');
  const dist = path.join(root, 'dist');
  const clear = () => {
    for (const folder of [out, old]) rmSync(folder, { recursive: true, force: true });
  };
  clear();
  try {
    await buildInto(out, forTests, onStart);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(out, dist);
  } finally {
    clear();
  }
}

async function buildInto(out, forTests, onStart) {
  // Taken first: what changes while it is built is built again next time.
  const stamp = sourceStamp(forTests);
  mkdirSync(out, { recursive: true });
  await tool('sensor/deploy/bundle.mjs', [out, ...(forTests ? ['--tests'] : [])], 'the program', onStart);
  const { buildOui } = await import('./build-oui.mjs');
  await buildOui(path.join(out, 'oui.txt'));
  const { compileNotes } = await import(pathToFileURL(path.join(out, 'sensor/notes/compiled.js')).href);
  writeFileSync(path.join(out, 'firmware-notes.json'), compileNotes(path.join(root, 'firmware-notes')));
  rmSync(path.join(out, 'sensor/notes'), { recursive: true });
  if (existsSync(path.join(root, 'web/page/vite.config.ts'))) {
    const place = ['--outDir', path.join(out, 'web/public'), '--emptyOutDir'];
    const page = ['build', '--config', 'web/page/vite.config.ts', ...place, '--logLevel', 'warn'];
    await tool('node_modules/vite/bin/vite.js', page, 'the page', onStart);
  }
  writeFileSync(path.join(out, 'built.json'), `${JSON.stringify(stamp)}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await withLock(workFolder(), (onStart) => build({ forTests: false, onStart }));
    say('built dist');
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}
