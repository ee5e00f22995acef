// One runner for unit, property, lab and browser tests; `npm test` calls it after set-up, types and lint. What only computes runs
// on two cores. All that is named nowhere here starts programs, brokers, homes or browsers and mostly waits for them: two at a time.
// What tells of speed or loss then has the machine to itself. What goes on for minutes and minds no company comes last, side by side.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const COMPUTING = [
  'test/{agreement,attribute,config,decode,detect,detection,main,mutants,notes,record,self-test}/**/*.test.ts',
  'test/capture/filter*.test.ts',
  'test/fleet/desk/{kept,words}.test.ts',
  'test/fleet/home/*.test.ts',
  'test/fleet/outbreak/!(same-counts).test.ts',
  'test/fleet/warner/plan.test.ts',
  'test/manual/!(commands).test.ts',
  'test/*.test.ts',
];

/** Tell how fast a page stands or frames are taken, how soon a child is back, how many frames are lost; or find what dead labs leave. */
const ALONE = [
  'test/capture/{backlog,interface-drops,live,pace,turns}.test.ts',
  'test/lab/home.test.ts',
  'test/program/live.test.ts',
  'test/web/live-lab.test.ts',
  'test/web/page/first-load.test.ts',
];

const LASTING = [
  'test/{crash,fuzz,soak}/**/*.test.ts',
  'test/capture/live-hangs.test.ts',
  'test/fleet/collector/cluster.test.ts',
  'test/fleet/outbreak/same-counts.test.ts',
  'test/fleet/privacy.test.ts',
  'test/fleet/warner/warner.test.ts',
  'test/program/{live-unanswered,vantage-live}.test.ts',
];

/** These begin first, however well the runner remembers what took long: who begins last goes on by himself at the end. */
const LONGEST = [
  ...['soak/soak', 'crash/crash', 'fleet/outbreak/same-counts', 'program/vantage-live', 'fuzz/fuzz'],
  ...['web/page/browser', 'web/page/fleet', 'program/disk-full'],
];
const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks',
  // What is polled for may take as long as a busy machine takes: the runner's second is nobody's promise.
  expect: { poll: { timeout: 20_000, interval: 50 } },
  setupFiles: fileURLToPath(new URL('support/say-waits.ts', import.meta.url)),
} as const;

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: 'computing', include: COMPUTING, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'waiting',
          include: ['test/**/*.test.ts'],
          exclude: [...COMPUTING, ...ALONE, ...LASTING],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...shared, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } } },
      { test: { ...shared, name: 'lasting', include: LASTING, maxWorkers: 4, sequence: { groupOrder: 3 } } },
    ],
  },
});
