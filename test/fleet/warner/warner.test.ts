// Outbreaks in a real PostgreSQL become warnings that real NATS servers retain and that a home reads with its own rights: over
// restarts of each of them, with one warner of several, and whatever others put there.
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Warner } from '../../../sensor/fleet/outbreak/warner.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { WARNING_TOPICS, warningTopic } from '../../../sensor/fleet/topics.ts';
import { readWarning, signWarning, type Warning, warningKey } from '../../../sensor/fleet/warning.ts';
import { NatsCluster } from '../support/nats-cluster.ts';
import { putOutbreak } from '../support/outbreak-rows.ts';
import { until } from '../support/place.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { DAY, fleetKey, isoTime, sampleWarning } from '../support/sample-warning.ts';

const HOME = 'h000000000000001';
const fleet = fleetKey();
const keys = [warningKey(fleet.text)];
let postgres: PostgresServer;
let nats: NatsCluster;
let db: FleetDatabase;
let ahead = 0;
const now = () => Date.now() + ahead;
const running: Warner[] = [];
const listening: MqttClient[] = [];
const log: string[] = [];

beforeAll(async () => {
  postgres = await PostgresServer.start();
  nats = await NatsCluster.start({ nodes: 3 });
  db = await openDatabase(await postgres.makeDatabase('fleet'));
  await migrate(db);
}, 120_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await Promise.all(listening.splice(0).map((one) => one.endAsync(true)));
});
afterAll(async () => {
  await db?.close();
  await nats?.remove();
  await postgres?.remove();
});

async function warner(signs = fleet.key): Promise<Warner> {
  const write = (message: string) => log.push(message);
  const one = new Warner({
    ...{
      db,
      key: signs,
      now,
      lookEvery: 200,
      anewEvery: 5000,
      mqtt: { urls: nats.mqttUrls, token: await nats.mqttToken() },
    },
    log: { debug: write, info: write, warn: write, error: write },
  });
  running.push(one);
  one.start();
  return one;
}

async function client(node: number, token: string): Promise<MqttClient> {
  const options = { username: HOME, password: token, protocolVersion: 4, reconnectPeriod: 0 } as const;
  // A server that is not well may close it, or say nothing: who waits for that waits for ever.
  const connected = await connectAsync(nats.mqttUrls[node] ?? '', { ...options, connectTimeout: 15_000 }, false);
  connected.on('error', () => {});
  listening.push(connected);
  return connected;
}

type Heard = Map<string, Warning | string>;

/** What a home that comes to this node now is told, and what follows. */
async function home(node = 0): Promise<Heard> {
  const connected = await client(node, (await nats.homeToken(HOME)).token);
  const heard: Heard = new Map();
  connected.on('message', (topic, payload) => {
    const id = topic.split('/').at(-1) ?? '';
    if (payload.length === 0) heard.delete(id);
    else heard.set(id, readWarning(payload, keys, now()));
  });
  await connected.subscribeAsync(WARNING_TOPICS, { qos: 0 });
  return heard;
}

const sees = (heard: Heard, id: string, what: object | null, within = 30_000) =>
  until(
    () => `${id} to be ${JSON.stringify(what)}; it is ${JSON.stringify(heard.get(id))}; ${log.slice(-5).join('; ')}`,
    () => {
      const read = heard.get(id);
      if (what === null) return read === undefined;
      return Object.entries(what).every(([key, value]) => typeof read === 'object' && Reflect.get(read, key) === value);
    },
    { within },
  );
/**
 * What a home hears that comes to this node. The servers tell each other of what is retained a moment after they have acknowledged it,
 * and while they choose new leaders later still: who comes within that moment is told of neither, and has to come again.
 */
