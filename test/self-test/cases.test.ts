// The list of the self-test's cases: no kind of incident and no promise of silence is forgotten.
import { expect, test } from 'vitest';
import { INCIDENT_KINDS } from '../../sensor/detect/finding.ts';
import { CASES } from '../../sensor/self-test/cases.ts';

test.each(INCIDENT_KINDS)('%s has a case in which it must fire', (kind) => {
  expect(CASES.flatMap((one) => one.expect.map((wanted) => wanted.kind))).toContain(kind);
});

test('what must stay silent is there in numbers, and says so', () => {
  const silent = CASES.filter((one) => one.expect.length === 0);
  expect(silent.length).toBeGreaterThan(15);
  expect(silent.map(({ name }) => name).filter((name) => !name.startsWith('silent: '))).toEqual([]);
});

test('each case has a name of its own, and frames', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  for (const one of CASES) expect(one.frames().flat().length, one.name).toBeGreaterThan(0);
});
