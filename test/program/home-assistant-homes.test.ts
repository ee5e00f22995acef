// Homes that try Home Assistant's patience, through the built program: a device that mails all day, a hundred devices,
// names made to do harm, a broker on the LAN.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { Home, requireLab } from '../lab/home.ts';
import { Namespaces } from '../lab/namespaces.ts';
import { checkDiscovery, checkState, stateRules } from '../support/ha-checker.ts';
import { dhcpAck, dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { CAMERA, MINUTE, SECOND, START } from '../support/stage.ts';
import { retained, Transcript, until } from '../support/transcript.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { CAPTURES, ensureBuilt, eventually, MAIN, Program, scratch, writeYaml } from './program.ts';
import { LabSensor } from './sensor-in-lab.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const OUTCOMES = ['unanswered', 'refused', 'connected'] as const;

const files = scratch();
let broker: TestBroker;
let ear: Transcript;
let sensor: PipedSensor | null = null;
beforeAll(ensureBuilt);
beforeEach(async () => {
  broker = await aedesBroker();
  ear = await Transcript.listen(broker.url, broker.login);
});
afterEach(async () => {
  await sensor?.program.kill();
  sensor = null;
  await ear.close();
  await broker.remove();
});
afterAll(files.remove);

type Settings = Partial<ConstructorParameters<typeof PipedSensor>[0]>;

function start(settings: Settings = {}): PipedSensor {
  const config = files.path('sensor.yaml');
  sensor = new PipedSensor({ config, mqtt: mqttFor(broker, null), ...settings });
  return sensor;
}

const kept = () => retained(broker.url, broker.login);
const host = (number: number) => ({
  mac: `24:0a:c4:20:00:${number.toString(16).padStart(2, '0')}`,
  ip: `192.168.1.${100 + number}`,
});

it('a device that mails every minute for a day: an event for each change of severity, states by the rate limit', async () => {
  const frames = [dhcpRequest(CAMERA.mac, [[12, 'hallway-camera']], START), dhcpAck(CAMERA, START + 10)];
  for (let minute = 1; minute <= 24 * 60; minute += 1) {
    const outcome = OUTCOMES[Math.floor(minute / 7) % 3] ?? 'refused';
    frames.push(...mail(CAMERA, `203.0.113.${1 + (minute % 200)}`, START + minute * MINUTE, { outcome }));
  }
  const { program } = start({ speed: 20_000 });
  const began = Date.now();
  sensor?.feed(frames);
  sensor?.program.child.stdin?.end();
  await program.says(/The replay is over/);
  const page = await sensor?.page();
  expect((await page?.incidents())?.map(({ evidence, severity }) => [severity, evidence.attempts])).toEqual([
    ['critical', 1440],
  ]);
  await until(() => ear.of(TOPICS.deviceAlert(CAMERA.mac)).length === 2);
  await ear.settled();
  const types = ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload).event_type);
  expect(types).toEqual(['mail_started', 'escalated']);
  const halfMinutes = Math.floor((Date.now() - began) / (30 * SECOND));
  // The first state, one at each change of severity, and one each half minute.
  expect(ear.of(TOPICS.deviceState(CAMERA.mac)).length).toBeLessThanOrEqual(2 + halfMinutes);
  expect(ear.of(TOPICS.deviceConfig(CAMERA.mac))).toHaveLength(1);
}, 90_000);

it('counts go on after the power failed, though the last minute was not stored yet', async () => {
  const state = files.path('counts');
  const updates = () => JSON.parse(ear.last(TOPICS.deviceState(CAMERA.mac))?.payload || '{}').update_connections;
  const fetches = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) =>
      visit(CAMERA, '203.0.113.80', START + (from + at) * MINUTE, { host: 'ota.espressif.example', down: 4000 }),
    ).flat();
  const stored = () => {
    const database = new Database(join(state, 'thingwatch.db'), { readonly: true });
    const sum = Number(database.prepare('SELECT sum(connections) FROM backends').pluck().get());
    database.close();
    return sum;
  };
  start({ state }).feed(mail(CAMERA, '203.0.113.25', START), fetches(1, 3));
  await until(() => updates() !== undefined);
  await eventually(() => (stored() === 3 ? true : null));
  // Ordinary changes are stored once a minute.
  sensor?.feed(fetches(4, 7));
  await ear.send('homeassistant/status', 'online');
  await until(() => updates() === 10);
  expect(stored()).toBe(3);
  await sensor?.program.kill();
  ear.clear();
  start({ state });
  await until(() => updates() !== undefined);
  expect(updates()).toBe(10);
  sensor?.feed(fetches(20, 1));
  await ear.send('homeassistant/status', 'online');
  await until(() => updates() > 10);
  expect(updates()).toBe(11);
});

