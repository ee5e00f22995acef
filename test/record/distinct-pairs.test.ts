// Addresses that a person called different things: pairs in either order, kept as text, bounded.
import { expect, it } from 'vitest';
import { DISTINCT_KEY, DistinctPairs } from '../../sensor/record/distinct-pairs.ts';

const [A, B, C, D] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b', '02:00:00:00:00:0c', '02:00:00:00:00:0d'] as const;

it('a pair is the same in either order; twice, or with itself, it is not new', () => {
  const pairs = new DistinctPairs();
  expect([pairs.add(B, A), pairs.add(A, B), pairs.add(B, A), pairs.add(A, A)]).toEqual([true, false, false, false]);
  expect([pairs.has(A, B), pairs.has(B, A), pairs.has(A, A), pairs.has(A, C)]).toEqual([true, true, false, false]);
  expect([pairs.remove(A, C), pairs.remove(B, A), pairs.remove(A, B)]).toEqual([false, true, false]);
  expect(pairs.has(A, B)).toBe(false);
});

it('tells whom an address was called different from, and lets go of one that is forgotten', () => {
  const pairs = new DistinctPairs();
  pairs.add(D, B);
  pairs.add(A, B);
  pairs.add(C, D);
  expect([A, B, C, D].map((mac) => pairs.of(mac))).toEqual([[B], [A, D], [D], [B, C]]);
  expect([pairs.forget(B), pairs.forget(B)]).toEqual([true, false]);
  expect([A, B, C, D].map((mac) => pairs.of(mac))).toEqual([[], [], [D], [C]]);
  expect([pairs.forget(C), pairs.meta()]).toEqual([true, { [DISTINCT_KEY]: '[]' }]);
});

it('comes back from what was kept, in place of what was there', () => {
  const pairs = new DistinctPairs();
  pairs.add(B, A);
  pairs.add(C, A);
  const kept = pairs.meta();
  expect(kept).toEqual({ [DISTINCT_KEY]: `[["${A}","${B}"],["${A}","${C}"]]` });
  expect(DISTINCT_KEY).toBe('distinct_pairs');
  const again = new DistinctPairs();
  again.add(C, D);
  again.load(kept[DISTINCT_KEY] ?? null);
  expect([again.meta(), again.has(C, D)]).toEqual([kept, false]);
});

it.each([null, '', 'no JSON', '{}', '[["a"]]', '[["a","b","c"]]', '[[1,2]]', '["ab"]'])(
  'nothing comes from %j',
  (text) => {
    const pairs = new DistinctPairs();
    pairs.add(A, B);
    pairs.load(text);
    expect(pairs.meta()).toEqual({ [DISTINCT_KEY]: '[]' });
  },
);

it('beyond 1,024 the oldest go', () => {
  const pairs = new DistinctPairs();
  for (let n = 0; n < 1024; n++) pairs.add(A, `x${n}`);
  expect(pairs.has(A, 'x0')).toBe(true);
  pairs.add(A, 'y');
  expect([pairs.has(A, 'x0'), pairs.has(A, 'x1'), pairs.has(A, 'y'), pairs.of(A).length]).toEqual([
    ...[false, true, true, 1024],
  ]);
});
