// Records of homes as tests want them: what they say is given, the rest is plausible.
import {
  type ChainStep,
  type CoverageBody,
  type FleetRecord,
  type IncidentBody,
  RECORD_SCHEMA,
  type UsageBody,
} from '../../../sensor/fleet/record.ts';
import type { FleetDatabase } from '../../../sensor/fleet/store/database.ts';

/** The nth home. */
export const homeId = (n: number): string => `h${n.toString(36).padStart(15, '0')}`;
export const hash = (n: number): string => n.toString(16).padStart(16, '0');

const envelope = { schema: RECORD_SCHEMA } as const;

export function coverageRecord(day: string, more: Partial<CoverageBody> & { revision?: number } = {}): FleetRecord {
  const { revision = 1, ...body } = more;
  return {
    ...envelope,
    kind: 'coverage',
    id: `coverage:${day}`,
    revision,
    body: { day, vantage: 'lan-both-ways', hoursSeen: 24, lossPercent: 0, version: '0.2.0', ...body },
  };
}

export function usageRecord(
  day: string,
  backends: readonly string[],
  more: Partial<UsageBody> & { revision?: number } = {},
): FleetRecord {
  const { revision = 1, ...body } = more;
  const family = body.family === undefined ? 'hikvision-camera' : body.family;
  return {
    ...envelope,
    kind: 'usage',
    id: `usage:${day}:${family ?? 'none'}`,
    revision,
    body: {
      day,
      vendor: 'Hikvision',
      class: 'thing',
      devices: 1,
      backends: backends.map((backend) => ({ backend, role: 'update', devices: 1 })),
      ...body,
      family,
    },
  };
}

export function incidentRecord(
  n: number,
  startedAt: string,
  more: Partial<IncidentBody> & { revision?: number } = {},
): FleetRecord {
  const { revision = 1, ...body } = more;
  const before: ChainStep[] = [
    { backend: 'updates.example', role: 'update', step: 'first_contact', at: startedAt, bytesDown: 4096 },
  ];
  return {
    ...envelope,
    kind: 'incident',
    id: `incident:${hash(n)}`,
    revision,
    body: {
      incident: hash(n),
      incidentKind: 'mail_started',
      severity: 'high',
      startedAt,
      lastAt: startedAt,
      device: { hash: hash(1000 + n), family: 'hikvision-camera', vendor: 'Hikvision', class: 'thing' },
      mail: { attempts: 3, connected: 2, refused: 1, unanswered: 0, messages: 1 },
      before,
      ...body,
    },
  };
}

export function withdrawalRecord(): FleetRecord {
  return { ...envelope, kind: 'withdrawal', id: 'withdrawal', revision: 1, body: {} };
}

export async function enrol(db: FleetDatabase, homes: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO homes (home, label, credential, enrolled_at)
     SELECT home, 'home ' || home, 'U' || upper(home), now() FROM unnest($1::text[]) AS home`,
    [homes],
  );
}
