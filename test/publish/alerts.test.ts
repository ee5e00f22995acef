// What an alert says, which changes are worth one, and that its id tells repetitions from news.

import { describe, expect, it } from 'vitest';
import { INCIDENT_KINDS } from '../../sensor/detect/finding.ts';
import { english } from '../../sensor/language/words.ts';
import {
  alertMessages,
  EVENT_TYPES,
  type IncidentEvent,
  testMessages,
  unstoredPayload,
} from '../../sensor/publish/alerts.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { checkEvent } from '../support/ha-checker.ts';
import { aDevice, anIncident, START } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
const device = aDevice(MAC, 'Hallway camera');
const event = (changes: Partial<IncidentEvent> = {}): IncidentEvent => ({
  change: 'opened',
  incident: anIncident(),
  time: START,
  ...changes,
});
const typeOf = (changes: Partial<IncidentEvent>): unknown => {
  const [message] = alertMessages(english, topics, event(changes), device);
  return message === undefined ? 'no alert' : JSON.parse(message.payload).event_type;
};

it('tells the house and the device, with all that an automation needs', () => {
  const [house, own] = alertMessages(english, topics, event(), device);
  expect(house).toMatchObject({ topic: 'thingwatch/b827eb5512aa/alert', priority: 'alert', createdAt: START });
  expect(own?.topic).toBe('thingwatch/b827eb5512aa/devices/a4cf1299beef/alert');
  expect(JSON.parse(house?.payload ?? '')).toEqual({
    event_type: 'mail_started',
    id: house?.id,
    incident: 'a1b2c3d4e5f60718',
    change: 'opened',
    kind: 'mail_started',
    severity: 'high',
    stage: null,
    changed: null,
    device: 'Hallway camera',
    mac: MAC,
    address: '192.168.1.44',
    behind: null,
    behind_name: null,
    behind_kind: null,
    destination: '203.0.113.25',
    destination_name: 'mx.example.net',
    port: 25,
    connection: 'unanswered',
    summary: 'Hallway camera started sending mail.',
    advice: ['Disconnect the device from the network.'],
    time: '2026-01-05T10:11:12.000Z',
    stored: true,
    sensor_topic: 'thingwatch/b827eb5512aa',
  });
});

it('says behind what a device is, and of one without a MAC of its own the address and no name', () => {
  const behind = { mac: MAC, name: 'travel-router', kind: 'router', who: 'address' };
  const incident = anIncident({ evidence: { behind, innerAddress: '192.168.36.152' } });
  const [house] = alertMessages(english, topics, event({ incident }), device);
  expect(JSON.parse(house?.payload ?? '')).toMatchObject({
    device: 'A device at 192.168.36.152',
    mac: MAC,
    address: '192.168.36.152',
    behind: MAC,
    behind_name: 'travel-router',
    behind_kind: 'router',
  });
});

it('says of a rise how far the mail has come, under an id of its own', () => {
  const at = (stage: string) =>
    alertMessages(
      english,
      topics,
      event({ change: 'escalated', incident: anIncident({ severity: 'critical', evidence: { stage } }) }),
      device,
    )[0];
  expect(JSON.parse(at('accepted')?.payload ?? '')).toMatchObject({
    event_type: 'escalated',
    stage: 'accepted',
    changed: 'A mail server accepted a message from it.',
  });
  expect(at('accepted')?.id).not.toBe(at('fan-out')?.id);
});

it('says how far the mail has come at any change, and only of a rise that it is what changed', () => {
  const incident = anIncident({ evidence: { stage: 'accepted' } });
  const [house] = alertMessages(english, topics, event({ incident }), device);
  expect(JSON.parse(house?.payload ?? '')).toMatchObject({ stage: 'accepted', changed: null });
});

it('bounds a summary to 500 characters, and advice to eight steps of as many', () => {
  const incident = anIncident({ summary: 's'.repeat(501), advice: new Array(9).fill('a'.repeat(501)) });
  const [house] = alertMessages(english, topics, event({ incident }), device);
  const { summary, advice } = JSON.parse(house?.payload ?? '');
  expect([summary, advice]).toEqual(['s'.repeat(500), new Array(8).fill('a'.repeat(500))]);
});

it('of an alert that is not on disk only that is said differently', () => {
  const [house] = alertMessages(english, topics, event(), device);
  const payload = house?.payload ?? '';
  expect(JSON.parse(unstoredPayload(payload))).toEqual({ ...JSON.parse(payload), stored: false });
});

