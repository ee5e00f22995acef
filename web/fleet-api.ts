// The part of the API that shows what is reported to a fleet, record for record as it travels. Nothing of it is there where the sensor
// reports to nobody.
import { z } from 'zod';
import { type ApiContext, ApiFailure, type ApiRoute, parsed } from './api-route.ts';
import type { FleetReport, PageModel } from './ports.ts';
import type { FleetRecord, FleetRecordKind, FleetRecordPage, FleetView } from './shapes.ts';

const query = z.object({
  kind: z.enum(['incident', 'coverage', 'usage'] satisfies FleetRecordKind[]),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** The `next` of the page before; an unknown one starts at the newest. */
  after: z.string().min(1).max(128).optional(),
});

export const fleetRoutes: ApiRoute[] = [
  {
    method: 'get',
    path: '/api/fleet',
    handle: (context): FleetView => {
      const report = of(context);
      const records = report.records();
      const { fleet, home, hosts } = report;
      const count = (kind: FleetRecordKind): number => records.filter((record) => record.kind === kind).length;
      return {
        ...{ fleet, home, hosts },
        counts: { incident: count('incident'), coverage: count('coverage'), usage: count('usage') },
        octets: records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)), 0),
        families: familiesIn(records, context.model),
        privates: context.model.privates(),
      };
    },
  },
  {
    method: 'get',
    path: '/api/fleet/records',
    handle: (context, request): FleetRecordPage => {
      const { after, kind, limit } = parsed(query, request.query);
      const records = of(context)
        .records()
        .filter((record) => record.kind === kind);
      const sorted = newestFirst(records);
      const from = after === undefined ? 0 : sorted.findIndex(({ id }) => id === after) + 1;
      const page = sorted.slice(from, from + limit);
      return { records: page, next: from + limit < sorted.length ? (page.at(-1)?.id ?? null) : null };
    },
  },
];

function of({ fleet }: ApiContext): FleetReport {
  const report = fleet();
  if (report === null) throw new ApiFailure(404, 'not_found', 'This sensor reports to no fleet.');
  return report;
}

/** Those of one time stay in the order of the list. */
function newestFirst(records: readonly FleetRecord[]): FleetRecord[] {
  return [...records].sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : timeOf(a) > timeOf(b) ? -1 : 0));
}

function timeOf(record: FleetRecord): string {
  if (record.kind === 'incident') return record.body.lastAt;
  return record.kind === 'withdrawal' ? '' : record.body.day;
}

function familiesIn(records: readonly FleetRecord[], model: PageModel): FleetView['families'] {
  const slugs = new Set(
    records.flatMap((record) => {
      if (record.kind === 'usage') return record.body.family ?? [];
      return record.kind === 'incident' ? (record.body.device?.family ?? []) : [];
    }),
  );
  return Object.fromEntries(
    [...slugs].sort().flatMap((slug) => {
      const note = model.note(slug);
      return note === null ? [] : [[slug, note.title]];
    }),
  );
}
