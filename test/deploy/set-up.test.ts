import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nodeComplaint } from '../../sensor/deploy/set-up.mjs';

test('Node 20.19 and everything newer will do; an older one is named with what is needed', () => {
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '24.1.0']) expect(nodeComplaint(version), version).toBeNull();
  for (const version of ['20.18.3', '18.20.4', '9.11.2']) {
    expect(nodeComplaint(version), version).toMatch(/needs Node 20\.19 or newer; this is Node /);
  }
});

test('in a place it may not write to, set-up says so in one line on standard error and exits 1', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-read-only-'));
  try {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    cpSync(path.join(root, 'sensor/deploy'), path.join(folder, 'sensor/deploy'), { recursive: true });
    for (const file of ['package.json', 'package-lock.json', 'tsconfig.json'])
      cpSync(path.join(root, file), path.join(folder, file));
    spawnSync('chmod', ['-R', 'a+rX,go-w', folder]);
    const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', process.execPath];
    const result = spawnSync('setpriv', [...asNobody, path.join(folder, 'sensor/deploy/start.mjs'), 'run'], {
      encoding: 'utf8',
    });
    expect(result.stderr).toBe(`set-up: set-up is needed, but this account may not write to ${folder} (EACCES)\n`);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a Node that aborts the program at some later moment is refused at once, with those that will do', () => {
  for (const version of ['24.19.0', '24.21.0'])
    expect(nodeComplaint(version), version).toMatch(/Use Node 22, or 20\.19/);
  for (const version of ['22.19.0', '24.18.1', '25.19.0', '26.0.0']) expect(nodeComplaint(version), version).toBeNull();
});

test('a tool that does not exist is refused before anything is set up', () => {
  const start = fileURLToPath(new URL('../../sensor/deploy/start.mjs', import.meta.url));
  const result = spawnSync(process.execPath, [start, '--test-tools', 'toString'], { encoding: 'utf8' });
  expect(result.stderr).toBe('set-up: --test-tools takes one of lab, bench, fuzz, crash, mutants, screenshots, soak\n');
  expect(result.status).toBe(2);
});
