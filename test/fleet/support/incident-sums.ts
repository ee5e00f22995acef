// The sums of incidents over time in a test's database: counted anew where a test writes incidents past the collector, and as they are kept.
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';

const COUNTS = 'homes, latest, mail_homes, mail_latest';
const SUMMED = COUNTS.replace(/\w+/g, (name) => `sum(${name})::integer AS ${name}`);

/** As migration 005 does. */
export async function countIncidentsAnew(db: FleetDatabase): Promise<void> {
  await db.query('DELETE FROM incident_deltas');
  await db.query('DELETE FROM incident_sums');
  await db.query(
    `INSERT INTO incident_sums (name, counted_by, bucket, start, ${COUNTS})
      SELECT name, counted_by, bucket, start, ${SUMMED} FROM incident_cells
      WHERE start >= (now() AT TIME ZONE 'UTC')::date - CASE bucket WHEN 'day' THEN 40 ELSE 200 END GROUP BY 1, 2, 3, 4`,
  );
}

/** One line for each cell in which anybody is: `day backend 2026-11-30 updates.example: 3 2 1 1`. What waits is added. */
export async function keptSums(db: FleetDatabase): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `SELECT concat_ws(' ', bucket, counted_by, start, name) || ': ' || concat_ws(' ', ${COUNTS}) AS line
      FROM (SELECT bucket, counted_by, start, name, ${SUMMED}
        FROM (SELECT bucket, counted_by, start, name, ${COUNTS} FROM incident_sums
          UNION ALL SELECT bucket, counted_by, start, name, ${COUNTS} FROM incident_deltas) AS kept GROUP BY 1, 2, 3, 4) AS sums
      WHERE homes <> 0 OR latest <> 0 OR mail_homes <> 0 OR mail_latest <> 0`,
  );
  return rows.map(({ line }) => line).sort();
}
