// Weeks of a live sensor with real engine, recorder, database and clock: what it says that it saw is what it could see.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LossEstimate } from '../../sensor/attribute/loss-tally.ts';
import { english } from '../../sensor/language/words.ts';
import { type Sighting, watchState } from '../../sensor/main/proof-of-life.ts';
import { Store } from '../../sensor/record/store.ts';
import { lastWeek } from '../../sensor/record/week-summary.ts';
import { mail, phoneJoins } from '../../sensor/self-test/frames/traffic.ts';
import { Machine } from '../support/clocked-home.ts';
import { BRIDGE, CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, PHONE, Stage } from '../support/stage.ts';
import { WatchedHome } from '../support/watched-home.ts';

/** A Monday morning at seven, where the test runs. */
const MONDAY = lastWeek(Date.UTC(2027, 2, 10, 12)).to;
let directory: string;
let home: WatchedHome | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-life-'));
});
afterEach(() => {
  home?.end();
  home = null;
  rmSync(directory, { recursive: true });
});

function machineAt(time: number): Machine {
  const machine = new Machine(time);
  machine.synchronised = 'yes';
  return machine;
}

function open(machine: Machine, state = directory): WatchedHome {
  home?.end();
  home = new WatchedHome(machine, state);
  return home;
}

/** The state as a process that is killed leaves it, to be gone on with elsewhere. */
function killed(): string {
  const left = mkdtempSync(join(directory, 'left-'));
  for (const file of ['thingwatch.db', 'thingwatch.db-wal']) cpSync(join(directory, file), join(left, file));
  return left;
}

const LOSSES: LossEstimate = { percent: 0, low: 0, high: 0.1, samples: 9000, missed: 0, isCertain: false };
const WELL: Sighting = {
  capture: 'running',
  isClockCertain: true,
  judgement: { vantage: 'lan-both-ways', direction: null, confidence: 'sure' },
  loss: LOSSES,
};

describe('a moment', () => {
  it.each<[string, Partial<Sighting>, string]>([
    ['all is well', {}, 'watched'],
    ['the capture is being started again', { capture: 'restarting' }, 'capture'],
    ['the capture has failed', { capture: 'failed' }, 'capture'],
    ['nobody knows the time', { isClockCertain: false }, 'clock'],
    ['an ordinary port', { judgement: { vantage: 'own-traffic-only', direction: null, confidence: 'sure' } }, 'mirror'],
    ['the router’s outer side', { judgement: { vantage: 'wan-side', direction: null, confidence: 'sure' } }, 'mirror'],
    [
      'too little to tell',
      { judgement: { vantage: 'lan-both-ways', direction: null, confidence: 'unsure' } },
      'mirror',
    ],
    [
      'what devices send alone',
      { judgement: { vantage: 'lan-one-way', direction: 'from-home', confidence: 'likely' } },
      'watched',
    ],
    ['answers alone', { judgement: { vantage: 'lan-one-way', direction: 'to-home', confidence: 'likely' } }, 'mirror'],
    ['five percent lost', { loss: { ...LOSSES, percent: 5, low: 4.6, high: 5.4 } }, 'watched'],
    ['six percent lost', { loss: { ...LOSSES, percent: 6, low: 5.6, high: 6.4 } }, 'loss'],
    ['at least six percent lost', { loss: { ...LOSSES, percent: null, low: 6, high: 20 } }, 'loss'],
    ['nothing to estimate loss by', { loss: { ...LOSSES, percent: null, low: 0, high: 100 } }, 'watched'],
  ])('when there is %s', (_, changes, state) => {
    expect(watchState({ ...WELL, ...changes })).toBe(state);
  });
});

