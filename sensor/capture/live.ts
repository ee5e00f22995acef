// Live capture on a port of this machine, seen from the parent: runs the cap child, reads its pcap stream, starts it again when it
// dies or hangs.
import type { Readable } from 'node:stream';
import { type CaptureProcess, type LaunchCapture, launchCapture } from './capture-process.ts';
import { CaptureError } from './errors.ts';
import { type Frame, LINK_TYPES } from './frame.ts';
import type { LiveSource, LiveSourceOptions, Warning } from './live-source.ts';
import { hanging, SLOW_FILTER, slowFilter, whyItEnded } from './live-words.ts';
import { readPcap } from './pcap-stream.ts';
import { Pulse } from './pulse.ts';
import { takeTurns } from './turns.ts';

/** Kernel ring: about 20,000 MTU-sized slots, a second of a busy home with the filter in place. */
export const KERNEL_BUFFER = 32 * 1024 * 1024;
const FIRST_RETRY = 250;
const LONGEST_RETRY = 10_000;
/** The longest a child may take to end, in ms: under a flood it cannot be told to. */
const END_WITHIN = 1000;
/** A child that captured this long was healthy: its death starts the backoff anew. */
const HEALTHY_AFTER = 10_000;

/** Own turns between looks at the child's pulse, ms. It gives a sign of life every second, with frames or without. */
const LOOK_EVERY = 1000;

/** How long a child may give no sign of life, ms of this process's own. */
export interface Patience {
  /** Then it is told to hang … */
  hangs: number;
  /** … and then it is ended. */
  ended: number;
  /** One that starts may take longer: a small machine under load. */
  starts: number;
}

const PATIENCE: Patience = { hangs: 6000, ended: 15_000, starts: 20_000 };

/** Linux's name for all interfaces at once; captured in cooked form. */
const ANY = 'any';

export interface LiveOptions extends LiveSourceOptions {
  interface: string;
  /** Who starts the child; this process itself unless told. */
  launch?: LaunchCapture;
  patience?: Patience;
}

export class LiveCapture implements LiveSource {
  #options: LiveOptions;
  readonly #launch: LaunchCapture;
  readonly #patience: Patience;
  #child: CaptureProcess | null = null;
  #output: Readable | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retry = FIRST_RETRY;
  #stopping = false;
  #isOpened = false;
  /** Lets the frames of the present child flow; null when they do, or when there is none. */
  #release: (() => void) | null = null;
  #isHeld = true;
  #restarts = 0;
  #lastError: string | null = null;
  #toldSlow = false;
  #onGone: (() => void) | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#launch = options.launch ?? launchCapture;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Times the child was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Process id of the running child; null between two. */
  get childPid(): number | null {
    return this.#child?.pid ?? null;
  }

  warnings(): Warning[] {
    return [];
  }

