// The support bundle told whole: what is left of a home when its names, addresses and paths are taken out, and what stays.
import { describe, expect, it } from 'vitest';
import type { ReportIncident } from '../../sensor/record/report.ts';
import type { HealthAnswer } from '../../web/shapes.ts';
import { supportBundle } from '../../web/support-bundle.ts';
import { newMemoryHome } from '../support/page-model.ts';
import { mailIncident, plainDevice, quietHealth } from '../support/sample-home.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const FIRST = '3c:84:6a:10:20:01';
const SECOND = '3c:84:6a:10:20:02';
const WEB = { openPages: 0, wrongTokens: 0, slowedTokens: 0, refusedHosts: 0, refusedOrigins: 0, refusedPages: 0 };
const health: HealthAnswer = { ...quietHealth(NOW), now: NOW, web: { ...WEB, refusedStrangers: 0 } };

interface Bundle {
  schema: string;
  health: Record<string, unknown>;
  devices: Record<string, unknown>[];
  incidents: Record<string, unknown>[];
  expectations: Record<string, unknown>[];
  log: string[];
}

/** Anna has a camera that was called otherwise before, and a printer with a name full of signs. */
function annasHome(log: string[] = [], incidents: ReportIncident[] = []) {
  const camera = { ...plainDevice(FIRST, 'Anna', NOW), label: 'Studio', hostnames: ['anna-cam', 'Änne'] };
  const printer = { ...plainDevice(SECOND, 'Anna’s printer', NOW), hostnames: ['a.b*c+(d)[e]{f}^g$h|i\\j/k-l?'] };
  const nameless = { ...plainDevice('02:00:5e:00:00:03', null, NOW), addresses: [] };
  const home = newMemoryHome(NOW, [camera, printer, nameless], incidents);
  home.log = log;
  return home;
}
const bundleOf = (home: ReturnType<typeof annasHome>, told = health) =>
  JSON.parse(JSON.stringify(supportBundle(home.model, told))) as Bundle;

it('holds health, devices, incidents, expectations and log, without what names somebody', () => {
  const home = annasHome(['12:00:01 info capture: running'], [{ ...mailIncident(NOW), device: FIRST }]);
  home.run({ type: 'expect', incident: mailIncident(NOW).id, until: null }, 'page');
  const bundle = bundleOf(home);
  expect(Object.keys(bundle)).toEqual(['schema', 'health', 'devices', 'incidents', 'expectations', 'log']);
  expect(bundle.schema).toBe('thingwatch.support/1');
  expect(bundle.health).toEqual({
    ...JSON.parse(JSON.stringify(health)),
    database: { ...health.database, path: '/home/…/state/thingwatch.db' },
  });
  const [camera, printer, nameless] = JSON.parse(JSON.stringify(home.model.devices()));
  const [v4, v6] = camera.addresses;
  expect(bundle.devices).toEqual([
    {
      ...{ ...camera, mac: '3c:84:6a:xx:xx:xx', name: 'device-1', displayName: 'device-1' },
      hostnames: ['device-1', 'device-1'],
      addresses: [v4, { ...v6, ip: 'ipv6-of-device-1' }],
    },
    {
      ...{ ...printer, mac: '3c:84:6a:xx:xx:xx', name: 'device-2', displayName: 'device-2' },
      hostnames: ['device-2'],
      addresses: [printer.addresses[0], { ...printer.addresses[1], ip: 'ipv6-of-device-2' }],
    },
    { ...nameless, mac: '02:00:5e:xx:xx:xx', name: null, displayName: 'device-3' },
  ]);
  const { summary: _, ...incident } = JSON.parse(JSON.stringify(home.incidents[0]));
  expect(bundle.incidents).toEqual([{ ...incident, device: '3c:84:6a:xx:xx:xx' }]);
  expect(bundle.expectations).toEqual([{ ...home.expectations[0], device: '3c:84:6a:xx:xx:xx' }]);
  expect(bundle.log).toEqual(home.log);
});

