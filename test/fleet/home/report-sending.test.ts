// What is handed to the outbox and when, over a real database: each revision once and greater than the one before, through crashes,
// a fleet that is away, clocks that are put right, and devices that become private.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FleetBooks } from '../../../sensor/fleet/books.ts';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { Reporter, type ReporterOptions } from '../../../sensor/fleet/report.ts';
import { FLEET_TARGET } from '../../../sensor/record/outbox.ts';
import type { Spine } from '../../../sensor/spine.ts';
import { onDisk } from '../../program/broker-stage.ts';
import { mail } from '../../support/name-frames.ts';
import { CAMERA, DAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../../support/stage.ts';
import { booksOf } from './told.ts';

const TOPIC = 'fleet/v1/records/h000000000000001';
let folder: string;
let stage: Stage;
let ticks: number;
/** Packet time. */
let now: number;
let changes: Partial<FleetBooks>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-reporter-'));
  stage = new Stage({ stateDir: folder, recorded: true });
  [ticks, now, changes] = [0, START, {}];
});
afterEach(() => {
  stage.spine.close();
  rmSync(folder, { recursive: true });
});

const queueOf = ({ store }: Spine) => store.outbox.of(FLEET_TARGET);

function reporter({ spine }: Stage = stage, store: ReporterOptions['store'] = spine.store): Reporter {
  return new Reporter({
    books: () => booksOf(spine, { now, ...changes }),
    store,
    queue: queueOf(spine),
    topic: TOPIC,
    ticks: () => ticks,
  });
}

const waiting = (of: Stage = stage): FleetRecord[] =>
  queueOf(of.spine)
    .peek(1000)
    .map(({ payload }) => JSON.parse(payload));

/** Incidents of which there is news: here of all. */
const changed = () => new Set([...stage.spine.recorder.incidents.values()].map(({ id }) => id));

/** The fleet takes all that waits. */
function take(): FleetRecord[] {
  const rows = queueOf(stage.spine).peek(1000);
  queueOf(stage.spine).remove(...rows.map(({ id }) => id));
  return rows.map(({ payload }) => JSON.parse(payload));
}

function mails(time: number, device: { mac: string; ip: string } = CAMERA): void {
  stage.play(mail(device, MAIL_SERVER, time, { outcome: 'refused' }));
  stage.wait(time + MINUTE);
  now = time + MINUTE;
}

it('an incident is told at once and once, under its topic and for the fleet alone', () => {
  mails(START);
  const one = reporter();
  expect(one.sync(changed())).toEqual({ handed: 1, left: 0 });
  expect(one.sync(changed())).toEqual({ handed: 0, left: 0 });
  const [row] = queueOf(stage.spine).peek(10);
  expect(row).toMatchObject({ topic: TOPIC, target: FLEET_TARGET });
  expect(stage.spine.store.outbox.size()).toBe(0);
  expect(waiting()).toMatchObject([
    { kind: 'incident', body: { severity: 'high', mail: { attempts: 1, refused: 1 } } },
  ]);
});

it('counts alone wait for an hour, and come with a greater revision', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  const [first] = take();
  mails(START + 5 * MINUTE);
  expect(one.sync(changed()).handed).toBe(0);
  now = START + 2 * HOUR;
  expect(one.sync(changed()).handed).toBe(1);
  const [second] = take();
  expect(second?.id).toBe(first?.id);
  expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.POSITIVE_INFINITY);
  expect(second).toMatchObject({ body: { mail: { attempts: 2 } } });
});

it('the end of an incident is told at once', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  take();
  mails(START + 5 * MINUTE);
  stage.run({ type: 'resolve', incident: stage.incident('mail_started').id });
  expect(one.sync(changed()).handed).toBe(1);
  expect(take()).toMatchObject([{ body: { mail: { attempts: 2 } } }]);
});

it('days that are over are told once, those of an earlier start too', () => {
  mails(START);
  now = START + 2 * DAY;
  const one = reporter();
  one.sync('all');
  const records = take();
  expect(records.map(({ kind }) => kind).sort()).toEqual(['coverage', 'incident', 'usage']);
  expect(one.sync('all').handed).toBe(0);
  // Another process with the same database knows.
  expect(reporter().sync('all').handed).toBe(0);
});

