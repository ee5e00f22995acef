// Outbreaks across homes, simulated: how soon a bad backend is named, what is named wrongly, what liars reach, and what the count costs
// in a real PostgreSQL with more and more homes.

import { DAY, dayText } from '../../sensor/fleet/outbreak/home-facts.ts';
import { outbreakRound } from '../../sensor/fleet/outbreak/outbreaks.ts';
import { type TallyChange, tally } from '../../sensor/fleet/outbreak/tally.ts';
import { migrate, openDatabase } from '../../sensor/fleet/store/database.ts';
import { backendWithUsers, usersOf } from '../fleet/simulator/compromise.ts';
import { AGE, countAll, fillStore, storeMail } from '../fleet/simulator/filled-store.ts';
import { runLiars, runOutbreak, runQuiet, sizeOf } from '../fleet/simulator/runs.ts';
import { PostgresServer } from '../fleet/support/postgres-server.ts';
import { readArgs, UsageError } from './measure.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, {
    runs: 30,
    from: 0,
    homes: 10_000,
    days: 150,
    seed: 1,
    largest: 100_000,
  });
  const parts: Record<string, () => Promise<void> | void> = {
    named: () => named(values),
    quiet: () => quiet(values),
    liars: () => liars(values),
    growth: () => growth(values),
  };
  const chosen = positions.length === 0 ? Object.keys(parts) : positions;
  for (const name of chosen) {
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined) throw new UsageError(`there is no part ${name}: ${Object.keys(parts).join(', ')}`);
    await part();
  }
}

interface Values {
  runs: number;
  /** The first run, to do them in parts. */
  from: number;
  homes: number;
  days: number;
  seed: number;
  largest: number;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

function named({ from, homes, runs, seed }: Values): void {
  say(`\n${runs} outbreaks among ${homes} homes`);
  say(
    'seed  kind    users  infects  incubation  mailed before  days  mailed in all  warned   alike  backend, wrong ones',
  );
  const before: number[] = [];
  const known: number[] = [];
  let [missed, mailed, warned, wrong, heads] = [0, 0, 0, 0, 0];
  for (let at = from; at < runs; at++) {
    const one = runOutbreak(seed + at, homes, sizeOf(at, runs));
    const { plan } = one;
    if (one.mailedBefore === null) missed++;
    before.push(one.mailedBefore ?? Number.POSITIVE_INFINITY);
    known.push(one.known ?? Number.POSITIVE_INFINITY);
    mailed += one.mailed;
    warned += one.warned;
    wrong += one.wrong.length;
    heads += Number(one.isHead);
    say(
      [
        ...[String(seed + at).padEnd(5), plan.kind.padEnd(7), String(plan.exposed).padStart(5)],
        ...[plan.infects.toFixed(2).padStart(7), `${plan.incubation.toFixed(1)} days`.padStart(11)],
        ...[String(one.mailedBefore ?? 'never').padStart(13), String(one.days ?? '-').padStart(5)],
        ...[String(one.mailed).padStart(13), percent(one.warned, one.mailed).padStart(8)],
        ...[String(one.alike).padStart(6), ` ${[plan.backend.name, ...one.wrong].join(' ')}`],
      ].join(' '),
    );
  }
  say(`median of homes that had mailed when it was named: ${median(before)} (aim: at most 8); never named: ${missed}`);
  say(`of those the fleet knew by their sensors, in the median: ${median(known)}`);
  say(`homes warned before their first mail: ${percent(warned, mailed)}; wrongly named: ${wrong}`);
  say(`the bad backend itself, and not one that cannot be told from it: ${heads} of ${before.length - missed}`);
}

function quiet({ days, from, homes, runs, seed }: Values): void {
  say(`\n${runs} quiet fleets of ${homes} homes for ${days} days, with traps`);
  let [wrong, mailed] = [0, 0];
  for (let at = from; at < runs; at++) {
    const one = runQuiet(seed + at, homes, days);
    wrong += one.wrong.length;
    mailed += one.mailed;
    for (const { backend, homesExposed, homesMailed, lift } of one.wrong)
      say(`  seed ${seed + at}: ${backend}, ${homesMailed} of ${homesExposed} homes, lift ${lift.value.toFixed(1)}`);
  }
  const years = ((runs - from) * days) / 365;
  say(
    `homes that began to mail innocently: ${mailed}; wrongly named: ${wrong} in ${years.toFixed(1)} years of a fleet`,
  );
  say(`that is ${(wrong / years).toFixed(2)} a year (aim: 0)`);
}

const USERS = [10, 30, 100, 300, 1000, 3000];
const LIARS = [4, 5, 8, 12, 20, 40, 80, 100, 150, 200];

/** The fewest of `LIARS` that name an innocent backend, by its honest users. */
function liars({ homes, seed }: Values): void {
  say(`\nliars against an innocent backend, among ${homes} homes: together, patiently; fewest that have it named`);
  say('honest users   liars   share of all homes   warned for nothing');
  for (const users of USERS) {
    // More liars reach no less: the fewest are found by halving.
    let [low, high] = [0, LIARS.length];
    let fewest = null;
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = runLiars(seed, homes, users, LIARS[middle] ?? 0, 'patient');
      if (one.isNamed) [high, fewest] = [middle, one];
      else low = middle + 1;
    }
    if (fewest === null) say(`${String(users).padStart(12)}    more than ${LIARS.at(-1)}`);
    else
      say(
        [
          ...[String(fewest.users).padStart(12), String(fewest.liars).padStart(7)],
          ...[percent(fewest.liars, homes).padStart(20), String(fewest.harmed).padStart(20)],
        ].join(' '),
      );
  }
  const hundredth = Math.round(homes / 100);
  say(`\n${hundredth} liars (1 %) in other manners; named?`);
  say('honest users   patient   all on one day   no use told before');
  for (const users of USERS) {
    const [patient, flood, rash] = (['patient', 'flood', 'rash'] as const).map((manner) =>
      runLiars(seed, homes, users, hundredth, manner),
    );
    const cell = (one: { isNamed: boolean } | undefined): string => (one?.isNamed ? 'yes' : 'no').padStart(14);
    say(`${String(patient?.users ?? users).padStart(12)}${cell(patient)}${cell(flood)}${cell(rash)}`);
  }
  for (const share of [0.01, 0.05]) {
    const each = runQuiet(seed, homes, 200, Math.round(homes * share));
    say(`each for itself, ${percent(share, 1)} of the homes: ${each.wrong.length} innocent backends named`);
  }
}

