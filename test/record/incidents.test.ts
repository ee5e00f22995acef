// The life of an incident: grouping, escalation, acknowledging, expecting and undoing, resolving and watching.
import { expect, test } from 'vitest';
import { IncidentBook } from '../../sensor/record/incident-book.ts';
import { answered, mail } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';
import { incident as anIncident } from './store-fixtures.ts';

const OTHER_SERVER = '203.0.113.99';

/** Changes alerted of, for mail. */
function changes(stage: Stage): string[] {
  return stage.alerts.filter(({ kind }) => kind === 'mail_started').map(({ change }) => change);
}

function expectMail(stage: Stage, until: number | null = null): string {
  const result = stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until });
  if (!result.ok || result.expectation === undefined) throw new Error('not expected');
  return result.expectation;
}

test('ports of one class on one device are one incident; another class and another device are their own', () => {
  const stage = new Stage();
  stage.play(
    mail(CAMERA, MAIL_SERVER, START),
    mail(CAMERA, OTHER_SERVER, START + MINUTE),
    mail(CAMERA, MAIL_SERVER, START + 2 * MINUTE, { port: 587 }),
    mail(CAMERA, MAIL_SERVER, START + 3 * MINUTE, { port: 465 }),
    mail(FRIDGE, MAIL_SERVER, START + 4 * MINUTE),
  );
  expect(stage.incidents().map(({ device, findings, kind }) => [device, kind, findings])).toEqual([
    [FRIDGE.mac, 'mail_started', 1],
    [CAMERA.mac, 'mail_started', 2],
    [CAMERA.mac, 'submission_started', 2],
  ]);
});

test('a connection that is established escalates once', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START));
  for (let i = 1; i <= 3; i++) stage.play(mail(CAMERA, MAIL_SERVER, START + i * HOUR, { outcome: 'connected' }));
  expect(changes(stage)).toEqual(['opened', 'escalated']);
});

test('acknowledged: it stays quiet while it goes on, and is news again after a quiet day', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START));
  const { id } = stage.incident('mail_started');
  expect(stage.run({ type: 'acknowledge', incident: id })).toEqual({ ok: true, changed: true });
  expect(stage.run({ type: 'acknowledge', incident: id })).toEqual({ ok: true, changed: false });
  stage.play(mail(CAMERA, MAIL_SERVER, START + 20 * HOUR), mail(CAMERA, MAIL_SERVER, START + 40 * HOUR));
  expect(stage.incident('mail_started').state).toBe('acknowledged');
  stage.play(mail(CAMERA, MAIL_SERVER, START + 65 * HOUR));
  expect(stage.incident('mail_started')).toMatchObject({ id, state: 'open', findings: 4 });
  expect(changes(stage)).toEqual(['opened', 'acknowledged', 'resumed']);
});

test('expected: attempts to the same server are counted with the expectation only; another server opens it again', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  const expectation = expectMail(stage);
  stage.play(mail(CAMERA, MAIL_SERVER, START + HOUR), mail(CAMERA, MAIL_SERVER, START + 2 * HOUR));
  stage.wait(START + 3 * HOUR);
  expect(stage.incident('mail_started')).toMatchObject({ state: 'expected', findings: 1, evidence: { attempts: 1 } });
  expect(stage.spine.recorder.expectations.get(expectation)).toMatchObject({
    destinations: [MAIL_SERVER],
    ports: [25],
    matches: 2,
    lastMatch: START + 2 * HOUR,
    createdBy: 'page',
  });
  expect(stage.device(CAMERA).mail.attempts).toBe(3);
  stage.play(mail(CAMERA, OTHER_SERVER, START + 4 * HOUR));
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2, evidence: { attempts: 2 } });
  expect(changes(stage)).toEqual(['opened', 'expected', 'reopened']);
});

test('what was under way when a person spoke is counted where it began', () => {
  const stage = new Stage();
  const [syn, answer] = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected' });
  const [later, laterAnswer] = mail(CAMERA, MAIL_SERVER, START + MINUTE, { outcome: 'connected' });
  if (!syn || !answer || !later || !laterAnswer) throw new Error('no handshakes');
  stage.play(syn);
  const expectation = expectMail(stage);
  stage.play(answer);
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1 });
  expect(changes(stage)).toEqual(['opened', 'expected']);
  stage.play(later);
  stage.run({ type: 'remove_expectation', expectation });
  stage.play(laterAnswer);
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1 });
});

test('undone: the incident is open again without an alert, and the next attempt counts', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START));
  const expectation = expectMail(stage);
  expect(stage.run({ type: 'remove_expectation', expectation })).toEqual({ ok: true, changed: true });
  expect(stage.run({ type: 'remove_expectation', expectation })).toEqual({ ok: true, changed: false });
  expect(stage.incident('mail_started').state).toBe('open');
  stage.play(mail(CAMERA, MAIL_SERVER, START + HOUR));
  expect(stage.incident('mail_started').evidence.attempts).toBe(2);
  expect(changes(stage)).toEqual(['opened', 'expected']);
});

