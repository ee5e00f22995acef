// The checker itself: each rule of Home Assistant's that it knows finds the payload that breaks it.
import { describe, expect, it } from 'vitest';
import { checkDiscovery, checkEvent, checkHouse, checkState } from '../support/ha-checker.ts';

type Json = Record<string, unknown>;

const good = (): { device: Json; origin: Json; components: Record<string, Json> } & Json => ({
  device: { identifiers: ['x'], connections: [['mac', 'a4:cf:12:99:be:ef']], name: 'Hallway camera' },
  origin: { name: 'thingwatch' },
  availability: [{ topic: 't/status' }],
  state_topic: 't/state',
  qos: 1,
  components: {
    mail: {
      platform: 'binary_sensor',
      unique_id: 'x_mail',
      name: 'Sending mail',
      device_class: 'problem',
      value_template: '{{ value_json.mail }}',
    },
    count: {
      platform: 'sensor',
      unique_id: 'x_count',
      name: 'Count',
      state_class: 'total_increasing',
      unit_of_measurement: 'connections',
    },
    alert: { platform: 'event', unique_id: 'x_alert', name: 'Alert', state_topic: 't/alert', event_types: ['a'] },
    allow: {
      platform: 'switch',
      unique_id: 'x_allow',
      name: 'Allow',
      command_topic: 't/set',
      entity_category: 'config',
    },
  },
});
const TOPIC = 'homeassistant/device/thingwatch_x/config';
const check = (change: (payload: ReturnType<typeof good>) => void, topic = TOPIC, retain = true): string[] => {
  const payload = good();
  change(payload);
  return checkDiscovery({ topic, payload: JSON.stringify(payload), retain });
};
/** A component of the good payload, to be spoilt. */
const spoil = (key: string, change: Json) => (payload: ReturnType<typeof good>) => {
  payload.components[key] = { ...payload.components[key], ...change };
};

it('passes a good payload, and the empty one that removes a device', () => {
  expect(check(() => {})).toEqual([]);
  expect(checkDiscovery({ topic: TOPIC, payload: '', retain: true })).toEqual([]);
});

describe('discovery', () => {
  it.each<[string, (payload: ReturnType<typeof good>) => void, string]>([
    ['an unknown root key', (p) => Object.assign(p, { '~': 't' }), "extra keys not allowed @ root['~']"],
    ['no origin', (p) => Reflect.deleteProperty(p, 'origin'), 'required key not provided @ origin'],
    ['no components', (p) => Object.assign(p, { components: {} }), 'no components'],
    ['an impossible QoS', (p) => Object.assign(p, { qos: 3 }), 'qos is not 0, 1 or 2'],
    ['availability twice', (p) => Object.assign(p, { availability_topic: 't' }), 'availability twice at root'],
    [
      'availability without a topic',
      (p) => Object.assign(p, { availability: [{}] }),
      'root: availability has no topic',
    ],
    ['an unknown device key', (p) => Object.assign(p.device, { ip: '1' }), "extra keys not allowed @ device['ip']"],
    ['no device name', (p) => Object.assign(p.device, { name: null }), 'device has no name'],
    [
      'an overlong name',
      (p) => Object.assign(p.device, { name: 'x'.repeat(256) }),
      'device name is longer than 255 characters',
    ],
    ['control characters', (p) => Object.assign(p.device, { name: 'a\u0007' }), 'device name has control characters'],
    [
      'a device that cannot be told apart',
      (p) => Object.assign(p.device, { identifiers: [], connections: [] }),
      'device has neither identifiers nor connections',
    ],
    [
      'a connection that is no pair',
      (p) => Object.assign(p.device, { connections: ['mac'] }),
      'connections is not a list of pairs',
    ],
    [
      'a random MAC',
      (p) => Object.assign(p.device, { connections: [['mac', 'a6:cf:12:99:be:ef']] }),
      'connection: locally administered MAC',
    ],
    [
      'a MAC in capitals',
      (p) => Object.assign(p.device, { connections: [['mac', 'A4-CF-12-99-BE-EF']] }),
      'connection: no MAC',
    ],
    [
      'a page without a scheme',
      (p) => Object.assign(p.device, { configuration_url: '192.168.1.2:8080' }),
      'configuration_url has no scheme and host',
    ],
    ['an origin without a name', (p) => Object.assign(p, { origin: {} }), 'origin has no name'],
    ['an unknown origin key', (p) => Object.assign(p.origin, { url: 'x' }), "extra keys not allowed @ origin['url']"],
    ['an unknown platform', spoil('mail', { platform: 'lamp' }), 'mail: unknown platform lamp'],
    [
      'object_id, which is ignored since 2026.4',
      spoil('mail', { object_id: 'x' }),
      "mail: extra keys not allowed @ component['object_id']",
    ],
    [
      'status_topic instead of availability_topic',
      spoil('mail', { status_topic: 't' }),
      "mail: extra keys not allowed @ component['status_topic']",
    ],
    [
      'an option of another platform',
      spoil('alert', { payload_on: 'ON' }),
      "alert: extra keys not allowed @ component['payload_on']",
    ],
    ['no unique id', spoil('mail', { unique_id: undefined }), 'mail: no usable unique_id'],
    ['a unique id used twice', spoil('mail', { unique_id: 'x_count' }), 'count: unique_id used twice'],
    [
      'an entity id of another platform',
      spoil('mail', { default_entity_id: 'sensor.x' }),
      'mail: default_entity_id has another domain',
    ],
    [
      'an entity id that is none',
      spoil('mail', { default_entity_id: 'binary_sensor.a__b' }),
      'mail: default_entity_id is not valid',
    ],
    ['the device name again', spoil('mail', { name: 'Hallway camera mail' }), 'mail: name repeats the device name'],
    ['neither name nor class', spoil('count', { name: undefined }), 'count: has neither name nor device class'],
    ['an unknown device class', spoil('mail', { device_class: 'virus' }), 'mail: device_class virus is unknown'],
    ['an unknown state class', spoil('count', { state_class: 'rising' }), 'count: state_class rising is unknown'],
    [
      'a unit on a time',
      spoil('count', { device_class: 'timestamp' }),
      'count: timestamp takes no unit and no state class',
    ],
    [
      'a unit of another class',
      spoil('count', { device_class: 'data_size' }),
      'count: unit connections is not one of data_size',
    ],
    ['config on a sensor', spoil('count', { entity_category: 'config' }), 'count: entity_category config is refused'],
    ['an icon without prefix', spoil('mail', { icon: 'email' }), 'mail: icon is not prefix:name'],
    ['no event types', spoil('alert', { event_types: [] }), 'alert: event_types is not a list'],
    [
      'no command topic',
      spoil('allow', { command_topic: undefined }),
      'allow: required key not provided @ command_topic',
    ],
    ['a wildcard in a topic', spoil('alert', { state_topic: 't/+/alert' }), 'alert: state_topic is no topic'],
  ])('finds %s', (_what, change, complaint) => expect(check(change)).toContain(complaint));

  it('finds a topic with other characters, and one that is not retained', () => {
    expect(check(() => {}, 'homeassistant/device/hallway camera/config')).toEqual([
      'illegal discovery topic homeassistant/device/hallway camera/config',
    ]);
    expect(check(() => {}, TOPIC, false)).toEqual(['discovery is not retained']);
    expect(checkDiscovery({ topic: TOPIC, payload: '[]', retain: true })).toEqual(['discovery is not a JSON object']);
  });

  it('finds a missing state topic when the root has none either', () => {
    expect(check((p) => Reflect.deleteProperty(p, 'state_topic'))).toEqual([
      'mail: required key not provided @ state_topic',
      'count: required key not provided @ state_topic',
    ]);
  });

  it('finds a child before its parent, and ids shared by two devices', () => {
    const child = JSON.stringify({
      ...good(),
      device: { identifiers: ['c'], via_device: 'x', name: 'c' },
      components: {},
    });
    const parent = JSON.stringify(good());
    expect(checkHouse([child, parent])).toEqual(['via_device is not known yet']);
    expect(checkHouse([parent, child])).toEqual([]);
    expect(checkHouse([parent, parent])).toContain('unique_id x_mail used twice');
  });
});

