// In how many homes there were incidents, by family and by backend before them, day by day or week by week. Homes are counted, not
// incidents: a home counts once in each cell, so that no single one shows through, however often its device tries.
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { lastDays, lastWeeks } from './days.ts';
import { inFives } from './rounding.ts';
import type { Bucket, IncidentSeries, IncidentsAnswer, IncidentsBy, IncidentsKind } from './shapes.ts';

const SERIES = 40;
const BUCKETS: Record<Bucket, number> = { day: 30, week: 26 };
const MAIL_KINDS = ['mail_started', 'submission_started'];

export interface IncidentsQuestion {
  by: IncidentsBy;
  bucket: Bucket;
  kind: IncidentsKind;
}

interface Cell {
  /** Null: the whole time. */
  start: string | null;
  /** Null: any. */
  name: string | null;
  homes: string;
}

/** What is about a home itself has no family, and is no incident of a device. @param now wall time, ms */
export async function incidentsOverTime(
  db: Queryable,
  question: IncidentsQuestion,
  now: number,
): Promise<IncidentsAnswer> {
  const { bucket, by, kind } = question;
  const starts = (bucket === 'day' ? lastDays : lastWeeks)(now, BUCKETS[bucket]);
  const values = [`${starts[0]}T00:00:00Z`, ...(kind === 'mail' ? [MAIL_KINDS] : [])];
  const wanted = `started_at >= $1 AND family IS NOT NULL ${kind === 'mail' ? 'AND kind = ANY($2)' : ''}`;
  const start = `date_trunc('${bucket}', started_at AT TIME ZONE 'UTC')::date`;
  const [name, steps] = by === 'family' ? ['family', ''] : [`step->>'backend'`, ', jsonb_array_elements(before) step'];
  const all = await db.query<Cell>(
    `WITH hit AS MATERIALIZED (SELECT home, ${start} AS start FROM incidents WHERE ${wanted} GROUP BY 1, 2)
    SELECT start, NULL AS name, count(*) AS homes FROM hit GROUP BY start
    UNION ALL SELECT NULL, NULL, count(*) FROM (SELECT home FROM hit GROUP BY 1) one`,
    values,
  );
  // Grouped twice rather than counted DISTINCT, which sorts. The first are chosen by what is told: the order of what is not must not be
  // told either.
  const named = await db.query<Cell>(
    `WITH hit AS MATERIALIZED (SELECT home, ${start} AS start, ${name} AS name FROM incidents${steps} WHERE ${wanted} GROUP BY 1, 2, 3),
    first AS MATERIALIZED (SELECT name, count(*) AS homes FROM (SELECT name, home FROM hit GROUP BY 1, 2) one GROUP BY name
      HAVING count(*) >= ${K} ORDER BY floor(count(*) / ${K}.0) DESC, name COLLATE "C" LIMIT ${SERIES})
    SELECT start, hit.name, count(*) AS homes FROM hit JOIN first ON first.name = hit.name GROUP BY 1, 2 HAVING count(*) >= ${K}
    UNION ALL SELECT NULL, name, homes FROM first`,
    values,
  );
  const series = [...seriesOf(named.rows, starts).values()];
  series.sort((one, other) => (other.homes ?? 0) - (one.homes ?? 0) || (one.name < other.name ? -1 : 1));
  const none = { name: '', homes: null, counts: starts.map(() => null) };
  const together = seriesOf(all.rows, starts).get(null) ?? none;
  return { by, bucket, kind, at: new Date(now).toISOString(), starts, all: together, series };
}

function seriesOf(cells: readonly Cell[], starts: readonly string[]): Map<string | null, IncidentSeries> {
  const place = new Map(starts.map((day, index) => [day, index]));
  const series = new Map<string | null, IncidentSeries>();
  for (const { homes, name, start } of cells) {
    const own = series.get(name) ?? { name: name ?? '', homes: null, counts: starts.map(() => null) };
    series.set(name, own);
    const told = inFives(Number(homes));
    const index = start === null ? undefined : place.get(start);
    if (start === null) own.homes = told;
    // A clock at home that is ahead can report an incident of tomorrow.
    else if (index !== undefined) own.counts[index] = told;
  }
  return series;
}
