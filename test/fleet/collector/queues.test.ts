// The two queues of what is to be added to sums are vacuumed by what is dead in them, where the database knows how to be told so; another
// one takes the migration all the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FleetDatabase, migrate, migrations, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { PostgresServer } from '../support/postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server?.remove());

const optionsOf = async (db: FleetDatabase): Promise<unknown[]> =>
  (
    await db.query(
      "SELECT relname AS name, reloptions AS options FROM pg_class WHERE relname IN ('outbreak_deltas', 'incident_deltas') ORDER BY 1",
    )
  ).rows;

it('PostgreSQL vacuums them by a number of rows, and without pauses', async () => {
  const db = await openDatabase(await server.makeDatabase('knows'));
  try {
    await migrate(db);
    const options = [
      ...['autovacuum_vacuum_scale_factor=0', 'autovacuum_vacuum_threshold=2000', 'autovacuum_analyze_scale_factor=0'],
      ...['autovacuum_analyze_threshold=2000', 'autovacuum_vacuum_cost_delay=0'],
    ];
    expect(await optionsOf(db)).toEqual([
      { name: 'incident_deltas', options },
      { name: 'outbreak_deltas', options },
    ]);
  } finally {
    await db.close();
  }
});

it.each(['feature_not_supported', 'invalid_parameter_value', 'undefined_object', 'syntax_error'])(
  'a database that answers with %s goes on without',
  async (state) => {
    const db = await openDatabase(await server.makeDatabase(`other_${state}`));
    try {
      const number = migrations().findIndex(({ name }) => name === 'queues');
      await migrate(db, migrations().slice(0, number));
      await db.query(`CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no such parameter' USING ERRCODE = '${state}'; END $$`);
      await db.query(
        "CREATE EVENT TRIGGER other ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()",
      );
      expect(await migrate(db)).toContain(number + 1);
      expect(await optionsOf(db)).toEqual([
        { name: 'incident_deltas', options: null },
        { name: 'outbreak_deltas', options: null },
      ]);
    } finally {
      await db.close();
    }
  },
);
