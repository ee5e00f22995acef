// The parsed form of the shipped notes: the same notes, and never older ones than the files.
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

/** Writes into the parsed form what no file says: whoever is told it took that form. */
function markCompiled(change: Record<string, string> = {}): void {
  const form = JSON.parse(readFileSync(compiled, 'utf8'));
  form.notes[0].family = 'of the parsed form';
  writeFileSync(compiled, JSON.stringify({ ...form, ...change }));
}
const isCompiled = (folder: string) => loadCompiled(folder, compiled).notes[0]?.family === 'of the parsed form';

test('notes that nobody has touched since the build are not read, those that were copied are compared', () => {
  markCompiled({ source: 'not looked at' });
  expect(isCompiled(notes)).toBe(true);
  const copy = join(folder, 'copy');
  cpSync(notes, copy, { recursive: true });
  expect(isCompiled(copy)).toBe(false);
  writeFileSync(compiled, compileNotes(notes));
  markCompiled();
  expect(isCompiled(copy)).toBe(true);
});

test('a change that leaves a note its size and its date is seen, and so are a note more and one less', () => {
  const note = join(notes, 'reolink-cam.md');
  // A whole second, which every file system and every clock can give back.
  const date = new Date('2026-01-05T10:00:00Z');
  utimesSync(note, date, date);
  writeFileSync(compiled, compileNotes(notes));
  markCompiled();
  expect(isCompiled(notes)).toBe(true);
  const { size } = statSync(note);
  const text = readFileSync(note, 'utf8');
  writeFileSync(note, text.replace(/\.\n$/, '!\n'));
  utimesSync(note, date, date);
  expect(statSync(note)).toMatchObject({ size, mtime: date });
  expect(isCompiled(notes)).toBe(false);
  writeFileSync(note, text);
  expect(isCompiled(notes)).toBe(true);
  cpSync(note, join(notes, 'one-more.md'));
  expect(isCompiled(notes)).toBe(false);
  rmSync(join(notes, 'one-more.md'));
  rmSync(note);
  expect(isCompiled(notes)).toBe(false);
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
