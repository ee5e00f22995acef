// A made-up fleet for the desk's tests, repeatable by its seed: homes with labels, versions and days, incidents with the steps before
// them, outbreaks; and its rows in a real database.
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';
import { DAY_MS, dayOf } from '../../../web/fleet/days.ts';
import { mulberry32 } from '../../support/mulberry.ts';
import { judgeSightAnew } from '../support/home-sight.ts';
import { countIncidentsAnew } from '../support/incident-sums.ts';

export interface MadeHome {
  home: string;
  label: string | null;
  state: 'active' | 'revoked' | 'withdrawn';
  version: string | null;
  lastSeen: number | null;
  /** By day, of the last thirty. */
  days: { day: string; vantage: string; hours: number; loss: number | null }[];
}

export interface MadeIncident {
  home: string;
  incident: string;
  kind: string;
  family: string | null;
  startedAt: number;
  before: string[];
}

export interface MadeOutbreak {
  id: string;
  backend: string;
  families: string[];
  mailed: number;
  exposed: number;
  devices: number;
  state: 'open' | 'ended';
  alike: string[];
}

export interface Population {
  homes: MadeHome[];
  incidents: MadeIncident[];
  outbreaks: MadeOutbreak[];
}

const FAMILIES = ['hikvision-camera', 'philips-hue', 'sonos', 'tapo-camera', '? Acme Toasters', '?'];
const BACKENDS = ['update.acme.example', 'cdn.example', 'store.example', '203.0.113.9', 'time.example', 'tapo.example'];
const KINDS = ['mail_started', 'submission_started', 'backend_new', 'exposed'];

/** @param now wall time, ms: all of it lies before */
export function population(
  seed: number,
  now: number,
  { homes: count, outbreaks = 3 }: { homes: number; outbreaks?: number },
) {
  const random = mulberry32(seed);
  const upTo = (most: number): number => random() % most;
  const of = <T>(things: readonly T[]): T => things[upTo(things.length)] as T;
  const chance = (percent: number): boolean => upTo(100) < percent;
  const homes = Array.from({ length: count }, (_, index): MadeHome => {
    const isBlind = chance(12);
    return {
      home: `h${String(index).padStart(5, '0')}${(random() >>> 0).toString(36).padStart(10, '0').slice(-10)}`,
      label: chance(80) ? `${of(['Amsel', 'Birke', 'Dachs', 'Esche', 'Öl'])}straße ${index + 1}` : null,
      state: chance(94) ? 'active' : of(['revoked', 'withdrawn']),
      version: chance(97) ? `0.${1 + upTo(4)}.0` : null,
      lastSeen: chance(95) ? now - upTo(3 * DAY_MS) : null,
      days: Array.from({ length: 30 }, (_, back) => ({
        day: dayOf(now - back * DAY_MS),
        vantage: isBlind ? of(['wan-side', 'nothing', 'own-traffic-only']) : 'lan-both-ways',
        hours: isBlind || chance(10) ? upTo(24) : 24,
        loss: chance(5) ? upTo(30) : null,
      })).filter(() => !isBlind || chance(70)),
    };
  });
  const incidents = homes.flatMap(({ home }, index) => {
    const many = chance(30) ? upTo(5) : 0;
    return Array.from({ length: many }, (_, one): MadeIncident => {
      const family = chance(90) ? of(FAMILIES) : null;
      const startedAt = now - upTo(chance(50) ? 20 * DAY_MS : 150 * DAY_MS) * (chance(50) ? 0.1 : 1);
      const before = BACKENDS.filter(() => chance(25));
      return { home, incident: `${index}-${one}`, kind: of(KINDS), family, startedAt, before };
    });
  });
  const made = Array.from({ length: outbreaks }, (_, index): MadeOutbreak => {
    const mailed = 3 + upTo(40);
    const exposed = mailed + upTo(12);
    return {
      id: `outbreak${String(index).padStart(8, '0')}`,
      backend: of(BACKENDS),
      families: FAMILIES.filter(() => chance(40)),
      ...{ mailed, exposed, devices: exposed + upTo(4) },
      state: chance(70) ? 'open' : 'ended',
      alike: chance(30) ? ['also.example'] : [],
    };
  });
  return { homes, incidents, outbreaks: made } satisfies Population;
}

/** Writes it as collectors and the outbreak computation do. */
export async function store(
  db: FleetDatabase,
  { homes, incidents, outbreaks }: Population,
  now: number,
): Promise<void> {
  await db.query(
    `INSERT INTO homes (home, label, state, credential, enrolled_at, last_seen, version)
      SELECT home, label, state, 'U' || home, '2026-01-05T10:00:00Z', last_seen, version
      FROM jsonb_to_recordset($1) AS made (home text, label text, state text, last_seen timestamptz, version text)`,
    [
      JSON.stringify(
        homes.map((one) => ({ ...one, last_seen: one.lastSeen === null ? null : new Date(one.lastSeen) })),
      ),
    ],
  );
  await db.query(
    `INSERT INTO coverage (home, day, vantage, hours_seen, loss_percent, revision)
      SELECT home, day, vantage, hours, loss, 1 FROM jsonb_to_recordset($1)
      AS made (home text, day date, vantage text, hours real, loss real)`,
    [JSON.stringify(homes.flatMap(({ days, home }) => days.map((day) => ({ home, ...day }))))],
  );
  await db.query(
    `INSERT INTO incidents (home, incident, kind, severity, family, class, device, started_at, last_at, attempts, messages,
      before, revision)
      SELECT home, incident, kind, 'high', family, 'thing', NULL, started_at, started_at, 3, 1, before, 1
      FROM jsonb_to_recordset($1) AS made (home text, incident text, kind text, family text, started_at timestamptz, before jsonb)`,
    [
      JSON.stringify(
        incidents.map((one) => ({
          ...one,
          started_at: new Date(one.startedAt),
          before: one.before.map((backend) => ({
            ...{ backend, role: 'update', step: 'first_contact', at: '2026-11-01T10:00Z', bytesDown: null },
          })),
        })),
      ),
    ],
  );
  await judgeSightAnew(db);
  await countIncidentsAnew(db);
  for (const one of outbreaks) await storeOutbreak(db, one, now);
}

async function storeOutbreak(db: FleetDatabase, one: MadeOutbreak, now: number): Promise<void> {
  await db.query(
    `INSERT INTO outbreaks (id, backend, role, families, homes_mailed, homes_exposed, devices, first_seen, lift, lift_low, lift_high,
      p, alike, against, state, opened_at, updated_at, last_day, revision)
      VALUES ($1, $2, 'update', $3, $4, $5, $6, $7, 23.4567, 9.8765, 61.2345, 0.0000123, $8, $11, $9, $10::timestamptz, $10::timestamptz, $10::timestamptz::date, 1)`,
    [
      ...[one.id, one.backend, JSON.stringify(one.families), one.mailed, one.exposed, one.devices],
      ...[new Date(now - 20 * DAY_MS), JSON.stringify(one.alike), one.state, new Date(now - DAY_MS)],
      JSON.stringify([
        { what: 'spared', homes: null },
        { what: 'weak', homes: one.mailed + 4 },
      ]),
    ],
  );
}
