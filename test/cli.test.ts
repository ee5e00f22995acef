// The words of the command line: what they become, and what is said of wrong ones. The work behind them is not done here.
import { expect, test } from 'vitest';
import { EXIT, type Handlers, runCli } from '../sensor/cli.ts';

interface Outcome {
  code: number;
  called: [name: string, options: unknown][];
  out: string;
  complaints: string;
}

async function run(...argv: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: -1, called: [], out: '', complaints: '' };
  const handler = (name: string) => async (options: unknown) => {
    outcome.called.push([name, options]);
    return EXIT.done;
  };
  const handlers: Handlers = {
    run: handler('run'),
    replay: handler('replay'),
    doctor: handler('doctor'),
    selfTest: handler('selfTest'),
    notesCheck: handler('notesCheck'),
    notesCoverage: handler('notesCoverage'),
    pair: handler('pair'),
    evidence: handler('evidence'),
    testAlert: handler('testAlert'),
    backup: handler('backup'),
    restore: handler('restore'),
    install: handler('install'),
    update: handler('update'),
    uninstall: handler('uninstall'),
    status: handler('status'),
    fleet: {},
    manual: async () => EXIT.done,
  };
  outcome.code = await runCli(argv, handlers, {
    version: '1.2.3',
    out: (text) => {
      outcome.out += text;
    },
    complain: (text) => {
      outcome.complaints += text;
    },
  });
  return outcome;
}

const REPLAY = { config: undefined, format: 'text', speed: null, serve: false, homeNet: [], state: null };

const DOCTOR = { config: undefined, fix: false, fixOnly: false, seconds: 30, json: false };
const EVIDENCE = { config: undefined, id: 'abc', pcap: null, text: null, state: null };

const INSTALL = {
  ...{ config: undefined, interface: null, homeNet: [], listen: null, user: null, seconds: 20 },
  ...{ selfTest: true, yes: false, dryRun: false },
};

test.each([
  [['install'], 'install', INSTALL],
  [['install', '--interface', 'eth1', '--yes'], 'install', { ...INSTALL, interface: 'eth1', yes: true }],
  [
    ['install', '--home-net', '10.0.0.0/8', 'fd00::/8', '--dry-run'],
    'install',
    { ...INSTALL, homeNet: ['10.0.0.0/8', 'fd00::/8'], dryRun: true },
  ],
  [
    ['install', '--no-self-test', '--seconds', '0', '--user', 'u'],
    'install',
    { ...INSTALL, selfTest: false, seconds: 0, user: 'u' },
  ],
  [['install', '--listen', '127.0.0.1:8080'], 'install', { ...INSTALL, listen: '127.0.0.1:8080' }],
  [['update'], 'update', { config: undefined, pull: true, dryRun: false }],
  [['update', '--no-pull', '--dry-run'], 'update', { config: undefined, pull: false, dryRun: true }],
  [['uninstall'], 'uninstall', { config: undefined, purge: false, yes: false, dryRun: false }],
  [['uninstall', '--purge', '--yes'], 'uninstall', { config: undefined, purge: true, yes: true, dryRun: false }],
  [['status'], 'status', { config: undefined }],
  [['run'], 'run', { config: undefined, demo: false }],
  [['run', '--demo'], 'run', { config: undefined, demo: true }],
  [['--config', 'a.yaml', 'run'], 'run', { config: 'a.yaml', demo: false }],
  [['run', '--config', 'a.yaml'], 'run', { config: 'a.yaml', demo: false }],
  [['test-alert'], 'testAlert', { config: undefined }],
  [['--config', 'a.yaml', 'test-alert'], 'testAlert', { config: 'a.yaml' }],
  [['doctor'], 'doctor', DOCTOR],
  [['doctor', '--fix'], 'doctor', { ...DOCTOR, fix: true }],
  [['doctor', '--fix-only'], 'doctor', { ...DOCTOR, fix: true, fixOnly: true }],
  [['doctor', '--seconds', '2.5', '--json'], 'doctor', { ...DOCTOR, seconds: 2.5, json: true }],
  [['self-test'], 'selfTest', { config: undefined }],
  [['pair'], 'pair', { config: undefined, list: false, revoke: null }],
  [['pair', '--list'], 'pair', { config: undefined, list: true, revoke: null }],
  [['pair', '--revoke', 'abc'], 'pair', { config: undefined, list: false, revoke: 'abc' }],
  [['backup', 'f'], 'backup', { config: undefined, file: 'f', force: false, state: null }],
  [['backup', '-', '--force', '--state', 's'], 'backup', { config: undefined, file: '-', force: true, state: 's' }],
  [['restore', 'f', '--state', 's'], 'restore', { config: undefined, file: 'f', state: 's' }],
  [['evidence'], 'evidence', { ...EVIDENCE, id: null }],
  [['evidence', 'abc'], 'evidence', EVIDENCE],
  [
    ['evidence', 'abc', '--pcap', '-', '--text', 'f', '--state', 's'],
    'evidence',
    { ...EVIDENCE, pcap: '-', text: 'f', state: 's' },
  ],
  [['notes', 'check'], 'notesCheck', { config: undefined, dirs: [] }],
  [['notes', 'check', 'a', 'b'], 'notesCheck', { config: undefined, dirs: ['a', 'b'] }],
  [['notes', 'coverage'], 'notesCoverage', { config: undefined, dirs: [] }],
  [['notes', 'coverage', 'a'], 'notesCoverage', { config: undefined, dirs: ['a'] }],
  [['replay', 'a.pcap', 'b.pcap'], 'replay', { ...REPLAY, files: ['a.pcap', 'b.pcap'] }],
  [['replay', '-'], 'replay', { ...REPLAY, files: ['-'] }],
  [
    ['replay', '--format', 'ndjson', '--serve', 'a'],
    'replay',
    { ...REPLAY, format: 'ndjson', serve: true, files: ['a'] },
  ],
  [['replay', 'a', '--speed', '50', '--state', 's'], 'replay', { ...REPLAY, speed: 50, state: 's', files: ['a'] }],
  [['replay', 'a', '--speed', 'max'], 'replay', { ...REPLAY, files: ['a'] }],
])('%j', async (argv, name, options) => {
  const { called, code, complaints } = await run(...argv);
  expect({ called, code, complaints }).toEqual({ called: [[name, options]], code: EXIT.done, complaints: '' });
});

