// This machine's addresses by the files that the kernel publishes: texts as it writes them, and this machine's own beside what
// Node says.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { listInterfaces } from '../../sensor/capture/interfaces.ts';
import { publishedNetwork } from '../../sensor/capture/own-addresses.ts';

const leaf = (address: string, what: string) => `           |-- ${address}\n              ${what}\n`;

test('the address where the default route leads comes first, and each address once', () => {
  const trie =
    leaf('0.0.0.0', '/0 universe UNICAST') +
    leaf('127.0.0.1', '/32 host LOCAL') +
    leaf('172.17.0.1', '/32 host LOCAL') +
    leaf('192.168.7.20', '/32 host LOCAL') +
    leaf('192.168.7.255', '/32 link BROADCAST');
  const routes = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'eth0\t00000000\t0107A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0007A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  const inet6 = [
    '00000000000000000000000000000001 01 80 10 80       lo',
    'fe8000000000000002112233445566aa 03 40 20 80     eth0',
    '20010db8000700000000000000000020 03 40 00 80     eth0',
  ].join('\n');
  const macs: Record<string, string> = { eth0: '00:11:22:33:44:55', docker0: '02:42:00:00:00:01' };
  expect(publishedNetwork({ trie: trie + trie, routes, inet6 }, (name) => macs[name] ?? null)).toEqual({
    addresses: [
      { address: '192.168.7.20', family: 'IPv4', internal: false },
      { address: '127.0.0.1', family: 'IPv4', internal: true },
      { address: '172.17.0.1', family: 'IPv4', internal: false },
      { address: '::1', family: 'IPv6', internal: true },
      { address: 'fe80::211:2233:4455:66aa', family: 'IPv6', internal: false },
      { address: '2001:db8:7::20', family: 'IPv6', internal: false },
    ],
    macs: ['02:42:00:00:00:01', '00:11:22:33:44:55'],
  });
});

test('texts that are none give nothing', () => {
  expect(publishedNetwork({ trie: '', routes: '', inet6: 'zz\n\n' }, () => null)).toEqual({ addresses: [], macs: [] });
});

test('on this machine it is what Node says', () => {
  const file = (name: string) => readFileSync(`/proc/net/${name}`, 'utf8');
  const macOf = (name: string) => listInterfaces().find((one) => one.name === name && !one.loopback)?.mac ?? null;
  const found = publishedNetwork({ trie: file('fib_trie'), routes: file('route'), inet6: file('if_inet6') }, macOf);
  const known = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  expect(found.addresses.map(({ address }) => address)).toEqual(
    expect.arrayContaining(known.map(({ address }) => address)),
  );
  expect(found.macs).toEqual(expect.arrayContaining(known.flatMap(({ internal, mac }) => (internal ? [] : mac))));
});
