// Where standard error is systemd's journal, which many may read and which is sent on: the link that pairs a browser is not in it, and
// lines bear their level as the journal reads it.
import { type ChildProcess, spawn } from 'node:child_process';
import { fstatSync, openSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt, eventually, MAIN, plainEnvironment, scratch } from './program.ts';

const { path, remove } = scratch();
beforeAll(() => ensureBuilt());
afterAll(remove);

/** What the demonstration says when its standard error is a file, which JOURNAL_STREAM calls the journal or not. */
async function saidTo(file: string, isJournal: boolean): Promise<string> {
  const stream = openSync(path(file), 'w');
  const { dev, ino } = fstatSync(stream);
  const env = {
    ...plainEnvironment(),
    JOURNAL_STREAM: isJournal ? `${dev}:${ino}` : `${dev}:${ino + 1}`,
    THINGWATCH_WEB_LISTEN: '127.0.0.1:0',
    THINGWATCH_MQTT_LISTEN: '127.0.0.1:0',
    THINGWATCH_STATE_DIR: path(`state-${file}`),
  };
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'run', '--demo'], {
    cwd: path('.'),
    env,
    stdio: ['ignore', 'ignore', stream],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    return await eventually(() => {
      const said = readFileSync(path(file), 'utf8');
      return said.includes('connected to the broker') ? said : null;
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

test('the journal gets the command that prints a link, and no link', async () => {
  const said = await saidTo('journal', true);
  expect(said).toContain('"sudo thingwatch pair" prints a link');
  expect(said).not.toContain('#/pair/');
  expect(said).toMatch(/^<6>\S+ info {2}publish: connected to the broker/m);
});

test('a terminal that was started from the journal’s environment gets the link', async () => {
  const said = await saidTo('terminal', false);
  expect(said).toContain('#/pair/');
  expect(said).toMatch(/^\S+Z info {2}publish: connected to the broker/m);
});
