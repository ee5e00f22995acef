// The whole detection table: every incident that must be there is found, and nobody is told of anything else.
import { expect, test } from 'vitest';
import { CASES } from './cases.ts';
import { judgeAll } from './table.ts';

test('every case of the table, with a precision and a recall of 1', () => {
  const { falseAlarms, missed, precision, recall, verdicts } = judgeAll(CASES);
  const wrong = verdicts.filter((verdict) => verdict.missed.length + verdict.falseAlarms.length > 0);
  expect(wrong.map(({ name, missed: misses, falseAlarms: alarms }) => ({ name, misses, alarms }))).toEqual([]);
  expect({ precision, recall, falseAlarms, missed }).toEqual({ precision: 1, recall: 1, falseAlarms: 0, missed: 0 });
}, 60_000);
