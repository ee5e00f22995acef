// Writes messages to one connection, at most a few at a time, each kind in order; a newer retained message replaces a waiting one.
import type { Session } from './link.ts';

export interface Sendable {
  topic: string;
  /** Or what makes it when its turn has come: thousands of configs of kilobytes each may wait. */
  payload: string | (() => string);
  retain: boolean;
  /** A discovery config: what comes after it may be of no use without. */
  isConfig?: boolean;
}

interface Entry {
  message: Sendable;
  done: Done[];
}

type Kind = 'config' | 'alert' | 'state';

/** A slow broker takes a message every few seconds: an alert must not wait for a hundred states. */
const ORDER: readonly Kind[] = ['config', 'alert', 'state'];

type Done = (refused: Error | null) => void;

/** Enough to fill a home's link; small, so that an alert never waits for many others. */
const WINDOW = 16;

export class Sender {
  readonly #session: Session;
  readonly #window: number;
  readonly #waiting: Record<Kind, Entry[]> = { config: [], alert: [], state: [] };
  /** Waiting retained messages by topic: memory is bounded by the number of topics. */
  readonly #retained = new Map<string, Entry>();
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
    this.#waiting[kindOf(message)].push(entry);
    if (message.retain) this.#retained.set(message.topic, entry);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < this.#window) {
      const entry = ORDER.map((kind) => this.#waiting[kind])
        .find((queue) => queue.length > 0)
        ?.shift();
      if (entry === undefined) return;
      const { done } = entry;
      const { payload, retain, topic } = entry.message;
      if (retain) this.#retained.delete(topic);
      this.#inFlight += 1;
      this.#session.publish(topic, typeof payload === 'string' ? payload : payload(), retain, (refused) => {
        this.#inFlight -= 1;
        for (const tell of done) tell(refused);
        this.#pump();
      });
    }
  }
}

function kindOf({ isConfig, retain }: Sendable): Kind {
  if (isConfig === true) return 'config';
  return retain ? 'state' : 'alert';
}
