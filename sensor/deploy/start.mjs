// Sets up what is missing, then becomes the program: same process, so signals and standard input and output are the
// program's own. `--test-tools TOOL` before the arguments runs that tool of the tests instead.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { orExplain, setUp } from './set-up.mjs';
import { root, say } from './steps.mjs';

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

const args = process.argv.slice(2);
const tool = args[0] === '--test-tools' ? args.splice(0, 2)[1] : 'sensor';
const program = Object.hasOwn(PROGRAMS, tool ?? '') ? PROGRAMS[tool] : undefined;

if (program === undefined) {
  say(`--test-tools takes one of ${Object.keys(PROGRAMS).slice(1).join(', ')}`);
  process.exitCode = 2;
} else {
  const ready = await orExplain(async () => {
    await setUp({ forTests: tool !== 'sensor' });
    return true;
  });
  if (ready) {
    process.argv.splice(2, Infinity, ...args);
    const file = path.join(root, program);
    // The sensor is CommonJS, which `import` would read through once more for what it exports.
    const { main } = tool === 'sensor' ? createRequire(file)(file) : await import(pathToFileURL(file).href);
    process.exitCode = await main(args);
  }
}
