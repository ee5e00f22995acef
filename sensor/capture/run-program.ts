// Asks another program and gives its answer. Judges nothing.
import { execFile } from 'node:child_process';

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
