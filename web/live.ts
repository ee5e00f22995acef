// Server-sent events: what changed, so that open pages ask again. Carries no data of devices itself.
// WHATWG HTML section 9.2. Ids start at the wall clock, so that they also rise over restarts.
import type { Response } from 'express';
import { Crowd } from '../sensor/crowd.ts';
import type { Words } from '../sensor/language/words.ts';
import type { RecordEventMap, RecordEvents } from '../sensor/record/events.ts';
import type { HealthAnswer } from './shapes.ts';

export const LIVE_LIMITS = {
  /** Beyond this the oldest of the browser with most gives way, so that each paired browser always gets one. */
  pages: 64,
  /** A phone that left without a word leaves dead streams behind; its oldest gives way. */
  pagesPerBrowser: 8,
  /** Events kept for a page that slept; older ones make it reload all. */
  ring: 512,
  /** Bytes waiting for one slow reader before it is dropped; it will come back and resume. */
  backlogBytes: 256 * 1024,
  heartbeatMs: 15_000,
  /** Device changes are gathered this long. */
  coalesceMs: 1_000,
  macsPerEvent: 100,
} as const;

interface Page {
  browser: string;
  words: Words;
  response: Response;
}

interface LiveEvent {
  id: number;
  text: string;
}

export interface LiveOptions {
  events: RecordEvents;
  health: (words: Words) => HealthAnswer;
  clock: () => number;
}

export class Live {
  /** Streams that were ended for others. */
  gaveWay = 0;
  readonly #options: LiveOptions;
  readonly #pages = new Set<Page>();
  readonly #crowd = new Crowd<Page>(LIVE_LIMITS.pages);
  readonly #ring: LiveEvent[] = [];
  readonly #changedMacs = new Set<string>();
  #lastId = 0;
  #heartbeat: NodeJS.Timeout | null = null;
  #gathering: NodeJS.Timeout | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get pages(): number {
    return this.#pages.size;
  }

  start(): void {
    this.#lastId = this.#options.clock();
    this.#options.events.on('incident', this.#onIncident);
    this.#options.events.on('device', this.#onDevice);
    this.#options.events.on('forgotten', this.#onForgotten);
    this.#options.events.on('expectations', this.#onExpectations);
    this.#options.events.on('vantage', this.#onHealth);
    this.#options.events.on('storage', this.#onHealth);
    this.#options.events.on('week', this.#onWeek);
    this.#heartbeat = setInterval(() => this.#beat(), LIVE_LIMITS.heartbeatMs);
  }

  stop(): void {
    this.#options.events.off('incident', this.#onIncident);
    this.#options.events.off('device', this.#onDevice);
    this.#options.events.off('forgotten', this.#onForgotten);
    this.#options.events.off('expectations', this.#onExpectations);
    this.#options.events.off('vantage', this.#onHealth);
    this.#options.events.off('storage', this.#onHealth);
    this.#options.events.off('week', this.#onWeek);
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    if (this.#gathering) clearTimeout(this.#gathering);
    for (const page of [...this.#pages]) this.#drop(page);
  }

  /** Takes over the response. `words`: the language in which its page is told. */
  open(response: Response, browser: string, lastEventId: string | undefined, words: Words): void {
    const own = [...this.#pages].filter((page) => page.browser === browser);
    const oldest = own[0];
    if (oldest && own.length >= LIVE_LIMITS.pagesPerBrowser) this.#drop(oldest);
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    const page = { browser, response, words };
    this.#pages.add(page);
    const leaving = this.#crowd.add(page, browser);
    if (leaving !== null) {
      this.gaveWay += 1;
      this.#drop(leaving);
    }
    response.on('close', () => this.#forget(page));
    response.on('error', () => this.#drop(page));
    response.flushHeaders();
    this.#greet(page, lastEventId);
  }

  /** A revoked browser hears nothing more. */
  dropBrowser(browser: string): void {
    for (const page of [...this.#pages]) if (page.browser === browser) this.#drop(page);
  }

  #greet(page: Page, lastEventId: string | undefined): void {
    const missed = this.#missedSince(lastEventId);
    if (missed === null) this.#write(page, format('reset', {}, this.#lastId));
    else for (const event of missed) this.#write(page, event.text);
    this.#write(page, format('hello', this.#options.health(page.words), this.#lastId));
  }

  /** What a page that last saw this id has missed; null when that is no longer known. A new page missed nothing. */
  #missedSince(lastEventId: string | undefined): LiveEvent[] | null {
    if (lastEventId === undefined || lastEventId === '') return [];
    const last = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN;
    const oldest = this.#ring[0]?.id ?? this.#lastId + 1;
    if (!(last >= oldest - 1 && last <= this.#lastId)) return null;
    return this.#ring.filter((event) => event.id > last);
  }

  #publish(name: string, data: object): void {
    this.#lastId += 1;
    const text = format(name, data, this.#lastId);
    this.#ring.push({ id: this.#lastId, text });
    if (this.#ring.length > LIVE_LIMITS.ring) this.#ring.shift();
    for (const page of [...this.#pages]) this.#write(page, text);
  }

  #write(page: Page, text: string): void {
    page.response.write(text);
    if (page.response.writableLength > LIVE_LIMITS.backlogBytes) this.#drop(page);
  }

  #drop(page: Page): void {
    this.#forget(page);
    page.response.destroy();
  }

  #forget(page: Page): void {
    this.#pages.delete(page);
    this.#crowd.remove(page);
  }

  #beat(): void {
    const texts = new Map<Words, string>();
    for (const { words } of this.#pages)
      if (!texts.has(words)) texts.set(words, format('heartbeat', this.#options.health(words), null));
    for (const page of [...this.#pages]) this.#write(page, texts.get(page.words) ?? '');
  }

  readonly #onIncident = (event: RecordEventMap['incident'][0]): void => {
    const { id, kind, severity, state, device } = event.incident;
    this.#publish('incident', { change: event.change, id, kind, severity, state, device });
  };

  readonly #onDevice = (device: RecordEventMap['device'][0]): void => this.#gather(device.mac);

  readonly #onForgotten = (mac: string): void => this.#gather(mac);

  readonly #onExpectations = (): void => this.#publish('expectations', {});

  readonly #onWeek = (): void => this.#publish('weeks', {});

  readonly #onHealth = (): void => this.#beat();

  #gather(mac: string): void {
    this.#changedMacs.add(mac);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      const macs = [...this.#changedMacs];
      this.#changedMacs.clear();
      this.#publish('devices', macs.length > LIVE_LIMITS.macsPerEvent ? { all: true } : { macs });
    }, LIVE_LIMITS.coalesceMs);
  }
}

/** One event; JSON never holds a raw line break, so one `data` line is enough. */
function format(name: string, data: object, id: number | null): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
