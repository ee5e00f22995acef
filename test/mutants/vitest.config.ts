// How the tests of a room are run with faults in its sources: one test file in one process, by a runner of our own.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { readPlan } from './plan.ts';
import { switched } from './switched.ts';

const plan = readPlan();

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [
    {
      name: 'mutants',
      enforce: 'pre',
      load(id) {
        const mutants = plan?.sources[id];
        return mutants === undefined ? null : switched(readFileSync(id, 'utf8'), mutants);
      },
    },
  ],
  test: {
    include: plan === null ? [] : [plan.testFile],
    runner: fileURLToPath(new URL('runner.ts', import.meta.url)),
    reporters: ['dot'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
