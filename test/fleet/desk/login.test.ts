// Who gets in: tokens and what becomes of those that were made with them, sessions and their ends, the brake on wrong tokens that meets
// nobody else, and the refusal to speak without TLS beyond this machine.
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDeskServer, DeskNeedsTls } from '../../../web/fleet/server.ts';
import { addToken, readTokens, removeToken, TokenFileError, Tokens } from '../../../web/fleet/tokens.ts';
import { population } from './population.ts';
import { DeskStage, NOW, type RunningDesk } from './stage.ts';

let stage: DeskStage;
let desk: RunningDesk;
const made = population(1, NOW, { homes: 12, outbreaks: 0 });
const [first, second] = made.homes;
const HOME = first?.home ?? '';
const OTHER = second?.home ?? '';
const HOUR = 3_600_000;
const SECRET_PATHS = [
  'session',
  'summary',
  'outbreaks',
  'incidents',
  'homes',
  `homes/${HOME}`,
  `homes/${HOME}/records`,
];

beforeAll(async () => {
  stage = await DeskStage.begin();
});
afterAll(() => stage.end());
afterEach(() => stage.clear());

const begin = async () => {
  desk = await stage.desk(made);
};
const session = async (cookie: string) => (await desk.call('/api/session', { cookie })).status;
const give = (token: unknown, localAddress = '127.0.0.1') =>
  desk.call('/api/login', { method: 'POST', body: { token }, localAddress });

