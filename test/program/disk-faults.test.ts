// Other faults of the database under the built program: another process holds it, at the start and while it runs; a file system
// that takes nothing at the start.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { reportFault } from '../support/fault-table.ts';
import { mail, usual } from '../support/name-frames.ts';
import { CAN_MOUNT, Card, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, START, TELEVISION } from '../support/stage.ts';
import { BrokerStage, onDisk } from './broker-stage.ts';
import { SENSOR_ID } from './piped-sensor.ts';
import { eventually } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const REFUSED = { outcome: 'refused' } as const;
const HELD_MS = 10_000;
/** By then it comes no more, and the test says what did. */
const LONG_MS = 60_000;
/** Each starts the program several times. */
vi.setConfig({ testTimeout: 120_000 });

const stage = BrokerStage.perTest();

const alerts = () =>
  stage.ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload) as { id: string; stored: boolean; mac: string });

/** Of a database that was stopped in order: whose mail is in it. */
const mailersIn = (state: string): string[] =>
  onDisk<{ device: string }>(state, "SELECT device FROM incidents WHERE kind = 'mail_started' ORDER BY started_at").map(
    ({ device }) => device,
  );

/** This process holds the write lock of the sensor's database, as a backup program might. */
function hold(state: string): { release: () => void } {
  const holder = new Database(`${state}/thingwatch.db`);
  holder.exec('BEGIN IMMEDIATE');
  return { release: () => holder.close() };
}

it('another process holds the write lock for 10 s while it runs, and at its start: alerts go out, all is stored after', async () => {
  const state = stage.files.path('locked');
  const sensor = stage.start(state);
  const page = await sensor.page();
  sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
  await eventually(() => (alerts().length === 1 ? true : null));
  // With its last count: what the lock holds back is the fridge's alone.
  await eventually(() => onDisk(state, "SELECT 1 FROM incidents WHERE evidence ->> 'refused' = 1")[0] ?? null);
  const holder = hold(state);
  sensor.feed(mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED));
  await eventually(() => (alerts().length === 2 ? true : null));
  expect((await page.health()).database.error).toContain('in use by another process');
  await sleep(HELD_MS);
  expect((await page.health()).database.refused).toMatchObject({ incidents: 1 });
  holder.release();
  await eventually(async () => ((await page.health()).database.refused === null ? true : null));
  expect(mailersIn(state)).toEqual([CAMERA.mac, FRIDGE.mac]);
  await sensor.program.stop();

  const early = hold(state);
  const second = stage.start(state);
  const again = await second.page();
  expect(await again.incidents()).toHaveLength(2);
  second.feed(mail(TELEVISION, MAIL_SERVER, START + 2 * HOUR, REFUSED));
  await eventually(() => (alerts().length === 3 ? true : null));
  await sleep(HELD_MS);
  early.release();
  await eventually(async () => ((await again.health()).database.refused === null ? true : null));
  expect(mailersIn(state)).toEqual([CAMERA.mac, FRIDGE.mac, TELEVISION.mac]);
  expect(alerts().map(({ stored }) => stored)).toEqual([true, false, false]);
  await second.program.says(/can be written again/);
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
      const before = stage.start(state);
      before.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
      await eventually(() => (alerts().length === 1 ? true : null));
      await before.program.stop();
      execFileSync('mount', ['-o', 'remount,ro', disk.path]);
      const { code, stderr } = await stage.start(state).program.ended;
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
      await stage.killAll();
      disk.remove();
    }
  });

  it('that fails while the sensor runs, as a worn memory card does: alerts go out from memory, what was stored is there again', async () => {
    const card = new Card(32);
    try {
      const state = `${card.path}/state`;
      const sensor = stage.start(state);
      const page = await sensor.page();
      sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
      await eventually(() => onDisk(state, "SELECT 1 FROM incidents WHERE evidence ->> 'refused' = 1")[0] ?? null);
      card.fail();
      sensor.feed(mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED));
      await eventually(() => (alerts().length === 2 ? true : null));
      expect(alerts().map(({ stored }) => stored)).toEqual([true, false]);
      await eventually(async () => ((await page.health()).database.refused?.incidents === 1 ? true : null));
      expect((await page.health()).database.error).toMatch(/read-only/i);
      expect(await page.incidents()).toHaveLength(2);
      const { code, stderr } = await sensor.program.stop();
      expect(stderr.match(/alerts are sent from memory/g)).toHaveLength(1);
      expect(code).toBe(0);

      card.repair();
      const second = stage.start(state);
      const again = await second.page();
      expect((await again.incidents()).map(({ device }) => device)).toEqual([CAMERA.mac]);
      second.feed(mail(FRIDGE, MAIL_SERVER, START + 2 * HOUR, REFUSED));
      // That the camera's was acknowledged may be lost with the card's cache: then it comes once more, with its id.
      const isStored = () => alerts().some(({ mac, stored }) => mac === FRIDGE.mac && stored);
      await Promise.race([eventually(() => isStored() || null), sleep(LONG_MS)]);
      expect(isStored(), `${JSON.stringify(alerts())}\n${second.program.stderr}`).toBe(true);
      expect(mailersIn(state)).toEqual([CAMERA.mac, FRIDGE.mac]);
      reportFault({
        fault: 'the card fails while it runs (ext4 goes read-only)',
        inputs: '2 devices mail',
        outcome: '1 alert from memory; what was stored is there after the repair',
        lost: 0,
      });
    } finally {
      await stage.killAll();
      card.remove();
    }
  });
});
