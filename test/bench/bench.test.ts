// The benches are built, load and say what they are: what each measures nobody's tests wait for.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensureBuilt, ROOT } from '../program/program.ts';

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'sensor/deploy/start.mjs'), '--test-tools', 'bench', ...args], {
    encoding: 'utf8',
  });

it('tells which benches there are where none of that name is', async () => {
  await ensureBuilt();
  const { status, stderr, stdout } = bench('no-such-bench');
  expect(status).toBe(2);
  for (const name of ['replay', 'stages', 'latency', 'flood', 'fleet-collect']) expect(stdout + stderr).toContain(name);
}, 120_000);
