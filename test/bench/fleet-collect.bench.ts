// How many records a second a collector of a fleet takes from a real NATS server into a real PostgreSQL, counting for outbreaks included,
// beside plain INSERTs of the same records in the same run; and how much a home's day takes there. Each step of both alternates, since the
// machine may have other work.
import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { CONSUMER } from '../../sensor/fleet/collector/streams.ts';
import { fleetPackage } from '../../sensor/fleet/packages.ts';
import type { FleetRecord } from '../../sensor/fleet/record.ts';
import type { FleetDatabase } from '../../sensor/fleet/store/database.ts';
import { isoDay } from '../../sensor/fleet/store/retention.ts';
import { MQTT_STREAM, MQTT_SUBJECT_PREFIX, recordTopic, subjectOf } from '../../sensor/fleet/topics.ts';
import { natsServerVersion } from '../fleet/support/nats-cluster.ts';
import { until } from '../fleet/support/place.ts';
import { coverageRecord, enrol, homeId, incidentRecord, usageRecord } from '../fleet/support/records.ts';
import { FleetStage } from '../fleet/support/stage.ts';
import { checkout } from '../lab/namespaces.ts';
import { mulberry32 } from '../support/mulberry.ts';
import { descendantsOf } from '../support/processes.ts';
import { median, readArgs } from './measure.ts';
import { cpuTimeOf } from './mirror-lab.ts';

/** Families of a home, backends that each calls, and how many of all there are: the few are used by most. */
const FAMILIES = 8;
const BACKENDS = 3;
const CATALOGUE = 2000;
/** Homes of which one has an incident on a day. */
const INCIDENT_EVERY = 50;
/** Records in one INSERT, as in one batch. */
const BATCH = 500;
const DAY = 86_400_000;

interface Sent {
  home: string;
  record: FleetRecord;
}

interface Step {
  name: string;
  collectors: number;
  records: number;
  /** Records a second. */
  rate: number;
  plain: number;
  /** CPU seconds for 10,000 records, of collectors and of the database. */
  cpu: { collectors: number; database: number };
}

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, { homes: 1000, days: 4 });
  const stage = await FleetStage.start({ nodes: 1, ackWait: 30 });
  try {
    await measure(stage, values);
  } finally {
    await stage.remove();
  }
}

async function measure(stage: FleetStage, { days, homes }: { days: number; homes: number }): Promise<void> {
  const { db } = stage;
  await db.query(`CREATE TABLE plain (home text, id text, revision bigint, kind text, received_at timestamptz, body jsonb,
    PRIMARY KEY (home, id))`);
  await enrol(
    db,
    Array.from({ length: homes }, (_, n) => homeId(n)),
  );
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}, ${natsServerVersion()}, one node; ${homes} homes`,
  );
  const steps: Step[] = [];
  const sizes: Sizes[] = [];
  let octets = 0;
  const plan = [
    { name: 'first day', collectors: 1 },
    ...Array.from({ length: days }, () => ({ name: 'a day as others', collectors: 1 })),
    ...Array.from({ length: 2 }, () => ({ name: 'a day as others', collectors: 2 })),
  ];
  for (const [index, { collectors, name }] of plan.entries()) {
    const sent = dayOf(homes, index, isoDay(new Date(Date.now() - (plan.length - index) * DAY)));
    octets = sent.reduce((sum, { record }) => sum + JSON.stringify(record).length, 0);
    const plain = await plainly(db, sent);
    await publish(stage, sent);
    const { cpu, rate } = await collected(stage, sent.length, collectors);
    steps.push({ name, collectors, records: sent.length, rate, plain, cpu });
    sizes.push(await storedOctets(db));
    tell(steps.at(-1));
  }
  const usual = steps.filter(({ name }) => name !== 'first day');
  for (const count of [1, 2]) {
    const of = usual.filter(({ collectors }) => collectors === count);
    const [rate, ratio] = [median(of.map((one) => one.rate)), median(of.map((one) => one.rate / one.plain))];
    console.log(
      `median, ${count} collector${count > 1 ? 's' : ''}: ${rate.toFixed(0)} records/s, ${ratio.toFixed(2)} x plain INSERT`,
    );
  }
  const [last, first] = [sizes.at(-1), sizes[0]];
  const daily = ((last?.daily ?? 0) - (first?.daily ?? 0)) / (sizes.length - 1) / homes;
  console.log(
    `a home's day: ${((steps[0]?.records ?? 0) / homes).toFixed(1)} records, ${(octets / homes).toFixed(0)} octets as they travel; ` +
      `${daily.toFixed(0)} stored for each day kept, ${((last?.lasting ?? 0) / homes).toFixed(0)} for each home however long`,
  );
}

function tell(step: Step | undefined): void {
  if (step === undefined) return;
  const { collectors, cpu, name, plain, rate, records } = step;
  console.log(
    `${name.padEnd(16)} ${records} records, ${collectors} collector${collectors > 1 ? 's' : ' '}: ${rate.toFixed(0).padStart(6)}/s, ` +
      `${(rate / plain).toFixed(2)} x plain INSERT (${plain.toFixed(0)}/s); CPU s for 10,000: ${cpu.collectors.toFixed(1)} of collectors, ${cpu.database.toFixed(1)} of the database`,
  );
}

