// Runs the leader's round every few seconds as long as the process lives. Any number of processes may; what fails is said once, and
// tried again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { FleetDatabase } from '../store/database.ts';
import { outbreakRound } from './outbreaks.ts';

const EVERY = 5000;

export interface OutbreakKeeperOptions {
  db: FleetDatabase;
  log: Log;
  /** Wall time, ms. */
  now(): number;
  /** Ms between rounds. */
  every?: number;
}

export class OutbreakKeeper {
  readonly #options: OutbreakKeeperOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #failure: string | null = null;

  constructor(options: OutbreakKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the round that is going on has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { every = EVERY } = this.#options;
    while (!signal.aborted) {
      await this.#round();
      await sleep(every, undefined, { signal }).catch(() => {});
    }
  }

  async #round(): Promise<void> {
    const { db, log, now } = this.#options;
    try {
      const round = await outbreakRound(db, new Date(now()));
      if (this.#failure !== null) log.info('outbreaks are looked for again');
      this.#failure = null;
      for (const { backend, homesExposed, homesMailed, revision, state } of round?.changed ?? []) {
        if (state === 'ended') log.info(`the outbreak at ${backend} has ended`);
        else if (revision === 1) log.warn(`an outbreak: ${homesMailed} of ${homesExposed} homes mail after ${backend}`);
      }
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.#failure) log.error(`outbreaks cannot be looked for, and are tried again: ${failure}`);
      this.#failure = failure;
    }
  }
}