/** Once the sensor has seen so many devices, Home Assistant starts and is told of those that matter. */
async function announced(devices: number): Promise<void> {
  const page = await sensor?.page();
  await eventually(async () => ((await page?.health())?.devices === devices ? true : null));
  await until(() => ear.last(TOPICS.state) !== undefined);
  await ear.send('homeassistant/status', 'online');
}

describe('a hundred devices', () => {
  const frames = Array.from({ length: 100 }, (_, number) => {
    const { mac, ip } = host(number);
    return [
      dhcpRequest(mac, [[12, `lamp-${number}`]], START + number * SECOND),
      dhcpAck({ mac, ip }, START + number * SECOND + 10),
    ];
  }).flat();

  it('none of them matters: Home Assistant is told of the sensor alone', async () => {
    start().feed(frames);
    const page = await sensor?.page();
    await eventually(async () => ((await page?.health())?.devices ?? 0) >= 100 || null);
    await until(() => ear.last(TOPICS.state) !== undefined);
    expect([...(await kept()).keys()].toSorted()).toEqual(
      [TOPICS.sensorConfig, TOPICS.state, TOPICS.status].toSorted(),
    );
  });

  it('`devices: all`: all of them, by the rules', async () => {
    start({ homeassistant: { devices: 'all' } }).feed(frames);
    await announced(101);
    const told = (rest: (mac: string) => string) => Array.from({ length: 100 }, (_, at) => rest(host(at).mac));
    const topics = [...told(TOPICS.deviceConfig), ...told(TOPICS.deviceState)];
    await until(() => topics.every((topic) => ear.last(topic) !== undefined));
    await ear.settled();
    const all = await kept();
    expect([...all.keys()]).toEqual(expect.arrayContaining(topics));
    for (const [topic, payload] of all) {
      const mac = TOPICS.parseDevice(topic)?.mac;
      if (topic.endsWith('/config')) expect(checkDiscovery({ topic, payload, retain: true })).toEqual([]);
      if (mac !== undefined)
        expect(
          checkState({ topic, payload, retain: true }, stateRules(all.get(TOPICS.deviceConfig(mac)) ?? '')),
        ).toEqual([]);
    }
    expect(JSON.parse(all.get(TOPICS.deviceConfig(host(7).mac)) ?? '').device.name).toBe('lamp-7');
  });

  it('no longer `all`: what does not matter is taken off the broker at the next start', async () => {
    const state = files.path('policy');
    start({ state, homeassistant: { devices: 'all' } }).feed(
      frames.slice(0, 20),
      mail(host(1), '203.0.113.25', START + MINUTE),
    );
    await announced(11);
    await until(() => ear.last(TOPICS.deviceState(host(9).mac)) !== undefined);
    await sensor?.program.stop();
    const before = [...(await kept()).keys()];
    expect(before.filter((topic) => topic.endsWith('/config'))).toHaveLength(12);
    const own = [TOPICS.deviceConfig(host(1).mac), TOPICS.deviceState(host(1).mac)];
    const isOfDevice = (topic: string) =>
      TOPICS.parseDevice(topic) !== null || TOPICS.parseDeviceConfig(topic) !== null;
    const gone = before.filter((topic) => isOfDevice(topic) && !own.includes(topic));
    start({ state });
    await until(() => gone.every((topic) => ear.last(topic)?.payload === ''));
    await ear.settled();
    expect([...(await kept()).keys()].toSorted()).toEqual(
      [...own, TOPICS.sensorConfig, TOPICS.state, TOPICS.status].toSorted(),
    );
  });

  it('`enabled: false`: topics for everybody else, nothing for Home Assistant', async () => {
    start({ homeassistant: { enabled: false } }).feed(frames, mail(host(1), '203.0.113.25', START + MINUTE * 10));
    await until(() => ear.last(TOPICS.deviceAlert(host(1).mac)) !== undefined);
    await ear.settled();
    const topics = [...(await kept()).keys()].toSorted();
    expect(topics).toEqual([TOPICS.status, TOPICS.state, TOPICS.deviceState(host(1).mac)].toSorted());
    expect(ear.topics.filter((topic) => topic.startsWith('homeassistant/'))).toEqual([]);
  });
});

