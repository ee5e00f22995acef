// One server or service that a fleet on one machine consists of: started, started again with patience when it ends by itself, stopped. What it
// says goes to a file of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, commandAs } from './account.ts';
import { OperatorError } from './operator-error.ts';
import { plainEnvironment } from './programs.ts';

export interface ChildSpec {
  /** For people. */
  name: string;
  command: string;
  args: readonly string[];
  account: Account | null;
  cwd: string;
  /** What ends it in good order. */
  signal: 'SIGINT' | 'SIGTERM';
  /** File for all that it says; the one before the last start that found it long is kept as `.1`. */
  log: string;
  env?: NodeJS.ProcessEnv;
  /** Whether it serves. Asked again and again after each start, until it is so. @param aliveFor ms since that start */
  isUp(aliveFor: number): Promise<boolean>;
}

export interface ChildTimes {
  /** How long it may take to serve (ms) … */
  upWithin: number;
  /** … and to stop, before it is killed. */
  stopWithin: number;
  /** Between an end and the next start: at first, and at most. It doubles each time. */
  firstPause: number;
  longestPause: number;
  /** Whoever ran for so long begins with the first pause again. */
  steadyAfter: number;
}

const TIMES: ChildTimes = {
  upWithin: 60_000,
  stopWithin: 20_000,
  firstPause: 500,
  longestPause: 30_000,
  steadyAfter: 60_000,
};
const LOG_OCTETS = 8 * 1024 * 1024;
const ASK_EVERY = 100;

export class Child {
  readonly spec: ChildSpec;
  readonly #say: (line: string) => void;
  readonly #times: ChildTimes;
  #process: ChildProcess | null = null;
  #startedAt = 0;
  #pause: number;
  #wanted = false;
  /** Aborted by `stop`. */
  #abort = new AbortController();
  #keeping: Promise<void> = Promise.resolve();

  /** @param say takes a line for whoever watches: ends and starts again */
  constructor(spec: ChildSpec, say: (line: string) => void, times: Partial<ChildTimes> = {}) {
    this.spec = spec;
    this.#say = say;
    this.#times = { ...TIMES, ...times };
    this.#pause = this.#times.firstPause;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Resolves when it serves; from then on it is started again whenever it ends. @throws OperatorError where it does not come up */
  async start(): Promise<void> {
    this.#wanted = true;
    this.#abort = new AbortController();
    const ended = this.#spawn();
    const problem = await this.#up(ended);
    if (problem !== null) {
      await this.stop();
      throw new OperatorError(
        `${this.spec.name} ${problem}; the last that it said (${this.spec.log}):\n${this.lastWords()}`,
        1,
      );
    }
    this.#keeping = this.#keep(ended);
  }

  /** Ends it, at the latest by force. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#abort.abort();
    const child = this.#process;
    if (child !== null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(this.spec.signal);
      const timeout = AbortSignal.timeout(this.#times.stopWithin);
      await Promise.race([ended, new Promise((resolve) => timeout.addEventListener('abort', resolve, { once: true }))]);
      if (this.#process !== null) {
        this.#say(`${this.spec.name} does not stop within ${this.#times.stopWithin / 1000} s and is killed`);
        child.kill('SIGKILL');
        await ended;
      }
    }
    await this.#keeping;
  }

  /** Has it read certificates and settings anew, by another start. */
  restart(): void {
    this.#pause = this.#times.firstPause;
    this.#process?.kill(this.spec.signal);
  }

  lastWords(): string {
    try {
      return readFileSync(this.spec.log, 'utf8').trim().split('\n').slice(-8).join('\n');
    } catch {
      return '(nothing)';
    }
  }

  /** Resolves to how it ended. */
  #spawn(): Promise<string> {
    const { account, args, command, cwd, env, log, signal } = this.spec;
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > LOG_OCTETS) renameSync(log, `${log}.1`);
    const sink = openSync(log, 'a', 0o600);
    this.#startedAt = performance.now();
    const as = commandAs(account, command, args, signal === 'SIGINT' ? 'INT' : 'TERM');
    const child = spawn(as.command, as.args, {
      cwd,
      // In a group of its own: a terminal's Ctrl-C reaches us alone, who stop them in order.
      detached: true,
      stdio: ['ignore', sink, sink],
      env: { ...plainEnvironment(), ...env },
      ...(as.uid === undefined || as.gid === undefined ? {} : { uid: as.uid, gid: as.gid }),
    });
    closeSync(sink);
    this.#process = child;
    return new Promise((resolve) => {
      const gone = (how: string) => {
        if (this.#process === child) this.#process = null;
        resolve(how);
      };
      child.once('error', (error) => gone(`cannot be started (${error.message})`));
      child.once('exit', (code, by) => gone(by === null ? `ended with exit code ${code}` : `ended by ${by}`));
    });
  }

  /** Null when it serves; otherwise why not, in words after its name. */
  async #up(ended: Promise<string>): Promise<string | null> {
    let end: string | null = null;
    void ended.then((how) => {
      end = how;
    });
    const deadline = performance.now() + this.#times.upWithin;
    while (performance.now() < deadline) {
      if (end !== null) return end;
      if (await this.spec.isUp(performance.now() - this.#startedAt).catch(() => false)) return null;
      if (this.#abort.signal.aborted) return 'was stopped';
      await sleep(ASK_EVERY);
    }
    return `does not serve within ${this.#times.upWithin / 1000} s`;
  }

  async #keep(first: Promise<string>): Promise<void> {
    for (let ended = first; ; ) {
      const how = await ended;
      if (!this.#wanted) return;
      if (performance.now() - this.#startedAt > this.#times.steadyAfter) this.#pause = this.#times.firstPause;
      const pause = this.#pause;
      this.#pause = Math.min(2 * pause, this.#times.longestPause);
      this.#say(`${this.spec.name} ${how}; it is started again in ${pause / 1000} s (what it said: ${this.spec.log})`);
      await sleep(pause, undefined, { signal: this.#abort.signal }).catch(() => {});
      if (!this.#wanted) return;
      ended = this.#spawn();
      const problem = await this.#up(ended);
      if (problem === null) this.#say(`${this.spec.name} serves again`);
      // One that hangs before it serves is ended, and started again like one that ended.
      else this.#process?.kill('SIGKILL');
    }
  }
}
