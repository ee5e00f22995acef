// Runs inputs of one target, one at a time: counts, measures, and judges what is thrown and what takes too long. A frame that took
// long is measured again, by processor time, and the shortest time counts: neither a busy machine nor a collection is a finding.
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import { Seen } from './coverage.ts';
import type { Target } from './target.ts';

/** ms for one frame, message or request. */
export const SLOW = 50;
/** Whoever took less by the clock is not measured again. */
const WORTH_MEASURING = 1;
const REPEATS = 4;
/** So many more before it is called slow: where others take the caches, processor time grows as well. */
const DOUBTS = 12;
/** ms of processor time, and by the clock, after which an execution is a hang. */
const HANG = { cpu: 10_000, wall: 120_000 };
const MOST_BYTES = 1 << 20;

export interface Finding {
  /** The same for the same fault. */
  key: string;
  message: string;
  /** Hex. */
  input: string;
}

export class Runner {
  readonly target: Target;
  readonly seen = new Seen();
  executions = 0;
  frames = 0;
  /** ms of processor time of the dearest frame. */
  slowest = 0;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #watchdog: Worker | null;

  /** @param hangFile where the watchdog writes what hung; null for none */
  constructor(target: Target, hangFile: string | null) {
    this.target = target;
    // What ran while the program was loaded.
    this.seen.take();
    const area = new SharedArrayBuffer(8 + MOST_BYTES);
    this.#head = new Int32Array(area, 0, 2);
    this.#bytes = new Uint8Array(area, 8);
    const data = { area, file: hangFile, cpuLimit: HANG.cpu, wallLimit: HANG.wall };
    this.#watchdog =
      hangFile === null ? null : new Worker(join(PROJECT_ROOT, 'test/fuzz/watchdog.mjs'), { workerData: data });
  }

  /** Whatever hangs from here on is ended. */
  async watched(): Promise<void> {
    if (this.#watchdog !== null) await once(this.#watchdog, 'message');
  }

  async close(): Promise<void> {
    await this.target.close?.();
    await this.#watchdog?.terminate();
  }

  /** What was reached is in `seen` afterwards. */
  async execute(input: Buffer): Promise<Finding | null> {
    this.executions++;
    this.seen.begin();
    let worst = 0;
    let last = performance.now();
    const frame = () => {
      this.frames++;
      const now = performance.now();
      worst = Math.max(worst, now - last);
      last = now;
    };
    const finding = await this.#guarded(input, frame);
    frame();
    if (finding !== null || worst < Math.max(WORTH_MEASURING, this.slowest)) return finding;
    return this.#measured(input);
  }

  async #guarded(input: Buffer, frame: () => void): Promise<Finding | null> {
    this.#bytes.set(input.subarray(0, MOST_BYTES));
    this.#head[1] = Math.min(input.length, MOST_BYTES);
    Atomics.add(this.#head, 0, 1);
    try {
      const running = this.target.run(input, frame);
      if (running !== undefined) await running;
      return null;
    } catch (error) {
      return findingOf(error, input);
    } finally {
      Atomics.add(this.#head, 0, 1);
    }
  }

  async #measured(input: Buffer): Promise<Finding | null> {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < (least > SLOW ? REPEATS + DOUBTS : REPEATS); i++) {
      let worst = 0;
      let last = process.cpuUsage();
      const frame = () => {
        const now = process.cpuUsage();
        worst = Math.max(worst, (now.user + now.system - last.user - last.system) / 1000);
        last = now;
      };
      const finding = await this.#guarded(input, frame);
      frame();
      if (finding !== null) return { ...finding, message: `only when it is run again: ${finding.message}` };
      least = Math.min(least, worst);
      if (least < this.slowest) return null;
    }
    this.slowest = Math.max(this.slowest, least);
    if (least <= SLOW) return null;
    return {
      key: 'slow',
      message: `one frame takes ${least.toFixed(0)} ms of processor time, at most ${SLOW} are allowed`,
      input: input.toString('hex'),
    };
  }
}

function findingOf(error: unknown, input: Buffer): Finding {
  const own = error instanceof Error ? error : new Error(String(error));
  const place = /\n\s+at (\S+)/.exec(own.stack ?? '')?.[1] ?? '';
  return {
    key: `${own.name}: ${own.message.replace(/\d+/g, '0').slice(0, 80)} ${place}`,
    message: own.stack ?? String(own),
    input: input.toString('hex'),
  };
}
