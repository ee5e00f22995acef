// How many homes there are, how many are blind, and on which versions: told in fives, reckoned now and then for all who ask.
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { dayOf, lastDays } from './days.ts';
import { inFives } from './rounding.ts';
import type { SummaryAnswer } from './shapes.ts';

const VERSIONS = 20;

/** @param now wall time, ms */
export async function summary(db: Queryable, now: number): Promise<SummaryAnswer> {
  const versions = await db.query<{ version: string | null; homes: string }>(
    `SELECT version, count(*) AS homes FROM homes WHERE state = 'active' GROUP BY version`,
  );
  const seeing = await db.query<{ homes: string }>(
    `SELECT count(*) AS homes FROM (SELECT coverage.home FROM coverage JOIN homes ON homes.home = coverage.home AND state = 'active'
      WHERE day >= $1 AND day < $2 AND vantage LIKE 'lan-%' AND hours_seen >= 12 GROUP BY coverage.home HAVING count(*) >= 4) good`,
    [lastDays(now, 8)[0], dayOf(now)],
  );
  const homes = versions.rows.reduce((sum, row) => sum + Number(row.homes), 0);
  const told = versions.rows.flatMap((row) => {
    const count = Number(row.homes);
    return row.version === null || count < K ? [] : [{ version: row.version, homes: inFives(count) }];
  });
  return {
    at: new Date(now).toISOString(),
    homes: inFives(homes),
    blind: inFives(homes - Number(seeing.rows[0]?.homes ?? 0)),
    versions: told
      .sort((a, b) => (b.homes ?? 0) - (a.homes ?? 0) || a.version.localeCompare(b.version))
      .slice(0, VERSIONS),
  };
}
