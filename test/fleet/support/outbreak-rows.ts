// Rows of the table of outbreaks, as statistics leave them, for tests of what becomes of them.
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';

export interface OutbreakFields {
  backend?: string;
  families?: readonly string[];
  mailed?: number;
  revision?: number;
  state?: 'open' | 'ended';
}

/** New, or in place of the one before. */
export async function putOutbreak(db: FleetDatabase, id: string, fields: OutbreakFields = {}): Promise<void> {
  const { backend = `${id}.example`, families = [], mailed = 37, revision = 1, state = 'open' } = fields;
  await db.query(
    `INSERT INTO outbreaks (id, backend, role, families, homes_mailed, homes_exposed, devices, first_seen, lift, lift_low, lift_high, p,
       alike, against, state, opened_at, updated_at, last_day, revision)
     VALUES ($1, $2, 'store', $3, $4, 41, 40, now() - interval '9 days', 212.5, 88.1, NULL, 1e-12, '[]', '[]', $5, now(), now(),
       current_date, $6)
     ON CONFLICT (id) DO UPDATE SET homes_mailed = $4, state = $5, revision = $6`,
    [id, backend, JSON.stringify(families), mailed, state, revision],
  );
}
