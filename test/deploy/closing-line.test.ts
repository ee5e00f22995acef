import { expect, test } from 'vitest';
import { closingLine, slowest, summarize } from '../../sensor/deploy/closing-line.mjs';

const line = (result: Parameters<typeof summarize>[0]) => closingLine(summarize(result));

test('counts are of tests, with skipped and to-do ones named', () => {
  const result = {
    success: false,
    testResults: [
      {
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'a SYN is seen' },
          { status: 'failed', fullName: 'a mail is seen' },
          { status: 'skipped', fullName: 'needs IPv6' },
        ],
      },
      { status: 'passed', assertionResults: [{ status: 'todo', fullName: 'later' }] },
    ],
  };
  expect(line(result)).toBe('1 passed, 1 failed, 2 skipped');
  expect(summarize(result).skipped).toEqual(['needs IPv6', 'later']);
});

test('a test file that does not even load is a failure', () => {
  expect(line({ success: false, testResults: [{ status: 'failed', assertionResults: [] }] })).toBe(
    '0 passed, 1 failed, 0 skipped',
  );
});

test('a run that failed outside of its tests does not read as passed', () => {
  const testResults = [{ status: 'passed', assertionResults: [{ status: 'passed', fullName: 'fine' }] }];
  expect(line({ success: false, testResults })).toBe('1 passed, 1 failed, 0 skipped');
  expect(line({ success: true, testResults })).toBe('1 passed, 0 failed, 0 skipped');
});

test('the files that took longest are named, the longest first', () => {
  const file = (name: string, startTime: number, endTime: number) => ({ name, startTime, endTime });
  const testResults = [file('a', 1000, 3400), file('b', 0, 400), file('c', 500, 9600), file('d', 0, 1000)];
  const seconds = (most?: number) => slowest({ testResults }, most).map((one) => `${one.name} ${one.seconds}`);
  expect(seconds()).toEqual(['c 9', 'a 2', 'd 1']);
  expect(seconds(2)).toEqual(['c 9', 'a 2']);
});
