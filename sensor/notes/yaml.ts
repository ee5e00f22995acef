// YAML, loaded when there is some to read. Most starts read none: the notes that come with thingwatch are parsed at build time.
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

const load: (name: 'yaml') => typeof Yaml = createRequire(import.meta.filename);

/** Kept by Node from the first call on. */
export function yaml(): typeof Yaml {
  return load('yaml');
}

/** Unclosed brackets; keys, `- ` and `? ` that follow one another in a line; columns before a line's text. A note has a tenth of each. */
const DEEPEST = { brackets: 16, steps: 16, columns: 128 } as const;

/**
 * Whether it may be nested so deeply that the parser, which calls itself for each level, runs out of stack: within a regular
 * expression that ends the process. What stands in quotes and comments counts too; some dozens of levels stay allowed.
 */
export function nestsTooDeep(text: string): boolean {
  let [brackets, steps, columns] = [0, 0, 0];
  let isIndent = true;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const isStep = /[-?:]/.test(character ?? '') && /[ \t\r\n]/.test(text[at + 1] ?? '\n');
    if (character === '[' || character === '{') brackets++;
    else if (character === ']' || character === '}') brackets = Math.max(0, brackets - 1);
    if (isStep) steps++;
    if (character === '\n' || (character === ',' && brackets > 0)) steps = 0;
    if (character === '\n') [columns, isIndent] = [0, true];
    else isIndent &&= isStep || character === ' ' || character === '\t';
    if (isIndent) columns++;
    if (brackets > DEEPEST.brackets || steps > DEEPEST.steps || columns > DEEPEST.columns) return true;
  }
  return false;
}
