// Storing a batch: each record once, whatever is delivered how often and in which order; newer over older; homes that may not.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { type FleetDatabase, migrate, migrations, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { INTAKE_LIMITS } from '../../../sensor/fleet/store/intake.ts';
import { isoDay, keptDays } from '../../../sensor/fleet/store/retention.ts';
import { type Arrival, storeBatch } from '../../../sensor/fleet/store/storing.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { coverageRecord, enrol, homeId, incidentRecord, usageRecord, withdrawalRecord } from '../support/records.ts';

const NOW = Date.now();
const day = (ago: number): string => isoDay(new Date(NOW - ago * 86_400_000));
const TABLES = ['records', 'coverage', 'incidents', 'exposure', 'families'];

let server: PostgresServer;
let db: FleetDatabase;
let next = 1;

/** A home that nobody has used yet. */
async function freshHome(): Promise<string> {
  const home = homeId(next++);
  await enrol(db, [home]);
  return home;
}

const arrival = (home: string, record: FleetRecord, at = new Date(NOW)): Arrival => ({
  ...{ home, record, at },
  octets: JSON.stringify(record).length,
});

async function store(home: string, ...records: FleetRecord[]): Promise<string[]> {
  return (
    await storeBatch(
      db,
      records.map((record) => arrival(home, record)),
      INTAKE_LIMITS,
    )
  ).fates;
}

async function rows(table: string, home: string): Promise<Record<string, unknown>[]> {
  return (await db.query<Record<string, unknown>>(`SELECT * FROM ${table} WHERE home = $1 ORDER BY 1, 2, 3`, [home]))
    .rows;
}

/** All that is stored of a home, without its name and without when it came. */
async function storedOf(home: string): Promise<unknown> {
  const all = await Promise.all(TABLES.map((table) => rows(table, home)));
  const versions = await db.query('SELECT version, version_day, good_days::text FROM homes WHERE home = $1', [home]);
  const without = all.map((one) => one.map(({ home: _, received_at: __, ...rest }) => JSON.stringify(rest)).sort());
  return [...without, versions.rows];
}

beforeAll(async () => {
  server = await PostgresServer.start();
  db = await openDatabase(await server.makeDatabase('fleet'));
  await migrate(db);
});

afterAll(async () => {
  await db?.close();
  await server?.remove();
});

describe('a batch', () => {
  it('becomes the rows that desk and outbreaks read', async () => {
    const home = await freshHome();
    const records = [
      coverageRecord(day(1), { hoursSeen: 22.5 }),
      usageRecord(day(2), ['updates.example', 'store.example']),
      usageRecord(day(1), ['updates.example'], { devices: 2 }),
      incidentRecord(1, `${day(1)}T10:42Z`),
    ];
    expect(await store(home, ...records)).toEqual(['stored', 'stored', 'stored', 'stored']);
    expect(await rows('coverage', home)).toMatchObject([{ day: day(1), vantage: 'lan-both-ways', hours_seen: 22.5 }]);
    expect(await rows('exposure', home)).toMatchObject([
      { family: 'hikvision-camera', backend: 'store.example', first_day: day(2), last_day: day(2) },
      { family: 'hikvision-camera', backend: 'updates.example', first_day: day(2), last_day: day(1), devices: 1 },
    ]);
    expect(await rows('families', home)).toMatchObject([
      { class: 'thing', first_day: day(2), last_day: day(1), devices: 2 },
    ]);
    expect(await rows('incidents', home)).toMatchObject([
      { kind: 'mail_started', severity: 'high', family: 'hikvision-camera', attempts: 3, messages: 1 },
    ]);
    const [known] = (
      await db.query<{ version: string; last_seen: Date }>('SELECT * FROM homes WHERE home = $1', [home])
    ).rows;
    expect(known).toMatchObject({ version: '0.2.0', last_seen: new Date(NOW) });
  });

  it('lets a greater revision take the place of a smaller one, and nothing else', async () => {
    const home = await freshHome();
    const told = (severity: 'low' | 'high' | 'critical', revision: number): FleetRecord =>
      incidentRecord(1, `${day(1)}T10:42Z`, { severity, revision });
    expect(await store(home, told('high', 2))).toEqual(['stored']);
    expect(await store(home, told('low', 1))).toEqual(['known']);
    expect(await store(home, told('low', 2))).toEqual(['known']);
    expect(await rows('incidents', home)).toMatchObject([{ severity: 'high' }]);
    expect(await store(home, told('critical', 3))).toEqual(['stored']);
    expect(await rows('incidents', home)).toMatchObject([{ severity: 'critical', revision: '3' }]);
    expect(await rows('records', home)).toHaveLength(1);
  });

  it('says of each record what became of it', async () => {
    const [active, revoked, left] = [await freshHome(), await freshHome(), await freshHome()];
    await db.query("UPDATE homes SET state = 'revoked' WHERE home = $1", [revoked]);
    await db.query("UPDATE homes SET state = 'withdrawn' WHERE home = $1", [left]);
    const homes = [homeId(999_999), active, revoked, left, active];
    const { fates } = await storeBatch(
      db,
      homes.map((home) => arrival(home, coverageRecord(day(1)))),
      INTAKE_LIMITS,
    );
    expect(fates).toEqual(['unknown', 'stored', 'revoked', 'left', 'known']);
  });
});

