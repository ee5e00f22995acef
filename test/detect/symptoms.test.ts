// A device against its own last two weeks: busier, to more, more often, slower. Never an alert, and nothing in the first week.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answered } from '../support/name-frames.ts';
import { type CapturedFrame, tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, DAY, HOUR, MINUTE, outside, SECOND, START, Stage, TELEVISION } from '../support/stage.ts';

/** The first midnight (UTC) after the stage's start. */
const MIDNIGHT = Math.ceil(START / DAY) * DAY;

let port = 20_000;

function contact(to: string, time: number): CapturedFrame[] {
  port = port >= 60_000 ? 20_000 : port + 1;
  return tcpConversation({
    client: { ...CAMERA, port },
    server: outside(to, 443),
    time,
    isn: port * 1009,
    step: 5,
    outcome: 'connected',
  });
}

/** Four contacts a day with one backend, from `day` (days after MIDNIGHT) on. */
function usualDays(day: number, count: number): CapturedFrame[] {
  return Array.from({ length: count }, (_, i) =>
    [1, 7, 13, 19].flatMap((hour) => contact('203.0.113.80', MIDNIGHT + (day + i) * DAY + hour * HOUR)),
  ).flat();
}

/** `count` contacts within one hour of a day, each to an address of its own unless told. */
function busyHour(day: number, count: number, one?: string): CapturedFrame[] {
  const begin = MIDNIGHT + day * DAY + 10 * HOUR;
  const every = Math.floor((HOUR - MINUTE) / count);
  return Array.from({ length: count }, (_, i) => contact(one ?? `198.51.100.${i % 250}`, begin + i * every)).flat();
}

/** A neighbour asks `count` times and is answered after `delay` ms. */
function answers(day: number, count: number, delay: number): CapturedFrame[] {
  return Array.from({ length: count }, (_, i) => {
    port++;
    return tcpConversation({
      client: at(TELEVISION, TELEVISION.ip, port),
      server: at(CAMERA, CAMERA.ip, 80),
      time: MIDNIGHT + day * DAY + 9 * HOUR + i * MINUTE,
      isn: port * 31,
      step: delay,
      outcome: 'connected',
    });
  }).flat();
}

const symptoms = (stage: Stage) => stage.incidents('symptom').map(({ evidence }) => evidence.measure);

test('many connections to many in one hour are two symptoms, info alone', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 12), busyHour(12, 200));
  const found = stage.incidents('symptom');
  expect(found.map(({ evidence, severity }) => [evidence.measure, severity])).toEqual([
    ['destinations', 'info'],
    ['connections', 'info'],
  ]);
  expect(found[1]?.summary).toContain('opened 60 connections within an hour; 1 are usual');
});

test('many connections to one backend are no spread', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 12), busyHour(12, 200, '203.0.113.80'));
  expect(symptoms(stage)).toEqual(['connections']);
});

test('what the device always does is usual, however much it is', () => {
  const stage = new Stage();
  for (let day = 0; day < 12; day++) stage.play(busyHour(day, 190 + ((day * 7) % 20)));
  stage.play(busyHour(12, 230));
  expect(symptoms(stage)).toEqual([]);
});

test('one wild day among fourteen neither sets the measure nor hides the next', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 10), busyHour(10, 300), usualDays(11, 2), busyHour(13, 300));
  expect(stage.incidents('symptom').map(({ findings }) => findings)).toEqual([2, 2]);
});

test('in its first week a device has no habit to stray from', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 6), busyHour(6, 300));
  expect(symptoms(stage)).toEqual([]);
});

test('talking in nearly every five minutes of a day is told when the day is over', () => {
  const stage = new Stage();
  const allDay = Array.from({ length: 280 }, (_, i) => contact('203.0.113.80', MIDNIGHT + 12 * DAY + i * 5 * MINUTE));
  stage.play(usualDays(0, 12), ...allDay);
  expect(symptoms(stage)).toEqual([]);
  stage.play(usualDays(13, 1));
  expect(stage.incidents('symptom')).toMatchObject([{ evidence: { measure: 'always-on', value: 0.97, usual: 0.01 } }]);
});

