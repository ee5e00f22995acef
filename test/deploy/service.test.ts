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
  expect(existsSync(join(ROOT, start.split(' ').find((word) => word.endsWith('.mjs')) ?? ''))).toBe(true);
  expect(existsSync(join(ROOT, 'sensor/main.ts'))).toBe(true);
});

test('the sensor itself has one right and no other', () => {
  expect([settings('AmbientCapabilities'), settings('CapabilityBoundingSet')]).toEqual([
    ['CAP_NET_RAW'],
    ['CAP_NET_RAW'],
  ]);
});

test.skipIf(!hasSystemd)(`systemd scores it 1.5 or better${hasSystemd ? '' : ' (NOT RUN: no systemd-analyze)'}`, () => {
  const args = ['security', '--offline=true', '--no-pager', '--threshold=15', UNIT];
  const { status, stderr, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  expect([status, stderr, stdout]).toEqual([
    0,
    '',
    expect.stringMatching(/Overall exposure level .*: (?:0\.\d|1\.[0-5]) /),
  ]);
});

test('the capture goes before other work: root says so from outside, since nobody within may', () => {
  expect(settings('ExecStartPost')).toEqual([`-+/usr/bin/renice -n ${CAPTURE_PRIORITY} -g $MAINPID`]);
  expect(settings('SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources']);
});

test('its main process alone speaks to systemd, by a descriptor that perl joined; only it is told to stop', () => {
  const [start = ''] = settings('ExecStart');
  const [perl, script = '', ...program] = start.split(' ');
  expect([perl, program.join(' ')]).toEqual(['/usr/bin/perl', '/usr/bin/env node sensor/deploy/start.mjs run']);
  expect(existsSync(join(ROOT, script))).toBe(true);
  expect(['Type', 'NotifyAccess', 'WatchdogSec', 'KillMode'].flatMap(settings)).toEqual([
    'notify',
    'main',
    '60s',
    'mixed',
  ]);
});
