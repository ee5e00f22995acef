// What is named and what is not, by counts alone: thresholds, time, shared infrastructure, who cannot be told apart, beginning and end.
import { describe, expect, it } from 'vitest';
import type { Counters, DayCounters } from '../../../sensor/fleet/outbreak/counters.ts';
import { type Family, habitsUntil, type Use } from '../../../sensor/fleet/outbreak/habits.ts';
import { ALL_THINGS } from '../../../sensor/fleet/outbreak/home-facts.ts';
import {
  holds,
  type Judgement,
  judge,
  KEEPING,
  NAMING,
  type Surroundings,
} from '../../../sensor/fleet/outbreak/judgement.ts';
import { type Candidate, nameOutbreaks, type Outbreak } from '../../../sensor/fleet/outbreak/naming.ts';
import { habitOf } from '../../../sensor/fleet/outbreak/statistics.ts';

const TODAY = 20_700;
const NOBODY: DayCounters = { after: 0, weak: 0, young: 0, before: 0, incubation: 0 };

interface Given {
  backend?: string;
  group?: string;
  healthy?: number;
  /** By days ago. */
  days?: Record<number, Partial<DayCounters>>;
}

function counters({ backend = 'bad.example', days = {}, group = 'camera', healthy = 100 }: Given): Counters {
  const sums = Object.entries(days).map(([ago, given]): [number, DayCounters] => [
    TODAY - Number(ago),
    { ...NOBODY, ...given },
  ]);
  const mailed = sums.reduce((sum, [, { after, weak }]) => sum + after + weak, 0);
  return {
    ...{ group, backend, role: 'update', healthy, long: healthy, exposed: healthy + mailed, since: TODAY - 150 },
    days: new Map(sums),
  };
}

/** 300 homes of the family, 5,000 of other things. */
const FAMILY = counters({ backend: '', healthy: 300, days: { 1: { after: 8 } } });

function around(more: Partial<Surroundings> = {}): Surroundings {
  return {
    ...{ today: TODAY, habitsUntil: habitsUntil(TODAY, null), tests: 2000, familyCount: 50, homes: 5300 },
    families: new Map([
      ['camera', { mailed: 0, healthy: 300, habit: habitOf(0, 900, 0.003) }],
      ['lamp', { mailed: 4, healthy: 5000, habit: habitOf(2, 15_000, 0.003) }],
    ]),
    uses: new Map([['camera', { exposed: 110, healthy: 100, mailed: 8 }]]),
    ...more,
  };
}

const OVER_DAYS = { 1: { after: 3 }, 2: { after: 2 }, 3: { after: 3 } };
const judged = (given: Given = {}, more: Partial<Surroundings> = {}): Judgement =>
  judge(counters({ days: OVER_DAYS, ...given }), FAMILY, around(more));

