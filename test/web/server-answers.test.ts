// The server's answers around the API, told whole: headers, refusals with their words and counts, where the page is found.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type Server as HttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { lanAddress } from '../../web/listen.ts';
import type { WebServerOptions } from '../../web/server.ts';
import { openEvents } from '../support/event-client.ts';
import { troubledHome } from '../support/page-model.ts';
import { type Answer, type CallOptions, type RunningWeb, startWeb, tokenOf } from '../support/web-client.ts';

/** However busy the machine is. */
const SOON = { timeout: 10_000 };

let running: RunningWeb | null = null;
const start = async (options: Partial<WebServerOptions> = {}): Promise<RunningWeb> => {
  running = await startWeb(troubledHome(Date.now()), options);
  return running;
};
afterEach(async () => {
  await running?.close();
  running = null;
});

const said = ({ json, status }: Answer) => [status, json];
const refused = (status: number, code: string, message: string) => [status, { error: { code, message } }];
const FOREIGN_HOST = refused(
  403,
  'foreign_host',
  'This sensor does not answer to that name. Add it to web.host_names.',
);
const FOREIGN_ORIGIN = refused(403, 'foreign_origin', 'Requests from other sites are refused.');
const NOT_PAIRED = refused(401, 'not_paired', 'This browser is not paired with the sensor.');
const NOT_FOUND = refused(404, 'not_found', 'There is no such thing here.');
const SLOW_DOWN = refused(429, 'slow_down', 'Too many requests from here. Wait a little and try again.');
const BAD = refused(400, 'bad_request', 'The request was not understood.');
const webOf = async (web: RunningWeb, cookie: string) => {
  const { json } = await web.call('/api/health', { cookie });
  return (json as { web: Record<string, number> }).web;
};

