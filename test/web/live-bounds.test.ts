// The event stream to the byte and to the number: what is written, what a page that comes back is given, who gives way.

import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import express, { type Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { english } from '../../sensor/language/words.ts';
import { newRecordEvents } from '../../sensor/record/events.ts';
import { Live } from '../../web/live.ts';
import type { HealthAnswer } from '../../web/shapes.ts';
import { type OpenEvents, openEvents } from '../support/event-client.ts';
import { newMemoryHome } from '../support/page-model.ts';
import { mailIncident, quietHealth } from '../support/sample-home.ts';

/** However busy the machine is. */
const SOON = { timeout: 10_000 };

const NOW = 1_767_607_200_000;
const NO_WEB = { openPages: 0, wrongTokens: 0, slowedTokens: 0, refusedHosts: 0, refusedOrigins: 0, refusedPages: 0 };

let events: ReturnType<typeof newRecordEvents>;
let health: HealthAnswer;
let asked: number;
let live: Live;
let server: Server;
/** The answers under the streams, in the order they were opened. */
let responses: Response[];
let opened: OpenEvents[];

beforeEach(async () => {
  events = newRecordEvents();
  health = { ...quietHealth(NOW), now: NOW, web: { ...NO_WEB, refusedStrangers: 0 } };
  asked = 0;
  const answer = (): HealthAnswer => {
    asked += 1;
    return health;
  };
  live = new Live({ events, health: answer, clock: () => NOW });
  responses = [];
  opened = [];
  const app = express();
  // The cookie stands for the browser.
  app.get('/api/events', (incoming, response) => {
    responses.push(response);
    live.open(response, incoming.headers.cookie ?? '', incoming.get('last-event-id'), english);
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  live.start();
});
afterEach(async () => {
  vi.useRealTimers();
  live.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = () => (server.address() as AddressInfo).port;
async function open(browser: string, lastEventId?: string): Promise<OpenEvents> {
  const stream = await openEvents(port(), browser, lastEventId);
  opened.push(stream);
  return stream;
}
/** Which streams have ended, by their order. */
const ended = () => responses.flatMap(({ destroyed }, index) => (destroyed ? [index] : []));
const happens = (times = 1) => {
  for (let index = 0; index < times; index += 1) events.emit('expectations');
};
const told = ({ events: heard }: OpenEvents) => heard.map(({ id, name }) => [id === null ? null : id - NOW, name]);

describe('what is written', () => {
  /** The first words of a stream as they came. */
  async function firstWords(lastEventId: string): Promise<{ headers: object; text: string }> {
    const headers = { Cookie: 'phone', 'Last-Event-ID': lastEventId };
    const outgoing = request({ host: '127.0.0.1', port: port(), path: '/api/events', headers, agent: false }).end();
    const [incoming] = await once(outgoing, 'response');
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text, SOON).toMatch(/hello.*\n\n$/s);
    outgoing.destroy();
    return { headers: { status: incoming.statusCode, ...incoming.headers }, text };
  }

  it('is a stream that nobody keeps or gathers, and begins with what was missed', async () => {
    const hello = `event: hello\ndata: ${JSON.stringify(health)}\n\n`;
    const fresh = await firstWords('');
    expect(fresh.text).toBe(`id: ${NOW}\n${hello}`);
    expect(fresh.headers).toMatchObject({
      status: 200,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    happens();
    expect((await firstWords(String(NOW))).text).toBe(
      `id: ${NOW + 1}\nevent: expectations\ndata: {}\n\nid: ${NOW + 1}\n${hello}`,
    );
    expect((await firstWords('another')).text).toBe(
      `id: ${NOW + 1}\nevent: reset\ndata: {}\n\nid: ${NOW + 1}\n${hello}`,
    );
  });

  it('of each thing that happens is its own event, of an incident what a list shows', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const page = await open('phone');
    const home = newMemoryHome(NOW, []);
    home.events.on('incident', (event) => events.emit('incident', event));
    home.announce(mailIncident(NOW), 'escalated');
    happens();
    events.emit('forgotten', '02:00:00:00:00:01');
    vi.advanceTimersByTime(1000);
    health = { ...health, vantage: 'nothing' };
    events.emit('vantage');
    health = { ...health, capture: 'failed' };
    events.emit('storage');
    await page.until((heard) => heard.length >= 6);
    const { id, kind, severity, state, device } = mailIncident(NOW);
    const { capture: _, ...before } = JSON.parse(JSON.stringify(health));
    expect(page.events.slice(1)).toEqual([
      { id: NOW + 1, name: 'incident', data: { change: 'escalated', id, kind, severity, state, device } },
      { id: NOW + 2, name: 'expectations', data: {} },
      { id: NOW + 3, name: 'devices', data: { macs: ['02:00:00:00:00:01'] } },
      { id: null, name: 'heartbeat', data: { ...before, capture: 'running' } },
      { id: null, name: 'heartbeat', data: { ...before, capture: 'failed' } },
    ]);
  });

  it('of devices is gathered for a second: their addresses, or that there are more than a hundred', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const page = await open('phone');
    const change = (count: number) =>
      Array.from({ length: count }, (_, index) => {
        const mac = `02:00:00:00:00:${(index + 16).toString(16)}`;
        events.emit('device', newDevice(mac, NOW));
        return mac;
      });
    const hundred = change(100);
    change(100);
    vi.advanceTimersByTime(999);
    happens();
    vi.advanceTimersByTime(1);
    change(101);
    vi.advanceTimersByTime(1000);
    const one = change(1);
    vi.advanceTimersByTime(1000);
    vi.advanceTimersByTime(5000);
    happens();
    await page.until((heard) => heard.length >= 6);
    expect(page.events.slice(1).map(({ name, data }) => [name, data])).toEqual([
      ['expectations', {}],
      ['devices', { macs: hundred }],
      ['devices', { all: true }],
      ['devices', { macs: one }],
      ['expectations', {}],
    ]);
  });

  it('when nothing happens is a heartbeat each fifteen seconds, where anybody listens', async () => {
    live.stop();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    live.start();
    vi.advanceTimersByTime(60_000);
    expect(asked).toBe(0);
    const page = await open('phone');
    vi.advanceTimersByTime(14_999);
    happens();
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(15_000);
    await page.until((heard) => heard.length >= 4);
    expect(told(page)).toEqual([
      [0, 'hello'],
      [1, 'expectations'],
      [null, 'heartbeat'],
      [null, 'heartbeat'],
    ]);
  });
});

describe('a page that comes back', () => {
  const [reset, hello] = ['reset', 'hello'];
  const names = async (lastEventId: string) => (await open('phone', lastEventId)).events.map(({ name }) => name);

  it.each<[string, string[]]>([
    ['-1', [reset, hello]],
    ['+0', [hello]],
    ['+1', [reset, hello]],
  ])('with the id %s of the start of a sensor where nothing happened yet', async (more, expected) => {
    expect(await names(String(NOW + Number(more)))).toEqual(expected);
  });

  it.each<[string, string[]]>([
    [String(NOW - 1), [reset, hello]],
    [String(NOW), ['expectations', 'expectations', 'expectations', hello]],
    [String(NOW + 2), ['expectations', hello]],
    [String(NOW + 3), [hello]],
    [String(NOW + 4), [reset, hello]],
    [`${NOW + 2}.0`, [reset, hello]],
    [`${NOW + 2}`.padStart(15, '0'), ['expectations', hello]],
    [`${NOW + 2}`.padStart(16, '0'), [reset, hello]],
    [`+${NOW + 2}`, [reset, hello]],
  ])('with the id %s after three events', async (lastEventId, expected) => {
    happens(3);
    expect(await names(lastEventId)).toEqual(expected);
  });

  it('is given 512 events, or told to begin again where it missed more', async () => {
    happens(512);
    expect(told(await open('phone', String(NOW)))).toEqual([
      ...Array.from({ length: 512 }, (_, index) => [index + 1, 'expectations']),
      [512, hello],
    ]);
    happens();
    expect(await names(String(NOW))).toEqual([reset, hello]);
    expect(await names(String(NOW + 1))).toHaveLength(513);
  });
});

describe('who gives way', () => {
  it('of one browser the oldest to the ninth, and nobody else', async () => {
    await open('tablet');
    for (let index = 0; index < 8; index += 1) await open('phone');
    expect([ended(), live.pages]).toEqual([[], 9]);
    await open('phone');
    expect([ended(), live.pages, live.gaveWay]).toEqual([[1], 9, 0]);
  });

  it('of all the oldest of who has most to the 65th; one that left makes room', async () => {
    await open('alone');
    for (let index = 0; index < 63; index += 1) await open(`phone ${Math.floor(index / 8)}`);
    expect([ended(), live.pages, live.gaveWay]).toEqual([[], 64, 0]);
    opened[63]?.close();
    await expect.poll(() => live.pages, SOON).toBe(63);
    await open('one more');
    expect([ended(), live.gaveWay]).toEqual([[63], 0]);
    await open('another');
    expect([ended(), live.pages, live.gaveWay]).toEqual([[1, 63], 64, 1]);
    await open('and another');
    expect([live.pages, live.gaveWay]).toEqual([64, 2]);
  });

  it('a browser that was revoked with all of its streams, the others stay', async () => {
    for (const browser of ['lost', 'kept', 'lost']) await open(browser);
    live.dropBrowser('lost');
    expect([ended(), live.pages]).toEqual([[0, 2], 1]);
  });

  it('one whose answer breaks', async () => {
    await open('phone');
    responses[0]?.emit('error', new Error('broken pipe'));
    expect([ended(), live.pages]).toEqual([[0], 0]);
  });

  it('one that does not read, as soon as more than 256 KiB wait for it', async () => {
    health = { ...health, blindSpots: ['x'.repeat(16_384)] };
    const slow = request({ host: '127.0.0.1', port: port(), path: '/api/events', agent: false }).end();
    slow.on('error', () => {});
    const [incoming] = await once(slow, 'response');
    incoming.on('error', () => {}).pause();
    let waiting = 0;
    for (let beats = 0; live.pages === 1 && beats < 5000; beats += 1) {
      waiting = responses[0]?.writableLength ?? 0;
      events.emit('vantage');
      await setImmediate();
    }
    expect([ended(), live.pages]).toEqual([[0], 0]);
    expect(waiting).toBeGreaterThan((256 - 32) * 1024);
    expect(waiting).toBeLessThanOrEqual(256 * 1024);
    slow.destroy();
  });
});

describe('when the page’s server stops', () => {
  it('every stream ends, and nothing is heard or planned any more', async () => {
    live.stop();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    live.start();
    expect([vi.getTimerCount(), events.eventNames().length]).toEqual([1, 7]);
    await open('phone');
    await open('tablet');
    events.emit('forgotten', '02:00:00:00:00:01');
    expect(vi.getTimerCount()).toBe(2);
    live.stop();
    expect([ended(), live.pages]).toEqual([[0, 1], 0]);
    expect([vi.getTimerCount(), events.eventNames()]).toEqual([0, []]);
  });
});
