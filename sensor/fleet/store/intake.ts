// How much a home may send on a day. Generous for any home that is one; a bound on what one that floods, or lies in bulk, can make the
// store keep. By the servers' date of each record, so that all collectors and all redeliveries count alike.
import type { Queryable } from './database.ts';
import { isoDay } from './retention.ts';

/** Of one home on one day. */
export interface IntakeLimits {
  /** Records that are new or newer. */
  records: number;
  /** Octets of them as they travelled. */
  octets: number;
  /** Backends that none of its devices of that family had used before. */
  exposures: number;
}

/** A home with a hundred devices reports about 150 records, 100 KB and, on its first day, 1,500 backends. */
export const INTAKE_LIMITS: IntakeLimits = { records: 5_000, octets: 8 * 1024 * 1024, exposures: 10_000 };

interface Counts {
  home: string;
  day: string;
  records: number;
  octets: number;
  exposures: number;
  refused: number;
}

interface Countable {
  home: string;
  at: Date;
  octets: number;
}

/** Of the homes and days of one batch. */
export class Allowance {
  readonly #limits: IntakeLimits;
  readonly #rows = new Map<string, Counts>();
  /** Let through in this batch and not counted yet: it may turn out to be known. */
  readonly #pending = new Map<string, { records: number; octets: number }>();
  readonly #changed = new Set<string>();

  constructor(limits: IntakeLimits, stored: readonly Counts[]) {
    this.#limits = limits;
    for (const row of stored) this.#rows.set(`${row.home} ${row.day}`, row);
  }

  /** Whether the home may send this as well; counts it as refused if not. */
  allows({ at, home, octets }: Countable): boolean {
    const { key, row } = this.#row(home, isoDay(at));
    const pending = this.#pending.get(key) ?? { records: 0, octets: 0 };
    const over =
      row.records + pending.records >= this.#limits.records ||
      row.octets + pending.octets + octets > this.#limits.octets ||
      row.exposures >= this.#limits.exposures;
    if (over) {
      this.refuse(home, isoDay(at), 1);
      return false;
    }
    this.#pending.set(key, { records: pending.records + 1, octets: pending.octets + octets });
    return true;
  }

  refuse(home: string, day: string, count: number): void {
    const { key, row } = this.#row(home, day);
    row.refused += count;
    this.#changed.add(key);
  }

  count({ at, home, octets }: Countable): void {
    const { key, row } = this.#row(home, isoDay(at));
    row.records++;
    row.octets += octets;
    this.#changed.add(key);
  }

  /** On the newest day of the home in this batch. */
  countExposures(home: string, count: number): void {
    const days = [...this.#rows.values()].filter((row) => row.home === home).map(({ day }) => day);
    const { key, row } = this.#row(home, days.sort().at(-1) ?? isoDay(new Date(0)));
    row.exposures += count;
    this.#changed.add(key);
  }

  changed(): Counts[] {
    return [...this.#changed].sort().flatMap((key) => this.#rows.get(key) ?? []);
  }

  #row(home: string, day: string): { key: string; row: Counts } {
    const key = `${home} ${day}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { home, day, records: 0, octets: 0, exposures: 0, refused: 0 };
      this.#rows.set(key, row);
    }
    return { key, row };
  }
}

export async function intakeOf(
  tx: Queryable,
  entries: readonly Pick<Countable, 'at' | 'home'>[],
  limits: IntakeLimits,
): Promise<Allowance> {
  if (entries.length === 0) return new Allowance(limits, []);
  const { rows } = await tx.query<Omit<Counts, 'octets'> & { octets: string }>(
    'SELECT home, day, records, octets, exposures, refused FROM intake WHERE home = ANY($1) AND day = ANY($2::date[])',
    [[...new Set(entries.map(({ home }) => home))], [...new Set(entries.map(({ at }) => isoDay(at)))]],
  );
  return new Allowance(
    limits,
    rows.map((row) => ({ ...row, octets: Number(row.octets) })),
  );
}

export async function writeIntake(tx: Queryable, allowance: Allowance): Promise<void> {
  const rows = allowance.changed();
  if (rows.length === 0) return;
  const column = (name: keyof Counts): unknown[] => rows.map((row) => row[name]);
  await tx.query(
    `INSERT INTO intake (home, day, records, octets, exposures, refused)
     SELECT * FROM unnest($1::text[], $2::date[], $3::integer[], $4::bigint[], $5::integer[], $6::integer[])
     ON CONFLICT (home, day) DO UPDATE SET records = excluded.records, octets = excluded.octets,
       exposures = excluded.exposures, refused = excluded.refused`,
    [column('home'), column('day'), column('records'), column('octets'), column('exposures'), column('refused')],
  );
}