describe('event types', () => {
  it.each([
    ['opened', 'mail_started'],
    ['escalated', 'escalated'],
    ['resumed', 'mail_resumed'],
    ['reopened', 'mail_resumed'],
    ['resolved', 'resolved'],
    ['updated', 'no alert'],
    ['acknowledged', 'no alert'],
    ['expected', 'no alert'],
  ] as const)('%s gives %s', (change, type) => expect(typeOf({ change })).toBe(type));

  it('keeps the kind for incidents that are not mail', () => {
    expect(typeOf({ change: 'reopened', incident: anIncident({ kind: 'exposed' }) })).toBe('exposed');
  });

  it('is none for what is for looking up only', () => {
    expect(typeOf({ incident: anIncident({ severity: 'info' }) })).toBe('no alert');
    expect(typeOf({ incident: anIncident({ severity: 'info', kind: 'backend_new' }) })).toBe('backend_new');
  });

  it('are all declared to Home Assistant', () => {
    expect(EVENT_TYPES).toEqual([...INCIDENT_KINDS, 'mail_resumed', 'escalated', 'resolved', 'test']);
    for (const kind of INCIDENT_KINDS) {
      for (const message of alertMessages(english, topics, event({ incident: anIncident({ kind }) }), device)) {
        expect(checkEvent({ ...message, retain: false, qos: 1 }, EVENT_TYPES)).toEqual([]);
      }
    }
  });
});

describe('ids', () => {
  const ids = (changes: Partial<IncidentEvent> = {}): string[] =>
    alertMessages(english, topics, event(changes), device).map(({ id }) => id);

  it('are made of incident, change, severity and packet time', () => {
    const id = `a1b2c3d4e5f60718-opened-high-${START.toString(36)}`;
    expect(ids()).toEqual([id, `${id}-device`]);
  });

  it('have the stage of a rise, and of nothing else', () => {
    const incident = anIncident({ severity: 'critical', evidence: { stage: 'fan-out' } });
    const time = START.toString(36);
    expect(ids({ incident, change: 'escalated' })[0]).toBe(`a1b2c3d4e5f60718-escalated-critical-fan-out-${time}`);
    expect(ids({ incident, change: 'resumed' })[0]).toBe(`a1b2c3d4e5f60718-resumed-critical-${time}`);
    expect(ids({ change: 'escalated' })[0]).toBe(`a1b2c3d4e5f60718-escalated-high-${time}`);
  });

  it('are different for each message, change, severity and moment', () => {
    const all = [
      ...ids(),
      ...ids({ change: 'escalated' }),
      ...ids({ incident: anIncident({ severity: 'critical' }) }),
      ...ids({ change: 'resumed' }),
      ...ids({ change: 'resumed', time: START + 1 }),
    ];
    expect(new Set(all).size).toBe(10);
  });
});

describe('the other end', () => {
  const alertOf = (changes: Parameters<typeof anIncident>[0]): unknown =>
    JSON.parse(alertMessages(english, topics, event({ incident: anIncident(changes) }), device)[0]?.payload ?? '');
  const counts = { attempts: 3, connected: 0, refused: 0, unanswered: 3 };

  it.each([
    ['pending', { ...counts, unanswered: 2 }],
    ['unanswered', counts],
    ['refused', { ...counts, unanswered: 2, refused: 1 }],
    ['connected', { ...counts, unanswered: 2, connected: 1 }],
    ['unanswered', {}],
    ['refused', { ...counts, attempts: '9', unanswered: 0, refused: 1 }],
  ])('mail is told to be %s', (connection, evidence) => {
    expect(alertOf({ evidence })).toMatchObject({ connection, destination: null, port: null });
  });

  it('is the backend’s for a new backend, cleaned', () => {
    const destination = { ip: '2001:db8::25', port: 443, name: 'up\u0007date.example.net' };
    expect(alertOf({ kind: 'backend_new', evidence: { destination } })).toMatchObject({
      destination: '2001:db8::25',
      destination_name: 'up date.example.net',
      port: 443,
      connection: null,
    });
  });

  it.each([[null], ['text'], [{ ip: 7, port: '25', name: {} }], [[1, 2]]])(
    'is left open where the evidence has %j',
    (destination) => {
      expect(alertOf({ kind: 'exposed', evidence: { destination } })).toMatchObject({
        destination: null,
        destination_name: null,
        port: null,
      });
    },
  );
});

it('an incident of the house is told once, of no device', () => {
  const incident = anIncident({ kind: 'sensor_blind', device: null, evidence: {} });
  const messages = alertMessages(english, topics, event({ incident }), null);
  expect(messages).toHaveLength(1);
  expect(JSON.parse(messages[0]?.payload ?? '')).toMatchObject({ device: null, mac: null, address: null });
});

it('a test goes to the house alone, has every field that an automation may read, and nobody can answer an incident by it', () => {
  const [test, ...more] = testMessages(english, topics, 'test-1', START);
  const [house] = alertMessages(english, topics, event(), device);
  const payload = JSON.parse(test?.payload ?? '');
  expect(more).toEqual([]);
  expect(test).toMatchObject({ id: 'test-1', topic: topics.alert, priority: 'alert' });
  expect(Object.keys(payload)).toEqual(expect.arrayContaining(Object.keys(JSON.parse(house?.payload ?? ''))));
  expect(payload).toMatchObject({
    event_type: 'test',
    test: true,
    severity: 'high',
    incident: null,
    sensor_topic: null,
  });
  expect(
    checkEvent({ topic: test?.topic ?? '', payload: test?.payload ?? '', retain: false, qos: 1 }, EVENT_TYPES),
  ).toEqual([]);
});
