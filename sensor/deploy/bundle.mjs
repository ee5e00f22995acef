// Makes one JavaScript file of each program; what a program loads only when it is needed lies in chunks/ beside it. A start
// then finds and reads a handful of files in place of some hundreds. A step of build.mjs: node bundle.mjs FOLDER [--tests]
import path from 'node:path';
import { build } from 'vite';
import { root, say } from './steps.mjs';

/** Compiled packages, which no bundle can hold; and one that Node forgives its `new Buffer` only where packages lie. */
const APART = ['better-sqlite3', 'cap', 'pcap-parser'];

/** Programs that start together share chunks. They lie in dist as they lie in the checkout. */
const SENSOR = ['sensor/main.ts'];
const CAPTURE_CHILD = ['sensor/capture/cap-child.ts'];
/** Run by build.mjs. */
const NOTES_COMPILER = ['sensor/notes/compiled.ts'];
const TEST_TOOLS = ['test/lab/main.ts', 'test/bench/main.ts', 'test/web/screenshots.ts', 'test/capture/live-runner.ts'];

/** @param packages whether npm packages become part of the bundle: tests take theirs from node_modules */
async function bundle(programs, outDir, { chunks, packages }) {
  const input = Object.fromEntries(programs.map((file) => [file.replace(/\.ts$/, ''), file]));
  const output = { format: 'esm', entryFileNames: '[name].js', chunkFileNames: `${chunks}/[name]-[hash].js` };
  await build({
    root,
    configFile: false,
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
      rolldownOptions: { input, output },
    },
  });
}

const [folder = 'dist', ...options] = process.argv.slice(2);
const out = path.resolve(root, folder);
try {
  await bundle(SENSOR, out, { chunks: 'sensor/chunks', packages: true });
  await bundle(CAPTURE_CHILD, out, { chunks: 'sensor/capture/chunks', packages: true });
  await bundle(NOTES_COMPILER, out, { chunks: 'sensor/notes/chunks', packages: true });
  if (options.includes('--tests')) await bundle(TEST_TOOLS, out, { chunks: 'test/chunks', packages: false });
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
