// What a home's books become: incidents with the chain before them, the days' coverage, and the backends of each family.
import { expect, it } from 'vitest';
import { Activity } from '../../../sensor/attribute/activity.ts';
import { type Backend, type Device, newDevice, type TimelineEntry } from '../../../sensor/attribute/device.ts';
import { Home } from '../../../sensor/attribute/home.ts';
import { DAY, DayBook } from '../../../sensor/fleet/day-book.ts';
import { type Planned, planRecords } from '../../../sensor/fleet/plan.ts';
import { pseudonyms } from '../../../sensor/fleet/pseudonym.ts';
import { CHAIN_STEPS, fleetRecord, RECORD_OCTETS, USAGE_BACKENDS } from '../../../sensor/fleet/record.ts';
import { emptyHour } from '../../../sensor/record/watch-hours.ts';
import { shippedNotes } from '../../../sensor/spine.ts';
import { anIncident } from '../../support/small-home.ts';
import { Stage } from '../../support/stage.ts';
import { coverageIn, incidentsIn, SECRET, type TellingOptions, usageIn } from './told.ts';

const { knowledge } = new Stage().spine;
const TODAY = 20_457;
const NOW = TODAY * DAY + 12 * 60 * 60_000;
const HOUR = 60 * 60_000;
/** Espressif's block: a thing of that maker. */
const THING = 'a4:cf:12:99:be:ef';
/** Its note knows it by the maker's block. */
const BRIDGE = '00:17:88:0a:0b:0c';
/** Made up by a telephone. */
const PHONE = '9e:11:22:33:44:55';

function device(mac: string, change: (device: Device) => void = () => {}): Device {
  const made = newDevice(mac, NOW - 20 * DAY);
  made.lastSeen = NOW;
  change(made);
  return made;
}

function backend(name: string, changes: Partial<Backend> = {}): [string, Backend] {
  const role = changes.role ?? 'unknown';
  const made: Backend = {
    ...{ name, role, roleFrom: null, note: null, hosts: [name], nameFrom: ['dns'], through: [], outerName: false },
    ...{ shared: false, connections: 1, bytesUp: 0, bytesDown: 0, firstSeen: 0, lastSeen: NOW, days: [TODAY - 1] },
    ...changes,
  };
  return [`${name} ${role}`, made];
}

function step(time: number, changes: Partial<TimelineEntry> = {}): TimelineEntry {
  return {
    time,
    kind: 'backend_new',
    name: 'h.vendor.com',
    nameFrom: 'dns',
    ip: null,
    role: 'unknown',
    detail: {},
    ...changes,
  };
}

function plan(options: TellingOptions): Planned[] {
  const planned = planRecords(
    {
      ...{ devices: [], incidents: [], hours: null, days: new DayBook(null), home: new Home([]), knowledge },
      ...{ families: new Set(shippedNotes().map(({ slug }) => slug)), isPrivate: () => false },
      ...{ pseudonym: pseudonyms(SECRET), now: NOW, since: 0 },
      ...options,
    },
    { get: () => undefined, entries: () => [] },
  );
  for (const { record } of planned) fleetRecord.parse(record);
  return planned;
}
const told = (options: TellingOptions) => plan(options).map(({ record }) => record);
const incident = (changes: Parameters<typeof anIncident>[0] = {}) =>
  anIncident({ device: THING, startedAt: NOW - HOUR, lastAt: NOW, ...changes });

it('an incident is told by kind, times to the minute and what became of the mail', () => {
  const evidence = { attempts: 7, connected: 3, refused: 2, unanswered: 2, messages: 1, recipients: 9, stage: 'x' };
  const [body] = incidentsIn(told({ devices: [device(THING)], incidents: [incident({ evidence })] }));
  expect(body).toMatchObject({
    ...{ incidentKind: 'mail_started', severity: 'high', startedAt: '2026-01-04T11:00Z', lastAt: '2026-01-04T12:00Z' },
    device: { family: null, vendor: 'Espressif Inc.', class: 'thing' },
    mail: { attempts: 7, connected: 3, refused: 2, unanswered: 2, messages: 1 },
    before: [],
  });
});