async function growth({ largest, seed }: Values): Promise<void> {
  const sizes = [1000, 10_000, 100_000].filter((homes) => homes <= largest);
  say('\nwhat it costs in PostgreSQL on this machine, by the number of homes');
  say('  homes   count one home   a round after 50 mails   all in question judged   pairs that could be named');
  const rounds: number[] = [];
  for (const homes of sizes) {
    const cost = await costOf(homes, seed);
    rounds.push(cost.round);
    say(
      [
        ...[String(homes).padStart(7), `${cost.each.toFixed(2)} ms`.padStart(15)],
        ...[`${cost.round.toFixed(0)} ms`.padStart(23), `${cost.named.toFixed(0)} ms`.padStart(24)],
        String(cost.tests).padStart(23),
      ].join(' '),
    );
  }
  const [first, last] = [rounds[0] ?? 1, rounds.at(-1) ?? 1];
  const exponent = Math.log(last / first) / Math.log((sizes.at(-1) ?? 1) / (sizes[0] ?? 1));
  say(`a round grows with the number of homes to the power of ${exponent.toFixed(2)} (aim: at most 1)`);
}

async function costOf(
  homes: number,
  seed: number,
): Promise<{ each: number; round: number; named: number; tests: number }> {
  // The server's process does not keep this one alive while its end is waited for.
  const alive = setInterval(() => {}, 1000);
  const server = await PostgresServer.start();
  const db = await openDatabase(await server.makeDatabase('fleet'));
  try {
    await migrate(db);
    const world = await fillStore(db, homes, seed);
    // As they came: use was heard of long before.
    const counted = await countAll(db, world.homes, world.today + 1);
    await countAll(db, world.homes, world.today + AGE);
    const today = world.today + AGE + 1;
    await outbreakRound(db, new Date(today * DAY));
    // As autovacuum would, after so many rows at once: dead ones in the queue are read by every round until then.
    await db.query('VACUUM ANALYZE');
    const { backend } = backendWithUsers(world, 150);
    const users = [...usersOf(world.homes, backend.name, world.today).keys()];
    const mailOf = async (some: typeof users): Promise<number> => {
      await storeMail(db, some, backend.name, today);
      const changes = some.map(
        ({ name }): TallyChange => ({
          home: name,
          kind: 'coverage',
          day: dayText(today),
          vantage: 'lan-both-ways',
          hoursSeen: 24,
        }),
      );
      const begun = performance.now();
      await db.transaction((tx) => tally(tx, changes, new Date(today * DAY)));
      await outbreakRound(db, new Date(today * DAY));
      return performance.now() - begun;
    };
    const round = await mailOf(users.slice(0, 50));
    // Now it is open: every backend that is in question is laid beside it in each round.
    const begun = performance.now();
    await outbreakRound(db, new Date(today * DAY + 5000));
    const named = performance.now() - begun;
    const { rows } = await db.query<{ tests: number }>(
      "SELECT count(*)::integer AS tests FROM outbreak_counters WHERE exposed >= 5 AND backend <> ''",
    );
    return { each: counted / homes, round, named, tests: rows[0]?.tests ?? 0 };
  } finally {
    await db.close();
    await server.remove();
    clearInterval(alive);
  }
}
