// A home leaves the fleet: what was stored of it is deleted, and what counted of it counts no more.
import { tally } from '../outbreak/tally.ts';
import type { Queryable } from './database.ts';
import { uncountIncidents } from './incident-sums.ts';

/** Of what homes reported; whatever outbreaks are counted by, `tally` knows. */
const TABLES = ['records', 'coverage', 'incidents', 'exposure', 'families', 'intake'];

/**
 * Within the caller's transaction; the caller has locked the homes' rows. What stays is the row that says that it left, without its label,
 * so that what is delivered again later finds no home.
 */
export async function removeHomes(
  tx: Queryable,
  homes: readonly string[],
  state: 'withdrawn' | 'revoked',
): Promise<void> {
  if (homes.length === 0) return;
  await uncountIncidents(tx, homes, new Date());
  for (const table of TABLES) await tx.query(`DELETE FROM ${table} WHERE home = ANY($1)`, [homes]);
  await tx.query(
    `UPDATE homes SET state = $2, last_seen = NULL, version = NULL, version_day = NULL, good_days = '{}',
       label = CASE WHEN $2 = 'withdrawn' THEN NULL ELSE label END
     WHERE home = ANY($1)`,
    [homes, state],
  );
  await tally(
    tx,
    [...homes].sort().map((home) => ({ home, kind: 'gone' as const })),
  );
}
