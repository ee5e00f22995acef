// Notes that take each other's devices: a device that carries what one of them recognises by reaches enough points in another
// one too, and so gets neither. Told when notes are checked; matching itself stays as it is.
import { problemAt } from './front-matter.ts';
import { ENOUGH, type NoteEvidence, rankNotes } from './match.ts';
import { indexNotes, type NoteIndex } from './note-index.ts';
import type { Note, NoteProblem } from './schema.ts';
import { type PatternKey, specimenOf } from './specimen.ts';

const PATTERN_KEYS: readonly PatternKey[] = ['hostnames', 'mdns', 'ssdp', 'dhcp'];

interface Tie {
  other: Note;
  /** Where in the note the pattern stands. */
  path: [key: 'oui' | PatternKey, index: number];
  pattern: string;
  /** The vendor that both share, where the pattern alone weighs too little. */
  vendor: string | null;
}

/** A problem for each pattern of `notes` whose devices another note of `all` claims as well. */
export function tieProblems(notes: readonly Note[], all: readonly Note[]): NoteProblem[] {
  const index = indexNotes(all);
  return notes.flatMap((note) => tiesOf(note, index).map((tie) => told(note, tie)));
}

function tiesOf(note: Note, index: NoteIndex): Tie[] {
  const ties: Tie[] = [];
  for (const [at, vendor] of note.match.oui.entries()) {
    const other = index.byVendor.get(vendor.toLowerCase())?.find((entry) => entry.note !== note)?.note;
    if (other) ties.push({ other, path: ['oui', at], pattern: vendor, vendor: null });
  }
  for (const key of PATTERN_KEYS) {
    for (const [at, pattern] of note.match[key].entries()) {
      const tie = firstTie(note, specimenOf(key, pattern), index);
      if (tie) ties.push({ ...tie, path: [key, at], pattern });
    }
  }
  return ties;
}

/** Tries the specimen alone, and then as a device of each vendor that the note shares with others. */
function firstTie(note: Note, specimen: NoteEvidence, index: NoteIndex): Pick<Tie, 'other' | 'vendor'> | null {
  for (const vendor of [null, ...note.match.ouiShared]) {
    const other = rival(note, { ...specimen, vendor }, index);
    if (other) return { other, vendor };
  }
  return null;
}

/** The note that keeps such a device from getting this one. */
function rival(note: Note, evidence: NoteEvidence, index: NoteIndex): Note | null {
  const ranked = rankNotes(evidence, index);
  const own = ranked.find((entry) => entry.note === note);
  const best = ranked.find((entry) => entry.note !== note);
  return own && best && own.score >= ENOUGH && best.score >= ENOUGH ? best.note : null;
}

function told(note: Note, { other, path: [key, at], pattern, vendor }: Tie): NoteProblem {
  const words =
    key === 'oui'
      ? `"${pattern}" is a vendor of ${other.file} as well: neither can call it its own`
      : `"${pattern}" fits devices of ${other.file} as well: one that shows ${vendor === null ? 'it' : `it and is of "${vendor}"`} gets neither note`;
  return problemAt(note.file, ['match', key, at], words);
}
