// How long a bad view must last before it is told, and a good one before that is over; what becomes of findings meanwhile.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { type Judgement, type Vantage, VantageJudge } from '../../sensor/attribute/vantage.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { SensorBlindDetector } from '../../sensor/detect/sensor-blind.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MINUTE, SECOND, START } from '../support/stage.ts';
import { type Around, deviceIn, remembering, surroundings, take } from '../support/surroundings.ts';

const OUTER = { macs: [CAMERA.mac, GATEWAY.mac], since: START };

/** Says what it is told to say; how it judges by itself is tested beside it. */
class Told extends VantageJudge {
  now: Judgement = judged('lan-both-ways');
  atEnd: Judgement | null = null;
  outer: readonly string[] = [];
  seenHoles = 0;

  override present(): Judgement {
    return this.now;
  }
  override conclude(): Judgement {
    return this.atEnd ?? this.now;
  }
  override isOuter(mac: string): boolean {
    return this.outer.includes(mac);
  }
  override get holes(): number {
    return this.seenHoles;
  }
}

function judged(vantage: Vantage, more: Partial<Judgement> = {}): Judgement {
  return { vantage, direction: null, confidence: 'sure', reasons: [], isOld: false, outer: null, ...more };
}

let around: Around;
let vantage: Told;
let detector: SensorBlindDetector;
let camera: Device;

function begin(recorded = false): void {
  around = surroundings({ recorded });
  vantage = new Told(new Home([]), { sensorMac: null, recorded });
  around.vantage = vantage;
  detector = new SensorBlindDetector(around);
  camera = deviceIn(around, CAMERA);
}
beforeEach(() => begin());

/** Looks each minute from `from` to `until`; gives what is told, and when. */
function looks(now: Judgement | Vantage, from: number, until: number, step = MINUTE): Finding[] {
  vantage.now = typeof now === 'string' ? judged(now) : now;
  for (let time = from; time < until; time += step) detector.tick(time);
  detector.tick(until);
  return take(around);
}
const when = (findings: Finding[]) =>
  findings.map(({ closes, effect, time }) => [closes ? 'ends' : effect, time - START]);
const iso = (time: number) => new Date(time).toISOString();

function finding(kind: Finding['kind'], time: number, more: Partial<Finding> = {}): Finding {
  const nothing = { destination: null, evidence: { address: CAMERA.ip }, first: {}, add: {} };
  return { kind, severity: 'high', device: CAMERA.mac, portClass: '25', time, effect: 'opens', ...nothing, ...more };
}

