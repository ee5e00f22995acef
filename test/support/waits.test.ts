// A test that waits in vain can say for what.
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { eventually, Program } from '../program/program.ts';
import { until } from './transcript.ts';
import { forgetWaits, stillAwaited } from './waits.ts';

it('what is waited for stands in the words of the test, with its place, until it has come', async () => {
  let isThere = false;
  const waits = [until(() => isThere), eventually(() => (isThere ? 1 : null))];
  expect(stillAwaited(performance.now() + 2000)).toEqual([
    expect.stringMatching(/^for 2\.\d s: \(\) => isThere \(\S*waits\.test\.ts:\d+\)$/),
    expect.stringMatching(/^for 2\.\d s: \(\) => isThere \? 1 : null \(\S*waits\.test\.ts:\d+\)$/),
  ]);
  isThere = true;
  await Promise.all(waits);
  expect(stillAwaited()).toEqual([]);
});

it('so do the words of a program that does not say them, also when it ends', async () => {
  const program = new Program(spawn('sleep', ['60']));
  const said = program.says(/good morning/);
  expect(stillAwaited()).toEqual([expect.stringContaining('that the program says /good morning/')]);
  await program.kill();
  await expect(said).rejects.toThrow(/ended without saying/);
  expect(stillAwaited()).toEqual([]);
});

it('what a program said last is heard also where its end is known first', async () => {
  const program = new Program(spawn('sh', ['-c', '(sleep 0.3; echo good night >&2) & exit 0']));
  await new Promise((resolve) => program.child.once('exit', resolve));
  expect((await program.says(/good (\w+)/))[1]).toBe('night');
});

it('what an earlier test waited for is none of the next one’s', async () => {
  let isThere = false;
  const wait = until(() => isThere);
  forgetWaits();
  expect(stillAwaited()).toEqual([]);
  isThere = true;
  await wait;
});
