// The prose half of a note: four headings whose list items become plain-text steps. Markup is taken off, never rendered;
// what remains is text, whatever it looks like.
import type { NoteProblem, NoteSteps } from './schema.ts';

const SECTIONS: Record<string, keyof NoteSteps> = {
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

/** Reads the body of a note. `firstLine` is the file's line number of its first line. */
export function readProse(body: string, firstLine: number): Prose {
  const prose: Prose = {
    summary: '',
    steps: { disconnect: [], reset: [], reinstall: [], closeAccess: [] },
    problems: [],
  };
  const seen = new Set<string>();
  let section: string[] | null = null;
  let summary: string[] | null = [];
  for (const [index, line] of body.split(/\r?\n/).entries()) {
    const heading = /^##[ \t]+(.+)$/.exec(line)?.[1]?.trim();
    const item = /^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(.+)$/.exec(line)?.[1];
    if (heading !== undefined) {
      summary = null;
      const key = SECTIONS[heading.toLowerCase()];
      section = key ? prose.steps[key] : null;
      const fault = key ? (seen.has(key) ? 'comes twice' : null) : `is none of: ${Object.keys(SECTIONS).join(', ')}`;
      if (fault)
        prose.problems.push({ line: firstLine + index, key: '', message: `heading "${plainText(heading)}" ${fault}` });
      else if (key) seen.add(key);
    } else if (section && item !== undefined) section.push(item);
    else if (section && section.length > 0 && /^[ \t]+\S/.test(line)) section.push(`${section.pop()} ${line.trim()}`);
    else if (summary && line.trim() !== '' && !line.startsWith('#')) summary.push(line.trim());
    else if (summary && summary.length > 0) summary = finish(prose, summary);
  }
  if (summary) finish(prose, summary);
  for (const steps of Object.values(prose.steps) as string[][])
    steps.splice(0, steps.length, ...steps.slice(0, MAX_STEPS).map(plainText));
  return prose;
}

function finish(prose: Prose, lines: string[]): null {
  prose.summary = plainText(lines.join(' '));
  return null;
}

/** Emphasis, code marks and link syntax taken off; a link to the web keeps its address in brackets. */
function plainText(markdown: string): string {
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
