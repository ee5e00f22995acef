// What a start loads: what is needed only later lies apart, and what V8 compiles of the program is there already.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileChunk } from '../../sensor/main/chunk-loader.ts';
import { keepYoungSmall } from '../../sensor/main/small-heap.ts';
import { ensureBuilt, ROOT } from './program.ts';

beforeAll(ensureBuilt);
/** As V8 has it by itself. */
afterAll(() => setFlagsFromString('--semi-space-growth-factor=2'));

const CHUNKS = join(ROOT, 'dist/sensor/chunks');

/** The files that a program loads before it does anything, and the names of what is in no bundle. */
function loadedAtOnce(program: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const follow = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:\w+ \w+ = )?require\("([^"]+)"\)/gm);
    for (const [, from = ''] of imports) {
      if (from.startsWith('.')) follow(join(dirname(file), from));
      else if (!from.startsWith('node:')) others.add(from);
    }
  };
  follow(join(ROOT, 'dist', program));
  return { files, others };
}

const kilobytes = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + statSync(file).size, 0) / 1024;

it('the sensor begins with its command line alone: neither packages that decode, store and serve nor their schemas', () => {
  const [first, program] = [loadedAtOnce('sensor/main.js'), loadedAtOnce('sensor/chunks/program.js')];
  expect([...first.others, ...program.others]).toEqual([]);
  expect(first.files.size).toBe(1);
  expect(kilobytes(program.files)).toBeLessThan(150);
});

it('what V8 compiled of the program when it was built is taken as it is', () => {
  const compiled = readdirSync(CHUNKS).filter((name) => name.endsWith('.compiled'));
  const names = compiled.map((name) => name.replace(/(?:-.{8})?\.js\.compiled$/, ''));
  expect(names).toEqual(expect.arrayContaining(['program', 'replay', 'config', 'spine', 'serve', 'edges']));
  keepYoungSmall();
  const refused = compiled.filter((name) => {
    const { cachedDataRejected } = compileChunk(join(CHUNKS, name.replace(/\.compiled$/, '')));
    return cachedDataRejected !== false;
  });
  expect(refused).toEqual([]);
});

it('is kept in ASCII, of which V8 needs half the memory', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  expect(chunks.filter((name) => readFileSync(join(CHUNKS, name)).some((byte) => byte > 0x7f))).toEqual([]);
});

it('the child that captures has one file and cap', () => {
  const { files, others } = loadedAtOnce('sensor/capture/cap-child.js');
  expect([files.size, [...others]]).toEqual([1, ['cap']]);
});
