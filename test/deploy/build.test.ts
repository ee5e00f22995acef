import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isBuilt, readBuildStamp, sourceStamp } from '../../sensor/deploy/build.mjs';

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
  const before = sourceStamp(false, folder);
  write('sensor/main.ts', 'sensor/main.ts');
  expect(sourceStamp(false, folder)).toEqual(before);
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
