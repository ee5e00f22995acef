// What the sensors of simulated homes report of a day: real records, as they travel.
import { dayText } from '../../../sensor/fleet/outbreak/home-facts.ts';
import { type FleetRecord, fleetRecord, RECORD_SCHEMA } from '../../../sensor/fleet/record.ts';
import { hash } from '../support/records.ts';
import type { SimulatedHome } from './home.ts';

/** What is used every day changes nothing: it is told again so often, in days. */
const USAGE_AGAIN = 7;

/** @param told homes' mail that was reported before, counted up here */
export function recordsOf(home: SimulatedHome, day: number, told: Map<SimulatedHome, number>): FleetRecord[] {
  const records: unknown[] = [coverageOf(home, day)];
  for (const [family] of home.families) {
    const uses = home.exposures.filter((one) => one.family === family);
    if (!uses.some(({ firstDay }) => firstDay === day) && (day - home.enrolledOn) % USAGE_AGAIN !== 0) continue;
    const backends = uses.map(({ backend, role }) => ({ backend, role, devices: 1 }));
    records.push({
      ...envelope(`usage:${dayText(day)}:${family}`),
      kind: 'usage',
      body: { day: dayText(day), family, vendor: null, class: 'thing', devices: 1, backends },
    });
  }
  const known = told.get(home) ?? 0;
  for (const [index, { at, before, family }] of home.mail.entries()) {
    if (index < known) continue;
    const incident = hash(index);
    records.push({
      ...envelope(`incident:${incident}`),
      kind: 'incident',
      body: {
        ...{ incident, incidentKind: 'mail_started', severity: 'high' },
        ...{ startedAt: minuteOf(at), lastAt: minuteOf(at) },
        device: { hash: hash(1000 + index), family, vendor: null, class: 'thing' },
        mail: { attempts: 1, connected: 1, refused: 0, unanswered: 0, messages: 1 },
        before: [...before].map(([backend, contact]) => ({
          ...{ backend, role: contact.role, step: 'first_contact', at: minuteOf(contact.at), bytesDown: null },
        })),
      },
    });
  }
  told.set(home, home.mail.length);
  return records.map((record) => fleetRecord.parse(record));
}

function coverageOf(home: SimulatedHome, day: number): unknown {
  return {
    ...envelope(`coverage:${dayText(day)}`),
    kind: 'coverage',
    body: {
      day: dayText(day),
      vantage: home.sight === 0 ? 'wan-side' : 'lan-both-ways',
      hoursSeen: home.isGoodDay(day) ? 24 : 2,
      lossPercent: 0,
      version: '1.0.0',
    },
  };
}

const envelope = (id: string) => ({ schema: RECORD_SCHEMA, id, revision: 1 });

const minuteOf = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;
