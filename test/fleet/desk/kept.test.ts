// Answers that are reckoned once for all who ask: told for a while, then once more while they are reckoned anew, and not when too old.
import { expect, it } from 'vitest';
import { Kept } from '../../../web/fleet/kept.ts';

function kept() {
  const clock = { now: 0 };
  const waiting: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = [];
  const answers = new Kept<string>({ ticks: () => clock.now, forMs: 10 });
  const ask = (key = 'a') =>
    answers.get(key, () => new Promise((resolve, reject) => waiting.push({ resolve, reject })));
  return { ask, clock, waiting };
}

it('who asks at once waits for the same answer, and who asks for another thing for another', async () => {
  const { ask, waiting } = kept();
  const [one, two, other] = [ask(), ask(), ask('b')];
  expect(waiting).toHaveLength(2);
  waiting[0]?.resolve('first');
  waiting[1]?.resolve('b');
  expect(await Promise.all([one, two, other])).toEqual(['first', 'first', 'b']);
});

it('an old one is told while it is reckoned anew, once; one that is too old is waited for', async () => {
  const { ask, clock, waiting } = kept();
  const first = ask();
  waiting[0]?.resolve('first');
  await first;
  clock.now = 9;
  expect(await ask()).toBe('first');
  expect(waiting).toHaveLength(1);
  clock.now = 10;
  expect([await ask(), await ask()]).toEqual(['first', 'first']);
  expect(waiting).toHaveLength(2);
  waiting[1]?.resolve('second');
  await Promise.resolve();
  clock.now = 19;
  expect(await ask()).toBe('second');
  clock.now = 70;
  const third = ask();
  waiting[2]?.resolve('third');
  expect(await third).toBe('third');
});

it('what fails is not kept, and leaves the old one where there is one', async () => {
  const { ask, clock, waiting } = kept();
  const failed = ask();
  waiting[0]?.reject(new Error('away'));
  await expect(failed).rejects.toThrow('away');
  const first = ask();
  waiting[1]?.resolve('first');
  await first;
  clock.now = 10;
  expect(await ask()).toBe('first');
  waiting[2]?.reject(new Error('away'));
  await new Promise(setImmediate);
  expect(await ask()).toBe('first');
  expect(waiting).toHaveLength(4);
});