async function comes(node: number, id: string, what: object): Promise<Heard> {
  let told: Heard = new Map();
  await until(
    () => `who comes to node ${node} hears that ${id} is ${JSON.stringify(what)}, and not ${JSON.stringify([...told])}`,
    async () => {
      const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 8000));
      const heard = await Promise.race([home(node).catch(() => null), late]);
      told = heard ?? told;
      const isSeen = (one: Heard) =>
        sees(one, id, what, 3000).then(
          () => true,
          () => false,
        );
      return heard !== null && (await isSeen(heard));
    },
    { within: 60_000, every: 500 },
  );
  return told;
}
const settled = (one: Warner, open: number) =>
  until(
    () => `${open} open: ${JSON.stringify(one.status)} ${log.slice(-5).join('; ')}`,
    () => one.status.open === open && one.status.error === null,
    { within: 30_000 },
  );

describe('a warner', { timeout: 150_000 }, () => {
  it('has homes of every node warned, those that come later as well, and says nothing of too few homes', async () => {
    const early = await home(1);
    await putOutbreak(db, 'first00000000001');
    await putOutbreak(db, 'toofew0000000001', { mailed: 4 });
    const one = await warner();
    await sees(early, 'first00000000001', { state: 'open', backend: 'first00000000001.example', revision: 1 });
    await settled(one, 1);
    // What it has heard of itself it does not say again.
    const { published } = one.status;
    for (const node of [0, 1, 2]) await comes(node, 'first00000000001', { state: 'open', revision: 1 });
    expect([...early.keys()]).toEqual(['first00000000001']);
    expect(one.status.published).toBe(published);
  });

  it('has no consumer made for a home that listens', async () => {
    const connection = await nats.connect();
    const manager = await nats.manager(connection);
    const consumers = async () => {
      const streams = [];
      for await (const stream of manager.streams.list())
        streams.push(`${stream.config.name} ${stream.state.consumer_count}`);
      return streams.sort();
    };
    const before = await consumers();
    for (let i = 0; i < 5; i++) await home(i % 3);
    expect(await consumers()).toEqual(before);
  });

  it('tells of changes and of the end, also to who was away meanwhile', async () => {
    const listener = await home();
    await putOutbreak(db, 'changes000000001');
    const one = await warner();
    await sees(listener, 'changes000000001', { revision: 1 });
    await putOutbreak(db, 'changes000000001', { revision: 2, mailed: 39 });
    await sees(listener, 'changes000000001', { revision: 2, state: 'open' });
    await putOutbreak(db, 'changes000000001', { revision: 3, state: 'ended' });
    await sees(listener, 'changes000000001', { state: 'ended' });
    await settled(one, 1);
    await comes(2, 'changes000000001', { state: 'ended' });
  });

  it('after a restart: says nothing twice, ends what the database no longer has, clears what nobody signed', async () => {
    const first = await warner();
    await putOutbreak(db, 'restarts00000001');
    await settled(first, 2);
    await first.stop();
    await db.query("DELETE FROM outbreaks WHERE id = 'restarts00000001'");
    const service = await client(0, await nats.mqttToken());
    const forged = signWarning(sampleWarning({ id: 'forged0000000001' }), fleetKey().key);
    for (const [id, text] of [
      ['forged0000000001', forged],
      ['nonsense', '{'],
      ['first00000000001', forged],
    ] as const)
      await service.publishAsync(warningTopic(id), text, { qos: 1, retain: true });
    const listener = await comes(1, 'restarts00000001', { state: 'open' });
    const second = await warner();
    await sees(listener, 'restarts00000001', { state: 'ended' });
    await sees(listener, 'forged0000000001', null);
    await sees(listener, 'nonsense', null);
    await sees(listener, 'first00000000001', { state: 'open', revision: 1 });
    await settled(second, 1);
    // An end, two that are cleared, one that was overwritten.
    await until(
      () => `four are published: ${JSON.stringify(second.status)}`,
      () => second.status.published >= 4,
    );
    const third = await warner();
    await second.stop();
    await settled(third, 1);
    expect(third.status.published).toBe(0);
  });

  it('is one of several, and another takes over when it stops', async () => {
    const [one, two] = [await warner(), await warner()];
    await until(
      () => 'one leads',
      () => one.status.isLeader !== two.status.isLeader,
    );
    const [leader, other] = one.status.isLeader ? [one, two] : [two, one];
    await settled(leader, 1);
    expect(other.status.isLeader).toBe(false);
    await leader.stop();
    await until(
      () => 'the other leads',
      () => other.status.isLeader,
    );
    await settled(other, 1);
  });

  it('renews what grows old, and clears an end that has run out', async () => {
    const listener = await home();
    const one = await warner();
    await settled(one, 1);
    await sees(listener, 'first00000000001', { revision: 1 });
    const before = listener.get('first00000000001');
    ahead = 1.1 * DAY;
    await until(
      () => 'it is renewed',
      () => {
        const after = listener.get('first00000000001');
        return typeof after === 'object' && typeof before === 'object' && after.expiresAt > before.expiresAt;
      },
    );
    await comes(2, 'changes000000001', { state: 'ended' });
    ahead = 9 * DAY;
    await sees(listener, 'changes000000001', null);
    let told: string[] = [];
    await until(
      () => `who comes is told of the one that is open, and not of ${told}`,
      async () => {
        told = [...(await comes(1, 'first00000000001', { state: 'open' })).keys()];
        return told.length === 1;
      },
      { within: 60_000, every: 500 },
    );
    ahead = 0;
  });

  it('goes on after the death of the node that it speaks with, and after one of PostgreSQL', async () => {
    const one = await warner();
    await settled(one, 1);
    await nats.kill(0);
    await putOutbreak(db, 'nodedead00000001');
    await settled(one, 2);
    await comes(1, 'nodedead00000001', { state: 'open' });
    await nats.run(0);
    await postgres.kill();
    await until(
      () => 'it is told',
      () => log.some((line) => line.startsWith('homes cannot be warned at present')),
    );
    await postgres.run();
    await putOutbreak(db, 'pgdead0000000001');
    await settled(one, 3);
    await comes(0, 'pgdead0000000001', { state: 'open' });
  }, 240_000);
});

