// The shapes of the report, field by field: sorted, ISO times, and where a name comes from in the report's own words.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Device, mailDestinationKey } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import type { LossEstimate } from '../../sensor/attribute/loss-tally.ts';
import { english } from '../../sensor/language/words.ts';
import { lossSentence, withLoss } from '../../sensor/record/during-loss.ts';
import { reportDevice, reportIncident, reportTimeline } from '../../sensor/record/report-builder.ts';
import { Store } from '../../sensor/record/store.ts';
import { readSummary } from '../../sensor/record/stored-summary.ts';
import { START, Stage } from '../support/stage.ts';
import { finding } from './findings.ts';
import { backend, incident, NOW, temporaryDirectory } from './store-fixtures.ts';

const [A, B] = ['a4:cf:12:00:00:0a', '02:00:00:00:00:0b'] as const;
const iso = (time: number) => new Date(time).toISOString();

const { knowledge } = new Stage().spine;
let devices: DeviceTable;
beforeEach(() => {
  devices = new DeviceTable();
});

function seen(mac: string, change: (device: Device) => void = () => {}): Device {
  const device = devices.seen(mac, START);
  if (device === null) throw new Error(`${mac} is a group address`);
  change(device);
  devices.keep(device);
  return device;
}
const reported = (device: Device) => reportDevice(english, device, knowledge, devices);
const counts = { attempts: 6, connected: 5, refused: 4, unanswered: 3, messages: 2, recipients: 1 };

