// The sums of incidents over time that are kept as records are stored: they say what the incidents that are there say, however often and in
// which order records came, whoever stored them at the same time, and whoever left.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { outbreakRound } from '../../../sensor/fleet/outbreak/outbreaks.ts';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { type FleetDatabase, migrate, migrations, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { foldIncidents, tidyIncidents } from '../../../sensor/fleet/store/incident-sums.ts';
import { INTAKE_LIMITS } from '../../../sensor/fleet/store/intake.ts';
import { isoDay } from '../../../sensor/fleet/store/retention.ts';
import { type Arrival, storeBatch } from '../../../sensor/fleet/store/storing.ts';
import { keptSums } from '../support/incident-sums.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { enrol, homeId, incidentRecord, withdrawalRecord } from '../support/records.ts';

const NOW = Date.now();
const DAY = 86_400_000;
const day = (ago: number): string => isoDay(new Date(NOW - ago * DAY));
const HOMES = [1, 2, 3].map(homeId);

let server: PostgresServer;
let db: FleetDatabase;
let databases = 0;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server?.remove());
afterEach(() => db?.close());

async function freshFleet(upTo = migrations().length): Promise<void> {
  db = await openDatabase(await server.makeDatabase(`sums${databases++}`));
  await migrate(db, migrations().slice(0, upTo));
  await enrol(db, HOMES);
}

const arrival = (home: string, record: FleetRecord): Arrival => ({ home, record, at: new Date(NOW), octets: 500 });
const store = (...arrivals: Arrival[]) => storeBatch(db, arrivals, INTAKE_LIMITS);

interface Told {
  backends?: string[];
  family?: string | null;
  kind?: string;
  revision?: number;
}

function incident(n: number, ago: number, { backends = ['a.example'], kind = 'mail_started', ...more }: Told = {}) {
  const at = `${day(ago)}T10:00Z`;
  const { family = 'sonos', revision = 1 } = more;
  return incidentRecord(n, at, {
    ...{ incidentKind: kind, revision, mail: null },
    device: family === null ? null : { hash: '0'.repeat(16), family, vendor: null, class: 'thing' },
    before: backends.map((backend) => ({ backend, role: 'update', step: 'first_contact', at, bytesDown: null })),
  });
}

interface Row {
  home: string;
  kind: string;
  family: string | null;
  started_at: Date;
  before: { backend: string }[];
}

/** What the incidents that are stored say, counted by other means than the database's. */
async function trueSums(): Promise<string[]> {
  const { rows } = await db.query<Row>('SELECT home, kind, family, started_at, before FROM incidents');
  const cells = new Map<string, { starts: string[]; mail: string[] }>();
  for (const { before, family, home, kind, started_at: at } of rows.filter((row) => row.family !== null)) {
    const names = new Set(['all ', `family ${family}`, ...before.map(({ backend }) => `backend ${backend}`)]);
    const monday = new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY);
    for (const [bucket, start, from] of [
      ['day', isoDay(at), day(40)],
      ['week', isoDay(monday), day(200)],
    ] as const)
      for (const name of names) {
        if (start < from) continue;
        const own = cells.get(`${home}\n${bucket} ${name}`) ?? { starts: [], mail: [] };
        cells.set(`${home}\n${bucket} ${name}`, own);
        own.starts.push(start);
        if (['mail_started', 'submission_started'].includes(kind)) own.mail.push(start);
      }
  }
  const sums = new Map<string, [number, number, number, number]>();
  for (const [key, { mail, starts }] of cells) {
    const [bucket, by, name] = /\n(\S+) (\S+) (.*)$/.exec(key)?.slice(1) ?? [];
    for (const start of new Set(starts)) {
      const line = `${bucket} ${by} ${start} ${name}`;
      const sum = sums.get(line) ?? [0, 0, 0, 0];
      sums.set(line, sum);
      const isLatest = (list: string[]): boolean => start === [...list].sort().at(-1);
      const adds = [true, isLatest(starts), mail.includes(start), isLatest(mail)];
      for (const [at, does] of adds.entries()) if (does) sum[at] = (sum[at] ?? 0) + 1;
    }
  }
  return [...sums].map(([line, counts]) => `${line}: ${counts.join(' ')}`).sort();
}

async function everyRow(): Promise<number> {
  const { rows } = await db.query<{ rows: number }>(
    'SELECT ((SELECT count(*) FROM incident_sums) + (SELECT count(*) FROM incident_deltas))::integer AS rows',
  );
  return rows[0]?.rows ?? -1;
}

const week = (ago: number): string => {
  const at = new Date(NOW - ago * DAY);
  return isoDay(new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY));
};

