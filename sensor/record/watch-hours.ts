// How much of each hour the sensor really saw the home, why not the rest, and how much mail it judged in it. Plain counts by hours
// since 1970: whose days and weeks those make, coverage.ts says. Live alone; it knows no clock and no disk.
import type { TimeMove } from '../attribute/time-move.ts';
import { type Finding, isMailKind } from '../detect/finding.ts';

/**
 * Why the home was not seen: the sensor did not run; frames could not arrive; the mirror showed too little of the home, or too
 * little passed to tell; too many frames were lost; nobody knew what time it was.
 */
export const GAPS = ['off', 'capture', 'mirror', 'loss', 'clock'] as const;
export type Gap = (typeof GAPS)[number];
export const WATCH_STATES = ['watched', ...GAPS] as const;
export type WatchState = (typeof WATCH_STATES)[number];

export interface WatchHour {
  hour: number;
  /** Milliseconds; together no more than an hour. */
  spent: Record<WatchState, number>;
  /** Attempts: what a person, a note or the kind of device called normal, and the others. */
  mail: { expected: number; unexpected: number };
}

export interface WatchChanges {
  hours: WatchHour[];
  /** Up to when time is accounted for, ms. */
  until: number;
  /** Hours before this one go. */
  first: number;
}

export const HOUR = 60 * 60_000;
/** Hours that are kept: a strip of 30 days, a week that is summed up late, and some. */
const KEPT = 40 * 24;
/** Nobody looked for so long (ms): the machine slept, or its clock was put right. */
const UNWATCHED = 2 * 60_000;

export class WatchHours {
  readonly #hours = new Map<number, WatchHour>();
  readonly #changed = new Set<number>();
  #until: number | null = null;

  /** Up to when time is accounted for; null before the first start. */
  get until(): number | null {
    return this.#until;
  }

  load(hours: Iterable<WatchHour>, until: number | null): void {
    for (const hour of hours) this.#hours.set(hour.hour, hour);
    this.#until = until;
  }

  /** Oldest first. */
  all(): WatchHour[] {
    return [...this.#hours.values()].sort((a, b) => a.hour - b.hour);
  }

  /** The sensor starts: since it was last known to run it did not. */
  begin(now: number): void {
    this.#until ??= now;
    this.#account(this.#until, now, 'off');
  }

  /** What holds since the last call, about a second ago. A clock that went back is waited for: no time counts twice. */
  observe(now: number, state: WatchState): void {
    this.#until ??= now;
    this.#account(this.#until, now, now - this.#until > UNWATCHED ? 'off' : state);
  }

  mail(time: number, isExpected: boolean, times: number): void {
    this.#at(Math.floor(time / HOUR)).mail[isExpected ? 'expected' : 'unexpected'] += times;
  }

  /** The clock was put right: what it stamped wrong goes where it belongs, as far as whole hours tell, and what it skipped was not watched. */
  move({ by, since, until }: TimeMove): void {
    if (this.#until === null) return;
    const hours = since < until ? Math.round(by / HOUR) : 0;
    const first = Math.ceil(since / HOUR);
    const moved = hours === 0 ? [] : this.all().filter(({ hour }) => hour >= first);
    for (const { hour } of moved) this.#drop(hour);
    for (const one of moved) this.#put({ ...one, hour: one.hour + hours });
    if (by < 0) {
      this.#until = Math.min(this.#until, until + by);
      return;
    }
    const present = until + by;
    let known = this.#until;
    if (hours > 0) {
      // Before what was taken along nobody looked; it reaches as far as it did.
      const begin = Math.min(present, (first + hours) * HOUR);
      this.#fill(since, begin, 'off');
      known = Math.min(present, Math.max(begin, known + hours * HOUR));
    }
    this.#account(known, present, 'off');
  }

  /** What is to be stored; `all`: of every hour, into a database that has none. */
  changes(all = false): WatchChanges | null {
    if (this.#until === null) return null;
    const first = Math.floor(this.#until / HOUR) - KEPT;
    this.#forget(first);
    const hours = all ? this.all() : [...this.#changed].flatMap((hour) => this.#hours.get(hour) ?? emptyHour(hour));
    return { hours, until: this.#until, first };
  }

  /** Those of `changes` are on disk. */
  stored(): void {
    this.#changed.clear();
  }

  /** `until`: up to when it is accounted for already. */
  #account(until: number, now: number, state: WatchState): void {
    this.#fill(Math.max(until, now - KEPT * HOUR), now, state);
    this.#until = Math.max(until, now);
  }

  #fill(from: number, to: number, state: WatchState): void {
    for (let at = from; at < to; ) {
      const hour = Math.floor(at / HOUR);
      const end = Math.min(to, (hour + 1) * HOUR);
      const { spent } = this.#at(hour);
      spent[state] += Math.max(0, Math.min(end - at, HOUR - accounted(spent)));
      at = end;
    }
  }

  #put({ hour, mail, spent }: WatchHour): void {
    const there = this.#at(hour);
    for (const state of WATCH_STATES) there.spent[state] += Math.min(spent[state], HOUR - accounted(there.spent));
    there.mail.expected += mail.expected;
    there.mail.unexpected += mail.unexpected;
  }

  #at(hour: number): WatchHour {
    const known = this.#hours.get(hour) ?? emptyHour(hour);
    this.#hours.set(hour, known);
    this.#changed.add(hour);
    return known;
  }

  #drop(hour: number): void {
    this.#hours.delete(hour);
    this.#changed.add(hour);
  }

  #forget(first: number): void {
    for (const hour of this.#hours.keys()) {
      if (hour >= first) continue;
      this.#hours.delete(hour);
      this.#changed.delete(hour);
    }
  }
}

export function emptyHour(hour: number): WatchHour {
  return {
    hour,
    spent: { watched: 0, off: 0, capture: 0, mirror: 0, loss: 0, clock: 0 },
    mail: { expected: 0, unexpected: 0 },
  };
}

export function accounted(spent: Readonly<Record<WatchState, number>>): number {
  return WATCH_STATES.reduce((sum, state) => sum + spent[state], 0);
}

/** Attempts at mail count. Those of severity info are of phones and computers, as they are used to. */
export function tallyMail(watch: WatchHours, finding: Finding, isExpected: boolean): void {
  const { effect, kind, severity, time, times = 1 } = finding;
  if (effect === 'opens' && isMailKind(kind)) watch.mail(time, isExpected || severity === 'info', times);
}
