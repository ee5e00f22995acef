// Whose an address is that a MAC sends from, row by row of the table in whereabouts.ts, on both sides of each limit.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Device, Lease } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { type Place, placeOf } from '../../sensor/attribute/whereabouts.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, MINUTE, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';

const OWN = '192.168.1.50';
const OTHER = '192.168.1.151';
const BEYOND = '192.168.36.7';
const NOW = START + 3 * DAY;

let devices: DeviceTable;
let home: Home;
let gateways: GatewayFinder;
let camera: Device;

function join(mac: string): Device {
  const device = devices.seen(mac, START);
  if (device === null) throw new Error('nobody');
  return device;
}
beforeEach(() => {
  devices = new DeviceTable();
  home = new Home([]);
  gateways = new GatewayFinder();
  camera = join(CAMERA.mac);
});

/** Seen at these times before now, in ms; the first is when it came into use. */
function uses(ip: string, source: Lease['source'] = 'on-link', from = 0, to = 0, device = camera): void {
  device.leases.push({ ip, source, from: NOW - from, to: NOW - to });
}
const place = (ip: string, hopLimit: number | null = 64, device = camera): Place | null =>
  placeOf({ devices, gateways, home }, device, ip, hopLimit, NOW);
const at = (who: Place['who'], kind: Place['kind'], apart = who === 'address'): Place => ({
  ...{ mac: CAMERA.mac, kind, who, apart },
});
const cable = (): void => home.learnLink('192.168.1.0', 24);
/** Hands on the DHCP of a client. */
function carry(): void {
  const client = join(TELEVISION.mac);
  client.path.behind = CAMERA.mac;
  devices.carriers.restore(client);
}

it('a client that is known beyond a MAC is there', () => {
  camera.path.behind = GATEWAY.mac;
  camera.path.kind = 'router';
  expect(place(OWN)).toEqual({ mac: GATEWAY.mac, kind: 'router', who: 'client', apart: false });
});

describe('the device’s own address', () => {
  it.each<[string, () => void]>([
    ['the only one in use', () => uses(OWN)],
    ['the one that DHCP gave', () => [uses(OTHER), uses('192.168.1.152'), uses(OWN, 'dhcp')]],
    ['of which nothing is known', () => {}],
  ])('is %s', (_what, known) => {
    known();
    expect(place(OWN)).toBeNull();
  });

  it.each([
    [64, false],
    [63, true],
    [61, true],
    [60, false],
    [128, false],
    [127, true],
    [125, true],
    [124, false],
    [255, false],
    [252, true],
    [251, false],
    [null, false],
  ])('may be that of somebody behind it where packets come one to three hops old: %s', (hopLimit, isRouted) => {
    uses(OWN, 'dhcp');
    expect(place(OWN, hopLimit)).toEqual(isRouted ? at('perhaps', 'router') : null);
    camera.leases = [];
    expect(place(OWN, hopLimit)).toEqual(isRouted ? at('perhaps', 'router') : null);
  });
});

