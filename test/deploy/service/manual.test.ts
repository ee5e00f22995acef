// The manual page and the completion, against what the command line itself says.
import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { type Handlers, runCli } from '../../../sensor/cli.ts';
import { fleetHandlers } from '../../../sensor/main/fleet-commands.ts';
import { manual } from '../../../sensor/main/manual.ts';

let [man, bash, help] = ['', '', ''];
/** By the words that call them. */
const helps = new Map<string, string>();

async function say(...words: string[]): Promise<string> {
  let said = '';
  const out = (text: string) => {
    said += text;
  };
  const handlers: Pick<Handlers, 'fleet' | 'manual'> = {
    fleet: fleetHandlers,
    manual: async (program, format) => {
      out(manual(program, format));
      return 0;
    },
  };
  await runCli(words, handlers as Handlers, { version: '1.2.3', out, complain: out });
  return said;
}

const commandsIn = (text: string) =>
  [...(text.split('Commands:\n')[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');

beforeAll(async () => {
  [man, bash, help] = [await say('manual', 'man'), await say('manual', 'bash'), await say('--help')];
  for (const name of commandsIn(help)) {
    const text = await say(name, '--help');
    const inner = commandsIn(text);
    if (inner.length === 0) helps.set(name, text);
    for (const second of inner) helps.set(`${name} ${second}`, await say(name, second, '--help'));
  }
});

const optionsIn = (text: string) => [...new Set(text.match(/(?<=^ {2}(?:-\w, )?)--[a-z-]+/gm))];

test('every command and every option stands in the manual page', () => {
  expect(helps.size).toBeGreaterThan(12);
  const shown = man.replaceAll('\\-', '-');
  for (const [words, text] of helps) {
    const section = shown.split(`\n.SS ${words}`)[1]?.split(/\n\.S[SH] /)[0];
    expect(section, words).toBeDefined();
    expect(
      optionsIn(text).filter((option) => !section?.includes(option)),
      words,
    ).toEqual([]);
  }
  expect(optionsIn(help).filter((option) => !shown.includes(option))).toEqual([]);
  expect(shown).not.toMatch(/--kept|manual/);
  expect(shown).toContain('.SH SEE ALSO\n/usr/share/doc/thingwatch/README.md, ');
});

const hasMan = spawnSync('man', ['--version']).status === 0;
test.skipIf(!hasMan)(`man takes it without a warning${hasMan ? '' : ' (NOT RUN: no man)'}`, () => {
  const shown = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', '-'], {
    input: man,
    encoding: 'utf8',
  });
  expect([shown.status, shown.stderr]).toEqual([0, '']);
});

/** What bash offers at the end of each line of words. */
function offered(...lines: string[][]): string[][] {
  const calls = lines.map(
    (words) =>
      `COMP_WORDS=(thingwatch ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _thingwatch; echo "\${COMPREPLY[@]}"`,
  );
  const { stderr, stdout } = spawnSync('bash', ['-c', [bash, ...calls].join('\n')], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
}

test('bash completes every command and every option of each', () => {
  expect(offered([''])[0]).toEqual(expect.arrayContaining(commandsIn(help)));
  expect(offered(['inst'], ['notes', ''])).toEqual([['install'], ['check', 'coverage']]);
  expect(offered(['--config', 'x', 'doctor', '--fix'])).toEqual([['--fix', '--fix-only']]);
  const lines = [...helps.keys()].map((words) => [...words.split(' '), '--']);
  expect(offered(...lines)).toEqual([...helps.values()].map(optionsIn));
});
