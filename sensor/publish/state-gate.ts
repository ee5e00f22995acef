// Lets a topic's retained state through at most every 30 s: Home Assistant keeps every change for ever. A transition
// passes at once; what was held back follows when the time has come, in its newest form.
import type { StateMessage } from './payloads.ts';
import type { TimerHandle, Timers } from './ports.ts';

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
  #timer: TimerHandle | null = null;
  #timerAt = 0;

  constructor(options: StateGateOptions) {
    this.#options = options;
  }

  offer(topic: string, state: StateMessage): void {
    const entry = this.#topics.get(topic);
    const now = this.#options.timers.now();
    if (entry === undefined || entry.sent.transition !== state.transition || now - entry.sentAt >= STATE_INTERVAL_MS) {
      if (entry?.sent.payload === state.payload) entry.waiting = null;
      else this.force(topic, state);
      return;
    }
    entry.waiting = entry.sent.payload === state.payload ? null : state;
    if (entry.waiting !== null) this.#arm(entry.sentAt + STATE_INTERVAL_MS);
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
    this.#disarm();
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
  }

  /** One timer for all topics, at the soonest time that any of them is due. */
  #arm(due: number): void {
    if (this.#timer !== null && this.#timerAt <= due) return;
    this.#disarm();
    const { timers } = this.#options;
    this.#timerAt = due;
    this.#timer = timers.set(Math.max(0, due - timers.now()), () => {
      this.#timer = null;
      this.#sendDue(timers.now());
    });
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
