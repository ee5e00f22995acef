// What the desk's answers take with a hundred thousand homes: a real PostgreSQL on this machine with thirty days of coverage of each,
// incidents of half a year and one home's records, the real server, one question after another. Aim: the 95th percentile of what a
// person waits for at most 200 ms.
import { fleetRecord } from '../../sensor/fleet/record.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../sensor/fleet/store/database.ts';
import { RECKONED_FOR } from '../../web/fleet/routes.ts';
import type { HomesPage } from '../../web/fleet/shapes.ts';
import { type RunningDesk, startDesk } from '../fleet/desk/stage.ts';
import { judgeSightAnew } from '../fleet/support/home-sight.ts';
import { countIncidentsAnew } from '../fleet/support/incident-sums.ts';
import { PostgresServer } from '../fleet/support/postgres-server.ts';
import { mulberry32 } from '../support/mulberry.ts';
import { readArgs } from './measure.ts';

/** Of homes that are blind, that run an old version, and that had incidents in half a year, in percent. */
const [BLIND, OLD, TROUBLED] = [3, 0.05, 20] as const;
/** Incidents of a home that had some, and steps before each. */
const [INCIDENTS, STEPS] = [5, 8] as const;

/** One in so many of the numbers is below `percent`, the same each time. */
const partOf = (percent: number, salt: number): string => `abs(hashint4(n + ${salt}) % 10000) < ${percent * 100}`;

async function fill(db: FleetDatabase, homes: number): Promise<void> {
  await db.query(`INSERT INTO homes (home, label, state, credential, enrolled_at, last_seen, version)
    SELECT 'h' || substr(md5(n::text), 1, 15), (ARRAY['Amsel', 'Birke', 'Dachs', 'Esche', 'Fuchs', 'Linde'])[1 + n % 6] || 'weg ' || n, 'active',
      'U' || n, now() - interval '200 days', now() - interval '1 hour', CASE WHEN ${partOf(OLD, 7)} THEN '0.0.1' ELSE '0.' || n % 3 || '.0' END
    FROM generate_series(1, ${homes}) n`);
  await db.query(`INSERT INTO coverage (home, day, vantage, hours_seen, loss_percent, revision)
    SELECT 'h' || substr(md5(n::text), 1, 15), current_date - day, CASE WHEN ${partOf(BLIND, 3)} THEN 'wan-side' ELSE 'lan-both-ways' END, 24, NULL, 1
    FROM generate_series(1, ${homes}) n, generate_series(0, 29) day`);
  await db.query(`INSERT INTO incidents (home, incident, kind, severity, family, class, device, started_at, last_at, attempts, messages, before, revision)
    SELECT 'h' || substr(md5(n::text), 1, 15), i::text, (ARRAY['mail_started', 'backend_new', 'exposed'])[1 + (n + i) % 3], 'high', 'family-' || (n * i) % 200,
      'thing', NULL, at, at, 3, 1, before, 1
    FROM generate_series(1, ${homes}) n, generate_series(1, ${INCIDENTS}) i,
      LATERAL (SELECT now() - (abs(hashint4(n * 31 + i)) % 182) * interval '1 day' AS at) a,
      LATERAL (SELECT jsonb_agg(jsonb_build_object('backend', 'backend-' || abs(hashint4(n * 7 + i * 3 + s)) % 3000 || '.example', 'role', 'update',
        'step', 'first_contact', 'at', '2026-11-01T10:00Z', 'bytesDown', 1000)) AS before FROM generate_series(1, ${STEPS}) s) b
    WHERE ${partOf(TROUBLED, 11)}`);
  await db.query(`INSERT INTO outbreaks (id, backend, role, families, homes_mailed, homes_exposed, devices, first_seen, lift, lift_low, lift_high, p,
      alike, against, state, opened_at, updated_at, last_day, revision)
    SELECT lpad(n::text, 16, '0'), 'backend-' || n, 'update', '["family-1"]', 10 + n, 20 + n, 12 + n, now(), 20, 9, 60, 0.0001, '[]', '[]', 'open', now(),
      now(), current_date, 1 FROM generate_series(1, 40) n`);
  await db.query('VACUUM ANALYZE');
}

