// Lets a topic's retained state through at most every 30 s: Home Assistant keeps every change for ever. A transition
// passes at once; what was held back follows when the time has come, in its newest form.
import { Alarm } from './alarm.ts';
import type { StateMessage } from './payloads.ts';
import type { Timers } from './ports.ts';

export const STATE_INTERVAL_MS = 30_000;
/** What is due so shortly after other topics goes with the next: looking for it costs as much as there are topics. */
const APART_MS = 250;

interface Entry {
  sent: StateMessage;
  sentAt: number;
  waiting: StateMessage | null;
}

export interface StateGateOptions {
  timers: Timers;
  publish(topic: string, payload: string): void;
}

export class StateGate {
  readonly #options: StateGateOptions;
  readonly #topics = new Map<string, Entry>();
  readonly #look: Alarm;
  #lookAt = Number.POSITIVE_INFINITY;

  constructor(options: StateGateOptions) {
    this.#options = options;
    this.#look = new Alarm(options.timers);
  }

  offer(topic: string, state: StateMessage): void {
    const entry = this.#topics.get(topic);
    const now = this.#options.timers.now();
    if (entry?.sent.payload === state.payload) entry.waiting = null;
    else if (
      entry === undefined ||
      entry.sent.transition !== state.transition ||
      now - entry.sentAt >= STATE_INTERVAL_MS
    )
      this.force(topic, state);
    else {
      entry.waiting = state;
      this.#arm(entry.sentAt + STATE_INTERVAL_MS);
    }
  }

  /** Past the limit and even if unchanged: the answer to an order, or to a broker that may have forgotten. */
  force(topic: string, state: StateMessage): void {
    this.#topics.set(topic, { sent: state, sentAt: this.#options.timers.now(), waiting: null });
    this.#options.publish(topic, state.payload);
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Forgets what was sent, for a new connection. */
  clear(): void {
    this.#topics.clear();
    this.#look.clear();
  }

  /** One alarm for all topics, at the soonest time that any of them is due. */
  #arm(due: number): void {
    if (this.#look.isSet && this.#lookAt <= due) return;
    const { timers } = this.#options;
    this.#lookAt = due;
    this.#look.set(due - timers.now(), () => this.#sendDue(timers.now()));
  }

  #sendDue(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [topic, { waiting, sentAt }] of [...this.#topics]) {
      if (waiting === null) continue;
      const due = sentAt + STATE_INTERVAL_MS;
      if (due <= now) this.force(topic, waiting);
      else next = Math.min(next, due);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(Math.max(next, now + APART_MS));
  }
}