test.each([
  [['--home-net', '10.0.0.0/8', '2001:db8::/48', 'a.pcap']],
  [['--home-net', '10.0.0.0/8,2001:db8::/48', 'a.pcap']],
  [['--home-net=10.0.0.0/8', '--home-net', '2001:db8::/48', 'a.pcap']],
  [['a.pcap', '--home-net', '10.0.0.0/8', '2001:db8::/48']],
  [['--home-net', '10.0.0.0/8', '2001:db8::/48', '--format', 'text', 'a.pcap']],
])('replay %j: prefixes belong to the option, the file does not', async (argv) => {
  const { called } = await run('replay', ...argv);
  expect(called).toEqual([['replay', { ...REPLAY, homeNet: ['10.0.0.0/8', '2001:db8::/48'], files: ['a.pcap'] }]]);
});

test('a list of prefixes after the first one is not taken for a file', async () => {
  const { called } = await run('replay', '--home-net', '10.0.0.0/8', '192.168.0.0/16,fc00::/7', 'a.pcap');
  expect(called[0]?.[1]).toMatchObject({ homeNet: ['10.0.0.0/8', '192.168.0.0/16', 'fc00::/7'], files: ['a.pcap'] });
});

test.each([
  [[], 'run'],
  [['run'], '--demo'],
  [['replay'], '--home-net'],
  [['doctor'], 'home'],
  [['pair'], 'phone'],
  [['notes'], 'check'],
  [['notes', 'check'], 'file, line and key'],
  [['notes', 'coverage'], 'what is known of each'],
])('%j --help explains itself and exits 0', async (argv, word) => {
  for (const flag of ['--help', '-h']) {
    const { called, code, complaints, out } = await run(...argv, flag);
    expect({ called, code, complaints }).toEqual({ called: [], code: EXIT.done, complaints: '' });
    expect(out).toContain('Usage: thingwatch');
    expect(out).toContain(word);
  }
});

test('--version says the version', async () => {
  expect(await run('--version')).toMatchObject({ code: EXIT.done, out: '1.2.3\n' });
});

test.each([
  [['replay', 'a', '--sped', '5'], '--sped'],
  [['run', '--deno'], '--deno'],
  [['rum'], 'rum'],
  [['notes', 'chek'], 'chek'],
  [['run', 'extra'], 'too many arguments'],
  [['replay'], "missing required argument 'file'"],
  [['replay', 'a', '--format', 'xml'], 'xml'],
  [['replay', 'a', '--speed', 'fast'], 'fast'],
  [['replay', 'a', '--speed', '0'], '--speed'],
  [['doctor', '--seconds', '-1'], '--seconds'],
  [['doctor', '--seconds', 'long'], '--seconds'],
  [['replay', 'a', '--speed', '-3'], '--speed'],
  [['replay', 'a', '--home-net', '10.0.0.0/99'], '10.0.0.0/99'],
  [['replay', '--home-net', 'a.pcap'], 'a.pcap is no CIDR prefix'],
  [['replay', 'a', '--home-net'], '--home-net'],
  [['--config'], '--config'],
])('%j is refused by name with exit code 2, and nothing is done', async (argv, named) => {
  const { called, code, complaints, out } = await run(...argv);
  expect({ called, code, out }).toEqual({ called: [], code: EXIT.usage, out: '' });
  expect(complaints).toContain(named);
  expect(complaints).toContain('--help');
});

test('no command at all shows the help as a complaint', async () => {
  const { code, complaints } = await run();
  expect(code).toBe(EXIT.usage);
  expect(complaints).toContain('Usage: thingwatch');
});
