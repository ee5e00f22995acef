// The whole detection table: every incident that must be there is found, nobody is told of anything else, and what is told is
// word for word what it was.
import { expect, test } from 'vitest';
import { baselineOf, baselineText } from './baseline.ts';
import { isInnocent, judge, play, type Verdict } from './case.ts';
import { CASES } from './cases.ts';
import { tableOf } from './table.ts';

const verdicts: Verdict[] = [];

test.each(CASES.map((one) => [isInnocent(one) ? 'innocent' : 'guilty', one.name, one] as const))(
  '%s: %s',
  async (_, __, one) => {
    const outcome = play(one);
    const verdict = judge(one, outcome);
    verdicts.push(verdict);
    expect(verdict).toMatchObject({ missed: [], falseAlarms: [] });
    const baseline = baselineOf(one);
    if (baseline !== null) await expect(baselineText(outcome)).toMatchFileSnapshot(baseline);
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
