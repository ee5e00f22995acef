// What is told of the way to the broker: a fault once when it begins and once when it is over, however often a connection
// comes and goes in between. Knows nothing of sockets.
import type { Log } from '../log.ts';
import { Alarm } from './alarm.ts';
import type { Timers } from './ports.ts';

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
  #openedAt = Number.NaN;
  readonly #recovery: Alarm;

  constructor(timers: Timers, log: Log) {
    this.#timers = timers;
    this.#log = log;
    this.#recovery = new Alarm(timers);
  }

  /** What keeps us from the broker, or did until just now; for a person and without secrets. */
  get error(): string | null {
    return this.#error;
  }

  opened(version: 4 | 5): void {
    this.#openedAt = this.#timers.now();
    if (this.#doubt === null) this.#recovered(version);
    else if (this.#doubt === 'lasts') this.#recovery.set(STABLE_MS, () => this.#recovered(version));
  }

  /** The broker took a message. */
  acknowledged(version: 4 | 5): void {
    if (this.#doubt === 'acknowledges') this.#recovered(version);
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
    this.#recovery.clear();
  }

  #recovered(version: 4 | 5): void {
    this.#doubt = null;
    this.#error = null;
    this.#told.clear();
    this.#log.info(`connected to the broker with MQTT ${version === 5 ? '5' : '3.1.1'}`);
  }
}
