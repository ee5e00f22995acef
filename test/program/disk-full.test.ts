// A real full disk under the built program: every alert goes out from memory, marked as not stored, page and MQTT say so, and all
// is stored when there is space again. And what happens to a disk that refuses for another reason, and to a start without space.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { reportFault } from '../support/fault-table.ts';
import { mail, usual } from '../support/name-frames.ts';
import { CAN_MOUNT, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, MINUTE, START, TELEVISION } from '../support/stage.ts';
import { BrokerStage, onDisk } from './broker-stage.ts';
import { type PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { eventually, type PairedPage } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const MAILERS = 3000;
const REFUSED = { outcome: 'refused' } as const;

const stage = BrokerStage.perTest();

interface Alert {
  id: string;
  incident: string;
  stored: boolean;
  mac: string | null;
}
const houseAlerts = (): Alert[] => stage.ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload) as Alert);
const ofDevices = () => houseAlerts().filter(({ mac }) => mac !== null);
const deviceAlerts = (): Alert[] =>
  stage.ear.messages
    .filter(({ topic }) => TOPICS.parseDevice(topic)?.rest === 'alert')
    .map(({ payload }) => JSON.parse(payload) as Alert);
const storageOn = () => JSON.parse(stage.ear.last(TOPICS.state)?.payload ?? '{}').storage_problem ?? null;
const linesOf = ({ program }: PipedSensor, pattern: RegExp) =>
  program.stderr.split('\n').filter((line) => pattern.test(line));
const REFUSES = / error .*alerts are sent from memory/;
const AGAIN = /can be written again/;

const mailer = (n: number) => {
  const [high, low] = [(n >> 8).toString(16).padStart(2, '0'), (n & 255).toString(16).padStart(2, '0')];
  return { mac: `24:0a:c4:77:${high}:${low}`, ip: `192.168.${2 + (n >> 7)}.${1 + (n & 127)}` };
};

const idsOnDisk = (state: string) => onDisk<{ id: string }>(state, 'SELECT id FROM incidents').map(({ id }) => id);

const isRefusing = (page: PairedPage) =>
  eventually(async () => ((await page.health()).database.refused === null ? null : true));
const isTaking = (page: PairedPage) =>
  eventually(async () => ((await page.health()).database.refused === null ? true : null));

