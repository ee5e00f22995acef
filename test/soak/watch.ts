// What the sensor's processes hold while the soak goes on: memory of their own, heap after a collection, descriptors, timers.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '../support/group-by.ts';

/** A busy process answers late; one that is stopped or has just died does not. */
const ANSWER_WITHIN = 3000;

export interface Sample {
  /** Seconds after the traffic began. */
  at: number;
  /** The sensor process: a figure of another one begins a new row of figures. */
  pid: number;
  /** MB after a garbage collection. */
  heap: number;
  /** MB resident that no file backs. */
  own: number;
  descriptors: number;
  timers: number;
}

/** Null where the process did not answer, as one does that ends or hangs. */
export async function sample(pid: number, probes: string, at: number): Promise<Sample | null> {
  const file = join(probes, `${pid}.json`);
  rmSync(file, { force: true });
  try {
    process.kill(pid, 'SIGUSR2');
    for (let waited = 0; waited < ANSWER_WITHIN; waited += 50) {
      await sleep(50);
      const text = textOf(file);
      if (text === null) continue;
      const { heapUsed, timers } = JSON.parse(text) as { heapUsed: number; timers: number };
      const own = Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 976.5625;
      return { at, pid, heap: heapUsed / 1e6, own, descriptors: readdirSync(`/proc/${pid}/fd`).length, timers };
    }
  } catch {
    // It is gone.
  }
  return null;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

export interface Growth {
  /** Seconds that the judged life was looked at. */
  seconds: number;
  samples: number;
  /** From the first to the last third of that life, medians. */
  heap: [from: number, to: number];
  own: [from: number, to: number];
  descriptors: [from: number, to: number];
  timers: [from: number, to: number];
}

/** Of the longest life among the samples, without its first quarter, in which the home becomes known; null with too few samples. */
export function growthOf(samples: readonly Sample[]): Growth | null {
  const lives = groupBy(samples, ({ pid }) => pid);
  const longest = [...lives.values()].reduce<Sample[]>((best, life) => (life.length > best.length ? life : best), []);
  const judged = longest.slice(Math.floor(longest.length / 4));
  const third = Math.floor(judged.length / 3);
  const [first, last] = [judged[0], judged.at(-1)];
  if (third < 1 || first === undefined || last === undefined) return null;
  const of = (figure: (one: Sample) => number): [number, number] => [
    middle(judged.slice(0, third).map(figure)),
    middle(judged.slice(-third).map(figure)),
  ];
  return {
    seconds: last.at - first.at,
    samples: judged.length,
    heap: of(({ heap }) => heap),
    own: of(({ own }) => own),
    descriptors: of(({ descriptors }) => descriptors),
    timers: of(({ timers }) => timers),
  };
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