/** What all homes report of one day. The same home has the same families and backends every day. */
function dayOf(homes: number, index: number, day: string): Sent[] {
  const sent: Sent[] = [];
  for (let n = 0; n < homes; n++) {
    const word = mulberry32(n + 1);
    const random = (): number => word() / 0x1_0000_0000;
    const home = homeId(n);
    sent.push({ home, record: coverageRecord(day) });
    for (let family = 0; family < FAMILIES; family++) {
      const of = { family: `family-${Math.floor(random() ** 2 * 200)}-${family}`, vendor: null };
      const backends = Array.from(
        { length: BACKENDS },
        (_, at) => `backend-${at}-${Math.floor(random() ** 3 * CATALOGUE)}.example`,
      );
      sent.push({ home, record: usageRecord(day, backends, of) });
    }
    if ((n + index) % INCIDENT_EVERY === 0)
      sent.push({ home, record: incidentRecord(index, `${day}T10:00Z`, { before: [] }) });
  }
  return sent;
}

/** The same records into one table with one key, as many at once as in a batch. @returns records a second */
async function plainly(db: FleetDatabase, sent: readonly Sent[]): Promise<number> {
  const begin = performance.now();
  for (let from = 0; from < sent.length; from += BATCH) {
    const some = sent.slice(from, from + BATCH);
    await db.query(
      `INSERT INTO plain SELECT k.home, k.id, k.revision, k.kind, now(), k.body
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::jsonb[]) AS k (home, id, revision, kind, body)`,
      [
        some.map(({ home }) => home),
        some.map(({ record }) => record.id),
        some.map(({ record }) => record.revision),
        some.map(({ record }) => record.kind),
        some.map(({ record }) => JSON.stringify(record.body)),
      ],
    );
  }
  return (sent.length / (performance.now() - begin)) * 1000;
}

/** Into the stream as the servers put it there for MQTT clients. */
async function publish({ connection }: FleetStage, sent: readonly Sent[]): Promise<void> {
  const jetstream = fleetPackage('@nats-io/jetstream').jetstream(connection, { timeout: 20_000 });
  for (let from = 0; from < sent.length; from += 1000)
    await Promise.all(
      sent
        .slice(from, from + 1000)
        .map(({ home, record }) =>
          jetstream.publish(`${MQTT_SUBJECT_PREFIX}${subjectOf(recordTopic(home))}`, JSON.stringify(record)),
        ),
    );
}

/** From the first record that is acknowledged to the last. */
async function collected(stage: FleetStage, records: number, count: number): Promise<Pick<Step, 'cpu' | 'rate'>> {
  const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(stage.connection);
  const waiting = async (): Promise<number> => {
    const { num_ack_pending, num_pending } = await manager.consumers.info(MQTT_STREAM, CONSUMER);
    return num_pending + num_ack_pending;
  };
  const directory = await stage.directory();
  const programs = Array.from({ length: count }, () => collector(directory));
  try {
    let left = records;
    const below = (limit: number) => async (): Promise<boolean> => {
      left = await waiting();
      return left < limit;
    };
    await until(() => 'it begins', below(records), { within: 60_000, every: 5 });
    const [begin, from] = [performance.now(), left];
    const pids = { collectors: programs.map(({ pid }) => pid), database: descendantsOf(stage.postgres.pid) };
    const before = pids.collectors.map(secondsOf);
    const databaseBefore = pids.database.map(secondsOf);
    await until(() => `${left} wait`, below(1), { within: 600_000, every: 10 });
    const took = performance.now() - begin;
    const spent = (of: number[], from: number[]): number =>
      (of.reduce((sum, pid, at) => sum + secondsOf(pid) - (from[at] ?? 0), 0) / records) * 10_000;
    const cpu = { collectors: spent(pids.collectors, before), database: spent(pids.database, databaseBefore) };
    return { rate: (from / took) * 1000, cpu };
  } finally {
    await Promise.all(programs.map(({ stop }) => stop()));
  }
}

/** The program itself, as it was built with this bench. */
function collector(directory: string): { pid: number; stop(): Promise<void> } {
  const args = [`${checkout}/dist/sensor/main.js`, 'fleet', 'collect', '--dir', directory];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = (): Promise<void> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { pid: child.pid ?? 0, stop };
}

/** CPU time of a process; 0 of one that has ended. */
function secondsOf(pid: number): number {
  try {
    return cpuTimeOf(pid) / 1000;
  } catch {
    return 0;
  }
}

/** Octets with indexes: of what is kept for each day, and of what a home has but once. */
interface Sizes {
  daily: number;
  lasting: number;
}

async function storedOctets(db: FleetDatabase): Promise<Sizes> {
  await db.query('VACUUM');
  const { rows } = await db.query<{ is_daily: boolean; octets: string }>(
    `SELECT relname ~ '^(records|coverage)_' AS is_daily, sum(pg_total_relation_size(oid)) AS octets FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'plain' GROUP BY 1`,
  );
  const of = (daily: boolean): number => Number(rows.find(({ is_daily }) => is_daily === daily)?.octets ?? 0);
  return { daily: of(true), lasting: of(false) };
}
