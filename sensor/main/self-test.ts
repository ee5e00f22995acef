// `thingwatch self-test`: plays each case through a sensor of its own and counts those that came out as expected. It needs no
// privileges, and leaves nothing behind. Belongs to main.ts.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../self-test/case.ts';
import { playCase } from './self-test-path.ts';

/** Cases at once. They wait for the broker most of the time; more would only stand in each other's way. */
const AT_ONCE = 8;

export interface SelfTestIo {
  out(text: string): void;
  /** Stops after the cases that are running. */
  signal: AbortSignal;
}

/** Prints a line for each case and `passed/all` at the end; true when all passed. Rejects with CaptureError. */
export async function selfTest(cases: readonly Case[], { out, signal }: SelfTestIo): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-self-test-'));
  const verdicts: (string | null)[] = [];
  let [next, shown, passed] = [0, 0, 0];
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const show = () => {
    for (let verdict = verdicts[shown]; verdict !== undefined; verdict = verdicts[shown]) {
      const { name } = cases[shown] ?? { name: '' };
      out(verdict === null ? `ok   ${name}\n` : `FAIL ${name}: ${verdict}\n`);
      if (verdict === null) passed++;
      shown++;
    }
  };
  const work = async () => {
    for (let index = next++; index < cases.length && !stop.aborted; index = next++) {
      const [one] = cases.slice(index, index + 1);
      if (one === undefined) return;
      const own = join(folder, `${index}`);
      mkdirSync(own);
      const verdict = await playCase(one, own, stop);
      rmSync(own, { recursive: true });
      if (stop.aborted) return;
      verdicts[index] = verdict;
      show();
    }
  };
  try {
    const ends = await Promise.allSettled(
      Array.from({ length: AT_ONCE }, () =>
        work().catch((error: unknown) => {
          failure.abort();
          throw error;
        }),
      ),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    out(`${passed}/${cases.length}\n`);
    return passed === cases.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
