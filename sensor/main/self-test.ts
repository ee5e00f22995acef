// `thingwatch self-test`: plays each case through a sensor of its own and counts those that came out as expected. It needs no
// privileges, and leaves nothing behind. Belongs to main.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../self-test/case.ts';
import { capture, playCase } from './self-test-path.ts';

/** Of a crash: what it was, and the places that say where. */
const CRASH_LINES = 4;

export interface SelfTestIo {
  out(text: string): void;
  /** Stops after the case that is running. */
  signal: AbortSignal;
}

/** Prints a line for each case and `passed/all` at the end; true when all passed. Rejects with CaptureError. */
export async function selfTest(cases: readonly Case[], { out, signal }: SelfTestIo): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-self-test-'));
  let passed = 0;
  try {
    const captured = await capture(cases, folder, signal);
    for (const [index, one] of cases.entries()) {
      if (signal.aborted) break;
      const problem = await playCase(one, captured[index] ?? [], join(folder, `${index}`)).catch(crashed);
      out(problem === null ? `ok   ${one.name}\n` : `FAIL ${one.name}: ${problem}\n`);
      if (problem === null) passed++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  out(`${passed}/${cases.length}\n`);
  return passed === cases.length;
}

/** The sensor gave up on a case: where, in one line. The others are played all the same. */
function crashed(error: unknown): string {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = said.split('\n').slice(0, CRASH_LINES);
  return `expected a verdict, got ${lines.map((line) => line.trim()).join(' ')}`;
}
