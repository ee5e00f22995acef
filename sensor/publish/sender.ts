// Writes messages to one connection in order, at most a few at a time; a newer retained message replaces a waiting one.
import type { Session } from './link.ts';

export interface Sendable {
  topic: string;
  payload: string;
  retain: boolean;
}

type Done = (refused: Error | null) => void;

/** Enough to fill a home's link; small, so that an alert never waits behind many states. */
const WINDOW = 16;

export class Sender {
  readonly #session: Session;
  readonly #window: number;
  readonly #waiting: { message: Sendable; done: Done[] }[] = [];
  /** Waiting retained messages by topic: memory is bounded by the number of topics. */
  readonly #retained = new Map<string, { message: Sendable; done: Done[] }>();
  #inFlight = 0;

  constructor(session: Session) {
    this.#session = session;
    this.#window = Math.min(WINDOW, session.receiveMaximum);
  }

  /** `done` is called at PUBACK or refusal; never when the connection ends first. */
  send(message: Sendable, done: Done = () => {}): void {
    const earlier = message.retain ? this.#retained.get(message.topic) : undefined;
    if (earlier !== undefined) {
      earlier.message = message;
      earlier.done.push(done);
      return;
    }
    const entry = { message, done: [done] };
    this.#waiting.push(entry);
    if (message.retain) this.#retained.set(message.topic, entry);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < this.#window) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      const { message, done } = entry;
      if (message.retain) this.#retained.delete(message.topic);
      this.#inFlight += 1;
      this.#session.publish(message.topic, message.payload, message.retain, (refused) => {
        this.#inFlight -= 1;
        for (const tell of done) tell(refused);
        this.#pump();
      });
    }
  }
}
