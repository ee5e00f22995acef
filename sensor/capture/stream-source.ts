// Live frames from a stream of capture bytes that a program or a router sends: opens it, reads it through tcpdump with the
// filter of every other way, opens it again when it ends or falls silent. What the bytes come from is the opener's affair.
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArrivalClock, offsetWords } from './arrival-clock.ts';
import { CaptureError } from './errors.ts';
import type { LiveSource, LiveSourceOptions, Warning } from './live-source.ts';
import { Pulse } from './pulse.ts';
import { readHead } from './replay-stream.ts';
import { readTcpdump, startTcpdump } from './tcpdump.ts';

/** One run of whatever sends capture bytes (pcap or pcapng). */
export interface CaptureStream {
  readonly bytes: Readable;
  /** Ends it for good. Resolves to why it had ended by itself, in words, or to null when it had not, or nothing is known. */
  close(): Promise<string | null>;
}

export interface StreamOpener {
  /** What messages call it, as in "nothing has come from …". */
  readonly name: string;
  /** Rejects with a StreamError. */
  open(signal: AbortSignal): Promise<CaptureStream>;
  /** Called once, after the last stream. */
  leave?(): Promise<void>;
}

/** Why a stream could not be opened; the message is for a person. */
export class StreamError extends Error {
  /** Milliseconds for which another try would not help, or would do harm (a wrong password); 0 when it may help at once. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter = 0) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** All in ms. */
export interface StreamLimits {
  firstRetry: number;
  longestRetry: number;
  /** A stream that brought bytes for this long was healthy: its end starts the backoff anew. */
  healthyAfter: number;
  /** Nothing for this long is told: no home is silent for a minute. */
  silent: number;
  /** Nothing for this long, and it is started again. */
  stuck: number;
  /** tcpdump here took nothing of what waits for it for this long: it hangs, and all is started again. */
  filterStuck: number;
}

/** Own turns between looks at the stream's pulse, ms; more often where less patience is asked for. */
const LOOK_EVERY = 1000;

const LIMITS: StreamLimits = {
  firstRetry: 1000,
  longestRetry: 60_000,
  healthyAfter: 30_000,
  silent: 60_000,
  stuck: 180_000,
  filterStuck: 15_000,
};

export interface StreamSourceOptions extends LiveSourceOptions {
  opener: StreamOpener;
  limits?: Partial<StreamLimits>;
}

export class StreamSource implements LiveSource {
  readonly #options: StreamSourceOptions;
  readonly #limits: StreamLimits;
  readonly #clock: ArrivalClock;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #restarts = 0;
  #lastError: string | null = null;
  /** Of the present run, by the clock that nobody sets (ms). */
  #openedAt = 0;
  #lastBytes = 0;
  /** Of the present run. */
  #pulse: Pulse | null = null;
  #retry: number;

  constructor(options: StreamSourceOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#retry = this.#limits.firstRetry;
    const { log, now, opener } = options;
    this.#clock = new ArrivalClock(now, (offset) => {
      if (offset === null) log.info(`the clock of ${opener.name} agrees with this machine's again`);
      else
        log.warn(
          `the clock of ${opener.name} is ${offsetWords(offset)} this machine's: its frames count from their arrival`,
        );
    });
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Resolves at once: a router that is not there yet, as after a power cut, is waited for. */
  async start(): Promise<void> {
    this.#options.onState('starting', null);
    this.#running = this.#keepOpen();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#options.opener.leave?.();
  }

