// Empties the durable outbox into the broker, in order. A row goes away in the very callback of its PUBACK, so that only
// a crash in between can repeat an alert, and then with the same id. What the disk refused goes out from memory, and says so.
import type { OutboxMessage } from '../record/outbox.ts';
import { Alarm } from './alarm.ts';
import { unstoredPayload } from './alerts.ts';
import type { OutboxStore, Timers } from './ports.ts';
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
  /** Topics on hold, each with when that ends. */
  readonly #held = new Map<string, Alarm>();
  readonly #sentAt = new Map<string, number>();
  /** Set while the broker is left in peace after it refused. */
  readonly #pause: Alarm;
  /** Set while a message waits for the one before it on its topic. */
  readonly #space: Alarm;
  #sender: Sender | null = null;
  #refused = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#pause = new Alarm(options.timers);
    this.#space = new Alarm(options.timers);
  }

  /** A new connection: what was on its way over the last one goes again. */
  open(sender: Sender): void {
    this.close();
    this.#sender = sender;
  }

  close(): void {
    this.#sender = null;
    this.#inFlight.clear();
    this.#sentAt.clear();
    for (const alarm of [this.#pause, this.#space, ...this.#held.values()]) alarm.clear();
    this.#held.clear();
  }

  /** Keeps a topic's messages back: whoever should hear them has not subscribed yet. */
  hold(topic: string): void {
    this.#held.get(topic)?.clear();
    this.#held.set(topic, new Alarm(this.#options.timers));
  }

  release(topic: string, milliseconds: number): void {
    this.#held.get(topic)?.set(milliseconds, () => {
      this.#held.delete(topic);
      this.drain();
    });
  }

  drain(): void {
    const sender = this.#sender;
    if (sender === null || this.#pause.isSet || this.#inFlight.size >= WINDOW) return;
    const now = this.#options.timers.now();
    for (const message of this.#options.store.peek(LOOK_AHEAD)) {
      if (this.#inFlight.size >= WINDOW) return;
      if (this.#inFlight.has(message.id) || this.#held.has(message.topic)) continue;
      const wait = (this.#sentAt.get(message.topic) ?? Number.NEGATIVE_INFINITY) + SPACING_MS - now;
      if (wait > 0) {
        if (!this.#space.isSet) this.#space.set(wait, () => this.drain());
        continue;
      }
      this.#inFlight.add(message.id);
      this.#sentAt.set(message.topic, now);
      this.#send(sender, message);
    }
  }

  #send(sender: Sender, { id, topic, payload: text, priority, stored }: OutboxMessage): void {
    const payload = stored === false ? unstoredPayload(text) : text;
    sender.send({ topic, payload, retain: priority === 'state' }, (refused) => {
      if (this.#sender !== sender) return;
      if (refused === null) this.#options.store.remove(id);
      this.#inFlight.delete(id);
      this.#noteRefusal(refused !== null);
      this.drain();
    });
  }

  #noteRefusal(refused: boolean): void {
    if (refused !== this.#refused) this.#options.onRefusal(refused);
    this.#refused = refused;
    if (refused) this.#pause.set(REFUSED_PAUSE_MS, () => this.drain());
  }
}
