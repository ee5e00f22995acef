// A start that has nothing to set up sees so by dates alone, and sees when it is no longer so.
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { datesToRemember } from '../../sensor/deploy/stamp.mjs';
import { isUntouched, remember } from '../../sensor/deploy/untouched.cjs';

const FILES = ['tsconfig.json', 'package-lock.json', 'sensor/main.ts', 'sensor/capture/filter.ts', 'web/page/app.tsx'];
const STAMPS = ['dist/built.json', 'node_modules/.thingwatch/packages.json'];
let folder: string;
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
/** As a start that found all in order. */
const rememberAll = (programs = ['node']) => remember(datesToRemember(folder) ?? [], programs, folder);
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-untouched-'));
  for (const file of [...FILES, ...STAMPS]) write(file, file);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('nothing is known before a start found all in order; afterwards nothing was touched', () => {
  expect(isUntouched(folder)).toBe(false);
  rememberAll();
  expect(isUntouched(folder)).toBe(true);
});

test.each([...FILES, ...STAMPS])('a change of %s is seen, with the size and the date that it had too', (file) => {
  const place = path.join(folder, file);
  // A whole second, which every file system and every clock can give back.
  const date = new Date('2026-01-05T10:00:00Z');
  utimesSync(place, date, date);
  rememberAll();
  const { size } = statSync(place);
  write(file, 'x'.repeat(size));
  utimesSync(place, date, date);
  expect(isUntouched(folder)).toBe(false);
});

test.each([...FILES, ...STAMPS])('so is that %s went', (file) => {
  rememberAll();
  rmSync(path.join(folder, file));
  expect(isUntouched(folder)).toBe(false);
});

test.each(['sensor/new.ts', 'sensor/capture/new.ts', 'web/new/page.tsx'])('so is %s, which is new', (file) => {
  rememberAll();
  write(file, '');
  expect(isUntouched(folder)).toBe(false);
});

test('a build that is not there, or a memory that was cut short, is one more look by contents', () => {
  rmSync(path.join(folder, 'dist/built.json'));
  expect(datesToRemember(folder)).toBeNull();
  write('dist/untouched.json', '{"node":');
  expect(isUntouched(folder)).toBe(false);
});

test('a program that is missing now is to be installed', () => {
  rememberAll(['node', 'no-such-program-anywhere']);
  expect(isUntouched(folder)).toBe(false);
});

test('a memory of another Node is none', () => {
  rememberAll();
  const { version } = process;
  Object.defineProperty(process, 'version', { value: 'v20.19.0', configurable: true });
  try {
    expect(isUntouched(folder)).toBe(false);
  } finally {
    Object.defineProperty(process, 'version', { value: version, configurable: true });
  }
});
