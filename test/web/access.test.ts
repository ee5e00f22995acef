// Pairing, and what nobody gets without it: every path, every host, every origin.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../web/api.ts';
import { troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb, tokenOf } from '../support/web-client.ts';

let running: RunningWeb;

beforeEach(async () => {
  running = await startWeb(troubledHome(Date.now()));
});
afterEach(() => running.close());

describe('without pairing', () => {
  it('answers 401 on every path of the route table but the one that pairs', async () => {
    expect(apiRoutes.length).toBeGreaterThan(15);
    for (const { method, path, open } of apiRoutes) {
      const answer = await running.call(path.replace(/:\w+/g, 'x'), { method: method.toUpperCase() });
      expect([path, answer.status]).toEqual([path, open ? 400 : 401]);
    }
    expect(apiRoutes.filter(({ open }) => open).map(({ path }) => path)).toEqual(['/api/pair']);
  });

  it('answers 401 on paths that do not exist, on other spellings and on a wrong cookie', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/nothing',
      '/API/devices',
      '/api//devices',
      '/api/pair/',
      '/%61pi/devices',
    ]) {
      const { status, json } = await running.call(path);
      expect([path, status === 401 || status === 404]).toEqual([path, true]);
      expect(json).toHaveProperty('error');
    }
    const answer = await running.call('/api/devices', {
      cookie: 'thingwatch_browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    });
    expect(answer.status).toBe(401);
  });
});

describe('a one-time link', () => {
  it('pairs once, with a cookie that scripts and other sites cannot use', async () => {
    const token = tokenOf(running.web);
    const first = await running.call('/api/pair', { method: 'POST', body: { token, name: 'Phone' } });
    expect(first.headers['set-cookie']?.[0]).toMatch(
      /^thingwatch_browser=[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Strict$/,
    );
    const second = await running.call('/api/pair', { method: 'POST', body: { token, name: 'Thief' } });
    expect(second.status).toBe(401);
    expect(running.browsers.list().map(({ name }) => name)).toEqual(['Phone']);
  });

  it('is worth nothing after ten minutes', async () => {
    const token = tokenOf(running.web);
    running.clock.now += 10 * 60_000 + 1;
    expect((await running.call('/api/pair', { method: 'POST', body: { token } })).status).toBe(401);
  });

  it('keeps only hashes of what it gave away', async () => {
    const cookie = await running.pair();
    const value = cookie.split('=')[1] ?? '';
    expect(JSON.stringify(running.browsers.list())).not.toContain(value);
  });

  it('can be made on a paired browser, with its QR code', async () => {
    const cookie = await running.pair();
    const { json } = await running.call('/api/pairing-links', { method: 'POST', cookie });
    const { link, qrSvg, loopbackOnly } = json as { link: string; qrSvg: string; loopbackOnly: boolean };
    expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${running.port}/#/pair/[\\w-]{32}$`));
    expect(qrSvg).toContain('<svg');
    expect(loopbackOnly).toBe(true);
    const token = link.split('#/pair/')[1];
    expect((await running.call('/api/pair', { method: 'POST', body: { token } })).status).toBe(200);
  });
});

describe('paired browsers', () => {
  it('are listed, and a revoked one is out at once', async () => {
    const kept = await running.pair('Kept');
    const lost = await running.pair('Lost');
    const { json } = await running.call('/api/browsers', { cookie: kept });
    const { browsers } = json as { browsers: { id: string; name: string; current: boolean }[] };
    expect(browsers.map(({ name, current }) => [name, current])).toEqual([
      ['Kept', true],
      ['Lost', false],
    ]);
    const id = browsers[1]?.id ?? '';
    expect((await running.call(`/api/browsers/${id}`, { method: 'DELETE', cookie: kept })).status).toBe(200);
    expect((await running.call('/api/devices', { cookie: lost })).status).toBe(401);
    expect((await running.call('/api/devices', { cookie: kept })).status).toBe(200);
  });

  it('can leave by themselves', async () => {
    const cookie = await running.pair();
    const answer = await running.call('/api/unpair', { method: 'POST', cookie });
    expect(answer.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await running.call('/api/devices', { cookie })).status).toBe(401);
  });

  it('have their cookie renewed once a day of use', async () => {
    const cookie = await running.pair();
    expect((await running.call('/api/health', { cookie })).headers['set-cookie']).toBeUndefined();
    running.clock.now += 25 * 3_600_000;
    expect((await running.call('/api/health', { cookie })).headers['set-cookie']?.[0]).toContain(cookie);
    expect((await running.call('/api/health', { cookie })).headers['set-cookie']).toBeUndefined();
  });
});