describe('a line of the log', () => {
  it.each<[string, string, string]>([
    ['a name', 'Anna moved', 'device-1 moved'],
    ['a name in another case', 'hello ANNA, hello änne', 'hello device-1, hello device-1'],
    ['a person’s own name for it', 'Studio: studio.local', 'device-1: device-1.local'],
    ['the longer of two names', 'Anna’s printer and Anna’s oven', 'device-2 and device-1’s oven'],
    ['no part of another word', 'Annabel, Hannah, Anna1, Anna_', 'Annabel, Hannah, Anna1, device-1_'],
    ['a name that a pattern would read', 'is A.B*C+(D)[E]{F}^G$H|I\\J/K-L? there', 'is device-2 there'],
    ['no name that such a pattern would find', 'axbc+(d)[e]{f}^g$h|i\\j/k-l?', 'axbc+(d)[e]{f}^g$h|i\\j/k-l?'],
    ['a name in letters that a pattern takes for the same', 'anna-Cam, \u017Ftudio', 'device-1, device'],
    ['a MAC address', `${SECOND} and 3C-84-6A-10-20-99`, '3c:84:6a:xx:xx:xx and 3C-84-6A:xx:xx:xx'],
    ['an IPv6 address of a device', 'from 2001:db8::02 port 7', 'from ipv6-of-device-2 port 7'],
    ['an IPv6 address made from a MAC', 'from fe80::3e84:6aff:fe10:2099 port 7', 'from ipv6 port 7'],
    ['no other address', 'from 2001:db8::77 to 192.168.1.1', 'from 2001:db8::77 to 192.168.1.1'],
    ['whose folder it is', '/home/anna/x "/Users/berta/y" /var/home', '/home/…/x "/Users/…/y" /var/home'],
    [
      'what an incident was called',
      '12:00 warn incident mail_started [critical] Berta’s oven is sending mail',
      '12:00 warn incident mail_started [critical] …',
    ],
    ['no other sentence', '12:00 info incident 7 closed', '12:00 info incident 7 closed'],
  ])('has %s taken out', (_name, line, expected) => {
    expect(bundleOf(annasHome([line])).log).toEqual([expected]);
  });
});

it('keys are rewritten as well, and what has a MAC address has no name', () => {
  const evidence = {
    [`seen by ${SECOND}`]: 1,
    devices: [
      { mac: SECOND, name: 'Berta’s oven', mailSince: null },
      { name: 'fw.camera.example', shared: true },
    ],
    'Anna said': ['Anna', 7, null, false],
  };
  const told = { ...health, decode: { [`ipv4 of ${FIRST}`]: 3 } };
  const bundle = bundleOf(annasHome([], [{ ...mailIncident(NOW), evidence }]), told);
  expect(bundle.incidents[0]?.evidence).toEqual({
    'seen by 3c:84:6a:xx:xx:xx': 1,
    devices: [
      { mac: '3c:84:6a:xx:xx:xx', mailSince: null },
      { name: 'fw.camera.example', shared: true },
    ],
    'device-1 said': ['device-1', 7, null, false],
  });
  expect(bundle.health.decode).toEqual({ 'ipv4 of 3c:84:6a:xx:xx:xx': 3 });
});

it('of a home where nothing has a name it says what there is', () => {
  const home = newMemoryHome(NOW, []);
  home.log = ['Anna moved: “well”.'];
  expect(bundleOf(home)).toMatchObject({ devices: [], incidents: [], expectations: [], log: home.log });
});

it('has the newest 200 incidents', () => {
  const incidents = Array.from({ length: 201 }, (_, index) => ({
    ...mailIncident(NOW, `incident-${index}`),
    lastAt: new Date(NOW - index).toISOString(),
  }));
  const { incidents: kept } = bundleOf(annasHome([], incidents));
  expect(kept.map(({ id }) => id)).toEqual(incidents.slice(0, 200).map(({ id }) => id));
});
