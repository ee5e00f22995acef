// The prose half of a note: four headings whose list items become plain-text steps. Markup is taken off, never rendered;
// what remains is text, whatever it looks like.
import type { NoteProblem, NoteSteps } from './schema.ts';

const SECTIONS: Readonly<Record<string, keyof NoteSteps>> = {
  disconnect: 'disconnect',
  'factory reset': 'reset',
  'reinstall firmware': 'reinstall',
  'close remote access': 'closeAccess',
};

/** Longest step and most steps of one section that are kept. */
const MAX_STEP = 600;
const MAX_STEPS = 30;

export interface Prose {
  summary: string;
  steps: NoteSteps;
  problems: Omit<NoteProblem, 'file'>[];
}

/** One list item, with the file's line that it begins on. */
interface Step {
  line: number;
  text: string;
}

export interface Sections<K extends string> {
  /** The first paragraph under the title, as plain text. */
  summary: string;
  steps: Record<K, Step[]>;
  /** The file's lines of text under a heading that belong to no step. */
  strays: number[];
  problems: Omit<NoteProblem, 'file'>[];
}

/** Reads the body of a note. `firstLine` is the file's line number of its first line. */
export function readProse(body: string, firstLine: number): Prose {
  const { problems, steps, summary } = readSections(body, firstLine, SECTIONS);
  const kept = (list: Step[]): string[] => list.slice(0, MAX_STEPS).map(({ text }) => plainText(text));
  return {
    summary,
    steps: {
      disconnect: kept(steps.disconnect),
      reset: kept(steps.reset),
      reinstall: kept(steps.reinstall),
      closeAccess: kept(steps.closeAccess),
    },
    problems,
  };
}

/** Cuts a body at its headings, each of which must be one of `sections`, in small letters; steps are still Markdown. */
export function readSections<K extends string>(
  body: string,
  firstLine: number,
  sections: Readonly<Record<string, K>>,
): Sections<K> {
  const steps = Object.fromEntries(Object.values(sections).map((key) => [key, [] as Step[]])) as Record<K, Step[]>;
  const found: Sections<K> = { summary: '', steps, strays: [], problems: [] };
  const seen = new Set<string>();
  let section: Step[] | null = null;
  let summary: string[] | null = [];
  for (const [index, line] of body.split(/\r?\n/).entries()) {
    const heading = /^##[ \t]+(.+)$/.exec(line)?.[1]?.trim();
    const item = /^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(.+)$/.exec(line)?.[1];
    const last: Step | undefined = section?.at(-1);
    if (heading !== undefined) {
      summary = null;
      const name = heading.toLowerCase();
      const key = Object.hasOwn(sections, name) ? sections[name] : undefined;
      section = key ? steps[key] : null;
      const fault = key ? (seen.has(key) ? 'comes twice' : null) : `is none of: ${Object.keys(sections).join(', ')}`;
      if (fault)
        found.problems.push({ line: firstLine + index, key: '', message: `heading "${plainText(heading)}" ${fault}` });
      else if (key) seen.add(key);
    } else if (section && item !== undefined) section.push({ line: firstLine + index, text: item });
    else if (last && /^[ \t]+\S/.test(line)) last.text += ` ${line.trim()}`;
    else if (summary && line.trim() !== '' && !line.startsWith('#')) summary.push(line.trim());
    else if (summary && summary.length > 0) summary = finish(found, summary);
    else if (section && line.trim() !== '') found.strays.push(firstLine + index);
  }
  if (summary) finish(found, summary);
  return found;
}

function finish(found: { summary: string }, lines: string[]): null {
  found.summary = plainText(lines.join(' '));
  return null;
}

/** Emphasis, code marks and link syntax taken off; a link to the web keeps its address in brackets. */
export function plainText(markdown: string): string {
  return markdown
    .slice(0, MAX_STEP)
    .replace(/\p{Cc}|\p{Bidi_Control}/gu, '')
    .replace(/!?\[([^[\]]{0,300})\]\(([^()\s]{0,300})\)/g, (_, label: string, target: string) =>
      /^https?:\/\//i.test(target) && label !== target ? `${label} (${target})` : label,
    )
    .replace(/\*\*|`/g, '')
    .replace(/(^|\s)[*_](\S[^*_]{0,200})[*_](?=$|[\s.,;:!?)])/g, '$1$2')
    .replace(/\s+/g, ' ')
    .trim();
}
