// Makes one JavaScript file of each program, or one that loads it from chunks/ beside it. A start then finds and reads a handful of
// files in place of some hundreds. A step of build.mjs: node bundle.mjs FOLDER [--tests]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { root, say } from './steps.mjs';

/** Compiled packages, which no bundle can hold; and one that Node forgives its `new Buffer` only where packages lie. */
const APART = ['better-sqlite3', 'cap', 'pcap-parser'];

/** V8 reads a text that is ASCII alone much sooner, and keeps it in half the memory. */
const inAscii = {
  name: 'in-ascii',
  generateBundle(_, files) {
    const asEscape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const file of Object.values(files))
      if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, asEscape);
  },
};

/** They lie in dist as they lie in the checkout. */
const inPlace = (...files) => Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), file]));
const SENSOR = inPlace('sensor/main.ts');
/** What the sensor's file loads, the one or the other; it has nothing in common with them. */
const SENSOR_CHUNKS = {
  'sensor/chunks/program': 'sensor/main/program.ts',
  'sensor/chunks/kept-run': 'sensor/main/kept-run.ts',
  // Loaded by fleet.mjs.
  'sensor/chunks/fleet-program': 'sensor/main/fleet-program.ts',
};
const CAPTURE_CHILD = inPlace('sensor/capture/cap-child.ts');
/** Run by build.mjs. */
const NOTES_COMPILER = inPlace('sensor/notes/compiled.ts');
const TEST_TOOLS = inPlace(
  'test/lab/main.ts',
  'test/bench/main.ts',
  'test/crash/main.ts',
  'test/mutants/main.ts',
  'test/soak/main.ts',
  'test/web/screenshots.ts',
  'test/capture/live-runner.ts',
);

/** Built apart from the others: in it the program counts which of its blocks are reached. */
const FUZZER = inPlace('test/fuzz/main.ts', 'test/fuzz/child.ts', 'test/fuzz/work.ts');

/**
 * Programs that start together share chunks.
 * @param format `cjs`: Node starts it sooner, and what V8 compiles of it can be kept
 * @param packages whether npm packages become part of the bundle: tests take theirs from node_modules
 */
async function bundle(input, outDir, { chunks, format, packages, plugins = [] }) {
  const names = { entryFileNames: '[name].js', chunkFileNames: `${chunks}/[name]-[hash].js` };
  // A start reads it all: comments are for whoever reads the source, and of a long text one copy will do.
  const output = { format, ...names, comments: { legal: true, annotation: true, jsdoc: false } };
  const optimization = { inlineConst: false };
  await build({
    root,
    configFile: false,
    plugins: [...plugins, inAscii],
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: packages ? true : [], external: APART },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      // Stack traces shall name what the sources name.
      minify: false,
      rolldownOptions: { input, optimization, output },
    },
  });
}

const [folder = 'dist', ...options] = process.argv.slice(2);
const out = path.resolve(root, folder);
try {
  for (const [program, chunks] of [
    [SENSOR, 'sensor/chunks'],
    [SENSOR_CHUNKS, 'sensor/chunks'],
    [CAPTURE_CHILD, 'sensor/capture/chunks'],
    [NOTES_COMPILER, 'sensor/notes/chunks'],
  ]) {
    await bundle(program, out, { chunks, format: 'cjs', packages: true });
  }
  writeFileSync(path.join(out, 'sensor/package.json'), '{ "type": "commonjs" }\n');
  if (options.includes('--tests')) {
    await bundle(TEST_TOOLS, out, { chunks: 'test/chunks', format: 'esm', packages: false });
    const { countingBlocks } = await import('../../test/fuzz/instrument.mjs');
    const plugins = [countingBlocks(root, 'test/fuzz/blocks.json')];
    await bundle(FUZZER, out, { chunks: 'test/fuzz/chunks', format: 'esm', packages: false, plugins });
  }
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
