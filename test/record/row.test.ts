// Rows as they are read and written: what cannot be read is told and skipped, and the fingerprint decides which rows are written:
// a change it misses is a change not stored.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { fingerprint, fromJson, type Row, readRows, upsert } from '../../sensor/record/row.ts';

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

test('values that are nearly the same are told apart', () => {
  const values = [
    // Of the first two only the upper half differs, of the next only the lower one.
    ...[2 ** 40, 2 ** 41, 2 ** 53 - 1, 2 ** 53 - 2, 2 ** 31, 2 ** 32 + 1, 0.5, 1.5, -0.5, -1],
    ...[0, 1, 2, 3, null, false, true, '', '0', '1', 'null', 'a', 'b', 'c', 'ab', 'ba', 'ac', 'aba', 'abb'],
    ...[
      [],
      [[]],
      [1],
      [0],
      [1, 2],
      [2, 1],
      [1, 3],
      [0, 0],
      [null, 1],
      [1, null],
      [5, 5],
      [5 - 2 ** 31, 5 - 2 ** 31],
      ['ab', 'c'],
      ['a', 'bc'],
      ['a', 'b', 'c'],
    ],
    ...[{ a: 5 }, { a: 5, b: 6 }, { a: 6, b: 5 }, { a: [5, 6] }, { a: 'xy', b: 'z' }, { a: 'x', b: 'yz' }],
  ];
  expect(new Set(values.map((value) => fingerprint(value))).size).toBe(values.length);
});

test('a small change at any place of a long row spreads over its fingerprint', () => {
  const row = Array.from({ length: 40 }, (_, n) => n * 1000);
  const prints = row.flatMap((value, n) => [1, 2, 3, 4].map((more) => fingerprint(row.with(n, value + more))));
  expect(new Set(prints).size).toBe(160);
  const differing = prints.map((print) => bits(print ^ fingerprint(row)));
  expect(Math.min(...differing)).toBeGreaterThan(3);
});

function bits(word: number): number {
  return (word >>> 0).toString(2).replaceAll('0', '').length;
}

test.each([
  [17, 'not JSON text'],
  [null, 'not JSON text'],
  [Buffer.from('{}'), 'not JSON text'],
  ['{', /JSON/],
])('a cell of %j is no JSON', (cell, message) => {
  expect(() => fromJson(cell)).toThrow(message);
});

test('a cell of JSON is what it says', () => {
  expect(fromJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
});

test('rows that cannot be read are left out, each told with its place and what is wrong, never with what it holds', () => {
  const problems: string[] = [];
  const shape = z.object({ id: z.string(), list: z.array(z.object({ port: z.number() })) });
  const rows = [
    { id: 'a', list: '[{"port":25}]' },
    { id: 'b', list: '[{"port":"secret"}]' },
    { id: 'c', list: 'secret' },
    { id: 'd', list: 25 },
    { id: 'e', list: '[]' },
    { id: 'f', list: '"secret"' },
  ];
  const read = readRows<unknown, Row>(
    [...rows, { id: 'whole' }],
    (row) => `things (${row.id})`,
    (row) => (row.id === 'whole' ? z.string().parse(row) : shape.parse({ ...row, list: fromJson(row.list) })),
    (problem) => problems.push(problem),
  );
  expect(read).toEqual([
    { id: 'a', list: [{ port: 25 }] },
    { id: 'e', list: [] },
  ]);
  expect(problems).toEqual([
    'skipped an unreadable row of things (b): unexpected list.0.port',
    'skipped an unreadable row of things (c): not JSON',
    'skipped an unreadable row of things (d): unexpected value',
    'skipped an unreadable row of things (f): unexpected list',
    'skipped an unreadable row of things (whole): unexpected value',
  ]);
});

test('a row is put in, and put again it is changed where it is, without taking along what hangs on it', () => {
  const db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  db.exec('CREATE TABLE home (street TEXT, number INTEGER, name TEXT, floors INTEGER, PRIMARY KEY (street, number))');
  db.exec(
    'CREATE TABLE lamp (street TEXT, number INTEGER, FOREIGN KEY (street, number) REFERENCES home ON DELETE CASCADE)',
  );
  const put = upsert(db, 'home', ['street', 'number'], ['name', 'floors']);
  put.run('Elm', 1, 'A', 2);
  put.run('Elm', 2, 'B', 3);
  db.exec("INSERT INTO lamp VALUES ('Elm', 1)");
  put.run('Elm', 1, 'C', null);
  expect(db.prepare('SELECT * FROM home ORDER BY number').all()).toEqual([
    { street: 'Elm', number: 1, name: 'C', floors: null },
    { street: 'Elm', number: 2, name: 'B', floors: 3 },
  ]);
  expect(db.prepare('SELECT count(*) FROM lamp').pluck().get()).toBe(1);
  db.close();
});
