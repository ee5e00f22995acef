// The built program and a real NATS server: what arrives there, octet for octet, is what `fleet preview` prints, and nothing by which the
// home is known is in it. And the server refused, silent, gone and back: nothing is lost, and alerts to the home's broker go on.
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FleetRecord, fleetRecord } from '../../../../sensor/fleet/record.ts';
import { createTopics } from '../../../../sensor/publish/topics.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from '../../../program/piped-sensor.ts';
import { ensureBuilt, eventually, type PairedPage, Program, scratch } from '../../../program/program.ts';
import { answered, dhcpRequest, mail, visit } from '../../../support/name-frames.ts';
import { aedesBroker, type TestBroker } from '../../../support/publisher-lab.ts';
import { BRIDGE, CAMERA, DAY, HOUR, MAIL_SERVER, MINUTE, START } from '../../../support/stage.ts';
import { Transcript } from '../../../support/transcript.ts';
import { FLEET, FleetEnd, HOME } from './fleet-end.ts';

const ALERTS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' }).alert;
/** Nobody listens there. */
const NOBODY = 'mqtt://127.0.0.1:1';

const files = scratch();
let end: FleetEnd;
let running: PipedSensor[];
let broker: TestBroker | null;
let count = 0;

beforeAll(ensureBuilt);
beforeEach(async () => {
  count++;
  running = [];
  broker = null;
  end = await FleetEnd.start();
});
afterEach(async () => {
  for (const { program } of running) await program.kill();
  await Promise.all([broker?.remove(), end.remove()]);
});
afterAll(files.remove);

const config = () => files.path(`sensor-${count}.yaml`);
const state = () => files.path(`state-${count}`);
const enrolment = () => files.path(`enrolment-${count}.json`);

function start(mqtt: object = { url: NOBODY }): PipedSensor {
  const sensor = new PipedSensor({ config: config(), state: state(), mqtt, fleet: { enrolment: enrolment() } });
  running.push(sensor);
  return sensor;
}

/** A home of three days: a camera with a name gets firmware, calls somebody unknown, and mails; a light bridge is good. */
function threeDays(sensor: PipedSensor): void {
  const day = (n: number) => START + n * DAY;
  for (let n = 0; n < 3; n++) {
    const from = day(n);
    sensor.feed(
      dhcpRequest(CAMERA.mac, [[12, 'Grandmas-Camera']], from),
      answered(CAMERA, 'update.vendor.example', ['203.0.113.80'], from + MINUTE),
      visit(CAMERA, '203.0.113.80', from + 2 * MINUTE, { host: 'update.vendor.example', down: 20_000 }),
      answered(CAMERA, 'plugins.strange.example', ['203.0.113.81'], from + 3 * MINUTE),
      visit(CAMERA, '203.0.113.81', from + 4 * MINUTE, { host: 'plugins.strange.example', down: 60_000 }),
      visit(CAMERA, '203.0.113.82', from + 5 * MINUTE),
      visit(BRIDGE, '203.0.113.90', from + 6 * MINUTE, { host: 'firmware.meethue.com', down: 3000 }),
    );
  }
  sensor.feed(
    mail(CAMERA, MAIL_SERVER, day(2) + HOUR, { outcome: 'connected' }),
    mail(CAMERA, MAIL_SERVER, day(2) + 2 * HOUR, { outcome: 'refused' }),
    visit(CAMERA, '203.0.113.80', day(3) + HOUR, { host: 'update.vendor.example' }),
    visit(CAMERA, '203.0.113.80', day(3) + 2 * HOUR, { host: 'update.vendor.example' }),
  );
}

/** The latest of each, as text, by id. */
function latest(texts: readonly string[]): Map<string, string> {
  const records = new Map<string, string>();
  for (const text of texts) {
    const { id, revision } = fleetRecord.parse(JSON.parse(text));
    const before = records.get(id);
    if (before !== undefined) expect(revision).toBeGreaterThan((JSON.parse(before) as FleetRecord).revision);
    records.set(id, text);
  }
  return records;
}

