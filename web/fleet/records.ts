// What one home has sent, record for record as it sent it: what its own `thingwatch fleet preview` prints. Shown to that home's helper
// alone.
import { type FleetRecord, fleetRecord, RECORD_SCHEMA } from '../../sensor/fleet/record.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { cursorOf, keyIn } from './cursor.ts';
import type { RecordsPage } from './shapes.ts';

const PAGE = 50;

export interface RecordsQuestion {
  home: string;
  kind?: string | undefined;
  after?: string | undefined;
}

interface Row {
  month: string;
  id: string;
  revision: string;
  kind: string;
  body: unknown;
}

/** What families are called, by the slug of their note. */
export type FamilyNames = ReadonlyMap<string, string>;

export async function recordsPage(
  db: Queryable,
  { after, home, kind }: RecordsQuestion,
  names: FamilyNames,
): Promise<RecordsPage> {
  const values: unknown[] = [home];
  const put = (value: unknown): string => `$${values.push(value)}`;
  const from =
    after === undefined ? '' : `AND (month, id) < (${put(monthIn(after))}::date, ${put(keyIn(after, 2)[1])})`;
  const ofKind = kind === undefined ? '' : `AND kind = ${put(kind)}`;
  const { rows } = await db.query<Row>(
    `SELECT month, id, revision, kind, body FROM records WHERE home = $1 ${ofKind} ${from} ORDER BY month DESC, id DESC LIMIT ${PAGE + 1}`,
    values,
  );
  const shown = rows.slice(0, PAGE);
  const last = shown.at(-1);
  const records = newestFirst(shown).map((row) => ({ ...row, ...asSent(row) }));
  return {
    records: records.map(({ id, known, kind: of, value }) => ({
      ...{ id, kind: of, isKnown: known !== null, text: JSON.stringify(value) },
    })),
    families: Object.fromEntries(
      records.flatMap(({ known }) => {
        const slug = familyOf(known);
        const name = slug === null ? undefined : names.get(slug);
        return slug === null || name === undefined ? [] : [[slug, name]];
      }),
    ),
    next: rows.length > PAGE && last !== undefined ? cursorOf(last.month, last.id) : null,
  };
}

/** Ids of days are in their order already; those of incidents are hashes. */
function newestFirst(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => (a.kind === b.kind ? startOf(b).localeCompare(startOf(a)) : 0));
}

function startOf({ body }: Row): string {
  return typeof body === 'object' && body !== null && 'startedAt' in body ? String(body.startedAt) : '';
}

/** PostgreSQL would answer what is no date with an error. */
function monthIn(cursor: string): string {
  const [month = ''] = keyIn(cursor, 2);
  return /^\d{4}-(?:0[1-9]|1[0-2])-01$/.test(month) ? month : '0001-01-01';
}

/** The database keeps a record's values, not the order of its keys: that is the schema's. */
function asSent({ body, id, kind, revision }: Row): { known: FleetRecord | null; value: unknown } {
  const record = { schema: RECORD_SCHEMA, id, revision: Number(revision), kind, body };
  const read = fleetRecord.safeParse(record);
  return read.success ? { known: read.data, value: read.data } : { known: null, value: record };
}

function familyOf(record: FleetRecord | null): string | null {
  if (record?.kind === 'usage') return record.body.family;
  return record?.kind === 'incident' ? (record.body.device?.family ?? null) : null;
}