/** A home that reports use of thirty families each day. */
async function sendRecords(db: FleetDatabase, home: string): Promise<void> {
  const body = fleetRecord.options[2].shape.body.parse({
    ...{ day: '2026-11-01', family: 'family-1', vendor: null, class: 'thing', devices: 2 },
    backends: Array.from({ length: 12 }, (_, n) => ({ backend: `backend-${n}.example`, role: 'update', devices: 1 })),
  });
  await db.query(
    `INSERT INTO records SELECT $1, date_trunc('month', current_date - day)::date, 'usage:' || current_date - day || ':' || n, 1, 'usage', now(), $2
      FROM generate_series(0, 29) day, generate_series(1, 30) n`,
    [home, JSON.stringify(body)],
  );
}

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, { homes: 100_000, rounds: 60 });
  const server = await PostgresServer.start();
  try {
    const url = await server.makeDatabase('desk');
    const owner = await openDatabase(url);
    await migrate(owner);
    const begun = performance.now();
    await fill(owner, values.homes);
    const { rows } = await owner.query<{ home: string }>('SELECT home FROM homes ORDER BY home');
    const homes = rows.map(({ home }) => home);
    await sendRecords(owner, homes[0] ?? '');
    await judgeSightAnew(owner);
    const filled = performance.now();
    await countIncidentsAnew(owner);
    const counted = performance.now();
    await owner.query('VACUUM ANALYZE homes, incident_sums');
    const { rows: sizes } = await owner.query<{ size: string; incidents: string }>(
      'SELECT pg_size_pretty(pg_database_size(current_database())) AS size, (SELECT count(*) FROM incidents) AS incidents',
    );
    console.log(
      `${values.homes} homes, 30 days each, ${sizes[0]?.incidents} incidents of ${STEPS} steps: ${sizes[0]?.size}, filled in ${((filled - begun) / 1000).toFixed(0)} s; their sums counted from nothing, as migration 005 does, in ${((counted - filled) / 1000).toFixed(1)} s`,
    );
    const desk = await startDesk(await openDatabase(url, { connections: 6 }), owner);
    await measure(desk, homes, values.rounds);
    await desk.close();
  } finally {
    await server.remove();
  }
}

async function measure(desk: RunningDesk, homes: string[], rounds: number): Promise<void> {
  const random = mulberry32(1);
  const cookie = await desk.login(desk.token('bench', homes.slice(0, 1)));
  const anyHome = (): string => homes[random() % homes.length] ?? '';
  const get = async <T>(path: string): Promise<T> => {
    const { json, status, text } = await desk.call(path, { cookie });
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return json as T;
  };
  /** A place to go on from, anywhere in the list. */
  const anywhere = (): string =>
    Buffer.from(
      JSON.stringify([`${['amsel', 'birke', 'dachs', 'esche'][random() % 4]}weg ${random() % 100_000}`, 'h']),
    ).toString('base64url');
  const line = async (what: string, ask: () => Promise<unknown>, times = rounds): Promise<void> => {
    const took: number[] = [];
    for (let round = 0; round < times; round += 1) {
      const begun = performance.now();
      await ask();
      took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    const at = (part: number): string =>
      (took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0).toFixed(0).padStart(7);
    console.log(`${what.padEnd(52)} ${at(0.5)} ms median ${at(0.95)} ms p95 ${at(1)} ms most (${times})`);
  };
  const anew =
    <T>(path: string) =>
    () => {
      desk.clock.now += 6 * RECKONED_FOR;
      return get<T>(path);
    };
  const few = Math.max(5, Math.floor(rounds / 6));
  await line('session', () => get('/api/session'));
  await line('homes: first page', () => get('/api/homes'));
  await line('homes: a page anywhere', () => get(`/api/homes?after=${anywhere()}`));
  await line('homes: search by name, a page', () => get(`/api/homes?search=dachs&after=${anywhere()}`));
  await line('homes: blind, a page', () => get(`/api/homes?sight=blind&after=${anywhere()}`));
  await line('homes: rare version, a page', () => get(`/api/homes?version=0.0.1&after=${anywhere()}`));
  await line('homes: no such home, the whole list', () => whole(get, 'search=nobody'), few);
  await line('homes: blind, the first 50', () => whole(get, 'sight=blind', 50), few);
  await line('homes: old version, all of them', () => whole(get, 'version=0.0.1'), few);
  await line('one home', () => get(`/api/homes/${anyHome()}`));
  await line('one home: a page of its record', () => get(`/api/homes/${homes[0]}/records?kind=usage`));
  await line('outbreaks, asked anew', anew('/api/outbreaks'));
  await line('summary, reckoned anew', anew('/api/summary'), few);
  await line('summary, kept', () => get('/api/summary'));
  for (const by of ['family', 'backend'])
    for (const bucket of ['day', 'week']) {
      const path = `/api/incidents?by=${by}&bucket=${bucket}&kind=all`;
      await line(`incidents by ${by}, ${bucket}s, reckoned anew`, anew(path), few);
    }
  await line('incidents, kept', () => get('/api/incidents?by=backend&bucket=week&kind=all'));
  const ten = () => Promise.all(Array.from({ length: 10 }, () => get(`/api/homes?after=${anywhere()}`)));
  await line('homes: ten people at once, a page anywhere', ten);
}

/** As the page asks: on and on, until there is enough. */
async function whole(
  get: <T>(path: string) => Promise<T>,
  query: string,
  enough = Number.POSITIVE_INFINITY,
): Promise<void> {
  let [next, found]: [string | null, number] = ['', 0];
  while (next !== null && found < enough) {
    const page: HomesPage = await get(`/api/homes?${query}${next === '' ? '' : `&after=${next}`}`);
    found += page.homes.length;
    next = page.next;
  }
}
