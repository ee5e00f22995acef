// Reads note files into records. A broken note becomes problems with their exact place and nothing else: it stops
// neither the other notes nor the sensor.
import { basename } from 'node:path';
import { fileProblem, MAX_PROBLEMS_PER_NOTE, markdownFiles, readFrontMatter, readText } from './front-matter.ts';
import { readProse } from './prose.ts';
import { frontMatter, type Note, type NoteProblem } from './schema.ts';

export { NOTE_LIMITS } from './front-matter.ts';

/**
 * Loads `*.md` (not README.md) of each directory. A later directory wins by slug: its note replaces the earlier one as
 * a whole. Never throws; what cannot be read is a problem.
 */
export function loadNotes(dirs: readonly string[]): { notes: Note[]; problems: NoteProblem[] } {
  const bySlug = new Map<string, Note>();
  const problems: NoteProblem[] = [];
  for (const dir of dirs) {
    for (const file of markdownFiles(dir, problems)) {
      const { text, problems: unread } = readText(file);
      const result = text === null ? { note: null, problems: unread } : parseNote(file, text);
      problems.push(...result.problems);
      if (result.note) bySlug.set(result.note.slug, result.note);
    }
  }
  const notes = [...bySlug.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
  return { notes, problems };
}

/** Parses the text of a note; `file` names it in problems and must be named after the slug. */
export function parseNote(file: string, text: string): { note: Note | null; problems: NoteProblem[] } {
  const header = readFrontMatter(text, frontMatter());
  if (typeof header === 'string') return { note: null, problems: [fileProblem(file, header)] };
  const { data, faults } = header;
  if (data && data.slug !== basename(file, '.md'))
    faults.push(header.at(['slug'], 'must be the name of the file without .md'));

  const prose = readProse(header.body, header.bodyLine);
  faults.push(...prose.problems);
  const note =
    data && faults.length === 0
      ? { ...data, mail: data.mail ?? null, summary: prose.summary, steps: prose.steps, file }
      : null;
  return { note, problems: faults.slice(0, MAX_PROBLEMS_PER_NOTE).map((fault) => ({ file, ...fault })) };
}