describe('a backend', () => {
  it('is named where eight homes mail after it and nobody else does', () => {
    const one = judged();
    expect(one.table).toEqual({ a: 8, b: 100, c: 0, d: 200 });
    // Within a family that hardly mails 8 of 108 against 0 of 200 is not sure enough; beside all quiet things it is.
    expect(holds(one, NAMING)).toBe(false);
    const all = judged({ group: ALL_THINGS });
    expect(all.table).toEqual({ a: 8, b: 100, c: 4, d: 5200 });
    expect(holds(all, NAMING)).toBe(true);
    expect(all.lift.low).toBeGreaterThan(20);
  });

  it('is not named by four homes, however clear it is', () => {
    expect(holds(judged({ group: ALL_THINGS, healthy: 0, days: { 1: { after: 2 }, 2: { after: 2 } } }), KEEPING)).toBe(
      false,
    );
  });

  it('is not named where few of the many homes that use it mail', () => {
    expect(holds(judged({ group: ALL_THINGS, healthy: 900 }), NAMING)).toBe(false);
  });

  it('is not named where mail came before contact as well', () => {
    const days = { 1: { after: 3, before: 2 }, 2: { after: 2 }, 3: { after: 3, before: 1 } };
    expect(holds(judged({ group: ALL_THINGS, days }), NAMING)).toBe(false);
  });

  it('is not named for what its family always did', () => {
    const lamp = around().families.get('lamp');
    const families = new Map([
      ['camera', { mailed: 20, healthy: 300, habit: habitOf(40, 900, 0.003) }],
      ...(lamp === undefined ? [] : [['lamp', lamp] as const]),
    ]);
    expect(holds(judged({ group: ALL_THINGS }, { families }), NAMING)).toBe(false);
  });

  describe('of disks that mail by habit', () => {
    const lasting = (days: number): NonNullable<Given['days']> =>
      Object.fromEntries(Array.from({ length: days }, (_, ago) => [ago + 4, { after: 8 }]));
    const beside = (rate: number, use: Use, more: [string, Family][] = []): Surroundings =>
      around({
        families: new Map([
          ['disk', { mailed: use.mailed, healthy: use.healthy, habit: { rate, shape: 20 } }],
          ['lamp', { mailed: 4, healthy: 5000, habit: habitOf(2, 15_000, 0.003) }],
          ...more,
        ]),
        uses: new Map([['disk', use]]),
      });
    /** After the plugins 32 of 50 homes mail, where four would by habit. @param others of the 200 homes with such a disk, without plugins */
    const plugins = (others: number): Judgement =>
      judge(
        counters({ group: 'disk', healthy: 18, days: lasting(4) }),
        counters({ group: 'disk', backend: '', healthy: 218 - others, days: { 1: { after: 32 + others } } }),
        beside(0.08, { exposed: 50, healthy: 18, mailed: 32 }),
      );

    it('is named where the other disks do not mail as much in the same days', () => {
      expect(plugins(5).habit).toBeGreaterThan(NAMING.habit);
      expect(holds(plugins(5), NAMING)).toBe(true);
      expect(holds(plugins(80), NAMING)).toBe(false);
    });

    it('is not named for more than its company does by habit, where those who like it may just mail more', () => {
      // As it was in a simulated fleet where nothing was bad: 11 of 24 homes in 60 days, 7 of them in the last 28.
      const days = Object.fromEntries([2, 5, 9, 12, 17, 21, 25, 35, 41, 46, 52].map((ago) => [ago, { after: 1 }]));
      const likers = (rest: Partial<Family>): Judgement =>
        judge(
          counters({ group: ALL_THINGS, healthy: 13, days }),
          counters({ group: ALL_THINGS, backend: '', healthy: 5200 }),
          beside(0.026, { exposed: 28, healthy: 13, mailed: 11 }, [
            ['other disk', { mailed: 91, healthy: 2665, habit: { rate: 0.025, shape: 20 }, ...rest }],
          ]),
        );
      expect(likers({}).besideAlike.p).toBeLessThan(NAMING.chance);
      expect(likers({}).besideAlike.habit).toBeLessThan(NAMING.habitBesideAlike);
      expect(likers({}).besideAlike.pOfCompany).toBeGreaterThan(NAMING.chance);
      expect(holds(likers({}), NAMING)).toBe(false);
      // Had the others hardly mailed meanwhile, company would not explain it.
      expect(holds(likers({ mailed: 30 }), NAMING)).toBe(true);
    });

    /** After the updates, which all such disks have, 80 of 280 homes mail, where eight or nine would by habit. */
    const updates = (more: [string, Family][]): Judgement =>
      judge(
        counters({ group: ALL_THINGS, healthy: 200, days: lasting(10) }),
        counters({ group: ALL_THINGS, backend: '', healthy: 5200 }),
        beside(0.03, { exposed: 280, healthy: 200, mailed: 80 }, more),
      );

    it('is named beside another kind of disk that mails as often by habit, and not beside lamps alone', () => {
      expect(updates([]).lift.low).toBeGreaterThan(NAMING.lift);
      expect(updates([]).habit).toBeGreaterThan(NAMING.habit);
      expect(holds(updates([]), NAMING)).toBe(false);
      const other = (mailed: number): [string, Family] => [
        'other disk',
        { mailed, healthy: 400 - mailed, habit: { rate: 0.025, shape: 20 } },
      ];
      expect(holds(updates([other(10)]), NAMING)).toBe(true);
      // A season: they mail more as well.
      expect(holds(updates([other(60)]), NAMING)).toBe(false);
    });
  });

  it('counts a flood of one day for a few claims, and claims that nothing supports for a quarter, and beside others only', () => {
    expect(judged({ days: { 1: { after: 60 } } }).table.a).toBe(8);
    expect(judged({ days: { 1: { after: 4, weak: 7 }, 2: { weak: 6 } } }).table.a).toBe(4 + 3);
    expect(judged({ days: { 1: { after: 1, weak: 7 }, 2: { weak: 6 } } }).table.a).toBe(1 + 1);
    expect(judged({ days: { 1: { weak: 7 }, 2: { weak: 6 } } }).table.a).toBe(0);
    expect(judged({ days: { 1: { young: 30 } } }).table.a).toBe(0);
  });

  it('needs more where things of all kinds in many homes use it, and is never named as shared infrastructure', () => {
    const usedBy = (families: number, each: number): Surroundings['uses'] =>
      new Map(Array.from({ length: families }, (_, at) => [`f${at}`, { exposed: each, healthy: each, mailed: 0 }]));
    const discount = (families: number, each: number): number =>
      judged({ group: ALL_THINGS }, { uses: usedBy(families, each) }).discount;
    // Of 50 families and 5,300 homes.
    expect(discount(40, 106)).toBe(8);
    expect(discount(40, 53)).toBe(4);
    // Many kinds of things, but few homes; many homes, but few kinds.
    expect(discount(40, 3)).toBe(1);
    expect(discount(7, 600)).toBe(1);
    expect(holds(judged({ group: ALL_THINGS, backend: 'd1.cloudfront.net' }), KEEPING)).toBe(false);
  });

  it('does not become the habit of its own homes while its outbreak lasts', () => {
    const days = Object.fromEntries(Array.from({ length: 80 }, (_, ago) => [ago, { after: 2 }]));
    const asNew = judged({ group: ALL_THINGS, days });
    expect(asNew.habit).toBeGreaterThan(0.01);
    const asOpen = judged({ group: ALL_THINGS, days }, { habitsUntil: habitsUntil(TODAY, TODAY - 75) });
    expect(asOpen.habit).toBeLessThan(1e-6);
    expect(asOpen.evidence.logP).toBeLessThan(asNew.evidence.logP);
  });

  it('has told against it who was spared', () => {
    expect(judged().against).toEqual([{ what: 'spared', homes: 100 }]);
  });
});

