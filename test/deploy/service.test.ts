// The systemd unit, as systemd reads it; and that what it starts is there to be started.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CAPTURE_PRIORITY } from '../../sensor/capture/capture-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UNIT = join(ROOT, 'sensor/deploy/thingwatch.service');
const text = readFileSync(UNIT, 'utf8');
const settings = (key: string) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
test.skipIf(!hasSystemd)(`systemd finds nothing amiss${hasSystemd ? '' : ' (NOT RUN: no systemd-analyze)'}`, () => {
  const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});

test('the offloads are switched off before the start, by root, and a failure of that keeps nothing from starting', () => {
  const [before, ...more] = settings('ExecStartPre');
  expect(more).toEqual([]);
  expect(before).toMatch(/^-\+\/usr\/bin\/env node dist\/sensor\/main\.js doctor --fix-only$/);
  const [start = ''] = settings('ExecStart');
  expect(existsSync(join(ROOT, start.split(' ')[2] ?? ''))).toBe(true);
  expect(existsSync(join(ROOT, 'sensor/main.ts'))).toBe(true);
});

test('the sensor itself has one right and no other', () => {
  expect([settings('AmbientCapabilities'), settings('CapabilityBoundingSet')]).toEqual([
    ['CAP_NET_RAW'],
    ['CAP_NET_RAW'],
  ]);
});

test('the capture may go before other work, without a right', () => {
  expect(settings('LimitNICE')).toEqual([`${CAPTURE_PRIORITY}`]);
});
