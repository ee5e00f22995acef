// One runner for unit, property, lab and browser tests; `npm test` calls it after set-up, types and lint. What only computes runs
// on two cores; so does what starts programs and brokers and mostly waits for them. What is about speed, whole homes or browsers then
// has the machine to itself. What goes on for minutes and minds no company comes last, side by side.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

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

/** Two at a time. */
const WAITING = [
  'test/publish/**/*.test.ts',
  'test/web/!(live-lab).test.ts',
  'test/web/page/{figures,format,language,sentence,words}*.test.ts',
  'test/capture/{fritzbox,interfaces,own-addresses,pcap-stream,remote-mirror}.test.ts',
  'test/capture/{replay,replay-end,replay-open,replay-pipe,sniff,stream-source,tcpdump,unpack}.test.ts',
  'test/{deploy,support}/**/*.test.ts',
  'test/fleet/{collector,operator,support}/!(cluster).test.ts',
  'test/fleet/desk/{api,command,k-rule,login}.test.ts',
  'test/fleet/home/program/*.test.ts',
  'test/fleet/warner/home.test.ts',
  'test/manual/commands.test.ts',
  'test/program/{backup,bad-input,bundle,clock,contract,descriptors,disk-faults,disk-full,doctor,evidence}.test.ts',
  'test/program/{hung-broker,journal,lost-phone,missing-files,names,notify,offloads,replay,secrets}.test.ts',
  'test/program/{self-test,serve,sources,state-rights,vanished-pages,watchdog}.test.ts',
];

const LASTING = [
  'test/{crash,fuzz,soak}/**/*.test.ts',
  'test/fleet/collector/cluster.test.ts',
  'test/fleet/outbreak/same-counts.test.ts',
  'test/fleet/privacy.test.ts',
  'test/fleet/warner/warner.test.ts',
  'test/program/vantage-live.test.ts',
];

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
    projects: [
      { test: { ...shared, name: 'computing', include: COMPUTING, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { test: { ...shared, name: 'waiting', include: WAITING, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...COMPUTING, ...WAITING, ...LASTING],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      { test: { ...shared, name: 'lasting', include: LASTING, maxWorkers: 4, sequence: { groupOrder: 3 } } },
    ],
  },
});
