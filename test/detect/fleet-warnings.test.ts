// Warnings of other homes: whom they are about is told once for each backend, at once, and nobody else; what they open ends with
// them, and they touch nothing else, however many there are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPENED_A_DAY } from '../../sensor/detect/fleet-warnings.ts';
import type { HeldWarning } from '../../sensor/detect/held-warning.ts';
import { MOST_WARNINGS } from '../../sensor/detect/warned.ts';
import {
  dhcpAck,
  dhcpRequest,
  mail,
  ONE_MESSAGE,
  phoneJoins,
  usual,
  visit,
} from '../../sensor/self-test/frames/traffic.ts';
import {
  BRIDGE,
  CAMERA,
  DAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  PHONE,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const BAD = 'plugins.bad.example';
const ELSEWHERE = '198.51.100.9';
const ADDRESS = '198.51.100.66';
const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fleet-warnings-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const warning = (more: Partial<HeldWarning> = {}): HeldWarning => ({
  ...{
    id: `outbreak${String(++made).padStart(8, '0')}`,
    revision: 1,
    backend: 'bad.example',
    role: 'store',
    groups: [],
  },
  ...{ homes: { exposed: 41, mailed: 37 }, lift: { value: 212.04, low: 88, high: null }, alike: [] },
  ...{ firstSeen: START - 9 * DAY, issuedAt: START - DAY, expiresAt: START + 7 * DAY, ...more },
});
const bad = (from: { mac: string; ip: string }, time: number, host = BAD) => visit(from, ELSEWHERE, time, { host });
const told = (stage: Stage) => {
  stage.spine.recorder.flushMail();
  return stage.alerts
    .filter(({ kind }) => kind === 'fleet_warning')
    .map(({ change, device, severity }) => `${change} ${severity} ${device}`);
};
const opened = `opened high ${CAMERA.mac}`;
const states = (stage: Stage) => stage.incidents('fleet_warning').map(({ state }) => state);

/** A home with the usual, in which the camera used the backend two times. */
function home(): Stage {
  return new Stage().play(usual(), dhcpAck(CAMERA, START - HOUR), bad(CAMERA, START), bad(CAMERA, START + MINUTE));
}

describe('a warning', () => {
  it('of what a device has used already opens an incident when it comes, before any mail', () => {
    const stage = home();
    expect(told(stage)).toEqual([]);
    stage.spine.engine.warned([warning()]);
    stage.wait(START + HOUR);
    expect(told(stage)).toEqual([opened]);
    const incident = stage.incident('fleet_warning');
    expect(incident).toMatchObject({
      ...{ severity: 'high', device: CAMERA.mac, state: 'open', findings: 1 },
      evidence: {
        ...{ backend: 'bad.example', role: 'store', homesMailed: 37, homesExposed: 41, among: 'things', lift: 212 },
        ...{ contacts: 2, ownMail: 0, firstContact: expect.stringContaining('2026-01-05T10:00:0') },
        ...{ seenSince: '2025-12-27', warnedOn: '2026-01-04', holdsUntil: '2026-01-12' },
      },
    });
    expect(incident.summary).toMatch(
      /^Your fleet warns: in 37 of 41 homes, devices began to mail after contact with bad\.example\. .* has contacted it 2 times, last on 2026-01-05; it has not been seen to send mail\.$/,
    );
    expect(incident.advice[0]).toContain('Keep it off the Internet');
  });

  it('opens one with the first contact after it, at the hello', () => {
    const stage = new Stage().play(usual());
    stage.spine.engine.warned([warning()]);
    stage.wait(START - SECOND);
    const visited = bad(CAMERA, START);
    stage.play(visited.slice(0, 3));
    expect(told(stage)).toEqual([]);
    stage.play(visited.slice(3, 4));
    expect(told(stage)).toEqual([opened]);
  });

  it('of an address opens one once it is sure that nothing names it', () => {
    const stage = new Stage().play(usual());
    stage.spine.engine.warned([warning({ backend: ADDRESS })]);
    const visited = visit(CAMERA, ADDRESS, START);
    stage.play(visited.slice(0, 3)).wait(START + 5 * SECOND);
    expect(told(stage)).toEqual([]);
    stage.wait(START + 15 * SECOND);
    expect(told(stage)).toEqual([opened]);
    // The same address under a name is another backend.
    stage.play(visit(TELEVISION, ADDRESS, START + MINUTE, { host: 'api.good.example' })).wait(START + 2 * MINUTE);
    expect(told(stage)).toEqual([opened]);
  });

  it('is told once for each device and backend, whatever comes after', () => {
    const stage = home();
    const first = warning();
    stage.spine.engine.warned([first]);
    stage.wait(START + HOUR);
    stage.spine.engine.warned([{ ...first, revision: 2, homes: { exposed: 60, mailed: 50 } }]);
    for (let i = 0; i < 50; i++) stage.play(bad(CAMERA, START + 2 * HOUR + i * 10 * SECOND));
    stage.wait(START + 3 * HOUR);
    expect(told(stage)).toEqual([opened]);
    const { evidence, findings } = stage.incident('fleet_warning');
    expect(evidence).toMatchObject({ contacts: 52, homesMailed: 50, revision: 2 });
    // Contacts are told once a minute.
    expect(findings).toBeLessThan(12);
    stage.spine.engine.warned([first, warning({ backend: 'other.example' })]);
    stage.play(bad(CAMERA, START + 4 * HOUR, 'x.other.example'), bad(TELEVISION, START + 4 * HOUR));
    expect(told(stage)).toHaveLength(3);
  });

  it.each([
    [{ exposed: 10, mailed: 5 }, 'high'],
    [{ exposed: 11, mailed: 5 }, 'medium'],
    [{ exposed: 9_000_000, mailed: 9_000_000 }, 'high'],
  ] as const)('about %j is %s, and never more', (homes, severity) => {
    const stage = home();
    stage.spine.engine.warned([warning({ homes })]);
    stage.wait(START + HOUR);
    expect(stage.incident('fleet_warning').severity).toBe(severity);
    stage.run({ type: 'resolve', incident: stage.incident('fleet_warning').id });
    stage.play(bad(CAMERA, START + DAY));
    expect(told(stage).at(-1)).toBe(`reopened ${severity} ${CAMERA.mac}`);
  });

  it('says so where the device mails', () => {
    const stage = home();
    stage.spine.engine.warned([warning()]);
    stage.wait(START + HOUR).play(mail(CAMERA, MAIL_SERVER, START + HOUR));
    expect(stage.incident('fleet_warning').evidence).toMatchObject({ ownMail: 1 });
    expect(stage.incident('fleet_warning').summary).toContain('it has been seen to send mail.');
    expect(stage.incident('mail_started')).toMatchObject({ severity: 'high', state: 'open' });
  });
});

describe('whom it is about:', () => {
  const known = [{ family: 'philips-hue', vendor: null }];
  const play = (groups: HeldWarning['groups']) => {
    const stage = new Stage().play(
      ...[
        usual(),
        phoneJoins(START - HOUR),
        visit(BRIDGE, '203.0.113.80', START - HOUR, { host: 'firmware.meethue.com' }),
      ],
    );
    stage.spine.engine.warned([warning({ groups })]);
    stage.play(...[CAMERA, BRIDGE, PHONE].map((host, i) => bad(host, START + i * SECOND))).wait(START + MINUTE);
    return told(stage).map((line) => line.slice(-17));
  };

  it('a family alone', () => expect(play(known)).toEqual([BRIDGE.mac]));
  it('things of a maker, whether their family is known here or not', () => {
    const vendor = new Stage().play(usual()).device(CAMERA).vendor;
    expect(vendor).not.toBeNull();
    expect(play([{ family: null, vendor }])).toEqual([CAMERA.mac]);
    expect(
      play([{ family: null, vendor: new Stage().play(usual(), bad(BRIDGE, START)).device(BRIDGE).vendor }]),
    ).toEqual([BRIDGE.mac]);
    expect(play([{ family: null, vendor: 'Somebody else' }])).toEqual([]);
  });
  it('things of which nothing is known: no telephone', () =>
    expect(play([{ family: null, vendor: null }])).toEqual([]));
  it('all things', () => expect(play([])).toEqual([CAMERA.mac, BRIDGE.mac]));

  it('who turns out to be of the family later is told then, and who turns out not to be no more', () => {
    const stage = new Stage().play(usual(), bad(CAMERA, START));
    stage.spine.engine.warned([warning({ groups: [{ family: 'tasmota', vendor: null }] })]);
    stage.wait(START + MINUTE);
    expect(told(stage)).toEqual([]);
    stage.play(dhcpRequest(CAMERA.mac, [[12, 'tasmota-1f2e']], START + 2 * MINUTE));
    stage.wait(START + HOUR);
    expect(told(stage)).toEqual([opened]);
    stage.spine.engine.warned([warning({ groups: [{ family: 'other', vendor: null }] })]);
    stage.wait(START + 2 * HOUR);
    expect(states(stage)).toEqual(['resolved']);
  });
});

describe('its end', () => {
  it.each([
    ['it runs out', (stage: Stage) => stage.wait(START + 7 * DAY - MINUTE).wait(START + 7 * DAY + MINUTE)],
    [
      'the fleet ends it',
      (stage: Stage) => {
        stage.spine.engine.warned([]);
        return stage.wait(START + 2 * HOUR);
      },
    ],
  ])('when %s: the incident is resolved without news, and a later warning opens another', (_what, end) => {
    const stage = home();
    stage.spine.engine.warned([warning()]);
    stage.wait(START + HOUR);
    expect(states(stage)).toEqual(['open']);
    end(stage);
    expect(states(stage)).toEqual(['resolved']);
    expect(told(stage)).toEqual([opened]);
    stage.spine.engine.warned([warning({ expiresAt: START + 30 * DAY })]);
    stage.wait(START + 8 * DAY);
    expect(states(stage).sort()).toEqual(['open', 'resolved']);
    expect(told(stage)).toEqual([opened, opened]);
  });

  it('after a restart: what was told is not told again, and what has ended meanwhile is closed', () => {
    const stateDir = join(folder, 'state');
    const first = new Stage({ stateDir }).play(usual(), dhcpAck(CAMERA, START - HOUR), bad(CAMERA, START));
    const held = warning();
    first.spine.engine.warned([held]);
    first.wait(START + HOUR).finish();
    first.spine.close();
    const second = new Stage({ stateDir });
    second.spine.engine.warned([held]);
    second.wait(START + 2 * HOUR);
    expect([told(second), states(second)]).toEqual([[], ['open']]);
    second.finish();
    second.spine.close();
    const third = new Stage({ stateDir });
    third.wait(START + 3 * HOUR);
    expect([told(third), states(third)]).toEqual([[], ['resolved']]);
    third.spine.close();
  });
});

it('whatever it says, it changes no other incident, no expectation and nothing that is remembered of a device', () => {
  const play = (warnings: readonly HeldWarning[]) => {
    const stage = new Stage().play(usual(), dhcpAck(CAMERA, START - HOUR), bad(CAMERA, START));
    stage.play(mail(CAMERA, MAIL_SERVER, START + MINUTE, { outcome: 'connected', dialogue: ONE_MESSAGE }));
    stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
    stage.spine.engine.warned(warnings);
    stage.play(mail(TELEVISION, MAIL_SERVER, START + HOUR), bad(TELEVISION, START + HOUR));
    stage.play(mail(CAMERA, '203.0.113.99', START + HOUR)).wait(START + DAY);
    stage.spine.engine.warned([]);
    const { devices, incidents } = stage.wait(START + 2 * DAY).finish();
    const others = incidents.filter(({ kind }) => kind !== 'fleet_warning');
    return { devices, others, expectations: stage.spine.recorder.expectations.all(), count: incidents.length };
  };
  const without = play([]);
  const within = play([
    warning(),
    warning({ backend: MAIL_SERVER }),
    warning({ backend: 'vendor.example', groups: [{ family: null, vendor: null }] }),
  ]);
  expect(within.count).toBe(without.count + 2);
  expect({ ...within, count: 0 }).toEqual({ ...without, count: 0 });
});

it('however many come, so many count and open so much in a day; the others follow on the next', () => {
  const hosts = Array.from({ length: 40 }, (_, i) => ({
    mac: `a4:cf:12:99:00:${(16 + i).toString(16)}`,
    ip: `192.168.1.${100 + i}`,
  }));
  const stage = new Stage().play(
    usual(),
    ...hosts.map((host, i) => [
      dhcpAck(host, START - HOUR),
      ...['a', 'b', 'c', 'd'].flatMap((name, n) => bad(host, START + i * SECOND + n * 100, `x.${name}.example`)),
    ]),
  );
  const count = () => stage.incidents('fleet_warning').length;
  stage.spine.engine.warned([warning({ backend: 'a.example' })]);
  stage.wait(START + HOUR);
  expect(count()).toBe(OPENED_A_DAY.byOne);
  const flood = Array.from({ length: 1000 }, (_, i) =>
    warning({ backend: `${i}.example`, homes: { exposed: 9, mailed: 9 } }),
  );
  stage.spine.engine.warned([...flood, ...['b', 'c', 'd'].map((name) => warning({ backend: `${name}.example` }))]);
  stage.wait(START + 2 * HOUR);
  // Those of most homes count before the flood.
  expect(count()).toBe(OPENED_A_DAY.byAll);
  // New ones again and again open no more.
  for (let i = 0; i < 20; i++) {
    stage.spine.engine.warned([warning({ backend: 'b.example' }), warning({ backend: 'c.example' })]);
    stage.wait(START + 3 * HOUR + i * MINUTE);
  }
  expect(count()).toBe(OPENED_A_DAY.byAll);
  stage.wait(START + 2 * DAY);
  expect(count()).toBeGreaterThan(OPENED_A_DAY.byAll);
  expect(MOST_WARNINGS).toBe(64);
});

it('the same traffic and warnings give the same incidents, however finely time passes', () => {
  const play = (step: number) => {
    const stage = new Stage().play(usual(), dhcpAck(CAMERA, START - HOUR), bad(CAMERA, START));
    made = 0;
    stage.spine.engine.warned([warning()]);
    for (let time = START + 10 * SECOND; time < START + HOUR; time += step) stage.wait(time);
    return stage
      .play(bad(CAMERA, START + HOUR))
      .wait(START + 2 * HOUR)
      .finish()
      .incidents.filter(({ kind }) => kind === 'fleet_warning');
  };
  expect(play(10 * SECOND)).toEqual(play(10 * MINUTE));
});