describe('who has no right to warn', () => {
  it('a home: what it publishes there is neither told nor kept, signed or not, and nothing is cleared', async () => {
    const one = await warner();
    await settled(one, 3);
    const listener = await home(1);
    await sees(listener, 'first00000000001', { state: 'open' });
    const thief = await client(0, (await nats.homeToken('h000000000000666')).token);
    const times = { issuedAt: isoTime(now()), expiresAt: isoTime(now() + DAY) };
    const replayed = signWarning(sampleWarning({ id: 'stolen0000000001', ...times }), fleet.key);
    for (const [id, text] of [
      ['stolen0000000001', replayed],
      ['first00000000001', ''],
      ['first00000000001', '{'],
    ] as const)
      await thief.publishAsync(warningTopic(id), text, { qos: 1, retain: true }).catch(() => {});
    await putOutbreak(db, 'afterwards000001');
    await sees(listener, 'afterwards000001', { state: 'open' });
    const late = await comes(2, 'afterwards000001', { state: 'open' });
    await sees(late, 'first00000000001', { state: 'open' });
    for (const heard of [listener, late]) expect(heard.has('stolen0000000001')).toBe(false);
  }, 120_000);

  it('a warner with a credential that may not publish: it is said, and no home hears anything', async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    const { token } = await nats.homeToken(HOME);
    const one = new Warner({
      ...{ db, key: fleet.key, now, lookEvery: 100, mqtt: { urls: nats.mqttUrls, token } },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: (message) => log.push(message) },
    });
    running.push(one);
    await putOutbreak(db, 'withoutright0001');
    one.start();
    await until(
      () => JSON.stringify(one.status),
      () => one.status.error?.includes('do not keep them') === true,
      { within: 30_000 },
    );
    const late = await comes(0, 'first00000000001', { state: 'open' });
    expect(late.has('withoutright0001')).toBe(false);
  }, 60_000);
});
