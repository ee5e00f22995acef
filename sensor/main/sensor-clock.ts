// The sensor's own time: monotonic time from a start that is known, held against the wall clock. A small computer without a
// battery starts in the past and learns the time later; people and servers set clocks forward and back. Belongs to main.ts.
//
// What is done about a difference:
// - As long as nothing has shown that the time since the start is right, a believable wall clock wins: all that was stamped
//   since the start is moved with it (`since` of the move), so that it bears the time it really happened at.
// - A time that was right is not given up for a clock that somebody set: only where the system says that it is synchronised,
//   or where the new time has held for an hour. Forward, the sensor's time then jumps, and what was skipped counts as not
//   watched. Back, it never goes: it runs a tenth slower until the wall clock has come up.
// - Back by more than a day is no correction that could be waited for: what bears later times is moved back.
import type { TimeMove } from '../attribute/time-move.ts';

/** Before this program was written no clock can be right. */
const WRITTEN = Date.UTC(2026, 10, 1);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
/** A difference (ms) that is followed without a word, as drift is. */
const TOLERANCE = 500;
const READINGS = 4;
/** Readings this near (ms) are as good as one. */
const CLOSE = 1;
/** Less (ms) is the clocks' grain. */
const NOISE = 20;
/** A wall clock must tell the same for so long (ms) before it is followed: where the system says that it is right, at least twice. */
const STEADY = { synchronised: 1.5 * SECOND, atStart: 10 * SECOND, later: HOUR } as const;
/** Where nothing tells whether the clock is synchronised, a day without a step shows it. */
const PROVEN = DAY;
/** How much of the time that passes is given up while the wall clock is behind. */
const SLOWER = 0.1;
/** A longer difference between the two monotonic clocks (ms) is a machine that slept, not a reading that took long. */
const SLEPT = 2 * SECOND;

/** Whether the system says that its clock is synchronised. */
export type Synchronised = 'yes' | 'no' | 'unknown';

export interface ClockSource {
  /** Milliseconds since 1970, as the system believes. */
  wall(): number;
  /** Milliseconds since some moment of this boot; stands while the machine sleeps. */
  monotonic(): number;
  /** The same with the time asleep. */
  elapsed(): number;
  /** Names the boot: `monotonic` and `elapsed` begin anew with each. */
  boot: string;
  /** Whether a clock with a battery set the system's at boot. */
  hasBattery: boolean;
}

/** What is kept for the next start. */
export interface KeptClock {
  time: number;
  elapsed: number;
  boot: string;
  since: number | null;
  before: number;
  isBelieved: boolean;
}

/** What became of a difference. */
export interface ClockStep {
  move: TimeMove;
  /** The system said that its time is right, so that what was due meanwhile is due. */
  isSure: boolean;
}

export class SensorClock {
  readonly #source: ClockSource;
  /** Time minus monotonic time. */
  #offset: number;
  #asleep: number;
  #latest = 0;
  /** From here on nothing has shown that times are right; null while they are. */
  #since: number | null;
  /** The last time known before `since`: nothing moves back beyond it. */
  #before: number;
  /** The wall clock is, or was at the start, no earlier than what was known. */
  #isBelieved: boolean;
  /** A wall clock that says something else, and since when, in monotonic time and in the sensor's own. */
  #odd: { difference: number; at: number; since: number } | null = null;
  /** Since when time runs slower; null while it does not. */
  #slowSince: number | null = null;
  #checkedAt: number;
  #synchronised: Synchronised = 'unknown';

  /** `kept`: what `kept()` gave in an earlier run, null at the first start. */
  constructor(source: ClockSource, kept: KeptClock | null) {
    this.#source = source;
    const monotonic = source.monotonic();
    this.#checkedAt = monotonic;
    this.#asleep = source.elapsed() - monotonic;
    if (kept !== null && kept.boot === source.boot && source.elapsed() >= kept.elapsed) {
      this.#offset = kept.time + (source.elapsed() - kept.elapsed) - monotonic;
      this.#since = kept.since;
      this.#before = kept.before;
      this.#isBelieved = kept.isBelieved;
      return;
    }
    const floor = Math.max(WRITTEN, kept?.time ?? 0);
    const wall = source.wall();
    this.#isBelieved = wall >= floor;
    this.#since = Math.max(wall, floor);
    this.#before = floor;
    this.#offset = this.#since - monotonic;
  }

  /** The present; never earlier than it said before, but for a correction. */
  now(): number {
    this.#latest = Math.max(this.#latest, Math.round(this.#source.monotonic() + this.#offset));
    return this.#latest;
  }

