-- Who may do what, and what is kept for how long. Whoever migrates owns the tables; collectors and desks log in as members of the two
-- roles below, which cannot log in themselves. Tried on PostgreSQL; Citus and YugabyteDB take it by their manuals, CockroachDB has neither
-- these partitions nor these blocks: there roles are made by hand, and rows expire by its own row-level TTL.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fleet_collector') THEN
    CREATE ROLE fleet_collector NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fleet_desk') THEN
    CREATE ROLE fleet_desk NOLOGIN;
  END IF;
EXCEPTION
  -- Roles belong to the whole server: another fleet's database on it made them this moment.
  WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO fleet_collector, fleet_desk;

-- The desk reads.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO fleet_desk;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO fleet_desk;

-- A collector writes what homes report. It enrols nobody, and takes nobody's revocation back.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fleet_collector;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fleet_collector;
REVOKE INSERT, UPDATE, DELETE ON migrations, homes FROM fleet_collector;
GRANT UPDATE (state, label, last_seen, version, version_day) ON homes TO fleet_collector;

-- A withdrawn home never comes back, nor does a revoked one become active by a collector's hand.
CREATE FUNCTION fleet_keep_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'home % is %, and stays so', OLD.home, OLD.state USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER homes_that_left BEFORE UPDATE OF state ON homes FOR EACH ROW
  WHEN (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn' OR OLD.state = 'revoked' AND NEW.state = 'active')
  EXECUTE FUNCTION fleet_keep_left();

-- Makes the partitions from the oldest month that is kept to `ahead` months from now, drops those before, and deletes what is older in the
-- tables that have none. Runs with its owner's rights, so that a collector can have it done and do no more than that.
CREATE FUNCTION fleet_maintain(ahead integer, kept integer) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
  oldest     date;
  first_day  date;
  parent     text;
  old        text;
BEGIN
  IF ahead NOT BETWEEN 1 AND 24 OR kept NOT BETWEEN 2 AND 120 THEN
    RAISE EXCEPTION 'months ahead are 1 to 24, months kept 2 to 120' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  oldest := this_month - make_interval(months => kept);
  -- Whoever comes second finds it done.
  PERFORM pg_advisory_xact_lock(7451002);
  FOREACH parent IN ARRAY ARRAY['records', 'coverage'] LOOP
    FOR n IN 0 .. kept + ahead LOOP
      first_day := oldest + make_interval(months => n);
      IF to_regclass(format('%s_%s', parent, to_char(first_day, 'YYYY_MM'))) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          format('%s_%s', parent, to_char(first_day, 'YYYY_MM')), parent, first_day, (first_day + interval '1 month')::date);
      END IF;
    END LOOP;
    FOR old IN
      SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = parent::regclass AND child.relname < format('%s_%s', parent, to_char(oldest, 'YYYY_MM'))
    LOOP
      EXECUTE format('DROP TABLE %I', old);
    END LOOP;
  END LOOP;
  DELETE FROM incidents WHERE started_at < oldest AND last_at < oldest;
  DELETE FROM exposure WHERE last_day < oldest;
  DELETE FROM families WHERE last_day < oldest;
  DELETE FROM intake WHERE day < (now() AT TIME ZONE 'UTC')::date - 31;
END $$;
REVOKE ALL ON FUNCTION fleet_maintain(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet_maintain(integer, integer) TO fleet_collector;

SELECT fleet_maintain(2, 13);