describe('names', () => {
  const HOSTILE = [
    `say "hi" \\ it's`,
    'caméra 📷 kitchen',
    '+/#/$SYS',
    '<img src=x onerror=alert(1)>&amp;',
    '{{ states.switch | list }}{% raw %}',
    'Alert',
    'x'.repeat(255),
    '\u001b[2J\u0000\r\nnull',
  ];

  it('announced by devices: accepted, escaped, and in no topic, id or template', async () => {
    start();
    for (const [number, name] of HOSTILE.entries()) {
      const { mac, ip } = host(number);
      const time = START + number * MINUTE;
      sensor?.feed(dhcpRequest(mac, [[12, Buffer.from(name).subarray(0, 255)]], time), dhcpAck({ mac, ip }, time + 10));
      sensor?.feed(mail({ mac, ip }, '203.0.113.25', time + SECOND, { outcome: 'connected' }));
    }
    await until(() => HOSTILE.every((_, number) => ear.of(TOPICS.deviceAlert(host(number).mac)).length === 2));
    const names: string[] = [];
    for (const [topic, payload] of await kept()) {
      expect(topic).toMatch(/^[a-zA-Z0-9_/]+$/);
      if (!topic.endsWith('/config')) continue;
      expect(checkDiscovery({ topic, payload, retain: true })).toEqual([]);
      const { components, device } = JSON.parse(payload);
      names.push(device.name);
      for (const { default_entity_id: id, name, unique_id: unique, ...rest } of Object.values<Record<string, unknown>>(
        components,
      )) {
        expect(unique).toMatch(/^thingwatch_piped(_[0-9a-f]{12})?_[a-z_]+$/);
        expect(id).toMatch(/^[a-z_]+\.[a-z0-9_]+$/);
        expect(name).toMatch(/^[A-Z][a-z ]+$/);
        expect(JSON.stringify(rest)).not.toMatch(/onerror|states\.|raw|xxx/);
      }
    }
    expect(names).toEqual(expect.arrayContaining(HOSTILE.slice(0, 5)));
    expect(names).toContain('Alert device');
    expect(names.join('')).not.toMatch(/\p{Cc}/u);
    for (const { payload } of ear.of(TOPICS.alert)) expect(() => JSON.parse(payload)).not.toThrow();
  });
});