it('headers are those of a page that runs its own code alone, on every answer', async () => {
  const web = await start();
  const cookie = await web.pair();
  const policy = [
    ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
    ["manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"],
  ];
  const expected = {
    'content-security-policy': policy.flat().join(';'),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
  const answers: [string, CallOptions, string | undefined][] = [
    ['/', {}, 'no-cache'],
    ['/nothing', {}, undefined],
    ['/', { headers: { Host: 'attacker.example' } }, undefined],
    ['/api/log', { cookie }, 'no-store'],
    ['/api/log', {}, 'no-store'],
    ['/api/log', { headers: { 'Sec-Fetch-Site': 'cross-site' } }, 'no-store'],
  ];
  for (const [path, options, cache] of answers) {
    const { headers } = await web.call(path, options);
    expect([path, headers]).toEqual([path, expect.objectContaining(expected)]);
    expect([path, headers['cache-control']]).toEqual([path, cache]);
    for (const absent of ['x-powered-by', 'strict-transport-security', 'server'])
      expect(headers).not.toHaveProperty(absent);
  }
});

describe('refusals', () => {
  it('are told in words, and counted', async () => {
    const web = await start();
    const cookie = await web.pair();
    const other = { Origin: 'http://attacker.example' };
    const crossSite = { 'Sec-Fetch-Site': 'cross-site' };
    const cases: [string, CallOptions, unknown[]][] = [
      ['/', { headers: { Host: 'attacker.example' } }, FOREIGN_HOST],
      ['/api/log', { cookie, headers: { Host: 'attacker.example' } }, FOREIGN_HOST],
      ['/api/log', { cookie, headers: crossSite }, FOREIGN_ORIGIN],
      ['/api/log', { cookie, headers: { 'Sec-Fetch-Site': 'none' } }, [200, { lines: web.home.log }]],
      ['/api/log', { cookie, headers: other }, [200, { lines: web.home.log }]],
      ['/api/unpair', { method: 'POST', cookie, headers: other }, FOREIGN_ORIGIN],
      ['/api/unpair', { method: 'POST', cookie, headers: { 'Sec-Fetch-Site': 'none' } }, FOREIGN_ORIGIN],
      ['/api/unpair', { method: 'POST' }, NOT_PAIRED],
      ['/api/log', {}, NOT_PAIRED],
      ['/api/nothing', {}, NOT_PAIRED],
      ['/api/pair', {}, NOT_PAIRED],
      ['/api/pair/', { method: 'POST', body: {} }, NOT_PAIRED],
      ['/api/pair', { method: 'POST', body: {} }, refused(400, 'bad_request', 'Not understood: token.')],
      ['/api/nothing', { cookie }, NOT_FOUND],
      ['/nothing', {}, NOT_FOUND],
    ];
    for (const [path, options, answer] of cases)
      expect([path, options, ...said(await web.call(path, options))]).toEqual([path, options, ...answer]);
    const heads = ['none', 'cross-site'].map(async (site) => {
      const headers = { 'Sec-Fetch-Site': site };
      return (await web.call('/api/log', { method: 'HEAD', cookie, headers })).status;
    });
    expect(await Promise.all(heads)).toEqual([200, 403]);
    expect(await webOf(web, cookie)).toEqual({
      ...{ openPages: 0, wrongTokens: 0, slowedTokens: 0, refusedPages: 0, refusedStrangers: 0 },
      ...{ refusedHosts: 2, refusedOrigins: 4 },
    });
  });

  it('of strangers who ask too often come before all else; of those only who wants to pair counts as one who guesses', async () => {
    const web = await start();
    const cookie = await web.pair();
    const stranger = (path: string, method = 'GET') => web.call(path, { method, localAddress: '127.0.0.66' });
    const first = await Promise.all(Array.from({ length: 60 }, () => stranger('/')));
    expect(first.map(({ status }) => status)).toEqual(new Array(60).fill(200));
    const turnedAway = await stranger('/');
    expect([turnedAway.headers['retry-after'], ...said(turnedAway)]).toEqual(['10', ...SLOW_DOWN]);
    for (const [path, method] of [
      ['/api/pair', 'GET'],
      ['/api/unpair', 'POST'],
      ['/api/pair', 'POST'],
      ['/watch/api/pair', 'POST'],
    ] as const)
      expect([path, method, ...said(await stranger(path, method))]).toEqual([path, method, ...SLOW_DOWN]);
    expect(await webOf(web, cookie)).toMatchObject({ refusedStrangers: 5, slowedTokens: 2, wrongTokens: 0 });
    expect((await web.call('/', { cookie, localAddress: '127.0.0.66' })).status).toBe(200);
  });
});

describe('a body', () => {
  /** Sent as given, with no length of its own. */
  async function send(
    web: RunningWeb,
    cookie: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<unknown[]> {
    const outgoing = request({
      ...{ host: '127.0.0.1', port: web.port, path: '/api/commands', method: 'POST', agent: false },
      headers: { Host: `127.0.0.1:${web.port}`, Cookie: cookie, ...headers },
    });
    outgoing.end(body);
    const [incoming] = await once(outgoing, 'response');
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    return [incoming.statusCode, JSON.parse(text)];
  }
  const JSON_ONLY = refused(415, 'json_only', 'Send JSON.');
  const resolve = '{"type":"resolve","incident":"a1b2c3d4e5f6a7b8"}';

  it('is JSON, or there is none', async () => {
    const web = await start();
    const cookie = await web.pair();
    const [plain, json] = [{ 'Content-Type': 'text/plain' }, { 'Content-Type': 'application/json; charset=utf-8' }];
    const chunked = { 'Transfer-Encoding': 'chunked' };
    const length = { 'Content-Length': String(resolve.length) };
    expect(await send(web, cookie, { ...plain, ...length }, resolve)).toEqual(JSON_ONLY);
    expect(await send(web, cookie, { ...plain, ...chunked }, resolve)).toEqual(JSON_ONLY);
    expect(await send(web, cookie, chunked, resolve)).toEqual(JSON_ONLY);
    expect(await send(web, cookie, { ...plain, 'Content-Length': '0' }, '')).toEqual(BAD);
    expect(await send(web, cookie, {}, '')).toEqual(BAD);
    expect(web.home.incidents[0]?.state).toBe('open');
    expect(await send(web, cookie, { ...json, ...chunked }, resolve)).toEqual([200, { ok: true, changed: true }]);
  });

  it('has 4 KiB at most, and is an object', async () => {
    const web = await start();
    const cookie = await web.pair();
    const post = (rawBody: string) => web.call('/api/commands', { method: 'POST', cookie, rawBody });
    expect(said(await post(`{}${' '.repeat(4094)}`))).toEqual(refused(400, 'bad_request', 'Not understood: type.'));
    expect(said(await post(`{}${' '.repeat(4095)}`))).toEqual(refused(413, 'too_large', 'The request is too large.'));
    for (const broken of ['{', '"x"', '7', 'null'])
      expect([broken, ...said(await post(broken))]).toEqual([broken, ...BAD]);
    expect(web.logged.filter((line) => line.includes('failed'))).toEqual([]);
  });
});

describe('what goes wrong inside', () => {
  const INTERNAL = refused(500, 'internal', 'Something went wrong inside the sensor. Its log says more.');
  const raised = (status: unknown) => Object.assign(new Error('secret'), { status });

  it.each<[string, unknown, unknown[], boolean]>([
    ['no status', new Error('secret'), INTERNAL, true],
    ['a status of the server', raised(500), INTERNAL, true],
    ['a status that is none', raised(399), INTERNAL, true],
    ['a status in words', raised('404'), INTERNAL, true],
    ['no error at all', { status: 404 }, INTERNAL, true],
    ['a bad request', raised(400), BAD, false],
    ['another one', raised(499), refused(499, 'bad_request', 'The request was not understood.'), false],
    ['one too large', raised(413), refused(413, 'too_large', 'The request is too large.'), false],
  ])(
    'is told in the log alone, and as the request’s own fault only where it is: %s',
    async (_name, error, answer, isLogged) => {
      const web = await start();
      const cookie = await web.pair();
      web.logged.length = 0;
      web.home.model.logTail = () => {
        throw error;
      };
      expect(said(await web.call('/api/log', { cookie }))).toEqual(answer);
      expect(web.logged).toEqual(isLogged ? [`a page request failed: ${String(error)}`] : []);
    },
  );

  it('after an answer has begun cuts it off', async () => {
    const web = await start();
    const cookie = await web.pair();
    web.logged.length = 0;
    web.home.model.health = () => {
      throw new Error('secret');
    };
    await expect(web.call('/api/events', { cookie })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect(web.logged).toEqual(['a page request failed: Error: secret']);
    expect((await web.call('/api/log', { cookie })).status).toBe(200);
  });
});

describe('under a prefix', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['//', '/'],
    ['watch', '/watch/'],
    ['/watch', '/watch/'],
    ['//a/b//', '/a/b/'],
  ])('%j the page is at %s', async (basePath, path) => {
    const web = await start({ basePath });
    expect(web.url).toBe(`http://127.0.0.1:${web.port}${path}`);
    expect(web.web.pairingLink().link).toMatch(new RegExp(`^${web.url}#/pair/[\\w-]{32}$`));
  });

  it('paths with it, without it and with its like are told apart', async () => {
    const web = await start({ basePath: '/watch/' });
    const cookie = await web.pair();
    const known = [200, { lines: web.home.log }];
    const moved = await web.call('/watch', { cookie });
    expect([moved.status, moved.headers.location]).toEqual([308, '/watch/']);
    for (const [path, answer] of [
      ['/watch/api/log', known],
      ['/api/log', known],
      ['/watcher/api/log', NOT_FOUND],
      ['/api/log/watch/', NOT_FOUND],
      ['/api/watch/', NOT_FOUND],
      ['/watch/watch/api/log', NOT_FOUND],
    ] as const)
      expect([path, ...said(await web.call(path, { cookie }))]).toEqual([path, ...answer]);
    expect((await web.call('/watch/index.html')).status).toBe(200);
  });
});

