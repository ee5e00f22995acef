// What homes' devices used, one row for each backend and family of a home: the first day, the last, and how many devices on it. What these
// rows say follows from the stored records alone, so that those may come late, twice, in any order, and be taken back.
import type { UsageBody } from '../record.ts';
import { groupOf } from '../record.ts';
import type { Queryable } from './database.ts';

interface Span {
  first: string;
  last: string;
  /** On the last day. */
  devices: number;
}

export interface ExposureRow extends Span {
  home: string;
  family: string;
  backend: string;
  role: string;
}

export interface FamilyRow extends Span {
  home: string;
  family: string;
  class: string;
}

/** What a key was told to be, most telling first: it is that once anybody said so. */
const ROLES = ['update', 'store', 'unknown'];
const CLASSES = ['thing', 'infrastructure', 'general-purpose'];

const keyOf = (...parts: string[]): string => parts.join('\0');
const first = (order: string[], a: string, b: string): string => (order.indexOf(a) <= order.indexOf(b) ? a : b);

function joined(a: Span, b: Span): Span {
  const [earlier, later] = a.last <= b.last ? [a, b] : [b, a];
  return {
    first: a.first <= b.first ? a.first : b.first,
    last: later.last,
    devices: earlier.last === later.last ? Math.max(a.devices, b.devices) : later.devices,
  };
}

const joinExposures = (a: ExposureRow, b: ExposureRow): ExposureRow => ({
  ...a,
  ...joined(a, b),
  role: first(ROLES, a.role, b.role),
});

const joinFamilies = (a: FamilyRow, b: FamilyRow): FamilyRow => ({
  ...a,
  ...joined(a, b),
  class: first(CLASSES, a.class, b.class),
});

/** A record of use that was stored, and what its revision before told. */
export interface StoredUsage {
  home: string;
  at: Date;
  body: UsageBody;
  before: UsageBody | null;
}

export interface UsageChanges {
  /** Only what differs from what was there. */
  exposures: ExposureRow[];
  families: FamilyRow[];
  /** Of them, new to their homes, by home. */
  newExposures: Map<string, number>;
  /** Homes that took back some of what they had told. */
  tookBack: Set<string>;
}

/** Brings the rows to what the stored records say, from what changed in them. The caller has locked the homes' rows. */
export async function mergeUsage(tx: Queryable, usages: readonly StoredUsage[]): Promise<UsageChanges> {
  const less = usages.filter(({ before, body }) => before !== null && !tellsAllOf(body, before));
  const again = new Map<string, { home: string; family: string }>();
  for (const { before, body, home } of less)
    for (const family of [groupOf(body), groupOf(before ?? body)]) again.set(keyOf(home, family), { home, family });
  await forget(tx, [...again.values()]);
  const told = await storedUsages(tx, again);
  for (const { body, home } of usages) if (!again.has(keyOf(home, groupOf(body)))) told.push({ home, body });
  const { exposures, families } = rowsOf(told);
  const changed = await mergeExposures(tx, exposures);
  const tookBack = new Set(less.map(({ home }) => home));
  return { ...changed, families: await mergeFamilies(tx, families), tookBack };
}

/** Whether a later revision only adds: otherwise its family is worked out again from all that is stored of it. */
function tellsAllOf(body: UsageBody, before: UsageBody): boolean {
  if (body.day !== before.day || groupOf(body) !== groupOf(before) || body.class !== before.class) return false;
  if (body.devices < before.devices) return false;
  const now = new Map(body.backends.map((one) => [`${one.backend} ${one.role}`, one.devices]));
  return before.backends.every(({ backend, devices, role }) => (now.get(`${backend} ${role}`) ?? -1) >= devices);
}

async function forget(tx: Queryable, families: readonly { home: string; family: string }[]): Promise<void> {
  if (families.length === 0) return;
  for (const table of ['exposure', 'families'])
    await tx.query(
      `DELETE FROM ${table} USING unnest($1::text[], $2::text[]) AS k (home, family)
       WHERE ${table}.home = k.home AND ${table}.family = k.family`,
      columns(families, ['home', 'family']),
    );
}

/** All that is stored of the use of these families. */
async function storedUsages(
  tx: Queryable,
  families: ReadonlyMap<string, { home: string }>,
): Promise<{ home: string; body: UsageBody }[]> {
  if (families.size === 0) return [];
  const homes = [...new Set([...families.values()].map(({ home }) => home))];
  const { rows } = await tx.query<{ home: string; body: UsageBody }>(
    "SELECT home, body FROM records WHERE home = ANY($1) AND kind = 'usage'",
    [homes],
  );
  return rows.filter(({ body, home }) => families.has(keyOf(home, groupOf(body))));
}

