// Asks the broker of one connection for topics, a few requests at a time. There is one for each device, and all that are on their way
// are kept by the client until they are answered, at kilobytes each.
import type { Subscription } from './link.ts';

/** Requests without an answer. */
const WINDOW = 16;
/** Topics in one request: as many as hosted brokers take. */
const TOGETHER = 8;

export class Subscriber {
  readonly #ask: (topics: readonly Subscription[], answered: () => void) => void;
  #waiting: Subscription[] = [];
  #inFlight = 0;

  /** `ask` sends one request; `answered` is called when the broker has answered it, or not at all once the connection has ended. */
  constructor(ask: (topics: readonly Subscription[], answered: () => void) => void) {
    this.#ask = ask;
  }

  subscribe(topics: readonly Subscription[]): void {
    this.#waiting.push(...topics);
    this.#pump();
  }

  /** What was not asked for so far need not be taken back: true. */
  drop(topic: string): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((subscription) => subscription.topic !== topic);
    return this.#waiting.length < before;
  }

  #pump(): void {
    while (this.#inFlight < WINDOW && this.#waiting.length > 0) {
      this.#inFlight += 1;
      this.#ask(this.#waiting.splice(0, TOGETHER), () => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }
}
