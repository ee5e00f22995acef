// What the API tells of a fleet: each record as it travels, every one once, newest first; and nothing where the sensor reports to nobody.
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetRecord } from '../../sensor/fleet/record.ts';
import type { FleetReport } from '../../web/ports.ts';
import type { FleetRecordPage } from '../../web/shapes.ts';
import { sampleRecords, sampleReport } from '../support/fleet-report.ts';
import { newMemoryHome } from '../support/page-model.ts';
import { CAMERA, camera, plainDevice } from '../support/sample-home.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const KINDS = ['incident', 'coverage', 'usage'] as const;

let running: RunningWeb;
afterEach(() => running.close());

async function start(report: FleetReport | null): Promise<(path: string) => Promise<[status: number, json: unknown]>> {
  const devices = [{ ...camera(NOW), isPrivate: true }, plainDevice('3c:84:6a:10:20:11', 'Fridge', NOW)];
  running = await startWeb(newMemoryHome(NOW, devices), { fleet: () => report });
  const cookie = await running.pair();
  return async (path) => {
    const { json, status } = await running.call(path, { cookie });
    return [status, json];
  };
}

/** All of a kind, page by page, and how many pages that took. */
async function pages(get: Awaited<ReturnType<typeof start>>, kind: string, limit: number): Promise<FleetRecord[][]> {
  const all: FleetRecord[][] = [];
  for (let after: string | null = ''; after !== null; ) {
    const query = `kind=${kind}&limit=${limit}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const [status, json] = await get(`/api/fleet/records?${query}`);
    expect(status).toBe(200);
    const page = json as FleetRecordPage;
    all.push(page.records);
    after = page.next;
  }
  return all;
}

describe('a home in a fleet', () => {
  it('is told to whom it reports, how much, what families are called, and what is private', async () => {
    const get = await start(sampleReport(NOW));
    const octets = sampleRecords(NOW).reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)), 0);
    expect(await get('/api/fleet')).toEqual([
      200,
      {
        ...{ fleet: 'Seaside club', home: 'h0a1b2c3d4e5f6g7', octets, counts: { incident: 3, coverage: 8, usage: 24 } },
        hosts: ['one.fleet.example:8883', 'two.fleet.example:8883'],
        families: { 'example-camera': 'Example cameras' },
        privates: [{ mac: CAMERA, name: 'Hallway camera' }],
      },
    ]);
  });

  it('sees each record once and unchanged, newest first, whatever the size of a page', async () => {
    const get = await start(sampleReport(NOW));
    const records = sampleRecords(NOW);
    const byId = (a: FleetRecord, b: FleetRecord) => (a.id < b.id ? -1 : 1);
    for (const limit of [1, 5, 200]) {
      const seen: FleetRecord[] = [];
      for (const kind of KINDS) {
        const found = await pages(get, kind, limit);
        expect(found.every((page) => page.length <= limit)).toBe(true);
        const times = found.flat().map(({ body }) => ('lastAt' in body ? body.lastAt : 'day' in body ? body.day : ''));
        expect([kind, times]).toEqual([kind, times.toSorted().reverse()]);
        seen.push(...found.flat());
      }
      expect(seen.toSorted(byId)).toEqual(records.toSorted(byId));
    }
  });

  it('is asked within bounds', async () => {
    const get = await start(sampleReport(NOW));
    const refused = (where: string) => [400, { error: { code: 'bad_request', message: `Not understood: ${where}.` } }];
    expect(await get('/api/fleet/records')).toEqual(refused('kind'));
    expect(await get('/api/fleet/records?kind=withdrawal')).toEqual(refused('kind'));
    for (const limit of ['0', '201', 'x', '1.5'])
      expect(await get(`/api/fleet/records?kind=usage&limit=${limit}`)).toEqual(refused('limit'));
    expect(await get(`/api/fleet/records?kind=usage&after=${'x'.repeat(129)}`)).toEqual(refused('after'));
    // What is there no more begins at the newest.
    const [[newest], again] = [
      await pages(get, 'incident', 2),
      await get('/api/fleet/records?kind=incident&limit=2&after=x'),
    ];
    expect(again).toMatchObject([200, { records: newest }]);
  });

  it('with nothing to tell is told so', async () => {
    const get = await start(sampleReport(NOW, []));
    expect(await get('/api/fleet')).toMatchObject([
      200,
      { counts: { incident: 0, coverage: 0, usage: 0 }, octets: 0, families: {} },
    ]);
    expect(await get('/api/fleet/records?kind=coverage')).toEqual([200, { records: [], next: null }]);
  });
});

it('a home in none finds nothing there', async () => {
  const get = await start(null);
  const nothing = [404, { error: { code: 'not_found', message: 'This sensor reports to no fleet.' } }];
  expect([await get('/api/fleet'), await get('/api/fleet/records?kind=usage')]).toEqual([nothing, nothing]);
});
