// A capture child that hangs is told of, ended and started again; what only looks like that is left alone. Each test waits for most of
// its time, on a cable of its own: so all of them wait at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireLab } from '../lab/namespaces.ts';
import { ensureBuilt } from './built.ts';
import { Cable, childOf, commandOf, end, hasEnded, type Runner, running, syn } from './live-stage.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no capture that hangs is tested: ${reason}`);

/** Longer than the child of an impatient runner may give no sign of life. */
const LONG = 6500;

/** What is left of it afterwards is nothing. */
async function onCable(play: (cable: Cable, launched: (runner: Runner) => Runner) => Promise<void>): Promise<void> {
  const cable = await Cable.lay();
  let runner: Runner | undefined;
  try {
    await play(cable, (one) => {
      runner = one;
      return one;
    });
    await end(runner);
    expect(await cable.left()).toBe('');
  } finally {
    await end(runner);
    await cable.close();
  }
}

/** With a runner on the cable that captures. */
const watching = (play: (watch: { cable: Cable; runner: Runner; child: number; pid: number }) => Promise<void>) =>
  onCable(async (cable, launched) => {
    const runner = launched(cable.launch('mirror0', [], 'impatient'));
    const { child } = await running(runner);
    await play({ cable, runner, child, pid: runner.child.pid ?? 0 });
  });

const told = (runner: Runner) => runner.states().map(({ state, error, restarts }) => [state, error, restarts]);

describe.skipIf(reason !== null).concurrent('a capture child', { timeout: 60_000 }, () => {
  beforeAll(ensureBuilt);

  test('that hangs is told of, ended and started again', () =>
    watching(async ({ cable, child, runner }) => {
      process.kill(child, 'SIGSTOP');
      const told = await runner.until('state', ({ state }) => state === 'restarting');
      expect(told).toMatchObject({
        error:
          'the capture on mirror0 hangs: no sign of life for 3 seconds; it is ended and started again unless it moves within 2 seconds',
        restarts: 0,
        child,
      });
      await runner.arrived(syn(1), () => cable.send(syn(1)));
      expect(await hasEnded(child)).toBe(true);
      expect(runner.states().at(-1)).toMatchObject({ state: 'running', error: null, restarts: 1 });
      expect(runner.said('error')).toEqual([
        'the capture on mirror0 hangs: no sign of life for 5 seconds; it was ended; trying again',
      ]);
    }));

  test('that moves again in time is left alone', () =>
    watching(async ({ child, runner }) => {
      process.kill(child, 'SIGSTOP');
      await runner.until('state', ({ state }) => state === 'restarting');
      process.kill(child, 'SIGCONT');
      await runner.until('log', ({ text }) => text === 'the capture on mirror0 moves again');
      await sleep(3000);
      expect(runner.states().at(-1)).toMatchObject({ state: 'running', error: null, restarts: 0, child });
    }));

  test('that hangs before it captures is ended and started again as well', () =>
    watching(async ({ cable, child: first, pid, runner }) => {
      process.kill(first, 'SIGKILL');
      await runner.until('state', ({ error }) => error !== null);
      let child = 0;
      // Stopped before it is a program of its own, it would hold up who starts it.
      while (child === 0 || !commandOf(child).includes('cap-child')) {
        child = childOf(pid);
        await sleep(1);
      }
      process.kill(child, 'SIGSTOP');
      await runner.until('state', ({ error }) => error?.startsWith('the capture on mirror0 hangs') ?? false);
      await runner.arrived(syn(1), () => cable.send(syn(1)));
      expect(await hasEnded(child)).toBe(true);
      expect(runner.states().at(-1)).toMatchObject({ state: 'running', restarts: 2 });
    }));

  test('does not hang where nobody takes its frames yet, nor where its parent was stopped itself meanwhile', () =>
    onCable(async (cable, launched) => {
      const { child, pid, runner } = await cable.launchHeld(launched, 'impatient');
      await sleep(LONG);
      process.kill(pid, 'SIGSTOP');
      await sleep(LONG);
      process.kill(pid, 'SIGCONT');
      process.kill(pid, 'SIGUSR2');
      await runner.arrived(syn(1));
      expect(told(runner)).toEqual([
        ['starting', null, 0],
        ['running', null, 0],
      ]);
      expect(await hasEnded(child)).toBe(false);
    }));

  test('does not hang on a silent link, nor where its parent was stopped itself', () =>
    watching(async ({ cable, child, pid, runner }) => {
      process.kill(pid, 'SIGSTOP');
      await sleep(LONG);
      process.kill(pid, 'SIGCONT');
      await sleep(LONG);
      await cable.send(syn(2));
      await runner.arrived(syn(2));
      expect(told(runner)).toEqual([
        ['starting', null, 0],
        ['running', null, 0],
      ]);
      expect(await hasEnded(child)).toBe(false);
    }));
});
