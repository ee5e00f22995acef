// The list of homes: what is known of each for running the fleet (how well it is seen, its version), and nothing of its incidents. It is
// paged by key; a page looks at a bounded number of homes however rare what is asked for is, and says where to go on.
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { cursorOf, keyIn } from './cursor.ts';
import { dayOf, lastDays } from './days.ts';
import type { HomeDay, HomeRow, HomeState, HomesPage } from './shapes.ts';

export const HOMES_LIMITS = {
  page: 50,
  /** Homes that one page looks at for what is rare. */
  looked: 4000,
  days: 30,
} as const;
/** A home is seen well enough on a day with so many hours, and well enough of late with so many such days of the last seven. */
export const GOOD = { hours: 12, days: 4, of: 7 } as const;

/** As `homes_by_name` has it. */
const NAME = `(lower(coalesce(label, home)) COLLATE "C")`;
/** How many of the last whole days were good ones, between two parameters; collectors keep which they were. */
export const goodDays = (first: string, today: string): string =>
  `(SELECT count(*) FROM unnest(good_days) AS day WHERE day >= ${first} AND day < ${today})`;
const COLUMNS = 'home, label, state, version, enrolled_at, last_seen';

export interface HomesQuestion {
  after?: string | undefined;
  /** Part of the label, or the beginning of the id. */
  search?: string | undefined;
  state?: HomeState | undefined;
  version?: string | undefined;
  sight?: 'blind' | 'seeing' | undefined;
}

interface Row {
  home: string;
  label: string | null;
  state: HomeState;
  version: string | null;
  enrolled_at: Date;
  last_seen: Date | null;
}

/** @param now wall time, ms */
export async function homesPage(db: Queryable, question: HomesQuestion, now: number): Promise<HomesPage> {
  const { page } = HOMES_LIMITS;
  const [sql, values] = statement(question, now);
  const { rows } = await db.query<(Row & { name: string }) | Edge>(sql, values);
  const edge = rows.find((row): row is Edge => 'looked' in row && row.looked !== null);
  const found = rows.filter((row): row is Row & Edge & { name: string } => row.home !== null);
  const shown = found.slice(0, page);
  const last = shown.at(-1);
  const wasFull = edge !== undefined && edge.looked >= lookedAt(question);
  let next: string | null = null;
  if (found.length > page && last !== undefined) next = cursorOf(last.name, last.home);
  else if (wasFull) next = cursorOf(edge.edge_name, edge.edge_home);
  return { homes: await withDays(db, shown, now), firstDay: lastDays(now, HOMES_LIMITS.days)[0] ?? '', next };
}

/** The last home that was looked at, and how many there were. */
interface Edge {
  looked: number;
  edge_name: string;
  edge_home: string;
  home: string | null;
}

const isNarrow = ({ search, sight, state, version }: HomesQuestion): boolean =>
  [search, sight, state, version].some((filter) => filter !== undefined && filter !== '');

const lookedAt = (question: HomesQuestion): number =>
  isNarrow(question) ? HOMES_LIMITS.looked : HOMES_LIMITS.page + 1;

