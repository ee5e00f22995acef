// Cells and rows as SQLite takes and gives them, and the fingerprint that tells a changed row from an unchanged one.
import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { Unfit } from '../plain-data.ts';

export type Cell = string | number | null;
export type Row = Record<string, unknown>;
/** Told of a row that cannot be read; the message names table and row, never the row's content. */
export type OnProblem = (message: string) => void;

/** A JSON cell; throws on anything that is not JSON text. */
export function fromJson(cell: unknown): unknown {
  if (typeof cell !== 'string') throw new TypeError('not JSON text');
  return JSON.parse(cell);
}

/** Reads rows one by one; one that does not hold what it should is reported and skipped. */
export function readRows<T, R = Row>(
  rows: Iterable<R>,
  where: (row: R) => string,
  read: (row: R) => T,
  onProblem: OnProblem,
): T[] {
  const found: T[] = [];
  for (const row of rows) {
    try {
      found.push(read(row));
    } catch (error) {
      onProblem(`skipped an unreadable row of ${where(row)}: ${reasonOf(error)}`);
    }
  }
  return found;
}

function reasonOf(error: unknown): string {
  if (error instanceof Unfit) return `unexpected ${error.place || 'value'}`;
  if (error instanceof z.ZodError) return `unexpected ${error.issues[0]?.path.join('.') || 'value'}`;
  return error instanceof SyntaxError ? 'not JSON' : 'unexpected value';
}

/** `INSERT` of all `columns`, replacing what has the same `key`, without deleting it first (which would cascade). */
export function upsert(
  db: Database,
  table: string,
  key: readonly string[],
  columns: readonly string[],
): Statement<Cell[]> {
  const all = [...key, ...columns];
  const updates = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  return db.prepare(
    `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates}`,
  );
}

/** Far from the small numbers that are common in rows, so that `null` and a count of 3 differ. */
const KIND = { text: 0x54a1c3e7, list: 0x2b7e1516, null: 0x6a09e667, true: 0x3c6ef372, false: 0x1f83d9ab } as const;

const double = new DataView(new ArrayBuffer(8));

/**
 * A 32-bit fingerprint of plain data, for one shape at a time. Any single changed value changes it; should two changes
 * ever cancel out, the row is written at its next change instead.
 */
export function fingerprint(value: unknown, seed = 1): number {
  if (typeof value === 'number') {
    if ((value | 0) === value) return mix(seed, value);
    double.setFloat64(0, value);
    return mix(mix(seed, double.getInt32(0)), double.getInt32(4));
  }
  if (typeof value === 'string') {
    let hash = mix(seed, value.length ^ KIND.text);
    for (let i = 0; i < value.length; i += 1) hash = mix(hash, value.charCodeAt(i));
    return hash;
  }
  if (Array.isArray(value)) {
    let hash = mix(seed, value.length ^ KIND.list);
    for (let i = 0; i < value.length; i += 1) hash = fingerprint(value[i], hash);
    return hash;
  }
  if (typeof value === 'object' && value !== null) {
    let hash = seed;
    for (const key in value) hash = fingerprint((value as Row)[key], hash);
    return hash;
  }
  return mix(seed, value === null ? KIND.null : value === true ? KIND.true : KIND.false);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
