-- On which of the last days a home was seen well, kept beside the home: whether it is blind is read off its own row, and not counted out of
-- as many days for each home that a list looks at.

-- UTC, in order: days of twelve hours or more with the traffic of others in sight. Those older than it takes to call a home blind go when
-- the home tells of another day.
ALTER TABLE homes ADD COLUMN good_days date[] NOT NULL DEFAULT '{}';

UPDATE homes SET good_days = good.days
FROM (SELECT home, array_agg(day ORDER BY day) AS days FROM coverage
  WHERE day >= (now() AT TIME ZONE 'UTC')::date - 12 AND vantage LIKE 'lan-%' AND hours_seen >= 12 GROUP BY home) AS good
WHERE homes.home = good.home AND homes.state <> 'withdrawn';

GRANT UPDATE (good_days) ON homes TO fleet_collector;

-- The count over all homes was what it was for.
DROP INDEX coverage_by_day;
