// What is news goes to disk and is told only then. One by one as a rule; in a flood, where the disk is to be spared, several share
// one writing and wait for it up to half a minute.
import type { Device } from '../attribute/device.ts';
import type { IncidentEvent } from './events.ts';
import type { Incident } from './incident.ts';
import type { OutboxMessage } from './outbox.ts';
import { Pace } from './pace.ts';
import type { RecorderOptions } from './recorder-options.ts';

/** News that waits at most: fewer than the alerts that are kept where the disk refuses them. */
const MOST = 500;
/** A flood is over once no news had to wait for this long (ms). */
const CALM = 10 * 60_000;

/** `paced`: the disk is spared; else each is written at once. */
type NewsOptions = Pick<RecorderOptions, 'log' | 'paced'>;

export interface NewsItem {
  event: IncidentEvent;
  device: Device | null;
  /** What it says on the broker. */
  alerts: OutboxMessage[];
}

export class News {
  readonly #log: RecorderOptions['log'];
  readonly #pace: Pace | null;
  #waiting: NewsItem[] = [];
  /** When news had to wait last; null outside a flood. */
  #heldUpAt: number | null = null;

  constructor({ log, paced }: NewsOptions) {
    this.#log = log;
    this.#pace = paced === true ? new Pace() : null;
  }

  /** Whether counts may be written at `time` (packet time, ms), which then counts as one writing. */
  mayCount(time: number): boolean {
    return this.#pace?.take('counts', time) ?? true;
  }

  add(item: NewsItem): void {
    this.#waiting.push(item);
  }

  /** These have become part of others before anybody was told. */
  withdraw(incidents: ReadonlySet<Incident>): void {
    this.#waiting = this.#waiting.filter(({ event }) => !incidents.has(event.incident));
  }

  /** Whether what waits is to be written at `time`; that counts as one writing. Ask also between news, so that none waits for the next. */
  isDue(time: number): boolean {
    if (this.#waiting.length === 0) {
      this.#calm(time);
      return false;
    }
    if (this.#pace?.take('incident', time) !== false || this.#waiting.length >= MOST) return true;
    if (this.#heldUpAt === null)
      this.#log.warn(
        'there are so many incidents that several are written to the disk at a time: alerts may come up to half a minute late, and fewer frames are kept as evidence',
      );
    this.#heldUpAt = time;
    return false;
  }

  /** A clock that was set back ends a flood as well: the next news tells whether it goes on. */
  #calm(time: number): void {
    if (this.#heldUpAt === null || (time >= this.#heldUpAt && time - this.#heldUpAt < CALM)) return;
    this.#heldUpAt = null;
    this.#log.info('incidents are written to the disk and told of at once again');
  }

  /** What waits, for a writing that takes it along: an incident is never on disk without what is to be told of it. */
  take(): NewsItem[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