test('a device that takes ever longer to answer its neighbours is slow', () => {
  const stage = new Stage();
  for (let day = 0; day < 10; day++) stage.play(usualDays(day, 1), answers(day, 25, 4 + (day % 3)));
  expect(symptoms(stage)).toEqual([]);
  stage.play(answers(10, 25, 250));
  expect(stage.incidents('symptom')).toMatchObject([{ evidence: { measure: 'slow', value: 250, usual: 5 } }]);
  expect(stage.incidents('symptom')[0]?.summary).toContain('takes 250 ms to answer; 5 ms is usual');
});

test('slow is also who takes long between the answer to its question and the next connection', () => {
  const stage = new Stage();
  const resolves = (day: number, delay: number) =>
    Array.from({ length: 25 }, (_, i) => {
      const time = MIDNIGHT + day * DAY + 9 * HOUR + i * 2 * MINUTE;
      return [answered(CAMERA, 'api.vendor.example', ['203.0.113.80'], time), ...contact('203.0.113.80', time + delay)];
    }).flat();
  for (let day = 0; day < 10; day++) stage.play(resolves(day, 10));
  stage.play(resolves(10, 900));
  expect(symptoms(stage)).toEqual(['slow']);
});

test('the habit survives a restart', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-symptoms-'));
  try {
    const first = new Stage({ stateDir });
    first.play(usualDays(0, 12));
    first.spine.close();
    const second = new Stage({ stateDir });
    second.play(busyHour(12, 200));
    expect(symptoms(second)).toEqual(['destinations', 'connections']);
    second.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

test('a clock set back a day judges nothing', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 12));
  for (const frame of usualDays(10, 1)) stage.send(frame);
  stage.play(usualDays(13, 1).map((frame) => ({ ...frame, time: frame.time + SECOND })));
  expect(symptoms(stage)).toEqual([]);
});

/** A contact in each of the first `count` five minutes of a day. */
const slots = (day: number, count: number): CapturedFrame[] =>
  Array.from({ length: count }, (_, i) => contact('203.0.113.80', MIDNIGHT + day * DAY + i * 5 * MINUTE)).flat();

const days = (count: number, of: (day: number) => CapturedFrame[]) =>
  Array.from({ length: count }, (_, i) => of(i)).flat();
const ONE = '203.0.113.80';

test.each([
  ['connections', 59, [usualDays(0, 12), busyHour(12, 59, ONE)], []],
  ['connections', 60, [usualDays(0, 12), busyHour(12, 60, ONE)], ['connections']],
  [
    'four times twenty connections a day, but one',
    79,
    [days(12, (day) => busyHour(day, 20, ONE)), busyHour(12, 79, ONE)],
    [],
  ],
  [
    'four times twenty connections',
    80,
    [days(12, (day) => busyHour(day, 20, ONE)), busyHour(12, 80, ONE)],
    ['connections'],
  ],
  ['destinations', 19, [usualDays(0, 12), busyHour(12, 19)], []],
  ['destinations', 20, [usualDays(0, 12), busyHour(12, 20)], ['destinations']],
  ['four times ten destinations, but one', 39, [days(12, (day) => busyHour(day, 10)), busyHour(12, 39)], []],
  ['four times ten destinations', 40, [days(12, (day) => busyHour(day, 10)), busyHour(12, 40)], ['destinations']],
  ['half the day, but five minutes', 143, [usualDays(0, 12), slots(12, 143), usualDays(13, 1)], []],
  ['half the day', 144, [usualDays(0, 12), slots(12, 144), usualDays(13, 1)], ['always-on']],
  [
    'six hours more than usual, but five minutes',
    171,
    [days(12, (day) => slots(day, 100)), slots(12, 171), usualDays(13, 1)],
    [],
  ],
  [
    'six hours more than usual',
    172,
    [days(12, (day) => slots(day, 100)), slots(12, 172), usualDays(13, 1)],
    ['always-on'],
  ],
  ['milliseconds', 59, [days(10, (day) => answers(day, 25, 4)), answers(10, 25, 59)], []],
  ['milliseconds', 60, [days(10, (day) => answers(day, 25, 4)), answers(10, 25, 60)], ['slow']],
  ['three times thirty milliseconds, but one', 89, [days(10, (day) => answers(day, 25, 30)), answers(10, 25, 89)], []],
  ['three times thirty milliseconds', 90, [days(10, (day) => answers(day, 25, 30)), answers(10, 25, 90)], ['slow']],
  ['answers of a day, too few', 19, [days(10, (day) => answers(day, 25, 4)), answers(10, 19, 900)], []],
  ['answers of a day', 20, [days(10, (day) => answers(day, 25, 4)), answers(10, 20, 900)], ['slow']],
  ['days before, one of them not whole, too few', 7, [usualDays(0, 7), busyHour(7, 60, ONE)], []],
  ['days before', 8, [usualDays(0, 8), busyHour(8, 60, ONE)], ['connections']],
] as const)('%s: %d', (_, __, parts, expected) => {
  const stage = new Stage();
  stage.play(...parts);
  expect(symptoms(stage)).toEqual(expected);
});

