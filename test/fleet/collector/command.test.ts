// `thingwatch fleet collect` as a service runs it: what it says of a fleet that was not set up, that it waits for servers, and how it ends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../sensor/fleet/store/database.ts';
import { isoDay } from '../../../sensor/fleet/store/retention.ts';
import { MQTT_STREAM } from '../../../sensor/fleet/topics.ts';
import { ensureBuilt, Program } from '../../program/program.ts';
import { until } from '../support/place.ts';
import { coverageRecord, homeId } from '../support/records.ts';
import { FleetStage } from '../support/stage.ts';

let stage: FleetStage;
let directory: string;
let running: Program | null = null;

beforeAll(async () => {
  await ensureBuilt();
  stage = await FleetStage.start({ nodes: 1 });
  directory = await stage.directory();
});

afterEach(async () => {
  await running?.kill();
  running = null;
});

afterAll(() => stage?.remove());

function start(): Program {
  running = Program.start(['fleet', 'collect', '--dir', directory]);
  return running;
}

it('waits for the database, stores, and ends with 0 on SIGTERM', async () => {
  const home = await stage.home(homeId(1));
  await home.send(coverageRecord(isoDay(new Date(Date.now() - 86_400_000))));
  await stage.postgres.kill();
  const collector = start();
  await collector.says(/waits for the servers: /);
  await stage.postgres.run();
  await collector.says(/collects from nats:/);
  await until(
    () => collector.stderr,
    async () => (await stage.count('records')) === 1,
  );
  await home.end();
  const { code, stderr } = await collector.stop();
  expect(code).toBe(0);
  expect(stderr).toMatch(/collector: 1 records stored/);
  expect(stderr).not.toMatch(/postgres:\/\/|SU[A-Z2-7]{20}|eyJ/);
}, 60_000);

it('says what is missing in the database, and where that is put right', async () => {
  const owner = await openDatabase(stage.postgres.url('fleet'));
  await owner.query('DELETE FROM migrations WHERE number = 3');
  const { code, stderr } = await start().ended;
  await owner.query("INSERT INTO migrations VALUES (3, 'rights', now())");
  await owner.close();
  expect(code).toBe(2);
  expect(stderr).toMatch(/the database lacks 1 of the steps .*first: 3 rights/);
  expect(stderr).toContain('npm run fleet');
});

it('says what is missing at the NATS servers: records would be lost', async () => {
  const manager = await stage.nats.manager(stage.connection);
  await manager.consumers.delete(MQTT_STREAM, 'collector');
  const { code, stderr } = await start().ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/the NATS servers lack its consumer "collector".*would be lost/);
  await stage.setUp();
});

it('says that the servers do not take its credentials', async () => {
  const stranger = await FleetStage.start({ nodes: 1 });
  const { creds } = await stranger.nats.serviceCredential();
  await stranger.remove();
  writeFileSync(join(directory, 'services/collector.creds'), creds);
  const { code, stderr } = await start().ended;
  writeFileSync(join(directory, 'services/collector.creds'), (await stage.nats.serviceCredential()).creds);
  expect(code).toBe(2);
  expect(stderr).toContain('do not take');
}, 60_000);

it('waits for the NATS servers, and can be stopped meanwhile', async () => {
  await stage.nats.kill(0);
  const collector = start();
  await collector.says(/waits for the NATS servers: /);
  expect((await collector.stop()).code).toBe(0);
  const second = start();
  await second.says(/waits for the NATS servers: /);
  await stage.nats.run(0);
  await second.says(/collects from nats:/);
  expect((await second.stop()).code).toBe(0);
}, 60_000);
