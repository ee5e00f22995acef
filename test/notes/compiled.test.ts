// The parsed form of the shipped notes: the same notes, and never older ones than the files.
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileNotes, loadCompiled, mergeNotes } from '../../sensor/notes/compiled.ts';
import { loadNotes } from '../../sensor/notes/load.ts';

const SHIPPED = fileURLToPath(new URL('../../firmware-notes', import.meta.url));
let folder: string;
let notes: string;
let compiled: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-notes-'));
  notes = join(folder, 'notes');
  compiled = join(folder, 'compiled.json');
  cpSync(SHIPPED, notes, { recursive: true });
  writeFileSync(compiled, compileNotes(notes));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the parsed form gives the same notes as the files', () => {
  expect(loadCompiled(notes, compiled)).toEqual(loadNotes([notes]));
});

test('a note changed after the build is read from its file', () => {
  appendFileSync(join(notes, 'reolink-cam.md'), '\nOne more sentence.\n');
  const before = JSON.stringify(loadCompiled(notes, compiled).notes);
  writeFileSync(compiled, compileNotes(notes));
  expect(JSON.stringify(loadCompiled(notes, compiled).notes)).toBe(before);
  appendFileSync(join(notes, 'reolink-cam.md'), '\n---\n');
  expect(loadCompiled(notes, compiled)).toEqual(loadNotes([notes]));
});

test('a damaged or missing parsed form costs time only', () => {
  writeFileSync(compiled, '{"source":');
  expect(loadCompiled(notes, compiled).notes).toHaveLength(loadNotes([notes]).notes.length);
  expect(loadCompiled(notes, join(folder, 'nowhere.json')).notes).toHaveLength(loadNotes([notes]).notes.length);
});

test('notes merge by slug, and the later list wins', () => {
  const all = loadNotes([notes]).notes;
  const own = all.slice(0, 1).map((note) => ({ ...note, family: 'mine' }));
  const merged = mergeNotes(all, own);
  expect(merged).toHaveLength(all.length);
  expect(merged.find(({ slug }) => slug === own[0]?.slug)?.family).toBe('mine');
});
