// What a run of one test file is told, and what it writes down: the process that steers and the one that tests share these shapes.
import { readFileSync } from 'node:fs';
import type { Numbered } from './switched.ts';

/** Names the plan's file; vitest's configuration and the runner read it. */
export const PLAN_VARIABLE = 'THINGWATCH_MUTANTS';

export interface Plan {
  /** Absolute paths of the sources, each with the mutants to build in. */
  sources: Record<string, Numbered[]>;
  /** Those to try, in this order. */
  numbers: number[];
  /** Tests that take longer than this, in milliseconds, are left out: hundreds of runs of them would take days. */
  longest: number;
  /** Those of which that is known, by their place in the file; they are not even run once. */
  slow: string[];
  /** One test file, absolute. */
  testFile: string;
  /** Lines of JSON, one `Line` each. */
  resultFile: string;
}

/** One line of the result file. */
export type Line =
  /** How the test file does with no fault in: `failed` are the tests that fail even then, and take no part. */
  | { what: 'sound'; tests: number; failed: string[]; milliseconds: number; slow: string[]; reached: number[] }
  | { what: 'begun'; number: number }
  | { what: 'killed'; number: number; by: string; how: 'test' | 'import' | 'endless' | 'timeout' }
  | { what: 'survived'; number: number }
  | { what: 'ended' };

export function readPlan(): Plan | null {
  const file = process.env[PLAN_VARIABLE];
  return file === undefined ? null : (JSON.parse(readFileSync(file, 'utf8')) as Plan);
}
