// `thingwatch notes check`: every problem of every note in some directories, in words a note's author can act on.
import { mergeNotes } from './compiled.ts';
import { loadNotes } from './load.ts';
import type { Note, NoteProblem } from './schema.ts';
import { tieProblems } from './ties.ts';

/** Checks all notes, each for itself and against the others and those `beside` them; `count` is how many are sound. */
export function checkNotes(
  dirs: readonly string[],
  beside: readonly Note[] = [],
): { problems: NoteProblem[]; count: number } {
  const { notes, problems } = loadNotes(dirs);
  const ties = tieProblems(notes, mergeNotes(beside, notes));
  return { problems: [...problems, ...ties], count: notes.length - new Set(ties.map(({ file }) => file)).size };
}

/** `file:line: key: message`, on one line and without control characters. */
export function formatProblem(problem: NoteProblem): string {
  const place = `${problem.file}:${problem.line}: `;
  return `${place}${problem.key ? `${problem.key}: ` : ''}${problem.message}`.replace(/\p{Cc}+/gu, ' ');
}
