// The outbreaks of the fleet with their evidence: a backend after whose contact mail began in several homes. Numbers of homes in fives.
import { z } from 'zod';
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Queryable } from '../../sensor/fleet/store/database.ts';
import { DAY_MS, dayOf } from './days.ts';
import { inFives, twoDigits } from './rounding.ts';
import type { OutbreaksAnswer, OutbreakView } from './shapes.ts';

const MOST = 200;
/** How long an ended one is shown. */
const ENDED_DAYS = 90;

interface Row {
  id: string;
  backend: string;
  role: string;
  families: unknown;
  homes_mailed: number;
  homes_exposed: number;
  devices: number;
  first_seen: Date;
  lift: number;
  lift_low: number;
  lift_high: number | null;
  alike: unknown;
  against: unknown;
  state: 'open' | 'ended';
  opened_at: Date;
  updated_at: Date;
}

/** Open ones first, then those that ended of late. @param now wall time, ms */
export async function openOutbreaks(db: Queryable, now: number): Promise<OutbreaksAnswer> {
  const { rows } = await db.query<Row>(
    `SELECT id, backend, role, families, homes_mailed, homes_exposed, devices, first_seen, lift, lift_low, lift_high, alike, against,
      state, opened_at, updated_at FROM outbreaks WHERE homes_mailed >= $1 AND (state = 'open' OR updated_at > $2)
      ORDER BY state = 'open' DESC, opened_at DESC, id LIMIT ${MOST}`,
    [K, new Date(now - ENDED_DAYS * DAY_MS)],
  );
  return { now: new Date(now).toISOString(), outbreaks: rows.map(viewOf) };
}

const names = z.array(z.string()).catch([]);
const reasons = z.array(z.object({ what: z.string(), homes: z.number().nullable() })).catch([]);

function viewOf(row: Row): OutbreakView {
  return {
    id: row.id,
    backend: row.backend,
    role: row.role,
    families: names.parse(row.families),
    state: row.state,
    mailed: inFives(row.homes_mailed),
    exposed: inFives(row.homes_exposed),
    devices: inFives(row.devices),
    firstSeen: dayOf(row.first_seen.getTime()),
    lift: {
      value: twoDigits(row.lift),
      low: twoDigits(row.lift_low),
      high: row.lift_high === null ? null : twoDigits(row.lift_high),
    },
    alike: names.parse(row.alike),
    // What fewer than five homes say against it is not told of at all: that it stood here would tell that there are some.
    against: reasons.parse(row.against).flatMap(({ homes, what }) => {
      const told = inFives(homes ?? 0);
      return told === null ? [] : [{ what, homes: told }];
    }),
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
