// A program whose standard output is a capture: `ssh router tcpdump -i br-lan -U -w - …`. Starts it in a process group of its
// own, tells what it says on standard error, ends the whole group. The command line itself is never told: it may hold a secret.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { type CaptureStream, StreamError, type StreamOpener } from './stream-source.ts';

/** For /bin/sh, or a program and its arguments. */
export type Command = string | readonly [string, ...string[]];

/** How long a group may take to end when it is told to, and a program whose output has ended to end itself, ms: on a busy machine too. */
const END_WITHIN = 2000;
const EXIT_WITHIN = 2000;
const LONGEST_LINE = 300;
/** Control characters, and marks that reorder a line: what a terminal or a log must not get. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

const NAME = 'the command in capture.command';

export interface CommandOptions {
  command: Command;
  environment: Readonly<Record<string, string | undefined>>;
  log: Log;
}

export function commandOpener({ command, environment, log }: CommandOptions): StreamOpener {
  const [program, ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  // The sensor's own settings hold passwords that are no business of the program, nor is what its service manager wants of it.
  const env = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(?:THINGWATCH|NOTIFY|WATCHDOG)_/.test(name)),
  );
  return {
    name: NAME,
    open: () =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        child.once('error', (error) => reject(new StreamError(startFault(error))));
        child.once('spawn', () => resolve(new CommandStream(child, child, log)));
      }),
  };
}

function startFault(error: Error): string {
  const code = 'code' in error ? String(error.code) : error.name;
  const why = code === 'ENOENT' ? 'there is no such program' : code === 'EACCES' ? 'it may not be run' : code;
  return `capture.command cannot be started: ${why}`;
}

class CommandStream implements CaptureStream {
  readonly bytes: Readable;
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;
  readonly #silent: Promise<unknown>;
  #lastWords: string | null = null;

  constructor(child: ChildProcess, { stderr, stdout }: { stderr: Readable; stdout: Readable }, log: Log) {
    this.#child = child;
    this.bytes = stdout;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.#silent = new Promise((resolve) => stderr.once('close', resolve));
    onLines(stderr, (line) => {
      if (line === this.#lastWords) return;
      this.#lastWords = line;
      log.info(`it says: ${line}`);
    });
  }

  async close(): Promise<string | null> {
    const isOver = this.bytes.readableEnded;
    const ended = isOver ? await within(EXIT_WITHIN, this.#exited) : null;
    this.#signal('SIGTERM');
    // Whoever of the group still runs holds this pipe. What left the group by itself shall not hold the sensor.
    await within(END_WITHIN, this.#silent);
    this.#signal('SIGKILL');
    this.bytes.destroy();
    this.#child.stderr?.destroy();
    if (ended === null) return null;
    return `${NAME} ended with ${ended}${this.#lastWords === null ? '' : `: ${this.#lastWords}`}`;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }
}

/** What comes of it within so many ms, else null. No timer is left that would hold the program's end. */
async function within<T>(milliseconds: number, awaited: Promise<T>): Promise<T | null> {
  const over = new AbortController();
  const late = sleep(milliseconds, null, { signal: over.signal }).catch(() => null);
  try {
    return await Promise.race([awaited, late]);
  } finally {
    over.abort();
  }
}

/** Lines fit for a log, however long or odd those of the program are. */
function onLines(stream: Readable, take: (line: string) => void): void {
  let pending = '';
  const tell = (text: string) => {
    const line = text.replace(UNFIT, ' ').trim().slice(0, LONGEST_LINE);
    if (line !== '') take(line);
  };
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split(/[\r\n]+/);
    pending = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) tell(line);
  });
  stream.on('end', () => tell(pending)).on('error', () => {});
}
