// A clock that starts in the past, steps forward and steps back, over a real database: what is kept bears the times it happened
// at, and nothing runs out, begins or is told again because somebody set a clock.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isoTime } from '../../sensor/record/report.ts';
import { natPmp, natPmpAnswer } from '../../sensor/self-test/frames/doors.ts';
import { answered, mail, visit } from '../../sensor/self-test/frames/traffic.ts';
import { ClockedHome, Machine } from '../support/clocked-home.ts';
import { BRIDGE, CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND } from '../support/stage.ts';

const TRUE = Date.UTC(2027, 2, 10, 12);
const UPDATES = '203.0.113.90';
let directory: string;
let home: ClockedHome | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-clock-'));
});
afterEach(() => {
  home?.end();
  home = null;
  rmSync(directory, { recursive: true });
});

function open(machine: Machine, isTold = false): ClockedHome {
  home?.end();
  home = new ClockedHome(machine, directory, isTold);
  return home;
}

/** Alerts, but for those that the home is silent between: it is. */
const news = (sensor: ClockedHome) => sensor.alerts.filter(({ kind }) => kind !== 'sensor_blind');
const cameraMails = (time: number) => mail(CAMERA, MAIL_SERVER, time, { outcome: 'refused' });
const close = (time: string | undefined, to: number) => Math.abs(Date.parse(time ?? '') - to) < 2 * SECOND;

describe('a machine without a battery', () => {
  it('starts in 1970: nothing is called that, and all of it bears the right time once that is known', () => {
    const machine = new Machine(60_000);
    const sensor = open(machine);
    expect(new Date(sensor.clock.now()).getUTCFullYear()).toBe(2026);
    expect(sensor.clock.health()).toMatchObject({ isCertain: false });
    sensor.now(cameraMails).now((time) => visit(CAMERA, '203.0.113.80', time, { host: 'api.vendor.example' }));
    sensor.pass(2 * MINUTE);
    expect(sensor.spine.time.isUncertain(Date.parse(sensor.incident('mail_started').startedAt))).toBe(true);
    machine.set(TRUE);
    machine.synchronised = 'yes';
    sensor.pass(5 * SECOND).now(cameraMails);

    const began = TRUE - 2 * MINUTE;
    const check = (now: ClockedHome) => {
      const incident = now.incident('mail_started');
      expect(close(incident.startedAt, began), incident.startedAt).toBe(true);
      expect(close(incident.lastAt, TRUE + 5 * SECOND), incident.lastAt).toBe(true);
      expect(incident.evidence).toMatchObject({ attempts: 2 });
      const device = now.device(CAMERA);
      expect(close(device.firstSeen, began), device.firstSeen).toBe(true);
      expect(device.backends.every(({ firstSeen }) => close(firstSeen, began))).toBe(true);
      expect(device.mail.destinations.every(({ firstSeen }) => close(firstSeen, began))).toBe(true);
      const known = now.spine.engine.devices.get(CAMERA.mac);
      const hours = [...(known?.activity ?? [])].map(({ hour }) => hour);
      expect(hours.every((hour) => Math.abs(hour * HOUR - TRUE) <= HOUR)).toBe(true);
      expect(known?.timeline.every(({ time }) => close(isoTime(time), began))).toBe(true);
      const frames = now.spine.recorder.framesOf(incident.id);
      expect(frames.length).toBeGreaterThan(2);
      expect(frames.every(({ time }) => time > TRUE - HOUR && time < TRUE + HOUR)).toBe(true);
      expect(now.clock.health()).toMatchObject({ isCertain: true });
      expect(now.spine.recorder.problem).toBeNull();
      expect(now.spine.time.isUncertain(Date.parse(incident.startedAt))).toBe(false);
    };
    check(sensor);
    expect(news(sensor).map(({ change }) => change)).toEqual(['opened']);
    expect(JSON.stringify([sensor.devices(), sensor.incidents()])).not.toMatch(/"19[67]\d-|"2026-/);
    machine.pass(MINUTE);
    check(open(machine));
  });

  it('starts at the time of the last shutdown: what was known before stays where it was', () => {
    const machine = new Machine(TRUE);
    machine.synchronised = 'yes';
    open(machine)
      .pass(5 * SECOND)
      .now(cameraMails)
      .pass(MINUTE);
    const before = home?.device(CAMERA).firstSeen;
    home?.end();
    // Three days without power; the system takes up the time it had stored.
    machine.synchronised = 'no';
    machine.restart(TRUE + 2 * MINUTE);
    const sensor = open(machine);
    sensor.now((time) => mail(FRIDGE, MAIL_SERVER, time, { outcome: 'refused' })).pass(MINUTE);
    const back = TRUE + 3 * DAY;
    machine.set(back);
    machine.synchronised = 'yes';
    sensor.pass(5 * SECOND);
    expect(sensor.device(CAMERA).firstSeen).toBe(before);
    expect(close(sensor.device(FRIDGE).firstSeen, back - MINUTE)).toBe(true);
    expect(
      sensor.incidents('mail_started').map(({ device, startedAt }) => [device, Date.parse(startedAt) > back - HOUR]),
    ).toEqual([
      [FRIDGE.mac, true],
      [CAMERA.mac, false],
    ]);
  });

  it('that never learns the time marks what it stamps, also after a restart', () => {
    const machine = new Machine(60_000);
    open(machine).now(cameraMails).pass(MINUTE);
    machine.restart(70_000);
    const sensor = open(machine);
    const { startedAt } = sensor.incident('mail_started');
    expect(sensor.spine.time.isUncertain(Date.parse(startedAt))).toBe(true);
    expect(sensor.clock.now()).toBeGreaterThan(Date.parse(startedAt));
  });

  it('goes on in the same boot as if the program had not been restarted', () => {
    const machine = new Machine(60_000);
    open(machine).now(cameraMails).pass(MINUTE);
    const then = home?.clock.now() ?? 0;
    home?.end();
    machine.pass(20 * SECOND);
    const sensor = open(machine);
    expect(Math.abs(sensor.clock.now() - then - 20 * SECOND)).toBeLessThanOrEqual(1);
    machine.set(TRUE);
    machine.synchronised = 'yes';
    sensor.pass(3 * SECOND);
    expect(close(sensor.incident('mail_started').startedAt, TRUE - MINUTE - 20 * SECOND)).toBe(true);
  });
});

