// The topic table, and that nothing but our own topics is taken for ours.
import { expect, it } from 'vitest';
import { createTopics, macFrom12 } from '../../sensor/publish/topics.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });

it('lays topics out below base topic and sensor', () => {
  expect([topics.status, topics.state, topics.alert, topics.acknowledgeAll]).toEqual([
    'thingwatch/b827eb5512aa/status',
    'thingwatch/b827eb5512aa/state',
    'thingwatch/b827eb5512aa/alert',
    'thingwatch/b827eb5512aa/acknowledge',
  ]);
  const devices = 'thingwatch/b827eb5512aa/devices/a4cf1299beef';
  expect([topics.deviceState(MAC), topics.deviceAlert(MAC), topics.allowMail(MAC), topics.acknowledge(MAC)]).toEqual([
    `${devices}/state`,
    `${devices}/alert`,
    `${devices}/allow_mail/set`,
    `${devices}/acknowledge`,
  ]);
  expect(topics.sensorConfig).toBe('homeassistant/device/thingwatch_b827eb5512aa/config');
  expect(topics.deviceIdentifier(MAC)).toBe('thingwatch_b827eb5512aa_a4cf1299beef');
  expect(topics.deviceConfig(MAC.toUpperCase())).toBe(topics.deviceConfig(MAC));
  expect(topics.deviceConfig(MAC)).toBe('homeassistant/device/thingwatch_b827eb5512aa_a4cf1299beef/config');
});

it('listens for every order and for every device’s state', () => {
  expect(topics.orders).toEqual([
    'thingwatch/b827eb5512aa/acknowledge',
    'thingwatch/b827eb5512aa/devices/+/allow_mail/set',
    'thingwatch/b827eb5512aa/devices/+/acknowledge',
  ]);
  expect(topics.allDeviceStates).toBe('thingwatch/b827eb5512aa/devices/+/state');
});

it('reads a device back from its topics', () => {
  expect(topics.parseDevice(topics.allowMail(MAC))).toEqual({ mac: MAC, rest: 'allow_mail/set' });
  expect(topics.parseDeviceConfig(topics.deviceConfig(MAC))).toBe(MAC);
});

it.each([
  'thingwatch/b827eb5512aa/devices/a4cf1299beef',
  'thingwatch/b827eb5512aa/devices/A4CF1299BEEF/acknowledge',
  'thingwatch/b827eb5512aa/devices/a4cf1299bee/acknowledge',
  'thingwatch/b827eb5512aa/devices/a4cf1299beefx/acknowledge',
  'thingwatch/other/devices/a4cf1299beef/acknowledge',
  'thingwatch/b827eb5512ab/devices/a4cf1299beef/acknowledge',
  'thingwatch/b827eb5512aa/devices/xa4cf1299beef/acknowledge',
])('takes %s for no device of ours', (topic) => expect(topics.parseDevice(topic)).toBeNull());

it.each([
  'homeassistant/device/thingwatch_b827eb5512aa/config',
  'homeassistant/device/thingwatch_b827eb5512aa_a4cf1299beef/state',
  'homeassistant/device/thingwatch_b827eb5512aa_a4cf1299beeg/config',
  'homeassistant/device/thingwatch_ffffffffffff_a4cf1299beef/config',
])('takes %s for no device config of ours', (topic) => expect(topics.parseDeviceConfig(topic)).toBeNull());

it.each(['xa4cf1299beef', 'a4cf1299beefx', 'a4cf1299bee', 'A4CF1299BEEF', ''])('takes %j for no MAC', (text) =>
  expect(macFrom12(text)).toBeNull(),
);