  warnings(): Warning[] {
    const { name } = this.#options.opener;
    const quiet = this.#pulse?.quiet ?? 0;
    const silence: Warning = {
      key: 'source_silent',
      say: ({ warnings }) => ({
        text: warnings.sourceSilent({ source: name, n: Math.round(quiet / 1000) }),
        fix: warnings.sourceSilentFix,
      }),
    };
    return [...(quiet >= this.#limits.silent ? [silence] : []), ...this.#clock.warnings(name)];
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      let problem: string;
      let refusedFor = 0;
      try {
        problem = await this.#once();
      } catch (error) {
        const isForPeople = error instanceof CaptureError || error instanceof StreamError;
        problem = isForPeople ? error.message : `a frame could not be handled: ${stackOf(error)}`;
        if (error instanceof StreamError) refusedFor = error.retryAfter;
      }
      if (signal.aborted) return;
      await this.#pause(problem, refusedFor);
      this.#restarts++;
    }
  }

  async #pause(problem: string, refusedFor: number): Promise<void> {
    const { log, onState } = this.#options;
    const { firstRetry, healthyAfter, longestRetry } = this.#limits;
    if (this.#openedAt > 0 && this.#lastBytes - this.#openedAt >= healthyAfter) this.#retry = firstRetry;
    if (problem !== this.#lastError) log.error(`${problem}; trying again`);
    this.#lastError = problem;
    onState(refusedFor === 0 && this.#retry < longestRetry ? 'restarting' : 'failed', problem);
    const wait = Math.max(refusedFor, this.#retry);
    this.#retry = Math.min(this.#retry * 2, longestRetry);
    this.#openedAt = 0;
    this.#lastBytes = 0;
    await sleep(wait, undefined, { signal: this.#abort.signal }).catch(() => {
      // Stopped meanwhile.
    });
  }

  /** From opening to the end; resolves to why it ended. */
  async #once(): Promise<string> {
    const { opener } = this.#options;
    const stream = await opener.open(this.#abort.signal);
    this.#openedAt = performance.now();
    this.#lastBytes = this.#openedAt;
    stream.bytes.on('error', () => {
      // Kept in errored, and told by whoever reads.
    });
    // Of its own run only; aborting it ends the reading, as stopping does.
    const run = new AbortController();
    const end = () => {
      run.abort();
      // Whoever waits for its first bytes hears only of its end.
      stream.bytes.destroy();
    };
    this.#abort.signal.addEventListener('abort', end, { once: true });
    let hangs: string | null = null;
    const giveUp = (reason: string) => {
      hangs ??= reason;
      run.abort();
      stream.bytes.destroy();
    };
    const { stuck } = this.#limits;
    const pulse = new Pulse(Math.min(LOOK_EVERY, stuck / 20), (quiet) => {
      if (quiet >= stuck) giveUp(`nothing came from ${opener.name} for ${Math.round(stuck / 1000)} seconds`);
    });
    this.#pulse = pulse;
    let warning: string | null = null;
    let failure: unknown = null;
    try {
      if (this.#abort.signal.aborted) end();
      warning = await this.#read(stream.bytes, run.signal, giveUp);
    } catch (error) {
      failure = error;
    } finally {
      pulse.stop();
      this.#pulse = null;
      this.#abort.signal.removeEventListener('abort', end);
      stream.bytes.destroy();
    }
    const reason = await stream.close();
    if (hangs !== null) return hangs;
    // A frame that cannot be handled is the sensor's own fault; a stream that is none, that of what sent it.
    if (failure !== null && !(failure instanceof CaptureError && failure.problem !== 'tool' && reason !== null))
      throw failure;
    return reason ?? warning ?? `${opener.name} ended without a word`;
  }

  /** Resolves when the stream has ended, to what tcpdump found amiss with it. */
  async #read(bytes: Readable, signal: AbortSignal, giveUp: (reason: string) => void): Promise<string | null> {
    const { log, onFrame, onState, opener } = this.#options;
    const begun = await readHead(bytes, Buffer.alloc(0), opener.name, signal);
    if (begun === null) return null;
    this.#sawBytes();
    const tcpdump = startTcpdump({ input: 'pipe', linkType: begun.linkType, filter: true });
    tcpdump.child.stdin?.on('error', () => bytes.destroy());
    tcpdump.child.stdin?.write(begun.head);
    bytes.on('data', () => this.#sawBytes());
    bytes.on('close', () => tcpdump.child.stdin?.end());
    if (tcpdump.child.stdin) bytes.pipe(tcpdump.child.stdin);
    if (this.#restarts > 0 && this.#lastError !== null)
      log.info(`frames come again from ${opener.name} (restart ${this.#restarts})`);
    this.#lastError = null;
    onState('running', null);
    const { filterStuck } = this.#limits;
    const { stdin } = tcpdump.child;
    const filter = new Pulse(Math.min(LOOK_EVERY, filterStuck / 20), (quiet) => {
      if (!stdin || stdin.writableLength === 0) return filter.beat();
      if (quiet >= filterStuck)
        giveUp(`tcpdump, which filters here, hung for ${Math.round(filterStuck / 1000)} seconds`);
    });
    stdin?.on('drain', () => filter.beat());
    try {
      const { warning } = await readTcpdump(tcpdump, {
        file: opener.name,
        onFrame: (frame) => onFrame(this.#clock.stamped(frame)),
        pacer: undefined,
        onChunk: () => filter.beat(),
        signal,
      });
      return warning;
    } finally {
      filter.stop();
    }
  }

  #sawBytes(): void {
    this.#lastBytes = performance.now();
    this.#pulse?.beat();
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
