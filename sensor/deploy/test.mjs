// `npm test`: sets up what tests need, then lint, types, build and every test. Arguments go to vitest (`npm test --
// test/decode`). Every step runs even after one failed; the exit code is the first failure's.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closingLine, slowest, summarize } from './closing-line.mjs';
import { orExplain, setUp } from './set-up.mjs';
import { root, runStep } from './steps.mjs';

const node = (file, ...args) => ({ command: process.execPath, args: [path.join(root, 'node_modules', file), ...args] });

function steps(resultFile, vitestArgs) {
  const types = ['tsconfig.json', 'web/page/tsconfig.json'].filter((file) => existsSync(path.join(root, file)));
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  return [
    { name: 'lint', ...node('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.') },
    ...types.map((file) => ({ name: `types (${file})`, ...node('typescript/bin/tsc', '--noEmit', '-p', file) })),
    {
      name: 'tests',
      ...node('vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...reporters, ...vitestArgs),
    },
  ];
}

async function runSteps(vitestArgs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-test-'));
  const resultFile = path.join(folder, 'vitest.json');
  const failed = [];
  let exitCode = 0;
  try {
    for (const { name, command, args } of steps(resultFile, vitestArgs)) {
      console.log(`\n== ${name}`);
      const { code } = await runStep(command, args, { output: 'inherit' });
      if (code === 0) continue;
      failed.push(name);
      exitCode ||= code;
    }
    report(existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')) : null, failed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return exitCode;
}

function report(result, failed) {
  const counts = result === null ? null : summarize(result);
  const longest = result === null ? [] : slowest(result);
  console.log('');
  if (longest.length > 1) {
    const line = ({ name, seconds }) => `  ${String(seconds).padStart(4)} s  ${path.relative(root, name)}`;
    console.log(`== longest\n${longest.map(line).join('\n')}`);
  }
  if (counts !== null && counts.skipped.length > 0) {
    console.log(
      `== NOT RUN: ${counts.skipped.length} skipped\n${counts.skipped.map((name) => `  - ${name}`).join('\n')}`,
    );
  }
  if (failed.length > 0) console.log(`== FAILED: ${failed.join(', ')}`);
  console.log(counts === null ? 'vitest left no result' : closingLine(counts));
}

const exitCode = await orExplain(async () => {
  await setUp({ forTests: true });
  return runSteps(process.argv.slice(2));
});
if (exitCode !== null) process.exitCode = exitCode;