it('what is shown is what is sent, and stays it', () => {
  mails(START);
  now = START + 2 * DAY;
  const one = reporter();
  const shown = one.records();
  one.sync('all');
  expect(take()).toEqual(shown);
  expect(one.records()).toEqual(shown);
});

it('is one transaction with its entry: a process that is killed at any point tells each record once, and none is lost', () => {
  mails(START);
  now = START + 2 * DAY;
  const [entries, rows] = [
    "SELECT key FROM meta WHERE key LIKE 'fleet_sent_%'",
    `SELECT id FROM outbox WHERE target = '${FLEET_TARGET}'`,
  ];
  const store: ReporterOptions['store'] = {
    meta: (key) => stage.spine.store.meta(key),
    setMeta(...args) {
      if (onDisk(folder, entries).length >= 2) throw new Error('killed');
      stage.spine.store.setMeta(...args);
    },
  };
  expect(() => reporter(stage, store).sync('all')).toThrow('killed');
  // Two shards were written, each with its rows.
  expect([onDisk(folder, entries).length, onDisk(folder, rows).length]).toEqual([2, 2]);
  reporter().sync('all');
  const told = waiting();
  expect(told.map(({ kind }) => kind).sort()).toEqual(['coverage', 'incident', 'usage']);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
});

it('a fleet that is away for weeks: the queue stays small, and all comes when it is back', () => {
  const one = reporter();
  const device = (n: number) => ({
    mac: `a4:cf:12:20:${Math.floor(n / 200)
      .toString(16)
      .padStart(2, '0')}:${(n % 200).toString(16).padStart(2, '0')}`,
    ip: `192.168.${2 + Math.floor(n / 200)}.${(n % 200) + 1}`,
  });
  for (let n = 0; n < 450; n++) mails(START + n * 2 * MINUTE, device(n));
  const { handed, left } = one.sync(changed());
  expect([handed, queueOf(stage.spine).size()]).toEqual([400, 400]);
  expect(left).toBeGreaterThanOrEqual(50);
  const first = take();
  one.sync(changed());
  const second = take();
  const told = new Set([...first, ...second].map(({ id }) => id));
  expect(told.size).toBe(handed + left);
}, 60_000);

it('a home tells no more than its share, and the rest later', () => {
  mails(START);
  const one = reporter();
  let handed = 0;
  // Each hour all counts have changed.
  for (const hour of Array.from({ length: 1500 }, (_, n) => n + 1)) {
    mails(START + hour * 2 * HOUR);
    handed += one.sync(changed()).handed;
    take();
  }
  expect(handed).toBe(1000);
  ticks += DAY;
  expect(one.sync(changed()).handed).toBe(1);
}, 60_000);

it('of a device that becomes private, what waits does not go, and what went is taken back', () => {
  const other = { mac: 'a4:cf:12:99:00:02', ip: '192.168.1.90' };
  mails(START);
  mails(START + 10 * SECOND, other);
  now = START + 2 * DAY;
  const one = reporter();
  one.sync('all');
  const before = take();
  mails(now);
  now += 2 * HOUR;
  one.sync(changed());
  expect(waiting().length).toBe(1);
  changes = { isPrivate: (mac) => mac === CAMERA.mac };
  one.sync('all');
  const after = take();
  // Of the camera's incident one record waits: that which takes it back.
  const taken = after.filter(({ kind }) => kind === 'incident');
  expect(taken).toMatchObject([{ body: { severity: 'info', device: null, mail: null, before: [] } }]);
  expect(after.filter(({ kind }) => kind === 'usage')).toMatchObject([{ body: { devices: 1 } }]);
  for (const record of after) {
    const earlier = before.find(({ id }) => id === record.id);
    expect(record.revision).toBeGreaterThan(earlier?.revision ?? -1);
  }
  expect(one.sync('all').handed).toBe(0);
  // Once it is private no more, it is told again.
  changes = {};
  one.sync('all');
  expect(take().filter(({ kind }) => kind === 'incident')).toMatchObject([{ body: { severity: 'high' } }]);
});

it('a family that nobody has any more is told as empty', () => {
  mails(START);
  now = START + 2 * DAY;
  const one = reporter();
  one.sync('all');
  take();
  changes = { isPrivate: () => true };
  one.sync('all');
  expect(take().filter(({ kind }) => kind === 'usage')).toMatchObject([{ body: { devices: 0, backends: [] } }]);
});

