// How many homes there are, how many are blind, and on which versions: told in fives, reckoned now and then for all who ask.
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { dayOf, lastDays } from './days.ts';
import { GOOD, goodDays } from './homes.ts';
import { inFives } from './rounding.ts';
import type { SummaryAnswer } from './shapes.ts';

const VERSIONS = 20;

/** @param now wall time, ms */
export async function summary(db: Queryable, now: number): Promise<SummaryAnswer> {
  const versions = await db.query<{ version: string | null; homes: string; seeing: string }>(
    `SELECT version, count(*) AS homes, count(CASE WHEN ${goodDays('$1', '$2')} >= ${GOOD.days} THEN 1 END) AS seeing
      FROM homes WHERE state = 'active' GROUP BY version`,
    [lastDays(now, GOOD.of + 1)[0], dayOf(now)],
  );
  const homes = versions.rows.reduce((sum, row) => sum + Number(row.homes), 0);
  const seeing = versions.rows.reduce((sum, row) => sum + Number(row.seeing), 0);
  const told = versions.rows.flatMap((row) => {
    const count = Number(row.homes);
    return row.version === null || count < K ? [] : [{ version: row.version, homes: inFives(count) }];
  });
  return {
    at: new Date(now).toISOString(),
    homes: inFives(homes),
    blind: inFives(homes - seeing),
    versions: told
      .sort((a, b) => (b.homes ?? 0) - (a.homes ?? 0) || a.version.localeCompare(b.version))
      .slice(0, VERSIONS),
  };
}
