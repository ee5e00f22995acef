// Live capture on a port of this machine, seen from the parent: runs the cap child, reads its pcap stream, starts it again when it dies.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../checkout.ts';
import { CaptureError } from './errors.ts';
import { captureFilter } from './filter.ts';
import { type Frame, LINK_TYPES } from './frame.ts';
import type { LiveSource, LiveSourceOptions, Warning } from './live-source.ts';
import { readPcap } from './pcap-stream.ts';

/** Kernel ring: about 20,000 MTU-sized slots, a second of a busy home with the filter in place. */
export const KERNEL_BUFFER = 32 * 1024 * 1024;
/** The capture child's nice value. */
export const CAPTURE_PRIORITY = constants.priority.PRIORITY_HIGH;
const FIRST_RETRY = 250;
const LONGEST_RETRY = 10_000;
/** The longest a child may take to end, in ms: under a flood it cannot be told to. */
const END_WITHIN = 1000;
/** A child that captured this long was healthy: its death starts the backoff anew. */
const HEALTHY_AFTER = 10_000;

const CHILD = join(PROJECT_ROOT, 'dist/sensor/capture/cap-child.js');

/** Linux's name for all interfaces at once; captured in cooked form. */
const ANY = 'any';

export interface LiveOptions extends LiveSourceOptions {
  interface: string;
}

export class LiveCapture implements LiveSource {
  #options: LiveOptions;
  #child: ChildProcess | null = null;
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

  constructor(options: LiveOptions) {
    this.#options = options;
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
      const hardEnd = setTimeout(() => child.kill('SIGKILL'), END_WITHIN);
      child.once('close', () => {
        clearTimeout(hardEnd);
        resolve();
      });
      child.stdin?.end();
      // What nobody has taken goes with it.
      if (this.#release !== null) child.stdout?.resume();
    });
  }

  #run(opened: () => void, failed: (error: CaptureError) => void): void {
    const { interface: device, log } = this.#options;
    const linkType = device === ANY ? LINK_TYPES.linuxCooked : LINK_TYPES.ethernet;
    const child = spawn(process.execPath, [CHILD, device, captureFilter(linkType), `${linkType}`, `${KERNEL_BUFFER}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    hurry(child.pid);
    const startedAt = performance.now();
    let isOpen = false;
    let said = '';
    if ((child.stdout as unknown) === undefined) {
      child.once('error', (error) => {
        this.#child = null;
        if (!this.#stopping) this.#restart(explain(error.message, device));
      });
      return;
    }
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
      if (this.#toldSlow || !SLOW_FILTER.test(said)) return;
      this.#toldSlow = true;
      log.warn(slowFilter(device));
    });
    child.stdin.on('error', () => {});
    let fault: string | null = null;
    const release = () => {
      this.#release = null;
      const { onFrame, onState, timeOf = wallTimeOf } = this.#options;
      onState('running', null);
      const onStamped = (frame: Frame) => onFrame({ ...frame, time: timeOf(frame.time) });
      readPcap(child.stdout, { onFrame: onStamped }).catch((error: unknown) => {
        fault = error instanceof CaptureError ? error.message : `a frame could not be handled: ${stackOf(error)}`;
        child.kill('SIGKILL');
      });
      child.stdout.resume();
    };
    // The stream's header is the first that it says, once it captures; at the end without one there is nothing to read.
    child.stdout.once('readable', () => {
      if (child.stdout.readableLength === 0) return child.stdout.resume();
      isOpen = true;
      this.#lastError = null;
      this.#release = release;
      if (!this.#isHeld) release();
      opened();
    });
    let ended = false;
    const onEnd = (error: Error | null) => {
      if (ended) return;
      ended = true;
      this.#child = null;
      this.#release = null;
      const reason = explain(fault ?? error?.message ?? said, device);
      if (performance.now() - startedAt >= HEALTHY_AFTER) this.#retry = FIRST_RETRY;
      if (!isOpen && this.#restarts === 0) failed(new CaptureError('tool', reason));
      else if (!this.#stopping) this.#restart(reason);
    };
    child.on('error', onEnd);
    child.on('close', () => onEnd(null));
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

/** libpcap says so when the kernel refuses the filter for its size; it then filters in the child. */
const SLOW_FILTER = /optmem_max/;

function slowFilter(device: string): string {
  return `the kernel has no room for the capture filter on ${device}, so filtering costs more processor time: set "sysctl -w net.core.optmem_max=131072"`;
}

/** libpcap's words, with what they mean and what to do. */
function explain(said: string, device: string): string {
  // Printed for every interface without an IPv4 address, as a mirror port is; it says nothing about an end.
  const words = said.replace(/^Warning: .*$/gm, '').trim();
  if (/permission|Operation not permitted|EPERM/i.test(words)) {
    return `capturing on ${device} needs the right CAP_NET_RAW: start it with sudo, or as the service in sensor/deploy/thingwatch.service, which gets this one right and no other`;
  }
  if (/No such device|doesn't exist/i.test(words)) {
    return `there is no interface ${device}: name the one at the mirror port with capture.interface`;
  }
  if (/is not up|Network is down/i.test(words)) {
    return `the interface ${device} is down: bring it up with "ip link set ${device} up"`;
  }
  if (/link type/i.test(words)) {
    return `the interface ${device} does not carry Ethernet frames (${words}), so devices cannot be told apart there: name the one at the mirror port with capture.interface`;
  }
  // cap ends in this way when the packet socket reports an error.
  if (/Assertion `status == 0' failed/.test(words)) return `the interface ${device} went down or away`;
  return words === '' ? `the capture on ${device} ended without a word` : `the capture on ${device} ended: ${words}`;
}

function wallTimeOf(monotonic: number): number {
  const [seconds, nanoseconds] = process.hrtime();
  return Math.round(Date.now() - (seconds * 1000 + nanoseconds / 1e6 - monotonic));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The capture goes before other work where this process may say so: frames that it cannot take are lost. */
function hurry(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, CAPTURE_PRIORITY);
  } catch {
    // Only root and the service may (its LimitNICE); it works without.
  }
}