describe('a device', () => {
  it('of which nothing is known has all fields, and none says more', () => {
    expect(reported(seen(B))).toEqual({
      ...{ mac: B, role: 'device', vendor: null, name: null, displayName: expect.stringContaining('00:0b') },
      ...{ nameFrom: null, sameAs: null, hostnames: [], addresses: [], note: null, noteEvidence: [] },
      ...{ noteConfidence: null, class: 'thing', classEvidence: [], randomizedMac: true, sharedMac: false },
      ...{ behind: null, addressesBehind: [], broadcastOnly: expect.any(Boolean), firstSeen: iso(START) },
      ...{ lastSeen: iso(START), connections: 0, lookups: { mx: 0, dnsbl: 0 }, backends: [], firmware: [] },
      mail: { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0, destinations: [] },
    });
  });

  it('has its names once and sorted, and its addresses by when it had them, then by address', () => {
    const lease = (ip: string, from: number) => ({ ip, from, to: START + 9, source: 'arp' as const });
    const device = seen(A, (one) => {
      one.hostnames = ['b', 'a', 'b'].map((name) => ({ name, from: 'dhcp', firstSeen: START, lastSeen: START }));
      one.leases = [lease('192.168.1.9', START + 1), lease('192.168.1.8', START + 1), lease('192.168.1.7', START + 2)];
      one.leases.push(lease('192.168.1.6', START));
      one.firmware = [{ version: '1.2', from: 'http', firstSeen: START, lastSeen: START + 1 }];
      one.sharedMac = true;
      one.connections = 7;
      one.lookups = { mx: 1, dnsbl: 2 };
      one.lastSeen = START + 5;
    });
    const { addresses, firmware, hostnames, ...rest } = reported(device);
    expect(hostnames).toEqual(['a', 'b']);
    expect(addresses.map(({ from, ip }) => [ip, from])).toEqual([
      ['192.168.1.6', iso(START)],
      ['192.168.1.8', iso(START + 1)],
      ['192.168.1.9', iso(START + 1)],
      ['192.168.1.7', iso(START + 2)],
    ]);
    expect(addresses[0]?.to).toBe(iso(START + 9));
    expect(firmware).toEqual([{ version: '1.2', from: 'http', firstSeen: iso(START), lastSeen: iso(START + 1) }]);
    expect(rest).toMatchObject({
      ...{ randomizedMac: false, sharedMac: true, connections: 7, lookups: { mx: 1, dnsbl: 2 } },
      ...{ firstSeen: iso(START), lastSeen: iso(START + 5), vendor: expect.stringContaining('Espressif') },
    });
  });

  it('has where it mailed by address, port and name, and in whose words the name is', () => {
    const destinations = [
      { ip: '203.0.113.2', port: 587, name: null, nameFrom: null },
      { ip: '203.0.113.2', port: 25, name: 'b.example', nameFrom: 'dns-other' as const },
      { ip: '203.0.113.1', port: 25, name: 'z.example', nameFrom: 'dns' as const },
      { ip: '203.0.113.3', port: 25, name: 'd.example', nameFrom: 'proxy' as const },
      { ip: '203.0.113.3', port: 25, name: 'c.example', nameFrom: 'proxy' as const },
      { ip: '203.0.113.3', port: 25, name: null, nameFrom: null },
    ];
    const device = seen(A, ({ mail }) => {
      Object.assign(mail, { ...counts, attempts: 60 });
      for (const one of destinations)
        mail.destinations.set(mailDestinationKey(one), { ...one, ...counts, firstSeen: START, lastSeen: START + 1 });
    });
    const { destinations: told, ...totals } = reported(device).mail;
    expect(totals).toEqual({ ...counts, attempts: 60 });
    expect(told.map(({ ip, name, port }) => `${ip}:${port} ${name}`)).toEqual([
      ...['203.0.113.1:25 z.example', '203.0.113.2:25 b.example', '203.0.113.2:587 null'],
      ...['203.0.113.3:25 null', '203.0.113.3:25 c.example', '203.0.113.3:25 d.example'],
    ]);
    expect(told.map(({ nameFrom, namedToProxy, otherDevice }) => [nameFrom, otherDevice, namedToProxy])).toEqual([
      ...[
        ['dns', false, false],
        ['dns', true, false],
        [null, false, false],
      ],
      ...[
        [null, false, false],
        ['http', false, true],
        ['http', false, true],
      ],
    ]);
    const { recipients: _, ...ofOne } = counts;
    expect(told[0]).toMatchObject({ ...ofOne, firstSeen: iso(START), lastSeen: iso(START + 1) });
  });

  it('has its backends by name and role, each with its lists sorted', () => {
    const one = {
      ...{ ...backend('b.example', START), hosts: ['z.b.example', 'a.b.example'], through: ['z:1', 'a:1'] },
      ...{ nameFrom: ['sni', 'dns-other', 'dns', 'http'] as const, role: 'update' as const, outerName: true },
    };
    const device = seen(A, ({ backends }) => {
      backends.set('1', { ...one, nameFrom: [...one.nameFrom] });
      backends.set('2', { ...backend('b.example', START), role: 'cloud', nameFrom: ['dns-other', 'dns-other'] });
      backends.set('3', { ...backend('a.example', START), nameFrom: [] });
    });
    const told = reported(device).backends;
    expect(told.map(({ name, nameFrom, otherDevice, role }) => [name, role, nameFrom, otherDevice])).toEqual([
      ['a.example', 'cloud', [], false],
      ['b.example', 'cloud', ['dns'], true],
      ['b.example', 'update', ['dns', 'http', 'sni'], false],
    ]);
    expect(told[2]).toEqual({
      ...{ name: 'b.example', role: 'update', roleFrom: null, note: null, hosts: ['a.b.example', 'z.b.example'] },
      ...{ nameFrom: ['dns', 'http', 'sni'], through: ['a:1', 'z:1'], otherDevice: false, outerName: true },
      ...{ shared: false, connections: 7, bytesUp: 9_000_000_000, bytesDown: 1 },
      ...{ firstSeen: iso(one.firstSeen), lastSeen: iso(START) },
    });
  });

  it('behind another says which, by that one’s own name or by none', () => {
    const device = seen(B, ({ path }) => {
      path.behind = A;
      path.kind = 'router';
    });
    expect(reported(device).behind).toEqual({ mac: A, name: null, kind: 'router' });
    const carrier = seen(A);
    expect(reported(device).behind).toEqual({ mac: A, name: null, kind: 'router' });
    carrier.label = 'Attic';
    expect(reported(device).behind).toEqual({ mac: A, name: 'Attic', kind: 'router' });
  });
});

