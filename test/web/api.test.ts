// The JSON API: its shapes, its pages, the orders it takes, and a support bundle that names nobody.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandSchema } from '../../web/api.ts';
import { type MemoryHome, troubledHome } from '../support/page-model.ts';
import { CAMERA, DAY, HOSTILE_NAME, mailIncident } from '../support/sample-home.ts';
import { type Answer, type RunningWeb, startWeb } from '../support/web-client.ts';

let running: RunningWeb;
let home: MemoryHome;
let cookie: string;

beforeEach(async () => {
  home = troubledHome(Date.now());
  running = await startWeb(home);
  cookie = await running.pair();
});
afterEach(() => running.close());

const get = (path: string): Promise<Answer> => running.call(path, { cookie });
const order = (body: unknown): Promise<Answer> => running.call('/api/commands', { method: 'POST', cookie, body });

describe('reading', () => {
  it('gives devices in the report’s shape, and a light summary for the list', async () => {
    const full = (await get('/api/devices')).json as { devices: { mac: string; mail: { destinations: unknown[] } }[] };
    expect(full.devices).toHaveLength(14);
    expect(full.devices[0]).toMatchObject({
      mac: CAMERA,
      mail: { attempts: 27 },
      backends: [{ role: 'update' }, {}, {}],
    });
    const light = await get('/api/devices?view=summary');
    expect((light.json as { devices: unknown[] }).devices[0]).toMatchObject({
      mac: CAMERA,
      address: '192.168.1.1',
      mailAttempts: 27,
      lastMail: home.devices[0]?.mail.destinations[0]?.lastSeen,
      backends: 3,
    });
    expect(JSON.stringify(light.json)).not.toContain('destinations');
  });

  it('gives one device with its own label, identity, timeline and hours; 404 for a stranger', async () => {
    expect((await get(`/api/devices/${CAMERA.toUpperCase()}`)).json).toMatchObject({
      mac: CAMERA,
      label: null,
      identity: {},
      timeline: [{}, {}, {}],
    });
    expect((await get('/api/devices/00:00:00:00:00:00')).status).toBe(404);
  });

  it('pages through incidents without losing or repeating one, and filters by state', async () => {
    const now = Date.now();
    home.incidents.push(
      ...Array.from({ length: 120 }, (_, index) => ({
        ...mailIncident(now, `old-${index}`),
        state: 'resolved' as const,
        lastAt: new Date(now - index * DAY).toISOString(),
      })),
    );
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = (await get(`/api/incidents?limit=50${next ? `&before=${next}` : ''}`)).json as {
        incidents: { id: string }[];
        next: string | null;
      };
      seen.push(...page.incidents.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toHaveLength(121);
    expect(new Set(seen).size).toBe(121);
    const open = (await get('/api/incidents?states=open,acknowledged')).json as { incidents: unknown[]; next: null };
    expect([open.incidents.length, open.next]).toEqual([1, null]);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'states=all', 'limit=1&limit=2']) {
      expect([query, (await get(`/api/incidents?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('gives the rest: one incident, its preview, expectations, hours, a note, the log, health with the page’s counters', async () => {
    const id = 'a1b2c3d4e5f6a7b8';
    expect((await get(`/api/incidents/${id}`)).json).toMatchObject({
      id,
      before: [{}, {}, {}],
      frames: { kept: 64, seen: 412 },
    });
    const destinations = ['mx1.mail.example', 'mx.other.example', '192.0.2.25'];
    expect((await get(`/api/incidents/${id}/preview`)).json).toEqual({
      covers: 'mail',
      targets: destinations.map((destination) => ({ destination, port: 25 })),
      destinations,
      ports: [25],
      wouldHaveHidden: 27,
    });
    expect((await get('/api/incidents/none/preview')).status).toBe(404);
    expect((await get('/api/expectations')).json).toEqual({ expectations: [] });
    expect((await get('/api/activity')).json).toMatchObject({
      activity: expect.arrayContaining([expect.objectContaining({ connections: expect.any(Number) })]),
    });
    expect((await get('/api/notes/example-camera')).json).toMatchObject({ title: 'Example cameras', general: false });
    expect((await get('/api/notes/..%2f..%2fetc')).status).toBe(404);
    expect((await get('/api/mirrors/..%2f..%2fetc')).status).toBe(404);
    expect((await get('/api/log')).json).toEqual({ lines: home.log });
    expect((await get('/api/health')).json).toMatchObject({
      vantage: 'lan-both-ways',
      now: running.clock.now,
      web: { openPages: 0, wrongTokens: 0 },
    });
    expect((await get('/api/nothing')).status).toBe(404);
  });
});

describe('evidence', () => {
  const path = '/api/incidents/a1b2c3d4e5f6a7b8/evidence';

  it('is a capture and a report to save under ASCII names', async () => {
    const capture = await get(`${path}.pcap`);
    expect(capture.headers).toMatchObject({
      'content-type': 'application/vnd.tcpdump.pcap',
      'content-disposition': 'attachment; filename="thingwatch-a1b2c3d4e5f6a7b8.pcap"',
    });
    const report = await get(`${path}.txt`);
    expect(report.text).toBe('REPORT\n');
    expect(report.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename="thingwatch-a1b2c3d4e5f6a7b8.txt"',
    });
  });

  it('is not there for strangers, for unknown incidents, nor without frames', async () => {
    for (const ending of ['pcap', 'txt']) {
      expect((await running.call(`${path}.${ending}`)).status).toBe(401);
      expect((await get(`/api/incidents/none/evidence.${ending}`)).status).toBe(404);
    }
    home.frames = { kept: 0, seen: 0 };
    expect((await get(`${path}.pcap`)).status).toBe(404);
    expect((await get(`${path}.txt`)).status).toBe(200);
  });
});

describe('orders', () => {
  it('are carried out as the page’s and answered with what changed', async () => {
    const expected = await order({ type: 'expect', incident: 'a1b2c3d4e5f6a7b8', until: null });
    expect(expected.json).toEqual({ ok: true, changed: true, expectation: 'expectation-1' });
    expect(home.expectations[0]?.createdBy).toBe('page');
    expect((await order({ type: 'remove_expectation', expectation: 'expectation-1' })).json).toEqual({
      ok: true,
      changed: true,
    });
    expect((await order({ type: 'acknowledge', incident: 'none' })).status).toBe(404);
  });

  it('take names as text: trimmed, bounded, printable', () => {
    const rename = (label: unknown) => commandSchema.safeParse({ type: 'rename', device: CAMERA, label });
    expect(rename('  Küche 🎥 ').data).toEqual({ type: 'rename', device: CAMERA, label: 'Küche 🎥' });
    expect(rename('  ').data).toMatchObject({ label: null });
    expect(rename(null).data).toMatchObject({ label: null });
    expect(rename(HOSTILE_NAME).success).toBe(true);
    for (const bad of ['x'.repeat(65), 'a\nb', 'a\u0000b', 'a\u202eb', 7, undefined])
      expect(rename(bad).success).toBe(false);
  });

  it('never cover everything: each names its incident or device', () => {
    for (const bad of [
      { type: 'expect', until: null },
      { type: 'allow_mail', allow: true },
      { type: 'expect', incident: 'x', until: -1 },
      { type: 'forget', device: '*' },
    ]) {
      expect([bad, commandSchema.safeParse(bad).success]).toEqual([bad, false]);
    }
  });
});

describe('the support bundle', () => {
  it('keeps what helps and names no person, no host and no whole MAC', async () => {
    const camera = home.devices[0];
    if (camera) Object.assign(camera, { label: 'Anna’s camera', name: 'Anna’s camera', hostnames: ['annas-cam'] });
    home.log.push(`12:00:03 warn lease: annas-cam (${CAMERA}) moved`, 'Annas-Cam.local said hello from 2001:db8::01');
    const incident = home.incidents[0];
    if (incident) incident.summary = 'Anna’s camera is sending mail.';
    const { text, headers } = await get('/api/support-bundle');
    expect(headers['content-disposition']).toBe('attachment; filename="thingwatch-support.json"');
    for (const secret of [/anna/i, /<img/, /3c:84:6a:10/i, /10:20:01/, /2001:db8::/, /Living room/])
      expect(text).not.toMatch(secret);
    const bundle = JSON.parse(text);
    expect(bundle.incidents[0]).toMatchObject({ kind: 'mail_started', device: '3c:84:6a:xx:xx:xx' });
    expect(bundle.incidents[0]).not.toHaveProperty('summary');
    expect(bundle.devices[0]).toMatchObject({
      mac: '3c:84:6a:xx:xx:xx',
      name: 'device-1',
      vendor: 'Example Electronics',
    });
    expect(bundle.devices[0].mail.destinations[0].name).toBe('mx1.mail.example');
    expect(bundle.log).toContain('12:00:03 warn lease: device-1 (3c:84:6a:xx:xx:xx) moved');
    expect(bundle.health.database.path).toBe('/home/…/state/thingwatch.db');
  });
});
