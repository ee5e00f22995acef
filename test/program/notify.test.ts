// The built program and those it tells beside the broker, over real HTTP: through their outages, the broker's, and SIGKILL, counted at
// the receivers by id; test alerts from the command line and the page; and that no secret of a target is anywhere to be read.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { databaseIn } from '../../sensor/spine.ts';
import { reportFault } from '../support/fault-table.ts';
import { dhcpRequest, mail } from '../support/name-frames.ts';
import { NtfyStandIn, type StandIn, WebhookStandIn } from '../support/notify-servers.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { Transcript } from '../support/transcript.ts';
import { onDisk } from './broker-stage.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { ensureBuilt, eventually, PairedPage, Program, scratch, writeYaml } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const TOKEN = 'tk_verysecret';
const SECRET = 'signed-with-this';
/** Nobody listens there. */
const NO_BROKER = { url: 'mqtt://127.0.0.1:1' };

const files = scratch();
let phone: NtfyStandIn;
let hook: WebhookStandIn;
let running: PipedSensor[];
let broker: TestBroker | null;
let count = 0;

beforeAll(ensureBuilt);
beforeEach(async () => {
  count++;
  running = [];
  broker = null;
  phone = await new NtfyStandIn().start();
  hook = await new WebhookStandIn().start();
  Object.assign(phone, { topic: 'hidden-topic', token: TOKEN });
  hook.secret = SECRET;
});
afterEach(async () => {
  for (const { program } of running) await program.kill();
  await broker?.remove();
  await Promise.all([phone.stop(), hook.stop()]);
});
afterAll(files.remove);

const state = () => files.path(`state-${count}`);
const config = () => files.path(`sensor-${count}.yaml`);

function start(mqtt: object = NO_BROKER): PipedSensor {
  const notify = {
    phone: { kind: 'ntfy', url: phone.url, topic: phone.topic, token: TOKEN },
    flow: { kind: 'webhook', url: `${hook.url}/path-of-ours`, secret: SECRET, names: true },
  };
  const sensor = new PipedSensor({ config: config(), state: state(), mqtt, notify });
  running.push(sensor);
  return sensor;
}

const device = (n: number) => ({ mac: `24:0a:c4:10:00:${(n + 16).toString(16)}`, ip: `192.168.1.${n + 30}` });

/** So many devices begin to mail, and one packet more, so that what is before it is seen as over. */
function mails(sensor: PipedSensor, from: number, to: number): void {
  for (let n = from; n < to; n++) sensor.feed(mail(device(n), MAIL_SERVER, START + n * SECOND, { outcome: 'refused' }));
  sensor.feed(mail(device(from), MAIL_SERVER, START + to * SECOND + MINUTE, { outcome: 'refused' }));
}

const waiting = (target: string) =>
  onDisk<{ id: string }>(state(), `SELECT id FROM outbox WHERE target = '${target}'`).map(({ id }) => id);

/** What of the ids came more than once. */
const repeated = (server: StandIn) => server.taken.length - new Set(server.ids()).size;