  /**
   * Resolves when the first child captures; rejects with CaptureError when it cannot (no rights, no such interface). Its frames
   * wait in it, and in the kernel, until `start`.
   */
  async open(): Promise<void> {
    this.#isOpened = true;
    this.#options.onState('starting', null);
    await new Promise<void>((resolve, reject) => this.#run(resolve, reject));
  }

  /** Frames and states go there from now on: a capture can be opened before there is anybody to take its frames. */
  handTo(options: LiveSourceOptions): void {
    this.#options = { ...options, interface: this.#options.interface };
  }

  /** Opens it where that has not been done, and lets frames flow. */
  async start(): Promise<void> {
    if (!this.#isOpened) await this.open();
    this.#isHeld = false;
    this.#release?.();
  }

  /** Resolves when the child is gone; what it had captured has been delivered then. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return;
    await new Promise<void>((resolve) => {
      const hardEnd = setTimeout(() => child.kill(), END_WITHIN);
      this.#onGone = () => {
        clearTimeout(hardEnd);
        resolve();
      };
      child.end();
      // What nobody has taken goes with it.
      if (this.#release !== null) this.#output?.resume();
    });
  }

  #run(opened: () => void, failed: (error: CaptureError) => void): void {
    const { interface: device, log } = this.#options;
    const linkType = device === ANY ? LINK_TYPES.linuxCooked : LINK_TYPES.ethernet;
    const startedAt = performance.now();
    let isOpen = false;
    let said = '';
    let fault: string | null = null;
    const kill = (reason: string) => {
      fault ??= reason;
      child.kill();
    };
    let isHanging = false;
    const pulse = new Pulse(LOOK_EVERY, (quiet) => {
      // What it wrote waits for somebody to take it: it is not its turn.
      if (isOpen && this.#release !== null) return pulse.beat();
      const { ended, hangs, starts } = this.#patience;
      const limit = isOpen ? ended : starts;
      if (quiet >= limit) return kill(hanging(device, quiet, 0));
      if (quiet < hangs || this.#stopping) return;
      if (!isHanging) log.warn(hanging(device, quiet, limit - quiet));
      isHanging = true;
      this.#options.onState(
        isOpen || this.#restarts > 0 ? 'restarting' : 'starting',
        hanging(device, quiet, limit - quiet),
      );
    });
    const isAlive = () => {
      pulse.beat();
      if (!isHanging) return;
      isHanging = false;
      log.info(`the capture on ${device} moves again`);
      this.#options.onState('running', null);
    };
    const release = (stdout: Readable) => {
      this.#release = null;
      const { onFrame, onState, timeOf = wallTimeOf } = this.#options;
      onState('running', null);
      const onStamped = (frame: Frame) => onFrame({ ...frame, time: timeOf(frame.time) });
      stdout.on('data', isAlive);
      readPcap(stdout, { onFrame: onStamped }).catch((error: unknown) => {
        kill(error instanceof CaptureError ? error.message : `a frame could not be handled: ${stackOf(error)}`);
      });
      takeTurns(stdout);
      stdout.resume();
    };
    const onOutput = (stdout: Readable) => {
      this.#output = stdout;
      // The stream's header is the first that it says, once it captures; at the end without one there is nothing to read.
      stdout.once('readable', () => {
        if (stdout.readableLength === 0) return stdout.resume();
        isOpen = true;
        isHanging = false;
        pulse.beat();
        this.#lastError = null;
        this.#release = () => release(stdout);
        if (!this.#isHeld) this.#release();
        opened();
      });
    };
    let ended = false;
    const onEnd = (error: Error | null) => {
      if (ended) return;
      ended = true;
      pulse.stop();
      this.#child = null;
      this.#release = null;
      this.#output = null;
      this.#onGone?.();
      const reason = fault ?? whyItEnded(error?.message ?? said, device);
      if (performance.now() - startedAt >= HEALTHY_AFTER) this.#retry = FIRST_RETRY;
      if (!isOpen && this.#restarts === 0) failed(new CaptureError('tool', reason));
      else if (!this.#stopping) this.#restart(reason);
    };
    const onSaid = (text: string) => {
      said = (said + text).slice(-2000);
      if (this.#toldSlow || !SLOW_FILTER.test(said)) return;
      this.#toldSlow = true;
      log.warn(slowFilter(device));
    };
    const child = this.#launch({ device, linkType, bufferSize: KERNEL_BUFFER }, { onEnd, onOutput, onSaid });
    this.#child = child;
  }

  #restart(reason: string): void {
    const { log, onState } = this.#options;
    if (reason !== this.#lastError) log.error(`${reason}; trying again`);
    this.#lastError = reason;
    onState(this.#retry < LONGEST_RETRY ? 'restarting' : 'failed', reason);
    this.#timer = setTimeout(() => {
      this.#restarts++;
      this.#run(
        () => log.info(`capturing again on ${this.#options.interface} (restart ${this.#restarts})`),
        () => {},
      );
    }, this.#retry);
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY);
  }
}

function wallTimeOf(monotonic: number): number {
  const [seconds, nanoseconds] = process.hrtime();
  return Math.round(Date.now() - (seconds * 1000 + nanoseconds / 1e6 - monotonic));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
