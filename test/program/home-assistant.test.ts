// The built program as Home Assistant meets it: every message over a broker, from the first start to kill -9.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../sensor/publish/alerts.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import type { Expectation } from '../../sensor/record/incident.ts';
import { checkDiscovery, checkEvent, checkHouse, checkState, stateRules } from '../support/ha-checker.ts';
import { MOSQUITTO, makeAuthority } from '../support/mosquitto.ts';
import { answered, dhcpAck, dhcpRequest, mail } from '../support/name-frames.ts';
import { accessTo, aedesBroker, Cable, mosquittoBroker, type TestBroker } from '../support/publisher-lab.ts';
import { CAMERA, DAY, FRIDGE, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { retained, Transcript, until } from '../support/transcript.ts';
import { onDisk } from './broker-stage.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { ensureBuilt, eventually, scratch } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const CONFIG = TOPICS.deviceConfig(CAMERA.mac);
const STATE = TOPICS.deviceState(CAMERA.mac);
const SENSOR = [TOPICS.sensorConfig, TOPICS.state, TOPICS.status];

const files = scratch();
const authority = MOSQUITTO === null ? null : makeAuthority();
if (authority === null) console.warn('SKIPPED, Mosquitto is not installed: the story is told over aedes alone');
beforeAll(ensureBuilt);
afterAll(() => {
  files.remove();
  if (authority !== null) rmSync(authority.directory, { recursive: true });
});

const brokers: [string, () => Promise<TestBroker>][] = [
  ['aedes', aedesBroker],
  ...(authority === null
    ? []
    : [['Mosquitto', () => mosquittoBroker(authority)] as [string, () => Promise<TestBroker>]]),
];

/** The camera asks for an address, then mails at `minute`. */
function joins(): ReturnType<typeof mail> {
  return [dhcpRequest(CAMERA.mac, [[12, 'hallway-camera']], START), dhcpAck(CAMERA, START + 10)];
}

function mails(minute: number, options: Parameters<typeof mail>[3] = {}, to = MAIL_SERVER): ReturnType<typeof mail> {
  return mail(CAMERA, to, START + minute * MINUTE, options);
}

let runs = 0;

describe.each(brokers)('over %s, with a password', (name, begin) => {
  let broker: TestBroker;
  let ear: Transcript;
  let sensor: PipedSensor;
  let state: string;
  /** The sensor's way to the broker, where a test wants it to end and to begin. */
  let way: Cable | null = null;
  beforeEach(async () => {
    broker = await begin();
    ear = await Transcript.listen(broker.url, broker.login);
    runs += 1;
    state = files.path(`state-${runs}`);
  });
  afterEach(async () => {
    await sensor?.program.kill();
    await ear.close();
    await way?.remove();
    way = null;
    await broker.remove();
  });

  function start(homeassistant: object = {}): PipedSensor {
    const ca = authority === null ? null : join(authority.directory, 'ca.pem');
    const config = files.path(`${name}-${runs}.yaml`);
    const mqtt = { ...mqttFor(broker, ca), url: accessTo(broker, way?.port).url };
    sensor = new PipedSensor({ config, state, mqtt, homeassistant });
    return sensor;
  }

  const payloadOf = (topic: string) => JSON.parse(ear.last(topic)?.payload || 'null');
  const heard = (topic: string) => until(() => ear.last(topic) !== undefined);
  const camera = (facts: object) =>
    until(() => Object.entries(facts).every(([key, value]) => payloadOf(STATE)?.[key] === value));
  const kept = () => retained(broker.url, broker.login);

  /** A first mail, answered, told to the house and to the device; and the sensor knows that it was. */
  async function mailing(homeassistant: object = {}): Promise<void> {
    start(homeassistant).feed(joins(), mails(1, { outcome: 'connected' }));
    await heard(TOPICS.deviceAlert(CAMERA.mac));
    await until(() => ear.of(TOPICS.deviceAlert(CAMERA.mac)).length === 2);
    await until(() => onDisk(state, 'SELECT id FROM outbox').length === 0);
    await ear.settled();
  }

  /** Every message by the rules of Home Assistant. */
  async function expectRules(): Promise<void> {
    const onBroker = await kept();
    for (const message of ear.messages) {
      const { topic, payload, qos } = message;
      if (topic === 'homeassistant/status' || TOPICS.parseDevice(topic)?.rest.match(/set$|acknowledge$/)) continue;
      expect(qos, topic).toBe(1);
      // Listeners with MQTT 3.1.1 are not told; what is retained there is asked for below.
      const shown = broker.version === 5 ? message : { ...message, retain: onBroker.has(topic) || payload === '' };
      if (topic.endsWith('/config')) expect(checkDiscovery(shown)).toEqual([]);
      else if (topic.endsWith('/alert')) expect(checkEvent(shown, EVENT_TYPES)).toEqual([]);
      else if (topic.endsWith('/state') && payload !== '') {
        const mac = TOPICS.parseDevice(topic)?.mac;
        const discovery = onBroker.get(mac === undefined ? TOPICS.sensorConfig : TOPICS.deviceConfig(mac)) ?? '';
        expect(checkState(shown, stateRules(discovery))).toEqual([]);
      } else expect([topic, shown.retain]).toEqual([TOPICS.status, true]);
    }
    const configs = [...onBroker].filter(([topic]) => topic.endsWith('/config'));
    configs.sort(([a], [b]) => a.length - b.length);
    expect(checkHouse(configs.map(([, payload]) => payload))).toEqual([]);
    expect([...onBroker.keys()].filter((topic) => topic.endsWith('/alert'))).toEqual([]);
  }

  it('start, first mail, and a mail that is answered: in order, each once, by the rules', async () => {
    start();
    await heard(TOPICS.state);
    sensor.feed(joins());
    sensor.feed(mails(1, { outcome: 'connected' }));
    await until(() => ear.of(TOPICS.deviceAlert(CAMERA.mac)).length === 2);
    await ear.settled();
    const order = ear.topics.filter((topic, index) => ear.topics.indexOf(topic) === index);
    expect(order).toEqual([
      TOPICS.status,
      TOPICS.sensorConfig,
      TOPICS.state,
      CONFIG,
      STATE,
      TOPICS.alert,
      TOPICS.deviceAlert(CAMERA.mac),
    ]);
    await expectRules();
    expect(ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload))).toMatchObject([
      { event_type: 'mail_started', severity: 'high', device: 'hallway-camera', mac: CAMERA.mac, port: 25 },
      { event_type: 'escalated', severity: 'critical', connection: 'connected', destination: MAIL_SERVER },
    ]);
    expect(payloadOf(CONFIG).device).toEqual({
      identifiers: [`thingwatch_${SENSOR_ID}_a4cf1299beef`],
      connections: [['mac', CAMERA.mac]],
      name: 'hallway-camera',
      via_device: `thingwatch_${SENSOR_ID}`,
    });
    expect(payloadOf(STATE)).toMatchObject({ sending_mail: 'ON', mail_connections: 1, allow_mail: 'OFF' });
    expect([...(await kept()).keys()].toSorted()).toEqual([...SENSOR, CONFIG, STATE].toSorted());
    expect(sensor.program.stderr).toContain(
      `connected to the broker with MQTT ${broker.version === 5 ? '5' : '3.1.1'}\n`,
    );
    expect(sensor.program.stderr).not.toMatch(/ error | refused/);
  });

  it('allow by the switch: just what the incident saw, shown on the page; off again, and on twice is on', async () => {
    start().feed(joins(), answered(CAMERA, 'mail.example.net', [MAIL_SERVER], START + SECOND), mails(1));
    sensor.feed(mails(2, {}, '203.0.113.77'));
    await camera({ sending_mail: 'ON' });
    const page = await sensor.page();
    await eventually(async () => ((await page.incidents())[0]?.findings === 2 ? true : null));
    const expectations = async () =>
      (await page.get<{ expectations: Expectation[] }>('/api/expectations')).expectations;
    for (const _ of [1, 2]) await ear.send(TOPICS.allowMail(CAMERA.mac), 'ON');
    await camera({ allow_mail: 'ON', severity: null });
    await ear.settled();
    expect(await expectations()).toMatchObject([
      {
        device: CAMERA.mac,
        destinations: ['203.0.113.77', 'mail.example.net'],
        ports: [25],
        createdBy: 'home-assistant',
      },
    ]);
    const told = ear.of(TOPICS.alert).length;
    sensor.feed(mails(3));
    sensor.feed(mails(4, {}, '203.0.113.99'));
    await until(() => ear.of(TOPICS.alert).length > told);
    expect(payloadOf(TOPICS.alert)).toMatchObject({ event_type: 'mail_resumed', destination: '203.0.113.99' });
    for (const _ of [1, 2]) await ear.send(TOPICS.allowMail(CAMERA.mac), 'OFF');
    await camera({ allow_mail: 'OFF', sending_mail: 'ON', severity: 'high' });
    expect(await expectations()).toEqual([]);
    await expectRules();
    await ear.settled();
    expect(ear.of(TOPICS.alert)).toHaveLength(told + 1);
  });

  it('acknowledge: no alert, and the verdict ends once it has been quiet for a day', async () => {
    await mailing();
    ear.clear();
    await ear.send(TOPICS.acknowledge(CAMERA.mac), 'PRESS');
    await camera({ severity: null, sending_mail: 'ON' });
    expect((await (await sensor.page()).incidents()).map((incident) => Reflect.get(incident, 'state'))).toEqual([
      'acknowledged',
    ]);
    sensor.feed(dhcpRequest(CAMERA.mac, [[12, 'hallway-camera']], START + DAY + 2 * MINUTE));
    await eventually(async () =>
      (await (await sensor.page()).health()).lastFrameAt === START + DAY + 2 * MINUTE ? true : null,
    );
    await ear.send(TOPICS.acknowledge(CAMERA.mac), 'PRESS');
    await camera({ sending_mail: 'OFF' });
    await ear.settled();
    expect(ear.of(TOPICS.alert)).toEqual([]);
    await expectRules();
  });

  it('what is no order is refused, and never repeated in the log', async () => {
    await mailing();
    await ear.send(TOPICS.allowMail(CAMERA.mac), 'nonsense-on');
    await ear.send(TOPICS.acknowledge(CAMERA.mac), 'Z'.repeat(100_000));
    await ear.send(TOPICS.acknowledge(FRIDGE.mac), 'PRESS');
    await sensor.program.says(/refused: malformed\n.*refused: oversized\n.*refused: for an unknown device/);
    expect(sensor.program.stderr).not.toMatch(/nonsense|ZZZ|000178|00:17:88/);
    expect((await (await sensor.page()).incidents()).map((incident) => Reflect.get(incident, 'state'))).toEqual([
      'open',
    ]);
  });

  it('renamed on the page: the same ids under the new name; forgotten: no topic is left', async () => {
    await mailing();
    ear.clear();
    const page = await sensor.page();
    await page.command({ type: 'rename', device: CAMERA.mac, label: 'Porch "camera" {{ 1 }}' });
    await heard(CONFIG);
    await ear.settled();
    expect(ear.topics).toEqual([CONFIG]);
    expect(payloadOf(CONFIG)).toMatchObject({
      device: { name: 'Porch "camera" {{ 1 }}' },
      components: { alert: { unique_id: `thingwatch_${SENSOR_ID}_a4cf1299beef_alert` } },
    });
    await expectRules();
    await page.command({ type: 'forget', device: CAMERA.mac });
    await until(() => ear.last(CONFIG)?.payload === '' && ear.last(STATE)?.payload === '');
    expect([...(await kept()).keys()].toSorted()).toEqual(SENSOR.toSorted());
  });

  it('deleted in Home Assistant: stays away over birth and restart until it mails again', async () => {
    await mailing();
    await ear.send(TOPICS.acknowledge(CAMERA.mac), 'PRESS');
    await camera({ severity: null });
    await ear.send(CONFIG, '', true);
    await until(() => ear.last(STATE)?.payload === '');
    await ear.settled();
    await sensor.program.stop();
    ear.clear();
    start();
    await heard(TOPICS.state);
    await ear.send('homeassistant/status', 'online');
    await until(() => ear.of(TOPICS.sensorConfig).length === 2);
    await ear.settled();
    expect(ear.topics.filter((topic) => topic.includes('a4cf1299beef'))).toEqual([]);
    sensor.feed(mails(60 * 24 * 10));
    await heard(TOPICS.deviceAlert(CAMERA.mac));
    expect(payloadOf(TOPICS.alert).event_type).toBe('mail_resumed');
    expect([...(await kept()).keys()].toSorted()).toEqual([...SENSOR, CONFIG, STATE].toSorted());
  });

  it('a clean stop says offline, kill -9 lets the broker say it; the next start counts on', async () => {
    await mailing();
    await sensor.program.kill();
    await until(() => ear.last(TOPICS.status)?.payload === 'offline');
    expect((await kept()).get(TOPICS.status)).toBe('offline');
    ear.clear();
    start();
    await heard(STATE);
    await ear.settled();
    expect(ear.topics).toEqual([TOPICS.status, TOPICS.sensorConfig, CONFIG, TOPICS.state, STATE]);
    expect(payloadOf(STATE)).toMatchObject({ sending_mail: 'ON', mail_connections: 1 });
    expect((await sensor.program.stop()).code).toBe(0);
    await ear.settled();
    expect(ear.of(TOPICS.status).map(({ payload }) => payload)).toEqual(['online', 'offline']);
  });

  it('a broker that forgot everything, and a birth: all is said again, in order, with no alert', async () => {
    way = await Cable.to(broker.port);
    await mailing();
    const before = await kept();
    await ear.close();
    await way.unplug();
    await broker.die();
    await sensor.program.says(/ERROR|error/i);
    await broker.revive();
    // Who listens is there before the sensor: what is kept comes in no order.
    ear = await Transcript.listen(broker.url, broker.login);
    await way.plugIn();
    await heard(STATE);
    await ear.settled();
    const all = [TOPICS.status, TOPICS.sensorConfig, CONFIG, TOPICS.state, STATE];
    expect(ear.topics).toEqual(all);
    expect([...(await kept()).keys()].toSorted()).toEqual([...before.keys()].toSorted());
    ear.clear();
    await ear.send('homeassistant/status', 'online');
    await heard(STATE);
    await ear.settled();
    expect(ear.topics.filter((topic) => topic !== 'homeassistant/status')).toEqual(all);
  }, 90_000);
});