describe('an alert', () => {
  it('that nobody can be told of waits on disk over SIGKILL, and each has it once when they are back', async () => {
    await Promise.all([phone.stop(), hook.stop()]);
    const first = start();
    mails(first, 0, 5);
    await first.page();
    await eventually(() => (waiting('phone').length >= 5 && waiting('flow').length >= 5 ? true : null));
    await first.program.kill();
    const ids = waiting('phone').map((id) => id.replace('@phone', ''));
    await Promise.all([phone.start(), hook.start()]);
    const page = await start().page();
    await eventually(async () => ((await page.health()).notify.every(({ waiting: left }) => left === 0) ? true : null));
    expect([phone.ids().sort(), hook.ids().sort()]).toEqual([ids.sort(), ids.sort()]);
    expect((await page.health()).broker).toMatchObject({ connected: false });
    reportFault({
      fault: 'ntfy, webhook and broker away, and SIGKILL',
      inputs: `${ids.length} alerts`,
      outcome: 'each told once to ntfy and webhook',
      lost: 0,
    });
  }, 60_000);

  it('is told once over outages of the targets and of the broker while it runs', async () => {
    broker = await aedesBroker();
    const ear = await Transcript.listen(broker.url, broker.login);
    const sensor = start(mqttFor(broker, null));
    const page = await sensor.page();
    await eventually(() => ear.last(TOPICS.state) ?? null);
    await hook.stop();
    mails(sensor, 0, 3);
    // One target in trouble holds up neither the other nor the broker.
    await eventually(() => (phone.taken.length >= 3 && ear.of(TOPICS.alert).length >= 3 ? true : null));
    const trouble = await eventually(async () => {
      const [, flow] = (await page.health()).notify;
      return flow?.error ? flow : null;
    });
    expect(trouble).toMatchObject({
      ...{ name: 'flow', kind: 'webhook', host: hook.host, lastTakenAt: null },
      error: `nothing listens at ${hook.host} (notify.flow.url)`,
    });
    await hook.start();
    const house = () => ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload).id as string);
    // Whatever one has heard of, all have.
    await eventually(() => {
      const told = [phone.ids(), hook.ids(), house()];
      return told.every((ids) => told.flat().every((id) => ids.includes(id))) ? true : null;
    });
    const expected = house().sort();
    expect([phone.ids().sort(), hook.ids().sort()]).toEqual([expected, expected]);
    await ear.close();
  }, 60_000);

  it('is on its way at a SIGKILL: all are told, and of each kill one message at most again, with its id', async () => {
    const KILLS = 4;
    let sensor = start();
    await sensor.page();
    mails(sensor, 0, 40);
    await eventually(() => (waiting('flow').length + hook.taken.length >= 40 ? true : null));
    for (let kill = 0; kill < KILLS; kill++) {
      const before = hook.taken.length;
      await eventually(() => (hook.taken.length >= Math.min(40, before + 3) ? true : null));
      await sensor.program.kill();
      sensor = start();
    }
    const page = await sensor.page();
    await eventually(async () => ((await page.health()).notify.every(({ waiting: left }) => left === 0) ? true : null));
    const incidents = (await page.incidents()).filter(({ kind }) => kind === 'mail_started');
    for (const server of [phone, hook]) {
      const told = new Set(
        server
          .ids()
          .filter((id) => /-opened-/.test(id))
          .map((id) => id.slice(0, 16)),
      );
      expect(incidents.filter(({ id }) => !told.has(id))).toEqual([]);
      expect(repeated(server)).toBeLessThanOrEqual(KILLS);
    }
    reportFault({
      fault: `SIGKILL while alerts are told, ${KILLS} times`,
      inputs: `${new Set(hook.ids()).size} alerts to ntfy and webhook`,
      outcome: `each told; again with the same id: ${repeated(phone)} and ${repeated(hook)}`,
      lost: 0,
    });
  }, 120_000);

  it('names nobody to strangers, and everybody where that is asked for', async () => {
    const sensor = start();
    sensor.feed(dhcpRequest(CAMERA.mac, [[12, 'lenas-camera']], START - MINUTE));
    sensor.feed(mail(CAMERA, MAIL_SERVER, START), mail(CAMERA, MAIL_SERVER, START + 2 * MINUTE));
    await eventually(() => (phone.taken.length > 0 && hook.taken.length > 0 ? true : null));
    expect(phone.taken[0]).toMatchObject({
      title: 'Thingwatch: Espressif Inc. (…:be:ef)',
      text: expect.stringMatching(/^Espressif Inc\. \(…:be:ef\) is trying to reach mail servers .*\n\nDisconnect/),
    });
    expect(phone.taken.map(({ body }) => body).join('\n')).not.toMatch(/lena|a4:cf:12/i);
    expect(hook.taken[0]).toMatchObject({ title: 'Thingwatch: lenas-camera' });
    expect(JSON.parse(hook.taken[0]?.body ?? '')).toMatchObject({ mac: CAMERA.mac, stored: true, severity: 'high' });
  }, 60_000);
});

it('the last week, in which the sensor was off, is summed up at the start, told once to those that want it, and again to nobody', async () => {
  const HOUR_OF_MONTHS = Math.floor(Date.now() / HOUR) - 24 * 15;
  const notify = {
    phone: { kind: 'ntfy', url: phone.url, topic: phone.topic, token: TOKEN, least: 'critical' },
    flow: { kind: 'webhook', url: hook.url, secret: SECRET, weekly: false },
  };
  writeYaml(config(), {
    ...{ state_dir: state(), sensor_id: SENSOR_ID, web: { listen: '127.0.0.1:0' }, mqtt: { listen: '127.0.0.1:0' } },
    ...{ capture: { command: 'sleep 600' }, notify },
  });
  const live = async () => {
    const program = Program.start(['--config', config(), 'run']);
    running.push({ program } as PipedSensor);
    return { program, page: await PairedPage.open(program) };
  };
  const first = await live();
  await first.program.stop();
  const db = new Database(databaseIn(state()));
  db.prepare(
    'INSERT INTO watch_hours SELECT ?, watched, off, capture, mirror, loss, clock, 0, 0 FROM watch_hours LIMIT 1',
  ).run(HOUR_OF_MONTHS);
  db.prepare("UPDATE meta SET value = ? WHERE key = 'watched_until'").run(String(HOUR_OF_MONTHS * HOUR));
  db.close();
  await first.program.kill();
  await phone.stop();
  const second = await live();
  await eventually(() => (waiting('phone').length > 0 ? true : null));
  await second.program.kill();
  await phone.start();
  const { page } = await live();
  await eventually(async () => ((await page.health()).notify.every(({ waiting: left }) => left === 0) ? true : null));
  expect(phone.taken).toMatchObject([
    {
      title: 'Thingwatch: the last week',
      text: expect.stringMatching(
        /^The home was watched for 0 % of the week\. Not watched: 7 days \(the sensor was off\)/,
      ),
    },
  ]);
  expect(hook.asked).toEqual([]);
}, 60_000);

