// What changed in the store, as the counts of outbreaks want to hear it: only what is new, of each home in order.
import type { TallyChange } from '../outbreak/tally.ts';
import { groupOf, type UsageBody } from '../record.ts';
import type { CoverageChange, IncidentChange } from './record-rows.ts';
import type { UsageChanges } from './usage-rows.ts';

export interface StoreChanges {
  coverage: readonly CoverageChange[];
  incidents: readonly IncidentChange[];
  /** All that was told, and what of it changed a row. */
  usages: readonly { home: string; at: Date; body: UsageBody }[];
  usage: UsageChanges;
}

export function tallyChanges({ coverage, incidents, usage, usages }: StoreChanges): TallyChange[] {
  const exposures = new Set(usage.exposures.map(({ backend, family, home }) => `${home}\0${family}\0${backend}`));
  const families = new Set(usage.families.map(({ family, home }) => `${home}\0${family}`));
  const changes: TallyChange[] = [];
  for (const { at, body, home } of usages) {
    const family = groupOf(body);
    const backends = body.backends
      .filter(({ backend }) => exposures.has(`${home}\0${family}\0${backend}`))
      .map(({ backend, role }) => ({ backend, role }));
    if (backends.length === 0 && !families.has(`${home}\0${family}`)) continue;
    changes.push({ home, kind: 'usage', at, family, class: body.class, day: body.day, backends });
  }
  for (const { at, body, family, home, isNew } of incidents)
    changes.push({ home, kind: 'incident', at, incident: body.incident, isNew, body, family });
  for (const { body, home } of coverage)
    changes.push({ home, kind: 'coverage', day: body.day, vantage: body.vantage, hoursSeen: body.hoursSeen });
  return changes.sort((a, b) => (a.home < b.home ? -1 : a.home > b.home ? 1 : 0));
}
