// In how many homes there were incidents, by family and by backend before them, day by day or week by week. Homes are counted, not
// incidents: a home counts once in each cell, so that no single one shows through, however often its device tries. The sums are kept by
// whoever stores incidents (sensor/fleet/store/incident-sums.ts).
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { lastDays, lastWeeks } from './days.ts';
import { inFives } from './rounding.ts';
import type { Bucket, IncidentSeries, IncidentsAnswer, IncidentsBy, IncidentsKind } from './shapes.ts';

const SERIES = 40;
const BUCKETS: Record<Bucket, number> = { day: 30, week: 26 };
/** In the table of sums. */
const COUNTS = { all: ['homes', 'latest'], mail: ['mail_homes', 'mail_latest'] } as const;

export interface IncidentsQuestion {
  by: IncidentsBy;
  bucket: Bucket;
  kind: IncidentsKind;
}

interface Cell {
  /** Null: the whole time. */
  start: string | null;
  name: string;
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
  const [homes, latest] = COUNTS[kind];
  // Each home is the latest of one cell: of those within the time it is counted in the whole. What waits to be added is told as well.
  const told = `told AS MATERIALIZED (
    SELECT start, name, sum(${homes}) AS homes, sum(${latest}) AS latest FROM (
      SELECT start, name, ${homes}, ${latest} FROM incident_sums WHERE bucket = $1 AND start >= $2 AND counted_by = $3
      UNION ALL SELECT start, name, ${homes}, ${latest} FROM incident_deltas WHERE bucket = $1 AND start >= $2 AND counted_by = $3
    ) AS sums GROUP BY start, name)`;
  const all = await db.query<Cell>(
    `WITH ${told} SELECT start, name, homes FROM told
      UNION ALL SELECT NULL, '', coalesce(sum(latest), 0) FROM told`,
    [bucket, starts[0], 'all'],
  );
  // The first are chosen by what is told: the order of what is not must not be told either.
  const named = await db.query<Cell>(
    `WITH ${told}, first AS (SELECT name, sum(latest) AS homes FROM told GROUP BY name
      HAVING sum(latest) >= ${K} ORDER BY floor(sum(latest) / ${K}.0) DESC, name COLLATE "C" LIMIT ${SERIES})
    SELECT start, told.name, told.homes FROM told JOIN first ON first.name = told.name WHERE told.homes >= ${K}
    UNION ALL SELECT NULL, name, homes FROM first`,
    [bucket, starts[0], by],
  );
  const series = [...seriesOf(named.rows, starts).values()];
  series.sort((one, other) => (other.homes ?? 0) - (one.homes ?? 0) || (one.name < other.name ? -1 : 1));
  const none = { name: '', homes: null, counts: starts.map(() => null) };
  const together = seriesOf(all.rows, starts).get('') ?? none;
  return { by, bucket, kind, at: new Date(now).toISOString(), starts, all: together, series };
}

function seriesOf(cells: readonly Cell[], starts: readonly string[]): Map<string, IncidentSeries> {
  const place = new Map(starts.map((day, index) => [day, index]));
  const series = new Map<string, IncidentSeries>();
  for (const { homes, name, start } of cells) {
    const own = series.get(name) ?? { name, homes: null, counts: starts.map(() => null) };
    series.set(name, own);
    const told = inFives(Number(homes));
    const index = start === null ? undefined : place.get(start);
    if (start === null) own.homes = told;
    // A clock at home that is ahead can report an incident of tomorrow.
    else if (index !== undefined) own.counts[index] = told;
  }
  return series;
}
