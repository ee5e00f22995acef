// Whether frames still come as they used to: how long this home is usually silent, and whether it is silent for longer. Tells a
// quiet night from a mirror that was unplugged or switched off. Knows times and kinds of frames, nothing else.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A break is no break before that (ms), however busy the home was: what is unplugged must show within a minute. */
const SILENT_AFTER = 50 * SECOND;
const WITHOUT_UNICAST_AFTER = 45 * SECOND;
/** A break counts when it is so many times as long as the longest of the last hour. */
const TIMES_USUAL = 4;
/** Before so many frames over so long (ms) nothing is usual yet; a break must then be as long as this. */
const FRAMES_KNOWN = 10;
const TIME_KNOWN = 20 * SECOND;
const UNKNOWN_AFTER = 5 * MINUTE;
/** The last hour, in six parts. */
const PART = 10 * MINUTE;
const PARTS = 6;
/** A break longer than this (ms) is not taken for usual: it may have been a fault. */
const LONGEST_USUAL = 3 * MINUTE;
/** Broadcasts come at least half as often as before: the home is awake. */
const AWAKE_SHARE = 0.5;
const BROADCASTS_NEEDED = 3;
/** A home that is heard minute by minute for this long (ms), by broadcasts alone. */
const LONG = 30 * MINUTE;
/** The usual rate of broadcasts is an average over about this long (ms). */
const RATE_OVER = 5 * MINUTE;
/** Frames a second that arrive without being kept: somebody's traffic crosses the mirror, only none that the sensor reads. */
const UNREAD_RATE = 1;
/** They are counted over the last three samples, one in so many ms. */
const SAMPLE_EVERY = 15 * SECOND;
const SAMPLES = 3;

/** What the kernel says of the capture interface; null where it does not say. */
export interface LinkState {
  /** A cable with a partner. */
  carrier: boolean | null;
  /** Frames received since the interface came up. */
  received: number | null;
}

/** `unicast`: broadcasts go on, what devices say to each other does not come any more. */
export type Missing = 'carrier' | 'everything' | 'unicast' | null;

export class Heartbeat {
  readonly #any = new Breaks(SILENT_AFTER);
  readonly #unicast = new Breaks(WITHOUT_UNICAST_AFTER);
  readonly #rate = new Rate();
  #usualRate = 0;
  /** Since the last unicast between others. */
  #broadcasts = 0;
  #broadcastMinutes = 0;
  #minute = 0;
  #kept = 0;
  #link: LinkState = { carrier: null, received: null };
  /** Oldest first. */
  #samples: { time: number; received: number; kept: number }[] = [];

  frame(time: number, isForeignUnicast: boolean, isGroup: boolean): void {
    this.#kept++;
    this.#any.note(time);
    if (isGroup) {
      this.#rate.count(time);
      this.#broadcasts++;
      const minute = Math.floor(time / MINUTE);
      if (minute !== this.#minute) this.#broadcastMinutes++;
      this.#minute = minute;
    }
    if (!isForeignUnicast) return;
    this.#unicast.note(time);
    this.#usualRate = this.#rate.at(time);
    this.#broadcasts = 0;
    this.#broadcastMinutes = 0;
  }

  /** Call about once a second. */
  link(state: LinkState, time: number): void {
    this.#link = state;
    const newest = this.#samples.at(-1);
    if (state.received === null || (newest !== undefined && Math.abs(time - newest.time) < SAMPLE_EVERY)) return;
    this.#samples.push({ time, received: state.received, kept: this.#kept });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** The clock was put right by so many ms: what came last came just now. */
  moveTime(by: number): void {
    for (const moved of [this.#any, this.#unicast, this.#rate]) moved.moveTime(by);
    this.#minute += Math.round(by / MINUTE);
    for (const sample of this.#samples) sample.time += by;
  }

  /** Unicast between others was seen, ever. */
  get hadUnicast(): boolean {
    return this.#unicast.last !== null;
  }

  /** Milliseconds since the last frame, or since unicast between others. */
  silence(what: 'everything' | 'unicast', time: number): number {
    return (what === 'everything' ? this.#any : this.#unicast).since(time);
  }

  /** What used to come and does not any more. */
  missing(time: number): Missing {
    if (this.#link.carrier === false) return 'carrier';
    if (this.#isUnread(time)) return null;
    if (this.#any.isBroken(time)) return 'everything';
    return this.#isUnicastMissing(time) ? 'unicast' : null;
  }

  #isUnicastMissing(time: number): boolean {
    if (!this.#unicast.isBroken(time)) return false;
    const silence = this.#unicast.since(time);
    const isMinuteByMinute = silence >= LONG && this.#broadcastMinutes * MINUTE >= silence * 0.9;
    const expected = (this.#usualRate * silence * AWAKE_SHARE) / SECOND;
    return isMinuteByMinute || this.#broadcasts >= Math.max(BROADCASTS_NEEDED, expected);
  }

  #isUnread(time: number): boolean {
    const { received } = this.#link;
    const [oldest] = this.#samples;
    if (received === null || oldest === undefined || time <= oldest.time) return false;
    const unread = received - oldest.received - (this.#kept - oldest.kept);
    return (unread * SECOND) / (time - oldest.time) >= UNREAD_RATE;
  }
}

/** How long nothing of a kind came, at the longest, in each part of the last hour. */
class Breaks {
  readonly #atLeast: number;
  readonly #longest: number[] = [];
  #part = 0;
  #count = 0;
  #first = 0;
  last: number | null = null;

  /** No break is one before `atLeast` ms. */
  constructor(atLeast: number) {
    this.#atLeast = atLeast;
  }

  note(time: number): void {
    // Packet time was set back: what is usual begins anew.
    if (this.last !== null && time < this.last) this.#count = 0;
    if (this.#count === 0) this.#first = time;
    const gap = Math.min(this.since(time), LONGEST_USUAL);
    this.#count++;
    this.last = time;
    const part = Math.floor(time / PART);
    if (part === this.#part) this.#longest[0] = Math.max(this.#longest[0] ?? 0, gap);
    else {
      this.#part = part;
      this.#longest.unshift(gap);
      this.#longest.length = Math.min(this.#longest.length, PARTS);
    }
  }

  moveTime(by: number): void {
    if (this.last === null) return;
    this.#first += by;
    this.last += by;
    this.#part += Math.round(by / PART);
  }

  since(time: number): number {
    return this.last === null ? 0 : Math.max(0, time - this.last);
  }

  isBroken(time: number): boolean {
    if (this.last === null) return false;
    const isKnown = this.#count >= FRAMES_KNOWN && this.last - this.#first >= TIME_KNOWN;
    const usual = isKnown ? Math.max(...this.#longest) * TIMES_USUAL : UNKNOWN_AFTER;
    return this.since(time) >= Math.max(this.#atLeast, usual);
  }
}

/** Events a second, of late. */
class Rate {
  #weight = 0;
  #first: number | null = null;
  #last = 0;

  count(time: number): void {
    this.#weight = this.#decayed(time) + 1;
    this.#first ??= time;
    this.#last = Math.max(this.#last, time);
  }

  moveTime(by: number): void {
    if (this.#first === null) return;
    this.#first += by;
    this.#last += by;
  }

  at(time: number): number {
    if (this.#first === null) return 0;
    const age = Math.max(time - this.#first, MINUTE);
    return (this.#decayed(time) * SECOND) / (RATE_OVER * (1 - Math.exp(-age / RATE_OVER)));
  }

  #decayed(time: number): number {
    return this.#weight * Math.exp(-Math.max(0, time - this.#last) / RATE_OVER);
  }
}
