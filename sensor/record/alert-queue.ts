// What waits for the broker and for other targets, as publish sees it: the outbox on disk, and behind it the alerts that the disk refused. No call throws.
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

/** What waits for one target. */
export type TargetQueue = Pick<AlertQueue, 'peek' | 'remove' | 'size' | 'dropped'>;

/** For the broker; `of` gives those of others. */
export class AlertQueue {
  readonly #options: AlertQueueOptions;
  readonly #target: string | undefined;

  constructor(options: AlertQueueOptions, target?: string) {
    this.#options = options;
    this.#target = target;
  }

  of(target: string): TargetQueue {
    return new AlertQueue(this.#options, target);
  }

  /** Lets go of what waits for other targets than these and the broker. */
  keepTargets(names: readonly string[]): void {
    this.#try((store) => store.outbox.keepTargets(names), undefined);
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number): OutboxMessage[] {
    const { unstored } = this.#options;
    const stored = this.#try((store) => store.outbox.peek(limit, this.#target), []);
    return unstored.size === 0 ? stored : [...stored, ...unstored.peek(limit - stored.length, this.#target)];
  }

  /** They were taken, at once where they are several: what is in memory alone need not be stored any more. */
  remove(...ids: string[]): void {
    const stored = ids.filter((id) => !this.#options.unstored.remove(id));
    if (stored.length > 0) this.#try((store) => store.outbox.remove(...stored), undefined);
  }

  /** Whether it still waits, for whomever. */
  has(id: string): boolean {
    return this.#options.unstored.has(id) || this.#try((store) => store.outbox.has(id), false);
  }

  size(): number {
    return this.#options.store().outbox.size(this.#target) + this.#options.unstored.sizeOf(this.#target);
  }

  /** How many messages gave way for want of room, since the database was made. */
  dropped(): number {
    const lost = this.#target === undefined ? this.#options.unstored.lost : 0;
    return this.#try((store) => store.outbox.dropped(this.#target), 0) + lost;
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
