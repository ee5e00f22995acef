// Slows a replay down to a multiple of packet time. It changes when frames are delivered, never which or in what order.
import type { Readable } from 'node:stream';
import type { Frame } from './frame.ts';

/** Frames kept waiting before the source is paused. */
const QUEUE = 256;
/** Longest single wait in ms, so that `onWait` is called often enough to keep clocks moving. */
const LONGEST_SLEEP = 250;

export interface PaceOptions {
  /** Packet seconds per real second. */
  speed: number;
  /** Monotonic milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  onFrame(frame: Frame): void;
  /** Packet time has reached `time` with no frame due: lets the engine's time pass in a quiet gap. */
  onWait?(time: number): void;
}

export class Pacer {
  readonly #options: PaceOptions;
  readonly #queue: Frame[] = [];
  #start: { real: number; packet: number } | null = null;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #paused: Readable | null = null;
  #stopped = false;
  #failure: unknown = null;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Takes a frame; `source` is paused while too many wait, and closed when `onFrame` throws. */
  push(frame: Frame, source: Readable): void {
    if (this.#stopped) return;
    this.#queue.push(frame);
    if (this.#queue.length >= QUEUE) {
      source.pause();
      this.#paused = source;
    }
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#run(source);
  }

  /** Resolves when all frames were delivered, or none more will be; rejects with what `onFrame` threw. */
  async drained(): Promise<void> {
    await this.#running;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Delivers no further frame. The source may be left paused: close it. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(source: Readable): Promise<void> {
    const { now, sleep, speed } = this.#options;
    try {
      for (let frame = this.#queue.shift(); frame !== undefined && !this.#stopped; frame = this.#queue.shift()) {
        this.#start ??= { real: now(), packet: frame.time };
        const due = this.#start.real + (frame.time - this.#start.packet) / speed;
        for (let wait = due - now(); wait > 0 && !this.#stopped; wait = due - now()) {
          await sleep(Math.min(wait, LONGEST_SLEEP));
          this.#options.onWait?.(Math.min(frame.time, this.#start.packet + (now() - this.#start.real) * speed));
        }
        this.#options.onFrame(frame);
        if (this.#paused && this.#queue.length < QUEUE / 2) {
          this.#paused.resume();
          this.#paused = null;
        }
      }
    } catch (error) {
      this.#failure = error;
      this.#stopped = true;
      source.destroy();
    } finally {
      this.#isRunning = false;
    }
  }
}
