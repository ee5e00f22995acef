// What people order, from the page or from Home Assistant: what it changes, that a second time changes nothing, and what is refused.
import { describe, expect, it } from 'vitest';
import type { Command } from '../../sensor/record/commands.ts';
import { mail, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, MAIL_SERVER, MINUTE, START, Stage, TELEVISION } from '../support/stage.ts';

const UNKNOWN = '02:00:00:00:00:99';
const mailing = (...hosts: (typeof CAMERA)[]): Stage =>
  new Stage().play(hosts.flatMap((host, i) => mail(host, MAIL_SERVER, START + i * MINUTE)));
const changedBy = (stage: Stage, command: Command): unknown => {
  const result = stage.run(command);
  return result.ok ? result.changed : [result.status, result.error];
};
const states = (stage: Stage) => stage.incidents('mail_started').map(({ device, state }) => [device, state]);

describe('mail is allowed', () => {
  it('by the switch, for all open mail of the device, and taken back by it', () => {
    const stage = mailing(CAMERA, FRIDGE);
    stage.play(mail(CAMERA, MAIL_SERVER, START + 5 * MINUTE, { port: 587 }));
    expect(changedBy(stage, { type: 'allow_mail', device: CAMERA.mac, allow: true })).toBe(true);
    expect(stage.spine.recorder.expectations.ofDevice([CAMERA.mac]).map(({ ports }) => ports.join())).toEqual([
      ...['25', '587'],
    ]);
    expect(states(stage)).toEqual([
      [FRIDGE.mac, 'open'],
      [CAMERA.mac, 'expected'],
    ]);
    expect(changedBy(stage, { type: 'allow_mail', device: CAMERA.mac, allow: false })).toBe(true);
    expect(changedBy(stage, { type: 'allow_mail', device: CAMERA.mac, allow: false })).toBe(false);
    expect(states(stage)).toContainEqual([CAMERA.mac, 'open']);
  });

  it('only where there is mail, and of a device that is there', () => {
    const stage = mailing(CAMERA);
    stage.play(visit(FRIDGE, '203.0.113.80', START + MINUTE));
    expect(changedBy(stage, { type: 'allow_mail', device: FRIDGE.mac, allow: true })).toEqual([
      ...[409, 'This device has no open mail incident, so there is nothing to allow.'],
    ]);
    expect(changedBy(stage, { type: 'allow_mail', device: UNKNOWN, allow: true })).toEqual([
      ...[404, 'There is no such device.'],
    ]);
    expect(changedBy(stage, { type: 'expect', incident: 'nothing', until: null })).toEqual([
      ...[404, 'There is no such incident.'],
    ]);
  });

  it('is kept with who said so, and tells the recorder, which stores it', () => {
    const stage = mailing(CAMERA);
    stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: START + DAY });
    expect(stage.spine.recorder.expectations.ofDevice([CAMERA.mac])).toMatchObject([
      { createdBy: 'page', until: START + DAY, covers: 'mail', ports: [25], destinations: [MAIL_SERVER] },
    ]);
  });
});

it('one device is acknowledged, or all, and what is not open stays as it is', () => {
  const stage = mailing(CAMERA, FRIDGE, TELEVISION);
  stage.run({ type: 'resolve', incident: stage.incidents('mail_started')[0]?.id ?? '' });
  const [resolved] = states(stage).filter(([, state]) => state === 'resolved');
  expect(changedBy(stage, { type: 'acknowledge_device', device: FRIDGE.mac })).toBe(resolved?.[0] !== FRIDGE.mac);
  expect(changedBy(stage, { type: 'acknowledge_all' })).toBe(true);
  expect(changedBy(stage, { type: 'acknowledge_all' })).toBe(false);
  expect(
    states(stage)
      .map(([, state]) => state)
      .sort(),
  ).toEqual(['acknowledged', 'acknowledged', 'resolved']);
});