describe('a test alert', () => {
  it('goes to broker and targets, says who took it, and makes no incident', async () => {
    broker = await aedesBroker();
    const ear = await Transcript.listen(broker.url, broker.login);
    const sensor = start(mqttFor(broker, null));
    const page = await sensor.page();
    await eventually(() => ear.last(TOPICS.state) ?? null);
    const { code, stdout } = await Program.run(['--config', config(), 'test-alert']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^taken {4}MQTT broker mqtt:\/\/127\.0\.0\.1:\d+/),
      `taken    phone (ntfy at ${phone.host})`,
      `taken    flow (webhook at ${hook.host})`,
      'Everybody took the test alert.',
      '',
    ]);
    expect(code).toBe(0);
    const [told] = ear.of(TOPICS.alert);
    expect(JSON.parse(told?.payload ?? '')).toMatchObject({
      event_type: 'test',
      test: true,
      incident: null,
      mac: null,
    });
    expect(phone.taken).toMatchObject([{ title: 'Thingwatch: test alert' }]);
    expect(JSON.parse(hook.taken[0]?.body ?? '')).toMatchObject({ test: true, incident: null, event_type: 'test' });
    expect(new Set([...phone.ids(), ...hook.ids(), JSON.parse(told?.payload ?? '').id]).size).toBe(1);
    expect(await page.incidents()).toEqual([]);
    await ear.close();
  }, 60_000);

  it('says which target has not taken it and why, and fails', async () => {
    hook.secret = 'another';
    const sensor = start();
    const page = await sensor.page();
    await page.command({ type: 'test_alert' });
    // At once: three seconds later it would be done.
    await expect(page.command({ type: 'test_alert' })).rejects.toThrow(/409.*a moment ago/);
    await eventually(() => (phone.taken.length === 1 ? true : null));
    await sleep(3100);
    const begun = performance.now();
    const { code, stdout } = await Program.run(['--config', config(), 'test-alert']);
    expect(code).toBe(1);
    // What is known to fail is not waited for.
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(stdout).toMatch(/^WAITING {2}MQTT broker mqtt:\/\/127\.0\.0\.1:1\/?: nothing listens at the address/m);
    expect(stdout).toContain(`taken    phone (ntfy at ${phone.host})\n`);
    expect(stdout).toContain(
      `WAITING  flow (webhook at ${hook.host}): ${hook.host} does not let the sensor in (401; notify.flow.url)\n`,
    );
  }, 90_000);

  it('without a sensor that runs there is none', async () => {
    const sensor = start();
    await sensor.page();
    await sensor.program.stop();
    const { code, stderr } = await Program.run(['--config', config(), 'test-alert']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no sensor runs with the state directory/)]);
  }, 60_000);
});

it('doctor says of each whether it is there and knows the sensor, and tells nobody of an alert', async () => {
  const sensor = start();
  await sensor.page();
  phone.token = 'another';
  const { stdout } = await Program.run(['--config', config(), 'doctor', '--seconds', '0', '--json']);
  const checks: { name: string; result: string; found: string; fix: string }[] = JSON.parse(stdout).checks;
  expect(checks.filter(({ name }) => name.startsWith('notify.'))).toMatchObject([
    { name: 'notify.phone', result: 'fail', found: `${phone.host} does not know the token (notify.phone.token)` },
    { name: 'notify.flow', result: 'warn', found: expect.stringContaining(`${hook.host} can be reached`) },
  ]);
  expect([phone.taken, hook.asked, stdout.match(/verysecret|signed-with|hidden-topic/)]).toEqual([[], [], null]);
}, 60_000);

it('no token, topic, path or secret is in log, health, support bundle or database', async () => {
  phone.token = 'another';
  await hook.stop();
  const sensor = start();
  mails(sensor, 0, 2);
  const page = await sensor.page();
  await eventually(async () => ((await page.health()).notify.every(({ error }) => error !== null) ? true : null));
  const shown = [
    JSON.stringify([await page.health(), await page.get('/api/support-bundle'), await page.get('/api/log')]),
    (await sensor.program.stop()).stderr,
    ...['', '-wal'].map((end) => {
      try {
        return readFileSync(`${databaseIn(state())}${end}`, 'latin1');
      } catch {
        return '';
      }
    }),
  ].join('\n');
  expect(shown).toContain('does not know the token (notify.phone.token)');
  expect(shown).not.toMatch(/tk_verysecret|hidden-topic|path-of-ours|signed-with-this/);
}, 60_000);

it('a secret’s file that is not there ends the start, and says which setting it is', async () => {
  const notify = { phone: { kind: 'ntfy', url: phone.url, topic: 'x', token_file: '/nowhere/token' } };
  const sensor = new PipedSensor({ config: config(), state: state(), mqtt: NO_BROKER, notify });
  running.push(sensor);
  const { code, stderr } = await sensor.program.ended;
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/notify\.phone\.token_file: \/nowhere\/token cannot be read \(ENOENT\)/),
  ]);
}, 60_000);
