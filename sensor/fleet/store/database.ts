// The fleet's PostgreSQL: a pool of connections, transactions, and the migrations. It knows no table beside `migrations`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { PROJECT_ROOT } from '../../checkout.ts';
import { fleetPackage } from '../packages.ts';

const MIGRATIONS = join(PROJECT_ROOT, 'sensor/fleet/store/migrations');
const MIGRATION_FILE = /^(\d{3})-([a-z0-9-]+)\.sql$/;
/** Whoever migrates holds this advisory lock, so that two who start at once do not both. */
const MIGRATION_LOCK = 7_451_001;
/** Of `date` (pg_type.dat): it stays the text that it is, `2026-11-30`, and does not become a moment in the zone of this machine. */
const DATE_TYPE = 1082;
const CONNECT_WITHIN = 5_000;

/** A pool, or one connection of it within a transaction. Dates come as `2026-11-30`, bigint and numeric as text, times as Date. */
export interface Queryable {
  query<Row>(text: string, values?: unknown[]): Promise<{ rows: Row[]; rowCount: number | null }>;
}

export interface FleetDatabase extends Queryable {
  /** All or nothing; rolled back when `work` fails, and its error is thrown on. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** One connection as long as `work` takes: for advisory locks and cursors. */
  session<T>(work: (one: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most. */
  connections?: number;
  /** Ms after which the server gives up a statement; 0 never. */
  statementTimeout?: number;
}

/** Opens no connection yet; @throws MissingPackages. @param url `postgres://user:password@host:port/database` */
export async function openDatabase(
  url: string,
  { connections = 4, statementTimeout = 0 }: DatabaseOptions = {},
): Promise<FleetDatabase> {
  const pg = fleetPackage('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_WITHIN,
    ...(statementTimeout > 0 ? { statement_timeout: statementTimeout } : {}),
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === DATE_TYPE ? (text: string) => text : pg.types.getTypeParser(type, format),
    } as typeof pg.types,
  });
  // An idle connection that the server closed: the pool has dropped it, the next query opens another.
  pool.on('error', () => {});
  const query = async <Row>(text: string, values?: unknown[]) => {
    const { rows, rowCount } = await pool.query(text, values);
    return { rows: rows as Row[], rowCount };
  };
  const session = async <T>(work: (one: Queryable) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    // Without a listener the end of a connection between two queries would end the program.
    let broken: Error | undefined;
    const whenBroken = (error: Error): void => {
      broken = error;
    };
    client.on('error', whenBroken);
    try {
      return await work(queryableOf(client));
    } catch (error) {
      if (!isOfStatement(error)) broken ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.off('error', whenBroken);
      client.release(broken);
    }
  };
  const transaction = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
    session(async (one) => {
      await one.query('BEGIN');
      try {
        const result = await work(one);
        await one.query('COMMIT');
        return result;
      } catch (error) {
        // On a connection that broke there is nothing to roll back: the server does it.
        await one.query('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  return { query, session, transaction, close: () => pool.end() };
}

function queryableOf(client: ClientBase): Queryable {
  return {
    async query<Row>(text: string, values?: unknown[]) {
      const { rows, rowCount } = await client.query(text, values);
      return { rows: rows as Row[], rowCount };
    },
  };
}

/** The SQLSTATE of what the server said; null where it is no answer of the server, such as a connection that broke. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : null;
}

/** The connection is as good as before. Classes 08 and 57P say that it is not (PostgreSQL, appendix A). */
function isOfStatement(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && !state.startsWith('08') && !state.startsWith('57P');
}

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

/** In their order. */
export function migrations(directory = MIGRATIONS): Migration[] {
  return readdirSync(directory)
    .sort()
    .flatMap((file) => {
      const [, number, name = ''] = MIGRATION_FILE.exec(file) ?? [];
      if (number === undefined) return [];
      return { number: Number(number), name, sql: readFileSync(join(directory, file), 'utf8') };
    });
}

/** Applies what is missing, each in a transaction of its own. @returns the numbers of those */
export async function migrate(db: FleetDatabase, all = migrations()): Promise<number[]> {
  const applied: number[] = [];
  await locked(db, (tx) =>
    tx.query(
      'CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)',
    ),
  );
  for (const { name, number, sql } of all) {
    await locked(db, async (tx) => {
      const { rows } = await tx.query('SELECT 1 FROM migrations WHERE number = $1', [number]);
      if (rows.length > 0) return;
      await tx.query(sql);
      await tx.query('INSERT INTO migrations (number, name, applied_at) VALUES ($1, $2, now())', [number, name]);
      applied.push(number);
    });
  }
  return applied;
}

/** Migrations that this program has and the database has not; all of them where it has none. */
export async function missingMigrations(db: Queryable): Promise<Migration[]> {
  const known = await db.query<{ there: boolean }>("SELECT to_regclass('migrations') IS NOT NULL AS there");
  if (known.rows[0]?.there !== true) return migrations();
  const { rows } = await db.query<{ number: number }>('SELECT number FROM migrations');
  const applied = new Set(rows.map(({ number }) => number));
  return migrations().filter(({ number }) => !applied.has(number));
}

function locked<T>(db: FleetDatabase, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    return work(tx);
  });
}