describe('a bad view', () => {
  const whole = { kind: 'sensor_blind', device: null, portClass: '', destination: null, first: {}, add: {} };

  it('is told whole, from its beginning, and ends whole', () => {
    expect(looks('nothing', START, START + 5 * MINUTE)).toEqual([
      {
        ...whole,
        severity: 'medium',
        time: START,
        effect: 'opens',
        evidence: { vantage: 'nothing', direction: null, since: iso(START), endedAt: undefined },
      },
    ]);
    const openedAt = { vantage: 'nothing', openedAt: START };
    expect(detector.memory.takeChanged()).toEqual([{ mac: '', value: openedAt }]);
    expect(looks('nothing', START + 6 * MINUTE, START + HOUR)).toEqual([]);
    expect(looks('lan-both-ways', START + HOUR + MINUTE, START + HOUR + 3 * MINUTE)).toEqual([
      {
        ...whole,
        severity: 'medium',
        time: START + HOUR + 2 * MINUTE,
        effect: 'updates',
        closes: true,
        evidence: { endedAt: iso(START + HOUR + 2 * MINUTE) },
      },
    ]);
    expect(detector.memory.takeChanged()).toEqual([{ mac: '', value: null }]);
    expect(looks('lan-both-ways', START + HOUR + 4 * MINUTE, START + 2 * HOUR)).toEqual([]);
  });

  it.each([
    ['nothing', false, 5 * MINUTE, 'medium'],
    ['own-traffic-only', false, 5 * MINUTE, 'medium'],
    ['broadcast-only', false, 5 * MINUTE, 'medium'],
    ['lan-one-way', false, 10 * MINUTE, 'low'],
    ['wan-side', false, 0, 'medium'],
    ['own-traffic-only', true, 15 * MINUTE, 'medium'],
    ['broadcast-only', true, 15 * MINUTE, 'medium'],
    ['lan-one-way', true, 10 * MINUTE, 'low'],
    ['wan-side', true, 0, 'medium'],
  ] as const)('of %s, recorded %s, must last %i ms, and is %s', (view, recorded, lasts, severity) => {
    begin(recorded);
    vantage.now = judged(view);
    for (let time = START; time < START + lasts; time += 30 * SECOND) {
      detector.tick(time);
      vantage.seenHoles = 50;
    }
    if (lasts > 0) detector.tick(START + lasts - (recorded ? 5 : 1) * SECOND);
    expect(take(around)).toEqual([]);
    detector.tick(START + lasts);
    expect(take(around)).toMatchObject([{ effect: 'opens', severity, evidence: { vantage: view } }]);
  });

  it('of nothing at all says nothing of a recording', () => {
    begin(true);
    expect(looks('nothing', START, START + DAY, 10 * MINUTE)).toEqual([]);
  });

  it('of one direction needs fifty holes since it began', () => {
    vantage.seenHoles = 7;
    looks('lan-one-way', START, START + MINUTE);
    vantage.seenHoles = 56;
    expect(looks('lan-one-way', START + 2 * MINUTE, START + 20 * MINUTE)).toEqual([]);
    vantage.seenHoles = 57;
    const told = looks(judged('lan-one-way', { direction: 'from-home' }), START + 21 * MINUTE, START + 21 * MINUTE);
    expect(told).toMatchObject([{ time: START, evidence: { direction: 'from-home', since: iso(START) } }]);
  });

  it('becomes another: that is told when it has lasted as long since all began', () => {
    looks('nothing', START, START + 5 * MINUTE);
    expect(looks('broadcast-only', START + 6 * MINUTE, START + 7 * MINUTE)).toMatchObject([
      { effect: 'updates', time: START + 6 * MINUTE, evidence: { vantage: 'broadcast-only', since: iso(START) } },
    ]);
    expect(detector.memory.takeChanged()).toEqual([{ mac: '', value: { vantage: 'broadcast-only', openedAt: START } }]);
  });
});

describe('is looked at', () => {
  it.each([
    [false, SECOND],
    [true, 5 * SECOND],
  ])('recorded %s, every %i ms, or when the clock was set back by an hour', (recorded, every) => {
    begin(recorded);
    const isLookedAt = (time: number) => {
      const [before, bad] = [vantage.now, judged('wan-side')];
      vantage.now = detector.memory.get('') === undefined ? bad : judged('nothing');
      detector.tick(time);
      vantage.now = before;
      const told = take(around).length > 0;
      detector.memory.forget('');
      return told;
    };
    expect([isLookedAt(START), isLookedAt(START + every - 1), isLookedAt(START + every)]).toEqual([true, false, true]);
    expect([isLookedAt(START + 2 * every - HOUR + 1), isLookedAt(START + 2 * every - HOUR)]).toEqual([false, true]);
  });
});

describe('a doubt', () => {
  it.each([
    ['not sure', { confidence: 'unsure' }, 0],
    ['likely', { confidence: 'likely' }, 1],
    ['the last one, of before', { isOld: true }, 0],
  ] as const)('%s', (_, more, count) => {
    expect(looks(judged('wan-side', more), START, START)).toHaveLength(count);
  });

  it.each([
    ['for fifteen minutes leaves what was before', 15 * MINUTE, 1],
    ['for longer does not', 16 * MINUTE, 0],
  ])('%s', (_, lasts, count) => {
    looks('nothing', START, START + 4 * MINUTE);
    looks(judged('nothing', { confidence: 'unsure' }), START + 5 * MINUTE, START + 4 * MINUTE + lasts - MINUTE);
    expect(looks('nothing', START + 4 * MINUTE + lasts, START + 4 * MINUTE + lasts)).toHaveLength(count);
  });

  it('counts from the last that was sure, good or bad', () => {
    looks('nothing', START, START + 5 * MINUTE);
    looks('lan-both-ways', START + 6 * MINUTE, START + 6 * MINUTE);
    looks(judged('nothing', { confidence: 'unsure' }), START + 7 * MINUTE, START + 30 * MINUTE);
    expect(looks('lan-both-ways', START + 31 * MINUTE, START + 31 * MINUTE)).toEqual([]);
    expect(looks('lan-both-ways', START + 32 * MINUTE, START + 32 * MINUTE)).toHaveLength(1);
  });
});

