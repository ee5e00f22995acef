// What a start loads: each program is one file, and what it needs only later lies apart.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ensureBuilt, ROOT } from './program.ts';

beforeAll(ensureBuilt);

/** The files that a program loads before it does anything, and the names of what is in no bundle. */
function loadedAtOnce(program: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const follow = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s+)?["']([^"']+)["']/gm);
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
  const { files, others } = loadedAtOnce('sensor/main.js');
  expect([...others]).toEqual([]);
  expect(kilobytes(files)).toBeLessThan(150);
});

it('the child that captures has one file and cap', () => {
  const { files, others } = loadedAtOnce('sensor/capture/cap-child.js');
  expect([files.size, [...others]]).toEqual([1, ['cap']]);
});
