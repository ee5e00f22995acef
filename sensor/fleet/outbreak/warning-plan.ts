// Which warnings are to be published, given the outbreaks that are known and what the servers retain: new ones, later editions, those
// that are to be renewed, ends, and what is to be cleared. Pure.
import { z } from 'zod';
import { MOST_WARNINGS } from '../../detect/warned.ts';
import { K } from '../k-rule.ts';
import type { Warning } from '../warning.ts';

const DAY = 24 * 60 * 60_000;

/** ms. A home that is offline for `VALID` forgets a warning; it learns of its end for as long. */
export const VALID = 7 * DAY;
/** A home that came in the seconds in which a node's death is dealt with may have been told of none: it hears of the renewal. */
export const RENEWED_AFTER = 6 * 60 * 60_000;

/** A row of `outbreaks`; bigint and times as the driver gives them. */
export const outbreakRow = z.object({
  id: z.string(),
  revision: z.coerce.number().int().min(0),
  backend: z.string(),
  role: z.string(),
  /** Groups as `groupOf` calls them; none means all things. */
  families: z.array(z.string()),
  homes_mailed: z.coerce.number().int(),
  homes_exposed: z.coerce.number().int(),
  first_seen: z.coerce.date(),
  lift: z.coerce.number(),
  lift_low: z.coerce.number(),
  lift_high: z.union([z.null(), z.coerce.number()]),
  alike: z.array(z.string()),
});
export type OutbreakRow = z.infer<typeof outbreakRow>;

/** Null: none that we signed and that holds. */
export type Retained = ReadonlyMap<string, Warning | null>;

export interface Planned {
  id: string;
  /** Null: what is retained is cleared. */
  warning: Warning | null;
  why: 'new' | 'edition' | 'renewal' | 'end' | 'cleared';
}

/** @param rows outbreaks that are open @param now wall time, ms */
export function planned(rows: readonly OutbreakRow[], retained: Retained, now: number): Planned[] {
  const isOut = ({ id }: OutbreakRow) => retained.get(id)?.state === 'open';
  const told = rows
    .filter(({ homes_mailed: mailed }) => mailed >= K)
    // Those that are out stay so, or one would push another out and back.
    .sort((a, b) => Number(isOut(b)) - Number(isOut(a)) || b.homes_mailed - a.homes_mailed || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_WARNINGS);
  const wanted = new Set(told.map(({ id }) => id));
  return [
    ...told.flatMap((row) => plannedFor(row, retained.get(row.id) ?? null, now) ?? []),
    ...[...retained].flatMap(([id, known]): Planned[] => {
      if (wanted.has(id)) return [];
      if (known === null) return [{ id, warning: null, why: 'cleared' }];
      return known.state === 'open'
        ? [{ id, warning: { ...known, ...issued(known, now), state: 'ended' }, why: 'end' }]
        : [];
    }),
  ];
}

function plannedFor(row: OutbreakRow, known: Warning | null, now: number): Planned | null {
  const warning = { ...warningOf(row), ...issued(known, now) };
  if (known === null || known.state === 'ended') return { id: row.id, warning, why: 'new' };
  // A database from a backup is behind what homes have heard, and goes on from there: what is issued later counts.
  if (row.revision !== known.revision) return { id: row.id, warning, why: 'edition' };
  const age = now - Date.parse(known.issuedAt);
  return age >= RENEWED_AFTER ? { id: row.id, warning, why: 'renewal' } : null;
}

/** Later than what is known, whichever clock said so, and holding for at least as long: an end outlasts what it ends. */
function issued(known: Warning | null, now: number): Pick<Warning, 'issuedAt' | 'expiresAt'> {
  const at = known === null ? now : Math.max(now, Date.parse(known.issuedAt) + 1);
  const until = Math.max(at + VALID, known === null ? 0 : Date.parse(known.expiresAt));
  return { issuedAt: new Date(at).toISOString(), expiresAt: new Date(until).toISOString() };
}

function warningOf(row: OutbreakRow): Omit<Warning, 'issuedAt' | 'expiresAt'> {
  return {
    id: row.id,
    revision: row.revision,
    state: 'open',
    backend: row.backend,
    role: row.role as Warning['role'],
    groups: row.families.map(groupOf),
    homes: { mailed: row.homes_mailed, exposed: row.homes_exposed },
    firstSeen: row.first_seen.toISOString(),
    lift: { value: row.lift, low: row.lift_low, high: row.lift_high },
    alike: row.alike,
  };
}

/** From what statistics call it, `groupOf` in record.ts: a family, `? maker`, or `?`. */
function groupOf(name: string): Warning['groups'][number] {
  if (name === '?') return { family: null, vendor: null };
  return name.startsWith('? ') ? { family: null, vendor: name.slice(2) } : { family: name, vendor: null };
}