describe('where nobody looked', () => {
  it.each([
    ['for two minutes, live, it goes on', false, 3 * MINUTE, 2 * MINUTE, 1],
    ['for longer, live, it begins anew', false, 3 * MINUTE, 2 * MINUTE + 1, 0],
    ['for longer, recorded, it goes on', true, 10 * MINUTE, 5 * MINUTE, 1],
    ['and the clock was set back, it begins anew', true, 14 * MINUTE, -2 * HOUR, 0],
  ])('%s', (_, recorded, watched, gap, count) => {
    begin(recorded);
    const view = recorded ? 'broadcast-only' : 'nothing';
    const last = START + watched;
    looks(view, START, last);
    expect(looks(view, last + gap, last + gap)).toHaveLength(count);
    if (count === 1) return;
    const lasts = (recorded ? 15 : 5) * MINUTE;
    expect(looks(view, last + gap + 30 * SECOND, last + gap + lasts - 5 * SECOND)).toEqual([]);
    expect(looks(view, last + gap + lasts, last + gap + lasts)).toHaveLength(1);
  });
});

describe('what comes and goes', () => {
  /** A bad view from `from` on until it is told, and a good one until that is over; gives how long each took. */
  const round = (from: number) => {
    const limit = 400;
    let [time, begins, ends] = [from, -1, -1];
    for (let i = 0; i < limit * 60 && begins < 0; i++, time += SECOND)
      if (looks('nothing', time, time).length > 0) begins = time - from;
    const well = time;
    for (let i = 0; i < limit * 60 && ends < 0; i++, time += SECOND)
      if (looks('lan-both-ways', time, time).length > 0) ends = time - well;
    return { begins: begins / MINUTE, ends: ends / MINUTE, at: time };
  };

  it('is told ever more slowly, up to a bound', () => {
    let at = START;
    const took = Array.from({ length: 4 }, () => {
      const { at: next, begins, ends } = round(at);
      at = next;
      return [begins, ends];
    });
    expect(took).toEqual([
      [5, 1],
      [5, 1],
      [10, 2],
      [20, 4],
    ]);
  });

  it('six hours after the last end it is as at first', () => {
    let { at } = round(START);
    ({ at } = round(at));
    expect(round(at - SECOND + 6 * HOUR - 4 * MINUTE)).toMatchObject({ begins: 5, ends: 2 });
    begin();
    ({ at } = round(START));
    ({ at } = round(at));
    expect(round(at - SECOND + 6 * HOUR)).toMatchObject({ begins: 5, ends: 2 });
    begin();
    ({ at } = round(START));
    ({ at } = round(at));
    ({ at } = round(at));
    expect(round(at + 7 * HOUR)).toMatchObject({ begins: 5, ends: 4 });
  });
});

