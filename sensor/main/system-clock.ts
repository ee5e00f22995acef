// Where the sensor's clock takes its readings: wall and monotonic time, the boot, and whether the system says that its clock is
// synchronised. Belongs to main.ts.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { lazily } from '../lazily.ts';
import type { ClockSource, KeptClock, SensorClock, Synchronised } from './sensor-clock.ts';

const SECOND = 1000;
/** Asking starts a service of the system each time: at first often, then ever more seldom. */
const ASK_FIRST = 10 * SECOND;
const ASK_LAST = 15 * 60 * SECOND;
const ANSWER_WITHIN = 5 * SECOND;
/** A clock with a battery that tells another time than the system (ms) did not set it. */
const SAME_TIME = 60 * SECOND;

const kept = lazily(
  () =>
    z.object({
      time: z.number(),
      elapsed: z.number(),
      boot: z.string(),
      since: z.number().nullable(),
      before: z.number(),
      isBelieved: z.boolean(),
    }) satisfies z.ZodType<KeptClock>,
);

/** What `JSON.stringify(clock.kept())` held; null where it is no such text. */
export function readKept(text: string | null): KeptClock | null {
  if (text === null) return null;
  try {
    return kept().safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function systemClock(): ClockSource {
  const monotonic = monotonicNow;
  const wall = () => Date.now();
  const elapsed = () => {
    const uptime = Number.parseFloat(textOf('/proc/uptime') ?? '');
    return Number.isFinite(uptime) ? uptime * SECOND : monotonic();
  };
  return { wall, monotonic, elapsed, boot: bootId(), hasBattery: batteryClock() === 'right' };
}

/** Milliseconds of CLOCK_MONOTONIC, the same for all processes since boot. */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * SECOND + nanoseconds / 1e6;
}

export function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** `wrong`: there is one, and it does not tell the system's time, as one that lost its power does. */
export function batteryClock(): 'right' | 'wrong' | 'none' {
  const seconds = textOf('/sys/class/rtc/rtc0/since_epoch');
  if (seconds === null) return 'none';
  return Math.abs(Number(seconds) * SECOND - Date.now()) < SAME_TIME ? 'right' : 'wrong';
}

/** What systemd says, which asks the kernel (adjtimex(2)): any change by hand makes it `no` until a time server is heard again. */
export function askSynchronised(): Promise<Synchronised> {
  const show = ['show', '--property=NTPSynchronized', '--value'];
  return new Promise((resolve) => {
    execFile('timedatectl', show, { timeout: ANSWER_WITHIN }, (error, stdout) => {
      const said = stdout.trim();
      resolve(error === null && (said === 'yes' || said === 'no') ? said : 'unknown');
    });
  });
}

/** Asks now and then, as long as the clock wants to know; an answer from before it became odd is none. */
export class SynchronisedAsker {
  readonly #ask: () => Promise<Synchronised>;
  #answer: Synchronised = 'unknown';
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #every = ASK_FIRST;

  constructor(ask: () => Promise<Synchronised> = askSynchronised) {
    this.#ask = ask;
  }

  /** What is known at present; call it about once a second. */
  read({ asks, oddAt }: SensorClock, monotonic: number): Synchronised {
    if (!asks) this.#every = ASK_FIRST;
    const isStale = oddAt !== null && this.#askedAt < oddAt;
    if (isStale) this.#every = ASK_FIRST;
    if (asks && !this.#isAsking && (isStale || monotonic - this.#askedAt >= this.#every)) this.#askNow(monotonic);
    return isStale || (oddAt !== null && this.#isAsking) ? 'unknown' : this.#answer;
  }

  #askNow(monotonic: number): void {
    this.#isAsking = true;
    this.#every = Math.min(this.#every * 1.5, ASK_LAST);
    this.#askedAt = monotonic;
    void this.#ask().then((answer) => {
      this.#answer = answer;
      this.#isAsking = false;
    });
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
