// The desk's API over a real database: homes page by page and by what is looked for, one home, its record as it was sent, outbreaks,
// and what happens to questions that are none and while the database is away.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRecord, fleetRecord } from '../../../sensor/fleet/record.ts';
import { DAY_MS, dayOf, lastWeeks } from '../../../web/fleet/days.ts';
import { incidentsOverTime } from '../../../web/fleet/incidents.ts';
import type { HomeAnswer, HomesPage, OutbreaksAnswer, RecordsPage } from '../../../web/fleet/shapes.ts';
import { type MadeHome, type Population, population } from './population.ts';
import { DeskStage, NOW, type RunningDesk } from './stage.ts';

let stage: DeskStage;
beforeAll(async () => {
  stage = await DeskStage.begin();
});
afterAll(() => stage.end());
afterEach(() => stage.clear());

const begin = async (made: Population, homes: string[] = []) => {
  const desk = await stage.desk(made);
  return { desk, cookie: await desk.login(desk.token('Ada', homes)) };
};

async function get<T>(desk: RunningDesk, cookie: string, path: string): Promise<T> {
  const answer = await desk.call(path, { cookie });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.json as T;
}

/** Page after page until there is none. */
async function allHomes(desk: RunningDesk, cookie: string, query = '') {
  const pages: HomesPage[] = [];
  let next: string | null = '';
  while (next !== null) {
    const after: string = next === '' ? '' : `&after=${next}`;
    const page: HomesPage = await get(desk, cookie, `/api/homes?${query}${after}`);
    pages.push(page);
    next = page.next;
  }
  return { pages, homes: pages.flatMap(({ homes }) => homes) };
}

const nameOf = ({ home, label }: Pick<MadeHome, 'home' | 'label'>): string => (label ?? home).toLowerCase();
/** As bytes sort. */
const byName = (a: MadeHome, b: MadeHome): number => Buffer.compare(Buffer.from(nameOf(a)), Buffer.from(nameOf(b)));

describe('the homes', () => {
  const made = population(7, NOW, { homes: 333 });

  it('come page by page in the order of their names, each once', async () => {
    const { cookie, desk } = await begin(made);
    const { homes, pages } = await allHomes(desk, cookie);
    expect(homes.map(({ home }) => home)).toEqual(made.homes.toSorted(byName).map(({ home }) => home));
    expect(pages.map(({ homes: own }) => own.length)).toEqual([50, 50, 50, 50, 50, 50, 33]);
  });

  it.each<[string, (home: MadeHome) => boolean]>([
    ['search=BIRKE', ({ label }) => label?.includes('Birke') === true],
    ['search=%C3%B6l', ({ label }) => label?.includes('Öl') === true],
    ['search=h0010', ({ home }) => home.startsWith('h0010')],
    ['search=%25', () => false],
    ['state=withdrawn', ({ state }) => state === 'withdrawn'],
    ['version=0.3.0', ({ version }) => version === '0.3.0'],
    ['version=0.3', () => false],
    [
      'search=dachs&version=0.1.0&state=active',
      (one) => one.label?.includes('Dachs') === true && one.version === '0.1.0' && one.state === 'active',
    ],
  ])('that are looked for by %s are those, and no others', async (query, fits) => {
    const { cookie, desk } = await begin(made);
    const { homes } = await allHomes(desk, cookie, query);
    expect(homes.map(({ home }) => home)).toEqual(
      made.homes
        .filter(fits)
        .toSorted(byName)
        .map(({ home }) => home),
    );
  });

  it('are blind or seen well, by the last seven whole days, and each says so itself', async () => {
    const { cookie, desk } = await begin(made);
    const [blind, seeing] = [await allHomes(desk, cookie, 'sight=blind'), await allHomes(desk, cookie, 'sight=seeing')];
    const active = made.homes.filter(({ state }) => state === 'active');
    expect(blind.homes.length + seeing.homes.length).toBe(active.length);
    expect(blind.homes.length).toBeGreaterThan(10);
    expect([blind.homes.every(({ isBlind }) => isBlind), seeing.homes.some(({ isBlind }) => isBlind)]).toEqual([
      true,
      false,
    ]);
    const { homes } = await allHomes(desk, cookie);
    expect(homes.filter(({ isBlind }) => isBlind).map(({ home }) => home)).toEqual(blind.homes.map(({ home }) => home));
  });

  it('tell days and versions and nothing of incidents, nor when the last report came within its day', async () => {
    const { cookie, desk } = await begin(made);
    const { homes } = await get<HomesPage>(desk, cookie, '/api/homes');
    const [row] = homes;
    expect(Object.keys(row ?? {}).sort()).toEqual([
      ...['enrolled', 'home', 'isBlind', 'label', 'lastSeen', 'seen', 'state', 'version'],
    ]);
    expect(
      homes.every(
        ({ lastSeen, seen }) => seen.length === 30 && (lastSeen === null || /^\d{4}-\d\d-\d\d$/.test(lastSeen)),
      ),
    ).toBe(true);
  });

  it('that are rare are found however many others there are, each page at a bounded price', async () => {
    const many = population(3, NOW, { homes: 9000, outbreaks: 0 });
    for (const home of many.homes) Object.assign(home, { version: '1.0.0', days: [] });
    const rare = many.homes.toSorted(byName)[8998];
    if (rare) rare.version = '0.0.1';
    const { cookie, desk } = await begin(many);
    const { homes, pages } = await allHomes(desk, cookie, 'version=0.0.1');
    expect(homes.map(({ home }) => home)).toEqual([rare?.home]);
    expect(pages.map(({ homes: own }) => own.length)).toEqual([0, 0, 1]);
  });
});

