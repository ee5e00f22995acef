// Reads note files into records. A broken note becomes problems with their exact place and nothing else: it stops
// neither the other notes nor the sensor.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { readProse } from './prose.ts';
import { frontMatter, type Note, type NoteProblem } from './schema.ts';
import { nestsTooDeep, yaml } from './yaml.ts';

/**
 * Bytes of one note, characters of its front matter (twice the longest of ours; the YAML parser takes 3 ms for each KB of errors), and
 * notes of one directory.
 */
export const NOTE_LIMITS = { fileBytes: 64 * 1024, frontMatter: 10_000, files: 2000 } as const;
const MAX_PROBLEMS_PER_NOTE = 20;

/**
 * Loads `*.md` (not README.md) of each directory. A later directory wins by slug: its note replaces the earlier one as
 * a whole. Never throws; what cannot be read is a problem.
 */
export function loadNotes(dirs: readonly string[]): { notes: Note[]; problems: NoteProblem[] } {
  const bySlug = new Map<string, Note>();
  const problems: NoteProblem[] = [];
  for (const dir of dirs) {
    for (const file of noteFiles(dir, problems)) {
      const result = readNote(file);
      problems.push(...result.problems);
      if (result.note) bySlug.set(result.note.slug, result.note);
    }
  }
  const notes = [...bySlug.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
  return { notes, problems };
}

function noteFiles(dir: string, problems: NoteProblem[]): string[] {
  try {
    const names = readdirSync(dir)
      .filter((name) => name.endsWith('.md') && name.toLowerCase() !== 'readme.md')
      .sort();
    if (names.length > NOTE_LIMITS.files)
      problems.push(fileProblem(dir, `has ${names.length} notes; only the first ${NOTE_LIMITS.files} are read`));
    return names.slice(0, NOTE_LIMITS.files).map((name) => join(dir, name));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    problems.push(fileProblem(dir, isMissing ? 'there is no such directory' : `cannot be read: ${reason(error)}`));
    return [];
  }
}

/** Reads one file. `note` is null when anything is wrong with it. */
function readNote(file: string): { note: Note | null; problems: NoteProblem[] } {
  try {
    const text = readBounded(file);
    return text === null
      ? { note: null, problems: [fileProblem(file, `is larger than ${NOTE_LIMITS.fileBytes} bytes`)] }
      : parseNote(file, text);
  } catch (error) {
    return { note: null, problems: [fileProblem(file, `cannot be read: ${reason(error)}`)] };
  }
}

function readBounded(file: string): string | null {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(NOTE_LIMITS.fileBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(handle, buffer, length, buffer.length - length, null);
    return length > NOTE_LIMITS.fileBytes ? null : buffer.toString('utf8', 0, length);
  } finally {
    closeSync(handle);
  }
}

/** Parses the text of a note; `file` names it in problems and must be named after the slug. */
export function parseNote(file: string, text: string): { note: Note | null; problems: NoteProblem[] } {
  const parts = /^(\ufeff?---[ \t]*\r?\n)([\s\S]*?\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text);
  if (!parts)
    return { note: null, problems: [fileProblem(file, 'must begin with front matter between two --- lines')] };
  if (nestsTooDeep(parts[2] ?? ''))
    return { note: null, problems: [fileProblem(file, 'has front matter that is nested too deeply to be read')] };
  if ((parts[2] ?? '').length > NOTE_LIMITS.frontMatter) {
    const words = `has front matter of more than ${NOTE_LIMITS.frontMatter} characters`;
    return { note: null, problems: [fileProblem(file, words)] };
  }
  const { LineCounter, parseDocument, visit } = yaml();
  const counter = new LineCounter();
  const document = parseDocument(parts[2] ?? '', { lineCounter: counter, prettyErrors: false });
  /** The front matter starts on the file's second line. */
  const lineAt = (offset: number): number => counter.linePos(offset).line + 1;

  const faults: Omit<NoteProblem, 'file'>[] = document.errors.map((error) => ({
    line: lineAt(error.pos[0]),
    key: '',
    message: error.message,
  }));
  visit(document, {
    Alias: (_, alias) => {
      faults.push({ line: lineAt(start(alias) ?? 0), key: '', message: 'must not use YAML aliases' });
      return visit.BREAK;
    },
  });
  const result = faults.length === 0 ? check(document) : null;
  for (const fault of result?.faults ?? []) faults.push(place(document, fault, lineAt));
  const data = result?.data;
  if (data && data.slug !== basename(file, '.md'))
    faults.push(place(document, { path: ['slug'], message: 'must be the name of the file without .md' }, lineAt));

  const prose = readProse(text.slice(parts[0].length), parts[0].split('\n').length);
  faults.push(...prose.problems);
  const note =
    data && faults.length === 0
      ? { ...data, mail: data.mail ?? null, summary: prose.summary, steps: prose.steps, file }
      : null;
  return { note, problems: faults.slice(0, MAX_PROBLEMS_PER_NOTE).map((fault) => ({ file, ...fault })) };
}

interface Fault {
  path: PropertyKey[];
  message: string;
  /** The path names a key that should not be there. */
  unknownKey?: boolean;
}

function check(document: Document): { data: z.infer<typeof frontMatter> | null; faults: Fault[] } {
  const parsed = frontMatter.safeParse(document.toJS());
  if (parsed.success) return { data: parsed.data, faults: [] };
  const faults: Fault[] = parsed.error.issues.flatMap((issue): Fault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known key', unknownKey: true }))
      : [{ path: issue.path, message: document.hasIn(issue.path) ? issue.message : 'is required' }],
  );
  return { data: null, faults };
}

/** Finds the line of a fault: of the offending key or value, or of the parent when a key is missing. */
function place(document: Document, fault: Fault, lineAt: (offset: number) => number): Omit<NoteProblem, 'file'> {
  const { isMap, isPair, isScalar, isSeq } = yaml();
  let node: unknown = document.contents;
  let offset = -1;
  for (const [depth, step] of fault.path.entries()) {
    const last = depth === fault.path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === step);
      if (!pair) break;
      offset = start(pair.key) ?? offset;
      if (last && isScalar(pair.value) && fault.unknownKey !== true) offset = start(pair.value) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (node === undefined) break;
      offset = start(node) ?? offset;
    } else break;
  }
  return { line: offset < 0 ? 1 : lineAt(offset), key: keyPath(fault.path), message: fault.message };
}

function start(node: unknown): number | null {
  return yaml().isNode(node) && node.range ? node.range[0] : null;
}

function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${String(step)}` : String(step)),
    '',
  );
}

function fileProblem(file: string, message: string): NoteProblem {
  return { file, line: 1, key: '', message };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
