// The sensor killed again and again under load, at moments drawn from a seed, and its books reckoned up after each; at the end it
// may finish its work, and everything that was stored must have been told.
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../bench/random.ts';
import { attemptsByKey, type Books, judgeTold, judgeUntold, readBooks, reckon } from './books.ts';
import { CrashRig, type Ending } from './sensor.ts';

export interface KillOptions {
  seed: number;
  /** At least so many. */
  kills: number;
  /** And more, until so many ms have passed. */
  forAtLeast?: number;
  /** Told after each kill. */
  onKill?(so: KillReport): void;
}

export interface KillReport {
  kills: number;
  /** Of them after frames were taken; the others while it started. */
  underLoad: number;
  starts: number;
  frames: number;
  attempts: number;
  counted: number;
  /** Attempts on the wire that no book has: the most in one crash, and how old (ms) the oldest was when it was killed. */
  lost: number;
  mostLost: number;
  oldestLost: number;
  incidents: number;
  /** Alerts that came, and those of them that had come before, with the same id. */
  alerts: number;
  repeated: number;
  /** ms that the last, orderly end took. */
  end: number;
  problems: string[];
}

type Moment = (typeof MOMENTS)[number];

/** Happenings in the home a second: a busy home of a hundred devices has one or two. */
const RATE = 40;
/** One run in so many is a flood, in which incidents wait for each other. */
const FLOOD = { every: 20, rate: 400 } as const;
/** When a kill comes: while the sensor starts, from the first frame on, or, mostly, from its first news of this run on. */
const MOMENTS = ['starting', 'frames', 'news', 'news', 'news', 'news', 'news'] as const;
/** Ms after that at the latest. */
const LATEST: Record<Moment, number> = { starting: 600, frames: 600, news: 800 };
/** Ms for which news is waited for: in a flood it may be half a minute late. */
const NEWS_WITHIN = 5000;
const TOLD_WITHIN = 120_000;

export async function killAgainAndAgain({ forAtLeast = 0, kills, onKill, seed }: KillOptions): Promise<KillReport> {
  const random = new Random(seed);
  const rig = await CrashRig.set(random);
  const report: KillReport = {
    ...{ kills: 0, underLoad: 0, starts: 0, frames: 0, attempts: 0, counted: 0, lost: 0, mostLost: 0, oldestLost: 0 },
    ...{ incidents: 0, alerts: 0, repeated: 0, end: 0, problems: [] },
  };
  const problem = (text: string) => report.problems.push(`kill ${report.kills}: ${text}`);
  try {
    let books: Books | null = null;
    const begun = performance.now();
    while (report.kills < kills || performance.now() - begun < forAtLeast) {
      const moment = report.kills === 0 ? 'news' : random.pick(MOMENTS);
      await runUntil(rig, moment, random, books);
      const { attempts } = rig.load;
      const killedAt = performance.now();
      await rig.end('SIGKILL');
      report.kills++;
      report.starts++;
      if (moment !== 'starting') report.underLoad++;
      const before = attemptsByKey(books?.incidents ?? []);
      books = readBooks(rig.database);
      const { counted, lost, problems } = reckon(before, books, attempts);
      for (const text of [...problems, ...judgeTold(books, await rig.hear())]) problem(text);
      if (books.integrity !== 'ok') problem(`integrity_check: ${books.integrity}`);
      note(
        report,
        counted,
        attempts.length,
        lost.map(({ at }) => killedAt - at),
      );
      onKill?.(report);
    }
    const before = attemptsByKey(books?.incidents ?? []);
    await finish(rig, report, before);
    return { ...report, frames: rig.load.frames };
  } finally {
    await rig.remove();
  }
}

/** Starts the sensor and its load, and resolves when it is to be killed. */
async function runUntil(rig: CrashRig, moment: Moment, random: Random, books: Books | null): Promise<void> {
  const starting = rig.start();
  starting.catch(() => {
    // Killed before it took a frame.
  });
  if (moment !== 'starting') {
    await starting;
    rig.load.play(random.below(FLOOD.every) === 0 ? FLOOD.rate : RATE);
  }
  if (moment === 'news') {
    const known = new Set(books?.incidents.map(({ id }) => id));
    const begun = performance.now();
    const isNews = async () => (await rig.hear()).some(({ incident }) => !known.has(incident));
    while (!(await isNews()) && performance.now() - begun < NEWS_WITHIN) await sleep(5);
  }
  await sleep(random.below(LATEST[moment]));
}

function note(report: KillReport, counted: number, wire: number, lostAges: readonly number[]): void {
  report.attempts += wire;
  report.counted += counted;
  report.lost += lostAges.length;
  report.mostLost = Math.max(report.mostLost, lostAges.length);
  report.oldestLost = Math.max(report.oldestLost, ...lostAges);
}

/** A last run without frames: what waits is told, and it ends in order. */
async function finish(rig: CrashRig, report: KillReport, before: ReadonlyMap<string, number>): Promise<void> {
  await rig.start();
  report.starts++;
  const begun = performance.now();
  while (readBooks(rig.database).waiting > 0 && performance.now() - begun < TOLD_WITHIN) await sleep(100);
  const ending = await rig.end('SIGTERM');
  const books = readBooks(rig.database);
  const heard = await rig.hear();
  const problems = [
    ...orderly(ending, rig.said),
    ...reckon(before, books, []).problems,
    ...judgeTold(books, heard),
    ...judgeUntold(books, heard),
    ...(books.integrity === 'ok' ? [] : [`integrity_check: ${books.integrity}`]),
    ...(books.waiting === 0 ? [] : [`${books.waiting} alerts still wait for the broker`]),
    ...(books.dropped === 0 ? [] : [`${books.dropped} alerts gave way in the outbox`]),
  ];
  report.problems.push(...problems.map((text) => `at the end: ${text}`));
  report.end = ending.took;
  report.incidents = books.incidents.length;
  report.alerts = heard.length;
  report.repeated = heard.length - new Set(heard.map(({ id }) => id)).size;
}

/** What is wrong with the end of a sensor that was asked to end. */
export function orderly({ code, signal, took }: Ending, said: string): string[] {
  return [
    ...(code === 0 ? [] : [`it ended with ${code ?? signal}: ${said}`]),
    ...(took < STOPPED_WITHIN ? [] : [`it took ${Math.round(took)} ms to end`]),
  ];
}

/** Ms: systemd kills what has not stopped after thirty seconds. */
const STOPPED_WITHIN = 15_000;
