// What the fleet promises: records in are records stored, none lost and none twice, whatever is killed. And that this test could fail:
// without replication, the same loss of a disk loses records.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ensureBuilt } from '../../program/program.ts';
import { FleetStage } from '../support/stage.ts';
import { Ordeal, RECORDS_OF_A_HOME, type Reckoning, table } from './ordeal.ts';

const results: Record<string, Reckoning> = {};
let stage: FleetStage | null = null;
let ordeal: Ordeal | null = null;

beforeAll(ensureBuilt);

afterEach(async () => {
  await ordeal?.kill();
  await stage?.remove();
});

afterAll(() => {
  process.stdout.write(`${table(results)}\n`);
});

it('three nodes and two collectors lose nothing, whatever is killed', async () => {
  const HOMES = 2000;
  stage = await FleetStage.start({ nodes: 3 });
  ordeal = new Ordeal(stage, HOMES);
  const fire = ordeal;
  await fire.prepare();
  await fire.startCollector();
  await fire.startCollector();
  let isSent = false;
  const sending = fire.send(0, HOMES).then(() => {
    isSent = true;
  });
  const collectors = (async () => {
    for (let kill = 1; kill <= 10; kill++) {
      await reached(fire, (kill / 11) * HOMES * RECORDS_OF_A_HOME);
      await fire.killCollector();
    }
  })();
  const servers = (async () => {
    await reached(fire, 0.1 * HOMES * RECORDS_OF_A_HOME);
    await fire.killLeader({ loses: true, away: 1000 });
    await fire.replicated();
    await fire.killDatabase(1500);
    await fire.killLeader({ loses: false, away: 1000 });
  })();
  await Promise.all([sending, collectors, servers]);
  expect(isSent).toBe(true);
  await fire.emptied(40_000);
  results['three nodes'] = await fire.reckoning();
  const { codes } = await fire.stop();
  expect(codes).toEqual([0, 0]);
  expect(results['three nodes']).toMatchObject({
    sent: HOMES * RECORDS_OF_A_HOME,
    stored: HOMES * RECORDS_OF_A_HOME,
    lost: 0,
    twice: 0,
    kills: { collector: 10, leader: 1, 'leader with its disk': 1, PostgreSQL: 1 },
  });
}, 400_000);

it('one node that is not replicated loses with its disk what waits on it: so this could fail', async () => {
  const HOMES = 100;
  stage = await FleetStage.start({ nodes: 1 });
  ordeal = new Ordeal(stage, HOMES);
  const fire = ordeal;
  await fire.prepare();
  await fire.send(0, HOMES / 2);
  await fire.killLeader({ loses: true, away: 0 });
  await stage.setUp();
  await fire.startCollector();
  await fire.send(HOMES / 2, HOMES);
  await fire.emptied(20_000);
  results['one node'] = await fire.reckoning();
  expect(results['one node']).toMatchObject({
    sent: HOMES * RECORDS_OF_A_HOME,
    stored: (HOMES / 2) * RECORDS_OF_A_HOME,
    lost: (HOMES / 2) * RECORDS_OF_A_HOME,
    twice: 0,
  });
}, 150_000);

async function reached(fire: Ordeal, records: number): Promise<void> {
  while (fire.acknowledged < records) await new Promise((resolve) => setTimeout(resolve, 20));
}