describe('one home', () => {
  it('is shown with each of its days', async () => {
    const made = population(2, NOW, { homes: 5, outbreaks: 0 });
    const { cookie, desk } = await begin(made);
    for (const home of made.homes) {
      const { days, home: row } = await get<HomeAnswer>(desk, cookie, `/api/homes/${home.home}`);
      expect(row).toMatchObject({ home: home.home, label: home.label, state: home.state, version: home.version });
      const told = days.filter(({ vantage }) => vantage !== null);
      expect(told.map(({ day, hours, lossPercent, vantage }) => ({ day, vantage, hours, loss: lossPercent }))).toEqual(
        home.days.toSorted((a, b) => a.day.localeCompare(b.day)),
      );
    }
    expect((await desk.call('/api/homes/h000000000000000', { cookie })).status).toBe(404);
  });

  it('has its record, newest first and as it was sent, for its helper', async () => {
    const made = population(2, NOW, { homes: 5, outbreaks: 0 });
    const home = made.homes[0]?.home ?? '';
    const { cookie, desk } = await begin(made, [home]);
    const [before, month] = [monthOf(NOW - 40 * DAY_MS), monthOf(NOW)];
    const sent = recordsOf(before).concat(recordsOf(month));
    for (const one of sent) {
      const of = one.id.split(':')[1]?.slice(0, 7);
      await desk.owner.query(`INSERT INTO records VALUES ($1, $2, $3, $4, $5, now(), $6)`, [
        ...[home, `${of}-01`, one.id, one.revision, one.kind, JSON.stringify(one.body)],
      ]);
    }
    const read: string[] = [];
    let after = '';
    do {
      const page: RecordsPage = await get(desk, cookie, `/api/homes/${home}/records?kind=usage${after}`);
      read.push(...page.records.map(({ text }) => text));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    const usage = sent.filter(({ kind }) => kind === 'usage').toReversed();
    expect(usage.length).toBeGreaterThan(50);
    expect(read).toEqual(usage.map((one) => JSON.stringify(one)));
  });
});

const monthOf = (time: number): string => dayOf(time).slice(0, 7);

/** Three records for each day of a month, oldest first. */
function recordsOf(month: string): FleetRecord[] {
  return Array.from({ length: 28 }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`).flatMap((day) => [
    fleetRecord.parse({
      ...{ schema: 'thingwatch.fleet/1', id: `coverage:${day}`, revision: 3, kind: 'coverage' },
      body: { day, vantage: 'lan-both-ways', hoursSeen: 23.5, lossPercent: null, version: '0.1.0' },
    }),
    ...['hue', 'sonos'].map((family) =>
      fleetRecord.parse({
        ...{ schema: 'thingwatch.fleet/1', id: `usage:${day}:${family}`, revision: 1, kind: 'usage' },
        body: {
          day,
          family,
          vendor: null,
          class: 'thing',
          devices: 2,
          backends: [{ backend: 'a.example', role: 'update', devices: 1 }],
        },
      }),
    ),
  ]);
}

describe('the outbreaks', () => {
  it('are told with what speaks for them, those of fewer than five homes not at all, the ended last', async () => {
    const made = population(1, NOW, { homes: 10, outbreaks: 0 });
    const one = { backend: 'bad.example', families: ['sonos', '?'], exposed: 41, devices: 52, alike: ['also.example'] };
    made.outbreaks = [
      { ...one, id: 'ended00000000000', mailed: 9, state: 'ended' },
      { ...one, id: 'open000000000000', mailed: 37, state: 'open' },
      { ...one, id: 'few0000000000000', mailed: 4, state: 'open' },
    ];
    const { cookie, desk } = await begin(made);
    const { outbreaks } = await get<OutbreaksAnswer>(desk, cookie, '/api/outbreaks');
    expect(outbreaks.map(({ id, mailed }) => [id, mailed])).toEqual([
      ['open000000000000', 35],
      ['ended00000000000', 5],
    ]);
    expect(outbreaks[0]).toMatchObject({
      ...{ backend: 'bad.example', families: ['sonos', '?'], exposed: 40, devices: 50, alike: ['also.example'] },
      ...{ firstSeen: dayOf(NOW - 20 * DAY_MS), lift: { value: 23, low: 9.9, high: 61 } },
      against: [{ what: 'weak', homes: 40 }],
    });
  });
});

describe('a question', () => {
  it.each([
    ...[
      'homes?state=x',
      'homes?sight=',
      'homes?after=AAAA',
      'homes?after=%00',
      'homes?search=%00',
      'homes?search=a&search=b',
    ],
    ...['incidents?by=home', 'incidents?bucket=hour', 'homes/x', "homes/h'OR'1'='1'--000", 'homes?version=%00'],
    `homes?after=${Buffer.from('["a\\u0000","b"]').toString('base64url')}`,
    `homes?after=${'A'.repeat(5000)}`,
  ])('that is none is answered so: %s', async (path) => {
    const { cookie, desk } = await begin(population(1, NOW, { homes: 3 }));
    expect((await desk.call(`/api/${path}`, { cookie })).status).toBe(400);
    expect(desk.logged.filter((line) => line.includes('failed'))).toEqual([]);
  });
});

describe('while the database is away', () => {
  it('a question is answered 503, which the log tells once, and right when it is back', async () => {
    // One of its own: a server with little in it is soon there again.
    const own = await DeskStage.begin();
    const desk = await own.desk(population(1, NOW, { homes: 30 }));
    const cookie = await desk.login(desk.token('Ada'));
    await own.postgres.kill();
    for (const path of ['homes', 'outbreaks', 'incidents', 'summary']) {
      const { json, status } = await desk.call(`/api/${path}`, { cookie });
      expect([status, json]).toMatchObject([503, { error: { code: 'no_database' } }]);
    }
    expect((await desk.call('/api/session', { cookie })).status).toBe(200);
    expect(desk.logged.filter((line) => line.includes('does not answer'))).toHaveLength(1);
    await own.postgres.run();
    for (const path of ['homes', 'outbreaks', 'incidents', 'summary'])
      expect((await desk.call(`/api/${path}`, { cookie })).status).toBe(200);
    expect(desk.logged.at(-1)).toBe('the database answers again');
    await own.end();
  }, 90_000);
});

it('incidents over time are the same while some of them still wait to be added to the sums', async () => {
  const { db } = await stage.database(population(31, NOW, { homes: 120 }));
  const question = { by: 'backend', bucket: 'week', kind: 'all' } as const;
  const before = await incidentsOverTime(db, question, NOW);
  expect(before.series.length).toBeGreaterThan(1);
  const columns = 'name, counted_by, bucket, start, homes, latest, mail_homes, mail_latest';
  await db.query(
    `WITH older AS (DELETE FROM incident_sums WHERE start <= (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY start) FROM incident_sums)
        RETURNING ${columns})
      INSERT INTO incident_deltas (id, ${columns}) SELECT gen_random_uuid(), ${columns} FROM older`,
  );
  const { rows } = await db.query<{ waiting: number }>('SELECT count(*)::integer AS waiting FROM incident_deltas');
  expect(rows[0]?.waiting).toBeGreaterThan(10);
  expect(await incidentsOverTime(db, question, NOW)).toEqual(before);
  await db.close();
});

it('weeks begin on Monday', () => {
  expect(lastWeeks(Date.parse('2026-11-30T09:30:00Z'), 2)).toEqual(['2026-11-23', '2026-11-30']);
  expect(lastWeeks(Date.parse('2026-12-06T23:59:59Z'), 2)).toEqual(['2026-11-23', '2026-11-30']);
  expect(lastWeeks(Date.parse('2026-12-07T00:00:00Z'), 1)).toEqual(['2026-12-07']);
});