/** Each starts the program several times. */
vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(!CAN_MOUNT)(`a full disk${NOT_RUN}`, () => {
  let disk: SmallDisk;
  let state: string;
  beforeEach(() => {
    disk = new SmallDisk(3);
    state = `${disk.path}/state`;
  });
  afterEach(async () => {
    await stage.killAll();
    disk.remove();
  });

  it('every alert of 3,000 mailers goes out once, and all of it is stored when there is space again', async () => {
    const sensor = stage.start(state);
    const page = await sensor.page();
    sensor.feed(usual());
    const mails = Array.from({ length: MAILERS }, (_, n) => mail(mailer(n), MAIL_SERVER, START + n * 100, REFUSED));
    for (const frames of mails) sensor.feed(frames);
    const last = mails.at(-1)?.at(-1)?.time;
    const incidents = await eventually(async () => {
      // The broker and its listener live in this process: looking all the time would hold them up.
      await sleep(500);
      const { lastFrameAt, openIncidents } = await page.health();
      const isOver = lastFrameAt === last && openIncidents > 2000 && houseAlerts().length >= openIncidents;
      return isOver && deviceAlerts().length >= ofDevices().length ? openIncidents : null;
    });
    const { database } = await page.health();
    expect(database).toMatchObject({
      error: expect.stringContaining('No space left'),
      refused: { alerts: 0, lost: 0 },
    });
    const alerts = [...houseAlerts(), ...deviceAlerts()];
    expect(alerts).toHaveLength(incidents + ofDevices().length);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length);
    const unstored = alerts.filter(({ stored }) => !stored).length;
    expect(unstored).toBeGreaterThan(1000);
    expect(linesOf(sensor, / error /)).toEqual(linesOf(sensor, REFUSES));
    expect(linesOf(sensor, REFUSES)).toHaveLength(1);
    await eventually(() => (storageOn() === 'ON' ? true : null));

    const [first] = await page.incidents();
    await page.command({ type: 'resolve', incident: first?.id });
    expect((await page.get<{ state: string }>(`/api/incidents/${first?.id}`)).state).toBe('resolved');

    disk.grow(64);
    await isTaking(page);
    await eventually(() => (storageOn() === 'OFF' ? true : null));
    await sensor.program.says(AGAIN);
    expect(linesOf(sensor, AGAIN)).toHaveLength(1);
    expect(new Set(idsOnDisk(state))).toEqual(new Set(alerts.map(({ incident }) => incident)));
    expect(onDisk(state, `SELECT state FROM incidents WHERE id = '${first?.id}'`)).toEqual([{ state: 'resolved' }]);
    expect(onDisk(state, 'SELECT * FROM browsers')).toHaveLength(1);
    const topics = onDisk<{ topic: string }>(state, 'SELECT topic FROM published_topics').map(({ topic }) => topic);
    expect(topics.filter((topic) => TOPICS.parseDevice(topic)?.rest === 'state').length).toBeGreaterThan(2000);
    await eventually(() => (onDisk(state, 'SELECT id FROM outbox').length === 0 ? true : null));

    await stage.ear.settled();
    const told = houseAlerts().length;
    await sensor.program.kill();
    const again = await stage.start(state).page();
    expect((await again.health()).openIncidents).toBe(incidents - 1);
    await eventually(async () => ((await again.health()).broker?.connected ? true : null));
    await stage.ear.settled();
    expect(houseAlerts().length).toBe(told);
    reportFault({
      fault: 'disk full (3 MB), and space again',
      inputs: `${MAILERS} devices mail, ${alerts.length} alerts, an order`,
      outcome: `all told once (${unstored} from memory), ${incidents} incidents stored`,
      lost: 0,
    });
  }, 600_000);

  it('a start on one goes on from what is stored, and alerts from memory', async () => {
    const before = stage.start(state);
    before.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
    await eventually(() => (houseAlerts().length === 1 ? true : null));
    await before.program.stop();
    disk.fill();

    const sensor = stage.start(state);
    const page = await sensor.page();
    await isRefusing(page);
    expect((await page.incidents()).map(({ device }) => device)).toEqual([CAMERA.mac]);
    sensor.feed(
      mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED),
      usual(),
      mail(CAMERA, MAIL_SERVER, START + HOUR + MINUTE, REFUSED),
    );
    await eventually(() => (houseAlerts().length === 2 ? true : null));
    expect(houseAlerts().map(({ stored }) => stored)).toEqual([true, false]);
    disk.empty();
    await isTaking(page);
    expect(idsOnDisk(state)).toHaveLength(2);
    // Its second mail came after the fridge's, of which the alert was.
    const second = `SELECT 1 FROM incidents WHERE device = '${CAMERA.mac}' AND findings = 2`;
    await eventually(() => onDisk(state, second)[0] ?? null);
    await sensor.program.kill();
    const again = await stage.start(state).page();
    const camera = (await again.incidents()).find(({ device }) => device === CAMERA.mac);
    expect(camera?.findings).toBe(2);
    reportFault({
      fault: 'disk full at the start',
      inputs: '2 devices mail, 1 known before',
      outcome: 'known ones read, 1 alert from memory, stored later',
      lost: 0,
    });
  });

  it('a first start on one runs from memory, and makes its database when there is space', async () => {
    disk.fill();
    const sensor = stage.start(state);
    const page = await sensor.page();
    sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
    await eventually(() => (houseAlerts().length === 1 ? true : null));
    expect(houseAlerts()).toMatchObject([{ stored: false }]);
    expect((await page.health()).database.refused).toMatchObject({ incidents: 1 });
    disk.empty();
    await isTaking(page);
    expect(idsOnDisk(state)).toHaveLength(1);
    expect(onDisk(state, 'SELECT * FROM browsers')).toHaveLength(1);
    expect(statSync(`${state}/thingwatch.db`).mode & 0o777).toBe(0o600);
    reportFault({
      fault: 'disk full at the first start',
      inputs: '1 device mails, 1 browser pairs',
      outcome: 'told from memory, database made and all stored later',
      lost: 0,
    });
  });

  it('a kill while it is full costs what was in memory, as the manual says, and nothing that was stored', async () => {
    const sensor = stage.start(state);
    sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
    await eventually(() => (houseAlerts().length === 1 ? true : null));
    const page = await sensor.page();
    disk.fill();
    let n = 0;
    await eventually(async () => {
      sensor.feed(mail(mailer(n), MAIL_SERVER, START + MINUTE + ++n * 100, REFUSED));
      return (await page.health()).database.refused;
    });
    await eventually(() => (houseAlerts().length === n + 1 ? true : null));
    await sensor.program.kill();
    const unstored = houseAlerts().filter(({ stored }) => !stored);
    const again = await stage.start(state).page();
    const known = (await again.incidents()).map(({ id }) => id);
    const missing = houseAlerts().filter(({ incident }) => !known.includes(incident));
    expect(missing.filter(({ stored }) => stored)).toEqual([]);
    expect(missing.length).toBeLessThanOrEqual(unstored.length);
    await stage.ear.settled();
    // What was acknowledged just before may come again, by its id: a full disk could not note that it had gone.
    expect(new Set(houseAlerts().map(({ id }) => id)).size).toBe(n + 1);
    reportFault({
      fault: 'killed while the disk is full',
      inputs: `${n + 1} devices mail, all told`,
      outcome: `${known.length} kept; ${missing.length} were marked as not stored`,
      lost: 0,
    });
  });
});

