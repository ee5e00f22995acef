// The notes that come with thingwatch, parsed once at build time: reading 100 YAML headers costs a tenth of a second that every
// start would pay. The parsed form is used only as long as the files are the ones it was made from.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadNotes } from './load.ts';
import type { Note, NoteProblem } from './schema.ts';

interface Compiled {
  /** What the kernel says of the files: as long as that is the same, nobody has written to them. */
  dates: string;
  /** Digest of the files' names and contents, for those that were moved or copied since. */
  source: string;
  notes: Note[];
}

/** The text to store for `dir`. */
export function compileNotes(dir: string): string {
  // Dates are taken first: what changes while it is read is read again next time.
  const dates = datesOf(dir);
  const compiled: Compiled = { dates, source: digest(dir), notes: loadNotes([dir]).notes };
  return JSON.stringify(compiled);
}

/** The notes of `dir` out of `compiledFile`, or parsed anew where that is missing or older than the notes. */
export function loadCompiled(dir: string, compiledFile: string): { notes: Note[]; problems: NoteProblem[] } {
  try {
    const compiled: Compiled = JSON.parse(readFileSync(compiledFile, 'utf8'));
    if (compiled.dates === datesOf(dir) || compiled.source === digest(dir))
      return { notes: compiled.notes, problems: [] };
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

function namesIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.md'))
    .sort();
}

/** The time of an inode's last change is the kernel's own: no tool that keeps the others keeps it. */
function datesOf(dir: string): string {
  return namesIn(dir)
    .map((name) => {
      const { ctimeMs, ino, mtimeMs, size } = statSync(`${dir}/${name}`);
      return `${name} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
    })
    .join('\n');
}

function digest(dir: string): string {
  const hash = createHash('sha256');
  for (const name of namesIn(dir)) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(dir, name)))
      .update('\0');
  }
  return hash.digest('hex');
}
