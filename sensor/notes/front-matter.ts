// The YAML header of the files that people write, and where in a file a mistake lies. Knows the shape of none: schemas come from
// the notes and from the guides to switches.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import type { z } from 'zod';
import type { NoteProblem } from './schema.ts';
import { nestsTooDeep, yaml } from './yaml.ts';

/**
 * Bytes of one file, characters of its front matter (twice the longest of ours; the YAML parser takes 3 ms for each KB of errors), and
 * files of one directory.
 */
export const NOTE_LIMITS = { fileBytes: 64 * 1024, frontMatter: 10_000, files: 2000 } as const;
export const MAX_PROBLEMS_PER_NOTE = 20;
const FRONT_MATTER = /^(\ufeff?---[ \t]*\r?\n)([\s\S]*?\r?\n)?---[ \t]*(?:\r?\n|$)/;

/** A file cut in two. `data` is null where the header is not as `schema` wants it, and `faults` says why. */
export interface FrontMatter<T> {
  data: T | null;
  faults: Omit<NoteProblem, 'file'>[];
  body: string;
  /** The file's number of the body's first line. */
  bodyLine: number;
  /** A mistake at a key that the header has. */
  at(path: PropertyKey[], message: string): Omit<NoteProblem, 'file'>;
}

/** `*.md` of a directory but README.md, sorted; what cannot be listed becomes a problem. `what` they are called in it. */
export function markdownFiles(dir: string, problems: NoteProblem[], what = 'notes'): string[] {
  try {
    const names = readdirSync(dir)
      .filter((name) => name.endsWith('.md') && name.toLowerCase() !== 'readme.md')
      .sort();
    if (names.length > NOTE_LIMITS.files)
      problems.push(fileProblem(dir, `has ${names.length} ${what}; only the first ${NOTE_LIMITS.files} are read`));
    return names.slice(0, NOTE_LIMITS.files).map((name) => join(dir, name));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    problems.push(fileProblem(dir, isMissing ? 'there is no such directory' : `cannot be read: ${reason(error)}`));
    return [];
  }
}

/** The text of a file and what is wrong with it as a whole. */
export function readText(file: string): { text: string | null; problems: NoteProblem[] } {
  try {
    const text = readBounded(file);
    const tooLarge = [fileProblem(file, `is larger than ${NOTE_LIMITS.fileBytes} bytes`)];
    return { text, problems: text === null ? tooLarge : [] };
  } catch (error) {
    return { text: null, problems: [fileProblem(file, `cannot be read: ${reason(error)}`)] };
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

/** Parses the header of a text, of `most` characters; words in place of it where it has none that can be read. */
export function readFrontMatter<S extends z.ZodType>(
  text: string,
  schema: S,
  most: number = NOTE_LIMITS.frontMatter,
): FrontMatter<z.output<S>> | string {
  const parts = FRONT_MATTER.exec(text);
  if (!parts) return 'must begin with front matter between two --- lines';
  const header = parts[2] ?? '';
  if (nestsTooDeep(header)) return 'has front matter that is nested too deeply to be read';
  if (header.length > most) return `has front matter of more than ${most} characters`;
  const { LineCounter, parseDocument, visit } = yaml();
  const counter = new LineCounter();
  const document = parseDocument(header, { lineCounter: counter, prettyErrors: false });
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
  const result = faults.length === 0 ? check(document, schema) : null;
  for (const fault of result?.faults ?? []) faults.push(place(document, fault, lineAt));
  return {
    data: result?.data ?? null,
    faults,
    body: text.slice(parts[0].length),
    bodyLine: parts[0].split('\n').length,
    at: (path, message) => place(document, { path, message }, lineAt),
  };
}

interface Fault {
  path: PropertyKey[];
  message: string;
  /** The path names a key that should not be there. */
  unknownKey?: boolean;
}

function check<S extends z.ZodType>(document: Document, schema: S): { data: z.output<S> | null; faults: Fault[] } {
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { data: parsed.data, faults: [] };
  const faults: Fault[] = parsed.error.issues.flatMap((issue): Fault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known key', unknownKey: true }))
      : [{ path: issue.path, message: document.hasIn(issue.path) ? issue.message : 'is required' }],
  );
  return { data: null, faults };
}

/** A problem of a sound note at one of its keys; at the file's first line where the file has changed or gone meanwhile. */
export function problemAt(file: string, path: readonly PropertyKey[], message: string): NoteProblem {
  const fault = { path: [...path], message };
  try {
    const parts = FRONT_MATTER.exec(readBounded(file) ?? '');
    const { LineCounter, parseDocument } = yaml();
    const counter = new LineCounter();
    const document = parseDocument(parts?.[2] ?? '', { lineCounter: counter });
    return { file, ...place(document, fault, (offset) => counter.linePos(offset).line + 1) };
  } catch {
    return { file, line: 1, key: keyPath(path), message };
  }
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

export function fileProblem(file: string, message: string): NoteProblem {
  return { file, line: 1, key: '', message };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
