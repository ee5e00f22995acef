// What the desk tells of homes together, over made-up fleets of many seeds: numbers in fives, never one between one and four, neither by
// itself nor as the difference of two; checked against what is in the database, counted apart from the desk's own queries.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { K } from '../../../sensor/fleet/k-rule.ts';
import { DAY_MS, dayOf } from '../../../web/fleet/days.ts';
import { inFives, twoDigits } from '../../../web/fleet/rounding.ts';
import type { IncidentsAnswer, OutbreaksAnswer, SummaryAnswer, Told } from '../../../web/fleet/shapes.ts';
import { countIncidentsAnew } from '../support/incident-sums.ts';
import { type MadeIncident, type Population, population } from './population.ts';
import { DeskStage, NOW, type RunningDesk } from './stage.ts';

let stage: DeskStage;
beforeAll(async () => {
  stage = await DeskStage.begin();
});
afterAll(() => stage.end());
afterEach(() => stage.clear());

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** From fewer than five homes on. */
const SIZES = [3, 8, 20, 60, 150, 400, 400, 900];
const QUESTIONS = ['family', 'backend'].flatMap((by) =>
  ['day', 'week'].flatMap((bucket) => ['mail', 'all'].map((kind) => ({ by, bucket, kind }))),
);
/** Numbers that are no numbers of homes, nor of what homes have. */
const OTHER = ['lift'];