describe('coverage of a sensor that lives', () => {
  it('has each gap with its reason: capture, mirror, the time that it was off', () => {
    const machine = machineAt(MONDAY);
    const sensor = open(machine).live(4 * HOUR);
    sensor.capture = 'restarting';
    sensor.live(30 * MINUTE);
    sensor.capture = 'running';
    sensor.live(HOUR);
    sensor.end();
    machine.pass(2 * HOUR);
    const again = open(machine).live(HOUR);
    const { days, week } = again.coverage;
    expect(days.at(-1)?.gaps).toMatchObject({ capture: 30, off: 120 });
    // The first moments of each run, before anything has passed.
    const unclear = days.at(-1)?.gaps.mirror ?? 0;
    expect(unclear).toBeLessThan(5);
    const lost = 150 + unclear;
    expect(Math.abs((week.percent ?? 0) - (1 - lost / (8.5 * 60)) * 100)).toBeLessThan(0.5);
    expect(days.filter(({ percent }) => percent !== null)).toHaveLength(1);
  });

  it('a mirror that is switched off is a gap from when that is clear; once it is on again, there is none', () => {
    const sensor = open(machineAt(MONDAY)).live(3 * HOUR);
    const before = sensor.coverage.week.gaps.mirror ?? 0;
    sensor.isMirrored = false;
    sensor.live(3 * HOUR);
    const silent = (sensor.coverage.week.gaps.mirror ?? 0) - before;
    expect(silent).toBeGreaterThan(150);
    expect(silent).toBeLessThanOrEqual(180);
    sensor.isMirrored = true;
    sensor.live(3 * HOUR);
    expect((sensor.coverage.week.gaps.mirror ?? 0) - before - silent).toBeLessThan(3);
  });

  it('a process that is killed loses five minutes at most, and they count as not seen', () => {
    const machine = machineAt(MONDAY);
    open(machine).live(HOUR + 4 * MINUTE);
    const seen = home?.spine.watch?.all().reduce((sum, { spent }) => sum + spent.watched, 0) ?? 0;
    const left = killed();
    machine.pass(10 * MINUTE);
    const again = open(machine, left);
    const hours = again.spine.watch?.all() ?? [];
    const kept = hours.reduce((sum, { spent }) => sum + spent.watched, 0);
    const off = hours.reduce((sum, { spent }) => sum + spent.off, 0);
    expect(seen - kept).toBeGreaterThan(0);
    expect(seen - kept).toBeLessThanOrEqual(5 * MINUTE);
    expect(off).toBe(10 * MINUTE + (seen - kept));
  });

  it('time at a clock that nobody believes is no coverage, and is not called another day', () => {
    const machine = machineAt(MONDAY);
    open(machine).live(HOUR);
    home?.end();
    machine.synchronised = 'no';
    machine.restart(MONDAY + HOUR);
    const sensor = open(machine).live(2 * HOUR);
    expect(sensor.coverage.week.gaps.clock).toBe(120);
    machine.set(MONDAY + 3 * DAY);
    machine.synchronised = 'yes';
    sensor.live(HOUR);
    const { days } = sensor.coverage;
    expect(days.slice(-4).map(({ percent }) => percent !== null)).toEqual([true, true, true, true]);
    expect(days.slice(-3, -1).map(({ percent }) => percent)).toEqual([0, 0]);
    const known = days.reduce((sum, { gaps }) => sum + (gaps.clock ?? 0) + (gaps.off ?? 0), 0);
    expect(Math.abs(known - 71 * 60)).toBeLessThan(3);
  });

  it('a replay into the same state has none, and leaves alone what a live run has stored', () => {
    const sensor = open(machineAt(MONDAY)).live(HOUR);
    const stored = sensor.spine.watch?.all();
    sensor.end();
    home = null;
    const replayed = new Stage({ stateDir: directory, recorded: true });
    replayed.play(mail(CAMERA, MAIL_SERVER, MONDAY + 2 * HOUR));
    expect(replayed.spine.watch).toBeNull();
    replayed.spine.close();
    const store = Store.open({ path: join(directory, 'thingwatch.db'), now: () => MONDAY });
    expect(store.watch.load().hours).toEqual(stored);
    store.close();
  });

  it('is written every five minutes, not oftener', () => {
    const sensor = open(machineAt(MONDAY));
    let writes = 0;
    const { store } = sensor.spine;
    const save = store.saveWatch.bind(store);
    store.saveWatch = (watch) => {
      writes++;
      save(watch);
    };
    sensor.live(2 * HOUR);
    expect(writes).toBe(24);
  });
});

