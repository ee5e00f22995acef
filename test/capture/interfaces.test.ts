import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  defaultInterface,
  defaultRouteInterface,
  HARDWARE_TYPES,
  linkState,
  listInterfaces,
} from '../../sensor/capture/interfaces.ts';

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const route = (name: string, destination: string, flags: string, metric: number, mask: string) =>
  [name, destination, '0101A8C0', flags, 0, 0, metric, mask, 0, 0, 0].join('\t');
const table = (...routes: string[]) => `${[HEADER, ...routes].join('\n')}\n`;

test('of two default routes the one with the lower metric is taken', () => {
  const routes = table(
    route('wlan0', '00000000', '0003', 600, '00000000'),
    route('eth0', '00000000', '0003', 100, '00000000'),
  );
  expect(defaultRouteInterface(routes)).toBe('eth0');
});

test('a route that is down, or to one network only, is no default route', () => {
  expect(defaultRouteInterface(table(route('eth0', '00000000', '0002', 0, '00000000')))).toBeNull();
  expect(defaultRouteInterface(table(route('tun0', '00000000', '0001', 0, '00000080')))).toBeNull();
  expect(defaultRouteInterface(table(route('eth0', '0001A8C0', '0001', 0, '00FFFFFF')))).toBeNull();
  expect(defaultRouteInterface('')).toBeNull();
});

test('this machine’s interfaces are those that the kernel names, with the loopback as such', () => {
  const interfaces = listInterfaces();
  expect(interfaces.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())));
  expect(interfaces.find(({ name }) => name === 'lo')).toMatchObject({
    loopback: true,
    hardwareType: HARDWARE_TYPES.loopback,
  });
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    expect(interfaces.find((one) => one.name === name)?.mac).toBe(addresses?.[0]?.mac);
  }
});

test('the default interface is one that exists and is not the loopback, or there is none', () => {
  const chosen = defaultInterface();
  const candidates = listInterfaces().filter(({ loopback }) => !loopback);
  if (candidates.some(({ up }) => up)) expect(candidates.map(({ name }) => name)).toContain(chosen);
  else expect(chosen).toBeNull();
});

test('the state of a cable is what the kernel says of it; nothing where it does not', () => {
  expect(linkState('lo')).toEqual({ carrier: true, received: expect.any(Number) });
  expect(linkState('nonexistent0')).toEqual({ carrier: null, received: null });
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-link-'));
  try {
    mkdirSync(join(folder, 'eth0', 'statistics'), { recursive: true });
    writeFileSync(join(folder, 'eth0', 'carrier'), '0\n');
    writeFileSync(join(folder, 'eth0', 'statistics', 'rx_packets'), '1234\n');
    expect(linkState('eth0', folder)).toEqual({ carrier: false, received: 1234 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('where there is no list of interfaces the list is empty', () => {
  expect(listInterfaces('/nonexistent/net')).toEqual([]);
});