async function everything(desk: RunningDesk, cookie: string) {
  const get = async (path: string): Promise<unknown> => {
    const answer = await desk.call(path, { cookie });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`);
    return answer.json;
  };
  const incidents = new Map<string, IncidentsAnswer>();
  for (const question of QUESTIONS) {
    const text = new URLSearchParams(question).toString();
    incidents.set(text, (await get(`/api/incidents?${text}`)) as IncidentsAnswer);
  }
  return {
    incidents,
    outbreaks: (await get('/api/outbreaks')) as OutbreaksAnswer,
    summary: (await get('/api/summary')) as SummaryAnswer,
  };
}

/** Every number in an answer but those under `OTHER`, and texts that are nothing but a number. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string') return /^\d+$/.test(value) ? [Number(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (OTHER.includes(key) ? [] : numbersIn(inner)));
}

const isMail = ({ kind }: MadeIncident): boolean => ['mail_started', 'submission_started'].includes(kind);
const distinct = (incidents: MadeIncident[]): number => new Set(incidents.map(({ home }) => home)).size;

describe.each(SEEDS.map((seed, index) => ({ seed, homes: SIZES[index] ?? 100 })))(
  'of $homes homes (seed $seed)',
  ({ homes, seed }) => {
    it('no answer gives a number from one to four, nor does the difference of any two', async () => {
      const desk = await stage.desk(population(seed, NOW, { homes }));
      const { incidents, outbreaks, summary } = await everything(desk, await desk.login(desk.token('a')));
      const told = [...incidents.values(), outbreaks, summary].flatMap(numbersIn);
      const differences = told.flatMap((one) => told.map((other) => Math.abs(one - other)));
      expect([...new Set([...told, ...differences])].filter((number) => number % K !== 0)).toEqual([]);
    });

    it('what is told is what there is, less than five below it, and what is not told is less than five', async () => {
      const made = population(seed, NOW, { homes });
      const desk = await stage.desk(made);
      const { incidents, outbreaks, summary } = await everything(desk, await desk.login(desk.token('a')));
      const wrong: string[] = [];
      const check = (what: string, value: Told | undefined, truth: number): void => {
        const isRight = value === null || value === undefined ? truth < K : value <= truth && truth - value < K;
        if (!isRight) wrong.push(`${what}: ${truth} told as ${value}`);
      };
      for (const [question, answer] of incidents)
        checkIncidents(made, answer, (what, ...rest) => check(`${question} ${what}`, ...rest));
      for (const one of made.outbreaks) {
        const view = outbreaks.outbreaks.find(({ id }) => id === one.id);
        check(one.id, view?.mailed, one.mailed);
        if (view) check(one.id, view.exposed, one.exposed);
      }
      const active = made.homes.filter(({ state }) => state === 'active');
      check('homes', summary.homes, active.length);
      check('blind', summary.blind, active.filter((home) => goodDays(home.days) < 4).length);
      for (const { homes: count, version } of summary.versions)
        check(version, count, active.filter((home) => home.version === version).length);
      expect(wrong).toEqual([]);
    });
  },
);

function goodDays(days: Population['homes'][number]['days']): number {
  const [from, today] = [dayOf(NOW - 7 * DAY_MS), dayOf(NOW)];
  const isGood = (one: (typeof days)[number]) => one.vantage.startsWith('lan-') && one.hours >= 12;
  return days.filter((one) => one.day >= from && one.day < today && isGood(one)).length;
}

type Check = (what: string, value: Told | undefined, truth: number) => void;

function checkIncidents({ incidents }: Population, answer: IncidentsAnswer, check: Check): void {
  const first = Date.parse(`${answer.starts[0]}T00:00:00Z`);
  const of = incidents.filter(
    (one) => one.family !== null && one.startedAt >= first && (answer.kind === 'all' || isMail(one)),
  );
  const step = answer.bucket === 'day' ? DAY_MS : 7 * DAY_MS;
  const within = (list: MadeIncident[], start: string): MadeIncident[] => {
    const from = Date.parse(`${start}T00:00:00Z`);
    return list.filter(({ startedAt }) => startedAt >= from && startedAt < from + step);
  };
  check('all', answer.all.homes, distinct(of));
  answer.starts.forEach((start, index) => {
    check(`all ${start}`, answer.all.counts[index], distinct(within(of, start)));
  });
  const names = new Set(of.flatMap((one) => (answer.by === 'family' ? [one.family ?? ''] : one.before)));
  for (const name of names) {
    const own = of.filter((one) => (answer.by === 'family' ? one.family === name : one.before.includes(name)));
    const series = answer.series.find((one) => one.name === name);
    check(name, series?.homes, distinct(own));
    if (series === undefined) continue;
    answer.starts.forEach((start, index) => {
      check(`${name} ${start}`, series.counts[index], distinct(within(own, start)));
    });
  }
}

describe('a home that joins a group of four', () => {
  const four = (now: number): Population => {
    const made = population(1, now, { homes: 9, outbreaks: 0 });
    const incidents = made.homes.slice(0, 4).map(({ home }, index) => ({
      ...{ home, incident: `${index}`, kind: 'mail_started', family: 'sonos', before: ['cdn.example'] },
      startedAt: now - DAY_MS,
    }));
    return { ...made, incidents };
  };
  const ask = async (desk: RunningDesk, cookie: string): Promise<IncidentsAnswer> =>
    (await desk.call('/api/incidents', { cookie })).json as IncidentsAnswer;

  it('brings the group to be told, not at once but when it is reckoned anew', async () => {
    const desk = await stage.desk(four(NOW));
    const cookie = await desk.login(desk.token('a'));
    expect((await ask(desk, cookie)).series).toEqual([]);
    await desk.owner.query(
      `INSERT INTO incidents SELECT (SELECT max(home) FROM homes), 'new', kind, severity, family, class, device, started_at, last_at,
        attempts, messages, before, revision FROM incidents LIMIT 1`,
    );
    await countIncidentsAnew(desk.owner);
    desk.clock.now += 9 * 60_000;
    expect((await ask(desk, cookie)).series).toEqual([]);
    desk.clock.now += 2 * 60_000;
    // The old answer once more, and then the new one.
    await expect.poll(async () => (await ask(desk, cookie)).series.length).toBe(1);
    const { series } = await ask(desk, cookie);
    expect(series.map(({ homes, name }) => [name, homes])).toEqual([['sonos', 5]]);
    expect(series[0]?.counts.at(-2)).toBe(5);
  });

  it('and a thousand incidents of one home are those of one home', async () => {
    const desk = await stage.desk(four(NOW));
    await desk.owner.query(
      `INSERT INTO incidents SELECT home, incident || n, kind, severity, family, class, device, started_at, last_at, attempts, messages,
        before, revision FROM incidents, generate_series(1, 1000) n WHERE incident = '0'`,
    );
    await countIncidentsAnew(desk.owner);
    const answer = await ask(desk, await desk.login(desk.token('a')));
    expect(answer.series).toEqual([]);
    expect(answer.all.homes).toBeNull();
  });
});

it.each([
  [0, null],
  [4, null],
  [5, 5],
  [9, 5],
  [10, 10],
  [99_999, 99_995],
])('%i homes are told as %j', (count, told) => expect(inFives(count)).toBe(told));

it('a quotient is told in two digits', () => {
  expect([23.4567, 0.98765, 1234.5, 0, 9.96].map(twoDigits)).toEqual([23, 0.99, 1200, 0, 10]);
});
