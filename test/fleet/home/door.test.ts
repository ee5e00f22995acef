// A sensor that watches live, and its door to the fleet, without a server: what lies in the outbox and when.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { notify } from '../../../sensor/config/notify.ts';
import { DAY, DAYS_KEY, DayBook } from '../../../sensor/fleet/day-book.ts';
import { ENROLMENT_SCHEMA, type Enrolment } from '../../../sensor/fleet/enrolment.ts';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { SLICE } from '../../../sensor/fleet/steps.ts';
import { markWithdrawn } from '../../../sensor/fleet/withdrawn.ts';
import { silentLog } from '../../../sensor/log.ts';
import { FleetDoor } from '../../../sensor/main/fleet-door.ts';
import { FLEET_TARGET } from '../../../sensor/record/outbox.ts';
import { eventually } from '../../program/program.ts';
import { mail } from '../../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, START, Stage } from '../../support/stage.ts';

const HOME = 'h000000000000001';
const GOOD = { vantage: 'lan-both-ways', lossPercent: 0, version: '1.0.0' } as const;
let folder: string;
let stage: Stage;
let door: FleetDoor | null;
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-door-'));
  stage = new Stage({ stateDir: folder });
  [door, now] = [null, START];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await door?.stop();
  stage.spine.close();
  rmSync(folder, { recursive: true });
});

function open(home = HOME): FleetDoor {
  const enrolment: Enrolment = {
    ...{ fleet: 'Allotment club', home, urls: ['mqtt://127.0.0.1:1'], token: 'x', ca: null, warningKeys: [] },
    schema: ENROLMENT_SCHEMA,
  };
  door = new FleetDoor({
    enrolment,
    spine: stage.spine,
    stateDir: folder,
    homeNet: [],
    version: '1.0.0',
    now: () => now,
    log: silentLog,
  });
  door.start();
  return door;
}

const queue = () => stage.spine.store.outbox.of(FLEET_TARGET);
const waiting = (): FleetRecord[] =>
  queue()
    .peek(1000)
    .map(({ payload }) => JSON.parse(payload));
const kinds = () => waiting().map(({ kind }) => kind);

function watchedSince(from: number): void {
  const { watch } = stage.spine;
  const days = new DayBook(null);
  watch?.begin(from);
  for (let at = from; at <= START; at += MINUTE) {
    watch?.observe(at, 'watched');
    days.observe(at, GOOD, false);
  }
  stage.spine.store.setMeta(DAYS_KEY, days.text());
}

it('tells at its start of the days that are over and were not told, once', async () => {
  watchedSince(START - 3 * DAY);
  open();
  // Noon to noon: the first of four days was watched from ten on, the last is not over.
  expect(waiting()).toMatchObject([
    { kind: 'coverage', body: { day: '2026-01-02', hoursSeen: 14, vantage: 'lan-both-ways', lossPercent: 0 } },
    { kind: 'coverage', body: { day: '2026-01-03', hoursSeen: 24 } },
    { kind: 'coverage', body: { day: '2026-01-04', hoursSeen: 24 } },
  ]);
  await door?.stop();
  open();
  expect(kinds()).toHaveLength(3);
});

it('tells an incident as it begins', async () => {
  open();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  stage.spine.recorder.flushMail();
  await eventually(() => (kinds().includes('incident') ? true : null));
  expect(waiting()).toMatchObject([{ body: { incidentKind: 'mail_started', severity: 'high' } }]);
  expect(door?.health()).toMatchObject({ name: 'Allotment club', connected: false, waiting: 1, dropped: 0 });
});

it('takes back what is private as soon as a person says so', async () => {
  const one = open();
  one.tick();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  stage.spine.recorder.flushMail();
  await eventually(() => (kinds().includes('incident') ? true : null));
  stage.run({ type: 'keep_private', device: CAMERA.mac, keep: true });
  now = START + HOUR;
  one.tick();
  expect(waiting()).toMatchObject([{ kind: 'incident', body: { severity: 'info', device: null, mail: null } }]);
  expect(one.records()).toEqual(waiting());
});

it('takes back before it sends what became private while it was off', async () => {
  open();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  stage.spine.recorder.flushMail();
  await eventually(() => (kinds().includes('incident') ? true : null));
  await door?.stop();
  stage.run({ type: 'keep_private', device: CAMERA.mac, keep: true });
  // What waits for others that there are no more goes; what waits for the fleet stays.
  stage.spine.store.outbox.keepTargets([]);
  expect(kinds()).toEqual(['incident']);
  open();
  expect(waiting()).toMatchObject([{ kind: 'incident', body: { device: null } }]);
});

const ticks = performance.now.bind(performance);
/** From now on the machine's clock is so much (ms) later, and goes on by a slice whenever it is asked: each is of one step. */
function later(by: number): void {
  let asked = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => ticks() + by + SLICE * asked++);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it('looks through all every five minutes, while other things go on', async () => {
  const one = open();
  one.tick();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  now = START + 2 * DAY;
  later(4 * MINUTE);
  one.tick();
  await turns(200);
  expect(kinds()).not.toContain('usage');
  later(6 * MINUTE);
  one.tick();
  await turns(4);
  expect(kinds()).not.toContain('usage');
  await turns(200);
  expect(kinds()).toContain('usage');
  expect(
    waiting()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(
    one
      .records()
      .map(({ id }) => id)
      .sort(),
  );
});

it('tells nothing of what became private while it looked', async () => {
  const one = open();
  one.tick();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  now = START + 2 * DAY;
  later(6 * MINUTE);
  one.tick();
  await turns(4);
  stage.run({ type: 'keep_private', device: CAMERA.mac, keep: true });
  await turns(200);
  expect(kinds()).toEqual([]);
  one.tick();
  expect(kinds()).not.toContain('usage');
});

it('sends nothing once the home has left, and nothing waits', async () => {
  const one = open();
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  stage.spine.recorder.flushMail();
  await eventually(() => (kinds().includes('incident') ? true : null));
  markWithdrawn(folder, HOME);
  one.tick();
  expect([kinds(), one.records()]).toEqual([[], []]);
  expect(one.health().error).toContain('remove fleet.enrolment');
  await one.stop();
  // In another fleet, or in this one again under another name, all begins anew.
  open('h000000000000002');
  expect(waiting()).toMatchObject([{ kind: 'incident', body: { severity: 'high' } }]);
});

it('has a name in the outbox that no other target may have', () => {
  const target = { kind: 'ntfy', topic: 'topic' };
  expect(notify().safeParse({ fleet: target }).success).toBe(true);
  expect(notify().safeParse({ [FLEET_TARGET]: target }).success).toBe(false);
});
