// Runs a program of the machine to its end and says in words what went wrong. Belongs to the commands that install.
import { spawn } from 'node:child_process';
import { StepError } from './steps.ts';

export interface CommandRun {
  code: number;
  /** Of both outputs, without the space at the ends; code 127 where there is no such program. */
  output: string;
}

interface CommandOptions {
  /** As whom; else as this process. */
  as?: { uid: number; gid: number };
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** `inherit`: a person reads along. */
  output?: 'inherit' | 'capture';
}

export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandRun> {
  const { as, cwd = '/', env = process.env, output = 'capture' } = options;
  return new Promise((resolve) => {
    const pipe = output === 'inherit' ? 'inherit' : 'pipe';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', pipe, pipe], ...(as ?? {}) });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 128, output: text.trim() }));
  });
}

/** @throws StepError where it fails, with its last words */
export async function mustRun(
  command: readonly [string, ...string[]],
  fix: string,
  options: CommandOptions = {},
): Promise<string> {
  const [program, ...args] = command;
  const { code, output } = await runCommand(program, args, options);
  if (code === 0) return output;
  throw new StepError(`${command.join(' ')}: ${lastWords(output) || `exit ${code}`}`, fix);
}

/** Of what a program said, what tells most in a line: from the first error on, else the end. */
export function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const error = lines.findIndex((line) => /error|fail|cannot|denied/i.test(line));
  const telling = error === -1 ? lines.slice(-3) : lines.slice(error, error + 3);
  return telling
    .map((line) => line.trim())
    .join(' / ')
    .slice(0, 600);
}
