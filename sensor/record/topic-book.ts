// The retained topics that may hold something of ours on the broker: known in memory, written through to the store.
import type { Keep } from './store-keeper.ts';

export class TopicBook {
  readonly #keep: Keep;
  readonly #topics: Set<string>;

  constructor(topics: Iterable<string>, keep: Keep) {
    this.#topics = new Set(topics);
    this.#keep = keep;
  }

  /** Sorted. */
  publishedTopics(): string[] {
    return [...this.#topics].sort();
  }

  /** Call before publishing: then a crash in between leaves a topic to clear, never one that nobody knows of. */
  setPublished(topic: string): void {
    this.#topics.add(topic);
    this.#keep(`topic ${topic}`, (store) => store.setPublished(topic));
  }

  /** Call once the broker has acknowledged that the topic was cleared. */
  unsetPublished(topic: string): void {
    this.#topics.delete(topic);
    this.#keep(`topic ${topic}`, (store) => store.unsetPublished(topic));
  }

  /** Writes all of them anew. */
  keepAll(): void {
    for (const topic of this.#topics) this.setPublished(topic);
  }
}
