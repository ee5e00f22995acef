// One runner for unit, property, lab and browser tests; `npm test` calls it after set-up, types and lint. What only computes runs
// on two cores; what listens to networks, starts programs or browsers then has the machine to itself. What goes on for minutes and
// minds no company comes last, side by side.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const COMPUTING = [
  'test/{agreement,attribute,decode,detect,detection,main,mutants,notes,record,self-test}/**/*.test.ts',
  'test/capture/filter*.test.ts',
  'test/*.test.ts',
];

const LASTING = ['test/{crash,fuzz,soak}/**/*.test.ts', 'test/program/vantage-live.test.ts'];

const shared = { testTimeout: 30_000, hookTimeout: 60_000, pool: 'forks' } as const;

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    reporters: ['default'],
    projects: [
      { test: { ...shared, name: 'computing', include: COMPUTING, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...COMPUTING, ...LASTING],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...shared, name: 'lasting', include: LASTING, maxWorkers: 3, sequence: { groupOrder: 2 } } },
    ],
  },
});
