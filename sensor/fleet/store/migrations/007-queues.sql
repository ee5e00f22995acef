-- The two queues of what is to be added to sums are empty most of the time, and hold millions of rows after many homes came at once. By its
-- defaults PostgreSQL vacuums a table when a fifth of what it held when it was last looked at is dead, in small steps with pauses; each
-- round reads what is dead. For a queue a fixed number of rows fits better than a share of its largest size, and no pauses, as it is
-- short again afterwards. PostgreSQL 15's manual, 25.1.6 and "Storage Parameters" of CREATE TABLE:
-- https://www.postgresql.org/docs/15/routine-vacuuming.html#AUTOVACUUM
-- It is no cure: vacuum looks by once a minute (autovacuum_naptime), and after 400,000 rows at once it came then with these and without.
-- A relative that knows none of these parameters goes on without them.
DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['outbreak_deltas', 'incident_deltas'] LOOP
    EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
      autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_cost_delay = 0)', queue);
  END LOOP;
EXCEPTION
  WHEN feature_not_supported OR invalid_parameter_value OR undefined_object OR syntax_error THEN
    RAISE NOTICE 'this database vacuums in its own way: %', SQLERRM;
END $$;
