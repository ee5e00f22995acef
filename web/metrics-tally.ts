// What `/metrics` counts for itself while it is switched on: incidents as they open, how long news took, and how this process fares.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { INCIDENT_KINDS, type IncidentKind } from '../sensor/detect/finding.ts';
import type { IncidentChange, IncidentEvent, RecordEvents } from '../sensor/record/events.ts';
import type { Family, Sample } from './metrics-text.ts';

/** Changes that people are told of. */
const NEWS: readonly IncidentChange[] = ['opened', 'escalated', 'resumed', 'reopened'];
/** Upper bounds in seconds. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const QUANTILES = [0.5, 0.99];
const NANOSECONDS = 1e9;
/** The delay is sampled this often (ms); Node's histogram holds it as part of each delay. */
const RESOLUTION = 20;

export interface TallyOptions {
  events: RecordEvents;
  /** The sensor's time, ms; null where packet time is another, as in a replay: then nothing took any time. */
  now: (() => number) | null;
}

export class MetricsTally {
  readonly #options: TallyOptions;
  readonly #opened = new Map<IncidentKind, number>();
  /** Of each bucket, not summed up; the last is beyond all bounds. */
  readonly #delays = new Array<number>(BUCKETS.length + 1).fill(0);
  #delaySum = 0;
  readonly #loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #loopTotal = { count: 0, sum: 0 };

  constructor(options: TallyOptions) {
    this.#options = options;
    options.events.on('incident', this.#heard);
    this.#loop.enable();
  }

  close(): void {
    this.#options.events.off('incident', this.#heard);
    this.#loop.disable();
  }

  families(): Family[] {
    return [
      {
        name: 'thingwatch_incidents_opened_total',
        help: 'Incidents that began since the start.',
        type: 'counter',
        samples: INCIDENT_KINDS.map((kind) => ({ labels: { kind }, value: this.#opened.get(kind) ?? 0 })),
      },
      {
        name: 'thingwatch_alert_delay_seconds',
        help: 'Time from the packet that made an incident news, or the end of the wait for one, until it was stored and told.',
        type: 'histogram',
        samples: this.#options.now === null ? [] : this.#delaySamples(),
      },
      {
        name: 'thingwatch_event_loop_delay_seconds',
        help: 'How late the process comes to its work; quantiles since the last time they were asked for.',
        type: 'summary',
        samples: this.#takeLoop(),
      },
    ];
  }

  readonly #heard = ({ change, incident, time }: IncidentEvent): void => {
    if (change === 'opened') this.#opened.set(incident.kind, (this.#opened.get(incident.kind) ?? 0) + 1);
    if (this.#options.now === null || !NEWS.includes(change)) return;
    const seconds = Math.max(0, this.#options.now() - time) / 1000;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? BUCKETS.length : bucket;
    this.#delays[index] = (this.#delays[index] ?? 0) + 1;
    this.#delaySum += seconds;
  };

  #delaySamples(): Sample[] {
    let count = 0;
    const buckets = this.#delays.map((delays, index) => {
      count += delays;
      const bound = BUCKETS[index];
      return { suffix: '_bucket', labels: { le: bound === undefined ? '+Inf' : String(bound) }, value: count };
    });
    return [...buckets, { suffix: '_sum', value: this.#delaySum }, { suffix: '_count', value: count }];
  }

  #takeLoop(): Sample[] {
    const { count } = this.#loop;
    const quantiles = QUANTILES.map((quantile) => this.#quantile(quantile));
    if (count > 0) this.#loopTotal.sum += count * late(this.#loop.mean);
    this.#loopTotal.count += count;
    this.#loop.reset();
    const { count: total, sum } = this.#loopTotal;
    return [...quantiles, { suffix: '_sum', value: sum }, { suffix: '_count', value: total }];
  }

  /** Not a number where nothing was sampled meanwhile, as others tell an empty summary. */
  #quantile(quantile: number): Sample {
    const value = this.#loop.count === 0 ? Number.NaN : late(this.#loop.percentile(quantile * 100));
    return { labels: { quantile: String(quantile) }, value };
  }
}

/** Seconds beyond the time between two samples. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION / 1000);
}
