// The fingerprint decides which rows are written: a change it misses is a change not stored.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint } from '../../sensor/record/row.ts';

test('any one changed value changes the fingerprint; equal data has the same', () => {
  const value = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true }), fc.string(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(5), value, (list, at, other) => {
      const row = { list, flag: true };
      expect(fingerprint(structuredClone(row))).toBe(fingerprint(row));
      const index = at % list.length;
      fc.pre(JSON.stringify(list[index]) !== JSON.stringify(other));
      expect(fingerprint({ list: list.with(index, other), flag: true })).not.toBe(fingerprint(row));
    }),
  );
});

test('large counts that differ in their high bits only, swapped values and empty lists are told apart', () => {
  const values = [
    2 ** 40,
    2 ** 41,
    [1, 2],
    [2, 1],
    [],
    [[]],
    '',
    0,
    1,
    2,
    3,
    null,
    false,
    true,
    ['ab', 'c'],
    ['a', 'bc'],
  ];
  expect(new Set(values.map((value) => fingerprint(value))).size).toBe(values.length);
});
