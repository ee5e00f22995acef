// Discovery payloads by Home Assistant's rules, for ordinary devices and for ones that mean harm with their name.
import { describe, expect, it } from 'vitest';
import { type DiscoveryContext, deviceDiscovery, sensorDiscovery } from '../../sensor/publish/discovery.ts';
import { deviceState, sensorState } from '../../sensor/publish/payloads.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { HOLD_MS } from '../../sensor/publish/verdict.ts';
import { checkDiscovery, checkHouse, checkState, stateRules } from '../support/ha-checker.ts';
import { sightFrom } from '../support/sight.ts';
import { aDevice, anIncident, SmallHome, START, someHealth } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
const context: DiscoveryContext = { topics, version: '0.1.0', linkByMac: true };
const sensor = new SmallHome(topics).sensor();
const check = (payload: string): string[] => checkDiscovery({ topic: topics.deviceConfig(MAC), payload, retain: true });
const namesOf = (payload: string): string[] =>
  Object.values(JSON.parse(payload).components as Record<string, { name: string }>).map(({ name }) => name);

it('describes a device with its ten entities', () => {
  const payload = deviceDiscovery(context, aDevice(MAC, 'Hallway camera'));
  expect(check(payload)).toEqual([]);
  expect(namesOf(payload)).toEqual([
    ...['Sending mail', 'Alert', 'Mail connections', 'Last mail connection', 'Last update backend'],
    ...['Last firmware download', 'Update connections', 'Internet activity', 'Allow mail', 'Acknowledge alert'],
  ]);
  const { device, components } = JSON.parse(payload);
  expect(device).toEqual({
    identifiers: ['thingwatch_b827eb5512aa_a4cf1299beef'],
    connections: [['mac', MAC]],
    name: 'Hallway camera',
    via_device: 'thingwatch_b827eb5512aa',
  });
  expect(components.sending_mail).toEqual({
    platform: 'binary_sensor',
    unique_id: 'thingwatch_b827eb5512aa_a4cf1299beef_sending_mail',
    default_entity_id: 'binary_sensor.hallway_camera_sending_mail',
    name: 'Sending mail',
    device_class: 'problem',
    icon: 'mdi:email-alert',
    value_template: '{{ value_json.sending_mail }}',
    json_attributes_topic: 'thingwatch/b827eb5512aa/devices/a4cf1299beef/state',
    json_attributes_template: '{{ value_json.mail | tojson }}',
  });
});

