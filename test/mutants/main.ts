// `npm run mutants -- [--room R] [--files TEXT] [--sample N] [--seed S] [--longest MS]`: do the tests of a room notice a fault in it? Faults are
// put in one at a time and the room's tests run; what nobody noticed is listed. What is known is kept in .mutants.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout } from '../lab/namespaces.ts';
import { runFile } from './one-file.ts';
import { interval, sampleOf } from './random-sample.ts';
import { type Accepted, ChangedError, type Known, knownMutants, Results, speaksOf } from './results.ts';
import { ROOM_NAMES, roomOf } from './rooms.ts';

const AIM = 0.9;

interface Wish {
  rooms: readonly (typeof ROOM_NAMES)[number][];
  files: string;
  /** Null: all. */
  sample: number | null;
  seed: number;
  /** In milliseconds; tests that take longer are left out. */
  longest: number;
}

function wishFrom(args: string[]): Wish | string {
  const { values } = parseArgs({
    args,
    options: {
      room: { type: 'string' },
      files: { type: 'string', default: '' },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      longest: { type: 'string', default: '5000' },
    },
  });
  const rooms = ROOM_NAMES.filter((name) => values.room === undefined || values.room === name);
  if (rooms.length === 0) return `--room takes one of ${ROOM_NAMES.join(', ')}`;
  const [sample, seed] = [values.sample === undefined ? null : Number(values.sample), Number(values.seed)];
  const longest = Number(values.longest);
  if (![sample ?? 1, seed, longest].every((value) => Number.isInteger(value) && value > 0))
    return '--sample, --seed and --longest take whole numbers above 0';
  return { rooms, files: values.files, sample, seed, longest };
}

/** @returns the exit code: 1 where a room's tests notice less than the aim, or a file was changed meanwhile */
export async function main(args: string[]): Promise<number> {
  let wish: Wish | string;
  try {
    wish = wishFrom(args);
  } catch (error) {
    wish = error instanceof Error ? error.message : String(error);
  }
  if (typeof wish === 'string') {
    console.error(wish);
    return 2;
  }
  const accepted = JSON.parse(readFileSync(join(checkout, 'test/mutants/accepted.json'), 'utf8')) as Accepted[];
  let exitCode = 0;
  try {
    for (const room of wish.rooms) {
      const rate = await judgeRoom(room, wish, accepted);
      if (rate < AIM) exitCode = 1;
    }
  } catch (error) {
    if (!(error instanceof ChangedError)) throw error;
    console.error(error.message);
    return 1;
  }
  return exitCode;
}

async function judgeRoom(name: (typeof ROOM_NAMES)[number], wish: Wish, accepted: Accepted[]): Promise<number> {
  const room = roomOf(checkout, name);
  const sources = room.sources.filter((file) => file.includes(wish.files));
  const results = new Results(checkout, name, wish.longest, [...sources, ...room.tests]);
  const all = sources.flatMap((file) => knownMutants(checkout, file));
  const chosen = sampleOf(all, (mutant) => mutant.name, wish.sample ?? all.length, wish.seed);
  console.log(`\n== ${name}: ${chosen.length} of ${all.length} mutants in ${sources.length} files`);
  // First what a test is about: most faults are noticed there, and soonest.
  for (const test of room.tests) await ask(test, about(test, chosen), results, wish.longest);
  for (const test of room.tests) await ask(test, chosen, results, wish.longest);
  return report(name, { all, chosen, accepted, results });
}

/** Mutants of the sources that a test file imports itself. */
function about(test: string, chosen: readonly Known[]): Known[] {
  const text = readFileSync(join(checkout, test), 'utf8');
  return chosen.filter(({ file }) => text.includes(`/${file}'`));
}

async function ask(test: string, chosen: readonly Known[], results: Results, longest: number): Promise<void> {
  const open = chosen.filter((mutant) => results.killed(mutant) === null && !results.hasPassed(mutant, test));
  if (open.length === 0) return;
  const sources: Record<string, (Known & { number: number })[]> = {};
  open.forEach((mutant, index) => {
    const path = join(checkout, mutant.file);
    sources[path] = [...(sources[path] ?? []), { ...mutant, number: index + 1 }];
  });
  let asked = 0;
  const { sound, outcomes, trouble } = await runFile({
    root: checkout,
    plan: {
      sources,
      longest,
      slow: results.slowIn(test),
      numbers: open.map((_, index) => index + 1),
      testFile: join(checkout, test),
    },
    tell: ({ number, killed }) => {
      const mutant = open[number - 1];
      if (mutant === undefined) return;
      results.checkUnchanged();
      if (killed === null) results.notePassed(mutant, test, true);
      else results.noteKilled(mutant, test, killed);
      asked += 1;
      if (asked % 10 === 0) results.save();
    },
  });
  results.checkUnchanged();
  if (sound === null || trouble !== null) {
    console.log(`${test}: ended before its time\n${trouble ?? ''}`);
    return;
  }
  const reached = new Set(sound.reached);
  open.forEach((mutant, index) => {
    if (!reached.has(index + 1)) results.notePassed(mutant, test, false);
  });
  results.noteSlow(test, sound.slow);
  results.save();
  const killed = outcomes.filter((one) => one.killed !== null).length;
  const slow =
    sound.slow.length > 0 ? `; ${sound.slow.length} of ${sound.tests} tests take too long and are left out` : '';
  const weak = sound.failed.length > 0 ? `; fails without a fault: ${sound.failed.join(', ')}` : '';
  console.log(`${test}: noticed ${killed} of ${outcomes.length} that it reaches, of ${open.length}${slow}${weak}`);
}

interface Judged {
  all: readonly Known[];
  chosen: readonly Known[];
  accepted: readonly Accepted[];
  results: Results;
}

function report(name: string, { all, chosen, accepted, results }: Judged): number {
  const ways = new Map<string, number>();
  const left: Known[] = [];
  let [equivalent, agreed] = [0, 0];
  for (const mutant of chosen) {
    const killed = results.killed(mutant);
    const entry = accepted.find((one) => speaksOf(one, mutant));
    if (killed !== null) ways.set(killed.how, (ways.get(killed.how) ?? 0) + 1);
    else if (entry?.as === 'equivalent') equivalent += 1;
    else if (entry !== undefined) agreed += 1;
    else left.push(mutant);
  }
  for (const mutant of left.sort((a, b) => a.name.localeCompare(b.name)))
    console.log(
      `  ${results.isReached(mutant) ? 'survived ' : 'unreached'} ${mutant.file}:${mutant.lineNumber} ${mutant.place} [${mutant.operator}]\n      ${mutant.line}\n      ${mutant.change}`,
    );
  const killed = [...ways.values()].reduce((sum, count) => sum + count, 0);
  const size = chosen.length - equivalent;
  const { from, to } = interval(killed, size, all.length - equivalent);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const how = [...ways].map(([way, count]) => `${way} ${count}`).join(', ');
  const rate = size === 0 ? 1 : killed / size;
  console.log(
    `${name}: ${killed} of ${size} noticed = ${percent(rate)}, 95 % interval ${percent(from)} to ${percent(to)} (${how}); accepted ${agreed}, equivalent and left out of the count ${equivalent}`,
  );
  return rate;
}
