// Guides to switches and routers: what to change there, step by step, so that the sensor sees the home. Reads and checks the files
// below `mirrors` in a directory of notes; what the sensor sees and which steps fit it is not decided here.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  fileProblem,
  MAX_PROBLEMS_PER_NOTE,
  markdownFiles,
  problemAt,
  readFrontMatter,
  readText,
} from './front-matter.ts';
import { plainText, readSections } from './prose.ts';
import { type NoteProblem, SLUG, source } from './schema.ts';

/** What may be wrong with the place of the sensor, by the heading under which a guide tells what to do about it. */
const HEADINGS = {
  'set the mirror': 'set',
  'both directions': 'directions',
  'move it inside': 'inside',
  'nothing arrives': 'nothing',
} as const;

export type MirrorProblem = (typeof HEADINGS)[keyof typeof HEADINGS];

/** Longer ones are not read by somebody who stands before a switch with a phone. */
export const MIRROR_LIMITS = {
  ...{ step: 280, steps: 12, sentence: 280, sources: 8, warnings: 6 },
  /** Characters, as NOTE_LIMITS.frontMatter: all that is allowed in it takes less. */
  frontMatter: 6000,
} as const;

const DIRECTORY = 'mirrors';

const sentence = z
  .string()
  .trim()
  .min(1)
  .max(MIRROR_LIMITS.sentence)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must be without control characters');

const schema = z.strictObject({
  slug: z.string().max(64).regex(SLUG, 'must be lower-case words joined by hyphens'),
  /** As it stands in the list that people choose from. */
  name: sentence.max(60),
  kind: z.enum(['switch', 'router', 'firewall']),
  sources: z.array(source()).min(1).max(MIRROR_LIMITS.sources),
  /** What the sensor sees once it is set up, and what not. */
  shows: sentence,
  warnings: z.array(sentence).max(MIRROR_LIMITS.warnings).default([]),
});

export interface Mirror extends z.output<typeof schema> {
  /** Plain text: whoever shows it escapes it. Each has one at least. */
  steps: Record<MirrorProblem, string[]>;
  /** File it was read from. */
  file: string;
}

/**
 * Guides below `mirrors` of each directory that has it, by name. A later directory wins by slug. Never throws; what cannot be read
 * is a problem.
 */
export function loadMirrors(dirs: readonly string[]): { mirrors: Mirror[]; problems: NoteProblem[] } {
  const bySlug = new Map<string, Mirror>();
  const problems: NoteProblem[] = [];
  for (const dir of dirs.map((one) => join(one, DIRECTORY)).filter((one) => existsSync(one))) {
    for (const file of markdownFiles(dir, problems, 'guides')) {
      const { text, problems: unread } = readText(file);
      const result = text === null ? { mirror: null, problems: unread } : parseMirror(file, text);
      problems.push(...result.problems);
      if (result.mirror) bySlug.set(result.mirror.slug, result.mirror);
    }
  }
  const mirrors = [...bySlug.values()].sort(
    (a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase(), 'en') || (a.slug < b.slug ? -1 : 1),
  );
  return { mirrors, problems };
}

/** Checks all guides, each for itself and against those of the same name; `count` is how many are sound. */
export function checkMirrors(dirs: readonly string[]): { problems: NoteProblem[]; count: number } {
  const { mirrors, problems } = loadMirrors(dirs);
  const named = new Map<string, Mirror>();
  const twice: NoteProblem[] = [];
  for (const mirror of mirrors) {
    const other = named.get(mirror.name.toLowerCase());
    if (other === undefined) named.set(mirror.name.toLowerCase(), mirror);
    else twice.push(problemAt(mirror.file, ['name'], `is the name of ${other.slug} as well`));
  }
  return { problems: [...problems, ...twice], count: mirrors.length - twice.length };
}

/** Parses the text of a guide; `file` names it in problems and must be named after the slug. */
export function parseMirror(file: string, text: string): { mirror: Mirror | null; problems: NoteProblem[] } {
  const header = readFrontMatter(text, schema, MIRROR_LIMITS.frontMatter);
  if (typeof header === 'string') return { mirror: null, problems: [fileProblem(file, header)] };
  const { data, faults } = header;
  if (data && data.slug !== basename(file, '.md'))
    faults.push(header.at(['slug'], 'must be the name of the file without .md'));
  const { faults: inBody, steps } = readSteps(header.body, header.bodyLine);
  faults.push(...inBody);
  const mirror = data && faults.length === 0 ? { ...data, steps, file } : null;
  return { mirror, problems: faults.slice(0, MAX_PROBLEMS_PER_NOTE).map((fault) => ({ file, ...fault })) };
}

function readSteps(
  body: string,
  bodyLine: number,
): { steps: Record<MirrorProblem, string[]>; faults: Omit<NoteProblem, 'file'>[] } {
  const found = readSections(body, bodyLine, HEADINGS);
  const faults = [...found.problems];
  for (const line of found.strays)
    faults.push({ line, key: '', message: 'is no step: begin it with a number, or indent it below one' });
  const steps: Record<MirrorProblem, string[]> = { set: [], directions: [], inside: [], nothing: [] };
  for (const [heading, key] of Object.entries(HEADINGS)) {
    const items = found.steps[key];
    if (items.length === 0)
      faults.push({ line: bodyLine, key: '', message: `has no step under the heading "${heading}"` });
    const beyond = items[MIRROR_LIMITS.steps];
    if (beyond)
      faults.push({
        line: beyond.line,
        key: '',
        message: `is step ${MIRROR_LIMITS.steps + 1} of its heading, and ${MIRROR_LIMITS.steps} are the most`,
      });
    for (const item of items) {
      if (item.text.length > MIRROR_LIMITS.step)
        faults.push({ line: item.line, key: '', message: `is a step of more than ${MIRROR_LIMITS.step} characters` });
      const step = plainText(item.text);
      if (step === '') faults.push({ line: item.line, key: '', message: 'is a step without words' });
      steps[key].push(step);
    }
  }
  return { steps, faults };
}