describe('a token', () => {
  it('opens all that a reader sees, by a cookie that no script reads and no other site sends', async () => {
    await begin();
    const answer = await give(desk.token('Ada'));
    expect(answer.status).toBe(200);
    const cookie = String(answer.headers['set-cookie']?.[0]);
    expect(cookie).toMatch(/^thingwatch_desk=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    expect(answer.text).toBe('{}');
    const told = await desk.call('/api/session', { cookie: cookie.split(';')[0] ?? '' });
    expect(told.json).toEqual({ fleet: 'Test fleet', version: '1.2.3', name: 'Ada', role: 'reader', homes: [] });
    expect(told.headers['cache-control']).toBe('no-store');
  });

  it('is needed for everything, and nothing else helps', async () => {
    await begin();
    desk.token('Ada');
    for (const cookie of ['', 'thingwatch_desk=', 'thingwatch_desk=x', `thingwatch_desk=${'A'.repeat(43)}`])
      for (const path of SECRET_PATHS) {
        const { json, status } = await desk.call(`/api/${path}`, cookie === '' ? {} : { cookie });
        expect([status, json]).toMatchObject([401, { error: { code: 'not_logged_in' } }]);
      }
  });

  it('is kept as a hash alone, in a file of its owner', async () => {
    await begin();
    const token = desk.token('Ada');
    const text = readFileSync(desk.tokenFile, 'utf8');
    expect(text).not.toContain(token);
    expect(statSync(desk.tokenFile).mode & 0o777).toBe(0o600);
    expect(readTokens(desk.tokenFile)).toMatchObject([{ name: 'Ada', role: 'reader', homes: [] }]);
    await desk.login(token);
    expect(desk.logged.join()).not.toContain(token);
    expect(desk.logged).toEqual(['logged in with the token "Ada"']);
  });

  it('that is taken away ends what was opened with it within a second, and no other', async () => {
    await begin();
    const [ada, bob] = [await desk.login(desk.token('Ada')), await desk.login(desk.token('Bob'))];
    expect(removeToken(desk.tokenFile, 'Ada', null)).toBe(true);
    expect(removeToken(desk.tokenFile, 'Ada', null)).toBe(false);
    desk.clock.now += 1000;
    expect([await session(ada), await session(bob)]).toEqual([401, 200]);
  });

  it('of a name that there is, of a wrong home or without a name is not made', async () => {
    await begin();
    desk.token('Ada');
    const make =
      (name: string, homes: string[] = []) =>
      () =>
        addToken(desk.tokenFile, { name, homes, createdAt: new Date(NOW).toISOString() }, null);
    expect(make('Ada')).toThrow(/named "Ada" already/);
    for (const wrong of [make(''), make('a\nb'), make('x'.repeat(65)), make('Bob', ['x'])])
      expect(wrong).toThrow(TokenFileError);
    expect(readTokens(desk.tokenFile)).toHaveLength(1);
  });

  it('lets nobody in where its file is spoilt, says so once, and does again when it is mended', async () => {
    await begin();
    const cookie = await desk.login(desk.token('Ada'));
    const right = readFileSync(desk.tokenFile, 'utf8');
    for (const spoilt of ['{"schema": "thingwatch.desk-tok', '[]', right.replace('"reader"', '"admin"')]) {
      writeFileSync(desk.tokenFile, spoilt);
      desk.clock.now += 1000;
      expect(await session(cookie)).toBe(401);
      expect(await session(cookie)).toBe(401);
      expect(desk.logged.at(-1)).toMatch(/is no list of the desk's tokens/);
    }
    expect(desk.logged).toHaveLength(4);
    writeFileSync(desk.tokenFile, right);
    desk.clock.now += 1000;
    expect(await session(cookie)).toBe(200);
    chmodSync(desk.tokenFile, 0o600);
  });
});

describe('the first token', () => {
  it('of a fleet lies beside the others, reads, and ends when its file goes', async () => {
    await begin();
    expect((await give('')).status).toBe(400);
    writeFileSync(desk.firstToken, 'made-with-the-fleet\n');
    desk.clock.now += 1000;
    const cookie = await desk.login('made-with-the-fleet');
    expect((await desk.call('/api/session', { cookie })).json).toMatchObject({
      name: 'first',
      role: 'reader',
      homes: [],
    });
    expect(() => desk.token('first')).toThrow(/already/);
    rmSync(desk.firstToken);
    desk.clock.now += 1000;
    expect(await session(cookie)).toBe(401);
  });
});

describe('a session', () => {
  it('ends when it is closed, half a day after its last use, and after a week in any case', async () => {
    await begin();
    const token = desk.token('Ada');
    const [closed, idle, long] = [await desk.login(token), await desk.login(token), await desk.login(token)];
    const out = await desk.call('/api/logout', { method: 'POST', cookie: closed, body: {} });
    expect(String(out.headers['set-cookie'])).toMatch(/^thingwatch_desk=; .*Max-Age=0/);
    expect([await session(closed), await session(idle)]).toEqual([401, 200]);
    for (let hours = 0; hours < 7 * 24; hours += 11) {
      expect(await session(long)).toBe(200);
      desk.clock.now += 11 * HOUR;
    }
    expect([await session(idle), await session(long)]).toEqual([401, 401]);
  });

  it('of one token gives way when there are many of it, the one used longest ago first, and no other’s', async () => {
    await begin();
    const bob = await desk.login(desk.token('Bob'));
    const token = desk.token('Ada');
    const [kept, left] = [await desk.login(token), await desk.login(token)];
    for (let more = 0; more < 31; more += 1) {
      expect(await session(kept)).toBe(200);
      await desk.login(token);
    }
    expect([await session(kept), await session(left), await session(bob)]).toEqual([200, 401, 200]);
  });
});

describe('wrong tokens', () => {
  it('are slowed down, and neither stop who is logged in nor who gives a right one from the same address', async () => {
    await begin();
    const token = desk.token('Ada');
    const cookie = await desk.login(token);
    const statuses = [];
    for (let tried = 0; tried < 50; tried += 1) statuses.push((await give(`wrong${tried}`)).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.slice(1).every((status) => status === 429)).toBe(true);
    expect(await session(cookie)).toBe(200);
    // The pace of strangers has given out for this sender by now; who is logged in is not counted.
    for (let asked = 0; asked < 100; asked += 1) await give('wrong');
    expect(await session(cookie)).toBe(200);
    expect((await give(token, '127.0.0.9')).status).toBe(200);
    desk.clock.now += 2000;
    expect((await give(token)).status).toBe(200);
  });

  it.each([[''], [null], [{}], ['x'.repeat(300)], [['a']]])(
    'that are none, such as %j, are not understood',
    async (token) => {
      await begin();
      expect((await give(token)).status).toBe(400);
    },
  );
});

describe('another site', () => {
  it('cannot log in, log out or ask', async () => {
    await begin();
    const cookie = await desk.login(desk.token('Ada'));
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    const asked = await desk.call('/api/homes', { cookie, headers: foreign });
    const out = await desk.call('/api/logout', { method: 'POST', cookie, body: {}, headers: foreign });
    const rebound = await desk.call('/api/homes', { cookie, headers: { Host: 'evil.example' } });
    expect([asked.status, out.status, rebound.status]).toEqual([403, 403, 403]);
    expect(await session(cookie)).toBe(200);
  });

  it('cannot frame the page, nor have it run what is not its own', async () => {
    await begin();
    const { headers } = await desk.call('/');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('beyond this machine', () => {
  const options = (host: string, tls: { cert: string; key: string } | null) => ({
    ...{
      listen: { host, port: 0 },
      hostNames: [],
      tls,
      publicDir: '/nonexistent',
      randomBytes,
      fleet: 'x',
      version: '1',
      families: new Map(),
    },
    ...{ db: { query: async () => ({ rows: [], rowCount: 0 }) }, clock: () => NOW, ticks: () => NOW },
    tokens: new Tokens({ path: '/nonexistent', first: null, ticks: () => NOW, log: console }),
    log: console,
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'desk.example', ''])('it does not listen on %j without TLS', (host) => {
    expect(() => createDeskServer(options(host, null))).toThrow(DeskNeedsTls);
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('and on %j it may', (host) => {
    expect(() => createDeskServer(options(host, null))).toThrow(/not built/);
  });
});

describe('a home’s record', () => {
  it('is opened to its helper alone, which the log tells', async () => {
    await begin();
    const [reader, helper] = [await desk.login(desk.token('Ada')), await desk.login(desk.token('Hal', [HOME]))];
    const open = async (cookie: string, home: string) =>
      (await desk.call(`/api/homes/${home}/records`, { cookie })).status;
    expect([await open(reader, HOME), await open(helper, OTHER), await open(helper, HOME)]).toEqual([403, 403, 200]);
    expect(desk.logged.filter((line) => line.includes('record'))).toEqual([
      `the record of ${HOME} was opened with the token "Hal"`,
    ]);
    const may = async (cookie: string, home: string) =>
      ((await desk.call(`/api/homes/${home}`, { cookie })).json as { mayOpen: boolean }).mayOpen;
    expect([await may(reader, HOME), await may(helper, OTHER), await may(helper, HOME)]).toEqual([false, false, true]);
  });
});