describe('states', () => {
  const rules = { onOff: ['mail'], timestamps: ['last'], numbers: ['count'], attributes: ['more'] };
  const state = { mail: 'ON', last: '2026-01-05T10:11:12Z', count: 3, more: {} };
  const found = (change: Json, retain = true): string[] =>
    checkState({ topic: 't', payload: JSON.stringify({ ...state, ...change }), retain }, rules);

  it('pass when good, also where nothing is known', () => {
    expect(found({})).toEqual([]);
    expect(found({ mail: null, last: null, count: null })).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['true for ON', { mail: true }, 'mail is neither ON nor OFF'],
    ['on in small letters', { mail: 'on' }, 'mail is neither ON nor OFF'],
    ['a time without zone', { last: '2026-01-05T10:11:12' }, 'last is no time with a zone'],
    ['a time without zone elsewhere', { more: { since: '2026-01-05 10:11' } }, 'more.since is a time without a zone'],
    ['text for a number', { count: 'unknown' }, 'count is no number from 0'],
    ['a negative count', { count: -1 }, 'count is no number from 0'],
    ['attributes that are no object', { more: null }, 'more is not an object'],
    ['an attribute that is filtered out', { more: { name: 'x' } }, 'more.name would be filtered out'],
    ['too long a text', { other: 'x'.repeat(256) }, 'other is longer than 255 characters'],
    ['a missing key', { count: undefined }, 'count is missing'],
  ])('are not good with %s', (_what, change, complaint) => expect(found(change)).toContain(complaint));

  it('are retained JSON objects', () => {
    expect(found({}, false)).toEqual(['state is not retained: unknown after a restart']);
    expect(checkState({ topic: 't', payload: 'ON', retain: true }, rules)).toEqual(['state is not a JSON object']);
  });
});

describe('events', () => {
  const found = (payload: string, retain = false, qos = 1): string[] =>
    checkEvent({ topic: 't', payload, retain, qos }, ['a']);

  it.each<[string, string[], string[]]>([
    ['a good one', found('{"event_type":"a"}'), []],
    ['a retained one', found('{"event_type":"a"}', true), ['event is retained: ignored when replayed']],
    ['one that may get lost', found('{"event_type":"a"}', false, 0), ['event is not QoS 1']],
    ['one without a type', found('{}'), ['event_type missing in JSON event payload']],
    ['one of an unknown type', found('{"event_type":"b"}'), ['invalid event type b']],
    ['text', found('a'), ['no valid JSON event payload']],
    [
      'a time without zone',
      found('{"event_type":"a","time":"2026-01-05T10:11:12"}'),
      ['time is a time without a zone'],
    ],
  ])('%s', (_what, complaints, expected) => expect(complaints).toEqual(expected));
});