describe('the sums of incidents', () => {
  it('count a home once in each day and week, and once in the whole time, however many incidents it has', async () => {
    await freshFleet();
    await store(
      ...[1, 2, 3].map((n) => arrival(HOMES[0] ?? '', incident(n, 15))),
      arrival(HOMES[0] ?? '', incident(4, 1, { kind: 'exposed' })),
      arrival(HOMES[1] ?? '', incident(1, 15, { backends: [] })),
      arrival(HOMES[2] ?? '', incident(1, 15, { family: null })),
    );
    expect((await keptSums(db)).filter((line) => line.startsWith('day'))).toEqual(
      [
        `day all ${day(15)} : 2 1 2 2`,
        `day all ${day(1)} : 1 1 0 0`,
        `day backend ${day(15)} a.example: 1 0 1 1`,
        `day backend ${day(1)} a.example: 1 1 0 0`,
        `day family ${day(15)} sonos: 2 1 2 2`,
        `day family ${day(1)} sonos: 1 1 0 0`,
      ].sort(),
    );
    expect(await keptSums(db)).toEqual(await trueSums());
  });

  it('are moved by a later revision, not added to, and not touched by one that is known or older', async () => {
    await freshFleet();
    const [home = ''] = HOMES;
    await store(arrival(home, incident(1, 9, { backends: ['a.example', 'b.example'] })));
    await store(arrival(home, incident(1, 2, { backends: ['b.example'], family: 'tapo', revision: 3 })));
    const moved = await keptSums(db);
    expect(moved).toEqual(
      ['all', 'backend', 'family']
        .flatMap((by) => {
          const name = { all: '', backend: 'b.example', family: 'tapo' }[by];
          return [`day ${by} ${day(2)} ${name}: 1 1 1 1`, `week ${by} ${week(2)} ${name}: 1 1 1 1`];
        })
        .sort(),
    );
    const waiting = await everyRow();
    await store(arrival(home, incident(1, 5, { revision: 2 })), arrival(home, incident(1, 5, { revision: 3 })));
    expect(await everyRow()).toBe(waiting);
    expect(await keptSums(db)).toEqual(moved);
  });

  it('leave nothing behind of what is taken back, nor of a home that leaves', async () => {
    await freshFleet();
    const [first = '', second = ''] = HOMES;
    await store(arrival(first, incident(1, 3)), arrival(second, incident(1, 3, { backends: ['own.example'] })));
    await outbreakRound(db);
    expect(await everyRow()).toBe(8);
    await store(arrival(first, incident(1, 3, { family: null, backends: [], revision: 2 })));
    await outbreakRound(db);
    expect(await everyRow()).toBe(6);
    expect(await keptSums(db)).toEqual(await trueSums());
    await store(arrival(second, withdrawalRecord()));
    await outbreakRound(db);
    expect(await everyRow()).toBe(0);
  });

  it('go back as far as the desk shows, and what is older goes', async () => {
    await freshFleet();
    const [home = ''] = HOMES;
    await store(arrival(home, incident(1, 39)), arrival(home, incident(2, 41)), arrival(home, incident(3, 210)));
    expect(await keptSums(db)).toEqual(await trueSums());
    expect((await keptSums(db)).filter((line) => line.startsWith('day all'))).toEqual([`day all ${day(39)} : 1 1 1 1`]);
    await db.transaction(foldIncidents);
    await tidyIncidents(db, new Date(NOW + 2 * DAY));
    expect((await keptSums(db)).filter((line) => line.startsWith('day'))).toEqual([]);
    expect((await keptSums(db)).length).toBeGreaterThan(0);
    await tidyIncidents(db, new Date(NOW + 210 * DAY));
    expect(await everyRow()).toBe(0);
  });

  it('are the same in whatever order, however often and by however many at once it is delivered', async () => {
    const told = fc.record({
      home: fc.constantFrom(...HOMES),
      n: fc.nat(3),
      ago: fc.constantFrom(0, 1, 7, 8, 20, 100, 300),
      kind: fc.constantFrom('mail_started', 'submission_started', 'exposed'),
      family: fc.constantFrom('sonos', 'tapo', null),
      backends: fc.uniqueArray(fc.constantFrom('a.example', 'b.example', 'c.example'), { maxLength: 3 }),
      revision: fc.nat(3),
    });
    const batches = fc.uniqueArray(told, {
      selector: ({ home, n, revision }) => `${home} ${n} ${revision}`,
      minLength: 1,
      maxLength: 16,
    });
    await freshFleet();
    await fc.assert(
      fc.asyncProperty(batches, fc.shuffledSubarray([...Array(32).keys()], { minLength: 32 }), async (given, order) => {
        await db.query('DELETE FROM records');
        await db.query('DELETE FROM incidents');
        await db.query('DELETE FROM intake');
        await db.query('DELETE FROM incident_deltas');
        await db.query('DELETE FROM incident_sums');
        const twice = order.flatMap((at) => given[at % given.length] ?? []);
        const arrivals = twice.map(({ ago, home, n, ...one }) => arrival(home, incident(n, ago, one)));
        const parts = [arrivals.slice(0, 10), arrivals.slice(10, 20), arrivals.slice(20)];
        await Promise.all([...parts.map((part) => store(...part)), db.transaction(foldIncidents)]);
        await outbreakRound(db);
        expect(await keptSums(db)).toEqual(await trueSums());
        const { rows } = await db.query('SELECT FROM incident_sums WHERE homes < 1 OR latest < 0 OR mail_homes < 0');
        expect(rows).toEqual([]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('are filled from what is stored when the table comes', async () => {
    const number = migrations().findIndex(({ name }) => name === 'incident-sums');
    await freshFleet(number);
    for (const [n, home] of HOMES.entries())
      await db.query(
        `INSERT INTO incidents (home, incident, kind, severity, family, class, started_at, last_at, before, revision)
          SELECT $1, i::text, CASE i % 2 WHEN 0 THEN 'exposed' ELSE 'mail_started' END, 'high', 'sonos', 'thing', at, at, $2, 1
          FROM generate_series(1, 4) AS i, LATERAL (SELECT $3::timestamptz - i * interval '11 days' AS at) AS a`,
        [home, JSON.stringify([{ backend: `${n % 2}.example` }, { backend: 'all.example' }]), new Date(NOW)],
      );
    await migrate(db);
    expect((await keptSums(db)).length).toBeGreaterThan(10);
    expect(await keptSums(db)).toEqual(await trueSums());
  });
});