it('a disk that fails with an error (a limit of the file size): the same, and it goes on when that is over', async () => {
  const state = stage.files.path('limited');
  const sensor = stage.start(state);
  const page = await sensor.page();
  sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
  await eventually(() => (houseAlerts().length === 1 ? true : null));
  const limit = (bytes: string) => execFileSync('prlimit', [`--fsize=${bytes}`, `--pid=${sensor.program.pid}`]);
  // Node leaves SIGXFSZ ignored, so that a write beyond it fails with EFBIG.
  limit('1000:unlimited');
  sensor.feed(mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED));
  await eventually(() => (houseAlerts().length === 2 ? true : null));
  await isRefusing(page);
  limit('unlimited:unlimited');
  await isTaking(page);
  expect(houseAlerts().map(({ stored }) => stored)).toEqual([true, false]);
  expect(idsOnDisk(state)).toHaveLength(2);
  await sensor.program.says(AGAIN);
  expect(linesOf(sensor, REFUSES)).toHaveLength(1);
  expect(linesOf(sensor, AGAIN)).toHaveLength(1);
  reportFault({
    fault: 'disk refuses with an I/O error (EFBIG)',
    inputs: '2 devices mail',
    outcome: '1 alert from memory, stored later',
    lost: 0,
  });
});

it('the directory is removed while it runs: what was in it is written there again, with what is new', async () => {
  const state = stage.files.path('vanishing');
  const sensor = stage.start(state);
  const page = await sensor.page();
  sensor.feed(usual(), mail(CAMERA, MAIL_SERVER, START, REFUSED));
  await eventually(() => (houseAlerts().length === 1 ? true : null));
  execFileSync('rm', ['-r', state]);
  sensor.feed(mail(FRIDGE, MAIL_SERVER, START + HOUR, REFUSED));
  await eventually(() => (houseAlerts().length === 2 ? true : null));
  await eventually(() => (linesOf(sensor, AGAIN).length === 1 ? true : null));
  expect(linesOf(sensor, REFUSES)).toHaveLength(1);
  expect((await page.health()).database.refused).toBeNull();
  await eventually(() => (onDisk(state, 'SELECT id FROM outbox').length === 0 ? true : null));
  await sensor.program.kill();
  const again = await stage.start(state).page();
  expect((await again.incidents()).map(({ device }) => device).sort()).toEqual([CAMERA.mac, FRIDGE.mac].sort());
  sensor.feed(mail(TELEVISION, MAIL_SERVER, START + HOUR, REFUSED));
  await stage.ear.settled();
  expect(houseAlerts()).toHaveLength(2);
  reportFault({
    fault: 'state directory removed while running',
    inputs: '2 devices mail, 1 before it',
    outcome: 'written there again, both told once',
    lost: 0,
  });
});
