// What goes to the broker of one connection and what comes back, weighed against each other: a broker that takes and never
// acknowledges, and one that floods.
import { Alarm } from './alarm.ts';
import type { Timers } from './ports.ts';

/** A broker that acknowledges nothing for this long hangs, even if it answers pings. */
const SILENT_MS = 60_000;
/** Packets that a broker may send at once without being asked: what it has retained of ours is a few thousand at most … */
const UNASKED_PACKETS = 20_000;
/** … and how many more each second. */
const UNASKED_A_SECOND = 200;

export class Balance {
  readonly #timers: Timers;
  readonly #on: { onSilence(): void; onFlood(): void };
  #unacknowledged = 0;
  readonly #silence: Alarm;
  /** Packets that may still come. */
  #credit = UNASKED_PACKETS;
  #countedAt: number;

  constructor(timers: Timers, on: { onSilence(): void; onFlood(): void }) {
    this.#timers = timers;
    this.#on = on;
    this.#silence = new Alarm(timers);
    this.#countedAt = timers.now();
  }

  sent(): void {
    this.#unacknowledged++;
    this.#credit++;
    if (!this.#silence.isSet) this.#listen();
  }

  acknowledged(): void {
    this.#unacknowledged--;
    this.stop();
    if (this.#unacknowledged > 0) this.#listen();
  }

  received(): void {
    const now = this.#timers.now();
    const earned = ((now - this.#countedAt) * UNASKED_A_SECOND) / 1000;
    this.#countedAt = now;
    this.#credit = Math.min(this.#credit + earned, Math.max(this.#credit, UNASKED_PACKETS)) - 1;
    if (this.#credit < 0) this.#on.onFlood();
  }

  stop(): void {
    this.#silence.clear();
  }

  #listen(): void {
    this.#silence.set(SILENT_MS, () => this.#on.onSilence());
  }
}
