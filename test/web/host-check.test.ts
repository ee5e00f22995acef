// Foreign hosts (DNS rebinding) and foreign origins (cross-site changes) are refused, our own are not.
import { hostname, networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeAllowed, type HostRules, hostAllowed } from '../../web/host-check.ts';
import { troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

const rules: HostRules = {
  configured: ['home.example'],
  hostname: 'pi',
  ownAddresses: () => ['192.168.1.5', 'fe80::1%eth0'],
};

describe('host names', () => {
  it.each([
    'localhost',
    'localhost:8080',
    '127.0.0.1',
    '127.1.2.3:80',
    '[::1]:8080',
    '192.168.1.5:8080',
    '[FE80:0::1]',
    'pi',
    'PI.local:8080',
    'home.example',
    'pi.',
  ])('answers to %s', (host) => expect(hostAllowed(host, rules)).toBe(true));

  it.each([
    'attacker.example',
    '192.168.1.6',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    'pi.example',
    '[::2]',
    '',
    'a b',
    'x'.repeat(300),
    'localhost@attacker.example',
    'localhost:8080:1',
  ])('refuses %s', (host) => expect(hostAllowed(host, rules)).toBe(false));
});

describe('origins of changes', () => {
  const host = '192.168.1.5:8080';
  it.each([
    [{ host }, true],
    [{ host, origin: 'http://192.168.1.5:8080' }, true],
    [{ host, origin: 'https://home.example', 'sec-fetch-site': 'same-origin' }, true],
    [{ host, origin: 'http://192.168.1.5:9090' }, false],
    [{ host, origin: 'null' }, false],
    [{ host, origin: 'http://attacker.example' }, false],
    [{ host, origin: 'http://192.168.1.5:8080', 'sec-fetch-site': 'cross-site' }, false],
    [{ host, 'sec-fetch-site': 'same-site' }, false],
    [{ host, origin: 'file://' }, false],
  ])('%o', (headers, allowed) => expect(changeAllowed(headers, rules)).toBe(allowed));
});

describe('the server', () => {
  let running: RunningWeb;
  let cookie: string;
  beforeAll(async () => {
    running = await startWeb(troubledHome(Date.now()), { hostNames: ['proxy.example'] });
    cookie = await running.pair();
  });
  afterAll(() => running.close());

  it('refuses foreign hosts on the page and on every path, paired or not', async () => {
    for (const path of ['/', '/api/devices', '/api/pair', '/nothing']) {
      const answer = await running.call(path, { cookie, headers: { Host: 'attacker.example' } });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.text).not.toContain('attacker');
    }
  });

  it('answers to its own addresses, its host name and configured names', async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .map(({ address, family }) => (family === 'IPv6' ? `[${address.split('%')[0]}]` : address));
    for (const name of [...own, hostname(), `${hostname().split('.')[0]}.local`, 'proxy.example', 'localhost']) {
      const answer = await running.call('/api/devices', { cookie, headers: { Host: `${name}:${running.port}` } });
      expect([name, answer.status]).toEqual([name, 200]);
    }
  });

  it('refuses changes and reads that another site starts, and changes nothing', async () => {
    const body = { type: 'acknowledge', incident: 'a1b2c3d4e5f6a7b8' };
    const foreign = [
      { Origin: 'http://attacker.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: `http://127.0.0.1:${running.port + 1}` },
    ];
    for (const headers of foreign) {
      const answer = await running.call('/api/commands', {
        method: 'POST',
        cookie,
        body,
        headers: headers as Record<string, string>,
      });
      expect([headers, answer.status]).toEqual([headers, 403]);
    }
    expect(running.home.incidents[0]?.state).toBe('open');
    const read = await running.call('/api/devices', { cookie, headers: { 'Sec-Fetch-Site': 'cross-site' } });
    expect(read.status).toBe(403);
  });

  it('refuses a form post, which browsers send across sites without asking', async () => {
    const rawBody = '{"type":"acknowledge","incident":"a1b2c3d4e5f6a7b8"}';
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await running.call('/api/commands', {
        method: 'POST',
        cookie,
        rawBody,
        headers: { 'Content-Type': type },
      });
      expect([type, answer.status]).toEqual([type, 415]);
    }
  });
});
