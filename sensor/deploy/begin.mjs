// A start that may have something to set up: does so, and becomes the program that is asked for. Belongs to start.mjs.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { orExplain, setUp } from './set-up.mjs';
import { datesToRemember } from './stamp.mjs';
import { root, say } from './steps.mjs';
import { neededFor } from './system.mjs';
import { remember } from './untouched.cjs';

const PROGRAMS = {
  sensor: 'dist/sensor/main.js',
  lab: 'dist/test/lab/main.js',
  bench: 'dist/test/bench/main.js',
  fuzz: 'dist/test/fuzz/main.js',
  crash: 'dist/test/crash/main.js',
  mutants: 'dist/test/mutants/main.js',
  screenshots: 'dist/test/web/screenshots.js',
  soak: 'dist/test/soak/main.js',
};

/** Resolves when the program has ended; its exit code is the process's. */
export async function begin(args) {
  const tool = args[0] === '--test-tools' ? args.splice(0, 2)[1] : 'sensor';
  const program = Object.hasOwn(PROGRAMS, tool ?? '') ? PROGRAMS[tool] : undefined;
  if (program === undefined) {
    say(`--test-tools takes one of ${Object.keys(PROGRAMS).slice(1).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const ready = await orExplain(async () => {
    await (tool === 'sensor' ? setUpSensor() : setUp({ forTests: true }));
    return true;
  });
  if (!ready) return;
  process.argv.splice(2, Infinity, ...args);
  const file = path.join(root, program);
  // The sensor is CommonJS, which `import` would read through once more for what it exports.
  const { main } = tool === 'sensor' ? createRequire(file)(file) : await import(pathToFileURL(file).href);
  process.exitCode = await main(args);
}

async function setUpSensor() {
  // Taken first: what set-up or somebody else writes meanwhile is looked at by the next start.
  const dates = datesToRemember();
  await setUp({ forTests: false });
  if (dates === null) return;
  const programs = neededFor({ forTests: false, building: false });
  remember(
    dates,
    programs.map(({ name }) => name),
  );
}
