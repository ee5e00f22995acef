// The rows that a record becomes: itself, and the day or incident that it tells of. A row is written over by a greater revision alone.
import type { CoverageBody, FleetRecord, IncidentBody, UsageBody } from '../record.ts';
import { groupOf } from '../record.ts';
import type { Queryable } from './database.ts';
import { isoDay, monthOf } from './retention.ts';
import { columns } from './usage-rows.ts';

/** Days back from which it is kept beside a home whether it was seen well: more than the desk looks at, as clocks differ. */
const SIGHT_DAYS = 12;

interface Reported {
  home: string;
  record: FleetRecord;
  at: Date;
}

/** The day that a record is about. */
export function dayOf({ body, kind }: Exclude<FleetRecord, { kind: 'withdrawal' }>): string {
  return kind === 'incident' ? body.startedAt.slice(0, 10) : body.day;
}

/** Of several of one key, that with the greatest revision; of several of that, the first. */
function newest<Entry extends Reported>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const known = found.get(key);
    if (known === undefined || known.record.revision < entry.record.revision) found.set(key, entry);
  }
  return [...found.keys()].sort().flatMap((key) => found.get(key) ?? []);
}

export interface RecordChange<Entry> {
  entry: Entry;
  /** What the revision before told, of how devices were used; null where there was none, or where it was another kind of record. */
  before: UsageBody | null;
}

/** @returns those that were new, or newer than what was there */
export async function upsertRecords<Entry extends Reported>(
  tx: Queryable,
  entries: readonly Entry[],
): Promise<RecordChange<Entry>[]> {
  const rows = entries.flatMap((entry) => {
    const { record } = entry;
    return record.kind === 'withdrawal' ? [] : [{ ...entry, entry, month: monthOf(dayOf(record)) }];
  });
  const latest = newest(rows, ({ home, month, record }) => keyOfRecord({ home, month, id: record.id }));
  if (latest.length === 0) return [];
  const before = await usageBefore(tx, latest);
  const { rows: written } = await tx.query<RecordKey>(
    `INSERT INTO records (home, month, id, revision, kind, received_at, body)
     SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::jsonb[])
     ON CONFLICT (home, month, id) DO UPDATE SET revision = excluded.revision, kind = excluded.kind,
       received_at = excluded.received_at, body = excluded.body
     WHERE records.revision < excluded.revision
     RETURNING home, month, id`,
    [
      latest.map(({ home }) => home),
      latest.map(({ month }) => month),
      latest.map(({ record }) => record.id),
      latest.map(({ record }) => record.revision),
      latest.map(({ record }) => record.kind),
      latest.map(({ at }) => at),
      latest.map(({ record }) => JSON.stringify(record.body)),
    ],
  );
  const changed = new Set(written.map(keyOfRecord));
  return latest.flatMap(({ entry, home, month, record }) => {
    const key = keyOfRecord({ home, month, id: record.id });
    return changed.has(key) ? [{ entry, before: before.get(key) ?? null }] : [];
  });
}

interface RecordKey {
  home: string;
  month: string;
  id: string;
}

const keyOfRecord = ({ home, id, month }: RecordKey): string => `${home} ${month} ${id}`;

/** By key: what is stored of use under the ids of these. */
async function usageBefore(
  tx: Queryable,
  latest: readonly { home: string; month: string; record: FleetRecord }[],
): Promise<Map<string, UsageBody>> {
  const asked = latest.filter(({ record }) => record.kind === 'usage' && record.revision > 0);
  if (asked.length === 0) return new Map();
  const { rows } = await tx.query<RecordKey & { body: UsageBody }>(
    `SELECT home, month, id, body FROM unnest($1::text[], $2::date[], $3::text[]) AS k (home, month, id)
       JOIN records USING (home, month, id) WHERE kind = 'usage'`,
    [asked.map(({ home }) => home), asked.map(({ month }) => month), asked.map(({ record }) => record.id)],
  );
  return new Map(rows.map((row) => [keyOfRecord(row), row.body]));
}

export interface CoverageChange {
  home: string;
  body: CoverageBody;
}

/** @param now of the batch; @returns the days that changed */
export async function upsertCoverage(
  tx: Queryable,
  entries: readonly Reported[],
  now: Date,
): Promise<CoverageChange[]> {
  const days = entries.flatMap(({ at, home, record }) =>
    record.kind === 'coverage' ? [{ at, home, record, body: record.body }] : [],
  );
  const latest = newest(days, ({ body, home }) => `${home} ${body.day}`);
  if (latest.length === 0) return [];
  const rows = latest.map(({ body, home, record }) => ({ ...body, home, revision: record.revision }));
  const { rows: written } = await tx.query<{ home: string; day: string }>(
    `INSERT INTO coverage (home, day, vantage, hours_seen, loss_percent, revision)
     SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::real[], $5::real[], $6::bigint[])
     ON CONFLICT (home, day) DO UPDATE SET vantage = excluded.vantage, hours_seen = excluded.hours_seen,
       loss_percent = excluded.loss_percent, revision = excluded.revision
     WHERE coverage.revision < excluded.revision
     RETURNING home, day`,
    columns(rows, ['home', 'day', 'vantage', 'hoursSeen', 'lossPercent', 'revision']),
  );
  const changed = new Set(written.map(({ day, home }) => `${home} ${day}`));
  const changes = latest.filter(({ body, home }) => changed.has(`${home} ${body.day}`));
  await tellVersions(tx, changes);
  await tellSight(tx, [...new Set(changes.map(({ home }) => home))], now);
  return changes;
}

