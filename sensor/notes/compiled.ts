// The notes that come with thingwatch, parsed once at build time: reading 100 YAML headers costs a tenth of a second that every
// start would pay. The parsed form is used only as long as the files are the ones it was made from.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadNotes } from './load.ts';
import type { Note, NoteProblem } from './schema.ts';

interface Compiled {
  /** Digest of the files' names and contents. */
  source: string;
  notes: Note[];
}

/** The text to store for `dir`. */
export function compileNotes(dir: string): string {
  const compiled: Compiled = { source: digest(dir), notes: loadNotes([dir]).notes };
  return JSON.stringify(compiled);
}

/** The notes of `dir` out of `compiledFile`, or parsed anew where that is missing or older than the notes. */
export function loadCompiled(dir: string, compiledFile: string): { notes: Note[]; problems: NoteProblem[] } {
  try {
    const compiled: Compiled = JSON.parse(readFileSync(compiledFile, 'utf8'));
    if (compiled.source === digest(dir)) return { notes: compiled.notes, problems: [] };
  } catch {
    // No build yet, or a half-written one: the notes themselves are there.
  }
  return loadNotes([dir]);
}

/** Notes of later lists replace those of earlier ones by slug; sorted by slug. */
export function mergeNotes(...lists: (readonly Note[])[]): Note[] {
  const bySlug = new Map(lists.flat().map((note) => [note.slug, note]));
  return [...bySlug.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

function digest(dir: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(dir)
    .filter((file) => file.endsWith('.md'))
    .sort()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(dir, name)))
      .update('\0');
  }
  return hash.digest('hex');
}
