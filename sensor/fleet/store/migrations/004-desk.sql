-- What the desk asks for: homes in the order of their names, and how the homes were seen on some days.

-- By the bytes of the name, so that a page goes on at the same place on every machine, whatever its language sorts like.
CREATE INDEX homes_by_name ON homes ((lower(coalesce(label, home)) COLLATE "C"), home);
CREATE INDEX coverage_by_day ON coverage (day, home) INCLUDE (vantage, hours_seen);
