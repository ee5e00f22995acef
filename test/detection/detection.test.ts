// The whole detection table: every incident that must be there is found, and nobody is told of anything else.
import { expect, test } from 'vitest';
import { isInnocent, judge, type Verdict } from './case.ts';
import { CASES } from './cases.ts';
import { tableOf } from './table.ts';

const verdicts: Verdict[] = [];

test.each(CASES.map((one) => [isInnocent(one) ? 'innocent' : 'guilty', one.name, one] as const))(
  '%s: %s',
  (_, __, one) => {
    const verdict = judge(one);
    verdicts.push(verdict);
    expect(verdict).toMatchObject({ missed: [], falseAlarms: [] });
  },
);

test('precision and recall are 1 over at least 120 cases, of which at least half are innocent homes', () => {
  const { innocent, precision, recall } = tableOf(verdicts);
  expect({ precision, recall }).toEqual({ precision: 1, recall: 1 });
  expect(verdicts).toHaveLength(CASES.length);
  expect(CASES.length).toBeGreaterThanOrEqual(120);
  expect(innocent / CASES.length).toBeGreaterThanOrEqual(0.5);
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
});