it('what is resolved is watched for seven days: mail in that time is critical, and news', () => {
  const stage = mailing(CAMERA);
  const { id } = stage.incident('mail_started');
  expect(changedBy(stage, { type: 'resolve', incident: id })).toBe(true);
  expect(changedBy(stage, { type: 'resolve', incident: id })).toBe(false);
  const now = stage.spine.engine.now;
  expect(stage.incident('mail_started')).toMatchObject({
    resolvedAt: new Date(now).toISOString(),
    watchUntil: new Date(now + 7 * DAY).toISOString(),
  });
  stage.play(mail(CAMERA, MAIL_SERVER, now + 7 * DAY - MINUTE));
  expect(stage.incident('mail_started')).toMatchObject({ id, state: 'open', severity: 'critical' });
});

describe('a name', () => {
  const label = (stage: Stage) => stage.spine.engine.devices.get(CAMERA.mac)?.label;

  it('is given, cleaned and cut; given again it changes nothing; none at all takes it away', () => {
    const stage = mailing(CAMERA);
    expect(changedBy(stage, { type: 'rename', device: CAMERA.mac, label: '  Hall\u202eway\n ' })).toBe(true);
    expect(label(stage)).not.toMatch(/[\u202e\n]|^ | $/);
    const given = label(stage) ?? '';
    expect(changedBy(stage, { type: 'rename', device: CAMERA.mac, label: given })).toBe(false);
    stage.run({ type: 'rename', device: CAMERA.mac, label: 'x'.repeat(200) });
    expect(label(stage)?.length).toBe(64);
    expect(changedBy(stage, { type: 'rename', device: CAMERA.mac, label: '' })).toBe(true);
    expect(label(stage)).toBeNull();
    expect(changedBy(stage, { type: 'rename', device: UNKNOWN, label: 'x' })).toEqual([
      404,
      'There is no such device.',
    ]);
  });
});

describe('one thing under several addresses', () => {
  it('is joined and parted, and never with itself, the other way round, or with what is not there', () => {
    const stage = mailing(CAMERA, FRIDGE, TELEVISION);
    const join: Command = { type: 'merge', device: CAMERA.mac, into: FRIDGE.mac, older: [TELEVISION.mac] };
    const sameAs = () => [CAMERA, FRIDGE].map(({ mac }) => stage.spine.engine.devices.get(mac)?.sameAs);
    expect([changedBy(stage, join), changedBy(stage, join)]).toEqual([true, false]);
    expect(sameAs()).toEqual([FRIDGE.mac, TELEVISION.mac]);
    expect(changedBy(stage, { type: 'merge', device: TELEVISION.mac, into: CAMERA.mac })).toEqual([
      ...[409, 'These two are already joined the other way round.'],
    ]);
    expect(changedBy(stage, { type: 'merge', device: CAMERA.mac, into: UNKNOWN })).toEqual([
      ...[404, 'There is no such device.'],
    ]);
    expect(changedBy(stage, { type: 'unmerge', device: CAMERA.mac, older: [TELEVISION.mac] })).toBe(true);
    expect(sameAs()).toEqual([null, null]);
    expect(changedBy(stage, { type: 'unmerge', device: CAMERA.mac })).toBe(false);
  });

  it('and a device that is forgotten leaves no other pointing at it', () => {
    const stage = mailing(CAMERA, FRIDGE);
    stage.run({ type: 'merge', device: CAMERA.mac, into: FRIDGE.mac });
    expect(changedBy(stage, { type: 'forget', device: FRIDGE.mac })).toBe(true);
    expect(stage.spine.engine.devices.get(CAMERA.mac)?.sameAs).toBeNull();
    expect(changedBy(stage, { type: 'forget', device: FRIDGE.mac })).toBe(false);
  });

  it('said to be two are parted, once', () => {
    const stage = mailing(CAMERA, FRIDGE);
    stage.run({ type: 'merge', device: CAMERA.mac, into: FRIDGE.mac });
    const part: Command = { type: 'distinguish', device: CAMERA.mac, from: FRIDGE.mac, distinct: true };
    expect([changedBy(stage, part), changedBy(stage, part)]).toEqual([true, false]);
    expect(stage.spine.engine.devices.get(CAMERA.mac)?.sameAs).toBeNull();
    expect(changedBy(stage, { ...part, distinct: false })).toBe(true);
  });
});
