// What the set-up scripts share: where the checkout lies, how they speak, and how they run a child to its end.
// Plain JavaScript on Node's own modules: these scripts run before anything is installed.
import { spawn } from 'node:child_process';
import { constants as osConstants } from 'node:os';
import { fileURLToPath } from 'node:url';

export { completePath, findProgram } from './search-path.cjs';

/** The checkout's top folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Ends the set-up with a message for a person and an exit code; never a stack trace. */
export class SetUpError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'SetUpError';
    this.exitCode = exitCode;
  }
}

/** Set-up speaks on standard error only: standard output belongs to the program (`replay --format json`). */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/**
 * Runs a child to its end with nothing on its standard input. Signals sent to us end its whole process group first, so that
 * nothing goes on writing behind a stopped set-up.
 * @param options.output file descriptor for both of its outputs (2), `'capture'` to get them as text, or `'inherit'`
 * @param options.ownGroup false for a child that asks at the terminal (sudo): a group of its own may not read there
 */
export function runStep(command, args, { cwd = root, env = process.env, output = 2, ownGroup = true, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const stdio =
      output === 'capture'
        ? ['ignore', 'pipe', 'pipe']
        : output === 'inherit'
          ? ['ignore', 1, 2]
          : ['ignore', output, output];
    const child = spawn(command, args, { cwd, env, stdio, detached: ownGroup });
    let text = '';
    let stoppedBy = null;
    const forward = (signal) => {
      stoppedBy = signal;
      if (child.pid === undefined) return;
      try {
        process.kill(ownGroup ? -child.pid : child.pid, signal);
      } catch {
        // It ended by itself meanwhile.
      }
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const done = () => {
      for (const signal of signals) process.removeListener(signal, forward);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (chunk) => {
        text += chunk;
      });
    }
    child.on('spawn', () => onStart?.(child.pid));
    child.on('error', (error) => {
      done();
      reject(new SetUpError(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      done();
      if (stoppedBy !== null) reject(new SetUpError(`stopped by ${stoppedBy}`, 128 + osConstants.signals[stoppedBy]));
      else resolve({ code: code ?? 128 + osConstants.signals[signal], text });
    });
  });
}
