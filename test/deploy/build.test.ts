import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isBuilt, isUpToDate, readBuildStamp, sourceStamp, writeBuildStamp } from '../../sensor/deploy/stamp.mjs';

let folder: string;
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-build-'));
  for (const file of ['tsconfig.json', 'package-lock.json', 'sensor/main.ts', 'web/page/app.tsx', 'test/lab/home.ts'])
    write(file, file);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the stamp follows the sources of the program and of the page, not their dates', () => {
  const { program } = sourceStamp(false, folder);
  write('sensor/main.ts', 'sensor/main.ts');
  expect(sourceStamp(false, folder).program).toBe(program);
  for (const file of ['sensor/main.ts', 'web/page/app.tsx', 'package-lock.json', 'sensor/new.ts']) {
    const last = sourceStamp(false, folder).program;
    write(file, 'changed');
    expect(sourceStamp(false, folder).program, file).not.toBe(last);
  }
});

test('a renamed file counts as a change', () => {
  const before = sourceStamp(false, folder).program;
  rmSync(path.join(folder, 'sensor/main.ts'));
  write('sensor/other.ts', 'sensor/main.ts');
  expect(sourceStamp(false, folder).program).not.toBe(before);
});

test('a change to the lab makes the lab stale, not the program', () => {
  const built = sourceStamp(true, folder);
  write('test/lab/home.ts', 'changed');
  expect(isBuilt(built, sourceStamp(true, folder))).toBe(false);
  expect(isBuilt(built, sourceStamp(false, folder))).toBe(true);
});

test('so does a change to what takes the pictures', () => {
  const built = sourceStamp(true, folder);
  write('test/web/screenshots.ts', 'changed');
  expect(isBuilt(built, sourceStamp(true, folder))).toBe(false);
  expect(isBuilt(built, sourceStamp(false, folder))).toBe(true);
});

test('a test is not compiled, so changing one builds nothing', () => {
  const built = sourceStamp(true, folder);
  write('test/lab/home.test.ts', 'changed');
  expect(isBuilt(built, sourceStamp(true, folder))).toBe(true);
});

test('what a start built lacks the lab; no dist, or one that was cut short, is no build', () => {
  const started = sourceStamp(false, folder);
  expect(isBuilt(started, sourceStamp(true, folder))).toBe(false);
  expect(readBuildStamp(folder)).toBeNull();
  write('dist/built.json', '{"pro');
  expect(isBuilt(readBuildStamp(folder), started)).toBe(false);
  write('dist/built.json', JSON.stringify(started));
  expect(isBuilt(readBuildStamp(folder), started)).toBe(true);
});

/** As after a build of the sources as they are. */
function buildStamp(forTests: boolean): void {
  mkdirSync(path.join(folder, 'dist'), { recursive: true });
  writeBuildStamp(sourceStamp(forTests, folder), path.join(folder, 'dist'));
}

test('a source that changed, appeared or went since the build makes dist stale', () => {
  buildStamp(true);
  expect([isUpToDate(true, folder), isUpToDate(false, folder)]).toEqual([true, true]);
  write('test/lab/home.ts', 'changed');
  expect([isUpToDate(true, folder), isUpToDate(false, folder)]).toEqual([false, true]);
  write('sensor/new.ts', 'new');
  expect(isUpToDate(false, folder)).toBe(false);
  rmSync(path.join(folder, 'sensor/new.ts'));
  expect(isUpToDate(false, folder)).toBe(true);
  rmSync(path.join(folder, 'web/page/app.tsx'));
  expect(isUpToDate(false, folder)).toBe(false);
});

test('a change that keeps size and date is a change', () => {
  const file = path.join(folder, 'sensor/main.ts');
  // A whole second, which every file system and every clock can give back.
  const date = new Date('2026-01-05T10:00:00Z');
  utimesSync(file, date, date);
  buildStamp(false);
  const before = statSync(file);
  write('sensor/main.ts', 'sensor/niam.ts');
  utimesSync(file, date, date);
  const { mtimeMs, size } = statSync(file);
  expect({ mtimeMs, size }).toEqual({ mtimeMs: before.mtimeMs, size: before.size });
  expect(isUpToDate(false, folder)).toBe(false);
});

test('new dates on the same contents are no change, and are remembered', () => {
  buildStamp(false);
  const before = readFileSync(path.join(folder, 'dist/built.json'), 'utf8');
  utimesSync(path.join(folder, 'sensor/main.ts'), new Date(0), new Date(0));
  expect(isUpToDate(false, folder)).toBe(true);
  const after = readBuildStamp(folder);
  expect(JSON.stringify(after)).not.toBe(before.trim());
  expect(after).toEqual(sourceStamp(false, folder));
});

test('what a start built lacks the tools of tests, also when nothing was touched', () => {
  buildStamp(false);
  expect(isUpToDate(true, folder)).toBe(false);
});
