// What bounds the worst traffic holds: counted in blocks of the program that a frame runs through, so that no clock is in it, and in
// what is held afterwards. The figures in time are `npm run bench -- worst`.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { WORST_CASES } from '../bench/worst-cases.ts';
import { checkout } from '../lab/namespaces.ts';
import type { Work } from './work.ts';

/** Octets that one kind of traffic may leave behind: tables filled to their bounds. */
const HELD = 12 * 1024 * 1024;

test('no kind of hostile traffic makes the program do more the longer it goes on, or hold more than its tables', () => {
  const said = execFileSync(process.execPath, ['--expose-gc', `${checkout}/dist/test/fuzz/work.js`], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  const works = JSON.parse(said) as Work[];
  expect(works.map(({ name }) => name)).toEqual(['plain packets', ...WORST_CASES.map(({ name }) => name)]);
  for (const { allowed, held, name, quarters } of works) {
    const mean = quarters.reduce((sum, quarter) => sum + quarter, 0) / quarters.length;
    expect(mean, `blocks a frame of ${name}`).toBeLessThan(allowed);
    // The limit is no more than a few times what it takes today, so that it says something.
    expect(mean, `blocks a frame of ${name}, of ${allowed} allowed`).toBeGreaterThan(allowed / 8);
    expect(held, `octets held after ${name}`).toBeLessThan(HELD);
  }
}, 900_000);
