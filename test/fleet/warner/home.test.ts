// From the fleet's database to a home's page and broker, with real servers and the built program: a camera is warned of before it mails,
// what nobody signed is a count in health, and an end is an end.
import { writeFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENROLMENT_SCHEMA } from '../../../sensor/fleet/enrolment.ts';
import { Warner } from '../../../sensor/fleet/outbreak/warner.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { warningTopic } from '../../../sensor/fleet/topics.ts';
import { signWarning } from '../../../sensor/fleet/warning.ts';
import { mail, usual, visit } from '../../../sensor/self-test/frames/traffic.ts';
import { PipedSensor } from '../../program/piped-sensor.ts';
import { ensureBuilt, listen, scratch } from '../../program/program.ts';
import type { CapturedFrame } from '../../support/packet-builder.ts';
import { CAMERA, MAIL_SERVER, MINUTE, SECOND, START } from '../../support/stage.ts';
import { NatsCluster } from '../support/nats-cluster.ts';
import { putOutbreak } from '../support/outbreak-rows.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { DAY, fleetKey, isoTime, sampleWarning } from '../support/sample-warning.ts';

const HOME = 'h000000000000001';
const fleet = fleetKey();
const { path, remove } = scratch();
let postgres: PostgresServer;
let nats: NatsCluster;
let db: FleetDatabase;
let warner: Warner;
let sensor: PipedSensor;

beforeAll(async () => {
  await ensureBuilt();
  postgres = await PostgresServer.start();
  nats = await NatsCluster.start({ nodes: 1 });
  db = await openDatabase(await postgres.makeDatabase('fleet'));
  await migrate(db);
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const mqtt = { urls: nats.mqttUrls, token: await nats.mqttToken() };
  warner = new Warner({ db, mqtt, key: fleet.key, now: () => Date.now(), log: quiet, lookEvery: 200 });
  warner.start();
}, 180_000);
afterAll(async () => {
  await sensor.program.kill();
  await warner.stop();
  await db.close();
  await nats.remove();
  await postgres.remove();
  remove();
});

/** Begins when the test does: a warning holds by the wall clock. */
const shifted = (frames: readonly CapturedFrame[], by: number) =>
  frames.map((frame) => ({ ...frame, time: frame.time + by }));

const OUTBREAK = '0123456789abcdef';

/** What is looked for; with what the sensor has said where it does not come. */
async function found<Value>(
  what: string,
  look: () => Promise<Value | null | undefined> | Value | null | undefined,
): Promise<Value> {
  for (const since = Date.now(); Date.now() - since < 30_000; ) {
    const value = await look();
    if (value !== null && value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come: ${sensor.program.stderr.slice(-2000)}`);
}

it('a home hears of an outbreak before its camera mails, believes nobody else, and of its end', async () => {
  const { token } = await nats.homeToken(HOME);
  const enrolment = path('enrolment.json');
  writeFileSync(
    enrolment,
    JSON.stringify({
      ...{ schema: ENROLMENT_SCHEMA, fleet: 'Allotment club', home: HOME, urls: nats.mqttUrls, token, ca: null },
      warningKeys: [fleet.text],
    }),
    { mode: 0o600 },
  );
  const broker = { listen: '127.0.0.1:0' };
  sensor = new PipedSensor({ config: path('sensor.yaml'), state: path('state'), mqtt: broker, fleet: { enrolment } });
  const page = await sensor.page();
  const [, port = ''] = await sensor.program.says(/embedded broker on \S+:(\d+)/);
  const ear = await listen({ port: Number(port) });
  const by = Date.now() - START;
  const cloud = (time: number) => visit(CAMERA, '203.0.113.80', time, { host: 'api.vendor.example' });
  const bad = (time: number) => visit(CAMERA, '198.51.100.9', time, { host: 'plugins.bad.example' });
  sensor.feed(...[usual(), bad(START), bad(START + 10 * SECOND)].map((frames) => shifted(frames, by)));
  await found('the connection', async () => ((await page.health()).fleet?.connected === true ? true : null));
  expect(await page.incidents()).toEqual([]);

  // Somebody who may publish has no key, and warns of what the camera needs all day.
  const service = await connectAsync(nats.mqttUrls[0] ?? '', {
    ...{ username: 'x', password: await nats.mqttToken(), protocolVersion: 4 },
  });
  const times = { issuedAt: isoTime(Date.now()), expiresAt: isoTime(Date.now() + 7 * DAY) };
  const forged = signWarning(sampleWarning({ ...times, backend: 'vendor.example' }), fleetKey().key);
  await service.publishAsync(warningTopic(sampleWarning().id), forged, { qos: 1 });
  await service.endAsync();
  await putOutbreak(db, OUTBREAK, { backend: 'bad.example' });
  const warnings = async () => (await page.health()).fleet?.warnings;
  await found('the warning', async () => ((await warnings())?.held === 1 ? true : null));
  sensor.feed(shifted(cloud(START + MINUTE), by));
  const [incident, ...others] = await found('an incident', async () => {
    const all = await page.incidents();
    return all.length === 0 ? null : all;
  });
  expect(others).toEqual([]);
  expect(incident).toMatchObject({
    ...{ kind: 'fleet_warning', severity: 'high', device: CAMERA.mac, state: 'open' },
    evidence: { backend: 'bad.example', homesMailed: 37, homesExposed: 41, contacts: 2, ownMail: 0 },
  });
  expect(incident?.summary).toMatch(/^Your fleet warns: in 37 of 41 homes.* has contacted it 2 times.* not been seen/);
  expect((await warnings())?.refused).toEqual({ unsigned: 1 });
  const alerts = () =>
    ear.messages.filter(({ topic }) => topic === 'thingwatch/piped/alert').map(({ payload }) => JSON.parse(payload));
  await found('its alert', () => (alerts().length > 0 ? true : null));
  expect(alerts()).toMatchObject([
    { event_type: 'fleet_warning', severity: 'high', mac: CAMERA.mac, change: 'opened' },
  ]);

  // Then it mails: that is told as ever.
  sensor.feed(shifted(mail(CAMERA, MAIL_SERVER, START + 2 * MINUTE), by), shifted(cloud(START + 3 * MINUTE), by));
  await found('the alert of the mail', () =>
    alerts().some(({ event_type: type }) => type === 'mail_started') ? true : null,
  );
  await putOutbreak(db, OUTBREAK, { state: 'ended', revision: 2 });
  await found('the end of the warning', async () => ((await warnings())?.held === 0 ? true : null));
  sensor.feed(shifted(cloud(START + 4 * MINUTE), by));
  const ended = await found(
    'the end of the incident',
    async () => (await page.incidents()).find(({ state }) => state === 'resolved') ?? null,
  );
  expect(ended).toMatchObject({ kind: 'fleet_warning', evidence: { ownMail: 1, endedAt: expect.any(String) } });
  expect((await page.incidents()).find(({ kind }) => kind === 'mail_started')).toMatchObject({ state: 'open' });
  expect(alerts().filter(({ kind }) => kind === 'fleet_warning')).toHaveLength(1);
  await ear.close();
}, 120_000);
