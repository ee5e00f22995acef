// From where the sensor looked on each UTC day, how much was lost on the way, and which version looked: what nothing else keeps of a
// day that is over. Plain sums; it knows no clock and no disk.
import { z } from 'zod';
import type { Vantage } from '../attribute/vantage.ts';
import { VANTAGES } from '../attribute/vantage.ts';

/** Where the store keeps it. */
export const DAYS_KEY = 'fleet_days';

export const DAY = 24 * 60 * 60_000;
/** Days that are told of after they are over, at most; what is kept reaches a little further. */
export const DAYS_TOLD = 14;
const KEPT = DAYS_TOLD + 2;
/** Nobody looked for so long (ms): the sensor was off. */
const UNWATCHED = 2 * 60_000;

const length = z.number().min(0).max(DAY);
const shape = z.array(
  z.object({
    /** Days since 1970. */
    day: z.int().min(0),
    /** Milliseconds from each vantage. */
    vantages: z.partialRecord(z.enum(VANTAGES), length),
    /** Percent times milliseconds, and over how many of these it was known. */
    loss: z.object({ sum: z.number().min(0), over: length }),
    version: z.string(),
  }),
);
type Day = z.infer<typeof shape>[number];

export interface DayFacts {
  vantage: Vantage;
  lossPercent: number | null;
  version: string;
}

export interface Look {
  vantage: Vantage;
  lossPercent: number | null;
  version: string;
}

export class DayBook {
  #days: Day[] = [];
  #at: number | null = null;

  /** Takes back what `text` holds; what is no such text is nothing. */
  constructor(text: string | null) {
    try {
      this.#days = shape.safeParse(JSON.parse(text ?? '[]')).data ?? [];
    } catch {
      // Not JSON: as if nothing had been kept.
    }
  }

  /**
   * What holds since the last call, up to `now` (ms). `isRecorded`: packet time may have gone by in a moment, and the sensor was
   * there all the while.
   */
  observe(now: number, { lossPercent, vantage, version }: Look, isRecorded: boolean): void {
    const from = this.#at ?? now;
    this.#at = now;
    if (now <= from || (!isRecorded && now - from > UNWATCHED)) return;
    for (let at = Math.max(from, now - KEPT * DAY); at < now; ) {
      const end = Math.min(now, (Math.floor(at / DAY) + 1) * DAY);
      const day = this.#of(Math.floor(at / DAY));
      day.vantages[vantage] = Math.min(DAY, (day.vantages[vantage] ?? 0) + end - at);
      day.version = version;
      if (lossPercent !== null && day.loss.over < DAY) {
        day.loss.sum += lossPercent * (end - at);
        day.loss.over = Math.min(DAY, day.loss.over + end - at);
      }
      at = end;
    }
    while (this.#days.length > KEPT) this.#days.shift();
  }

  /** Null for a day on which nobody looked. @param day days since 1970 */
  facts(day: number): DayFacts | null {
    const found = this.#days.find((one) => one.day === day);
    if (found === undefined) return null;
    const { loss, vantages, version } = found;
    const [longest] = VANTAGES.filter((one) => vantages[one] !== undefined).sort(
      (a, b) => (vantages[b] ?? 0) - (vantages[a] ?? 0),
    );
    const lossPercent = loss.over === 0 ? null : Math.min(100, Math.round((loss.sum / loss.over) * 10) / 10);
    return longest === undefined ? null : { vantage: longest, lossPercent, version };
  }

  text(): string {
    return JSON.stringify(this.#days);
  }

  #of(day: number): Day {
    const known = this.#days.find((one) => one.day === day);
    if (known !== undefined) return known;
    const fresh: Day = { day, vantages: {}, loss: { sum: 0, over: 0 }, version: '' };
    this.#days.push(fresh);
    this.#days.sort((a, b) => a.day - b.day);
    return fresh;
  }
}

/** `2026-11-30` of days since 1970. */
export function dayText(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
