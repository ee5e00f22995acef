// A store full of simulated homes, written straight into its tables: to see what counting and judging cost with so many of them.
import { DAY, dayText } from '../../../sensor/fleet/outbreak/home-facts.ts';
import { recount } from '../../../sensor/fleet/outbreak/tally.ts';
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';
import { hash } from '../support/records.ts';
import type { SimulatedHome } from './home.ts';
import { World } from './world.ts';

const AT_ONCE = 1000;
/** Days since all of them joined: they have settled. */
export const AGE = 16;

/** @returns the world on the day after its homes joined; the store is `AGE` days further */
export async function fillStore(db: FleetDatabase, homes: number, seed: number): Promise<World> {
  const world = new World({ seed, homes, joining: 1 });
  world.step();
  for (let from = 0; from < homes; from += AT_ONCE)
    await write(db, world.homes.slice(from, from + AT_ONCE), world.today);
  await db.query('ANALYZE');
  return world;
}

async function write(db: FleetDatabase, homes: readonly SimulatedHome[], day: number): Promise<void> {
  const [first, last] = [dayText(day), dayText(day + AGE)];
  await db.query(
    "INSERT INTO homes (home, label, credential, enrolled_at) SELECT home, NULL, 'U' || home, $2 FROM unnest($1::text[]) AS home",
    [homes.map(({ name }) => name), new Date(day * DAY)],
  );
  const families = homes.flatMap(({ families, name }) => [...families.keys()].map((family) => ({ name, family })));
  await db.query(
    `INSERT INTO families (home, family, class, first_day, last_day, devices)
      SELECT home, family, 'thing', $3, $4, 1 FROM unnest($1::text[], $2::text[]) AS t (home, family)`,
    [families.map(({ name }) => name), families.map(({ family }) => family), first, last],
  );
  const uses = homes.flatMap(({ exposures, name }) => exposures.map((one) => ({ ...one, name })));
  await db.query(
    `INSERT INTO exposure (home, family, backend, role, first_day, last_day, devices)
      SELECT home, family, backend, role, $5, $6, 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
        AS t (home, family, backend, role)`,
    [
      ...[uses.map(({ name }) => name), uses.map(({ family }) => family), uses.map(({ backend }) => backend)],
      ...[uses.map(({ role }) => role), first, last],
    ],
  );
  await db.query(
    `INSERT INTO coverage (home, day, vantage, hours_seen, loss_percent, revision)
      SELECT home, $2::date + n, 'lan-both-ways', 24, 0, 1 FROM unnest($1::text[]) AS home, generate_series(1, $3::integer) AS n`,
    [homes.filter(({ sight }) => sight > 0).map(({ name }) => name), first, AGE],
  );
}

/** Counts all homes as they are on a day. @returns milliseconds */
export async function countAll(db: FleetDatabase, homes: readonly SimulatedHome[], today: number): Promise<number> {
  const begun = performance.now();
  for (let from = 0; from < homes.length; from += 200) {
    const names = homes.slice(from, from + 200).map(({ name }) => name);
    await db.transaction((tx) => recount(tx, names, today));
  }
  return performance.now() - begun;
}

/** Homes that use a backend begin to mail. */
export async function storeMail(
  db: FleetDatabase,
  homes: readonly SimulatedHome[],
  backend: string,
  today: number,
): Promise<void> {
  const rows = homes.map((home) => ({
    home: home.name,
    family: home.exposures.find((one) => one.backend === backend)?.family ?? '?',
  }));
  await db.query(
    `INSERT INTO incidents (home, incident, kind, severity, family, class, device, started_at, last_at, before, revision)
      SELECT home, $3, 'mail_started', 'high', family, 'thing', $3, $4, $4, '[]', 1
      FROM unnest($1::text[], $2::text[]) AS t (home, family)`,
    [rows.map(({ home }) => home), rows.map(({ family }) => family), hash(1), new Date(today * DAY + DAY / 2)],
  );
}