function rowsOf(usages: readonly { home: string; body: UsageBody }[]): {
  exposures: Map<string, ExposureRow>;
  families: Map<string, FamilyRow>;
} {
  const exposures = new Map<string, ExposureRow>();
  const families = new Map<string, FamilyRow>();
  for (const { body, home } of usages) {
    // What was taken back says that there was none.
    if (body.devices === 0) continue;
    const family = groupOf(body);
    const span = { first: body.day, last: body.day };
    const row = { home, family, class: body.class, ...span, devices: body.devices };
    put(families, keyOf(home, family), row, joinFamilies);
    for (const { backend, devices, role } of body.backends)
      put(exposures, keyOf(home, family, backend), { home, family, backend, role, ...span, devices }, joinExposures);
  }
  return { exposures, families };
}

function put<Row>(rows: Map<string, Row>, key: string, row: Row, join: (a: Row, b: Row) => Row): void {
  const known = rows.get(key);
  rows.set(key, known === undefined ? row : join(known, row));
}

/** Rows that are more than what is stored, in the order of their keys. */
function changedRows<Row extends Span>(
  rows: ReadonlyMap<string, Row>,
  stored: ReadonlyMap<string, Row>,
  join: (a: Row, b: Row) => Row,
  told: (row: Row) => string,
): Row[] {
  return [...rows.keys()].sort().flatMap((key) => {
    const row = rows.get(key);
    if (row === undefined) return [];
    const before = stored.get(key);
    if (before === undefined) return [row];
    const after = join(before, row);
    const same = after.first === before.first && after.last === before.last && after.devices === before.devices;
    return same && told(after) === told(before) ? [] : [after];
  });
}

async function mergeExposures(
  tx: Queryable,
  rows: ReadonlyMap<string, ExposureRow>,
): Promise<Pick<UsageChanges, 'exposures' | 'newExposures'>> {
  if (rows.size === 0) return { exposures: [], newExposures: new Map() };
  const all = [...rows.values()];
  const known = await tx.query<ExposureRow>(
    `SELECT home, family, backend, e.role, e.first_day AS first, e.last_day AS last, e.devices
     FROM unnest($1::text[], $2::text[], $3::text[]) AS k (home, family, backend) JOIN exposure e USING (home, family, backend)`,
    [all.map((row) => row.home), all.map((row) => row.family), all.map((row) => row.backend)],
  );
  const stored = new Map(known.rows.map((row) => [keyOf(row.home, row.family, row.backend), row]));
  const exposures = changedRows(rows, stored, joinExposures, ({ role }) => role);
  const newExposures = new Map<string, number>();
  for (const { backend, family, home } of exposures)
    if (!stored.has(keyOf(home, family, backend))) newExposures.set(home, (newExposures.get(home) ?? 0) + 1);
  if (exposures.length > 0)
    await tx.query(
      `INSERT INTO exposure (home, family, backend, role, first_day, last_day, devices)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::integer[])
       ON CONFLICT (home, family, backend) DO UPDATE SET role = excluded.role, first_day = excluded.first_day,
         last_day = excluded.last_day, devices = excluded.devices`,
      [...columns(exposures, ['home', 'family', 'backend', 'role', 'first', 'last', 'devices'])],
    );
  return { exposures, newExposures };
}

async function mergeFamilies(tx: Queryable, rows: ReadonlyMap<string, FamilyRow>): Promise<FamilyRow[]> {
  if (rows.size === 0) return [];
  const all = [...rows.values()];
  const known = await tx.query<FamilyRow>(
    `SELECT home, family, f.class, f.first_day AS first, f.last_day AS last, f.devices
     FROM unnest($1::text[], $2::text[]) AS k (home, family) JOIN families f USING (home, family)`,
    [all.map((row) => row.home), all.map((row) => row.family)],
  );
  const stored = new Map(known.rows.map((row) => [keyOf(row.home, row.family), row]));
  const changed = changedRows(rows, stored, joinFamilies, (row) => row.class);
  if (changed.length > 0)
    await tx.query(
      `INSERT INTO families (home, family, class, first_day, last_day, devices)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[], $6::integer[])
       ON CONFLICT (home, family) DO UPDATE SET class = excluded.class, first_day = excluded.first_day,
         last_day = excluded.last_day, devices = excluded.devices`,
      [...columns(changed, ['home', 'family', 'class', 'first', 'last', 'devices'])],
    );
  return changed;
}

/** An array for each column, as `unnest` takes them. */
export function columns<Row>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}