describe('a step', () => {
  const running = () => {
    const machine = new Machine(TRUE);
    machine.synchronised = 'yes';
    return { machine, sensor: open(machine).pass(5 * SECOND) };
  };

  it('in the midst of a handshake makes no second attempt and no answer that failed to come', () => {
    const machine = new Machine(60_000);
    const sensor = open(machine);
    const frames = mail(CAMERA, MAIL_SERVER, 0, { outcome: 'connected', dialogue: ['S: 220 mx ESMTP'] });
    const send = (part: typeof frames) => sensor.now((time) => part.map((frame) => ({ ...frame, time })));
    sensor.now((time) => answered(CAMERA, 'mx.example.net', [MAIL_SERVER], time));
    send(frames.slice(0, 1));
    machine.set(TRUE);
    machine.synchronised = 'yes';
    sensor.pass(4 * SECOND);
    send(frames.slice(0, 1));
    send(frames.slice(1));
    expect(sensor.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1, unanswered: 0 });
    expect(sensor.device(CAMERA).mail.destinations).toMatchObject([{ name: 'mx.example.net', nameFrom: 'dns' }]);
  });

  it('back by an hour: nothing is doubled, order holds, and time goes on, slower, until the clock has come up', () => {
    const { machine, sensor } = running();
    sensor.now(cameraMails).pass(MINUTE);
    const before = sensor.clock.now();
    machine.set(machine.wall() - HOUR);
    sensor.pass(5 * SECOND).now(cameraMails);
    const incident = sensor.incident('mail_started');
    expect(incident.evidence).toMatchObject({ attempts: 2, refused: 2 });
    expect(Date.parse(incident.lastAt)).toBeGreaterThanOrEqual(before);
    expect(news(sensor).map(({ change }) => change)).toEqual(['opened']);
    expect(sensor.clock.health()).toMatchObject({ isCertain: false });
    let last = before;
    for (let n = 0; n < 11 * 60; n++) {
      sensor.pass(MINUTE, 10 * SECOND);
      expect(sensor.clock.now()).toBeGreaterThan(last);
      last = sensor.clock.now();
    }
    expect(Math.abs(sensor.clock.now() - machine.wall())).toBeLessThan(SECOND);
    expect(sensor.clock.health()).toMatchObject({ isCertain: true });
  });

  it('back by an hour soon after the start, when nothing had shown that the time was right, is a correction', () => {
    const machine = new Machine(TRUE + HOUR);
    const sensor = open(machine).now(cameraMails).pass(MINUTE);
    machine.set(TRUE + MINUTE);
    machine.synchronised = 'yes';
    sensor.pass(5 * SECOND).now(cameraMails);
    const { evidence, startedAt } = sensor.incident('mail_started');
    expect(close(startedAt, TRUE)).toBe(true);
    expect(evidence).toMatchObject({ attempts: 2 });
  });

  /** Everything that could run out: an end, a habit, a quiet time, old records, a mapping. */
  function fullHome(sensor: ClockedHome): void {
    sensor.now((time) => visit(BRIDGE, UPDATES, time, { host: 'firmware.meethue.com' })).now(cameraMails);
    const found = sensor.incident('mail_started');
    sensor.run({ type: 'expect', incident: found.id, until: sensor.clock.now() + 7 * DAY });
    sensor.now((time) => mail(FRIDGE, MAIL_SERVER, time, { outcome: 'refused' }));
    const ofFridge = sensor.incidents('mail_started').find(({ device }) => device === FRIDGE.mac);
    sensor.run({ type: 'acknowledge', incident: ofFridge?.id ?? '' });
    sensor.now((time) => [natPmp(80, 8080, 7200, time), natPmpAnswer(0, 80, 8080, time + 5)]);
    sensor.pass(2 * MINUTE);
  }

  const later = (sensor: ClockedHome) =>
    sensor
      .now((time) => [
        ...cameraMails(time),
        ...mail(FRIDGE, MAIL_SERVER, time, { outcome: 'refused' }),
        ...visit(BRIDGE, '203.0.113.99', time + 20, { host: 'news.vendor.example' }),
      ])
      .pass(2 * MINUTE);

  it('forward by a month that nobody vouches for is not followed for an hour, and then nothing runs out', () => {
    const { machine, sensor } = running();
    fullHome(sensor);
    const told = news(sensor).length;
    const before = sensor.clock.now();
    machine.set(machine.wall() + 31 * DAY);
    machine.synchronised = 'no';
    later(sensor);
    expect(sensor.clock.now() - before).toBe(2 * MINUTE);
    expect(sensor.clock.health()).toMatchObject({ isCertain: false });
    sensor.pass(HOUR);
    expect(Math.abs(sensor.clock.now() - machine.wall())).toBeLessThan(SECOND);
    later(sensor);
    expect(news(sensor).slice(told)).toEqual([]);
    expect(sensor.incidents('updates_overdue')).toEqual([]);
    expect(sensor.incidents('backend_new')).toEqual([]);
    expect(sensor.incidents('port_mapping').every(({ state }) => state === 'open')).toBe(true);
  });

  it('forward that is set right again within the hour was never there', () => {
    const { machine, sensor } = running();
    fullHome(sensor);
    const told = news(sensor).length;
    machine.set(machine.wall() + 31 * DAY);
    machine.synchronised = 'no';
    sensor.pass(10 * MINUTE);
    machine.set(machine.wall() - 31 * DAY);
    machine.synchronised = 'yes';
    sensor.pass(10 * SECOND);
    expect(news(sensor)).toHaveLength(told);
    expect(Math.abs(sensor.clock.now() - machine.wall())).toBeLessThan(SECOND);
    expect(sensor.clock.health()).toMatchObject({ isCertain: true });
  });

  it('forward that the time server vouches for: an end that a person set has come, silences and habits have not grown', () => {
    const { machine, sensor } = running();
    fullHome(sensor);
    const told = news(sensor).length;
    machine.set(machine.wall() + 31 * DAY);
    later(sensor.pass(5 * SECOND));
    expect(
      news(sensor)
        .slice(told)
        .map(({ change, device }) => [change, device]),
    ).toEqual([['reopened', CAMERA.mac]]);
    expect(sensor.incidents('updates_overdue')).toEqual([]);
    expect(sensor.incidents('backend_new')).toEqual([]);
  });

  it.each([
    ['that nobody vouches for', 'no'],
    ['that the time server vouches for', 'yes'],
  ] as const)(
    'to 2040 and back, %s: nothing of the last year goes, no alert that waits, no end of a person’s',
    (_, synchronised) => {
      const machine = new Machine(TRUE);
      machine.synchronised = 'yes';
      const sensor = open(machine, true).pass(5 * SECOND);
      const { store } = sensor.spine;
      fullHome(sensor);
      for (const { id } of sensor.incidents('port_mapping')) sensor.run({ type: 'resolve', incident: id });
      const known = () => ({
        devices: sensor.devices().flatMap(({ mac, role }) => (role === 'device' ? mac : [])),
        incidents: sensor.spine.recorder.incidents.all().flatMap(({ id, kind }) => (kind === 'sensor_blind' ? [] : id)),
        waiting: store.outbox.peek(100).flatMap(({ id }) => id),
        ends: sensor.spine.recorder.expectations.all().map(({ until }) => until),
      });
      const before = known();
      expect(before.waiting.length).toBeGreaterThan(2);
      machine.set(Date.UTC(2040, 0, 1));
      machine.synchronised = synchronised;
      sensor.pass(3 * HOUR, MINUTE);
      const ahead = known();
      expect(ahead.devices).toEqual(before.devices);
      expect(ahead.incidents).toEqual(expect.arrayContaining(before.incidents));
      expect(ahead.waiting).toEqual(expect.arrayContaining(before.waiting));
      machine.set(TRUE + 4 * HOUR);
      machine.synchronised = 'yes';
      sensor.pass(3 * HOUR, MINUTE);
      const after = known();
      expect(after.devices).toEqual(before.devices);
      expect(after.incidents).toEqual(expect.arrayContaining(before.incidents));
      expect(after.waiting).toEqual(expect.arrayContaining(before.waiting));
      // Over a restart as well, and a year's devices are read back.
      const again = open(machine, true).pass(2 * HOUR, MINUTE);
      expect(again.devices().map(({ mac }) => mac)).toEqual(expect.arrayContaining(before.devices));
      expect(again.spine.recorder.incidents.all().map(({ id }) => id)).toEqual(
        expect.arrayContaining(before.incidents),
      );
      expect(again.spine.store.outbox.peek(100).map(({ id }) => id)).toEqual(expect.arrayContaining(before.waiting));
    },
  );

  it('a month without power is no month without updates, and no learning time either', () => {
    const { machine, sensor } = running();
    fullHome(sensor);
    sensor.end();
    machine.restart(TRUE + 40 * DAY);
    const again = open(machine).pass(5 * SECOND);
    later(again);
    expect(again.incidents('updates_overdue')).toEqual([]);
    expect(again.incidents('backend_new')).toEqual([]);
    again.pass(31 * DAY, HOUR);
    again.now((time) => visit(BRIDGE, '203.0.113.80', time, { host: 'api.vendor.example' })).pass(2 * HOUR, MINUTE);
    expect(again.incidents('updates_overdue')).toMatchObject([{ device: BRIDGE.mac }]);
  });

  it('a machine that slept was asleep: its clocks say the same, and no time is moved', () => {
    const { machine, sensor } = running();
    sensor.now(cameraMails);
    const { startedAt } = sensor.incident('mail_started');
    machine.sleep(9 * HOUR);
    sensor.pass(10 * SECOND);
    expect(Math.abs(sensor.clock.now() - machine.wall())).toBeLessThan(SECOND);
    expect(sensor.incident('mail_started').startedAt).toBe(startedAt);
  });
});
