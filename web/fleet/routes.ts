// The desk's JSON API: what may be asked, and who may ask it. Of homes together it tells numbers in fives; of one home how well it is
// seen, and what that home sent to a helper of it alone.
import type { Request } from 'express';
import { z } from 'zod';
import { fleetRecord, HOME_ID } from '../../sensor/fleet/record.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { ApiFailure, parsed } from '../api-route.ts';
import type { Log } from '../ports.ts';
import { homesPage, oneHome } from './homes.ts';
import { incidentsOverTime } from './incidents.ts';
import { Kept } from './kept.ts';
import { openOutbreaks } from './outbreaks.ts';
import { type FamilyNames, recordsPage } from './records.ts';
import type { Visitor } from './sessions.ts';
import type { HomeAnswer, IncidentsAnswer, OutbreaksAnswer, SessionAnswer, SummaryAnswer } from './shapes.ts';
import { summary } from './summary.ts';

/** How long an answer over many homes is told before it is reckoned anew: who asks every second sees no more than who asks now and then. */
export const RECKONED_FOR = 10 * 60_000;

/** The same for outbreaks, which are to be known soon. */
export const NEWS_FOR = 60_000;

export interface DeskData {
  db: Queryable;
  /** What the fleet is called. */
  fleet: string;
  version: string;
  families: FamilyNames;
  /** Wall time, ms. */
  clock: () => number;
  /** Monotonic milliseconds. */
  ticks: () => number;
  log: Log;
}

export interface DeskRoute {
  path: string;
  handle: (request: Request, visitor: Visitor) => Promise<unknown>;
}

const short = z
  .string()
  .max(200)
  .regex(/^[^\0]*$/);
const KINDS = fleetRecord.options.map((option) => option.shape.kind.value);
const homesQuery = z.object({
  after: z.string().max(1024).optional(),
  search: short.optional(),
  state: z.enum(['active', 'revoked', 'withdrawn']).optional(),
  version: short.optional(),
  sight: z.enum(['blind', 'seeing']).optional(),
});
const incidentsQuery = z.object({
  by: z.enum(['family', 'backend']).default('family'),
  bucket: z.enum(['day', 'week']).default('day'),
  kind: z.enum(['mail', 'all']).default('mail'),
});
const recordsQuery = z.object({ after: z.string().max(1024).optional(), kind: z.enum(KINDS).optional() });
const homeParam = z.object({ home: z.string().regex(HOME_ID) });

/** All of them are read, and by who is logged in alone. */
export function deskRoutes({ clock, db, families, fleet, log, ticks, version }: DeskData): DeskRoute[] {
  const summaries = new Kept<SummaryAnswer>({ ticks, forMs: RECKONED_FOR });
  const outbreaks = new Kept<OutbreaksAnswer>({ ticks, forMs: NEWS_FOR });
  const reckoned = new Kept<IncidentsAnswer>({ ticks, forMs: RECKONED_FOR });

  async function homeOf(request: Request) {
    const { home } = parsed(homeParam, request.params);
    const found = await oneHome(db, home, clock());
    if (found === null) throw new ApiFailure(404, 'not_found', 'There is no home of this id.');
    return found;
  }

  return [
    {
      path: '/api/session',
      handle: async (_request, { token }) =>
        ({ fleet, version, name: token.name, role: token.role, homes: token.homes }) satisfies SessionAnswer,
    },
    { path: '/api/summary', handle: () => summaries.get('', () => summary(db, clock())) },
    { path: '/api/outbreaks', handle: () => outbreaks.get('', () => openOutbreaks(db, clock())) },
    {
      path: '/api/incidents',
      handle: (request) => {
        const question = parsed(incidentsQuery, request.query);
        const key = `${question.by} ${question.bucket} ${question.kind}`;
        return reckoned.get(key, () => incidentsOverTime(db, question, clock()));
      },
    },
    { path: '/api/homes', handle: (request) => homesPage(db, parsed(homesQuery, request.query), clock()) },
    {
      path: '/api/homes/:home',
      handle: async (request, { token }) => {
        const found = await homeOf(request);
        return { ...found, mayOpen: token.homes.includes(found.home.home) } satisfies HomeAnswer;
      },
    },
    {
      path: '/api/homes/:home/records',
      handle: async (request, { token }) => {
        const { home } = parsed(homeParam, request.params);
        const question = parsed(recordsQuery, request.query);
        if (!token.homes.includes(home))
          throw new ApiFailure(403, 'not_helper', 'Only a helper of this home may open its record.');
        if (question.after === undefined) log.info(`the record of ${home} was opened with the token "${token.name}"`);
        return recordsPage(db, { home, ...question }, families);
      },
    },
  ];
}
