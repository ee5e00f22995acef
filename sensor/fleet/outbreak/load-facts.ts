// Reads from the store what is known of homes, for many at once: one statement a table.
import type { ChainStep } from '../record.ts';
import type { Queryable } from '../store/database.ts';
import { roleOfRank } from './counters.ts';
import {
  contactsBefore,
  DAY,
  dayNumber,
  dayText,
  type Exposure,
  type HomeFacts,
  isGoodDay,
  type MailBegan,
  saysMailBegan,
} from './home-facts.ts';
import { type Cell, type Cells, MAIL_LASTS, type Standing } from './standing.ts';

interface Loaded {
  enrolledOn: number;
  families: Map<string, number | undefined>;
  exposures: Exposure[];
  mail: MailBegan[];
  goodDays: Set<number>;
}

export interface CountedHome {
  facts: HomeFacts;
  /** What it was counted as before. */
  cells: Cells;
  /** The newest good day. */
  goodOn: number | null;
}

/** Locks the homes in their order until the transaction ends; those that are not active are left out. */
export async function lockHomes(tx: Queryable, homes: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ home: string; enrolled_at: Date }>(
    "SELECT home, enrolled_at FROM homes WHERE home = ANY($1) AND state = 'active' ORDER BY home FOR NO KEY UPDATE",
    [homes],
  );
  return new Map(rows.map(({ enrolled_at, home }) => [home, Math.floor(enrolled_at.getTime() / DAY)]));
}

/** Of one home, the days on which the servers took what just came: of a use by `family\nbackend`, of a family and of its mail by its name. */
export interface Heard {
  uses: ReadonlyMap<string, number>;
  families: ReadonlyMap<string, number>;
  mail: ReadonlyMap<string, number>;
}

const NOTHING: Heard = { uses: new Map(), families: new Map(), mail: new Map() };

const heardOn = (day: number | undefined): { heardOn?: number } => (day === undefined ? {} : { heardOn: day });

/** @param homes with the day on which each was enrolled */
export async function loadHomes(
  tx: Queryable,
  homes: ReadonlyMap<string, number>,
  today: number,
  heard: ReadonlyMap<string, Heard>,
): Promise<Map<string, CountedHome>> {
  const names = [...homes.keys()];
  const loaded = new Map(
    [...homes].map(([home, enrolledOn]): [string, Loaded] => [
      home,
      { enrolledOn, families: new Map(), exposures: [], mail: [], goodDays: new Set() },
    ]),
  );
  const families = await tx.query<{ home: string; family: string }>(
    "SELECT home, family FROM families WHERE home = ANY($1) AND class = 'thing' ORDER BY home, family",
    [names],
  );
  const heardAt = (home: string): Heard => heard.get(home) ?? NOTHING;
  for (const { family, home } of families.rows)
    loaded.get(home)?.families.set(family, heardAt(home).families.get(family));
  const exposures = await tx.query<{
    home: string;
    family: string;
    backend: string;
    role: string;
    first_day: string;
    last_day: string;
  }>(
    `SELECT e.home, e.family, e.backend, e.role, e.first_day, e.last_day
      FROM exposure AS e JOIN families AS f ON f.home = e.home AND f.family = e.family
      WHERE e.home = ANY($1) AND f.class = 'thing' ORDER BY e.home, e.family, e.backend`,
    [names],
  );
  for (const { backend, family, first_day, home, last_day, role } of exposures.rows)
    loaded.get(home)?.exposures.push({
      ...{ family, backend, role, firstDay: dayNumber(first_day), lastDay: dayNumber(last_day) },
      ...heardOn(heardAt(home).uses.get(`${family}\n${backend}`)),
    });
  const mail = await tx.query<{
    home: string;
    family: string;
    kind: string;
    class: string | null;
    severity: string;
    started_at: Date;
    before: ChainStep[];
  }>(
    `SELECT home, family, kind, class, severity, started_at, before FROM incidents
      WHERE home = ANY($1) AND family IS NOT NULL AND kind IN ('mail_started', 'submission_started') ORDER BY home, incident`,
    [names],
  );
  for (const { before, class: of, family, home, kind, severity, started_at } of mail.rows) {
    if (!saysMailBegan(kind, of, severity)) continue;
    loaded.get(home)?.mail.push({
      ...{ family, at: started_at.getTime(), before: contactsBefore(before) },
      ...heardOn(heardAt(home).mail.get(family)),
    });
  }
  const coverage = await tx.query<{ home: string; day: string; vantage: string; hours_seen: number }>(
    'SELECT home, day, vantage, hours_seen FROM coverage WHERE home = ANY($1) AND day > $2 AND day <= $3',
    [names, dayText(today - MAIL_LASTS), dayText(today)],
  );
  for (const { day, home, hours_seen, vantage } of coverage.rows)
    if (isGoodDay(vantage, hours_seen)) loaded.get(home)?.goodDays.add(dayNumber(day));
  const cells = await loadCells(tx, names);
  return new Map(
    [...loaded].map(([home, facts]) => [
      home,
      {
        facts,
        cells: cells.get(home) ?? new Map(),
        goodOn: facts.goodDays.size === 0 ? null : Math.max(...facts.goodDays),
      },
    ]),
  );
}

interface CellRow {
  home: string;
  grp: string;
  backend: string;
  role: number;
  standing: Standing;
  heard_on: string;
  mail_heard_on: string | null;
  incubation: number;
}

/** What homes were counted as. */
export async function loadCells(tx: Queryable, homes: readonly string[]): Promise<Map<string, Cells>> {
  const { rows } = await tx.query<CellRow>(
    `SELECT home, grp, backend, role, standing, heard_on, mail_heard_on, incubation FROM outbreak_cells
      WHERE home = ANY($1)`,
    [homes],
  );
  const all = new Map<string, Map<string, Map<string, Cell>>>();
  for (const { backend, grp: group, heard_on, home, incubation, mail_heard_on, role, standing } of rows) {
    const groups = all.get(home) ?? new Map<string, Map<string, Cell>>();
    all.set(home, groups);
    const cells = groups.get(group) ?? new Map<string, Cell>();
    groups.set(group, cells);
    cells.set(backend, {
      ...{ group, backend, role: roleOfRank(role), standing, incubation },
      heardOn: dayNumber(heard_on),
      mailHeardOn: mail_heard_on === null ? null : dayNumber(mail_heard_on),
    });
  }
  return all;
}
