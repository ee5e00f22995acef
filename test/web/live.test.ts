// The event stream: what changed arrives in order, a page that slept catches up or is told to begin again, and neither
// many pages nor slow ones cost more than their bound.
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIVE_LIMITS } from '../../web/live.ts';
import { type OpenEvents, openEvents } from '../support/event-client.ts';
import { deviceChanged, type MemoryHome, troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

let running: RunningWeb;
let home: MemoryHome;
let cookie: string;
let opened: OpenEvents[] = [];

beforeEach(async () => {
  home = troubledHome(Date.now());
  running = await startWeb(home);
  cookie = await running.pair();
});
afterEach(async () => {
  for (const stream of opened) stream.close();
  opened = [];
  await running.close();
});

async function open(lastEventId?: string, own = cookie): Promise<OpenEvents> {
  const stream = await openEvents(running.port, own, lastEventId);
  opened.push(stream);
  return stream;
}

function incidentHappens(): void {
  const incident = home.incidents[0];
  if (incident) home.announce(incident, 'updated');
}

const ids = (stream: OpenEvents): number[] => stream.events.flatMap(({ id }) => (id === null ? [] : [id]));

describe('an open page', () => {
  it('is greeted with the health and hears of incidents with rising ids', async () => {
    const page = await open();
    expect(page.events[0]).toMatchObject({ name: 'hello', data: { capture: 'running' } });
    incidentHappens();
    incidentHappens();
    await page.until((events) => events.length >= 3);
    expect(page.events.slice(1).map(({ name }) => name)).toEqual(['incident', 'incident']);
    expect(page.events[1]?.data).toMatchObject({ change: 'updated', id: 'a1b2c3d4e5f6a7b8', state: 'open' });
    const seen = ids(page);
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    expect(new Set(seen).size).toBe(3);
  });

  it('hears of a thousand device changes in one event', async () => {
    const page = await open();
    for (let index = 0; index < 1000; index += 1)
      deviceChanged(home, `02:00:00:00:00:${(index % 3).toString().padStart(2, '0')}`);
    await page.until((events) => events.some(({ name }) => name === 'devices'));
    incidentHappens();
    await page.until((events) => events.some(({ name }) => name === 'incident'));
    const devices = page.events.filter(({ name }) => name === 'devices');
    expect(devices.map(({ data }) => data)).toEqual([
      { macs: ['02:00:00:00:00:00', '02:00:00:00:00:01', '02:00:00:00:00:02'] },
    ]);
  });
});

describe('a quiet stream', () => {
  it('is kept alive by heartbeats that carry the health and no id', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await running.close();
    running = await startWeb(home);
    cookie = await running.pair();
    const page = await open();
    home.health.capture = 'failed';
    vi.advanceTimersByTime(LIVE_LIMITS.heartbeatMs);
    await page.until((events) => events.length >= 2);
    expect(page.events[1]).toMatchObject({ name: 'heartbeat', id: null, data: { capture: 'failed' } });
    vi.useRealTimers();
  });
});

describe('a page that slept', () => {
  it('gets exactly what it missed', async () => {
    const before = await open();
    incidentHappens();
    await before.until((events) => events.length >= 2);
    const last = ids(before).at(-1);
    before.close();
    for (let index = 0; index < 5; index += 1) incidentHappens();
    const after = await open(String(last));
    expect(after.events.map(({ name }) => name)).toEqual([...Array(5).fill('incident'), 'hello']);
    expect(ids(after)[0]).toBe((last ?? 0) + 1);
  });

  it('is told to begin again when too much happened, or when the sensor is another one now', async () => {
    const before = await open();
    const last = ids(before).at(-1);
    for (let index = 0; index < LIVE_LIMITS.ring + 1; index += 1) incidentHappens();
    expect((await open(String(last))).events.map(({ name }) => name)).toEqual(['reset', 'hello']);
    for (const foreign of ['1', '999999999999999', 'x', '-1', '1e9']) {
      expect((await open(foreign)).events[0]?.name).toBe('reset');
    }
  });
});

describe('many pages', () => {
  it('are bounded: one browser keeps its newest, and of all the one with most gives way to one that has none', async () => {
    const first = await open();
    for (let index = 0; index < LIVE_LIMITS.pagesPerBrowser; index += 1) await open();
    await first.ended;
    const others = await Promise.all(Array.from({ length: 7 }, (_, index) => running.pair(`phone ${index}`)));
    for (const other of others)
      for (let index = 0; index < LIVE_LIMITS.pagesPerBrowser; index += 1) await open(undefined, other);
    const oneMore = await open(undefined, await running.pair('one more'));
    incidentHappens();
    await oneMore.until((events) => events.some(({ name }) => name === 'incident'));
    await opened[1]?.ended;
    const health = await running.call('/api/health', { cookie });
    expect(health.json).toMatchObject({ web: { openPages: LIVE_LIMITS.pages, refusedPages: 1 } });
  });

  it('that do not read are dropped, the others go on', async () => {
    const reader = await open();
    const sleeper = connect(running.port, '127.0.0.1');
    sleeper.on('error', () => {});
    sleeper.pause();
    sleeper.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`);
    const openPages = async (): Promise<number> =>
      ((await running.call('/api/health', { cookie })).json as { web: { openPages: number } }).web.openPages;
    await expect.poll(openPages).toBe(2);
    let told = 0;
    while ((await openPages()) === 2 && told < 200_000) {
      for (let index = 0; index < 1000; index += 1) incidentHappens();
      told += 1000;
    }
    expect(await openPages()).toBe(1);
    await reader.until((events) => events.filter(({ name }) => name === 'incident').length === told);
    sleeper.destroy();
  });

  it('of a revoked browser end', async () => {
    const page = await open(undefined, await running.pair('Lost phone'));
    const id = running.browsers.list()[1]?.id ?? '';
    await running.call(`/api/browsers/${id}`, { method: 'DELETE', cookie });
    await page.ended;
    expect((await running.call('/api/health', { cookie })).json).toMatchObject({ web: { openPages: 0 } });
  });
});