it('counts that are none are nothing, and what is about no mail has none', () => {
  const evidence = { attempts: -3, connected: 'many', refused: 1e300, unanswered: Number.NaN };
  const incidents = [incident({ evidence }), incident({ id: 'b'.repeat(16), kind: 'backend_new' })];
  const bodies = incidentsIn(told({ devices: [device(THING)], incidents }));
  expect(bodies.map(({ mail }) => mail)).toEqual([
    { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0 },
    null,
  ]);
});

it.each([
  ['is mild', {}, { severity: 'info' }],
  ['a person called normal', {}, { state: 'expected' }],
  ['is older than the home is in the fleet', { since: NOW + 1 }, {}],
  ['is of a private device', { isPrivate: (mac: string) => mac === THING }, {}],
  ['is of a device that was forgotten', { devices: [] }, {}],
] as const)('an incident that %s is not told', (_, books, changes) => {
  expect(told({ devices: [device(THING)], incidents: [incident(changes)], ...books })).toEqual([]);
});

it('an outbreak is told as long as two of its devices may be told of', () => {
  const OTHER = 'a4:cf:12:99:be:f0';
  const outbreak = (...macs: string[]) =>
    incident({ kind: 'outbreak', device: null, evidence: { devices: macs.map((mac) => ({ mac, name: 'x' })) } });
  const count = (books: TellingOptions) =>
    told({ devices: [THING, BRIDGE, OTHER].map((mac) => device(mac)), ...books }).length;
  const isPrivate = (mac: string) => mac === THING;
  expect([
    count({ incidents: [outbreak(THING, BRIDGE)] }),
    count({ incidents: [outbreak(THING, BRIDGE)], isPrivate }),
    count({ incidents: [outbreak(THING, BRIDGE, OTHER)], isPrivate }),
    count({ incidents: [outbreak(BRIDGE, BRIDGE)] }),
    count({ incidents: [incident({ kind: 'outbreak', device: null, evidence: { devices: [null, 'x', {}] } })] }),
    count({ incidents: [incident({ kind: 'outbreak', device: null })] }),
  ]).toEqual([1, 0, 1, 0, 0, 0]);
});

it('the chain tells who brought code, newest first, and no other event', () => {
  const before = [
    step(NOW - 1 * HOUR, { kind: 'firmware_download', role: 'update', detail: { backend: 'vendor.com', bytes: 3e6 } }),
    step(NOW - 2 * HOUR, { detail: { backend: 'vendor.com' } }),
    step(NOW - 3 * HOUR, { kind: 'remote_login' }),
    step(NOW - 4 * HOUR, { kind: 'store_download', role: 'store', name: 'cdn.plugins.example', detail: { bytes: 5 } }),
    step(NOW - 5 * HOUR, { name: 'nas.lan' }),
    step(NOW - 6 * HOUR, { name: '203.0.113.9', ip: '203.0.113.9' }),
  ];
  const [body] = incidentsIn(told({ devices: [device(THING)], incidents: [incident({ before })] }));
  expect(body?.before).toEqual([
    { backend: 'vendor.com', role: 'update', step: 'firmware_download', at: '2026-01-04T11:00Z', bytesDown: 3e6 },
    { backend: 'vendor.com', role: 'unknown', step: 'first_contact', at: '2026-01-04T10:00Z', bytesDown: null },
    { backend: 'plugins.example', role: 'store', step: 'store_download', at: '2026-01-04T08:00Z', bytesDown: 5 },
    { backend: '203.0.113.9', role: 'unknown', step: 'first_contact', at: '2026-01-04T06:00Z', bytesDown: null },
  ]);
});