test('what was usual more than two weeks ago is so no longer', () => {
  const stage = new Stage();
  stage.play(
    days(20, (day) => busyHour(day, 200, ONE)),
    usualDays(20, 8),
    busyHour(28, 200, ONE),
  );
  expect(symptoms(stage)).toEqual(['connections']);
});

test('each is told once a day', () => {
  const stage = new Stage();
  stage.play(usualDays(0, 12), busyHour(12, 61, ONE));
  const again = busyHour(12, 70, ONE).map((frame) => ({ ...frame, time: frame.time + 3 * HOUR }));
  stage.play(again);
  expect(stage.incident('symptom')).toMatchObject({ findings: 1, evidence: { value: 60 } });
  stage.play(busyHour(13, 61, ONE));
  expect(stage.incident('symptom')).toMatchObject({ findings: 2 });
});

test('a pause of more than five seconds after an answer is no waiting; what is asked of others is not its own', () => {
  const resolved = (day: number, delay: number, by = CAMERA) =>
    Array.from({ length: 25 }, (_, i) => {
      const time = MIDNIGHT + day * DAY + 9 * HOUR + i * 2 * MINUTE;
      return [answered(by, 'api.vendor.example', [ONE], time), ...contact(ONE, time + delay)];
    }).flat();
  for (const [delay, by, expected] of [
    [5000, CAMERA, ['slow']],
    [5001, CAMERA, []],
    [900, TELEVISION, []],
  ] as const) {
    const stage = new Stage();
    stage.play(
      days(10, (day) => resolved(day, 10)),
      resolved(10, delay, by),
    );
    expect([delay, symptoms(stage)]).toEqual([delay, expected]);
  }
});

test('where the clock is put right the day goes on, or begins anew under its right name; days before stay', () => {
  for (const [by, expected] of [
    [HOUR, ['connections']],
    [40 * DAY, []],
  ] as const) {
    const stage = new Stage();
    const busy = busyHour(12, 60, ONE);
    const half = busy.slice(0, busy.length >> 1);
    stage.play(usualDays(0, 12), half);
    const now = half.at(-1)?.time ?? 0;
    stage.spine.moveTime({ since: now - 30 * MINUTE, until: now, by }, true);
    stage.play(busy.slice(busy.length >> 1).map((frame) => ({ ...frame, time: frame.time + by })));
    expect([by, symptoms(stage)]).toEqual([by, expected]);
    stage.play(busyHour(12 + (by > DAY ? 41 : 1), 60, ONE));
    expect(symptoms(stage)).toEqual(['connections']);
  }
});
