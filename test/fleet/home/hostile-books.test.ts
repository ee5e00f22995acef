// Whatever devices and servers call themselves, and whatever counts come of them: each record is one that the other end takes, no larger
// than it may be, and holds no address of the home.
import fc from 'fast-check';
import { it } from 'vitest';
import { type BackendRole, type Device, newDevice, type TimelineEntry } from '../../../sensor/attribute/device.ts';
import { Home } from '../../../sensor/attribute/home.ts';
import { DAY, DayBook } from '../../../sensor/fleet/day-book.ts';
import { planRecords } from '../../../sensor/fleet/plan.ts';
import { pseudonyms } from '../../../sensor/fleet/pseudonym.ts';
import { fleetRecord, RECORD_OCTETS } from '../../../sensor/fleet/record.ts';
import { anIncident } from '../../support/small-home.ts';
import { SECRET } from './told.ts';

const TODAY = 20_457;
const NOW = TODAY * DAY;
const LEASE = '192.168.1.50';

const name = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(LEASE, 'a4:cf:12:99:be:ef', 'a4cf1299beef.local', '..', 'xn--', 'a'.repeat(254), '[::1]', '1.2.3'),
);
const count = fc.oneof(fc.integer(), fc.double(), fc.constant(Number.MAX_SAFE_INTEGER), fc.string());
const role = fc.constantFrom<BackendRole>('update', 'telemetry', 'cloud', 'store', 'time', 'unknown');

const entry: fc.Arbitrary<TimelineEntry> = fc.record({
  time: fc.integer({ min: NOW - 30 * DAY, max: NOW }),
  kind: fc.constantFrom<TimelineEntry['kind']>('backend_new', 'firmware_download', 'store_download', 'remote_login'),
  name: fc.option(name),
  nameFrom: fc.constant(null),
  ip: fc.option(fc.ipV4()),
  role: fc.option(role),
  detail: fc.dictionary(fc.constantFrom('backend', 'bytes', 'x'), fc.oneof(name, fc.integer(), fc.double())),
});

function deviceOf(names: readonly string[], roles: readonly BackendRole[]): Device {
  const device = newDevice('a4:cf:12:99:be:ef', NOW - 30 * DAY);
  device.leases.push({ ip: LEASE, from: 0, to: NOW, source: 'dhcp' });
  for (const [n, text] of names.entries())
    device.backends.set(`${text} ${n}`, {
      ...{ name: text, role: roles[n % roles.length] ?? 'unknown', roleFrom: null, note: null, hosts: [text] },
      ...{ nameFrom: [], through: [], outerName: false, shared: false, connections: 1, bytesUp: 0, bytesDown: 0 },
      ...{ firstSeen: 0, lastSeen: NOW, days: [TODAY - 1 - (n % 3)] },
    });
  return device;
}

it('is reported in records that are taken', () => {
  fc.assert(
    fc.property(
      fc.array(name, { maxLength: 200 }),
      fc.array(role, { minLength: 1, maxLength: 3 }),
      fc.array(entry, { maxLength: 80 }),
      fc.dictionary(fc.constantFrom('attempts', 'connected', 'refused', 'unanswered', 'messages'), count),
      fc.option(fc.string({ unit: 'binary', maxLength: 200 })),
      (names, roles, before, evidence, vendor) => {
        const device = deviceOf(names, roles);
        const planned = planRecords(
          {
            devices: [device],
            incidents: [anIncident({ startedAt: NOW - DAY, lastAt: NOW, before, evidence })],
            hours: null,
            days: new DayBook(null),
            home: new Home([]),
            knowledge: {
              vendorOf: () => vendor,
              noteOf: () => null,
              classOf: () => ({ class: 'thing', evidence: [] }),
            },
            families: new Set(),
            isPrivate: () => false,
            pseudonym: pseudonyms(SECRET),
            now: NOW,
            since: 0,
          },
          { get: () => undefined, entries: () => [] },
        );
        for (const { record } of planned) {
          fleetRecord.parse(record);
          const text = JSON.stringify(record);
          if (Buffer.byteLength(text) > RECORD_OCTETS) throw new Error(`${Buffer.byteLength(text)} octets`);
          const said = JSON.stringify({ ...record.body, vendor: '', device: null });
          if (said.includes(`"${LEASE}"`) || said.includes('a4cf1299beef')) throw new Error(text);
        }
      },
    ),
    { numRuns: 150 },
  );
});