function statement(question: HomesQuestion, now: number): [sql: string, values: unknown[]] {
  const values: unknown[] = [];
  const put = (value: unknown): string => `$${values.push(value)}`;
  const { after, search = '', sight, state, version } = question;
  const from = after === undefined ? '' : `WHERE (${NAME}, home) > (${keyIn(after, 2).map(put).join(', ')})`;
  const looked = put(lookedAt(question));
  const wanted = ['true'];
  if (search !== '') {
    const text = put(search.toLowerCase());
    wanted.push(`(strpos(lower(coalesce(label, '')), ${text}) > 0 OR starts_with(home, ${text}))`);
  }
  if (state !== undefined) wanted.push(`state = ${put(state)}`);
  if (version !== undefined && version !== '') wanted.push(`version = ${put(version)}`);
  if (sight !== undefined) {
    const good = goodDays(put(lastDays(now, GOOD.of + 1)[0]), put(dayOf(now)));
    wanted.push(`state = 'active'`, `${good} ${sight === 'blind' ? '<' : '>='} ${GOOD.days}`);
  }
  const sql = `
    WITH candidate AS MATERIALIZED (SELECT ${COLUMNS}${sight === undefined ? '' : ', good_days'}, ${NAME} AS name FROM homes ${from} ORDER BY ${NAME}, home LIMIT ${looked}),
    edge AS (SELECT (SELECT count(*) FROM candidate)::integer AS looked, name AS edge_name, home AS edge_home FROM candidate
      ORDER BY name DESC, home DESC LIMIT 1)
    SELECT edge.*, found.* FROM edge LEFT JOIN LATERAL (SELECT * FROM candidate WHERE ${wanted.join(' AND ')}
      ORDER BY name, home LIMIT ${put(HOMES_LIMITS.page + 1)}) found ON true ORDER BY found.name, found.home`;
  return [sql, values];
}

interface DayRow {
  home: string;
  day: string;
  vantage: string;
  hours_seen: number;
  loss_percent: number | null;
}

/** One home with its days in full; null where there is none of this id. */
export async function oneHome(db: Queryable, home: string, now: number) {
  const { rows } = await db.query<Row>(`SELECT ${COLUMNS} FROM homes WHERE home = $1`, [home]);
  const [row] = rows;
  if (row === undefined) return null;
  const days = lastDays(now, HOMES_LIMITS.days);
  const told = (await daysOf(db, [home], days)).get(home) ?? new Map<string, DayRow>();
  const inFull = days.map((day): HomeDay => {
    const one = told.get(day);
    const { hours_seen: hours = null, vantage = null, loss_percent: lossPercent = null } = one ?? {};
    return { day, hours, vantage, lossPercent };
  });
  return { home: rowOf(row, days, told), days: inFull };
}

async function withDays(db: Queryable, rows: Row[], now: number): Promise<HomeRow[]> {
  if (rows.length === 0) return [];
  const days = lastDays(now, HOMES_LIMITS.days);
  const ids = rows.map(({ home }) => home);
  const told = await daysOf(db, ids, days);
  return rows.map((row) => rowOf(row, days, told.get(row.home) ?? new Map()));
}

async function daysOf(db: Queryable, homes: string[], days: string[]): Promise<Map<string, Map<string, DayRow>>> {
  const { rows } = await db.query<DayRow>(
    'SELECT home, day, vantage, hours_seen, loss_percent FROM coverage WHERE home = ANY($1) AND day BETWEEN $2 AND $3',
    [homes, days[0], days.at(-1)],
  );
  const told = new Map<string, Map<string, DayRow>>();
  for (const row of rows) {
    const own = told.get(row.home) ?? new Map<string, DayRow>();
    own.set(row.day, row);
    told.set(row.home, own);
  }
  return told;
}

function rowOf(row: Row, days: string[], told: Map<string, DayRow>): HomeRow {
  const whole = days.slice(-GOOD.of - 1, -1).flatMap((day) => told.get(day) ?? []);
  const good = whole.filter(({ hours_seen, vantage }) => vantage.startsWith('lan-') && hours_seen >= GOOD.hours);
  return {
    home: row.home,
    label: row.label,
    state: row.state,
    version: row.version,
    enrolled: dayOf(row.enrolled_at.getTime()),
    lastSeen: row.last_seen === null ? null : dayOf(row.last_seen.getTime()),
    isBlind: row.state === 'active' && good.length < GOOD.days,
    seen: days.map((day) => share(told.get(day))),
  };
}

function share(day: DayRow | undefined): number | null {
  if (day === undefined) return null;
  if (!day.vantage.startsWith('lan-')) return 0;
  return Math.round((day.hours_seen / 24) * (100 - (day.loss_percent ?? 0)));
}
