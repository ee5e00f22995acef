// Discovery payloads by Home Assistant's rules, for ordinary devices and for ones that mean harm with their name.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { type DiscoveryContext, deviceDiscovery, sensorDiscovery } from '../../sensor/publish/discovery.ts';
import { deviceState } from '../../sensor/publish/payloads.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { HOLD_MS } from '../../sensor/publish/verdict.ts';
import { checkDiscovery, checkHouse, checkState, stateRules } from '../support/ha-checker.ts';
import { aDevice, SmallHome, START } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
const context: DiscoveryContext = { topics, version: '0.1.0', words: english, linkByMac: true };
const sensor = new SmallHome(topics).sensor();
const check = (payload: string): string[] => checkDiscovery({ topic: topics.deviceConfig(MAC), payload, retain: true });

it.each([
  ['a device with its ten entities', 'device-config.json', deviceDiscovery(context, aDevice(MAC, 'Hallway camera'))],
  ['the sensor with its thirteen', 'sensor-config.json', sensorDiscovery(context, sensor)],
])('describes %s, as Home Assistant is to get it', (_what, file, payload) => {
  expect(check(payload)).toEqual([]);
  expect(JSON.parse(payload)).toEqual(JSON.parse(readFileSync(join(import.meta.dirname, 'expected', file), 'utf8')));
});

it('gives a house of a hundred devices ids of their own, the sensor first', () => {
  const devices = Array.from({ length: 100 }, (_, i) =>
    aDevice(`a4:cf:12:00:00:${i.toString(16).padStart(2, '0')}`, 'camera'),
  );
  expect(
    checkHouse([sensorDiscovery(context, sensor), ...devices.map((device) => deviceDiscovery(context, device))]),
  ).toEqual([]);
});

it('links by MAC only where the MAC is the device’s own and the user wants it', () => {
  const connections = (changes: Partial<DiscoveryContext>, randomizedMac: boolean): unknown =>
    JSON.parse(deviceDiscovery({ ...context, ...changes }, aDevice(MAC, 'x1', { randomizedMac }))).device.connections;
  expect(connections({}, false)).toEqual([['mac', MAC]]);
  expect(connections({}, true)).toBeUndefined();
  expect(connections({ linkByMac: false }, false)).toBeUndefined();
  const ofSensor = (mac: string | null, linkByMac = true): unknown =>
    JSON.parse(sensorDiscovery({ ...context, linkByMac }, { ...sensor, mac })).device.connections;
  expect(ofSensor('b8:27:eb:55:12:aa')).toEqual([['mac', 'b8:27:eb:55:12:aa']]);
  for (const none of [ofSensor(null), ofSensor('ba:27:eb:55:12:aa'), ofSensor('b8:27:eb:55:12:aa', false)])
    expect(none).toBeUndefined();
});

it('says where the page is only where it can be reached', () => {
  const { device } = JSON.parse(sensorDiscovery(context, { ...sensor, pageUrl: null }));
  expect(device).not.toHaveProperty('configuration_url');
});

describe('a hostile name', () => {
  const names = [
    '"quoted" \'name\' \\ `x`',
    '\u{1F4F7} kamera',
    'a+b/#/$SYS/+',
    'x'.repeat(255),
    'y'.repeat(100_000),
    '<img src=x onerror=alert(1)>',
    "{{ states('lock.door') }}{% for i in range(9**9) %}",
    '","components":{},"x":"',
    'line\r\nbreak\u0000nul\u001b[31m',
    '\u202eevil',
    'lone \ud800 surrogate',
    'Alert',
    'Sending mail',
    '',
    '__proto__',
  ];

  it.each(names)('%j is harmless in every payload', (name) => {
    const device = aDevice(MAC, name, {
      mail: {
        attempts: 1,
        connected: 0,
        refused: 0,
        unanswered: 1,
        last: { ip: '203.0.113.25', name, port: 25, time: START, connection: 'pending' },
      },
    });
    const payload = deviceDiscovery(context, device);
    expect(check(payload)).toEqual([]);
    const { device: shown, ...rest } = JSON.parse(payload);
    const plain = JSON.parse(deviceDiscovery(context, aDevice(MAC, 'plain')));
    // Only the name itself and the entity ids made from its letters differ.
    const withoutIds = (value: object): string =>
      JSON.stringify(value).replace(/"default_entity_id":"[a-z0-9_.]+",/g, '');
    expect(withoutIds(rest)).toBe(withoutIds({ ...plain, device: undefined }));
    expect({ ...shown, name: '' }).toEqual({ ...plain.device, name: '' });
    const state = deviceState(device, { mail: 1, updates: 0 }, START, HOLD_MS);
    expect(checkState({ topic: '', payload: state.payload, retain: true }, stateRules(payload))).toEqual([]);
  });
});
