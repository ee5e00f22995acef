// The sensor asked to end in the middle of its work, and copied in the middle of it as a power cut leaves its files: what is then in
// its books beside what was on the wire.
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '../../sensor/record/store.ts';
import { Random } from '../bench/random.ts';
import { attemptsByKey, type Books, judgeTold, readBooks, reckon } from './books.ts';
import { orderly } from './kills.ts';
import { CrashRig } from './sensor.ts';

const RATE = 40;

export interface StopReport {
  stops: number;
  attempts: number;
  counted: number;
  /** ms that the longest end took. */
  longest: number;
  problems: string[];
}

/**
 * SIGTERM at moments drawn from the seed. Every second time nothing is on its way when it comes, but has only just been taken: then all
 * of it must be in the books; else all up to what was still on its way.
 */
export async function stopAgainAndAgain(seed: number, stops: number): Promise<StopReport> {
  const random = new Random(seed);
  const rig = await CrashRig.set(random);
  const report: StopReport = { stops: 0, attempts: 0, counted: 0, longest: 0, problems: [] };
  try {
    let books: Books | null = null;
    for (; report.stops < stops; report.stops++) {
      const problem = (text: string) => report.problems.push(`stop ${report.stops}: ${text}`);
      const known = new Set(books?.incidents.map(({ id }) => id));
      await rig.start();
      rig.load.play(RATE);
      await newsBeside(rig, known);
      await sleep(random.below(600));
      const isQuiet = report.stops % 2 === 0;
      if (isQuiet) await lastNews(rig);
      const ending = await rig.end('SIGTERM');
      const before = attemptsByKey(books?.incidents ?? []);
      books = readBooks(rig.database);
      const { counted, lost, problems } = reckon(before, books, rig.load.attempts);
      report.attempts += rig.load.attempts.length;
      report.counted += counted;
      report.longest = Math.max(report.longest, ending.took);
      for (const text of [...orderly(ending, rig.said), ...problems, ...judgeTold(books, await rig.hear())])
        problem(text);
      if (isQuiet && lost.length > 0) problem(`${lost.length} attempts that were taken are in no book`);
      if (books.integrity !== 'ok') problem(`integrity_check: ${books.integrity}`);
      for (const text of unlikeDevices(books)) problem(text);
      if (existsSync(`${rig.database}-wal`)) problem('the journal was left behind');
    }
    return report;
  } finally {
    await rig.remove();
  }
}

/** After an orderly end the devices' own counts are those of their incidents. */
function unlikeDevices({ deviceAttempts, incidents }: Books): string[] {
  const sums = new Map<string, number>();
  for (const { attempts, device } of incidents) sums.set(device, (sums.get(device) ?? 0) + attempts);
  return [...sums]
    .filter(([mac, sum]) => deviceAttempts.get(mac) !== sum)
    .map(([mac, sum]) => `${mac} counts ${deviceAttempts.get(mac)} attempts, its incidents ${sum}`);
}

/** Resolves when an incident was told that is none of `known`. */
async function newsBeside(rig: CrashRig, known: ReadonlySet<string>): Promise<void> {
  while (!(await rig.hear()).some(({ incident }) => !known.has(incident))) await sleep(2);
}

/** Nothing more comes but one thing's first mail, and that is told: so is all before it taken. */
async function lastNews(rig: CrashRig): Promise<void> {
  rig.load.pause();
  const told = (await rig.hear()).length;
  const [mac = ''] = rig.load.beginToMail().split(' ');
  while (!(await rig.hear()).slice(told).some(({ topic }) => topic.endsWith(`/${mac.replaceAll(':', '')}/alert`)))
    await sleep(1);
}

export interface CopyReport {
  copies: number;
  problems: string[];
}

/** Its files copied while it works, all at one moment; the journal's end is then missing by so much as the disk had not got. */
export async function copyAgainAndAgain(seed: number, moments: number, cuts: number): Promise<CopyReport> {
  const random = new Random(seed);
  const rig = await CrashRig.set(random);
  const report: CopyReport = { copies: 0, problems: [] };
  try {
    await rig.start();
    rig.load.play(RATE);
    await newsBeside(rig, new Set());
    for (let moment = 0; moment < moments; moment++) {
      await sleep(random.below(300));
      const heard = [...(await rig.hear())];
      await stop(rig.pid);
      const wire = [...rig.load.attempts];
      const copies = Array.from({ length: cuts + 1 }, (_, n) => copyOf(rig, `${moment}-${n}`));
      process.kill(rig.pid, 'SIGCONT');
      copies.forEach((path, n) => {
        const isWhole = n === 0;
        if (!isWhole) truncateSync(`${path}-wal`, random.below(readFileSync(`${path}-wal`).length + 1));
        for (const text of faultsOf(path, wire, isWhole ? heard : []))
          report.problems.push(`copy ${moment}, ${isWhole ? 'whole' : 'cut'}: ${text}`);
        report.copies++;
      });
    }
    return report;
  } finally {
    await rig.remove();
  }
}

/** Resolves when it stands still: what it was just writing is written then. */
async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await sleep(1);
}

function copyOf(rig: CrashRig, name: string): string {
  const folder = join(rig.directory, name);
  mkdirSync(folder);
  for (const suffix of ['', '-wal']) copyFileSync(rig.database + suffix, join(folder, `thingwatch.db${suffix}`));
  return join(folder, 'thingwatch.db');
}

function faultsOf(path: string, wire: CrashRig['load']['attempts'], heard: Parameters<typeof judgeTold>[1]): string[] {
  const problems: string[] = [];
  const store = Store.open({
    path,
    now: Date.now,
    onDamage: (_, reason) => problems.push(`damaged: ${reason}`),
    onProblem: (text) => problems.push(text),
  });
  const [incidents, messages] = [store.loadIncidents(), store.outbox.peek(10_000)];
  store.loadDevices();
  store.close();
  const books = readBooks(path);
  const known = new Set(incidents.map(({ id }) => id));
  const strays = messages.filter(({ payload }) => !known.has((JSON.parse(payload) as { incident: string }).incident));
  return [
    ...problems,
    ...(books.integrity === 'ok' ? [] : [books.integrity]),
    ...(strays.length === 0 ? [] : [`${strays.length} alerts wait of incidents that are in no book`]),
    ...reckon(new Map(), books, wire).problems,
    ...judgeTold(books, heard),
  ];
}
