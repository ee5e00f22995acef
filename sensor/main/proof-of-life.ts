// That a silent sensor was alive: accounts for each second of live time by whether the home was really seen, and sums a week up on
// Monday morning. Belongs to main.ts.
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { Judgement } from '../attribute/vantage.ts';
import { type Coverage, coverageOf } from '../record/coverage.ts';
import type { Health } from '../record/health.ts';
import type { OutboxMessage } from '../record/outbox.ts';
import type { WatchHours, WatchState } from '../record/watch-hours.ts';
import { lastWeek, summarizeWeek, WeekBook, type WeekSummary } from '../record/week-summary.ts';
import type { Spine } from '../spine.ts';

const MINUTE = 60_000;
/** A process that is killed loses so much (ms) of what it saw: at the next start it counts as not seen. */
const STORED_EVERY = 5 * MINUTE;
/** Beyond so many percent of frames lost, the first sign of something is no longer sure to be seen. */
const MOST_LOSS = 5;
/** After a start the time may have to be learned first: a summary waits so long (ms) for it. */
const CLOCK_WAIT = 60 * MINUTE;

/** What the sensor is able to see at one moment. */
export interface Sighting {
  capture: Health['capture'];
  isClockCertain: boolean;
  judgement: Pick<Judgement, 'vantage' | 'direction' | 'confidence'>;
  loss: LossEstimate;
}

/** The first thing that stands in the way. One direction is enough where it is the devices' own: it shows each attempt. */
export function watchState({ capture, isClockCertain, judgement, loss }: Sighting): WatchState {
  const { confidence, direction, vantage } = judgement;
  if (capture !== 'running') return 'capture';
  if (!isClockCertain) return 'clock';
  const sees = vantage === 'lan-both-ways' || (vantage === 'lan-one-way' && direction === 'from-home');
  if (!sees || confidence === 'unsure') return 'mirror';
  return (loss.percent ?? loss.low) > MOST_LOSS ? 'loss' : 'watched';
}

export class ProofOfLife {
  readonly weeks: WeekBook;
  /** Rows for the outbox that tell of a week. */
  messages: (week: WeekSummary) => OutboxMessage[] = () => [];
  readonly #spine: Spine;
  readonly #watch: WatchHours;
  /** The first moment that is accounted for; null where nothing is. */
  readonly #since: number;
  #storedAt: number;
  /** Since when nobody knows the time; null while it is certain. */
  #uncertainSince: number | null = null;
  #told: { minute: number; coverage: Coverage } | null = null;

  /** `now`: the sensor's own time (ms), which begins to be accounted for. */
  constructor(spine: Spine, watch: WatchHours, now: number) {
    this.#spine = spine;
    this.#watch = watch;
    this.weeks = new WeekBook(spine.store);
    this.#since = Math.min(watch.until ?? now, (watch.all()[0]?.hour ?? Number.POSITIVE_INFINITY) * 60 * MINUTE);
    watch.begin(now);
    this.#storedAt = now;
    spine.store.saveWatch(watch);
  }

  /** Call about once a second. */
  tick(now: number, { capture, isClockCertain }: Pick<Sighting, 'capture' | 'isClockCertain'>): void {
    const { engine, store } = this.#spine;
    const { judgement } = engine;
    this.#watch.observe(now, watchState({ capture, isClockCertain, judgement, loss: engine.loss.recent }));
    this.#uncertainSince = isClockCertain ? null : (this.#uncertainSince ?? now);
    if (Math.abs(now - this.#storedAt) >= STORED_EVERY) {
      this.#storedAt = now;
      store.saveWatch(this.#watch);
    }
    if (this.#uncertainSince === null || now - this.#uncertainSince >= CLOCK_WAIT) this.#sumUp(now);
  }

  /** Made anew once a minute, and as long as there is nothing in it. */
  coverage(now: number): Coverage {
    const minute = Math.floor(now / MINUTE);
    if (this.#told?.minute !== minute || this.#told.coverage.week.percent === null)
      this.#told = { minute, coverage: coverageOf(this.#watch.all(), now) };
    return this.#told.coverage;
  }

  /** The week that has ended, once; of one in which there was no sensor yet there is nothing to say. */
  #sumUp(now: number): void {
    const week = lastWeek(now);
    if (this.#since >= week.to || this.weeks.all().some(({ to }) => to === week.to)) return;
    const { engine, events, recorder, store } = this.#spine;
    const summary: WeekSummary = summarizeWeek(week, now, {
      hours: this.#watch.all(),
      devices: engine.devices.all(),
      incidents: recorder.incidents.values(),
    });
    store.saveWatch(this.#watch);
    this.weeks.add(summary, this.messages(summary));
    events.emit('week', summary);
  }
}