describe('wrong tokens', () => {
  it('are slowed down from the first on, counted, and 10,000 of them stop neither page nor pairing', async () => {
    const cookie = await running.pair();
    const statuses = new Map<number, number>();
    for (let batch = 0; batch < 200; batch += 1) {
      const tries = Array.from({ length: 50 }, (_, index) => `wrong-${batch}-${index}-`.padEnd(32, 'x'));
      const answers = await Promise.all(
        tries.map((token) =>
          running.call('/api/pair', { method: 'POST', body: { token }, localAddress: '127.0.0.66' }),
        ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      running.clock.now += 100;
    }
    const wrong = statuses.get(401) ?? 0;
    expect(wrong + (statuses.get(429) ?? 0)).toBe(10_000);
    expect(wrong).toBeGreaterThan(1);
    expect(wrong).toBeLessThan(12);
    const health = (await running.call('/api/health', { cookie })).json as {
      web: { wrongTokens: number; slowedTokens: number };
    };
    expect(health.web.wrongTokens).toBe(wrong);
    expect(health.web.slowedTokens).toBe(10_000 - wrong);
    const token = tokenOf(running.web);
    const family = await running.call('/api/pair', { method: 'POST', body: { token }, localAddress: '127.0.0.2' });
    expect(family.status).toBe(200);
    expect(running.logged.length).toBeLessThan(20);
  }, 180_000);

  it('make the same address wait, at most a minute; the right one is taken all the same, as somebody may share the address', async () => {
    const guess = (token: string) => running.call('/api/pair', { method: 'POST', body: { token } });
    for (let index = 0; index < 40; index += 1) {
      await guess(`guess ${index}`);
      running.clock.now += 60_000;
    }
    const blocked = await guess('one more');
    expect(blocked.status).toBe(401);
    const early = await guess('too early');
    expect(early.status).toBe(429);
    expect(Number(early.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await guess(tokenOf(running.web))).status).toBe(200);
    for (let index = 0; index < 2; index += 1) {
      running.clock.now += 60_001;
      expect((await guess('too early')).status).toBe(401);
    }
  });
});

describe('behind a reverse proxy', () => {
  const tries = (web: RunningWeb, from: string, token = 'wrong'.padEnd(32, 'x')) =>
    web.call('/api/pair', { method: 'POST', body: { token }, headers: { 'X-Forwarded-For': from } });

  it('that is trusted, the brake meets the sender and nobody else', async () => {
    const web = await startWeb(troubledHome(Date.now()), { trustedProxies: ['127.0.0.0/8'] });
    try {
      expect((await tries(web, '192.168.1.66')).status).toBe(401);
      expect((await tries(web, '192.168.1.66')).status).toBe(429);
      expect((await tries(web, '192.168.1.20', tokenOf(web.web))).status).toBe(200);
      // One machine has as many IPv6 addresses as it likes within its prefix.
      expect((await tries(web, '2001:db8:1:2::1')).status).toBe(401);
      expect((await tries(web, '2001:db8:1:2:3:4:5:6')).status).toBe(429);
      expect((await tries(web, '2001:db8:1:3::1')).status).toBe(401);
      // What a sender claims itself stands left of what the proxy adds.
      expect((await tries(web, '192.168.1.99, 192.168.1.66')).status).toBe(429);
    } finally {
      await web.close();
    }
  });

  it('that is not, what it forwards is not believed', async () => {
    expect((await tries(running, '192.168.1.66')).status).toBe(401);
    expect((await tries(running, '192.168.1.20')).status).toBe(429);
  });
});