describe('another address on the cable', () => {
  beforeEach(cable);

  it('is the device’s or somebody’s where one is in use beside it', () => {
    uses(OWN, 'dhcp');
    expect(place(OTHER)).toEqual(at('perhaps', null, true));
    expect(camera.sharedMac).toBe(false);
  });

  it('is somebody’s where two are, and stays so', () => {
    uses(OWN, 'dhcp');
    uses('192.168.1.152');
    expect(place(OTHER)).toEqual(at('address', null));
    expect(camera.sharedMac).toBe(true);
    camera.leases = [];
    camera.sharedMac = false;
    uses(OWN, 'dhcp');
    expect(place(OTHER)).toEqual({ ...at('perhaps', null, true), who: 'address' });
    expect(camera.sharedMac).toBe(true);
  });

  it('makes no shared MAC of the router', () => {
    uses(OWN, 'arp');
    uses('192.168.1.152', 'arp');
    camera.role = 'sensor';
    expect(place(OTHER)).toEqual(at('address', null));
    expect(camera.sharedMac).toBe(false);
  });

  it('is somebody’s where one is, and packets come a hop old or the MAC hands on the DHCP of others', () => {
    uses(OWN, 'dhcp');
    expect(place(OTHER, 63)).toEqual(at('address', 'router'));
    camera.sharedMac = true;
    expect(place('192.168.1.153')).toEqual(at('address', null));
    carry();
    expect(place('192.168.1.154')).toEqual(at('address', 'repeater'));
    uses('192.168.1.155', 'arp');
    expect(place('192.168.1.155', 63)).toEqual(at('address', 'repeater'));
  });

  it('is perhaps a client’s where the MAC carries others and none is in use beside it', () => {
    camera.sharedMac = true;
    expect(place(OTHER)).toEqual(at('perhaps', null));
    carry();
    expect(place(OTHER)).toEqual(at('perhaps', 'repeater'));
    camera.sharedMac = false;
    expect(place(OTHER)).toBeNull();
  });

  it.each<[string, Partial<Lease>, boolean]>([
    ['of another now', { ip: OTHER }, true],
    ['of another a day ago', { ip: OTHER, to: NOW - DAY }, true],
    ['of another before', { ip: OTHER, to: NOW - DAY - 1 }, false],
  ])('that was %s is both', (_what, lease, expected) => {
    const fridge = join(FRIDGE.mac);
    devices.lease(fridge, OTHER, NOW, 'arp');
    fridge.leases = [{ ip: OTHER, from: START, to: NOW, source: 'arp', ...lease }];
    expect(place(OTHER)).toEqual(expected ? at('perhaps', null, true) : null);
    expect(place(OTHER, 64, fridge)).toBeNull();
  });

  it.each<[string, [string, Lease['source'], number, number], boolean]>([
    ['ten minutes ago', [OWN, 'arp', 2 * DAY, 10 * MINUTE], true],
    ['before that', [OWN, 'arp', 2 * DAY, 10 * MINUTE + 1], false],
    ['by DHCP last, long ago', [OWN, 'dhcp', 2 * DAY, 2 * DAY], true],
    ['by no DHCP here', ['169.254.1.2', 'arp', 0, 0], false],
    ['by IPv6', ['fe80::1', 'arp', 0, 0], false],
    ['itself', [OTHER, 'on-link', 0, 0], false],
  ])('has another in use beside it that was seen %s: %o, %s', (_what, [ip, source, from, to], expected) => {
    uses(ip, source, from, to);
    expect(place(OTHER)).toEqual(expected ? at('perhaps', null, true) : null);
  });

  it('has one beside it as well that was seen since it came into use, within a day', () => {
    uses(OTHER, 'on-link', 2 * DAY, 0);
    uses(OWN, 'arp', 3 * DAY, DAY);
    expect(place(OTHER)).toEqual(at('perhaps', null, true));
    camera.leases = [];
    uses(OTHER, 'on-link', 2 * DAY, 0);
    uses(OWN, 'arp', 3 * DAY, DAY + 1);
    expect(place(OTHER)).toBeNull();
    camera.leases = [];
    uses(OTHER, 'on-link', 20 * MINUTE, 0);
    uses(OWN, 'arp', 3 * DAY, 20 * MINUTE);
    expect(place(OTHER)).toEqual(at('perhaps', null, true));
    camera.leases = [];
    uses(OTHER, 'on-link', 20 * MINUTE, 0);
    uses(OWN, 'arp', 3 * DAY, 20 * MINUTE + 1);
    expect(place(OTHER)).toBeNull();
  });

  it('lets go of what DHCP gave before', () => {
    uses('192.168.1.49', 'dhcp', DAY, 0);
    uses(OWN, 'dhcp');
    expect(place(OTHER)).toEqual(at('perhaps', null, true));
    expect(place('192.168.1.49')).toEqual(at('perhaps', null, true));
  });
});

