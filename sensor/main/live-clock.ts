// The clock of a live sensor: takes up what an earlier run kept, looks at the wall clock once a second, and has everything that
// bears a wrong time put right. Belongs to main.ts.
import type { Log } from '../log.ts';
import type { Health } from '../record/health.ts';
import type { Spine } from '../spine.ts';
import { type ClockSource, SensorClock } from './sensor-clock.ts';
import { readKept, SynchronisedAsker, systemClock } from './system-clock.ts';

/** Where the store keeps the clock. */
export const CLOCK_KEY = 'clock';

export interface LiveClockOptions {
  log: Log;
  source?: ClockSource;
  asker?: Pick<SynchronisedAsker, 'read'>;
}

export class LiveClock {
  readonly #spine: Spine;
  readonly #log: Log;
  readonly #source: ClockSource;
  readonly #asker: Pick<SynchronisedAsker, 'read'>;
  readonly #clock: SensorClock;
  readonly #startedAt: number;
  #isUncertain = false;

  constructor(spine: Spine, { asker = new SynchronisedAsker(), log, source = systemClock() }: LiveClockOptions) {
    this.#spine = spine;
    this.#log = log;
    this.#source = source;
    this.#asker = asker;
    const kept = readKept(spine.store.meta(CLOCK_KEY));
    this.#clock = new SensorClock(source, kept);
    this.#startedAt = source.monotonic();
    if (kept !== null) spine.time.addGap(kept.time, this.now() - kept.time);
    this.#tell();
  }

  /** The sensor's time, ms since 1970. */
  now(): number {
    return this.#clock.now();
  }

  /** What time it was at a moment of CLOCK_MONOTONIC (ms). */
  timeOf(monotonic: number): number {
    return this.#clock.timeOf(monotonic);
  }

  /** When this run began, as far as that is known by now; to the second, so that drift is no news. */
  get startedAt(): number {
    return Math.round(this.#clock.timeOf(this.#startedAt) / 1000) * 1000;
  }

  health(): Health['clock'] {
    const since = this.#clock.uncertainSince;
    return { isCertain: since === null, differenceMs: Math.round(this.#clock.difference) };
  }

  /** For the store's meta table. */
  meta(): Record<string, string> {
    return { [CLOCK_KEY]: JSON.stringify(this.#clock.kept()) };
  }

  /** Call about once a second. */
  check(): void {
    const step = this.#clock.check(this.#asker.read(this.#clock, this.#source.monotonic()));
    if (step !== null) {
      const { by, since, until } = step.move;
      this.#log.warn(
        since < until
          ? `the clock was wrong: it is put right by ${Math.round(by / 1000)} s, and so is what happened since ${iso(since)} by the old time`
          : `the clock jumped ahead by ${Math.round(by / 1000)} s; that time counts as not watched`,
      );
      this.#spine.moveTime(step.move, step.isSure);
    }
    this.#tell();
  }

  #tell(): void {
    const since = this.#clock.uncertainSince;
    this.#spine.time.uncertain(since, this.now());
    if ((since !== null) === this.#isUncertain) return;
    this.#isUncertain = since !== null;
    if (since === null) this.#log.info('the clock is right again');
    else
      this.#log.warn(
        `the clock of this machine cannot be relied on: it says ${iso(this.#source.wall())}, the sensor goes on from ${iso(this.now())}; times are marked as not certain until a time server is heard`,
      );
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
