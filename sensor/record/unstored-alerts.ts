// Alerts that are not on disk: those of the save at hand, and all of a fault of the disk, from which they are sent meanwhile.
import { dropOldest } from './drop-oldest.ts';
import type { OutboxMessage } from './outbox.ts';

/** Messages; about 15 MB. With a broker that takes them they are gone before that. */
export const UNSTORED_ALERTS = 10_000;

export class UnstoredAlerts {
  readonly #limit: number;
  /** By id, oldest first. */
  readonly #waiting = new Map<string, OutboxMessage>();
  #lost = 0;

  constructor(limit = UNSTORED_ALERTS) {
    this.#limit = limit;
  }

  /** Of all targets. */
  get size(): number {
    return this.#waiting.size;
  }

  /** For one target; the broker unless told. */
  sizeOf(target?: string): number {
    let count = 0;
    for (const message of this.#waiting.values()) if (message.target === target) count++;
    return count;
  }

  /** Those that gave way since the last save, for want of room. */
  get lost(): number {
    return this.#lost;
  }

  /** The oldest give way. */
  add(messages: readonly OutboxMessage[]): void {
    for (const message of messages) {
      this.#waiting.set(message.id, message);
      this.#lost += dropOldest(this.#waiting, this.#limit).length;
    }
  }

  /** Older ones than all that are here. */
  addFirst(messages: readonly OutboxMessage[]): void {
    const later = [...this.#waiting.values()];
    this.#waiting.clear();
    this.add([...messages, ...later]);
  }

  /** Oldest first; for the broker unless told. */
  peek(limit: number, target?: string): OutboxMessage[] {
    const found: OutboxMessage[] = [];
    for (const message of this.#waiting.values()) {
      if (found.length >= limit) break;
      if (message.target !== target) continue;
      found.push({ ...message, stored: false });
    }
    return found;
  }

  /** The broker has it, so that it need not be stored any more; false for an unknown id. */
  remove(id: string): boolean {
    return this.#waiting.delete(id);
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  all(): Iterable<OutboxMessage> {
    return this.#waiting.values();
  }

  /** What `all` gave and `lost` counted is on disk. */
  saved(): void {
    this.#waiting.clear();
    this.#lost = 0;
  }
}