describe('an address off the cable', () => {
  it('is somebody’s behind a router where DHCP told of the cable', () => {
    cable();
    expect(place(BEYOND)).toEqual(at('address', 'router'));
    camera.sharedMac = false;
    uses(BEYOND, 'arp');
    expect(place(BEYOND)).toBeNull();
  });

  it('is so as well beside one of its own, or a hop old', () => {
    uses(OWN, 'arp');
    expect(place(BEYOND)).toEqual(at('address', 'router'));
    camera.sharedMac = false;
    expect(place('192.168.1.7')).toEqual(at('perhaps', null, true));
    camera.leases = [];
    const router = join(GATEWAY.mac);
    gateways.confirm(GATEWAY.mac);
    uses('192.168.1.1', 'arp', 0, 0, router);
    expect(place(BEYOND)).toBeNull();
    expect(place(BEYOND, 63)).toEqual(at('address', 'router'));
    camera.sharedMac = false;
    expect(place('192.168.1.8', 63)).toEqual(at('perhaps', 'router'));
    uses('192.168.36.9', 'on-link', 0, 0, camera);
    expect(place(BEYOND)).toEqual(at('address', 'router'));
  });

  it('is told by where others are, where nobody claims any', () => {
    const [fridge, television] = [join(FRIDGE.mac), join(TELEVISION.mac)];
    devices.lease(fridge, '192.168.1.51', NOW, 'on-link');
    expect(place(BEYOND, 63)).toEqual(at('perhaps', 'router'));
    devices.lease(television, '192.168.1.52', NOW, 'on-link');
    expect(place(BEYOND, 63)).toEqual(at('address', 'router'));
    expect(place('192.168.1.53', 63)).toEqual(at('perhaps', 'router'));
  });

  it('of the router itself is beyond it, where it has one of its own', () => {
    cable();
    const router = join(GATEWAY.mac);
    router.role = 'gateway';
    expect(place(BEYOND, 64, router)).toBeNull();
    uses('192.168.1.1', 'arp', 0, 0, router);
    expect(place(BEYOND, 64, router)).toEqual({ ...at('address', 'router'), mac: GATEWAY.mac });
    expect(place('192.168.1.9', 63, router)).toBeNull();
    expect(router.sharedMac).toBe(false);
    router.leases = [];
    uses('fe80::1', 'ndp', 0, 0, router);
    uses('192.168.1.1', 'on-link', 0, 0, router);
    expect(place('192.168.37.1', 64, router)).toBeNull();
  });
});

describe('an IPv6 address', () => {
  const IP = '2001:db8::50';

  it('is the device’s own: it has many', () => {
    uses('2001:db8::51', 'ndp');
    uses('2001:db8::52', 'ndp');
    expect(place(IP)).toBeNull();
  });

  it('is perhaps somebody’s where packets come a hop old, and surely where the MAC carries others', () => {
    expect(place(IP, 63)).toEqual(at('perhaps', 'router'));
    camera.sharedMac = true;
    expect(place(IP, 63)).toEqual(at('address', 'router'));
    uses('2001:db8::51', 'ndp');
    expect(place('2001:db8::51', 63)).toEqual(at('perhaps', 'router'));
    uses('2001:db8::52', 'on-link');
    expect(place('2001:db8::52', 63)).toEqual(at('address', 'router'));
  });

  it('of a MAC that carries others is both, unless it is claimed', () => {
    camera.sharedMac = true;
    expect(place(IP)).toEqual(at('perhaps', null, true));
    uses('2001:db8::51', 'ndp');
    expect(place('2001:db8::51')).toBeNull();
    carry();
    expect(place('2001:db8::51')).toEqual(at('perhaps', 'repeater', true));
    expect(place('2001:db8::53')).toEqual(at('perhaps', 'repeater', true));
    camera.sharedMac = false;
    expect(place('2001:db8::54')).toBeNull();
  });

  it('that is made from the MAC, or is the router’s, is nobody else’s', () => {
    camera.sharedMac = true;
    expect(place('fe80::a6cf:12ff:fe99:beef', 63)).toBeNull();
    expect(place('fe80::a6cf:12ff:fe99:beee', 63)).not.toBeNull();
    camera.role = 'gateway';
    expect(place(IP, 63)).toBeNull();
  });
});

it('made-up addresses are told as the MAC’s own once they are too many', () => {
  cable();
  for (let n = 0; n < 32; n++) expect(place(`10.0.0.${n}`)).toEqual(at('address', 'router'));
  expect(place('10.0.1.0')).toEqual(at('perhaps', 'router'));
  expect(place('10.0.0.31')).toEqual(at('address', 'router'));
});
