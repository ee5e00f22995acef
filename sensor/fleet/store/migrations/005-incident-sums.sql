-- In how many homes there were incidents, by family and by the backends before them, day by day and week by week: kept as incidents are
-- stored, so that the desk adds up a few rows and counts no homes. Worked out from the incidents; emptied, they can be counted again as
-- below. No collector of a program before this one may store beside it: it would not count.

-- What each home counts as, from its incidents alone. It counts once in a cell, however many incidents it had there; and in the newest of
-- its cells of a name a second time, as `latest`: so the homes of a whole time are those whose newest cell lies within it. Asked for some
-- homes it reads their rows alone. What is about the home itself has no family, and is no incident of a device.
CREATE VIEW incident_cells AS
SELECT home, counted_by, name, bucket, start, 1 AS homes,
  CASE WHEN start = max(start) OVER own THEN 1 ELSE 0 END AS latest,
  CASE WHEN is_mail THEN 1 ELSE 0 END AS mail_homes,
  CASE WHEN is_mail AND start = max(CASE WHEN is_mail THEN start END) OVER own THEN 1 ELSE 0 END AS mail_latest
FROM (
  SELECT home, counted_by, name, bucket, date_trunc(bucket, started_at AT TIME ZONE 'UTC')::date AS start,
    bool_or(kind IN ('mail_started', 'submission_started')) AS is_mail
  FROM (
    SELECT home, kind, started_at, 'all' AS counted_by, '' AS name FROM incidents WHERE family IS NOT NULL
    UNION ALL
    SELECT home, kind, started_at, 'family', family FROM incidents WHERE family IS NOT NULL
    UNION ALL
    SELECT home, kind, started_at, 'backend', step->>'backend' FROM incidents, jsonb_array_elements(before) AS step
    WHERE family IS NOT NULL AND step->>'backend' IS NOT NULL
  ) AS told CROSS JOIN (VALUES ('day'), ('week')) AS buckets (bucket)
  GROUP BY home, counted_by, name, bucket, date_trunc(bucket, started_at AT TIME ZONE 'UTC')
) AS cells
WINDOW own AS (PARTITION BY home, counted_by, name, bucket);

-- What collectors found to be added, not yet added: nobody waits for a lock on a sum. By a random id.
CREATE TABLE incident_deltas (
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  counted_by  text NOT NULL,
  bucket      text NOT NULL,
  start       date NOT NULL,
  homes       integer NOT NULL,
  latest      integer NOT NULL,
  mail_homes  integer NOT NULL,
  mail_latest integer NOT NULL
);

CREATE TABLE incident_sums (
  -- A family or a backend; empty for all homes together.
  name        text NOT NULL,
  counted_by  text NOT NULL CHECK (counted_by IN ('all', 'family', 'backend')),
  bucket      text NOT NULL CHECK (bucket IN ('day', 'week')),
  -- First day of the bucket, UTC.
  start       date NOT NULL,
  -- Homes with such an incident in the bucket, and those of which it is the newest of that name.
  homes       integer NOT NULL,
  latest      integer NOT NULL,
  -- The same for incidents of mail alone.
  mail_homes  integer NOT NULL,
  mail_latest integer NOT NULL,
  PRIMARY KEY (name, counted_by, bucket, start)
);
CREATE INDEX incident_sums_shown ON incident_sums (bucket, start, counted_by);
CREATE INDEX incident_sums_empty ON incident_sums (name) WHERE homes = 0 AND latest = 0 AND mail_homes = 0 AND mail_latest = 0;

INSERT INTO incident_sums (name, counted_by, bucket, start, homes, latest, mail_homes, mail_latest)
SELECT name, counted_by, bucket, start, sum(homes), sum(latest), sum(mail_homes), sum(mail_latest) FROM incident_cells
WHERE start >= (now() AT TIME ZONE 'UTC')::date - CASE bucket WHEN 'day' THEN 40 ELSE 200 END
GROUP BY name, counted_by, bucket, start;
