// What a small home reports to its fleet, a record of each form: for the page and its API, without a sensor behind them.
import { type FleetRecord, fleetRecord } from '../../sensor/fleet/record.ts';
import type { FleetHealth } from '../../sensor/record/health.ts';
import type { FleetReport } from '../../web/ports.ts';
import { DAY, HOUR } from './sample-home.ts';

const schema = 'thingwatch.fleet/1';
const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;
const date = (time: number): string => new Date(time).toISOString().slice(0, 10);
const hash = (n: number): string => n.toString(16).padStart(16, '0');

/** In the order of `thingwatch fleet preview`; each is one by its schema. `days`: of which coverage and use are told. */
export function sampleRecords(now: number, days = 8): FleetRecord[] {
  const camera = { hash: 'c0ffee0123456789', family: 'example-camera', vendor: 'Example Electronics', class: 'thing' };
  const step = (hours: number, backend: string, role: string, kind: string, bytesDown: number | null) => ({
    ...{ backend, role, step: kind, at: minute(now - hours * HOUR), bytesDown },
  });
  const incidents = [
    {
      ...{ incident: hash(1), incidentKind: 'mail_started', severity: 'critical', device: camera },
      ...{ startedAt: minute(now - 9 * HOUR), lastAt: minute(now - HOUR) },
      mail: { attempts: 27, connected: 12, refused: 3, unanswered: 12, messages: 9 },
      before: [
        step(10, 'plugins.camera.net', 'store', 'store_download', 2_400_000),
        step(11, 'updates-of-a-vendor-with-a-long-name.com', 'update', 'firmware_download', 34_000_000),
        step(12, '192.0.2.66', 'unknown', 'first_contact', null),
      ],
    },
    {
      ...{ incident: hash(2), incidentKind: 'sensor_blind', severity: 'low', device: null, mail: null, before: [] },
      ...{ startedAt: minute(now - 30 * HOUR), lastAt: minute(now - 30 * HOUR) },
    },
    {
      ...{ incident: hash(3), incidentKind: 'mail_lookup', severity: 'info', device: null, mail: null, before: [] },
      ...{ startedAt: minute(now - 40 * HOUR), lastAt: minute(now - 39 * HOUR) },
    },
  ];
  const dates = Array.from({ length: days }, (_, n) => date(now - (days - n) * DAY));
  const used = (...backends: [backend: string, role: string, devices: number][]) =>
    backends.map(([backend, role, devices]) => ({ backend, role, devices }));
  const usage = (day: string) => [
    {
      ...{ day, family: 'example-camera', vendor: 'Example Electronics', class: 'thing', devices: 2 },
      backends: used(['camera.net', 'update', 2], ['plugins.camera.net', 'store', 1], ['192.0.2.66', 'unknown', 1]),
    },
    { ...{ day, family: null, vendor: null, class: 'general-purpose', devices: 3 }, backends: [] },
    { ...{ day, family: null, vendor: 'Gone Ltd', class: 'infrastructure', devices: 0 }, backends: [] },
  ];
  const records = [
    ...incidents.map((body) => ({ id: `incident:${body.incident}`, kind: 'incident', body })),
    ...dates.map((day, n) => ({
      ...{ id: `coverage:${day}`, kind: 'coverage' },
      body: {
        ...{ day, vantage: n === 0 ? 'lan-one-way' : 'lan-both-ways', hoursSeen: n === 0 ? 3.5 : 24 },
        ...{ lossPercent: n === 0 ? null : 0.2, version: '0.1.0' },
      },
    })),
    ...dates.flatMap((day) =>
      usage(day).map((body, n) => ({ id: `usage:${day}:${hash(n).slice(-8)}`, kind: 'usage', body })),
    ),
  ];
  return records.map((record, n) => fleetRecord.parse({ schema, revision: n, ...record }));
}

export function sampleReport(now: number, records = sampleRecords(now)): FleetReport {
  return {
    ...{ fleet: 'Seaside club', home: 'h0a1b2c3d4e5f6g7', hosts: ['one.fleet.example:8883', 'two.fleet.example:8883'] },
    records: () => records,
  };
}

export function fleetHealth(now: number): FleetHealth {
  return {
    ...{ name: 'Seaside club', connected: true, error: null, waiting: 0, dropped: 0 },
    lastTakenAt: now - HOUR,
    warnings: { held: 0, refused: {} },
  };
}
