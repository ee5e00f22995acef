// The store counts as the simulator does: real records of two thousand simulated homes, through the collector's own storing into a real
// PostgreSQL, shuffled, split and delivered twice, give the same sums and the same outbreaks as the counts in memory.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Counters } from '../../../sensor/fleet/outbreak/counters.ts';
import { DAY, dayNumber } from '../../../sensor/fleet/outbreak/home-facts.ts';
import { outbreakRound } from '../../../sensor/fleet/outbreak/outbreaks.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { removeHomes } from '../../../sensor/fleet/store/leaving.ts';
import { type Arrival, storeBatch } from '../../../sensor/fleet/store/storing.ts';
import { compromise } from '../simulator/compromise.ts';
import { Dice } from '../simulator/dice.ts';
import type { SimulatedHome } from '../simulator/home.ts';
import { recordsOf } from '../simulator/records.ts';
import { World } from '../simulator/world.ts';
import { PostgresServer } from '../support/postgres-server.ts';

const HOMES = 2000;
const DAYS = 25;
/** By then all homes have settled. */
const TURNS_BAD = 17;
const LIMITS = { records: 10_000, octets: 100_000_000, exposures: 100_000 };

describe('the count across homes in PostgreSQL', () => {
  let server: PostgresServer;
  let db: FleetDatabase;

  beforeAll(async () => {
    server = await PostgresServer.start();
    db = await openDatabase(await server.makeDatabase('fleet'));
    await migrate(db);
  });

  afterAll(async () => {
    await db.close();
    await server.remove();
  });

  it('is the one in memory, in whatever order and however often records come', { timeout: 1_800_000 }, async () => {
    const world = new World({ seed: 7, homes: HOMES, joining: 2, isThorough: true });
    const courier = new Courier(db, world, new Dice(99));
    for (let day = 0; day < DAYS; day++) {
      if (day === TURNS_BAD) compromise(world, new Dice(5), 60);
      world.step();
      await courier.deliver();
      world.counting.judgeAll(world.today);
    }
    expect(world.mailed.some(({ why }) => why === 'bad')).toBe(true);
    expect(await storedCounters(db)).toEqual(told(world.counting.counters.values()));
    const named = [...world.counting.outbreaks.values()];
    expect(named.length).toBeGreaterThan(0);
    const { rows } = await db.query(
      'SELECT id, backend, state, homes_mailed, homes_exposed, alike FROM outbreaks ORDER BY id',
    );
    expect(rows).toEqual(
      named
        .map(({ alike, backend, homesExposed, homesMailed, id, state }) => ({
          ...{ id, backend, state, homes_mailed: homesMailed, homes_exposed: homesExposed, alike },
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
});

/** Takes a day's records of all homes to the store, as badly as may be. */
class Courier {
  readonly #db: FleetDatabase;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #told = new Map<SimulatedHome, number>();
  readonly #enrolled = new Set<SimulatedHome>();
  readonly #left = new Set<SimulatedHome>();

  constructor(db: FleetDatabase, world: World, dice: Dice) {
    this.#db = db;
    this.#world = world;
    this.#dice = dice;
  }

  async deliver(): Promise<void> {
    const { homes, today } = this.#world;
    const at = new Date((today + 1) * DAY - 1000);
    await this.#comeAndGo(at);
    const arrivals = homes
      .filter((home) => home.isReporting(today))
      .flatMap((home) =>
        recordsOf(home, today, this.#told).map((record): Arrival => ({ home: home.name, record, at, octets: 500 })),
      );
    const again = this.#dice.sample(arrivals, Math.floor(arrivals.length / 20));
    const shuffled = this.#dice.sample([...arrivals, ...again], arrivals.length + again.length);
    for (let from = 0; from < shuffled.length; ) {
      const size = 200 + this.#dice.below(1500);
      await storeBatch(this.#db, shuffled.slice(from, from + size), LIMITS);
      from += size;
    }
    await outbreakRound(this.#db, at);
  }

  async #comeAndGo(at: Date): Promise<void> {
    const { homes, today } = this.#world;
    const come = homes.filter((home) => home.enrolledOn <= today && !this.#enrolled.has(home));
    for (const home of come) this.#enrolled.add(home);
    await this.#db.query(
      "INSERT INTO homes (home, label, credential, enrolled_at) SELECT home, NULL, 'U' || home, day FROM unnest($1::text[], $2::timestamptz[]) AS t (home, day)",
      [come.map(({ name }) => name), come.map(({ enrolledOn }) => new Date(enrolledOn * DAY))],
    );
    const gone = homes.filter((home) => home.leftOn <= today && this.#enrolled.has(home) && !this.#left.has(home));
    for (const home of gone) this.#left.add(home);
    await this.#db.transaction((tx) =>
      removeHomes(
        tx,
        gone.map(({ name }) => name),
        'withdrawn',
      ),
    );
    expect(at.getTime()).toBeGreaterThan(today * DAY);
  }
}

const NUMBERS = ['after', 'weak', 'young', 'before', 'incubation'] as const;

/** As lines that can be compared; what is nothing is left out. */
function told(all: Iterable<Omit<Counters, 'role'>>): string[] {
  return [...all]
    .flatMap(({ backend, days, exposed, group, healthy, long }) => {
      const dated = [...days]
        .filter(([, sums]) => NUMBERS.some((name) => sums[name] !== 0))
        .sort(([a], [b]) => a - b)
        .map(([day, sums]) => `${day}: ${NUMBERS.map((name) => sums[name]).join(' ')}`);
      return exposed === 0 && dated.length === 0
        ? []
        : [`${backend} | ${group} | ${exposed} ${healthy} ${long} | ${dated.join(', ')}`];
    })
    .sort();
}

async function storedCounters(db: FleetDatabase): Promise<string[]> {
  const all = new Map<string, Omit<Counters, 'role'>>();
  const counters = await db.query<{ backend: string; grp: string; exposed: number; healthy: number; long: number }>(
    'SELECT * FROM outbreak_counters',
  );
  for (const { backend, exposed, grp, healthy, long } of counters.rows)
    all.set(`${backend}\n${grp}`, { ...{ backend, group: grp, exposed, healthy, long, since: 0 }, days: new Map() });
  const days = await db.query<{ backend: string; grp: string; day: string } & Record<(typeof NUMBERS)[number], number>>(
    'SELECT * FROM outbreak_days',
  );
  for (const { backend, day, grp, ...sums } of days.rows) all.get(`${backend}\n${grp}`)?.days.set(dayNumber(day), sums);
  return told(all.values());
}
