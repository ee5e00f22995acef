// Other faults of the database under the built program: another process holds it, at the start and while it runs; a file system
// that takes nothing at the start.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { reportFault } from '../support/fault-table.ts';
import { mail, usual } from '../support/name-frames.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { CAN_MOUNT, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, START, TELEVISION } from '../support/stage.ts';
import { Transcript } from '../support/transcript.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { ensureBuilt, eventually, scratch } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const REFUSED = { outcome: 'refused' } as const;
const HELD_MS = 10_000;
/** Each starts the program several times. */
vi.setConfig({ testTimeout: 120_000 });

const files = scratch();
let broker: TestBroker;
let ear: Transcript;
const running: PipedSensor[] = [];
beforeAll(ensureBuilt);
beforeEach(async () => {
  broker = await aedesBroker();
  ear = await Transcript.listen(broker.url, broker.login);
});
afterEach(async () => {
  for (const { program } of running.splice(0)) await program.kill();
  await ear.close();
  await broker.remove();
});
afterAll(files.remove);

function start(state: string): PipedSensor {
  const sensor = new PipedSensor({ config: files.path('sensor.yaml'), mqtt: mqttFor(broker, null), state });
  running.push(sensor);
  return sensor;
}

const alerts = () => ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload) as { stored: boolean; mac: string });

/** Of a database that was stopped in order: whose mail is in it. */
function mailersIn(state: string): unknown[] {
  const reader = new Database(`${state}/thingwatch.db`, { readonly: true });
  try {
    return reader.prepare("SELECT device FROM incidents WHERE kind = 'mail_started' ORDER BY started_at").pluck().all();
  } finally {
    reader.close();
  }
}

/** This process holds the write lock of the sensor's database, as a backup program might. */
function hold(state: string): { release: () => void } {
  const holder = new Database(`${state}/thingwatch.db`);
  holder.exec('BEGIN IMMEDIATE');
  return { release: () => holder.close() };
}

it('another process holds the write lock for 10 s while it runs, and at its start: alerts go out, all is stored after', async () => {
  const state = files.path('locked');
  const sensor = start(state);
  const page = await sensor.page();
  sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
  await eventually(() => (alerts().length === 1 ? true : null));
  const holder = hold(state);
  sensor.feed(mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED));
  await eventually(() => (alerts().length === 2 ? true : null));
  expect((await page.health()).database.error).toContain('in use by another process');
  await sleep(HELD_MS);
  // The fridge's, and the camera's where its last count was not on disk yet.
  expect([1, 2]).toContain((await page.health()).database.refused?.incidents);
  holder.release();
  await eventually(async () => ((await page.health()).database.refused === null ? true : null));
  expect(mailersIn(state)).toEqual([CAMERA.mac, FRIDGE.mac]);
  await sensor.program.stop();

  const early = hold(state);
  const second = start(state);
  const again = await second.page();
  expect(await again.incidents()).toHaveLength(2);
  second.feed(mail(TELEVISION, MAIL_SERVER, START + 2 * HOUR, REFUSED));
  await eventually(() => (alerts().length === 3 ? true : null));
  await sleep(HELD_MS);
  early.release();
  await eventually(async () => ((await again.health()).database.refused === null ? true : null));
  expect(mailersIn(state)).toEqual([CAMERA.mac, FRIDGE.mac, TELEVISION.mac]);
  expect(alerts().map(({ stored }) => stored)).toEqual([true, false, false]);
  for (const { program } of [sensor, second]) {
    expect(program.stderr.match(/alerts are sent from memory/g)).toHaveLength(1);
    expect(program.stderr.match(/can be written again/g)).toHaveLength(1);
  }
  reportFault({
    fault: 'database locked for 10 s, running and at the start',
    inputs: '3 devices mail',
    outcome: '2 alerts from memory, stored after it',
    lost: 0,
  });
});

describe.skipIf(!CAN_MOUNT)(`a file system that cannot be written${NOT_RUN}`, () => {
  it('ends the start with what to do, and leaves the database as it was', async () => {
    const disk = new SmallDisk(8);
    try {
      const state = `${disk.path}/state`;
      const before = start(state);
      before.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
      await eventually(() => (alerts().length === 1 ? true : null));
      await before.program.stop();
      execFileSync('mount', ['-o', 'remount,ro', disk.path]);
      const { code, stderr } = await start(state).program.ended;
      expect(code).toBe(2);
      expect(stderr).toMatch(/cannot be opened for writing.*incidents would be lost.*state_dir/s);
      execFileSync('mount', ['-o', 'remount,rw', disk.path]);
      expect(mailersIn(state)).toEqual([CAMERA.mac]);
      reportFault({
        fault: 'read-only file system at the start',
        inputs: '1 device known',
        outcome: 'ends with what to do; as it was',
        lost: 0,
      });
    } finally {
      for (const { program } of running) await program.kill();
      disk.remove();
    }
  });
});
