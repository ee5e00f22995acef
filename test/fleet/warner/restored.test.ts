// A fleet that starts again from an older copy of its database, while homes remember what came after that copy: with the NATS servers that
// it had, and with new ones that retain nothing. Real PostgreSQL and NATS, and a home's own book of warnings.
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { HeldWarning } from '../../../sensor/detect/held-warning.ts';
import { Warner } from '../../../sensor/fleet/outbreak/warner.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { Warnings } from '../../../sensor/fleet/warnings.ts';
import { silentLog } from '../../../sensor/log.ts';
import { NatsCluster } from '../support/nats-cluster.ts';
import { putOutbreak } from '../support/outbreak-rows.ts';
import { until } from '../support/place.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { fleetKey } from '../support/sample-warning.ts';

const HOME = 'h000000000000001';
/** Of the outbreak. */
let id = '';
const fleet = fleetKey();
let postgres: PostgresServer;
let nats: NatsCluster;
let db: FleetDatabase;
let warner: Warner | null = null;
let client: MqttClient | null = null;

beforeAll(async () => {
  postgres = await PostgresServer.start();
  nats = await NatsCluster.start({ nodes: 1 });
  db = await openDatabase(await postgres.makeDatabase('fleet'));
  await migrate(db);
}, 120_000);
afterEach(async () => {
  await warner?.stop();
  await client?.endAsync(true);
});
afterAll(async () => {
  await db?.close();
  await nats?.remove();
  await postgres?.remove();
});

async function startWarner(): Promise<void> {
  const mqtt = { urls: nats.mqttUrls, token: await nats.mqttToken() };
  warner = new Warner({ db, mqtt, key: fleet.key, now: Date.now, log: silentLog, lookEvery: 100 });
  warner.start();
}

/** What a home holds, over whichever servers it comes to; each message that ever came, octet for octet. */
function home() {
  const disk = new Map<string, string>();
  const heard: [topic: string, payload: Buffer][] = [];
  let held: readonly HeldWarning[] = [];
  const warnings = new Warnings({
    keys: [fleet.text],
    store: { meta: (key) => disk.get(key) ?? null, setMeta: (key, text) => void disk.set(key, text) },
    now: Date.now,
    onHeld: (all) => {
      held = all;
    },
    log: silentLog,
  });
  warnings.start();
  return {
    heard,
    warnings,
    async connect(): Promise<void> {
      await client?.endAsync(true);
      const { token } = await nats.homeToken(HOME);
      client = await connectAsync(nats.mqttUrls[0] ?? '', { username: HOME, password: token, protocolVersion: 4 });
      client.on('message', (topic, payload) => {
        heard.push([topic, payload]);
        warnings.onMessage(topic, payload);
      });
      await client.subscribeAsync(warnings.filter, { qos: 0 });
    },
    mailed(): number | null {
      warnings.tick();
      return held.find((warning) => warning.id === id)?.homes.mailed ?? null;
    },
    /** An eavesdropper has each message again. */
    replay(): void {
      for (const [topic, payload] of heard) warnings.onMessage(topic, payload);
    },
  };
}

const holds = (one: ReturnType<typeof home>, mailed: number | null) =>
  until(
    () => `the home holds ${mailed}; it holds ${one.mailed()}, ${JSON.stringify(one.warnings.health())}`,
    () => one.mailed() === mailed,
    { within: 30_000 },
  );

it.each(['kept', 'lost'])(
  'homes hear what it says from then on, and its end, where what the servers retain is %s',
  async (store) => {
    id = `outbreak0000${store}`;
    const one = home();
    await startWarner();
    await putOutbreak(db, id, { revision: 8, mailed: 20 });
    await one.connect();
    await holds(one, 20);
    await putOutbreak(db, id, { revision: 9, mailed: 21 });
    await holds(one, 21);
    await warner?.stop();
    if (store === 'lost') {
      await nats.kill(0);
      nats.loseStore(0);
      await nats.run(0);
      await nats.ready();
    }
    // The copy is of long before.
    await putOutbreak(db, id, { revision: 3, mailed: 12 });
    await startWarner();
    await one.connect();
    await holds(one, 12);
    await putOutbreak(db, id, { revision: 4, mailed: 13 });
    await holds(one, 13);
    one.replay();
    await holds(one, 13);
    await putOutbreak(db, id, { revision: 5, state: 'ended' });
    await holds(one, null);
    one.replay();
    expect(one.mailed()).toBeNull();
    expect(one.warnings.health().refused).toEqual({ outdated: expect.any(Number) });
  },
  120_000,
);
