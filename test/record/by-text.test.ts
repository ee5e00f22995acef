// Texts in the order of their code units, the same in every language.
import { expect, it } from 'vitest';
import { byText } from '../../sensor/record/by-text.ts';

it.each([
  ['a', 'b', -1],
  ['b', 'a', 1],
  ['a', 'a', 0],
  ['B', 'a', -1],
  ['a', 'ab', -1],
  ['z', 'ä', -1],
  ['192.168.1.10', '192.168.1.9', -1],
])('%s and %s: %i', (one, other, order) => {
  expect(byText(one, other)).toBe(order);
});
