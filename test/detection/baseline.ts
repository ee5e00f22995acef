// A case's outcome as text that is kept beside the tests: everything the sensor tells of that home, word for word, so that no
// change of it goes unseen. Where a change is meant, `npx vitest run --config test/vitest.config.ts test/detection -u` writes
// the files anew, and the commit shows what became of them.
import { stringify } from 'yaml';
import type { Case, Outcome } from './case.ts';
import { MIRRORED } from './mirrors.ts';

/** Kept of the outcome of a crowd, in characters: nobody would read more of what changed. */
const MOST_KEPT = 8_000;

/** Where the outcome is kept, beside the test; null for homes that other cases show as well, through another mirror. */
export function baselineOf(one: Case): string | null {
  if (MIRRORED.includes(one)) return null;
  return `baselines/${one.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}.yaml`;
}

/** What is nothing, none or no is left out. */
export function baselineText(outcome: Outcome): string {
  const text = stringify(lean(outcome), { lineWidth: 120 });
  return text.length <= MOST_KEPT ? text : `${text.slice(0, MOST_KEPT)}…\n`;
}

function lean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lean);
  if (typeof value !== 'object' || value === null) return value;
  const all = Object.entries(value).map(([key, one]) => [key, lean(one)] as const);
  return Object.fromEntries(all.filter(([, one]) => !isNothing(one)));
}

const isNothing = (value: unknown): boolean =>
  value === null || value === false || value === 0 || (typeof value === 'object' && Object.keys(value).length === 0);