it('of what a person may look at, the chain tells who brought code alone', () => {
  const before = [
    step(NOW - HOUR),
    step(NOW - HOUR, { name: 'a.com', role: 'cloud' }),
    step(NOW - HOUR, { name: 'b.com', role: 'update' }),
  ];
  const [body] = incidentsIn(told({ devices: [device(PHONE)], incidents: [incident({ device: PHONE, before })] }));
  expect(body?.before.map(({ backend: name }) => name)).toEqual(['b.com']);
});

it('a chain of a thousand steps fits a record', () => {
  const before = Array.from({ length: 1000 }, (_, n) => step(NOW - n, { name: `${'x'.repeat(60)}${n}.com` }));
  const [record] = told({ devices: [device(THING)], incidents: [incident({ before })] });
  expect(incidentsIn(record === undefined ? [] : [record])[0]?.before).toHaveLength(CHAIN_STEPS);
});

it('a day that is over tells which devices of a family used what', () => {
  const used = (device: Device) => {
    device.backends = new Map([
      backend('vendor.com', { role: 'update' }),
      backend('strange.com'),
      backend('203.0.113.9'),
    ]);
  };
  const devices = [device(THING, used), device('a4:cf:12:99:be:01', used), device('a4:cf:12:99:be:02')];
  const [body, ...more] = usageIn(told({ devices }));
  expect(more).toEqual([]);
  expect(body).toEqual({
    ...{ day: '2026-01-03', family: null, vendor: 'Espressif Inc.', class: 'thing', devices: 2 },
    backends: [
      { backend: '203.0.113.9', role: 'unknown', devices: 2 },
      { backend: 'strange.com', role: 'unknown', devices: 2 },
      { backend: 'vendor.com', role: 'update', devices: 2 },
    ],
  });
});

it('families are told apart, and what is known to bring no code is not told', () => {
  const bridge = device(BRIDGE, (one) => {
    one.backends = new Map([backend('vendor.com', { role: 'cloud' }), backend('time.com', { role: 'time' })]);
  });
  const thing = device(THING, (one) => {
    one.activity = new Activity([{ hour: (TODAY - 1) * 24 + 3, connections: 1, mailAttempts: 0 }]);
  });
  const bodies = usageIn(told({ devices: [bridge, thing] }));
  expect(bodies.map(({ backends, devices, family }) => [family, devices, backends])).toEqual([
    ['philips-hue', 1, []],
    [null, 1, []],
  ]);
});

it('a family by a note of the home’s own is nobody else’s: its maker is told', () => {
  const bridge = device(BRIDGE, (one) => {
    one.backends = new Map([backend('vendor.com')]);
  });
  const [body] = usageIn(told({ devices: [bridge], families: new Set() }));
  expect(body).toMatchObject({ family: null, vendor: 'Philips Lighting BV' });
});

it.each([
  ['a telephone', PHONE, 1],
  ['a thing with more named backends than a thing has', THING, 70],
] as const)('of %s no unknown backend is told', (_, mac, count) => {
  const one = device(mac, (browsed) => {
    const sites = Array.from({ length: count }, (__, n) => backend(`site${n}.com`));
    browsed.backends = new Map([...sites, backend('vendor.com', { role: 'update' })]);
  });
  expect(usageIn(told({ devices: [one] })).map(({ backends }) => backends)).toEqual([
    [{ backend: 'vendor.com', role: 'update', devices: 1 }],
  ]);
});

it('a scan of a thousand addresses is no browsing, and fits a record', () => {
  const one = device(THING, (scanning) => {
    scanning.backends = new Map(
      Array.from({ length: 250 }, (_, n) => backend(`203.0.113.${n}`, { hosts: [], nameFrom: [] })),
    );
  });
  const [record] = told({ devices: [one] });
  expect(usageIn(record === undefined ? [] : [record])[0]?.backends).toHaveLength(USAGE_BACKENDS);
  const long = device(THING, (named) => {
    named.backends = new Map(
      Array.from({ length: 250 }, (_, n) => backend(`${'x'.repeat(60)}.${'y'.repeat(60)}${n}.com`, { role: 'store' })),
    );
  });
  const [cut] = told({ devices: [long] });
  expect(Buffer.byteLength(JSON.stringify(cut))).toBeLessThanOrEqual(RECORD_OCTETS);
});

