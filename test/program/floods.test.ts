// Made-up MAC addresses, through the built program, a broker and Home Assistant's topics; and a new thing that is real.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { dhcpAck, madeUp, mail, visit } from '../support/name-frames.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, START } from '../support/stage.ts';
import { Transcript, until } from '../support/transcript.ts';
import { mqttFor, PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { ensureBuilt, scratch } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });

const files = scratch();
let broker: TestBroker;
let ear: Transcript;
let sensor: PipedSensor;
beforeAll(ensureBuilt);
beforeEach(async () => {
  broker = await aedesBroker();
  ear = await Transcript.listen(broker.url, broker.login);
  const homeassistant = { devices: 'all' };
  sensor = new PipedSensor({ config: files.path('sensor.yaml'), mqtt: mqttFor(broker, null), homeassistant });
  sensor.feed(
    dhcpAck(CAMERA, START - HOUR),
    visit(CAMERA, '203.0.113.80', START - HOUR + MINUTE, { host: 'a.example' }),
  );
});
afterEach(async () => {
  await sensor.program.kill();
  await ear.close();
  await broker.remove();
});
afterAll(files.remove);

const alerts = () => ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload));

it('a flood is one alert, no device of Home Assistant and few lines of the log; the camera in it is told of by its MAC', async () => {
  sensor.feed(madeUp(5000, 25, START), mail(CAMERA, MAIL_SERVER, START + MINUTE));
  await until(() => ear.of(TOPICS.deviceAlert(CAMERA.mac)).length > 0);
  await ear.settled();
  expect(alerts().map(({ event_type: type, mac }) => [type, mac ?? null])).toEqual([
    ['mac_flood', null],
    ['mail_started', CAMERA.mac],
  ]);
  const devices = ear.topics.map((topic) => TOPICS.parseDevice(topic)?.mac).filter((mac) => mac !== undefined);
  expect(devices).toContain(CAMERA.mac);
  expect(devices.filter((mac) => mac !== CAMERA.mac && mac !== GATEWAY.mac)).toEqual([]);
  expect(sensor.program.stderr.split('\n').length).toBeLessThan(40);
});

it('a new thing that nobody answers is told of though nothing follows it', async () => {
  sensor.feed(mail(FRIDGE, MAIL_SERVER, START));
  await until(() => ear.of(TOPICS.deviceAlert(FRIDGE.mac)).length > 0);
  expect(alerts()).toMatchObject([{ event_type: 'mail_started', mac: FRIDGE.mac }]);
});