describe('the outer side', () => {
  const outside = (more: Partial<Judgement> = {}) => judged('wan-side', { outer: OUTER, ...more });

  it('takes over what was told of its two stations, once, with their mail', () => {
    for (const effect of ['opens', 'opens', 'updates'] as const)
      detector.finding(finding('mail_started', START, { effect }), camera);
    detector.finding(finding('submission_started', START), camera);
    detector.finding(finding('exposed', START), camera);
    detector.finding(finding('mail_started', START), null);
    detector.finding(finding('mail_started', START), deviceIn(around, FRIDGE));
    const [opens, state, ...more] = looks(outside(), START, START);
    expect(opens).toMatchObject({ effect: 'opens', add: {} });
    expect(state).toEqual({
      kind: 'sensor_blind',
      severity: 'medium',
      device: null,
      portClass: '',
      time: START,
      effect: 'state',
      destination: null,
      evidence: {},
      first: {},
      add: { mailAttempts: 3 },
      takesOver: OUTER,
    });
    expect(more).toEqual([]);
    expect(looks(outside(), START + MINUTE, START + 2 * MINUTE)).toEqual([]);
    // Another pair is another story; what was counted is not counted again.
    const other = { macs: [CAMERA.mac, FRIDGE.mac], since: START + MINUTE };
    expect(looks(outside({ outer: other }), START + 3 * MINUTE, START + 3 * MINUTE)).toMatchObject([
      { effect: 'state', takesOver: other, add: { mailAttempts: 1 } },
    ]);
    expect(looks(outside(), START + 4 * MINUTE, START + 4 * MINUTE)).toMatchObject([{ add: {} }]);
  });

  it('is taken over again after another view', () => {
    looks(outside(), START, START);
    looks('lan-both-ways', START + MINUTE, START + MINUTE);
    expect(looks(outside(), START + 2 * MINUTE, START + 2 * MINUTE)).toMatchObject([{ effect: 'state' }]);
  });

  it('takes over nothing where the stations are not known', () => {
    expect(looks('wan-side', START, START).map(({ effect }) => effect)).toEqual(['opens']);
  });

  it('lays nothing to a station: its mail is counted', () => {
    vantage.outer = [CAMERA.mac];
    vantage.now = outside();
    expect(detector.intercepts(finding('mail_started', START), camera)).toBe(true);
    expect(take(around).map(({ add, effect, severity }) => [effect, severity, add])).toEqual([
      ['opens', 'medium', {}],
      ['state', 'medium', {}],
      ['updates', 'medium', { mailAttempts: 1 }],
    ]);
    expect(detector.intercepts(finding('mail_started', START, { effect: 'updates' }), camera)).toBe(true);
    expect(detector.intercepts(finding('exposed', START), camera)).toBe(true);
    expect(take(around)).toEqual([]);
    expect(detector.intercepts(finding('mail_started', START), deviceIn(around, FRIDGE))).toBe(false);
  });

  it('at the end of a capture what it shows as a whole decides', () => {
    begin(true);
    vantage.atEnd = outside();
    detector.finish(START);
    expect(take(around).map(({ effect }) => effect)).toEqual(['opens', 'state']);
    begin(false);
    vantage.atEnd = outside();
    detector.finish(START);
    expect(take(around)).toEqual([]);
    vantage.now = outside();
    detector.finish(START);
    expect(take(around)).toHaveLength(2);
    begin(true);
    vantage.atEnd = judged('lan-one-way');
    detector.finish(START);
    expect(detector.memory.all()).toEqual([]);
    begin(true);
    looks('broadcast-only', START, START);
    detector.finish(START + 15 * MINUTE);
    expect(take(around)).toEqual([]);
  });
});

describe('what may be the router from outside, or a device without NAT', () => {
  const doubtful = () => {
    vantage.now = judged('wan-side', { outer: OUTER, confidence: 'unsure' });
  };

  it('is told with doubt, and with its full weight once it is a device after all', () => {
    doubtful();
    const mail = finding('mail_started', START, { severity: 'critical', stage: 'connected' });
    expect(detector.intercepts(mail, camera)).toBe(true);
    const { stage: _, ...told } = mail;
    expect(around.told).toEqual([
      {
        device: camera,
        finding: {
          ...told,
          severity: 'medium',
          evidence: { address: CAMERA.ip, outerSide: { address: CAMERA.ip } },
        },
      },
    ]);
    // What it hands on itself passes.
    const [own] = take(around);
    expect(own === undefined ? null : detector.intercepts(own, camera)).toBe(false);
    expect(looks('lan-both-ways', START, START)).toEqual([
      { ...mail, effect: 'updates', add: {}, evidence: { address: CAMERA.ip, outerSide: undefined } },
    ]);
    expect(looks('lan-both-ways', START + MINUTE, START + MINUTE)).toEqual([]);
  });

  it.each([
    ['info', 'info'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'medium'],
  ] as const)('of severity %s it is %s', (severity, told) => {
    doubtful();
    detector.intercepts(finding('exposed', START, { severity }), camera);
    expect(take(around)).toMatchObject([{ severity: told }]);
  });

  it('only of those stations, and while that is the view', () => {
    doubtful();
    expect(detector.intercepts(finding('mail_started', START), deviceIn(around, FRIDGE))).toBe(false);
    vantage.now = judged('wan-side');
    expect(detector.intercepts(finding('mail_started', START), camera)).toBe(false);
    vantage.now = judged('lan-one-way', { outer: OUTER });
    expect(detector.intercepts(finding('mail_started', START), camera)).toBe(false);
    expect(take(around)).toEqual([]);
  });

  it('is forgotten once it is clear that they are the router', () => {
    doubtful();
    detector.intercepts(finding('mail_started', START), camera);
    looks(judged('wan-side', { outer: OUTER }), START, START);
    expect(looks('lan-both-ways', START + 30 * SECOND, START + 30 * SECOND)).toEqual([]);
  });

  it('of each 64 findings are told again', () => {
    doubtful();
    for (let i = 0; i < 66; i++) detector.intercepts(finding('exposed', START), camera);
    expect(take(around)).toHaveLength(66);
    expect(looks('lan-one-way', START, START)).toHaveLength(64);
  });
});