const homes = (...numbers: number[]): Set<string> => new Set(numbers.map((n) => `h${n}`));
const EIGHT = homes(1, 2, 3, 4, 5, 6, 7, 8);

function candidate(backend: string, more: Given = {}, of = EIGHT): Candidate {
  const { healthy = 100 } = more;
  const uses = new Map([['camera', { exposed: healthy + 8, healthy, mailed: 8 }]]);
  const without = (explained: number): Judgement[] =>
    [ALL_THINGS, 'camera'].map((group) =>
      judge(counters({ days: OVER_DAYS, backend, group, ...more }), FAMILY, around({ uses }), explained),
    );
  return { backend, homes: of, judgements: without(0), without };
}

const only = (outbreaks: readonly Outbreak[]): Outbreak => {
  expect(outbreaks).toHaveLength(1);
  const [one] = outbreaks;
  if (one === undefined) throw new Error('none');
  return one;
};

describe('outbreaks', () => {
  it('of backends that share their homes are one, told with what is alike', () => {
    const one = only(nameOutbreaks([candidate('cloud.example'), candidate('bad.example')], [], TODAY));
    expect(one).toMatchObject({ backend: 'bad.example', alike: ['cloud.example'], families: ['camera'], revision: 1 });
    expect(one).toMatchObject({ homesMailed: 8, homesExposed: 108, state: 'open' });
  });

  it('do not tell of what many more use: another backend explains it better', () => {
    const crowd = candidate('crowd.example', { healthy: 350 });
    expect(only(nameOutbreaks([candidate('bad.example', { healthy: 12 }), crowd], [], TODAY)).alike).toEqual([]);
  });

  it('are told of the backend that most of them explain, with hundreds of homes too', () => {
    // The plugins' users are a part of those who fetch updates; of both six in ten mail.
    const over = (each: number, days: number) =>
      Object.fromEntries(Array.from({ length: days }, (_, ago) => [ago, { after: each }]));
    const many = Array.from({ length: 600 }, (_, home) => home);
    const updates = candidate('updates.example', { healthy: 400, days: over(24, 25) }, homes(...many));
    const plugins = candidate('plugins.example', { healthy: 98, days: over(6, 25) }, homes(...many.slice(0, 150)));
    expect(updates.judgements[0]?.evidence.logP).toBeLessThan(-750);
    expect(only(nameOutbreaks([plugins, updates], [], TODAY)).backend).toBe('updates.example');
  });

  it('are told of the backend that few but they use', () => {
    const both = Array.from({ length: 21 }, (_, home) => home);
    const plugins = candidate(
      'plugins.example',
      { healthy: 780, days: { 1: { after: 10 }, 2: { after: 11 } } },
      homes(...both),
    );
    const updates = candidate(
      'updates.example',
      { healthy: 2160, days: { 1: { after: 11 }, 2: { after: 11 } } },
      homes(...both, 22),
    );
    expect(only(nameOutbreaks([updates, plugins], [], TODAY)).backend).toBe('plugins.example');
  });

  it('keep their name beside what everybody uses, whose homes mail by habit', () => {
    const bad = candidate('bad.example', { days: { 1: { after: 8 }, 2: { after: 8 } } }, homes(...Array(16).keys()));
    const first = only(nameOutbreaks([bad], [], TODAY));
    const habit = Object.fromEntries(Array.from({ length: 60 }, (_, ago) => [ago, { after: 2 }]));
    const wide = candidate('metrics.example', { healthy: 3000, days: habit }, homes(...Array(120).keys()));
    const [told] = wide.judgements;
    expect(told?.evidence.logP).toBeLessThan(bad.judgements[0]?.evidence.logP ?? 0);
    expect(told?.habit).toBeGreaterThan(0.01);
    expect(nameOutbreaks([bad, wide], [first], TODAY)).toEqual([]);
    expect(only(nameOutbreaks([bad, wide], [], TODAY)).backend).toBe('bad.example');
  });

  it('do not tell of what is left when a better explanation takes its homes', () => {
    // Five of its nine homes mail after the other as well; four are left.
    const days = { 1: { after: 5 }, 2: { after: 4 } };
    const company = candidate('sdk.example', { healthy: 200, days }, homes(1, 2, 3, 4, 5, 21, 22, 23, 24));
    expect(nameOutbreaks([company], [], TODAY)).toHaveLength(1);
    expect(only(nameOutbreaks([company, candidate('bad.example', { healthy: 10 })], [], TODAY)).backend).toBe(
      'bad.example',
    );
  });

  it('of other homes are others', () => {
    const other = candidate('worse.example', {}, homes(11, 12, 13, 14, 15, 16, 17, 18));
    expect(nameOutbreaks([candidate('bad.example'), other], [], TODAY)).toHaveLength(2);
  });

  it('go on under their name while it is good enough, without news where nothing changed', () => {
    const first = only(nameOutbreaks([candidate('bad.example')], [], TODAY));
    expect(nameOutbreaks([candidate('bad.example')], [first], TODAY)).toEqual([]);
    // With these counts it would not be named anew.
    const weaker = candidate('bad.example', { healthy: 150, days: { 5: { after: 3 }, 2: { after: 2 } } });
    expect(nameOutbreaks([weaker], [], TODAY)).toEqual([]);
    expect(only(nameOutbreaks([weaker], [first], TODAY))).toMatchObject({ id: first.id, state: 'open', revision: 2 });
  });

  it('end when nothing is left of them, or nobody came to them for four weeks; and open again under the same id', () => {
    const first = only(nameOutbreaks([candidate('bad.example')], [], TODAY));
    const ended = only(nameOutbreaks([], [first], TODAY));
    expect(ended).toMatchObject({ id: first.id, state: 'ended', revision: 2 });
    const quiet = candidate('bad.example', { days: { 29: { after: 8 } } });
    expect(only(nameOutbreaks([quiet], [first], TODAY)).state).toBe('ended');
    const again = only(nameOutbreaks([candidate('bad.example')], [ended], TODAY));
    expect(again).toMatchObject({ id: first.id, state: 'open', revision: 3 });
  });

  it('depend on nothing but what they are made from', () => {
    const all = ['d', 'b', 'a', 'c'].map((name) => candidate(`${name}.example`));
    expect(nameOutbreaks(all, [], TODAY)).toEqual(nameOutbreaks([...all].reverse(), [], TODAY));
  });
});