describe('a link for another phone', () => {
  const linkFor = async (web: RunningWeb, headers: Record<string, string>) => {
    const cookie = await web.pair();
    const { json } = await web.call('/api/pairing-links', { method: 'POST', cookie, headers });
    const { link, loopbackOnly } = json as { link: string; loopbackOnly: boolean };
    return [link.replace(/#.*$/, ''), loopbackOnly];
  };
  const hostNames = ['sensor.example'];

  it('leads where this one found the page, or where the home finds it when that was the machine’s own', async () => {
    const web = await start({ hostNames, listen: { host: '0.0.0.0', port: 0 }, basePath: '/tw/' });
    const home = `http://${lanAddress() ?? 'localhost'}:${web.port}/tw/`;
    expect(web.url).toBe(home);
    const origin = { Host: 'sensor.example', Origin: 'https://sensor.example' };
    expect(await linkFor(web, { Host: 'sensor.example:99' })).toEqual(['http://sensor.example:99/tw/', false]);
    expect(await linkFor(web, origin)).toEqual(['https://sensor.example/tw/', false]);
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(await linkFor(web, { Host: `${host}:${web.port}` })).toEqual([home, false]);
    expect(web.web.pairingLink()).toMatchObject({ loopbackOnly: false, expiresAt: web.clock.now + 600_000 });
  });

  it('on all addresses of both kinds is the same', async () => {
    const web = await start({ listen: { host: '::', port: 0 } });
    expect(web.url).toBe(`http://${lanAddress() ?? 'localhost'}:${web.port}/`);
  });

  it('says where only this machine can follow it', async () => {
    const web = await start({ hostNames, listen: { host: '127.0.0.1', port: 0 } });
    expect(await linkFor(web, { Host: `localhost:${web.port}` })).toEqual([`http://127.0.0.1:${web.port}/`, true]);
    expect(await linkFor(web, { Host: 'sensor.example' })).toEqual(['http://sensor.example/', false]);
    expect(web.web.pairingLink().loopbackOnly).toBe(true);
  });

  it('and the cookie of who follows it goes only over TLS where the page came over TLS', async () => {
    const web = await start({ hostNames });
    const cookieFrom = async (origin: string | null) => {
      const headers = { Host: 'sensor.example', ...(origin ? { Origin: origin } : {}) };
      const body = { token: tokenOf(web.web) };
      const { headers: answered } = await web.call('/api/pair', { method: 'POST', body, headers });
      return String(answered['set-cookie']?.[0]).split('; ').slice(1);
    };
    const plain = ['Path=/', 'Max-Age=34560000', 'HttpOnly', 'SameSite=Strict'];
    expect(await cookieFrom(null)).toEqual(plain);
    expect(await cookieFrom('http://sensor.example')).toEqual(plain);
    expect(await cookieFrom('https://sensor.example')).toEqual([...plain, 'Secure']);
  });
});

describe('the server', () => {
  it('unpairs a browser at once, also where it listens', async () => {
    const web = await start();
    const stream = await openEvents(web.port, await web.pair());
    const id = web.browsers.list()[0]?.id ?? '';
    expect([web.web.revoke(id), web.web.revoke(id)]).toEqual([true, false]);
    await stream.ended;
    expect(web.browsers.list()).toEqual([]);
  });

  it('shuts its door and opens it again while streams go on; where it cannot be opened the log says why', async () => {
    const web = await start();
    const cookie = await web.pair();
    const stream = await openEvents(web.port, cookie);
    web.web.takeConnections(false);
    await expect(web.call('/')).rejects.toThrow(/ECONNREFUSED/);
    web.home.events.emit('expectations');
    await stream.until((events) => events.some(({ name }) => name === 'expectations'));
    web.logged.length = 0;
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(web.port, '127.0.0.1', resolve));
    web.web.takeConnections(true);
    await expect.poll(() => web.logged, SOON).toEqual(['the page cannot be opened again: EADDRINUSE']);
    await new Promise((resolve) => other.close(resolve));
    web.web.takeConnections(true);
    await expect.poll(async () => (await web.call('/').catch(() => null))?.status, SOON).toBe(200);
    expect(web.logged).toHaveLength(1);
  });

  it('tells in its log of connections that it could not take, and goes on', async () => {
    const web = await start();
    const seen: HttpServer[] = [];
    const note = (message: unknown) => seen.push((message as { server: HttpServer }).server);
    subscribe('http.server.request.start', note);
    await web.call('/');
    unsubscribe('http.server.request.start', note);
    seen[0]?.emit('error', Object.assign(new Error('accept'), { code: 'EMFILE' }));
    seen[0]?.emit('error', new Error('without a code'));
    expect(web.logged).toEqual([
      'a connection to the page could not be taken: EMFILE',
      'a connection to the page could not be taken: without a code',
    ]);
    expect((await web.call('/')).status).toBe(200);
  });

  it('ends with all that it had open', async () => {
    const web = await start();
    const stream = await openEvents(web.port, await web.pair());
    const idle = connect(web.port, '127.0.0.1');
    const closed = once(idle, 'close');
    idle.on('error', () => {}).resume();
    await once(idle, 'connect');
    await web.web.close();
    await Promise.all([stream.ended, closed]);
    const next = createServer();
    await new Promise<void>((resolve) => next.listen(web.port, '127.0.0.1', resolve));
    expect((next.address() as AddressInfo).port).toBe(web.port);
    await new Promise((resolve) => next.close(resolve));
    expect(web.home.events.eventNames()).toEqual([]);
  });
});
