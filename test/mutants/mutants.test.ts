// The faults themselves: which are made of which lines, that they change what they say and nothing else; and that the list of
// accepted ones speaks of lines that are still there.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkout } from '../lab/namespaces.ts';
import { afterBreak } from './one-file.ts';
import { mutantsOf } from './operators.ts';
import type { Line } from './plan.ts';
import { interval, sampleOf } from './random-sample.ts';
import { type Accepted, ChangedError, knownMutants, Results, speaksOf } from './results.ts';
import { ROOM_NAMES, roomOf } from './rooms.ts';
import { SWITCH, switched } from './switched.ts';

const changes = (source: string): string[] => mutantsOf('a.ts', source).map(({ change }) => change);

describe('of a line', () => {
  it.each([
    ['if (a < b) c();', ['a < b → true', 'a < b → false', 'a < b → a <= b', 'a < b → a >= b', 'c(); → nothing']],
    ['const x = a && b;', ['a && b → (a)', 'a && b → (b)']],
    ['const MAX = 64;', ['64 → 0', '64 → 128']],
    ['const FIRST = 1;', ['1 → 0', '1 → 2']],
    ["const word = 'abc';", ["'abc' → ''"]],
    ['const list = [a];', ['[a] → []']],
    ['x += 2;', ['x += 2; → nothing', 'x += 2 → x -= 2', '2 → 0', '2 → 3']],
    ['const ok = /^a$/.test(b);', ['/^a$/ → /a$/', '/^a$/ → /^a/']],
    ['const most = Math.min(a, b);', ['Math.min(a, b) → Math.max(a, b)']],
    ['const few = all.filter(good).map(f);', ['all.filter(good) → (all)']],
    ['function f(): boolean { return g(); }', ['g() → true', 'g() → false']],
    ['const f = (): string | null => g();', ["g() → ''", 'g() → null']],
    ["throw new Error('why');", ["throw new Error('why'); → nothing"]],
  ])('%s', (source, expected) => {
    expect(changes(source)).toEqual(expected);
  });

  it.each([
    "import { a } from './b.ts';",
    "type Kind = 'a' | 'b';",
    "interface Row { count: 1; kind: 'x' }",
    "const row = { 'key': a };",
    'let x: Record<string, 5>;',
    'const y = a?.b.c(d);',
  ])('%s: none, for it holds no value', (source) => {
    expect(changes(source)).toEqual([]);
  });

  it('tells the place by names, which no other line moves', () => {
    const [mutant] = mutantsOf('a.ts', '\n\nclass Outbox {\n  drain(): void {\n    this.send();\n  }\n}');
    expect(mutant).toMatchObject({ place: 'Outbox.drain', line: 'this.send();', change: 'this.send(); → nothing' });
  });
});

const SOURCE = `
export function judge(values: number[], limit: number): string {
  let sum = 0;
  for (const value of values) {
    if (value < 0) continue;
    if (value > limit) sum += value; else sum -= 1;
  }
  return sum > 2 && sum !== 7 ? 'many' : 'few';
}
export const all = [[1, 2, 9], [-1], [3, 3], []].map((values) => judge(values, 2)).join();
`;