describe('a week', () => {
  it('is summed up on Monday morning, once, and kept over a restart', () => {
    const machine = machineAt(MONDAY - 7 * DAY);
    const sensor = open(machine).live(7 * DAY - MINUTE);
    expect(sensor.told).toEqual([]);
    sensor.live(2 * MINUTE);
    expect(sensor.told).toHaveLength(1);
    expect(sensor.told[0]).toMatchObject({ from: MONDAY - 7 * DAY, to: MONDAY, seen: 2 });
    expect(sensor.told[0]?.percent).toBeGreaterThan(99.8);
    sensor.live(HOUR);
    const again = open(machine).live(HOUR);
    expect([sensor.told.length, again.told.length]).toEqual([1, 0]);
    expect(again.life.weeks.all()).toEqual(sensor.told);
  });

  it('and what tells of it are on disk before anybody hears of it, and a process killed then tells it no more', () => {
    const machine = machineAt(MONDAY - 7 * DAY);
    const sensor = open(machine).live(7 * DAY - MINUTE);
    sensor.life.messages = ({ to }) => [
      { id: `week-${to}@phone`, topic: '', payload: '{}', createdAt: to, priority: 'alert', target: 'phone' },
    ];
    let left = '';
    sensor.spine.events.on('week', () => {
      left = killed();
    });
    sensor.live(2 * MINUTE);
    const again = open(machine, left).live(HOUR);
    expect(again.told).toEqual([]);
    expect(again.spine.store.outbox.of('phone').peek(9)).toMatchObject([{ id: `week-${MONDAY}@phone` }]);
  });

  it('has what happened in it: mail that is expected and that is not, new devices, gaps', () => {
    const machine = machineAt(MONDAY - 7 * DAY - 2 * HOUR);
    const sensor = open(machine).live(3 * HOUR);
    expect(sensor.told[0]?.fresh.count).toBe(2);
    const attempt = (host: { mac: string; ip: string }, count: number) => {
      for (let n = 0; n < count; n++)
        sensor.now((time) => mail(host, MAIL_SERVER, time, { outcome: 'refused' })).live(10 * MINUTE);
    };
    attempt(CAMERA, 1);
    sensor.run({ type: 'expect', incident: sensor.incident('mail_started').id, until: null });
    attempt(CAMERA, 4);
    attempt(BRIDGE, 3);
    sensor.end();
    machine.pass(DAY);
    const again = open(machine).live(6 * DAY);
    const [week] = again.told;
    expect(week).toMatchObject({
      seen: 3,
      fresh: { count: 1, macs: [BRIDGE.mac] },
      mail: { expected: 4, unexpected: 4, by: { count: 1, macs: [BRIDGE.mac] } },
      gaps: { off: 24 * 60 },
      exposed: { count: 0 },
    });
    const name = again.spine.knowledge.displayName(
      again.spine.engine.devices.get(BRIDGE.mac) ?? fail(),
      again.spine.engine.devices,
      english,
    );
    if (week === undefined) throw new Error('no week');
    const words = again.words(week);
    expect(words[0]).toMatch(
      /^The home was watched for 85\.\d % of the week\. Not watched: 1 day \(the sensor was off\)/,
    );
    expect(words[1]).toBe(`8 attempts to send mail were seen: 4 expected, 4 not (${name}).`);
    expect(words.at(-2)).toBe(`3 devices were seen, 1 for the first time: ${name}.`);
    again.run({ type: 'rename', device: BRIDGE.mac, label: 'Light bridge' });
    expect(again.words(week)[1]).toMatch(/ \(Light bridge\)\.$/);
    again.run({ type: 'forget', device: BRIDGE.mac });
    expect(again.words(week)[1]).toMatch(/ \(1 device that is forgotten by now\)\.$/);
  });

  it('in which the sensor was off is told at the next start, whenever that is', () => {
    const machine = machineAt(MONDAY - 8 * DAY);
    open(machine).live(HOUR);
    home?.end();
    machine.pass(9 * DAY);
    const sensor = open(machine).live(MINUTE);
    expect(sensor.told).toHaveLength(1);
    expect(sensor.told[0]).toMatchObject({ to: MONDAY, percent: 0, gaps: { off: 7 * 24 * 60 }, seen: 0 });
    expect(sensor.words(sensor.told[0] ?? fail())).toEqual([
      'The home was watched for 0 % of the week. Not watched: 7 days (the sensor was off).',
      'Of what went on meanwhile nothing can be said.',
    ]);
  });

  it('before the sensor was set up is not told, and of its first one what was before is not claimed', () => {
    const fresh = open(machineAt(MONDAY + HOUR)).live(HOUR);
    expect(fresh.told).toEqual([]);
    home?.end();
    home = null;
    rmSync(directory, { recursive: true });
    const late = open(machineAt(MONDAY - 2 * DAY)).live(2 * DAY + MINUTE);
    expect(late.told[0]?.gaps.unrecorded).toBe(5 * 24 * 60);
    expect(late.told[0]?.percent).toBeLessThan(28.6);
  });

  it('waits for the time after a start in the past, and keeps no more than twelve', () => {
    const machine = machineAt(MONDAY - 8 * DAY);
    open(machine).live(HOUR);
    home?.end();
    machine.synchronised = 'no';
    machine.restart(MONDAY - 8 * DAY);
    const sensor = open(machine).live(30 * MINUTE);
    expect(sensor.told).toEqual([]);
    machine.set(MONDAY + DAY);
    machine.synchronised = 'yes';
    sensor.live(3 * MINUTE);
    expect(sensor.told.map(({ to }) => to)).toEqual([MONDAY]);
    for (let week = 0; week < 14; week++) {
      home?.end();
      machine.pass(7 * DAY);
      open(machine).live(MINUTE);
    }
    expect(home?.life.weeks.all()).toHaveLength(12);
    expect(home?.life.weeks.all().at(-1)?.to).toBeGreaterThan(MONDAY + 13 * 7 * DAY);
  });
});

it('mail that a phone hands to its provider is as expected, that of a thing is not', () => {
  const sensor = open(machineAt(MONDAY)).live(MINUTE);
  sensor.now((time) => phoneJoins(time)).live(MINUTE);
  const mails = () =>
    (sensor.spine.watch?.all() ?? []).reduce(
      (sum, { mail: { expected, unexpected } }) => [(sum[0] ?? 0) + expected, (sum[1] ?? 0) + unexpected],
      [0, 0],
    );
  sensor.now((time) => mail(PHONE, MAIL_SERVER, time, { port: 587, outcome: 'connected' })).live(MINUTE);
  expect(mails()).toEqual([1, 0]);
  sensor.now((time) => mail(FRIDGE, MAIL_SERVER, time, { port: 587, outcome: 'connected' })).live(MINUTE);
  expect(mails()).toEqual([1, 1]);
  sensor.now((time) => mail(PHONE, MAIL_SERVER, time, { outcome: 'refused' })).live(MINUTE);
  expect(mails()).toEqual([1, 2]);
});

function fail(): never {
  throw new Error('it is not there');
}
