// Builds dist/: each program as one file where its source lies in the checkout, with chunks/ and what V8 compiles of them beside
// it; the vendor table, the parsed notes, the page in web/public. Types are checked by `npm test`, not here. A failed build leaves
// the old dist as it was.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';
import { sourceStamp, workFolder, writeBuildStamp } from './stamp.mjs';
import { root, runStep, SetUpError, say } from './steps.mjs';

/** The sensor's page, and that of whoever looks after many homes. */
const PAGES = [
  ['web/page/vite.config.ts', 'web/public', 'the page'],
  ['web/fleet/page/vite.config.ts', 'web/fleet', 'the page of the fleet desk'],
];

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
    await warmUp(onStart);
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
  for (const [config, folder, what] of PAGES) {
    if (!existsSync(path.join(root, config))) continue;
    const place = ['--outDir', path.join(out, folder), '--emptyOutDir'];
    const page = ['build', '--config', config, ...place, '--logLevel', 'warn'];
    await tool('node_modules/vite/bin/vite.js', page, what, onStart);
  }
  writeBuildStamp(stamp, out);
}

/** Starts the program once where it lies now: it finds its data there. One that cannot start is not the build's to judge. */
async function warmUp(onStart) {
  await runStep(process.execPath, [path.join(root, 'sensor/deploy/warm-up.mjs')], { output: 'capture', onStart });
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
