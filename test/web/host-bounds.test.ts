// Which names and origins pass, each rule from both sides. What the server does with them is in host-check.test.ts.
import { describe, expect, it } from 'vitest';
import { changeAllowed, type HostRules, hostAllowed, isLoopbackName, readAllowed } from '../../web/host-check.ts';

const rules: HostRules = {
  configured: ['Proxy.Example', 'home.example'],
  hostname: 'Pi.Lan',
  ownAddresses: () => ['192.168.1.5', 'fe80::1%eth0', '2001:db8::5'],
};
const passing = (hosts: (string | undefined)[], more: Partial<HostRules> = {}) =>
  hosts.filter((host) => hostAllowed(host, { ...rules, ...more }));

describe('a host', () => {
  it.each<[string, string[], string[]]>([
    ['its own name, and the first part of it in .local', ['pi.lan', 'PI.LAN:80', 'pi.local', 'pi.lan.'], []],
    [
      'no part of its name, and no name around it',
      [],
      ['pi', 'lan', 'lan.local', 'pi.lan.local', 'x.pi.lan', 'pi.lan.x'],
    ],
    [
      'a name of the configuration, in any case',
      ['proxy.example', 'PROXY.EXAMPLE:443', 'home.example'],
      ['example', 'x.home.example'],
    ],
    ['an address of its own, however written', ['192.168.1.5', '[fe80::1]', '[FE80::1%1]', '[2001:db8:0:0::5]:80'], []],
    ['no other address', [], ['192.168.1.50', '192.168.1.6', '[fe80::2]', '[2001:db8::6]', '2001:db8::5']],
    ['a loopback name', ['localhost', 'a.localhost', 'LOCALHOST:1', '127.0.0.1', '127.255.0.9', '[::1]:8080'], []],
    [
      'no name that only looks like one',
      [],
      ['localhosts', 'alocalhost', '127.example', '128.0.0.1', '1.127.0.0', '[::127.0.0.1]'],
    ],
    [
      'a port of up to five digits',
      ['localhost:0', 'localhost:12345'],
      ['localhost:', 'localhost:123456', 'localhost:x', 'localhost:1x'],
    ],
    [
      'nothing before or after it',
      [],
      [' localhost', 'localhost ', 'x@localhost', '/localhost', 'localhost/', '[::1', '::1]', '.', ''],
    ],
  ])('%s', (_name, allowed, refused) => {
    expect(passing([...allowed, ...refused])).toEqual(allowed);
  });

  it('is read up to 255 characters, and there must be one', () => {
    const [longest, longer] = [`${'x'.repeat(245)}.localhost`, `${'x'.repeat(246)}.localhost`];
    expect(passing([longest, longer, undefined])).toEqual([longest]);
    expect(passing(['.', ''], { hostname: '', configured: [''] })).toEqual([]);
  });
});

it('the loopback is known by name and by address', () => {
  const names = ['localhost', 'x.localhost', '::1', '127.0.0.1', '::', '::2', '0.0.0.0', '10.0.0.127', '127.x', 'x'];
  expect(names.filter(isLoopbackName)).toEqual(['localhost', 'x.localhost', '::1', '127.0.0.1']);
});

describe('a change', () => {
  const host = 'Pi.Lan:8080';
  const from = (origin: string | undefined, site?: string) =>
    changeAllowed({ host, ...(origin ? { origin } : {}), ...(site ? { 'sec-fetch-site': site } : {}) }, rules);

  it('comes from the page itself, from a configured name, or from no browser', () => {
    const own = [
      undefined,
      'http://pi.lan:8080',
      'https://pi.lan:8080',
      'https://proxy.example',
      'http://home.example:81',
    ];
    const foreign = ['http://pi.lan', 'http://pi.lan:8081', 'http://x.home.example', 'null', 'file://', 'pi.lan:8080'];
    expect([...own, ...foreign].filter((origin) => from(origin))).toEqual(own);
    expect(changeAllowed({ host: '', origin: 'file://' }, rules)).toBe(false);
    expect(changeAllowed({ origin: 'http://pi.lan:8080' }, rules)).toBe(false);
    expect(changeAllowed({}, rules)).toBe(true);
  });

  it('whatever its origin, only within one site', () => {
    const sites = ['same-origin', 'same-site', 'cross-site', 'none', ''];
    const allowed = (origin: string | undefined) =>
      sites.filter((site) => changeAllowed({ host, origin, 'sec-fetch-site': site }, rules));
    expect(allowed('http://pi.lan:8080')).toEqual(['same-origin']);
    expect(allowed(undefined)).toEqual(['same-origin']);
    expect(allowed('http://attacker.example')).toEqual([]);
  });
});

it('a read comes from the page, from the address bar or from no browser', () => {
  const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', ''];
  expect(sites.filter((site) => readAllowed({ 'sec-fetch-site': site }))).toEqual([undefined, 'same-origin', 'none']);
  expect(readAllowed({})).toBe(true);
});
