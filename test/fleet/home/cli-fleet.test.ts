// `thingwatch fleet …`: which of its commands there are, and what their words become.
import { expect, test } from 'vitest';
import { EXIT, type Handlers, runCli } from '../../../sensor/cli.ts';
import type { FleetHandlers } from '../../../sensor/cli-fleet.ts';

async function run(argv: string[], names: readonly (keyof FleetHandlers)[]) {
  const called: [name: string, options: unknown][] = [];
  let [out, complaints] = ['', ''];
  const handler = (name: string) => async (options: unknown) => {
    called.push([name, options]);
    return EXIT.done;
  };
  const fleet: FleetHandlers = Object.fromEntries(names.map((name) => [name, handler(name)]));
  const io = {
    version: '1.2.3',
    out: (text: string) => {
      out += text;
    },
    complain: (text: string) => {
      complaints += text;
    },
  };
  const code = await runCli(argv, { fleet } as Handlers, io);
  return { called, code, complaints, out };
}

const DESK = { dir: null, hostNames: [], addToken: null, homes: [], removeToken: null, listTokens: false };
const ALL = ['preview', 'withdraw', 'collect', 'desk'] as const;

test.each([
  [['fleet', 'preview'], { config: undefined, state: null }],
  [['--config', 'a.yaml', 'fleet', 'preview', '--state', 's'], { config: 'a.yaml', state: 's' }],
  [['fleet', 'withdraw'], { config: undefined, state: null, yes: false }],
  [['fleet', 'withdraw', '--yes', '--state', 's'], { config: undefined, state: 's', yes: true }],
  [['fleet', 'collect'], { config: undefined, dir: null }],
  [['fleet', 'collect', '--dir', '/srv/fleet'], { config: undefined, dir: '/srv/fleet' }],
  [['fleet', 'desk', '--config', 'f.yaml'], { config: 'f.yaml', ...DESK }],
  [
    ['fleet', 'desk', '--dir', 'd', '--host-name', 'a.example', 'b.example'],
    { config: undefined, ...DESK, dir: 'd', hostNames: ['a.example', 'b.example'] },
  ],
  [
    ['fleet', 'desk', '--add-token', 'Hal', '--home', 'h1', 'h2'],
    { config: undefined, ...DESK, addToken: 'Hal', homes: ['h1', 'h2'] },
  ],
  [['fleet', 'desk', '--remove-token', 'Hal'], { config: undefined, ...DESK, removeToken: 'Hal' }],
  [['fleet', 'desk', '--tokens'], { config: undefined, ...DESK, listTokens: true }],
])('%j', async (argv, options) => {
  const name = argv[argv.indexOf('fleet') + 1];
  expect(await run(argv, ALL)).toEqual({ called: [[name, options]], code: EXIT.done, complaints: '', out: '' });
});

test('a command that this program cannot do is not offered', async () => {
  const { out } = await run(['fleet', '--help'], ['preview']);
  expect(out).toContain('preview');
  expect(out).not.toContain('desk');
  expect((await run(['fleet', 'desk'], ['preview'])).code).toBe(EXIT.usage);
});

test('a program without any has no word fleet', async () => {
  expect((await run(['--help'], [])).out).not.toContain('fleet');
  expect((await run(['--help'], ALL)).out).toContain('fleet');
});