/** Which of the last days were good ones, as the desk judges sight. */
async function tellSight(tx: Queryable, homes: readonly string[], now: Date): Promise<void> {
  if (homes.length === 0) return;
  const { rows } = await tx.query<{ home: string; days: string }>(
    `SELECT home, array_agg(day ORDER BY day)::text AS days FROM coverage
     WHERE home = ANY($1) AND day >= $2 AND vantage LIKE 'lan-%' AND hours_seen >= 12 GROUP BY home`,
    [homes, isoDay(new Date(now.getTime() - SIGHT_DAYS * 86_400_000))],
  );
  const days = new Map(rows.map((row) => [row.home, row.days]));
  await tx.query(
    `UPDATE homes SET good_days = k.days::date[] FROM unnest($1::text[], $2::text[]) AS k (home, days)
     WHERE homes.home = k.home AND homes.good_days <> k.days::date[]`,
    [homes, homes.map((home) => days.get(home) ?? '{}')],
  );
}

/** Of the newest day that the home told of. */
async function tellVersions(tx: Queryable, changes: readonly CoverageChange[]): Promise<void> {
  const newestDay = new Map<string, CoverageBody>();
  for (const { body, home } of changes) if (body.day > (newestDay.get(home)?.day ?? '')) newestDay.set(home, body);
  if (newestDay.size === 0) return;
  await tx.query(
    `UPDATE homes SET version = k.version, version_day = k.day
     FROM unnest($1::text[], $2::date[], $3::text[]) AS k (home, day, version)
     WHERE homes.home = k.home AND (homes.version_day IS NULL OR homes.version_day < k.day
       OR homes.version_day = k.day AND homes.version <> k.version)`,
    [
      [...newestDay.keys()],
      [...newestDay.values()].map(({ day }) => day),
      [...newestDay.values()].map((one) => one.version),
    ],
  );
}

export interface IncidentChange {
  home: string;
  /** When the servers took it. */
  at: Date;
  body: IncidentBody;
  family: string | null;
  isNew: boolean;
}

/** @returns the incidents that changed */
export async function upsertIncidents(tx: Queryable, entries: readonly Reported[]): Promise<IncidentChange[]> {
  const told = entries.flatMap(({ at, home, record }) =>
    record.kind === 'incident' ? [{ at, home, record, body: record.body }] : [],
  );
  const latest = newest(told, ({ body, home }) => `${home} ${body.incident}`);
  if (latest.length === 0) return [];
  const known = await tx.query<{ home: string; incident: string }>(
    `SELECT home, incident FROM unnest($1::text[], $2::text[]) AS k (home, incident) JOIN incidents USING (home, incident)`,
    [latest.map(({ home }) => home), latest.map(({ body }) => body.incident)],
  );
  const before = new Set(known.rows.map(({ home, incident }) => `${home} ${incident}`));
  const rows = latest.map(({ body, home, record }) => ({
    home,
    incident: body.incident,
    kind: body.incidentKind,
    severity: body.severity,
    family: body.device === null ? null : groupOf(body.device),
    class: body.device?.class ?? null,
    device: body.device?.hash ?? null,
    startedAt: body.startedAt,
    lastAt: body.lastAt,
    attempts: body.mail?.attempts ?? null,
    messages: body.mail?.messages ?? null,
    before: JSON.stringify(body.before),
    revision: record.revision,
  }));
  const { rows: written } = await tx.query<{ home: string; incident: string }>(
    `INSERT INTO incidents (home, incident, kind, severity, family, class, device, started_at, last_at, attempts, messages, before, revision)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
       $9::timestamptz[], $10::integer[], $11::integer[], $12::jsonb[], $13::bigint[])
     ON CONFLICT (home, incident) DO UPDATE SET kind = excluded.kind, severity = excluded.severity, family = excluded.family,
       class = excluded.class, device = excluded.device, started_at = excluded.started_at, last_at = excluded.last_at,
       attempts = excluded.attempts, messages = excluded.messages, before = excluded.before, revision = excluded.revision
     WHERE incidents.revision < excluded.revision
     RETURNING home, incident`,
    columns(rows, [
      ...(['home', 'incident', 'kind', 'severity', 'family', 'class', 'device', 'startedAt', 'lastAt'] as const),
      ...(['attempts', 'messages', 'before', 'revision'] as const),
    ]),
  );
  const changed = new Set(written.map(({ home, incident }) => `${home} ${incident}`));
  return latest
    .filter(({ body, home }) => changed.has(`${home} ${body.incident}`))
    .map(({ at, body, home }) => ({
      home,
      at,
      body,
      family: body.device === null ? null : groupOf(body.device),
      isNew: !before.has(`${home} ${body.incident}`),
    }));
}
