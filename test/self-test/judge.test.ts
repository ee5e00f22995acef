// What the self-test takes for a failure: something missing, something more, at the page or at the broker.
import { expect, test } from 'vitest';
import type { Expected } from '../../sensor/self-test/case.ts';
import { judge } from '../../sensor/self-test/judge.ts';
import type { Seen, SeenAlert, SeenIncident } from '../../sensor/self-test/seen.ts';

const CAMERA = 'a4:cf:12:99:be:ef';

const incident: SeenIncident = {
  id: 'one',
  kind: 'mail_started',
  severity: 'high',
  device: CAMERA,
  state: 'open',
  summary: 'Camera started sending mail.',
  evidence: { attempts: 1, connected: 0, lists: ['a', 'b'] },
  before: [{ kind: 'backend_new' }],
};
const alert: SeenAlert = {
  event_type: 'mail_started',
  incident: 'one',
  change: 'opened',
  kind: 'mail_started',
  mac: CAMERA,
};
const all: Seen = {
  incidents: [incident],
  alerts: [alert],
  deviceAlerts: [alert],
  devices: new Map([[CAMERA, { sending_mail: 'ON', severity: 'high' }]]),
};
const nothing: Seen = { incidents: [], alerts: [], deviceAlerts: [], devices: new Map() };
const wanted: Expected = { kind: 'mail_started', device: CAMERA, severity: 'high' };

const verdict = (expected: readonly Expected[], seen: Seen) =>
  judge({ name: 'a case', frames: () => [], expect: expected }, seen);

test('all that was expected, and silence where it was', () => {
  const exactly = {
    ...wanted,
    evidence: { attempts: 1, lists: ['a', 'b'] },
    alerts: ['opened'],
    before: ['backend_new'],
  };
  expect(verdict([exactly], all)).toBeNull();
  expect(verdict([], nothing)).toBeNull();
});

test.each<[string, Partial<Expected>, string]>([
  ['kind', { kind: 'exposed' }, `expected exposed high of ${CAMERA}, got mail_started high of ${CAMERA}`],
  ['severity', { severity: 'critical' }, `expected mail_started critical of ${CAMERA}, got mail_started high`],
  ['device', { device: null }, 'expected mail_started high of the home, got'],
  ['state', { state: 'resolved' }, 'resolved, got mail_started high'],
  ['evidence', { evidence: { attempts: 2 } }, 'its evidence should hold {"attempts":2}, and has {"attempts":1}'],
  ['list', { evidence: { lists: ['a'] } }, 'its evidence should hold {"lists":["a"]}, and has {"lists":["a","b"]}'],
  ['chain', { before: ['mail_lookup'] }, 'mail_lookup should stand before it, not backend_new'],
  ['alerts', { alerts: ['opened', 'escalated'] }, 'expected alerts (opened, escalated)'],
  ['silence', { alerts: [] }, 'expected alerts ()'],
])('another %s is a failure', (_, changes, words) => {
  expect(verdict([{ ...wanted, ...changes }], all)).toContain(words);
});

test('nothing where something was expected, and the other way round', () => {
  expect(verdict([wanted], nothing)).toBe(`expected mail_started high of ${CAMERA}, got silence`);
  expect(verdict([], all)).toBe(`expected silence, got mail_started high of ${CAMERA}`);
  expect(verdict([wanted, wanted], all)).toContain(`expected mail_started high of ${CAMERA} and mail_started`);
});

test('an incident that the broker did not tell of, or only on one topic', () => {
  expect(verdict([wanted], { ...all, alerts: [], deviceAlerts: [] })).toContain('expected an alert for mail_started');
  expect(verdict([wanted], { ...all, deviceAlerts: [] })).toContain("on the device's own topic, got ()");
});

test('an alert of what is no incident', () => {
  expect(verdict([], { ...nothing, alerts: [alert] })).toBe('expected no alert of mail_started, got one (opened)');
});

test('a note is silence; one that is told is not', () => {
  const note: SeenIncident = { ...incident, kind: 'symptom', severity: 'info' };
  const shown = { ...nothing, incidents: [note], devices: new Map([[CAMERA, state('OFF', 'info')]]) };
  expect(verdict([], shown)).toBeNull();
  expect(verdict([], { ...shown, alerts: [{ ...alert, kind: 'symptom' }] })).toContain('got symptom info');
});

test('a retained state that says otherwise', () => {
  expect(verdict([wanted], { ...all, devices: new Map() })).toContain(`of ${CAMERA}, got nothing`);
  expect(verdict([wanted], { ...all, devices: new Map([[CAMERA, state('OFF', 'high')]]) })).toContain(
    '"sending_mail":"ON"',
  );
  expect(verdict([], { ...nothing, devices: new Map([[CAMERA, state('ON', null)]]) })).toContain(
    '"sending_mail":"OFF"',
  );
});

function state(sending: 'ON' | 'OFF', severity: 'info' | 'high' | null) {
  return { sending_mail: sending, severity };
}