test('an expectation by name follows the server to another address, and ends when its time is up', () => {
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'mail.provider.example', [MAIL_SERVER], START),
    mail(CAMERA, MAIL_SERVER, START + SECOND),
  );
  expectMail(stage, START + DAY);
  stage.play(
    answered(CAMERA, 'mail.provider.example', [OTHER_SERVER], START + HOUR),
    mail(CAMERA, OTHER_SERVER, START + HOUR + SECOND),
  );
  expect(stage.incident('mail_started')).toMatchObject({ state: 'expected', findings: 1 });
  stage.play(
    answered(CAMERA, 'mail.provider.example', [OTHER_SERVER], START + 2 * DAY),
    mail(CAMERA, OTHER_SERVER, START + 2 * DAY + SECOND),
  );
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2 });
});

test('an expectation by name holds where the device keeps the address longer than its name is valid', () => {
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'mail.provider.example', [MAIL_SERVER], START),
    mail(CAMERA, MAIL_SERVER, START + SECOND),
  );
  expectMail(stage);
  stage.play(mail(CAMERA, MAIL_SERVER, START + DAY));
  expect(stage.incident('mail_started')).toMatchObject({ state: 'expected', findings: 1 });
  stage.play(mail(CAMERA, OTHER_SERVER, START + 2 * DAY));
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2 });
});

test("a name that only another device was given opens no door in a device's expectation", () => {
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'mail.provider.example', [MAIL_SERVER], START),
    mail(CAMERA, MAIL_SERVER, START + SECOND),
  );
  expectMail(stage);
  stage.play(
    answered(FRIDGE, 'mail.provider.example', [OTHER_SERVER], START + HOUR),
    mail(CAMERA, OTHER_SERVER, START + HOUR + SECOND),
  );
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2 });
  const { nameFrom, otherDevice } = stage.device(CAMERA).mail.destinations.find(({ ip }) => ip === OTHER_SERVER) ?? {};
  expect([nameFrom, otherDevice]).toEqual(['dns', true]);
});

test('resolved: watched for a week, the next attempt opens it again as critical; after that a new incident begins', () => {
  const stage = new Stage();
  stage.play(mail(CAMERA, MAIL_SERVER, START));
  const { id } = stage.incident('mail_started');
  stage.run({ type: 'resolve', incident: id });
  expect(stage.incident('mail_started').watchUntil).toBe(new Date(START + 7 * DAY).toISOString());
  stage.play(mail(CAMERA, MAIL_SERVER, START + 6 * DAY));
  expect(stage.incident('mail_started')).toMatchObject({ id, state: 'open', severity: 'critical', findings: 2 });
  stage.run({ type: 'resolve', incident: id });
  stage.play(mail(CAMERA, MAIL_SERVER, START + 20 * DAY));
  const [old, fresh] = stage.incidents('mail_started');
  expect(old).toMatchObject({ id, state: 'resolved', findings: 2 });
  expect(fresh).toMatchObject({ state: 'open', severity: 'high', findings: 1 });
  expect(fresh?.id).not.toBe(id);
  expect(changes(stage)).toEqual(['opened', 'resolved', 'reopened', 'resolved', 'opened']);
});

test('an answer that comes after a person resolved the incident opens nothing', () => {
  const stage = new Stage();
  const [syn, answer] = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected' });
  if (!syn || !answer) throw new Error('no handshake');
  stage.play(syn);
  stage.run({ type: 'resolve', incident: stage.incident('mail_started').id });
  stage.play(answer);
  expect(stage.incident('mail_started')).toMatchObject({ state: 'resolved', evidence: { connected: 1 } });
  expect(changes(stage)).toEqual(['opened', 'resolved']);
});

test('orders about what is not there change nothing and say so', () => {
  const stage = new Stage();
  expect(stage.run({ type: 'resolve', incident: 'none' })).toMatchObject({ ok: false, status: 404 });
  expect(stage.run({ type: 'rename', device: CAMERA.mac, label: 'x' })).toMatchObject({ ok: false, status: 404 });
  expect(stage.run({ type: 'remove_expectation', expectation: 'none' })).toEqual({ ok: true, changed: false });
  expect(stage.run({ type: 'forget', device: CAMERA.mac })).toEqual({ ok: true, changed: false });
});

test('beyond twenty thousand the closed and the harmless give way, never open mail', () => {
  const book = new IncidentBook();
  const id = (i: number) => i.toString(16).padStart(16, '0');
  book.load([anIncident('mail000000000000', { severity: 'critical', startedAt: 1, lastAt: 1 })]);
  for (let i = 0; i < 25_000; i++) {
    const state = i % 2 ? 'resolved' : 'open';
    book.load([anIncident(id(i), { kind: 'backend_new', severity: 'info', portClass: `p${i}`, state, lastAt: 2 + i })]);
  }
  expect([...book.values()].length).toBeLessThanOrEqual(20_000);
  expect(book.get('mail000000000000')).toBeDefined();
  expect(book.get(id(24_999))).toBeDefined();
  expect(book.get(id(1))).toBeUndefined();
});
