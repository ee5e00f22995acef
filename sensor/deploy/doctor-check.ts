// What one of doctor's checks says, and how the checks ask other programs. Judges nothing itself.
import { execFile } from 'node:child_process';

export interface DoctorCheck {
  readonly name: string;
  /** `fail`: the sensor cannot do its job; `warn`: it can, but less well; `ok` needs no `fix`. */
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** Why it matters to a person who runs a sensor. */
  readonly why: string;
  /** What to do about it, a command where there is one; null when nothing is to do. */
  readonly fix: string | null;
}

export interface ProgramResult {
  /** Null when it could not be run or did not end in time. */
  readonly code: number | null;
  readonly missing: boolean;
  readonly output: string;
}

const ADMIN_FOLDERS = '/usr/local/sbin:/usr/sbin:/sbin';

/** Runs a program for its answer; both of its outputs, in English. Never throws. */
export function runProgram(command: string, args: readonly string[], timeoutMs = 3_000): Promise<ProgramResult> {
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:${ADMIN_FOLDERS}` };
  return new Promise((resolve) => {
    const child = execFile(command, [...args], { env, timeout: timeoutMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, missing: error?.code === 'ENOENT', output: `${stdout}${stderr}`.trim() });
    });
    child.stdin?.end();
  });
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

/** One line a check; under those that are not ok, why it matters and what to do. */
export function formatDoctor(checks: readonly DoctorCheck[]): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, result, found, why, fix }) => [
    `${MARKS[result]}  ${name.padEnd(width)}  ${found}`,
    ...(result === 'ok' ? [] : [`${' '.repeat(width + 8)}why: ${why}`]),
    ...(fix === null ? [] : [`${' '.repeat(width + 8)}fix: ${fix}`]),
  ]);
  const count = (wanted: DoctorCheck['result']) => checks.filter(({ result }) => result === wanted).length;
  return `${[...lines, `${count('ok')} ok, ${count('warn')} to improve, ${count('fail')} to repair`].join('\n')}\n`;
}
