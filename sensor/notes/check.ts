// `thingwatch notes check`: every problem of every note in some directories, in words a note's author can act on.
import { loadNotes } from './load.ts';
import type { NoteProblem } from './schema.ts';

/** Checks all notes; `count` is how many are sound. */
export function checkNotes(dirs: readonly string[]): { problems: NoteProblem[]; count: number } {
  const { notes, problems } = loadNotes(dirs);
  return { problems, count: notes.length };
}

/** `file:line: key: message`, on one line and without control characters. */
export function formatProblem(problem: NoteProblem): string {
  const place = `${problem.file}:${problem.line}: `;
  return `${place}${problem.key ? `${problem.key}: ` : ''}${problem.message}`.replace(/\p{Cc}+/gu, ' ');
}
