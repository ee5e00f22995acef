// Long work in slices: others come between, what holds no more is dropped, and a fault is told.
import { expect, it } from 'vitest';
import { atOnce, SLICE, type SlicedWork, Slices, type Steps } from '../../../sensor/fleet/steps.ts';
import { eventually } from '../../program/program.ts';

/** Takes a quarter of a slice a step. */
function* busy(count: number, done: number[] = []): Steps<number[]> {
  for (let n = 0; n < count; n++) {
    const until = performance.now() + SLICE / 4;
    while (performance.now() < until);
    done.push(n);
    yield;
  }
  return done;
}

function work(changes: Partial<SlicedWork<number[]>>): SlicedWork<number[]> {
  return { steps: busy(40), isStale: () => false, onDone() {}, onError() {}, ...changes };
}

it('is the same in slices as at once, and others come between', async () => {
  let result: number[] | null = null;
  let others = 0;
  const slices = new Slices();
  slices.begin(
    work({
      onDone(done) {
        result = done;
      },
    }),
  );
  const other = (): void => {
    others++;
    if (slices.isRunning) setImmediate(other);
  };
  setImmediate(other);
  expect(await eventually(() => result)).toEqual(atOnce(busy(40)));
  // Ten slices' worth; on a machine that is busy a step takes longer, and the slices are more.
  expect(others).toBeGreaterThanOrEqual(8);
  expect(slices.isRunning).toBe(false);
});

it('is dropped where it is stale, and where another takes its place', async () => {
  const old: number[] = [];
  const stale: number[] = [];
  const fresh: number[] = [];
  const told: string[] = [];
  const slices = new Slices();
  slices.begin(work({ steps: busy(40, old), onDone: () => void told.push('old') }));
  slices.begin(
    work({ steps: busy(40, stale), isStale: () => stale.length > 0, onDone: () => void told.push('stale') }),
  );
  await eventually(() => (slices.isRunning ? null : true));
  slices.begin(work({ steps: busy(8, fresh), onDone: () => void told.push('fresh') }));
  await eventually(() => (slices.isRunning ? null : true));
  expect([old.length, told]).toEqual([0, ['fresh']]);
  expect(stale.length).toBeGreaterThan(0);
  expect(stale.length).toBeLessThan(40);
  expect(fresh.length).toBe(8);
});

it('tells what went wrong, once, and ends', async () => {
  const errors: unknown[] = [];
  const slices = new Slices();
  function* broken(): Steps<number[]> {
    yield;
    throw new Error('no books');
  }
  slices.begin(work({ steps: broken(), onError: (error) => void errors.push(error) }));
  await eventually(() => (slices.isRunning ? null : true));
  expect(errors).toEqual([new Error('no books')]);
});
