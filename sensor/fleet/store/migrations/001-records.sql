-- What homes reported. Every table's key begins with the home, so that a distributed relative of PostgreSQL can lay it out by a
-- hash of the home; there are no sequences, and nothing refers to another home's rows.

CREATE TABLE homes (
  home        text PRIMARY KEY,
  -- Whoever enrolled it says so; reports of a home that is not here go to the dead letters.
  state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked', 'withdrawn')),
  -- What its operator calls it; never sent by the home.
  label       text,
  -- Its credentials at the NATS servers, to revoke them by.
  credential  text NOT NULL,
  enrolled_at timestamptz NOT NULL,
  -- When the servers last took a record of it, to ten minutes.
  last_seen   timestamptz,
  -- What it ran on the newest day that it told of.
  version     text,
  version_day date
);

-- Each record as it came, for what the desk shows of one home and for recounting; dropped by the month.
CREATE TABLE records (
  home        text NOT NULL,
  -- First day of the month that it is about: of its day, or of the incident's beginning.
  month       date NOT NULL,
  id          text NOT NULL,
  revision    bigint NOT NULL,
  kind        text NOT NULL,
  received_at timestamptz NOT NULL,
  body        jsonb NOT NULL,
  PRIMARY KEY (home, month, id)
) PARTITION BY RANGE (month);

-- How much of each day a home was seen: a blind home is no healthy home.
CREATE TABLE coverage (
  home         text NOT NULL,
  day          date NOT NULL,
  vantage      text NOT NULL,
  hours_seen   real NOT NULL,
  loss_percent real,
  revision     bigint NOT NULL,
  PRIMARY KEY (home, day)
) PARTITION BY RANGE (day);

CREATE TABLE incidents (
  home       text NOT NULL,
  incident   text NOT NULL,
  kind       text NOT NULL,
  severity   text NOT NULL,
  -- `groupOf` of its device: a family, `? maker`, or `?`; null for what is about the home.
  family     text,
  class      text,
  device     text,
  started_at timestamptz NOT NULL,
  last_at    timestamptz NOT NULL,
  attempts   integer,
  messages   integer,
  -- Chain steps as reported, newest first.
  before     jsonb NOT NULL,
  revision   bigint NOT NULL,
  PRIMARY KEY (home, incident)
);
CREATE INDEX incidents_by_time ON incidents (started_at);

-- What the devices of a family in a home were seen to use, over all days; `devices` on the last of them.
CREATE TABLE exposure (
  home      text NOT NULL,
  family    text NOT NULL,
  backend   text NOT NULL,
  role      text NOT NULL,
  first_day date NOT NULL,
  last_day  date NOT NULL,
  devices   integer NOT NULL,
  PRIMARY KEY (home, family, backend)
);
CREATE INDEX exposure_by_backend ON exposure (backend, family);

-- Which families a home has; `devices` on the last day.
CREATE TABLE families (
  home      text NOT NULL,
  family    text NOT NULL,
  class     text NOT NULL,
  first_day date NOT NULL,
  last_day  date NOT NULL,
  devices   integer NOT NULL,
  PRIMARY KEY (home, family)
);

-- How much of a home was taken on a day (UTC, as the servers dated it), and refused as too much: the bound on one that floods.
CREATE TABLE intake (
  home      text NOT NULL,
  day       date NOT NULL,
  records   integer NOT NULL,
  octets    bigint NOT NULL,
  exposures integer NOT NULL,
  refused   integer NOT NULL,
  PRIMARY KEY (home, day)
);