/** What `source` makes with the mutant `on`; 0 for none. */
async function outcome(source: string, on: number): Promise<unknown> {
  Object.assign(globalThis, { [SWITCH]: (number: number) => number === on });
  const { code } = await transformWithOxc(source, 'a.ts');
  const module = (await import(`data:text/javascript,${encodeURIComponent(`${code}// ${on}`)}`)) as { all: unknown };
  return module.all;
}

it('with all faults inside and none switched on a source does what it did; with one it does what that one alone does', async () => {
  const mutants = mutantsOf('a.ts', SOURCE).map((mutant, index) => ({ ...mutant, number: index + 1 }));
  expect(mutants.length).toBeGreaterThan(40);
  const together = switched(SOURCE, mutants);
  expect(await outcome(together, 0)).toBe('few,few,many,few');
  for (const { change, end, form, number, start, text } of mutants) {
    const alone = `${SOURCE.slice(0, start)}${form === 'statement' ? '{}' : text}${SOURCE.slice(end)}`;
    const expected = await outcome(alone, 0);
    expect([change, await outcome(together, number)]).toEqual([change, expected]);
  }
});

describe('a sample', () => {
  const all = Array.from({ length: 1000 }, (_, i) => `m${i}`);

  it('is the same for the same seed, another for another, and grows without changing', () => {
    const ten = sampleOf(all, (one) => one, 10, 1);
    expect(sampleOf(all, (one) => one, 20, 1).slice(0, 10)).toEqual(ten);
    expect(sampleOf(all, (one) => one, 10, 2)).not.toEqual(ten);
    expect(sampleOf(all, (one) => one, 5000, 1).length).toBe(1000);
  });

  it('says how sure it is', () => {
    const { from, to } = interval(90, 100, 5000);
    expect([from, to].map((share) => Math.round(share * 1000))).toEqual([826, 945]);
    expect(interval(90, 100, 100)).toEqual({ from: 0.9, to: 0.9 });
    expect(interval(0, 0, 100)).toEqual({ from: 0, to: 1 });
  });
});

describe('a process that ends before its time', () => {
  const sound: Line = { what: 'sound', tests: 1, failed: [], milliseconds: 1, slow: [], reached: [3, 5, 7] };
  const left = [3, 5, 7];

  it('at a mutant was ended by it, and the next one is tried', () => {
    const lines: Line[] = [
      sound,
      { what: 'begun', number: 3 },
      { what: 'survived', number: 3 },
      { what: 'begun', number: 5 },
    ];
    expect(afterBreak(lines, left)).toEqual({ hung: 5, left: [7] });
  });

  it('between two costs none of them', () => {
    const lines: Line[] = [sound, { what: 'begun', number: 3 }, { what: 'survived', number: 3 }];
    expect(afterBreak(lines, left)).toEqual({ hung: null, left: [5, 7] });
  });

  it('before the first is not gone on with', () => {
    expect([afterBreak([sound], left), afterBreak([], left)]).toEqual([null, null]);
  });
});

describe('a run', () => {
  const [SOURCE_FILE, TEST_FILE] = ['sensor/a.ts', 'test/a.test.ts'];
  const FILES = [SOURCE_FILE, TEST_FILE];
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'thingwatch-mutants-'));
    for (const folder of ['sensor', 'test']) mkdirSync(join(root, folder));
    writeFileSync(join(root, SOURCE_FILE), 'export const most = 64;');
    writeFileSync(join(root, TEST_FILE), '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const opened = () => new Results(root, 'room', 3000, FILES);
  const touched = (file: string) => utimesSync(join(root, file), new Date(), new Date(Date.now() + 5000));

  it('that was broken off goes on where it was', () => {
    const [first, second] = knownMutants(root, SOURCE_FILE);
    if (first === undefined || second === undefined) throw new Error('no mutants');
    const results = opened();
    results.noteKilled(first, TEST_FILE, { by: 'a test', how: 'test' });
    results.notePassed(second, TEST_FILE, true);
    results.save();
    const again = opened();
    expect([again.killed(first)?.by, again.killed(second)]).toEqual(['a test', null]);
    expect([again.hasPassed(first, TEST_FILE), again.hasPassed(second, TEST_FILE)]).toEqual([false, true]);
  });

  it.each(FILES)('during which %s is written stops with its name, and saves nothing more', (file) => {
    const [mutant] = knownMutants(root, SOURCE_FILE);
    if (mutant === undefined) throw new Error('no mutant');
    const results = opened();
    expect(() => results.checkUnchanged()).not.toThrow();
    results.notePassed(mutant, TEST_FILE, true);
    touched(file);
    expect(() => results.checkUnchanged()).toThrow(ChangedError);
    expect(() => results.save()).toThrow(`changed during the run: ${file}.`);
    expect(opened().hasPassed(mutant, TEST_FILE)).toBe(false);
  });

  it('during which a test is taken away stops as well', () => {
    const results = opened();
    rmSync(join(root, TEST_FILE));
    expect(() => results.save()).toThrow(`changed during the run: ${TEST_FILE}.`);
  });
});

it.each(ROOM_NAMES)('%s has sources and tests', (name) => {
  const { sources, tests } = roomOf(checkout, name);
  expect(sources.length).toBeGreaterThan(10);
  expect(tests.length).toBeGreaterThan(5);
});

const ACCEPTED = JSON.parse(readFileSync(join(checkout, 'test/mutants/accepted.json'), 'utf8')) as Accepted[];

it('each accepted mutant can still be made, and has its reason', () => {
  for (const accepted of ACCEPTED) {
    expect(
      knownMutants(checkout, accepted.file).filter((mutant) => speaksOf(accepted, mutant)),
      accepted.line,
    ).not.toEqual([]);
    expect(['equivalent', 'accepted']).toContain(accepted.as);
    expect(accepted.why.length).toBeGreaterThan(20);
  }
});
