// Steps: looked at, taken, looked at again, told in one line each.
import { expect, test } from 'vitest';
import { type Step, StepError, takeSteps } from '../../../sensor/deploy/service/steps.ts';

/** Steps on a list of names: each puts its own there. */
function onList(list: string[], name: string, act: () => unknown = () => list.push(name)): Step {
  return { name, plan: `add ${name}`, look: () => (list.includes(name) ? `${name} is there` : null), act };
}

async function taken(steps: Step[], dryRun = false): Promise<{ isDone: boolean; said: string }> {
  let said = '';
  const isDone = await takeSteps(steps, { dryRun, say: (text) => (said += text) });
  return { isDone, said };
}

test('what is there is left alone, the rest is done and told', async () => {
  const list = ['a'];
  expect(await taken([onList(list, 'a'), onList(list, 'b')])).toEqual({
    isDone: true,
    said: 'there   a              a is there\ndone    b              b is there\n',
  });
  expect(list).toEqual(['a', 'b']);
});

test('a dry run tells both and does nothing', async () => {
  const list = ['a'];
  const { said } = await taken([onList(list, 'a'), onList(list, 'b')], true);
  expect([list, said]).toEqual([['a'], 'there   a              a is there\nwould   b              add b\n']);
});

test('a failure ends it with what is done, what is not, and what to do', async () => {
  const list: string[] = [];
  const fails = onList(list, 'b', () => {
    throw new StepError('no room', 'make room');
  });
  const { isDone, said } = await taken([onList(list, 'a'), fails, onList(list, 'c')]);
  expect([isDone, list]).toEqual([false, ['a']]);
  expect(said).toContain('FAILED  b              no room\nDone: a. Not done: b, c.\nTo do: make room. Then give');
});

test('a step that did its work in vain has failed', async () => {
  const { isDone, said } = await taken([onList([], 'a', () => {})]);
  expect([isDone, said]).toEqual([false, expect.stringContaining('not there all the same')]);
});
