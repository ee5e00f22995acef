// What is known of the sensor's own time: the gaps in which it did not watch, and the spans whose times are not certain. A
// habit, a silence or a memory is as long as it was watched, not as the calendar says. Bounded; replays have neither.
import { z } from 'zod';
import { lazily } from '../lazily.ts';
import { movedTime, type TimeMove } from './time-move.ts';

/** A shorter gap (ms) is a restart, which changes no judgement in days. */
const SHORTEST_GAP = 10 * 60_000;
/** The oldest give way. */
const KEPT = 64;

const shape = lazily(() =>
  z.object({
    gaps: z.array(z.object({ at: z.number(), length: z.number().positive() })).max(KEPT),
    uncertain: z.array(z.object({ from: z.number(), to: z.number() })).max(KEPT),
  }),
);
type Known = z.infer<ReturnType<typeof shape>>;

export class KnownTime {
  #known: Known = { gaps: [], uncertain: [] };
  /** The last span has not ended. */
  #isUncertain = false;

  /** Takes back what `text` holds; what is no such text is nothing. */
  restore(text: string | null): void {
    if (text === null) return;
    try {
      this.#known = shape().safeParse(JSON.parse(text)).data ?? this.#known;
    } catch {
      // Not JSON: as if nothing had been kept.
    }
  }

  text(): string {
    return JSON.stringify(this.#known);
  }

  /** From `at` on nothing was watched for so many ms. */
  addGap(at: number, length: number): void {
    if (length < SHORTEST_GAP) return;
    this.#known.gaps.push({ at, length });
    if (this.#known.gaps.length > KEPT) this.#known.gaps.shift();
  }

  /** How long (ms) was watched between the two. */
  lived(from: number, to: number): number {
    let time = to - from;
    for (const { at, length } of this.#known.gaps) time -= Math.max(0, Math.min(to, at + length) - Math.max(from, at));
    return time;
  }

  /** The time since when, up to `now`, so many ms were watched. */
  livedSince(now: number, milliseconds: number): number {
    let time = now - milliseconds;
    for (const { at, length } of [...this.#known.gaps].sort((a, b) => b.at - a.at)) {
      if (at + length > now || at + length <= time) continue;
      time -= length;
    }
    return time;
  }

  /** `since`: the clock has not been certain from then up to the present, `time`, and stays so; call it again meanwhile. Null: it is. */
  uncertain(since: number | null, time: number): void {
    this.#isUncertain = since !== null;
    if (since === null) return;
    const { uncertain } = this.#known;
    const last = uncertain.at(-1);
    if (last !== undefined && since <= last.to && time >= last.from) last.to = Math.max(last.to, time);
    else uncertain.push({ from: since, to: time });
    if (uncertain.length > KEPT) uncertain.shift();
  }

  isUncertain(time: number): boolean {
    const { uncertain } = this.#known;
    const isNow = this.#isUncertain && time >= (uncertain.at(-1)?.from ?? Number.POSITIVE_INFINITY);
    return isNow || uncertain.some(({ from, to }) => time >= from && time <= to);
  }

  /** The clock was put right: what was uncertain is so no longer, and what was skipped was not watched. */
  move(move: TimeMove): void {
    const { since, until, by } = move;
    const { gaps, uncertain } = this.#known;
    this.#isUncertain = false;
    this.#known.uncertain = uncertain.filter(({ from }) => from < since || from > until);
    const before = gaps.find(({ at, length }) => at + length === since);
    for (const gap of gaps) gap.at = gap === before ? gap.at : movedTime(gap.at, move);
    if (before !== undefined) before.length += by;
    this.#known.gaps = gaps.filter(({ length }) => length > 0);
    if (before === undefined && by > 0) this.addGap(since, by);
  }
}
