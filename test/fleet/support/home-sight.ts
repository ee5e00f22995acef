// Which days of each home were good ones, worked out anew where a test writes coverage past the collector.
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';

/** As migration 006 does. */
export async function judgeSightAnew(db: FleetDatabase): Promise<void> {
  await db.query(
    `UPDATE homes SET good_days = good.days
      FROM (SELECT home, array_agg(day ORDER BY day) AS days FROM coverage
        WHERE day >= (now() AT TIME ZONE 'UTC')::date - 12 AND vantage LIKE 'lan-%' AND hours_seen >= 12 GROUP BY home) AS good
      WHERE homes.home = good.home`,
  );
}
