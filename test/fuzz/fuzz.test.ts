// A minute of hostile input on every run of the tests: first the inputs that are kept, then others made from them. What is found is
// printed with the command that repeats it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkout } from '../lab/namespaces.ts';
import { keptTargets } from './corpus.ts';
import { TARGETS } from './targets.ts';

const SECONDS = 60;
const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  executions: number;
  targets: Record<string, { executions: number; findings: { message: string }[] }>;
  /** Functions of the program that no input has reached, as `file: name`. */
  missed: string[];
}

async function fuzz(...args: string[]): Promise<{ code: number | null; said: string; outcome: Outcome }> {
  const json = join(folder, `${args.join('')}.json`);
  const start = join(checkout, 'sensor/deploy/start.mjs');
  const child = spawn(process.execPath, [start, '--test-tools', 'fuzz', '--json', json, ...args], { cwd: checkout });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said, outcome: JSON.parse(readFileSync(json, 'utf8')) as Outcome };
}

test(`${SECONDS} s of it find nothing, and reach every decoder`, async () => {
  const { code, outcome, said } = await fuzz('--seconds', String(SECONDS));
  console.log(said);
  expect(Object.keys(outcome.targets).sort()).toEqual(Object.keys(TARGETS).sort());
  const found = Object.entries(outcome.targets).flatMap(([name, { findings }]) =>
    findings.map(({ message }) => `${name}: ${message}`),
  );
  expect(found, said).toEqual([]);
  expect(code).toBe(0);
  expect(outcome.executions).toBeGreaterThan(5000);
  // A decoder that is new has a target before it has users.
  expect(outcome.missed.filter((name) => name.startsWith('sensor/decode/'))).toEqual([]);
}, 900_000);

test('inputs are kept of every target, and of no other', () => {
  expect(keptTargets().sort()).toEqual(Object.keys(TARGETS).sort());
});