it('describes the sensor with its entities', () => {
  const payload = sensorDiscovery(context, sensor);
  expect(checkDiscovery({ topic: topics.sensorConfig, payload, retain: true })).toEqual([]);
  expect(namesOf(payload)).toEqual([
    ...[
      'Connection',
      'Mirror port',
      'Storage',
      'Alert',
      'Devices sending mail',
      'Devices seen',
      'Packets',
      'Capture loss',
    ],
    ...['Alerts dropped', 'Started', 'Acknowledge all alerts'],
  ]);
  expect(JSON.parse(payload).components.connection.availability).toEqual([]);
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

describe('states', () => {
  const device = aDevice(MAC, 'Hallway camera', {
    incidents: [anIncident()],
    updates: { connections: 12, lastBackend: 'update.example.net', lastDownload: START },
  });

  it('say which addresses behind the device’s MAC mail, until that is settled', () => {
    const at = (id: string, innerAddress: string, state: 'open' | 'expected' = 'open') =>
      anIncident({ id, state, evidence: { innerAddress } });
    const incidents = [at('a', '192.168.36.153'), at('b', '192.168.36.152'), at('c', '192.168.36.154', 'expected')];
    const state = deviceState(aDevice(MAC, 'Router', { incidents }), { mail: 3, updates: 0 }, START, HOLD_MS);
    expect(JSON.parse(state.payload).mail.addresses_behind).toEqual(['192.168.36.152', '192.168.36.153']);
  });

  it('have what the device’s entities read', () => {
    const state = deviceState(device, { mail: 3, updates: 12 }, START, HOLD_MS);
    expect(
      checkState({ topic: '', payload: state.payload, retain: true }, stateRules(deviceDiscovery(context, device))),
    ).toEqual([]);
    expect(JSON.parse(state.payload)).toEqual({
      sending_mail: 'ON',
      severity: 'high',
      mail: {
        last_destination: null,
        last_destination_name: null,
        last_port: null,
        last_connection: null,
        connected: 0,
        refused: 0,
        unanswered: 0,
        addresses_behind: [],
      },
      mail_connections: 3,
      last_mail: null,
      update_connections: 12,
      last_update_backend: 'update.example.net',
      last_firmware_download: '2026-01-05T10:11:12.000Z',
      internet_activity: 0,
      allow_mail: 'OFF',
    });
  });

  const facts = { view: sensor, devicesSendingMail: 1, alertsDropped: 0, settling: false };

  it('have what the sensor’s entities read', () => {
    const { payload } = sensorState(facts);
    expect(checkState({ topic: '', payload, retain: true }, stateRules(sensorDiscovery(context, sensor)))).toEqual([]);
    expect(JSON.parse(payload)).toMatchObject({
      mirror_port_problem: 'OFF',
      packets_per_second: 12.3,
      capture_loss: 0,
      started: '2026-01-05T10:10:12.000Z',
    });
  });

  it.each([
    [2, { percent: 2, isCertain: true }, null],
    [null, { percent: null, isCertain: false }, 'too few packets to tell'],
    [null, { percent: null, isCertain: true }, 'too few packets to tell exactly'],
  ])('tell a loss of %s percent (%j)', (lossPercent, found, reason) => {
    const loss = { low: 1.4, high: 2.6, samples: 3000, missed: 60, ...found };
    const { payload } = sensorState({ ...facts, view: { ...sensor, health: someHealth({ lossPercent, loss }) } });
    expect(JSON.parse(payload)).toMatchObject({
      capture_loss: lossPercent,
      mirror_port: { loss_percent: lossPercent, loss_between: [1.4, 2.6], loss_unknown: reason },
    });
  });

  it.each([
    ['sees both directions', {}, false, 'OFF'],
    ['sees one direction', { vantage: 'lan-one-way' }, false, 'OFF'],
    ['sees the wrong side', { vantage: 'wan-side' }, false, 'ON'],
    ['has seen nothing yet', { vantage: 'nothing' }, true, null],
    ['has seen nothing for a minute', { vantage: 'nothing' }, false, 'ON'],
    ['has no capture', { capture: 'failed' }, false, 'ON'],
  ] as const)('tell that the mirror port %s', (_what, health, settling, problem) => {
    const { payload } = sensorState({ ...facts, view: { ...sensor, health: someHealth(health) }, settling });
    expect(JSON.parse(payload).mirror_port_problem).toBe(problem);
  });

  it('tell what can be mended, cleaned, and that it has come or gone without delay', () => {
    const warnings = [
      { key: 'offloads', text: 'The port merges\u202e segments.', fix: 'sudo ethtool -K eth0 gro off' },
    ];
    const told = sensorState({ ...facts, view: { ...sensor, health: someHealth({ warnings }) } });
    expect(JSON.parse(told.payload)).toMatchObject({
      mirror_port_problem: 'OFF',
      mirror_port: {
        warnings: [{ key: 'offloads', text: 'The port merges segments.', fix: 'sudo ethtool -K eth0 gro off' }],
      },
    });
    expect(told.transition).not.toBe(sensorState(facts).transition);
  });

  it('tell that the disk takes nothing new, since when, and that it has come or gone without delay', () => {
    const refused = { since: Date.parse('2026-01-05T10:00:00Z'), incidents: 3, alerts: 2, lost: 1 };
    const database = { path: '/state/thingwatch.db', bytes: 1, error: 'No space left\u202e.', refused };
    const told = sensorState({ ...facts, view: { ...sensor, health: someHealth({ database }) } });
    expect(JSON.parse(told.payload)).toMatchObject({
      storage_problem: 'ON',
      storage: {
        ...{ problem: 'No space left .', since: '2026-01-05T10:00:00.000Z' },
        ...{ incidents_not_stored: 3, alerts_waiting_in_memory: 2, given_up: 1 },
      },
    });
    expect(told.transition).not.toBe(sensorState(facts).transition);
    expect(JSON.parse(sensorState(facts).payload)).toMatchObject({
      storage_problem: 'OFF',
      storage: { problem: null, since: null, incidents_not_stored: null },
    });
  });

  it('say in words what the mirror port shows, what to change, and whom it does not cover', () => {
    const devices = Array.from({ length: 32 }, (_, i) => ({ mac: MAC, name: `thing ${i}\u0000` }));
    const health = someHealth({
      ...{ vantage: 'lan-one-way', sight: sightFrom('lan-one-way', 'to-home') },
      notCovered: { count: 40, devices, sentence: '40 devices' },
    });
    const { payload } = sensorState({ ...facts, view: { ...sensor, health } });
    const { mirror_port: mirror } = JSON.parse(payload);
    expect(mirror).toMatchObject({
      ...{ vantage: 'lan-one-way', direction: 'to-home', confidence: 'sure', not_covered_count: 40 },
      explanation: expect.stringContaining('from the Internet to the home'),
      advice: expect.stringContaining('both directions (RX and TX)'),
    });
    expect(mirror.not_covered).toHaveLength(16);
    expect(mirror.not_covered[1]).toBe('thing 1');
  });

  it('leave open what is not sure yet', () => {
    const sight = { ...sightFrom('broadcast-only'), confidence: 'unsure' as const };
    const view = { ...sensor, health: someHealth({ vantage: 'broadcast-only', sight }) };
    expect(JSON.parse(sensorState({ ...facts, view }).payload).mirror_port_problem).toBeNull();
  });

  it('tell an open incident about a blind sensor as a problem', () => {
    expect(JSON.parse(sensorState({ ...facts, view: { ...sensor, blind: true } }).payload).mirror_port_problem).toBe(
      'ON',
    );
  });
});
