// Runs one test file against many mutants in a process of its own, and in another one where a mutant hung or ended that.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, PLAN_VARIABLE, type Plan } from './plan.ts';

export interface Outcome {
  number: number;
  /** Null: it survived the tests of this file. */
  killed: { by: string; how: string } | null;
}

export interface FileOutcome {
  sound: Extract<Line, { what: 'sound' }> | null;
  outcomes: Outcome[];
  /** What vitest wrote where it ended before its time. */
  trouble: string | null;
}

/** Nothing written for so long: what runs will not come back. */
const SILENCE_MS = 120_000;
const SILENCE_FACTOR = 12;

export interface OneFile {
  root: string;
  plan: Omit<Plan, 'resultFile'>;
  tell: (outcome: Outcome) => void;
}

export async function runFile({ root, plan, tell }: OneFile): Promise<FileOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-mutants-'));
  const result: FileOutcome = { sound: null, outcomes: [], trouble: null };
  let left = plan.numbers;
  try {
    for (let round = 0; round <= plan.numbers.length; round += 1) {
      const lines = await runOnce(root, folder, { ...plan, numbers: left }, result, tell);
      if (lines.some(({ what }) => what === 'ended') || result.sound === null) break;
      const rest = afterBreak(lines, left);
      if (rest === null) break;
      if (rest.hung !== null) {
        const outcome = { number: rest.hung, killed: { by: 'the process ended or hung', how: 'hang' } };
        result.outcomes.push(outcome);
        tell(outcome);
      }
      result.trouble = null;
      left = rest.left;
      if (left.length === 0) break;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

/**
 * After a process that ended before its time: the mutant that it was at, and those that are left to try. Between two of them it is
 * ended by what the last one left running, which says nothing of either. Null: it did not come as far as the first.
 */
export function afterBreak(
  lines: readonly Line[],
  left: readonly number[],
): { hung: number | null; left: number[] } | null {
  const last = lines.at(-1);
  if (last === undefined || !('number' in last)) return null;
  return { hung: last.what === 'begun' ? last.number : null, left: left.slice(left.indexOf(last.number) + 1) };
}

async function runOnce(
  root: string,
  folder: string,
  plan: Omit<Plan, 'resultFile'>,
  result: FileOutcome,
  tell: OneFile['tell'],
): Promise<Line[]> {
  const [planFile, resultFile] = [join(folder, 'plan.json'), join(folder, 'results')];
  writeFileSync(planFile, JSON.stringify({ ...plan, resultFile }));
  writeFileSync(resultFile, '');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'test/mutants/vitest.config.ts'], {
    cwd: root,
    env: { ...process.env, [PLAN_VARIABLE]: planFile, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what hangs can be ended with all that it started.
    detached: true,
  });
  // Who breaks the run off breaks that off as well.
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  const breakOff = (): void => {
    end();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, breakOff);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
  let isOver = false;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve())).then(() => {
    isOver = true;
  });
  const seen: Line[] = [];
  let patience = SILENCE_MS * 5;
  let lastWord = Date.now();
  try {
    for (;;) {
      await Promise.race([ended, sleep(500)]);
      const fresh = linesOf(resultFile).slice(seen.length);
      for (const line of fresh) note(line, result, tell);
      seen.push(...fresh);
      if (fresh.length > 0) lastWord = Date.now();
      const sound = seen.find((line) => line.what === 'sound');
      if (sound?.what === 'sound') patience = SILENCE_MS + SILENCE_FACTOR * sound.milliseconds;
      const isDone = seen.at(-1)?.what === 'ended' && Date.now() - lastWord > 10_000;
      if (isOver) break;
      if (isDone || Date.now() - lastWord > patience) {
        end();
        await ended;
        break;
      }
    }
  } finally {
    // Also where the one who is told will hear no more.
    end();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, breakOff);
  }
  if (!seen.some(({ what }) => what === 'ended')) result.trouble = said;
  return seen;
}

function note(line: Line, result: FileOutcome, tell: OneFile['tell']): void {
  if (line.what === 'sound') result.sound ??= line;
  if (line.what !== 'killed' && line.what !== 'survived') return;
  const killed = line.what === 'killed' ? { by: line.by, how: line.how } : null;
  result.outcomes.push({ number: line.number, killed });
  tell({ number: line.number, killed });
}

/** The last line may still be on its way. */
function linesOf(file: string): Line[] {
  if (!existsSync(file) || statSync(file).size === 0) return [];
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
}