  /** The time at which `monotonic()` said so. */
  timeOf(monotonic: number): number {
    return Math.round(monotonic + this.#offset);
  }

  /** The last time known before this start. */
  get before(): number {
    return this.#before;
  }

  /** Since when times are not certain; null while they are. */
  get uncertainSince(): number | null {
    const isUnset = !this.#isBelieved || (this.#synchronised === 'no' && !this.#source.hasBattery);
    if (isUnset && this.#since !== null) return this.#since;
    const isOdd = this.#odd !== null && this.#checkedAt - this.#odd.at >= STEADY.synchronised;
    return this.#slowSince ?? (isOdd ? (this.#odd?.since ?? null) : null);
  }

  /** Monotonic time at which the wall clock was first seen to say something else; null while it does not. */
  get oddAt(): number | null {
    return this.#odd?.at ?? null;
  }

  /** How far the wall clock is ahead of this one (ms). */
  get difference(): number {
    const { monotonic, wall } = this.#source;
    let best = { difference: 0, between: Number.POSITIVE_INFINITY };
    // On a busy machine the two may be read far apart: the closest of some readings counts.
    for (let n = 0; n < READINGS && best.between > CLOSE; n++) {
      const [before, time, after] = [monotonic(), wall(), monotonic()];
      const between = after - before;
      if (between < best.between) best = { difference: time - (before + after) / 2 - this.#offset, between };
    }
    return best.difference;
  }

  /** Whether it would help to know if the system's clock is synchronised. */
  get asks(): boolean {
    return this.#since !== null || this.#odd !== null || this.#slowSince !== null;
  }

  kept(): KeptClock {
    const { boot } = this.#source;
    const [since, before, isBelieved] = [this.#since, this.#before, this.#isBelieved];
    return { time: this.now(), elapsed: this.#source.elapsed(), boot, since, before, isBelieved };
  }

  /** Looks at the wall clock, about once a second; a move is to be made with all that bears times. */
  check(synchronised: Synchronised): ClockStep | null {
    this.#synchronised = synchronised;
    const monotonic = this.#source.monotonic();
    const passed = monotonic - this.#checkedAt;
    this.#checkedAt = monotonic;
    this.#addSleep(monotonic);
    const { difference } = this;
    if (Math.abs(difference) < TOLERANCE || (this.#slowSince !== null && difference < 0)) {
      this.#followDrift(difference, passed);
      return null;
    }
    this.#slowSince = null;
    if (this.#odd === null || Math.abs(this.#odd.difference - difference) >= TOLERANCE)
      this.#odd = { difference, at: monotonic, since: this.now() };
    if (!this.#isDue(difference, monotonic - this.#odd.at)) return null;
    this.#odd = null;
    // Times on record are whole.
    return this.#step(Math.round(difference));
  }

  #addSleep(monotonic: number): void {
    const asleep = this.#source.elapsed() - monotonic;
    if (Math.abs(asleep - this.#asleep) < SLEPT) return;
    this.#offset += asleep - this.#asleep;
    this.#asleep = asleep;
  }

  #followDrift(difference: number, passed: number): void {
    this.#odd = null;
    if (Math.abs(difference) >= NOISE)
      this.#offset += difference >= 0 ? difference : -Math.min(-difference, passed * SLOWER);
    if (Math.abs(difference) >= TOLERANCE) return;
    this.#slowSince = null;
    this.#isBelieved = true;
    const isProven = this.#synchronised === 'unknown' && this.#since !== null && this.now() - this.#since >= PROVEN;
    if (this.#synchronised === 'yes' || isProven) this.#settle();
  }

  #settle(): void {
    this.#since = null;
    this.#isBelieved = true;
    this.#before = this.now();
  }

  #isDue(difference: number, steady: number): boolean {
    if (this.#synchronised === 'yes') return steady >= STEADY.synchronised;
    if (difference > 0) return steady >= (this.#since === null ? STEADY.later : STEADY.atStart);
    const canFollow = this.#canMoveBack(difference) || -difference <= DAY;
    if (canFollow && this.#isBelieved) return steady >= STEADY.atStart;
    return this.#synchronised === 'unknown' && this.#source.wall() >= WRITTEN && steady >= STEADY.later;
  }

  /** All that was stamped since the start fits behind what was known before it. */
  #canMoveBack(difference: number): boolean {
    return this.#since !== null && this.#since + difference >= this.#before;
  }

  #step(by: number): ClockStep | null {
    const isSure = this.#synchronised === 'yes';
    const until = this.now();
    let since = this.#since ?? until;
    if (by < 0 && !this.#canMoveBack(by)) {
      if (-by <= DAY) {
        this.#slowSince = until;
        return null;
      }
      since = until + by;
    }
    this.#offset += by;
    this.#latest = until + by;
    this.#isBelieved = true;
    if (this.#since !== null) this.#since = Math.max(this.#since, since) + by;
    this.#before = Math.min(this.#before, this.#latest);
    if (isSure) this.#settle();
    return { move: { since, until, by }, isSure };
  }
}
