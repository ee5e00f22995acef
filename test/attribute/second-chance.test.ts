import { expect, test } from 'vitest';
import { SecondChanceTable } from '../../sensor/attribute/second-chance.ts';

test('the oldest gives way, unless it was used since', () => {
  const table = new SecondChanceTable<string, number>(3);
  for (const [i, key] of ['a', 'b', 'c'].entries()) table.set(key, i);
  expect([table.get('a'), table.peek('b')]).toEqual([0, 1]);
  table.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => table.peek(key))).toEqual([0, undefined, 2, 3]);
  // Its one chance is used up.
  table.set('e', 4);
  table.set('f', 5);
  expect(['a', 'c', 'd', 'e', 'f'].map((key) => table.peek(key))).toEqual([undefined, undefined, 3, 4, 5]);
});

test('it stays bounded where everything is used all the time', () => {
  const table = new SecondChanceTable<number, number>(8);
  for (let i = 0; i < 1000; i++) {
    table.set(i, i);
    for (let key = 0; key <= i; key++) table.get(key);
    expect(table.size).toBeLessThanOrEqual(8);
    expect(table.peek(i)).toBe(i);
  }
});

test('a new value takes the place of the old one; what is deleted is gone', () => {
  const table = new SecondChanceTable<string, number>(2);
  table.set('a', 1);
  table.set('a', 2);
  expect([table.size, table.get('a')]).toEqual([1, 2]);
  expect([table.delete('a'), table.delete('a'), table.get('a')]).toEqual([true, false, undefined]);
});

test('what is over is let go, used or not', () => {
  const gone: number[] = [];
  const table = new SecondChanceTable<string, number>(8, (value) => gone.push(value));
  for (const [i, key] of ['a', 'b', 'c'].entries()) table.set(key, i);
  table.get('a');
  table.forget((value) => value !== 1);
  expect([table.size, table.peek('b'), gone]).toEqual([1, 1, []]);
});

test('what was not used is let go, and what was is there until the next time', () => {
  const gone: number[] = [];
  const table = new SecondChanceTable<string, number>(8, (value) => gone.push(value));
  for (const [i, key] of ['a', 'b', 'c'].entries()) table.set(key, i);
  expect([table.get('a'), table.get('c'), table.peek('b')]).toEqual([0, 2, 1]);
  table.forgetUnused();
  expect([table.peek('a'), table.peek('b'), table.get('c')]).toEqual([0, undefined, 2]);
  table.forgetUnused();
  expect([table.peek('a'), table.peek('c'), table.size, gone]).toEqual([undefined, 2, 1, []]);
});

test('who makes room is told of; what was deleted is not', () => {
  const gone: number[] = [];
  const table = new SecondChanceTable<string, number>(2, (value) => gone.push(value));
  for (const [i, key] of ['a', 'b', 'c'].entries()) table.set(key, i);
  table.delete('b');
  table.set('d', 3);
  expect(gone).toEqual([0]);
});
