// Every retained topic of ours: written, skipped when unchanged, remembered on disk and cleared when no longer wanted.
import { createHash } from 'node:crypto';
import type { TopicStore } from './ports.ts';
import type { Sendable, Sender } from './sender.ts';

export interface RetainedOptions {
  store: TopicStore;
  /** The broker did not take a message (its access list, a quota). */
  onRefusal(): void;
}

export class RetainedTopics {
  readonly #options: RetainedOptions;
  readonly #known: Set<string>;
  /** Digests of what this connection has been given, by topic: the configs themselves are kilobytes each. */
  readonly #configs = new Map<string, string>();
  readonly #watched = new Set<string>();
  /** Own clears that will come back to us, by topic; only where the protocol has no "no local". */
  readonly #echoes = new Map<string, number>();
  #sender: Sender | null = null;
  #echoing = false;

  constructor(options: RetainedOptions) {
    this.#options = options;
    this.#known = new Set(options.store.publishedTopics());
  }

  open(sender: Sender, echoing: boolean): void {
    this.close();
    this.#sender = sender;
    this.#echoing = echoing;
  }

  close(): void {
    this.#sender = null;
    this.#configs.clear();
    this.#watched.clear();
    this.#echoes.clear();
  }

  /** Whether the broker may hold something of ours there. */
  has(topic: string): boolean {
    return this.#known.has(topic);
  }

  /** The next config of every topic is sent even if it is unchanged. */
  repeatConfigs(): void {
    this.#configs.clear();
  }

  /** `make` gives what it says, the same each time. An unchanged one is not sent. `done` is called when the broker has answered. */
  config(topic: string, make: () => string, done: () => void): void {
    const digest = createHash('sha256').update(make()).digest('base64');
    if (this.#configs.get(topic) === digest) return;
    this.#configs.set(topic, digest);
    this.#send({ topic, payload: make, retain: true, isConfig: true }, done);
  }

  publish(topic: string, payload: string, done: () => void = () => {}): void {
    this.#send({ topic, payload, retain: true }, done);
  }

  #send(message: Sendable, done: () => void): void {
    const { topic } = message;
    if (this.#sender === null) return;
    // On disk first: a crash in between costs an unneeded clear, the other order would leave a ghost.
    if (!this.#known.has(topic)) {
      this.#known.add(topic);
      this.#options.store.setPublished(topic);
    }
    this.#sender.send(message, (refused) => {
      if (refused !== null) this.#options.onRefusal();
      done();
    });
  }

  /** Takes the retained message off the broker; without a connection the next one does it. */
  clear(topic: string): void {
    this.#configs.delete(topic);
    if (this.#sender === null || !this.#known.has(topic)) return;
    this.#known.delete(topic);
    if (this.#echoing && this.#watched.has(topic)) this.#echoes.set(topic, (this.#echoes.get(topic) ?? 0) + 1);
    this.#sender.send({ topic, payload: '', retain: true }, () => {
      if (!this.#known.has(topic)) this.#options.store.unsetPublished(topic);
    });
  }

  clearUnwanted(wanted: ReadonlySet<string>): void {
    for (const topic of this.#options.store.publishedTopics()) {
      this.#known.add(topic);
      if (!wanted.has(topic)) this.clear(topic);
    }
  }

  /** True the first time on this connection: the caller subscribes to it. */
  watch(topic: string): boolean {
    if (this.#watched.has(topic)) return false;
    this.#watched.add(topic);
    return true;
  }

  /** An empty message came in on a watched topic. True when it was somebody else's; the topic then holds nothing. */
  clearedByOther(topic: string): boolean {
    const echoes = this.#echoes.get(topic) ?? 0;
    if (echoes > 0) {
      this.#echoes.set(topic, echoes - 1);
      return false;
    }
    this.#configs.delete(topic);
    this.#known.delete(topic);
    this.#options.store.unsetPublished(topic);
    return true;
  }
}
