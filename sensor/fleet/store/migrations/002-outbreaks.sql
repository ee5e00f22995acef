-- The count across homes. What one home was counted as lies by the home; the sums lie by the backend. No sequences, no references.
-- The sums are worked out from the homes' rows; dropped, they can be counted again.

-- Where a home stands for a family ('*': all its things) and a backend ('': the family itself). See outbreak/standing.ts.
CREATE TABLE outbreak_cells (
  home          text NOT NULL,
  grp           text NOT NULL,
  backend       text NOT NULL,
  -- 0 unknown, 1 store, 2 update.
  role          smallint NOT NULL,
  standing      text NOT NULL,
  -- When the fleet first heard of the use, and of the mail: a claim that came with both at once is weak.
  heard_on      date NOT NULL,
  mail_heard_on date,
  incubation    integer NOT NULL,
  PRIMARY KEY (home, grp, backend)
);
CREATE INDEX outbreak_cells_mailed ON outbreak_cells (backend, grp) WHERE standing IN ('after', 'weak');

CREATE TABLE outbreak_homes (
  home       text PRIMARY KEY,
  counted_on date NOT NULL,
  -- The newest day that was counted as a good one.
  good_on    date
);
CREATE INDEX outbreak_homes_by_day ON outbreak_homes (counted_on);

-- What collectors found to be added to the sums, not yet added: nobody waits for a lock on a sum. By a random id.
CREATE TABLE outbreak_deltas (
  id         uuid PRIMARY KEY,
  grp        text NOT NULL,
  backend    text NOT NULL,
  role       smallint NOT NULL,
  heard_on   date NOT NULL,
  exposed    integer NOT NULL,
  healthy    integer NOT NULL,
  long       integer NOT NULL,
  day        date,
  after      integer NOT NULL,
  weak       integer NOT NULL,
  young      integer NOT NULL,
  before     integer NOT NULL,
  incubation integer NOT NULL
);

-- Homes, summed; see outbreak/counters.ts.
CREATE TABLE outbreak_counters (
  backend    text NOT NULL,
  grp        text NOT NULL,
  role       smallint NOT NULL,
  exposed    integer NOT NULL,
  healthy    integer NOT NULL,
  long       integer NOT NULL,
  -- Homes in which mail began after contact, over all days.
  mailed     integer NOT NULL,
  since      date NOT NULL,
  is_changed boolean NOT NULL,
  PRIMARY KEY (backend, grp)
);
CREATE INDEX outbreak_counters_changed ON outbreak_counters (backend) WHERE is_changed;
CREATE INDEX outbreak_counters_tested ON outbreak_counters (backend, grp) WHERE exposed >= 5;
CREATE INDEX outbreak_counters_mailed ON outbreak_counters (backend, grp) WHERE mailed >= 5;

CREATE TABLE outbreak_days (
  backend    text NOT NULL,
  grp        text NOT NULL,
  day        date NOT NULL,
  after      integer NOT NULL,
  weak       integer NOT NULL,
  young      integer NOT NULL,
  before     integer NOT NULL,
  incubation integer NOT NULL,
  PRIMARY KEY (backend, grp, day)
);

CREATE TABLE outbreaks (
  id            text PRIMARY KEY,
  backend       text NOT NULL,
  role          text NOT NULL,
  -- Groups, as in `incidents.family`; an empty list means all things.
  families      jsonb NOT NULL,
  homes_mailed  integer NOT NULL,
  -- Homes that use it and can be judged, those that mailed among them.
  homes_exposed integer NOT NULL,
  -- Things that mailed.
  devices       integer NOT NULL,
  -- When the first of them did.
  first_seen    timestamptz NOT NULL,
  lift          double precision NOT NULL,
  lift_low      double precision NOT NULL,
  lift_high     double precision,
  -- Fisher's, corrected for the number of backends.
  p             double precision NOT NULL,
  -- Backends that explain as much.
  alike         jsonb NOT NULL,
  -- [{ what, homes }]: homes is null below five.
  against       jsonb NOT NULL,
  state         text NOT NULL CHECK (state IN ('open', 'ended')),
  opened_at     timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  -- The day on which the last of its homes was heard of.
  last_day      date NOT NULL,
  revision      integer NOT NULL
);
CREATE INDEX outbreaks_by_state ON outbreaks (state, updated_at);
