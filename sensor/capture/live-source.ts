// What every live source of frames has in common: a port of this machine, a program, a router. `run` starts one of them.
import type { Words } from '../language/words.ts';
import type { Log } from '../log.ts';
import type { Frame } from './frame.ts';

/** `failed`: several starts in a row did not help, or trying again soon is of no use; it goes on trying, at long intervals. */
export type LiveState = 'starting' | 'running' | 'restarting' | 'failed';

/** Something that makes the sensor see less than it could, and that a person can mend. */
export interface Warning {
  /** Stable, for automations. */
  readonly key: string;
  say(words: Words): Omit<ToldWarning, 'key'>;
}

export interface ToldWarning extends Pick<Warning, 'key'> {
  /** A whole sentence. */
  readonly text: string;
  /** What to do: a command where there is one. */
  readonly fix: string;
}

export interface LiveSourceOptions {
  onFrame(frame: Frame): void;
  /** `error` says in words what stands in the way, null when nothing does. */
  onState(state: LiveState, error: string | null): void;
  log: Log;
  /** The sensor's time, ms since 1970. */
  now(): number;
  /** The time (ms since 1970) at a moment of CLOCK_MONOTONIC (ms), by which the child stamps; the wall clock's unless told. */
  timeOf?(monotonic: number): number;
}

export interface LiveSource {
  /** Times it was started again. */
  readonly restarts: number;
  /** Resolves when it is under way; rejects with CaptureError when trying again is of no use. */
  start(): Promise<void>;
  /** Resolves when all that it started has ended. */
  stop(): Promise<void>;
  /** What is amiss now, beside its state. */
  warnings(): Warning[];
}