async function preview(): Promise<string[]> {
  const { code, stderr, stdout } = await Program.run(['--config', config(), 'fleet', 'preview']);
  expect([code, stderr]).toEqual([0, expect.stringContaining(FLEET)]);
  return stdout.trimEnd().split('\n');
}

/** When all that is to be told has arrived: of some moment on, nothing waits. */
async function settled(page: PairedPage, isThere: (records: FleetRecord[]) => boolean): Promise<string[]> {
  return eventually(async () => {
    const { fleet } = await page.health();
    if (fleet?.waiting !== 0) return null;
    const arrived = await end.arrived();
    return isThere(arrived.map((text) => JSON.parse(text) as FleetRecord)) ? arrived : null;
  });
}

describe('what arrives', () => {
  it('is what fleet preview prints, record for record, and says nothing of whose home it is', async () => {
    await end.enrol(enrolment());
    const sensor = start();
    const page = await sensor.page();
    threeDays(sensor);
    const kinds = (records: FleetRecord[]) => records.map(({ kind }) => kind);
    await settled(
      page,
      (records) =>
        kinds(records).filter((kind) => kind === 'usage').length >= 6 &&
        kinds(records).filter((kind) => kind === 'coverage').length >= 3 &&
        kinds(records).includes('incident'),
    );
    expect((await page.health()).fleet).toMatchObject({ name: FLEET, connected: true, error: null, dropped: 0 });
    await sensor.program.stop();
    const arrived = await end.arrived();
    const printed = await preview();
    expect(printed.sort()).toEqual([...latest(arrived).values()].sort());
    const everything = arrived.join('\n').toLowerCase();
    for (const secret of [CAMERA.mac, BRIDGE.mac, CAMERA.mac.replaceAll(':', ''), CAMERA.ip, BRIDGE.ip, 'grandma'])
      expect(everything).not.toContain(secret);
    // … and of what there was to tell, it is there.
    for (const told of ['203.0.113.82', 'strange.example', 'philips-hue', '"mail_started"'])
      expect(everything).toContain(told);
    // A second run with the same state has nothing to add.
    const again = start();
    await again.program.says(/#\/pair\//);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await again.program.stop();
    expect((await end.arrived()).length).toBe(arrived.length);
  }, 120_000);

  it('is shown before the home is in a fleet, to who asks', async () => {
    const sensor = new PipedSensor({ config: config(), state: state(), mqtt: { url: NOBODY } });
    running.push(sensor);
    const page = await sensor.page();
    threeDays(sensor);
    await eventually(async () => ((await page.incidents()).length > 0 ? true : null));
    expect((await page.health()).fleet).toBeNull();
    await sensor.program.stop();
    const { code, stderr, stdout } = await Program.run(['--config', config(), 'fleet', 'preview']);
    expect(code).toBe(0);
    expect(stderr).toContain('if this home were in one');
    for (const line of stdout.trimEnd().split('\n')) fleetRecord.parse(JSON.parse(line));
    expect(stdout).toContain('mail_started');
    expect(await end.arrived()).toEqual([]);
  }, 60_000);
});

describe('a fleet that', () => {
  /** Devices that begin to mail, each an alert and a record. */
  const mails = (sensor: PipedSensor, from: number, to: number) => {
    const device = (n: number) => ({ mac: `24:0a:c4:10:00:${(n + 16).toString(16)}`, ip: `192.168.1.${n + 30}` });
    for (let n = from; n < to; n++)
      sensor.feed(mail(device(n), MAIL_SERVER, START + n * MINUTE, { outcome: 'refused' }));
    sensor.feed(mail(device(from), MAIL_SERVER, START + to * MINUTE, { outcome: 'refused' }));
  };
  const incidentsIn = (texts: readonly string[]) =>
    new Set(texts.filter((text) => text.includes('"mail_started"')).map((text) => JSON.parse(text).id as string));

  async function withBroker(): Promise<{ sensor: PipedSensor; page: PairedPage; ear: Transcript }> {
    broker = await aedesBroker();
    const ear = await Transcript.listen(broker.url, broker.login);
    const sensor = start(mqttFor(broker, null));
    return { sensor, page: await sensor.page(), ear };
  }

  it('is gone for a while, and over SIGKILL of the sensor: alerts go on meanwhile, and all records come', async () => {
    await end.enrol(enrolment());
    const { ear, page, sensor } = await withBroker();
    mails(sensor, 0, 3);
    await eventually(async () => (incidentsIn(await end.arrived()).size >= 3 ? true : null));
    await end.nats.kill(0);
    mails(sensor, 5, 9);
    await eventually(() => (ear.of(ALERTS).length >= 7 ? true : null));
    const { fleet } = await eventually(async () => {
      const health = await page.health();
      const { connected, error, waiting = 0 } = health.fleet ?? {};
      return connected === false && error != null && waiting >= 4 ? health : null;
    });
    expect(fleet?.error).toMatch(/^(?:nothing listens at the address of|the connection to) the fleet/);
    await sensor.program.kill();
    await end.nats.run(0);
    await end.nats.ready();
    const again = start(mqttFor(broker as TestBroker, null));
    await again.page();
    await eventually(async () => (incidentsIn(await end.arrived()).size >= 7 ? true : null));
    latest(await end.arrived());
    await ear.close();
  }, 120_000);

  it('refuses and is silent at its first servers is reached at the next', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await end.enrol(enrolment(), HOME, [NOBODY, `mqtt://127.0.0.1:${port}`]);
    const { ear, page, sensor } = await withBroker();
    mails(sensor, 0, 2);
    await eventually(() => (ear.of(ALERTS).length >= 2 ? true : null));
    expect(await end.arrived()).toEqual([]);
    await eventually(async () => (incidentsIn(await end.arrived()).size >= 2 ? true : null));
    expect((await page.health()).fleet).toMatchObject({ connected: true, error: null });
    for (const socket of sockets) socket.destroy();
    silent.close();
    await ear.close();
  }, 90_000);

  it('has revoked the home: it is told once, with what to do and without the secret, and records wait', async () => {
    await end.enrol(enrolment());
    const { ear, page, sensor } = await withBroker();
    mails(sensor, 0, 2);
    await eventually(async () => (incidentsIn(await end.arrived()).size >= 2 ? true : null));
    await end.revoke();
    const { fleet } = await eventually(async () => {
      const health = await page.health();
      return health.fleet?.error?.includes('let this home in') ? health : null;
    });
    expect(fleet?.error).toContain('Ask whoever runs the fleet for a new file');
    mails(sensor, 5, 7);
    await eventually(() => (ear.of(ALERTS).length >= 4 ? true : null));
    await eventually(async () => (((await page.health()).fleet?.waiting ?? 0) >= 2 ? true : null));
    await sensor.program.stop();
    expect(sensor.program.stderr.match(/does not let this home in/g)).toHaveLength(1);
    expect(sensor.program.stderr).not.toContain(end.token.slice(0, 40));
    expect(incidentsIn(await end.arrived()).size).toBe(2);
    // With a new file all is as before.
    await end.enrol(enrolment());
    const again = start(mqttFor(broker as TestBroker, null));
    await again.page();
    await eventually(async () => (incidentsIn(await end.arrived()).size >= 4 ? true : null));
    await ear.close();
  }, 120_000);

  it('is none, as its file says nothing: exit 2 before anything is begun', async () => {
    const sensor = start();
    const { code, stderr } = await sensor.program.ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`fleet.enrolment: ${enrolment()} cannot be read (ENOENT)`);
    expect(stderr).not.toContain('#/pair/');
  });
});
