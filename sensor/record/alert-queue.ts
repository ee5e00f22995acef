// What waits for the broker, as publish sees it: the outbox on disk, and behind it the alerts that the disk refused. No call throws.
import type { OutboxMessage } from './outbox.ts';
import type { Store } from './store.ts';
import type { UnstoredAlerts } from './unstored-alerts.ts';

export interface AlertQueueOptions {
  /** The store at present. */
  store(): Store;
  unstored: UnstoredAlerts;
  /** Told what the store threw. */
  failed(error: unknown): void;
}

export class AlertQueue {
  readonly #options: AlertQueueOptions;

  constructor(options: AlertQueueOptions) {
    this.#options = options;
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number): OutboxMessage[] {
    const { unstored } = this.#options;
    const stored = this.#try((store) => store.outbox.peek(limit), []);
    return unstored.size === 0 ? stored : [...stored, ...unstored.peek(limit - stored.length)];
  }

  /** The broker has it: what is in memory alone need not be stored any more. */
  remove(id: string): void {
    if (!this.#options.unstored.remove(id)) this.#try((store) => store.outbox.remove(id), undefined);
  }

  size(): number {
    return this.#options.store().outbox.size() + this.#options.unstored.size;
  }

  /** How many messages gave way for want of room, since the database was made. */
  dropped(): number {
    return this.#try((store) => store.outbox.dropped(), 0) + this.#options.unstored.lost;
  }

  /** Rows wait for a save to go with. */
  get hasGone(): boolean {
    return this.#options.store().outbox.hasGone;
  }

  #try<T>(work: (store: Store) => T, otherwise: T): T {
    try {
      return work(this.#options.store());
    } catch (error) {
      this.#options.failed(error);
      return otherwise;
    }
  }
}