describe('over a clock that was put right', () => {
  const move = (by: number) => detector.moveTime({ since: START, until: START, by });

  it('a bad view has lasted as long as it has', () => {
    looks('nothing', START, START + 4 * MINUTE);
    move(DAY);
    expect(looks('nothing', START + DAY + 5 * MINUTE - SECOND, START + DAY + 5 * MINUTE - SECOND)).toEqual([]);
    expect(looks('nothing', START + DAY + 5 * MINUTE, START + DAY + 5 * MINUTE)).toMatchObject([{ time: START + DAY }]);
  });

  it('a good one that begins later has not lasted yet', () => {
    looks('nothing', START, START + 5 * MINUTE);
    move(DAY);
    expect(looks('lan-both-ways', START + DAY + 6 * MINUTE, START + DAY + 6 * MINUTE)).toEqual([]);
  });

  it('so has a good one', () => {
    looks('nothing', START, START + 5 * MINUTE);
    looks('lan-both-ways', START + 6 * MINUTE, START + 6 * MINUTE);
    move(DAY);
    const end = START + DAY + 7 * MINUTE;
    expect(looks('lan-both-ways', end - SECOND, end - SECOND)).toEqual([]);
    expect(looks('lan-both-ways', end, end)).toMatchObject([{ closes: true }]);
  });

  it('and so has the time since the last end; the next look comes no sooner', () => {
    looks('nothing', START, START + 5 * MINUTE);
    looks('lan-both-ways', START + 6 * MINUTE, START + 7 * MINUTE);
    move(DAY);
    vantage.now = judged('wan-side');
    detector.tick(START + DAY + 7 * MINUTE + SECOND - 1);
    expect(take(around)).toEqual([]);
    const from = START + DAY + 8 * MINUTE;
    looks('nothing', from, from + 5 * MINUTE);
    looks('lan-both-ways', from + 6 * MINUTE, from + 7 * MINUTE);
    // Within six hours of the end before: what follows takes twice as long.
    expect(when(looks('nothing', from + 8 * MINUTE, from + 17 * MINUTE))).toEqual([]);
    expect(looks('nothing', from + 18 * MINUTE, from + 18 * MINUTE)).toHaveLength(1);
  });

  it('a doubt is as old as it was', () => {
    looks('nothing', START, START + 4 * MINUTE);
    looks(judged('nothing', { confidence: 'unsure' }), START + 5 * MINUTE, START + 10 * MINUTE);
    move(DAY);
    expect(looks('nothing', START + DAY + 11 * MINUTE, START + DAY + 11 * MINUTE)).toMatchObject([
      { time: START + DAY },
    ]);
  });
});

test('what was open goes on after a restart, and is read as it should be', () => {
  looks('nothing', START, START + 5 * MINUTE);
  detector = remembering(detector, new SensorBlindDetector(around));
  expect(looks('nothing', START + HOUR, START + HOUR + 6 * MINUTE)).toEqual([]);
  expect(when(looks('lan-both-ways', START + 2 * HOUR, START + 2 * HOUR + MINUTE))).toEqual([
    ['ends', 2 * HOUR + MINUTE],
  ]);
  const read = (value: unknown) => {
    const other = new SensorBlindDetector(around);
    other.memory.restore('', value);
    return other.memory.all().length;
  };
  expect(read({ vantage: 'wan-side', openedAt: START })).toBe(1);
  for (const value of [null, {}, { vantage: 'x', openedAt: 1 }, { vantage: 'nothing' }]) expect(read(value)).toBe(0);
  expect(detector.name).toBe('sensor-blind');
});
