// What is told of the way to the broker: a fault once when it begins and once when it is over, however often a connection
// comes and goes in between. Knows nothing of sockets.
import type { Log } from '../log.ts';
import type { TimerHandle, Timers } from './ports.ts';

/** A connection shorter than this does not count as a recovery: two clients that share an id would race otherwise. */
export const STABLE_MS = 30_000;

export class LinkNews {
  readonly #timers: Timers;
  readonly #log: Log;
  /** Sentences that were told of the present fault; there are a few dozen in all. */
  readonly #told = new Set<string>();
  #error: string | null = null;
  /** What the last connection leaves to be shown by the next one before the fault is over. */
  #doubt: 'lasts' | 'acknowledges' | null = null;
  #openedAt = 0;
  #version: 4 | 5 = 5;
  #recovery: TimerHandle | null = null;

  constructor(timers: Timers, log: Log) {
    this.#timers = timers;
    this.#log = log;
  }

  /** What keeps us from the broker, or did until just now; for a person and without secrets. */
  get error(): string | null {
    return this.#error;
  }

  opened(version: 4 | 5): void {
    this.#version = version;
    this.#openedAt = this.#timers.now();
    if (this.#doubt === null) this.#recovered();
    else if (this.#doubt === 'lasts') this.#recovery = this.#timers.set(STABLE_MS, () => this.#recovered());
  }

  /** The broker took a message. */
  acknowledged(): void {
    if (this.#doubt === 'acknowledges') this.#recovered();
  }

  /** An open connection ended. Whether it had lasted; `isSilent`: the broker acknowledged nothing over it. */
  closed(isSilent: boolean): boolean {
    this.stop();
    const hasLasted = this.#timers.now() - this.#openedAt >= STABLE_MS;
    if (isSilent) this.#doubt = 'acknowledges';
    else this.#doubt = hasLasted ? null : 'lasts';
    return hasLasted;
  }

  failed(text: string): void {
    this.#error = text;
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#log.error(text);
  }

  stop(): void {
    if (this.#recovery !== null) this.#timers.clear(this.#recovery);
    this.#recovery = null;
  }

  #recovered(): void {
    this.#recovery = null;
    this.#doubt = null;
    this.#error = null;
    this.#told.clear();
    this.#log.info(`connected to the broker with MQTT ${this.#version === 5 ? '5' : '3.1.1'}`);
  }
}
