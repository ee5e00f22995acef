// What the retained states say: of a device and of the sensor as a whole, what bounds them, and what must not wait.

import { describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { deviceDiscovery, sensorDiscovery } from '../../sensor/publish/discovery.ts';
import { deviceState, sensorState } from '../../sensor/publish/payloads.ts';
import type { DeviceView } from '../../sensor/publish/ports.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { HOLD_MS } from '../../sensor/publish/verdict.ts';
import type { Health } from '../../sensor/record/health.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { checkState, stateRules } from '../support/ha-checker.ts';
import { sightFrom } from '../support/sight.ts';
import { aDevice, anIncident, SmallHome, START, someHealth } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
const context = { topics, version: '0.1.0', words: english, linkByMac: true };
const sensor = new SmallHome(topics).sensor();

const stateOf = (changes: Partial<DeviceView>, now = START, counters = { mail: 3, updates: 12 }) =>
  deviceState(aDevice(MAC, 'Hallway camera', changes), counters, now, HOLD_MS);
const shown = (changes: Partial<DeviceView>) => JSON.parse(stateOf(changes).payload);

/** What the template of each entity reads must be in the state. */
const complaints = (payload: string, discovery: string): string[] =>
  checkState({ topic: '', payload, retain: true }, stateRules(discovery));

describe('the state of a device', () => {
  it('says all that its entities read, of one that has mailed', () => {
    const changes: Partial<DeviceView> = {
      incidents: [anIncident()],
      mail: {
        ...{ attempts: 7, connected: 1, refused: 2, unanswered: 3 },
        last: { ip: '203.0.113.25', name: 'mx.ex\u0007ample.net', port: 25, time: START - 1000, connection: 'pending' },
      },
      updates: { connections: 12, lastBackend: 'up\u0007date.example.net', lastDownload: START },
      connectionsLastHour: 40,
    };
    const { payload } = stateOf(changes);
    expect(complaints(payload, deviceDiscovery(context, aDevice(MAC, 'Hallway camera', changes)))).toEqual([]);
    expect(JSON.parse(payload)).toEqual({
      sending_mail: 'ON',
      severity: 'high',
      mail: {
        last_destination: '203.0.113.25',
        last_destination_name: 'mx.ex ample.net',
        last_port: 25,
        last_connection: 'pending',
        connected: 1,
        refused: 2,
        unanswered: 3,
        addresses_behind: [],
      },
      mail_connections: 3,
      last_mail: '2026-01-05T10:11:11.000Z',
      update_connections: 12,
      last_update_backend: 'up date.example.net',
      last_firmware_download: '2026-01-05T10:11:12.000Z',
      internet_activity: 40,
      allow_mail: 'OFF',
    });
  });

  it('says of one that has done nothing that it has done nothing', () => {
    const { payload } = stateOf({ connectionsLastHour: null, allowMail: true }, START, { mail: 0, updates: 0 });
    expect(complaints(payload, deviceDiscovery(context, aDevice(MAC, 'Hallway camera')))).toEqual([]);
    expect(JSON.parse(payload)).toEqual({
      sending_mail: 'OFF',
      severity: null,
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
      mail_connections: 0,
      last_mail: null,
      update_connections: 0,
      last_update_backend: null,
      last_firmware_download: null,
      internet_activity: null,
      allow_mail: 'ON',
    });
  });

  it('must not wait when the verdict, its severity or the permission changes; counts may', () => {
    const of = (changes: Partial<DeviceView>, mail = 3) => stateOf(changes, START, { mail, updates: 12 }).transition;
    const incidents = [anIncident()];
    const all = [
      of({}),
      of({ allowMail: true }),
      of({ incidents }),
      of({ incidents: [anIncident({ severity: 'critical' })] }),
      of({ incidents: [anIncident({ state: 'acknowledged' })] }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(of({ incidents, connectionsLastHour: 9 }, 4)).toBe(of({ incidents }));
  });

  const behind = (index: number, changes: Partial<Incident> = {}) =>
    anIncident({ id: `i${index}`, evidence: { innerAddress: `192.168.36.${100 + index}` }, ...changes });

  it('says which addresses behind its MAC mail, each once and in order, until that is settled', () => {
    const incidents = [
      behind(3),
      behind(1),
      behind(3),
      behind(2, { state: 'acknowledged' }),
      behind(4, { state: 'expected' }),
      behind(5, { state: 'resolved' }),
      behind(6, { kind: 'mail_lookup' }),
      anIncident(),
    ];
    expect(shown({ incidents }).mail.addresses_behind).toEqual(['192.168.36.101', '192.168.36.102', '192.168.36.103']);
  });

  it('names eight of them at most', () => {
    const incidents = Array.from({ length: 9 }, (_, index) => behind(index));
    expect(shown({ incidents }).mail.addresses_behind).toHaveLength(8);
  });
});

describe('the state of the sensor', () => {
  const facts = { words: english, view: sensor, devicesSendingMail: 1, alertsDropped: 5, settling: false };

  const stateWith = (health: Partial<Health>, changes: Partial<typeof facts> = {}) =>
    sensorState({ ...facts, view: { ...sensor, health: someHealth(health) }, ...changes });

  it('says all that the sensor’s entities read', () => {
    const { payload } = stateWith({
      capture: 'restarting',
      captureError: 'eth0 is\u0007 gone',
      blindSpots: ['two\u0007 tags'],
      lossPercent: 2,
      loss: { percent: 2, low: 1.4, high: 2.6, samples: 3000, missed: 60, isCertain: true },
      warnings: [{ key: 'offloads', text: 'The port\u202e merges.', fix: 'sudo\u0007 ethtool -K eth0 gro off' }],
      notCovered: { count: 40, devices: [{ mac: MAC, name: 'thing\u0000' }], sentence: '40 devices' },
      devices: 14,
    });
    expect(complaints(payload, sensorDiscovery(context, sensor))).toEqual([]);
    const { sentence } = sightFrom('lan-both-ways');
    expect(JSON.parse(payload)).toEqual({
      mirror_port_problem: 'ON',
      mirror_port: {
        vantage: 'lan-both-ways',
        direction: null,
        confidence: 'sure',
        explanation: sentence,
        advice: null,
        not_covered: ['thing'],
        not_covered_count: 40,
        loss_percent: 2,
        loss_between: [1.4, 2.6],
        loss_unknown: null,
        capture: 'restarting',
        capture_error: 'eth0 is gone',
        blind_spots: ['two tags'],
        warnings: [{ key: 'offloads', text: 'The port merges.', fix: 'sudo ethtool -K eth0 gro off' }],
      },
      storage_problem: 'OFF',
      storage: {
        problem: null,
        since: null,
        incidents_not_stored: null,
        alerts_waiting_in_memory: null,
        given_up: null,
      },
      devices_sending_mail: 1,
      devices_seen: 14,
      packets_per_second: 12.3,
      capture_loss: 2,
      coverage_week: null,
      coverage: { days: [] },
      alerts_dropped: 5,
      started: '2026-01-05T10:10:12.000Z',
    });
  });

  it.each([
    [2, { percent: 2, isCertain: true }, null],
    [null, { percent: null, isCertain: false }, 'too few packets to tell'],
    [null, { percent: null, isCertain: true }, 'too few packets to tell exactly'],
  ])('tells a loss of %s percent (%j)', (lossPercent, found, reason) => {
    const loss = { low: 1.4, high: 2.6, samples: 3000, missed: 60, ...found };
    const { payload } = stateWith({ lossPercent, loss });
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
    ['begins to capture again', { capture: 'restarting' }, false, 'ON'],
    ['has no capture, just started', { capture: 'failed' }, true, 'ON'],
  ] as const)('tells that the mirror port %s', (_what, health, settling, problem) => {
    const { payload } = stateWith(health, { settling });
    expect(JSON.parse(payload).mirror_port_problem).toBe(problem);
  });

  it('says what the disk refuses, since when, and bounds the reason', () => {
    const refused = { since: Date.parse('2026-01-05T10:00:00Z'), incidents: 3, alerts: 2, lost: 1 };
    const database = {
      path: '/state/thingwatch.db',
      bytes: 1,
      error: `No space left\u202e.${'!'.repeat(500)}`,
      refused,
    };
    const told = JSON.parse(stateWith({ database }).payload);
    expect(told.storage_problem).toBe('ON');
    expect(told.storage).toEqual({
      problem: `No space left .${'!'.repeat(485)}`,
      since: '2026-01-05T10:00:00.000Z',
      incidents_not_stored: 3,
      alerts_waiting_in_memory: 2,
      given_up: 1,
    });
  });

  it('must not wait when something begins or ends that a person would act on; figures may', () => {
    const warning = (key: string) => ({ key, text: 'text', fix: 'fix' });
    const database = { path: '', bytes: 1, error: 'No space left.', refused: null };
    const of = (...args: Parameters<typeof stateWith>) => stateWith(...args).transition;
    const all = [
      of({}),
      of({ vantage: 'wan-side' }),
      of({ capture: 'starting' }),
      of({}, { devicesSendingMail: 2 }),
      of({ database }),
      of({ warnings: [warning('a')] }),
      of({ warnings: [warning('a'), warning('b')] }),
      of({ warnings: [warning('ab')] }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(of({ framesPerSecond: 99, devices: 99, lossPercent: 9 }, { alertsDropped: 9 })).toBe(of({}));
  });

  it('says in words what the mirror port shows, what to change, and whom it does not cover', () => {
    const devices = Array.from({ length: 32 }, (_, i) => ({ mac: MAC, name: `thing ${i}\u0000` }));
    const { payload } = stateWith({
      ...{ vantage: 'lan-one-way', sight: sightFrom('lan-one-way', 'to-home') },
      notCovered: { count: 40, devices, sentence: '40 devices' },
      blindSpots: Array.from({ length: 9 }, (_, i) => `spot ${i}`),
    });
    const { mirror_port: mirror } = JSON.parse(payload);
    expect(mirror).toMatchObject({
      ...{ vantage: 'lan-one-way', direction: 'to-home', confidence: 'sure', not_covered_count: 40 },
      explanation: expect.stringContaining('from the Internet to the home'),
      advice: expect.stringContaining('both directions (RX and TX)'),
    });
    expect(mirror.not_covered).toEqual(Array.from({ length: 16 }, (_, i) => `thing ${i}`));
    expect(mirror.blind_spots).toEqual(Array.from({ length: 8 }, (_, i) => `spot ${i}`));
  });

  it('leaves open what is not sure yet', () => {
    const sight = { ...sightFrom('broadcast-only'), confidence: 'unsure' as const };
    expect(JSON.parse(stateWith({ vantage: 'broadcast-only', sight }).payload).mirror_port_problem).toBeNull();
  });

  it('tells an open incident about a blind sensor as a problem', () => {
    expect(JSON.parse(sensorState({ ...facts, view: { ...sensor, blind: true } }).payload).mirror_port_problem).toBe(
      'ON',
    );
  });
});
