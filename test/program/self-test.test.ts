// `thingwatch self-test` as a person runs it: all cases pass, nothing of the user's is read or left, and a failure is one.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfTest } from '../../sensor/main/self-test.ts';
import type { Case } from '../../sensor/self-test/case.ts';
import { CASES } from '../../sensor/self-test/cases.ts';
import { mail } from '../support/name-frames.ts';
import { CAMERA, MAIL_SERVER, START } from '../support/stage.ts';
import { ensureBuilt, Program, scratch } from './program.ts';

const files = scratch();
beforeAll(ensureBuilt);
afterAll(files.remove);

/** A folder in which the program would find a broken configuration, and another for what it keeps for a while. */
function place(name: string): { cwd: string; temporary: string; env: NodeJS.ProcessEnv } {
  const [cwd, temporary] = [files.path(name), files.path(`${name}-temporary`)];
  for (const folder of [cwd, temporary]) mkdirSync(folder);
  writeFileSync(`${cwd}/thingwatch.yaml`, 'mqtt: { listen: nowhere }');
  return {
    cwd,
    temporary,
    env: { TMPDIR: temporary, THINGWATCH_MQTT_URL: 'mqtt://127.0.0.1:9', THINGWATCH_WEB_LISTEN: 'x' },
  };
}

test('every case passes, whatever the configuration, and nothing is left', { timeout: 120_000 }, async () => {
  const { cwd, env, temporary } = place('whole');
  const { code, stderr, stdout } = await Program.start(['self-test'], { cwd, env }).ended;
  const lines = stdout.trimEnd().split('\n');
  expect({ code, stderr, failed: lines.filter((line) => line.startsWith('FAIL')) }).toEqual({
    code: 0,
    stderr: '',
    failed: [],
  });
  expect(lines.slice(0, -1)).toEqual(CASES.map(({ name }) => `ok   ${name}`));
  expect(lines.at(-1)).toBe(`${CASES.length}/${CASES.length}`);
  expect(readdirSync(cwd)).toEqual(['thingwatch.yaml']);
  expect(readdirSync(temporary)).toEqual([]);
});

test('a signal ends it early, which is no pass, and nothing is left', async () => {
  const { cwd, env, temporary } = place('stopped');
  const program = Program.start(['self-test'], { cwd, env });
  while (!program.stdout.includes('ok ')) await new Promise((resolve) => setTimeout(resolve, 10));
  const { code, stderr, stdout } = await program.stop();
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'Stopped before the end.\n' });
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^\\d+/${CASES.length}$`));
  expect(readdirSync(temporary)).toEqual([]);
});

test('without tcpdump it says what to do', async () => {
  const { cwd, env, temporary } = place('bare');
  const { code, stderr, stdout } = await Program.start(['self-test'], { cwd, env: { ...env, PATH: '' } }).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('apt-get install tcpdump');
  expect(readdirSync(temporary)).toEqual([]);
});

test('a case that comes out otherwise is told with what was expected and got, and the rest is played', async () => {
  const attempt = { frames: () => mail(CAMERA, MAIL_SERVER, START) };
  const started = { kind: 'mail_started', device: CAMERA.mac, severity: 'high' } as const;
  const cases: Case[] = [
    { ...attempt, name: 'not silent', expect: [] },
    { ...attempt, name: 'no such detector', expect: [{ ...started, kind: 'exposed' }] },
    { ...attempt, name: 'right', expect: [started] },
  ];
  let said = '';
  const out = (text: string) => {
    said += text;
  };
  expect(await selfTest(cases, { out, signal: new AbortController().signal })).toBe(false);
  expect(said.split('\n')).toEqual([
    `FAIL not silent: expected silence, got mail_started high of ${CAMERA.mac}`,
    `FAIL no such detector: expected exposed high of ${CAMERA.mac}, got mail_started high of ${CAMERA.mac}`,
    'ok   right',
    '1/3',
    '',
  ]);
});

test('it takes no words', async () => {
  const { code, stdout } = await Program.run(['self-test', 'mail']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