describe('what is delivered twice, late, or in another order', () => {
  const records = fc.uniqueArray(
    fc.oneof(
      fc
        .record({ ago: fc.nat(40), hours: fc.nat(24), revision: fc.nat(3) })
        .map(({ ago, hours, revision }) =>
          coverageRecord(day(ago), { hoursSeen: hours, version: `0.${hours}.0`, revision }),
        ),
      fc
        .record({
          ago: fc.nat(6),
          revision: fc.nat(3),
          devices: fc.nat(5),
          family: fc.constantFrom('a', 'b', null),
          class: fc.constantFrom('thing' as const, 'general-purpose' as const),
          backends: fc.uniqueArray(
            fc.record({
              backend: fc.constantFrom('a.example', 'b.example', 'c.example'),
              role: fc.constantFrom('update' as const, 'store' as const, 'unknown' as const),
              devices: fc.nat(5),
            }),
            { selector: ({ backend }) => backend, maxLength: 3 },
          ),
        })
        .map(({ ago, ...more }) => usageRecord(day(ago), [], more)),
      fc
        .record({ n: fc.nat(3), ago: fc.nat(40), attempts: fc.nat(9), revision: fc.nat(3) })
        .map(({ ago, attempts, n, revision }) =>
          incidentRecord(n, `${day(ago)}T10:00Z`, {
            mail: { attempts, connected: 0, refused: 0, unanswered: 0, messages: 0 },
            revision,
          }),
        ),
    ),
    // One revision of a record says one thing.
    { selector: ({ id, revision }) => `${id} ${revision}`, minLength: 1, maxLength: 24 },
  );

  it('leaves the same behind', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.infiniteStream(fc.nat()), async (given, chance) => {
        const pick = (below: number): number => Number(chance.next().value) % below;
        const [plain, shuffled] = [await freshHome(), await freshHome()];
        for (const record of given) await store(plain, record);
        const twice = [...given, ...given.filter(() => pick(2) === 0)];
        for (let at = twice.length - 1; at > 0; at--) {
          const other = pick(at + 1);
          const [a, b] = [twice[at], twice[other]];
          if (a !== undefined && b !== undefined) [twice[at], twice[other]] = [b, a];
        }
        while (twice.length > 0) await store(shuffled, ...twice.splice(0, 1 + pick(6)));
        expect(await storedOf(shuffled)).toEqual(await storedOf(plain));
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('is stored once by two who store it at the same time', async () => {
    const homes = [await freshHome(), await freshHome(), await freshHome()];
    const batch = homes.flatMap((home) =>
      Array.from({ length: 30 }, (_, n) => arrival(home, incidentRecord(n, `${day(1)}T10:00Z`))),
    );
    const outcomes = await Promise.all([batch, [...batch].reverse()].map((one) => storeBatch(db, one, INTAKE_LIMITS)));
    const fates = outcomes.flatMap((outcome) => outcome.fates);
    expect(fates.filter((fate) => fate === 'stored')).toHaveLength(90);
    expect(fates.filter((fate) => fate === 'known')).toHaveLength(90);
  });
});

describe('what a home takes back', () => {
  it('is there no more, and what others of its records tell is', async () => {
    const home = await freshHome();
    await store(
      home,
      usageRecord(day(3), ['a.example', 'b.example']),
      usageRecord(day(2), ['a.example', 'c.example'], { devices: 2 }),
      usageRecord(day(2), ['d.example'], { family: 'shelly-plug', vendor: 'Shelly' }),
      incidentRecord(1, `${day(2)}T10:00Z`),
    );
    const counted = async (): Promise<string[]> => {
      const text = 'SELECT DISTINCT backend FROM outbreak_cells WHERE home = $1 ORDER BY 1';
      return (await db.query<{ backend: string }>(text, [home])).rows.map(({ backend }) => backend);
    };
    const uses = ['a.example', 'b.example', 'c.example'];
    expect(await counted()).toEqual(expect.arrayContaining([...uses, 'd.example', 'updates.example']));
    const nothing = { device: null, mail: null, before: [], severity: 'info' as const, revision: 2 };
    const fates = await store(
      home,
      usageRecord(day(2), ['c.example'], { devices: 1, revision: 2 }),
      usageRecord(day(2), [], { family: 'shelly-plug', vendor: 'Shelly', devices: 0, revision: 2 }),
      incidentRecord(1, `${day(2)}T10:00Z`, nothing),
    );
    expect(fates).toEqual(['stored', 'stored', 'stored']);
    expect(await rows('exposure', home)).toMatchObject([
      { backend: 'a.example', first_day: day(3), last_day: day(3) },
      { backend: 'b.example', first_day: day(3), last_day: day(3) },
      { backend: 'c.example', first_day: day(2), last_day: day(2) },
    ]);
    expect(await rows('families', home)).toMatchObject([
      { family: 'hikvision-camera', first_day: day(3), last_day: day(2), devices: 1 },
    ]);
    expect(await rows('incidents', home)).toMatchObject([{ severity: 'info', family: null, device: null, before: [] }]);
    expect((await counted()).filter((name) => name !== '')).toEqual(uses);
  });
});

describe('whether a home is seen well', () => {
  const goodDays = async (home: string): Promise<string | undefined> =>
    (await db.query<{ days: string }>('SELECT good_days::text AS days FROM homes WHERE home = $1', [home])).rows[0]
      ?.days;

  it('is kept beside it by the last days, as they are told anew and taken back', async () => {
    const home = await freshHome();
    await store(
      home,
      ...[20, 12, 3, 1].map((ago) => coverageRecord(day(ago), { hoursSeen: 12 })),
      coverageRecord(day(2), { hoursSeen: 11.9 }),
      coverageRecord(day(4), { vantage: 'wan-side' }),
      coverageRecord(day(5), { vantage: 'lan-one-way' }),
    );
    expect(await goodDays(home)).toBe(`{${[12, 5, 3, 1].map(day).join(',')}}`);
    await store(
      home,
      coverageRecord(day(5), { vantage: 'nothing', revision: 2 }),
      coverageRecord(day(2), { revision: 2 }),
      coverageRecord(day(1), { hoursSeen: 3, revision: 0 }),
    );
    expect(await goodDays(home)).toBe(`{${[12, 3, 2, 1].map(day).join(',')}}`);
    await store(home, ...[12, 3, 2, 1].map((ago) => coverageRecord(day(ago), { hoursSeen: 0, revision: 3 })));
    expect(await goodDays(home)).toBe('{}');
    const later = new Date(NOW + 86_400_000);
    await store(home, coverageRecord(day(12), { revision: 4 }), coverageRecord(day(9), { revision: 4 }));
    await storeBatch(db, [arrival(home, coverageRecord(day(0)), later)], INTAKE_LIMITS);
    expect(await goodDays(home)).toBe(`{${[9, 0].map(day).join(',')}}`);
    await storeBatch(db, [arrival(home, withdrawalRecord())], INTAKE_LIMITS);
    expect(await goodDays(home)).toBe('{}');
  });

  it('is worked out from what is stored when the column comes', async () => {
    const old = await openDatabase(await server.makeDatabase('sight'));
    try {
      const number = migrations().findIndex(({ name }) => name === 'sight');
      await migrate(old, migrations().slice(0, number));
      const homes = [homeId(1), homeId(2)];
      await enrol(old, homes);
      await old.query(
        `INSERT INTO coverage (home, day, vantage, hours_seen, revision)
          SELECT $1, day::date, vantage, hours, 1 FROM unnest($2::text[], $3::text[], $4::real[]) AS t (day, vantage, hours)`,
        [
          homes[0],
          [day(1), day(2), day(3), day(13)],
          ['lan-both-ways', 'wan-side', 'lan-one-way', 'lan-both-ways'],
          [24, 24, 12, 24],
        ],
      );
      await migrate(old);
      const { rows: told } = await old.query('SELECT good_days::text AS days FROM homes ORDER BY home');
      expect(told).toEqual([{ days: `{${day(3)},${day(1)}}` }, { days: '{}' }]);
    } finally {
      await old.close();
    }
  });
});

describe('a home that leaves', () => {
  it('takes all of its rows with it, and what is delivered later finds nobody', async () => {
    const [home, other] = [await freshHome(), await freshHome()];
    const records = [coverageRecord(day(1)), usageRecord(day(1), ['a.example']), incidentRecord(1, `${day(1)}T10:00Z`)];
    await store(home, ...records);
    await store(other, ...records);
    const before = await storedOf(other);
    const late = coverageRecord(day(3));
    const { fates, withdrawn } = await storeBatch(
      db,
      [late, withdrawalRecord(), coverageRecord(day(2))].map((record) => arrival(home, record)),
      INTAKE_LIMITS,
    );
    expect(fates).toEqual(['left', 'stored', 'left']);
    expect(withdrawn).toEqual([home]);
    expect(await store(home, ...records, late)).toEqual(['left', 'left', 'left', 'left']);
    for (const table of [...TABLES, 'intake']) expect(await rows(table, home)).toEqual([]);
    expect((await db.query('SELECT * FROM homes WHERE home = $1', [home])).rows).toMatchObject([
      { state: 'withdrawn', label: null, last_seen: null, version: null },
    ]);
    expect(await storedOf(other)).toEqual(before);
    await expect(db.query("UPDATE homes SET state = 'active' WHERE home = $1", [home])).rejects.toThrow('withdrawn');
  });
});

describe('a home that sends too much', () => {
  const limits = { records: 5, octets: 100_000, exposures: 40 };
  const many = (count: number, from = 0): FleetRecord[] =>
    Array.from({ length: count }, (_, n) => incidentRecord(from + n, `${day(1)}T10:00Z`));

  it('is refused the rest of its day, the same however it is delivered, and nobody else is', async () => {
    const [flooding, quiet] = [await freshHome(), await freshHome()];
    const batch = [...many(8).map((one) => arrival(flooding, one)), arrival(quiet, coverageRecord(day(1)))];
    const { fates } = await storeBatch(db, batch, limits);
    expect(fates).toEqual([...Array(5).fill('stored'), ...Array(3).fill('refused'), 'stored']);
    expect((await storeBatch(db, [arrival(flooding, coverageRecord(day(1)))], limits)).fates).toEqual(['refused']);
    const tomorrow = new Date(NOW + 86_400_000);
    expect((await storeBatch(db, [arrival(flooding, coverageRecord(day(1)), tomorrow)], limits)).fates).toEqual([
      'stored',
    ]);
    expect(await rows('intake', flooding)).toMatchObject([
      { day: day(0), records: 5, refused: 4 },
      { day: day(-1), records: 1, refused: 0 },
    ]);
  });

  it('is bounded in octets and in backends as well', async () => {
    const wordy = await freshHome();
    const long = usageRecord(
      day(1),
      Array.from({ length: 100 }, (_, n) => `host-${n}.example`),
    );
    expect((await storeBatch(db, [arrival(wordy, long)], limits)).fates).toEqual(['stored']);
    expect((await storeBatch(db, [arrival(wordy, coverageRecord(day(1)))], limits)).fates).toEqual(['refused']);
    const heavy = await freshHome();
    const octets = { ...arrival(heavy, coverageRecord(day(1))), octets: 60_000 };
    const second = { ...arrival(heavy, coverageRecord(day(2))), octets: 60_000 };
    expect((await storeBatch(db, [octets, second], limits)).fates).toEqual(['stored', 'refused']);
  });
});

describe('what is kept', () => {
  it('lies in months that are made ahead and dropped when they are too old', async () => {
    const partitions = async (): Promise<string[]> => {
      const found = await db.query<{ name: string }>(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'records'::regclass ORDER BY 1",
      );
      return found.rows.map(({ name }) => name);
    };
    const before = await partitions();
    expect(before).toHaveLength(16);
    const home = await freshHome();
    const { from } = keptDays(NOW);
    await store(home, coverageRecord(from), coverageRecord(day(0)), usageRecord(from, ['a.example']));
    await db.query('SELECT fleet_maintain(3, 6)');
    expect(await partitions()).toEqual([...before.slice(7), expect.stringMatching(/^records_\d{4}_\d\d$/)]);
    expect(await rows('records', home)).toHaveLength(1);
    expect(await rows('coverage', home)).toMatchObject([{ day: day(0) }]);
    expect(await rows('exposure', home)).toEqual([]);
    await db.query('SELECT fleet_maintain(2, 13)');
    expect(await store(home, coverageRecord(from))).toEqual(['stored']);
  });
});

describe('rights', () => {
  it('let a collector store, and neither enrol nor drop; let the desk read', async () => {
    await db.query("CREATE ROLE one_collector LOGIN PASSWORD 'c' IN ROLE fleet_collector");
    await db.query("CREATE ROLE one_desk LOGIN PASSWORD 'd' IN ROLE fleet_desk");
    const home = await freshHome();
    const collector = await openDatabase(server.url('fleet', 'one_collector', 'c'));
    const desk = await openDatabase(server.url('fleet', 'one_desk', 'd'));
    try {
      const batch = [coverageRecord(day(1)), usageRecord(day(1), ['a.example']), incidentRecord(1, `${day(1)}T10:00Z`)];
      const arrivals = batch.map((record) => arrival(home, record));
      expect((await storeBatch(collector, arrivals, INTAKE_LIMITS)).fates).toEqual(['stored', 'stored', 'stored']);
      await collector.query('SELECT fleet_maintain(2, 13)');
      const withdrawal = [arrival(home, withdrawalRecord())];
      const forbidden = [
        "INSERT INTO homes (home, credential, enrolled_at) VALUES ('h', 'U', now())",
        "UPDATE homes SET credential = 'U'",
        'DELETE FROM homes',
        'DELETE FROM migrations',
        'DROP TABLE records',
        'TRUNCATE records',
        'CREATE TABLE mine (n integer)',
      ];
      for (const text of forbidden) await expect(collector.query(text), text).rejects.toThrow(/permission|owner/);
      expect((await desk.query('SELECT * FROM records WHERE home = $1', [home])).rows).toHaveLength(3);
      for (const text of [...forbidden, 'DELETE FROM records', 'SELECT fleet_maintain(2, 13)'])
        await expect(desk.query(text), text).rejects.toThrow(/permission|owner/);
      expect((await storeBatch(collector, withdrawal, INTAKE_LIMITS)).withdrawn).toEqual([home]);
    } finally {
      await collector.close();
      await desk.close();
    }
  });
});