it('today is not told yet, nor what is two weeks old', () => {
  const one = device(THING, (used) => {
    used.backends = new Map([backend('a.com', { days: [TODAY - 15, TODAY - 14, TODAY - 1, TODAY] })]);
  });
  expect(usageIn(told({ devices: [one] })).map(({ day }) => day)).toEqual(['2025-12-21', '2026-01-03']);
});

it('addresses of one thing are one device, with one hash', () => {
  const used = (one: Device) => {
    one.backends = new Map([backend('a.com')]);
  };
  const devices = [
    device(THING, used),
    device('a4:cf:12:99:be:01', (newer) => {
      used(newer);
      newer.sameAs = THING;
    }),
  ];
  const incidents = [incident(), incident({ id: 'b'.repeat(16), device: 'a4:cf:12:99:be:01' })];
  const records = told({ devices, incidents });
  expect(usageIn(records).map(({ devices: count }) => count)).toEqual([1]);
  expect(new Set(incidentsIn(records).map(({ device: one }) => one?.hash)).size).toBe(1);
});

it('the sensor itself is none of the home’s devices', () => {
  const sensor = device(THING, (one) => {
    one.role = 'sensor';
    one.backends = new Map([backend('a.com', { role: 'update' })]);
  });
  expect(usageIn(told({ devices: [sensor] }))).toEqual([]);
});

it('a day’s coverage is the hours that were watched, from where, and by which version', () => {
  const days = new DayBook(null);
  days.observe((TODAY - 2) * DAY, { vantage: 'lan-both-ways', lossPercent: 1, version: '1.0.0' }, true);
  days.observe((TODAY - 1) * DAY, { vantage: 'lan-both-ways', lossPercent: 1, version: '1.0.0' }, true);
  const hours = [0, 1, 2, 23].map((hour) => {
    const one = emptyHour((TODAY - 2) * 24 + hour);
    one.spent.watched = hour === 2 ? HOUR / 3 : HOUR;
    return one;
  });
  // Of yesterday the hours are known, but nobody looked from anywhere.
  hours.push(emptyHour((TODAY - 1) * 24));
  expect(coverageIn(told({ days, hours }))).toEqual([
    { day: '2026-01-02', vantage: 'lan-both-ways', hoursSeen: 3.3, lossPercent: 1, version: '1.0.0' },
  ]);
});

it('where frames were recorded, an hour in which anything was active was seen', () => {
  const days = new DayBook(null);
  days.observe((TODAY - 1) * DAY, { vantage: 'lan-one-way', lossPercent: null, version: '1.0.0' }, true);
  days.observe(TODAY * DAY, { vantage: 'lan-one-way', lossPercent: null, version: '1.0.0' }, true);
  const activity = [3, 4, 9].map((hour) => ({ hour: (TODAY - 1) * 24 + hour, connections: 1, mailAttempts: 0 }));
  const devices = [THING, BRIDGE].map((mac) => device(mac, (one) => void Object.assign(one, { activity })));
  expect(coverageIn(told({ days, devices }))).toMatchObject([{ hoursSeen: 3, vantage: 'lan-one-way' }]);
});

it('the same books give the same records, whatever order they are in', () => {
  const make = (mac: string) =>
    device(mac, (one) => {
      one.backends = new Map([backend('a.com'), backend('b.com', { role: 'store' })]);
    });
  const devices = [make(THING), make(BRIDGE), make('a4:cf:12:99:be:01')];
  const incidents = [incident(), incident({ id: 'b'.repeat(16), device: BRIDGE })];
  const text = JSON.stringify(told({ devices, incidents }));
  expect(JSON.stringify(told({ devices: devices.toReversed(), incidents: incidents.toReversed() }))).toBe(text);
});
