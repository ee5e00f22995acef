// When a sensor says that it sees too little, live: from when to when, how often, and what becomes of what was told before.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { mail } from '../support/name-frames.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';
import { arpRequest, OUTER, outerSide, PROVIDER_SIDE, segment, talk } from '../support/vantage-frames.ts';

/** Plays live: frames by their time, a tick each second until `until`. */
function live(stage: Stage, frames: readonly CapturedFrame[], from: number, until: number): void {
  const rest = frames.toSorted((a, b) => a.time - b.time);
  let next = 0;
  for (let now = from; now <= until; now += SECOND) {
    for (; (rest[next]?.time ?? now + 1) <= now; next++) stage.play(rest[next] as CapturedFrame);
    stage.wait(now);
  }
}

const chatter = (from: number, minutes: number) =>
  Array.from({ length: minutes * 12 }, (_, i) => arpRequest(FRIDGE, GATEWAY.ip, from + i * 5 * SECOND));
const day = (from: number, minutes: number) => [
  ...talk({ count: minutes * 30, time: from, step: 2 * SECOND }),
  ...chatter(from, minutes),
];
const outerMail = (time: number) =>
  segment(time, {
    ...{ from: OUTER, to: { mac: PROVIDER_SIDE.mac, ip: MAIL_SERVER }, ports: [50_000, 25] as const },
    ...{ flags: 'S', ttl: 63 },
  });
const isBlind = ({ kind }: { kind: string }) => kind === 'sensor_blind';

test('an unplugged mirror is one incident with a start and an end, alerted of once', () => {
  const stage = new Stage();
  live(stage, day(START, 10), START, START + 10 * MINUTE);
  live(stage, [], START + 10 * MINUTE, START + 14 * MINUTE);
  expect(stage.spine.engine.vantage).toBe('nothing');
  expect(stage.incidents()).toEqual([]);
  live(stage, [], START + 14 * MINUTE, START + 30 * MINUTE);
  expect(stage.incident('sensor_blind')).toMatchObject({
    ...{ severity: 'medium', device: null, state: 'open', summary: 'Nothing arrives on the mirror port.' },
    evidence: { vantage: 'nothing' },
    advice: [expect.stringContaining('cable'), expect.stringContaining('ends by itself')],
  });
  live(stage, day(START + 30 * MINUTE, 5), START + 30 * MINUTE, START + 35 * MINUTE);
  expect(stage.incident('sensor_blind')).toMatchObject({
    ...{ state: 'resolved', summary: 'Nothing arrives on the mirror port. This is over.' },
    resolvedAt: expect.stringMatching(/T10:3[12]/),
  });
  expect(stage.alerts.filter(isBlind).map(({ change }) => change)).toEqual(['opened']);
});

test('a start without a mirror is told after some minutes, not at once', () => {
  const stage = new Stage({ sensorMac: CAMERA.mac });
  const own = (from: number) => [...chatter(from, 4), ...talk({ count: 4, step: MINUTE, time: from })];
  live(stage, own(START), START, START + 4 * MINUTE);
  expect(stage.incidents()).toEqual([]);
  live(stage, own(START + 4 * MINUTE), START + 4 * MINUTE, START + 8 * MINUTE);
  expect(stage.incident('sensor_blind')).toMatchObject({
    evidence: { vantage: 'own-traffic-only' },
    severity: 'medium',
  });
});

test('an alarm that came before the outer side was known for it becomes part of the incident about it', () => {
  const stage = new Stage();
  stage.play(outerMail(START)).wait(START + 100);
  expect(stage.incident('mail_started')).toMatchObject({ device: OUTER.mac, severity: 'high' });
  live(stage, outerSide({ count: 90, mail: 3, time: START + SECOND }), START, START + 5 * SECOND);
  expect(stage.incidents('mail_started')).toEqual([]);
  expect(stage.incident('sensor_blind')).toMatchObject({
    evidence: { vantage: 'wan-side', mailAttempts: 4 },
    summary: expect.stringContaining('4 attempts to send mail came out of the home'),
  });
  expect(stage.alerts.map(({ change, kind }) => `${change} ${kind}`)).toEqual([
    ...['opened mail_started', 'opened sensor_blind'],
  ]);
});

it('lays nothing else to the two stations while it lasts', () => {
  const stage = new Stage();
  live(stage, outerSide({ count: 300, time: START }), START, START + 10 * SECOND);
  stage.play(outerMail(START + MINUTE), mail(OUTER, MAIL_SERVER, START + MINUTE));
  expect(stage.finish().incidents.map(({ kind }) => kind)).toEqual(['sensor_blind']);
});

test('after a restart it goes on as the same one, and ends', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-blind-'));
  try {
    const first = new Stage({ stateDir });
    live(first, outerSide({ count: 300 }), START, START + MINUTE);
    expect(first.incident('sensor_blind').state).toBe('open');
    first.spine.close();
    const second = new Stage({ stateDir });
    const back = START + HOUR;
    second.play(outerMail(back));
    live(second, outerSide({ count: 300, time: back + 1 }), back, back + MINUTE);
    expect(second.incident('sensor_blind')).toMatchObject({ state: 'open', evidence: { mailAttempts: 1 } });
    live(second, day(back + MINUTE, 5), back + MINUTE, back + 6 * MINUTE);
    expect(second.incident('sensor_blind').state).toBe('resolved');
    second.play(mail(CAMERA, MAIL_SERVER, back + 6 * MINUTE));
    expect(second.incident('mail_started')).toMatchObject({ device: CAMERA.mac, severity: 'high' });
    second.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

test('what is told with doubt gets its full weight when it is a device of the home after all', () => {
  const stage = new Stage();
  const other = { hops: [64], inner: '02:00:5e:00:00:01', home: '198.51.100.71' };
  stage.play(outerSide({ count: 3, mail: 1, ...other }));
  expect(stage.incident('mail_started')).toMatchObject({
    severity: 'medium',
    summary: expect.stringContaining('may be the router itself'),
  });
  const own = { hops: [64], inner: '02:00:5e:00:00:02', home: '198.51.100.72' };
  live(
    stage,
    [
      ...outerSide({ count: 30, ...other, time: START + SECOND }),
      ...outerSide({ count: 30, ...own, time: START + SECOND + 5 }),
    ],
    START,
    START + 5 * SECOND,
  );
  const { severity, summary } = stage.incident('mail_started');
  expect(severity).toBe('critical');
  expect(summary).not.toContain('router itself');
});