it('what a person calls normal is taken back', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  take();
  const { id } = stage.incident('mail_started');
  const incident = stage.spine.recorder.incidents.get(id);
  if (incident !== undefined) incident.state = 'expected';
  one.sync(changed());
  expect(take()).toMatchObject([{ body: { severity: 'info', device: null } }]);
});

it('a clock that is set back makes no smaller revision, and holds nothing up', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  const [first] = take();
  const incident = stage.spine.recorder.incidents.get(stage.incident('mail_started').id);
  if (incident !== undefined) Object.assign(incident, { startedAt: START - DAY, lastAt: START - DAY });
  now = START - DAY + MINUTE;
  expect(one.sync(changed()).handed).toBe(1);
  const [second] = take();
  expect(second?.revision).toBe((first?.revision ?? 0) + 1);
});

it('a ledger that is lost makes no smaller revision', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  const [first] = take();
  mails(START + 3 * HOUR);
  one.forget();
  const again = reporter();
  again.sync(changed());
  const [second] = take();
  expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.POSITIVE_INFINITY);
});

it('an incident that became part of another is taken back', () => {
  mails(START);
  const one = reporter();
  one.sync(changed());
  take();
  const { recorder } = stage.spine;
  const incident = recorder.incidents.get(stage.incident('mail_started').id);
  if (incident !== undefined) recorder.withdraw([incident], now);
  expect(one.sync(changed()).handed).toBe(0);
  one.sync(new Set([incident?.id ?? '']));
  expect(take()).toMatchObject([{ body: { severity: 'info', device: null } }]);
});

/** Looks through all, a step at a time. @param between is done after each */
function inSteps(one: Reporter, between: (step: number) => void): { handed: number; left: number } {
  const steps = one.steps('all');
  for (let step = 1; ; step++) {
    const { done, value } = steps.next();
    if (done === true) return value;
    between(step);
  }
}

it('what is told while all is looked through is neither told again nor taken back, at whichever step it was', () => {
  mails(START);
  now = START + 2 * DAY;
  let count = 0;
  inSteps(reporter(), (step) => {
    count = step;
  });
  reporter().forget();
  take();
  const other = (n: number) => ({
    mac: `a4:cf:12:99:01:${n.toString(16).padStart(2, '0')}`,
    ip: `192.168.1.${100 + n}`,
  });
  const known = new Map<string, FleetRecord>();
  const hear = (): void => {
    for (const record of take()) {
      expect(record.revision).toBeGreaterThan(known.get(record.id)?.revision ?? -1);
      known.set(record.id, record);
      // Nothing became private, so nothing is taken back.
      expect(record).not.toMatchObject({ body: { severity: 'info' } });
    }
  };
  for (let at = 1; at <= count; at++) {
    const one = reporter();
    // All of it is still to be told.
    one.forget();
    known.clear();
    inSteps(one, (step) => {
      if (step !== at) return;
      // A new incident, and news of the one that is known.
      mails(now, other(at));
      mails(now, CAMERA);
      now += 2 * HOUR;
      one.sync(changed());
    });
    hear();
    // As it is now, not as it was when the look began.
    const incidents = (records: Iterable<FleetRecord>) =>
      Object.fromEntries([...records].flatMap((one) => (one.kind === 'incident' ? [[one.id, one]] : [])));
    expect([at, incidents(known.values())]).toEqual([at, incidents(one.records())]);
    now += 2 * HOUR;
    one.sync('all');
    hear();
    const shown = new Map(one.records().map((record) => [record.id, record]));
    expect([at, Object.fromEntries(known)]).toEqual([at, Object.fromEntries(shown)]);
  }
  expect(count).toBeGreaterThan(5);
});

it('in steps all is told as at once, octet for octet', () => {
  mails(START);
  mails(START + HOUR, { mac: 'a4:cf:12:99:00:02', ip: '192.168.1.90' });
  now = START + 2 * DAY;
  reporter().sync('all');
  const atOnce = queueOf(stage.spine).peek(1000);
  expect(atOnce.length).toBeGreaterThan(3);
  take();
  reporter().forget();
  inSteps(reporter(), () => {});
  expect(queueOf(stage.spine).peek(1000)).toEqual(atOnce);
});