describe('an incident', () => {
  it('has each time where there is one', () => {
    const full = incident('i', {
      ...{ startedAt: NOW, lastAt: NOW + 1, acknowledgedAt: NOW + 2, resolvedAt: NOW + 3, watchUntil: NOW + 4 },
    });
    const { before, ...told } = reportIncident(english, full);
    const { before: _, portClass: __, ...same } = full;
    expect(told).toEqual({
      ...same,
      ...{ startedAt: iso(NOW), lastAt: iso(NOW + 1), acknowledgedAt: iso(NOW + 2), resolvedAt: iso(NOW + 3) },
      watchUntil: iso(NOW + 4),
    });
    expect(before).toEqual(full.before.map((event) => reportTimeline(english, event)));
    const { acknowledgedAt, resolvedAt, watchUntil } = reportIncident(english, incident('j'));
    expect([acknowledgedAt, resolvedAt, watchUntil]).toEqual([null, null, null]);
  });

  it('has what happened before in words as well', () => {
    const entry = { time: NOW, kind: 'firmware_download' as const, name: 'fw.example', nameFrom: 'dns-other' as const };
    const rest = { ip: '203.0.113.7', role: 'update' as const, detail: { bytes: 5 } };
    expect(reportTimeline(english, { ...entry, ...rest })).toEqual({
      ...{ ...entry, ...rest, time: iso(NOW), nameFrom: 'dns', text: expect.stringContaining('fw.example') },
    });
  });
});

describe('while packets are lost', () => {
  const loss = (missed: number, samples: number, isCertain = true): LossEstimate => {
    return { percent: null, low: 0, high: 0, missed, samples, isCertain };
  };
  const share = (recent: LossEstimate | undefined, over = {}) =>
    withLoss(finding({ evidence: { a: 1 }, ...over }), () => recent).evidence;

  it.each([
    [loss(0, 100), 1],
    [loss(1, 200), 1],
    [loss(149, 10_000), 1],
    [loss(150, 10_000), 2],
    [loss(1, 3), 33],
    [loss(7, 7), 100],
    [loss(50, 100, false), undefined],
    [undefined, undefined],
  ])('%j a finding says %s percent', (recent, percent) => {
    expect(share(recent)).toStrictEqual(percent === undefined ? { a: 1 } : { a: 1, lossPercent: percent });
  });

  it('only what counts says so, as it begins', () => {
    const counted = [
      ...(['mail_started', 'submission_started', 'mail_lookup', 'exposed', 'port_mapping'] as const),
      ...(['mac_flood', 'symptom', 'backend_new', 'outbreak', 'fleet_warning'] as const),
    ];
    for (const kind of counted) expect(share(loss(1, 2), { kind })).toEqual({ a: 1, lossPercent: 50 });
    for (const kind of ['updates_overdue', 'sensor_blind', 'of_later'])
      expect(share(loss(1, 2), { kind })).toEqual({ a: 1 });
    for (const effect of ['updates', 'state']) expect(share(loss(1, 2), { effect })).toEqual({ a: 1 });
  });

  it('a sentence says how many', () => {
    expect([lossSentence(english, { lossPercent: 3 }), lossSentence(english, {})]).toEqual([
      ...['The capture was losing about 3 % of packets then: counts may be too low.', null],
    ]);
  });
});

it('the least that tells how a sensor does is read beside it: from where it looks, and what began last', () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'a.db');
  const store = Store.open({ path, now: () => NOW });
  expect(readSummary(path)).toEqual({ vantage: null, last: null });
  const told = { severity: 'low', startedAt: NOW, state: 'resolved', summary: 'later' } as const;
  store.save({
    incidents: [
      incident('a', { startedAt: NOW - 1 }),
      incident('b', told),
      incident('c', { startedAt: NOW + 1, severity: 'info' }),
    ],
    meta: { vantage: 'lan-one-way' },
    durable: false,
  });
  expect(readSummary(path)).toEqual({ vantage: 'lan-one-way', last: told });
  store.save({ meta: { vantage: 'from the moon' }, durable: false });
  expect(readSummary(path).vantage).toBeNull();
  store.close();
  expect(() => readSummary(join(directory, 'none'))).toThrow();
  rmSync(directory, { recursive: true });
});
