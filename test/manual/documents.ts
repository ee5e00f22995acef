// The documents that people read, in pieces: fenced blocks, headings and links, each with the line where it stands.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANUAL = 'sensor/deploy/manual';
/** Made, or of others. */
const NOT_OURS = new Set(['node_modules', 'dist', 'packages', 'state', 'coverage']);

export const read = (place: string): string => readFileSync(join(ROOT, place), 'utf8');

/** README and manual, as places in the checkout. */
export function manualPlaces(): string[] {
  const pages = readdirSync(join(ROOT, MANUAL)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...pages.sort().map((name) => `${MANUAL}/${name}`)];
}

/** Every Markdown file of the checkout. */
export function markdownPlaces(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const place = posix.join(folder, entry.name);
    // A fleet of whoever runs one from this checkout; sensor/fleet is ours.
    if (place === 'fleet') return [];
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) || entry.name.startsWith('.') ? [] : markdownPlaces(place);
    return entry.name.endsWith('.md') ? [place] : [];
  });
}

export interface Block {
  /** `README.md:12`, the line of its first fence. */
  at: string;
  language: string;
  text: string;
}

/** Fenced blocks, those within list items too, without their indentation. */
export function blocksIn(place: string, text = read(place)): Block[] {
  const blocks: Block[] = [];
  let open: { at: string; language: string; indent: number; lines: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', language = ''] = /^( *)```(\S*)\s*$/.exec(line) ?? [];
    const isFence = /^ *```/.test(line);
    if (open === null && isFence) open = { at: `${place}:${index + 1}`, language, indent: indent.length, lines: [] };
    else if (open !== null && isFence) {
      blocks.push({ at: open.at, language: open.language, text: open.lines.join('\n') });
      open = null;
    } else open?.lines.push(line.slice(open.indent));
  }
  if (open !== null) throw new Error(`${open.at}: the block has no end`);
  return blocks;
}

/** What stands between backticks in prose and tables. */
export function codeIn(place: string, text = read(place)): { at: string; code: string }[] {
  let isBlock = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^ *```/.test(line)) isBlock = !isBlock;
    if (isBlock || /^ *```/.test(line)) return [];
    return [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ at: `${place}:${index + 1}`, code }));
  });
}

/** Text without fenced blocks and code, line by line: what a reader of Markdown takes for prose. */
export function proseLines(text: string): string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    if (/^ *```/.test(line)) {
      isCode = !isCode;
      return '';
    }
    return isCode ? '' : line.replace(/`[^`]*`/g, (code) => '\0'.repeat(code.length));
  });
}

export interface Link {
  at: string;
  /** Empty for one within the same document. */
  target: string;
  /** Without its #; empty where there is none. */
  fragment: string;
}

/** Links and pictures that lead to other files or headings; not those to the web. A link's text may hold code. */
export function linksIn(place: string, text = read(place)): Link[] {
  const found = proseLines(text).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^()\s]*)\)/g)].map(([, link = '']) => ({ at: `${place}:${index + 1}`, link })),
  );
  return found
    .filter(({ link }) => !/^[a-z]+:/.test(link))
    .map(({ at, link }) => {
      const [target = '', fragment = ''] = link.split('#');
      return { at, target, fragment };
    });
}

/** What headings are called in links, as GitHub makes it of their text. */
export function anchorsIn(text: string): string[] {
  const seen = new Map<string, number>();
  let isCode = false;
  return text.split('\n').flatMap((line) => {
    if (/^ *```/.test(line)) isCode = !isCode;
    const [, heading] = /^#{1,6} +(.*)$/.exec(line) ?? [];
    if (isCode || heading === undefined) return [];
    const plain = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    return [before === 0 ? plain : `${plain}-${before}`];
  });
}
