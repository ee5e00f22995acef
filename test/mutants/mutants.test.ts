// The faults themselves: which are made of which lines, that they change what they say and nothing else; and that the list of
// accepted ones speaks of lines that are still there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { describe, expect, it } from 'vitest';
import { checkout } from '../lab/namespaces.ts';
import { mutantsOf } from './operators.ts';
import { interval, sampleOf } from './random-sample.ts';
import { type Accepted, knownMutants, speaksOf } from './results.ts';
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