it('a certificate that cannot be read: said before anything is started, with its setting', async () => {
  const path = files.path('nowhere/ca.pem');
  for (const [settings, key] of [
    [{ mqtt: { url: 'mqtts://127.0.0.1:1', ca: path } }, 'mqtt.ca'],
    [{ web: { listen: '127.0.0.1:0', cert: path, key: path } }, 'web.cert'],
  ] as const) {
    const config = writeYaml(files.path('unreadable.yaml'), { web: { listen: '127.0.0.1:0' }, ...settings });
    const ended = await Program.run(['--config', config, 'replay', '-', '--serve']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining(`thingwatch: ${key}: ${path} cannot be read (`),
    ]);
  }
});

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, the embedded broker on a LAN: ${reason}`);
it.skipIf(reason !== null)(
  `live on a mirror port: the sensor and the camera that mails, by the rules${reason === null ? '' : ` (NOT RUN: ${reason})`}`,
  async () => {
    const home = await Home.start({ devices: [{ name: 'hallway-camera', mac: host(1).mac }], join: false });
    try {
      const lab = await LabSensor.of(home);
      const live = await lab.run();
      await home.device('hallway-camera').join();
      await home.device('hallway-camera').sendMail({ to: 'mail.example.net' });
      const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'lab', discoveryPrefix: 'homeassistant' });
      const last = (topic: string) => live.ear.findLast((message) => message.topic === topic)?.payload ?? '';
      const alert = topics.deviceAlert(host(1).mac);
      await eventually(() => (last(alert).includes('"stage":"accepted"') ? true : null));
      for (const [config, state] of [
        [topics.sensorConfig, topics.state],
        [topics.deviceConfig(host(1).mac), topics.deviceState(host(1).mac)],
      ] as const) {
        expect(checkDiscovery({ topic: config, payload: last(config), retain: true })).toEqual([]);
        expect(checkState({ topic: state, payload: last(state), retain: true }, stateRules(last(config)))).toEqual([]);
      }
      // What changes without an incident is said within half a minute.
      await eventually(() => (JSON.parse(last(topics.state)).mirror_port_problem === 'OFF' ? true : null));
      expect(JSON.parse(last(topics.state))).toMatchObject({
        devices_sending_mail: 1,
        packets_per_second: expect.any(Number),
      });
      expect(JSON.parse(last(topics.deviceState(host(1).mac)))).toMatchObject({
        sending_mail: 'ON',
        severity: 'critical',
        mail: { last_destination_name: 'mail.example.net', last_port: 25, last_connection: 'connected' },
      });
      await live.hang();
      await live.program.stop();
    } finally {
      await home.stop();
    }
  },
  180_000,
);

describe.skipIf(reason !== null)('the embedded broker on the LAN', () => {
  const LAN = '192.168.50.9';
  /** A client elsewhere on that LAN: prints the sensor's status, or why it was not let in. */
  const CLIENT = `import mqtt from 'mqtt';
    const [url, username, password] = process.argv.slice(1);
    const client = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 0, ...(username && { username, password }) });
    const say = (text) => { console.log(text); process.exit(); };
    client.on('error', (error) => say('refused ' + error.code));
    client.on('message', (topic, payload) => say(String(payload)));
    client.subscribe('thingwatch/+/status');`;

  it('lets in who knows the password that was made, and nobody else', async () => {
    const namespaces = new Namespaces();
    try {
      await namespaces.create(['lan'], []);
      await namespaces.script('lan', ['ip link set lo up', `ip addr add ${LAN}/24 dev lo`]);
      const state = files.path('lan');
      const settings = { web: { listen: '127.0.0.1:8080' }, mqtt: { listen: `${LAN}:1883` } };
      const config = writeYaml(files.path('lan.yaml'), settings);
      const args = [
        MAIN,
        '--config',
        config,
        'replay',
        join(CAPTURES, 'three-mailers.pcap'),
        '--serve',
        '--state',
        state,
      ];
      const program = new Program(namespaces.spawn('lan', process.execPath, args));
      await program.says(/MQTT: the password for user thingwatch is in \S+\/mqtt-password\n/);
      await program.says(/connected to the broker/);
      await program.says(/The replay is over/);
      const password = readFileSync(join(state, 'mqtt-password'), 'utf8').trim();
      expect(password).toMatch(/^[\w-]{24}$/);
      expect(statSync(join(state, 'mqtt-password')).mode & 0o777).toBe(0o600);
      expect(program.stderr).not.toContain(password);
      const ask = async (...login: string[]) => {
        const client = ['--input-type=module', '-e', CLIENT, `mqtt://${LAN}:1883`, ...login];
        return (await namespaces.run('lan', process.execPath, client)).stdout.trim();
      };
      expect(await ask()).toBe('refused 4');
      expect(await ask('thingwatch', 'guessed')).toBe('refused 4');
      expect(await ask('thingwatch', password)).toBe('online');
      expect((await program.stop()).code).toBe(0);
    } finally {
      await namespaces.close();
    }
  });
});
