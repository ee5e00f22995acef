// The door to the targets beside the broker: ntfy, Gotify, webhooks, phones. Loaded only where the configuration names one.
import type { Words } from '../../language/words.ts';
import type { Log } from '../../log.ts';
import type { IncidentEvent, RecordEvents } from '../../record/events.ts';
import type { NotifyHealth } from '../../record/health.ts';
import type { Incident } from '../../record/incident.ts';
import type { OutboxMessage } from '../../record/outbox.ts';
import type { WeekSummary } from '../../record/week-summary.ts';
import type { OutboxStore, Timers } from '../ports.ts';
import { noticeOf, type Telling, testNotice, weekNotice } from './notice.ts';
import type { Notice, NotifyTarget } from './shapes.ts';
import { Target } from './target.ts';

export interface NotifyOptions {
  targets: readonly NotifyTarget[];
  /** What waits for the target of this name. */
  queueOf(name: string): OutboxStore;
  /** `withNames`: as the page shows it; else without a name that the home has given. */
  tell(incident: Incident, withNames: boolean): Telling;
  /** What is said of a week, likewise. */
  tellWeek(week: WeekSummary, withNames: boolean): string[];
  /** Where a phone can open the page; null where none can. */
  pageUrl: string | null;
  version: string;
  words: Words;
  events: RecordEvents;
  timers: Timers;
  /** Wall time, ms. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  log: Log;
}

export interface Notify {
  /** Rows for the outbox; none for what is no news. */
  messages(event: IncidentEvent): OutboxMessage[];
  /** The same for a test: to all of them, however mild they like it. */
  test(id: string, time: number): OutboxMessage[];
  /** The same for a summary: to those that want it. */
  week(week: WeekSummary): OutboxMessage[];
  /** Of those in the configuration by name; phones are summed up elsewhere. */
  health(): NotifyHealth[];
  /** One more from now on. `gone`: it is there no more, and is not asked again. */
  add(target: NotifyTarget, gone: () => void): Target;
  /** One less; what is on its way to it may arrive. */
  drop(name: string): void;
  /** Of all that there are, phones too. */
  names(): string[];
  /** Resolves within a few seconds whatever the targets do. */
  stop(): Promise<void>;
}

export function startNotify(options: NotifyOptions): Notify {
  const { events, pageUrl, queueOf, targets, tell, tellWeek, words } = options;
  const start = (target: NotifyTarget, gone = () => {}) =>
    new Target({ ...options, target, gone, queue: queueOf(target.name) });
  const all = new Map(targets.map((target) => [target.name, { target, running: start(target) }]));
  const told = () => [...all.values()].map(({ target }) => target);
  const drain = () => {
    for (const { running } of all.values()) running.drain();
  };
  const onIncident = ({ change }: IncidentEvent) => {
    // Counts alone add nothing.
    if (change !== 'updated') drain();
  };
  const onTest = () => {
    for (const { running } of all.values()) running.drainNow();
  };
  events.on('incident', onIncident);
  events.on('test', onTest);
  events.on('storage', drain);
  events.on('week', drain);
  drain();
  return {
    messages: (event) =>
      told().flatMap((target) => {
        const notice = noticeOf(event, target, {
          words,
          telling: () => tell(event.incident, target.names),
          pageUrl,
        });
        return notice === null ? [] : [rowFor(target, notice, event.time)];
      }),
    test: (id, time) => told().map((target) => rowFor(target, testNotice(words, id, time, pageUrl), time)),
    week: (week) =>
      told()
        .filter(({ weekly }) => weekly)
        .map((target) => rowFor(target, weekNotice(words, week, tellWeek(week, target.names), pageUrl), week.made)),
    health: () => targets.flatMap(({ name }) => all.get(name)?.running.health() ?? []),
    add(target, gone) {
      const running = start(target, gone);
      all.set(target.name, { target, running });
      running.drain();
      return running;
    },
    drop(name) {
      const dropped = all.get(name);
      all.delete(name);
      void dropped?.running.stop();
    },
    names: () => [...all.keys()],
    async stop() {
      events.off('incident', onIncident);
      events.off('test', onTest);
      events.off('storage', drain);
      events.off('week', drain);
      await Promise.all([...all.values()].map(({ running }) => running.stop()));
    },
  };
}

function rowFor({ name }: NotifyTarget, notice: Notice, time: number): OutboxMessage {
  return {
    id: `${notice.id}@${name}`,
    topic: '',
    payload: JSON.stringify(notice),
    createdAt: time,
    priority: 'alert',
    target: name,
  };
}
