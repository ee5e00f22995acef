// Empties the durable outbox into the broker, in order. A row goes away in the very callback of its PUBACK, so that only
// a crash in between can repeat an alert, and then with the same id. What the disk refused goes out from memory, and says so.
import type { OutboxMessage } from '../record/outbox.ts';
import { unstoredPayload } from './alerts.ts';
import type { OutboxStore, TimerHandle, Timers } from './ports.ts';
import type { Sender } from './sender.ts';

export interface OutboxOptions {
  store: OutboxStore;
  timers: Timers;
  /** Told once per change: the broker refuses our alerts, or takes them again. */
  onRefusal(refused: boolean): void;
}

const WINDOW = 16;
/** Rows looked at for one: those on their way and those of topics on hold stand before others. */
const LOOK_AHEAD = 128;
/** An event entity's state is a time in milliseconds: two alerts within one would be one change to an automation. */
const SPACING_MS = 10;
/** A broker whose access list refuses us will not change its mind in a second. */
const REFUSED_PAUSE_MS = 30_000;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #inFlight = new Set<string>();
  readonly #held = new Set<string>();
  readonly #timers = new Set<TimerHandle>();
  readonly #sentAt = new Map<string, number>();
  #sender: Sender | null = null;
  #paused = false;
  #spacing = false;
  #refused = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** A new connection: what was on its way over the last one goes again. */
  open(sender: Sender): void {
    this.close();
    this.#sender = sender;
  }

  close(): void {
    this.#sender = null;
    this.#inFlight.clear();
    this.#held.clear();
    this.#sentAt.clear();
    this.#paused = false;
    this.#spacing = false;
    for (const timer of this.#timers) this.#options.timers.clear(timer);
    this.#timers.clear();
  }

  /** Keeps a topic's messages back: whoever should hear them has not subscribed yet. */
  hold(topic: string): void {
    this.#held.add(topic);
  }

  release(topic: string, milliseconds: number): void {
    this.#later(milliseconds, () => this.#held.delete(topic));
  }

  drain(): void {
    const sender = this.#sender;
    if (sender === null || this.#paused || this.#inFlight.size >= WINDOW) return;
    const now = this.#options.timers.now();
    for (const message of this.#options.store.peek(LOOK_AHEAD)) {
      if (this.#inFlight.size >= WINDOW) return;
      if (this.#inFlight.has(message.id) || this.#held.has(message.topic)) continue;
      const wait = (this.#sentAt.get(message.topic) ?? Number.NEGATIVE_INFINITY) + SPACING_MS - now;
      if (wait > 0) {
        this.#space(wait);
        continue;
      }
      this.#inFlight.add(message.id);
      this.#sentAt.set(message.topic, now);
      this.#send(sender, message);
    }
  }

  #space(milliseconds: number): void {
    if (this.#spacing) return;
    this.#spacing = true;
    this.#later(milliseconds, () => {
      this.#spacing = false;
    });
  }

  #send(sender: Sender, { id, topic, payload: text, priority, stored }: OutboxMessage): void {
    const payload = stored === false ? unstoredPayload(text) : text;
    sender.send({ topic, payload, retain: priority === 'state' }, (refused) => {
      if (this.#sender !== sender) return;
      if (refused === null) this.#options.store.remove(id);
      this.#inFlight.delete(id);
      this.#noteRefusal(refused !== null);
      if (refused === null) this.drain();
    });
  }

  #noteRefusal(refused: boolean): void {
    if (refused !== this.#refused) this.#options.onRefusal(refused);
    this.#refused = refused;
    if (!refused || this.#paused) return;
    this.#paused = true;
    this.#later(REFUSED_PAUSE_MS, () => {
      this.#paused = false;
    });
  }

  #later(milliseconds: number, run: () => void): void {
    const timer = this.#options.timers.set(milliseconds, () => {
      this.#timers.delete(timer);
      run();
      this.drain();
    });
    this.#timers.add(timer);
  }
}
