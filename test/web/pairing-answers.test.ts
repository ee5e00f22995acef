// What the API answers to who pairs, unpairs and listens, told whole: words, headers and what is kept.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEvents } from '../support/event-client.ts';
import { type MemoryHome, newMemoryHome } from '../support/page-model.ts';
import { DAY } from '../support/sample-home.ts';
import { type Answer, type RunningWeb, startWeb, tokenOf } from '../support/web-client.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const NOTHING = { error: { code: 'not_found', message: 'There is no such thing here.' } };
const iso = (time: number): string => new Date(time).toISOString();

let home: MemoryHome;
let running: RunningWeb;
let cookie: string;

beforeEach(async () => {
  home = newMemoryHome(NOW, []);
  running = await startWeb(home);
  running.clock.now = NOW;
  cookie = await running.pair('Phone');
});
afterEach(() => running.close());

const get = (path: string): Promise<Answer> => running.call(path, { cookie });
const post = (path: string) => running.call(path, { method: 'POST', cookie });
const said = ({ json, status }: Answer) => [status, json];
const refused = (status: number, code: string, message: string) => [status, { error: { code, message } }];

describe('paired browsers', () => {
  const views = async () => (await get('/api/browsers')).json as { browsers: { id: string; name: string }[] };
  const idOf = async (name: string) => (await views()).browsers.find((one) => one.name === name)?.id;

  it('are listed with when they came and were seen, and which of them asks', async () => {
    running.clock.now = NOW + 2 * DAY;
    await running.pair('Tablet');
    await get('/api/log');
    const [phone, tablet] = running.browsers.list();
    expect(await views()).toEqual({
      browsers: [
        { id: phone?.id, name: 'Phone', createdAt: iso(NOW), lastSeenAt: iso(NOW + 2 * DAY), current: true },
        {
          id: tablet?.id,
          name: 'Tablet',
          createdAt: iso(NOW + 2 * DAY),
          lastSeenAt: iso(NOW + 2 * DAY),
          current: false,
        },
      ],
    });
  });

  it('one that is removed is out, its streams end, and removing it twice finds nothing', async () => {
    const lost = await running.pair('Lost');
    const stream = await openEvents(running.port, lost);
    const path = `/api/browsers/${await idOf('Lost')}`;
    expect(said(await running.call(path, { method: 'DELETE', cookie }))).toEqual([200, { ok: true }]);
    await stream.ended;
    expect(said(await running.call(path, { method: 'DELETE', cookie }))).toEqual([404, NOTHING]);
    expect(running.browsers.list()).toHaveLength(1);
  });

  it('that leaves takes its cookie and its streams along', async () => {
    const stream = await openEvents(running.port, cookie);
    const left = await post('/api/unpair');
    expect([...said(left), left.headers['set-cookie']]).toEqual([
      ...[200, { ok: true }],
      ['thingwatch_browser=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'],
    ]);
    await stream.ended;
    expect(running.browsers.list()).toEqual([]);
  });
});

describe('pairing', () => {
  const pair = (body: unknown) => running.call('/api/pair', { method: 'POST', body });

  it('answers in words, whichever way it ends', async () => {
    const good = tokenOf(running.web);
    expect(said(await pair({ token: good, name: ' Tablet ' }))).toEqual([200, { ok: true }]);
    expect(running.browsers.list().map(({ name }) => name)).toEqual(['Phone', 'Tablet']);
    const wrong = 'This link was used already or is older than ten minutes. Make a new one.';
    expect(said(await pair({ token: good, name: '' }))).toEqual(refused(401, 'wrong_token', wrong));
    running.clock.now += 1;
    await pair({ token: 'x' });
    running.clock.now += 498;
    const slow = await pair({ token: 'x' });
    const wait = 'Too many wrong links from here. Wait a little and try again.';
    expect([slow.headers['retry-after'], ...said(slow)]).toEqual(['1', ...refused(429, 'slow_down', wait)]);
  });

  it('says for how many seconds to wait, rounded up', async () => {
    const waits: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      await pair({ token: 'x' });
      waits.push((await pair({ token: 'x' })).headers['retry-after']);
      running.clock.now += 60_000;
    }
    expect(waits).toEqual(['1', '1', '2']);
  });

  it('without a name is of a browser, and takes names and tokens within bounds', async () => {
    for (const [more, isTaken] of [
      [{}, true],
      [{ name: '' }, true],
      [{ name: 'x'.repeat(65) }, false],
      [{ name: 'x', extra: 1 }, false],
    ] as const)
      expect([more, (await pair({ token: tokenOf(running.web), ...more })).status]).toEqual([
        more,
        isTaken ? 200 : 400,
      ]);
    expect(running.browsers.list().map(({ name }) => name)).toEqual(['Phone', 'Browser', 'Browser']);
    expect(said(await pair({ token: '' }))).toEqual(refused(400, 'bad_request', 'Not understood: token.'));
    expect((await pair({ token: 'x'.repeat(129) })).status).toBe(400);
    expect((await pair({ token: 'x'.repeat(128) })).status).toBe(401);
    running.clock.now += 60_000;
    expect((await pair({ token: 'x' })).status).toBe(401);
  });

  it('is over when sixty-four are paired', async () => {
    const [known] = running.browsers.list();
    if (known) for (let index = 1; index < 64; index += 1) running.browsers.add({ ...known, id: String(index) });
    const full = 'Too many browsers are paired. Remove one on a paired browser first.';
    expect(said(await pair({ token: tokenOf(running.web) }))).toEqual(refused(409, 'too_many_browsers', full));
  });

  it('links for another phone come with a drawing, and last ten minutes', async () => {
    const { json, status } = await post('/api/pairing-links');
    const view = json as { link: string; qrSvg: string };
    expect([status, view]).toEqual([
      200,
      {
        link: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#\/pair\/[\w-]{32}$/),
        expiresAt: iso(NOW + 10 * 60_000),
        qrSvg: expect.stringMatching(/^<svg .*<\/svg>\n$/s),
        loopbackOnly: true,
      },
    ]);
    // With the margin that cameras need.
    expect(view.qrSvg).toMatch(/stroke="#000000" d="M2 2\.5h7/);
  });
});

describe('the event stream', () => {
  it('goes on from an id in the header or, for who cannot set one, in the address', async () => {
    const happens = () => home.events.emit('expectations');
    happens();
    happens();
    const names = async (path: string, header?: string) => {
      const { close, events } = await openEvents(running.port, cookie, header, path);
      close();
      return events.map(({ name }) => name);
    };
    const started = Number((await openEvents(running.port, cookie)).events[0]?.id) - 2;
    expect(await names('/api/events')).toEqual(['hello']);
    expect(await names(`/api/events?lastEventId=${started + 1}`)).toEqual(['expectations', 'hello']);
    expect(await names(`/api/events?lastEventId=${started + 1}`, String(started))).toEqual([
      ...['expectations', 'expectations', 'hello'],
    ]);
    expect(await names('/api/events?lastEventId=1&lastEventId=2')).toEqual(['hello']);
  });
});
