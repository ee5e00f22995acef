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

/** `paced`: the disk is spared; else each is written at once. */
type NewsOptions = Pick<RecorderOptions, 'events' | 'log' | 'paced'>;

interface Item {
  event: IncidentEvent;
  device: Device | null;
  /** What it says on the broker. */
  alerts: OutboxMessage[];
}

export class News {
  readonly #options: NewsOptions;
  readonly #pace: Pace | null;
  readonly #save: (devices: Device[], alerts: OutboxMessage[]) => void;
  #waiting: Item[] = [];
  #isFlood = false;

  /** `save` stores what has changed of incidents, with these devices and alerts. */
  constructor(options: NewsOptions, save: (devices: Device[], alerts: OutboxMessage[]) => void) {
    this.#options = options;
    this.#save = save;
    this.#pace = options.paced === true ? new Pace() : null;
  }

  /** Whether counts may be written at `time` (packet time, ms), which then counts as one writing. */
  mayCount(time: number): boolean {
    return this.#pace?.take('counts', time) ?? true;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.flush(item.event.time);
  }

  /** These have become part of others before anybody was told. */
  withdraw(incidents: ReadonlySet<Incident>): void {
    this.#waiting = this.#waiting.filter(({ event }) => !incidents.has(event.incident));
  }

  /** Call it also between news, so that none waits for the next; `isLast`: whatever the pace. */
  flush(time: number, isLast = false): void {
    const { events, log } = this.#options;
    if (this.#waiting.length === 0) return;
    if (this.#pace?.take('incident', time) === false && !isLast && this.#waiting.length < MOST) {
      if (!this.#isFlood)
        log.warn(
          'there are so many incidents that several are written to the disk at a time: alerts may come up to half a minute late, and fewer frames are kept as evidence',
        );
      this.#isFlood = true;
      return;
    }
    const news = this.#waiting;
    this.#waiting = [];
    const devices = new Set(news.flatMap(({ device }) => device ?? []));
    this.#save(
      [...devices],
      news.flatMap(({ alerts }) => alerts),
    );
    for (const { event } of news) events.emit('incident', event);
  }
}
