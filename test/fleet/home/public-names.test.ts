// Which backends may be told of: what anybody's devices call, and nothing that says whose home it is.
import { expect, it } from 'vitest';
import { type Device, newDevice } from '../../../sensor/attribute/device.ts';
import { Home } from '../../../sensor/attribute/home.ts';
import { PublicNames } from '../../../sensor/fleet/public-names.ts';

const MAC = 'a4:cf:12:99:be:ef';
const OWN = '198.51.100.7';

function names(change: (device: Device) => void = () => {}): PublicNames {
  const device = newDevice(MAC, 0);
  change(device);
  const home = new Home([]);
  home.claimPublic(OWN, MAC, 0);
  return new PublicNames({ devices: [device], home });
}

it.each([
  ['vendor.com', 'vendor.com'],
  ['update.vendor.co.uk', 'vendor.co.uk'],
  ['ADDONS.Plugins.EXAMPLE', 'plugins.example'],
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:ffff::9', '2001:db8:ffff::9'],
])('%s is told as %s', (name, told) => {
  expect(names().told(name)).toBe(told);
});

it.each([
  ['a tenant of a cloud', 'bucket.s3.amazonaws.com'],
  ['one that the list of suffixes knows', 'mueller.duckdns.org'],
  ['one below the domain of a router’s maker', 'mueller.asuscomm.com'],
  ['a camera’s own name', '4c11bf000000.dahuaddns.com'],
  ['the service itself', 'myfritz.net'],
  ['a name of the home network', 'nas.fritz.box'],
  ['a name of the home network', 'printer.lan'],
  ['a name of the home network', 'printer.local'],
  ['a name of the home network', 'hub.home.arpa'],
  ['a name without a domain', 'printer'],
  ['a suffix alone', 'co.uk'],
  ['no name at all', ''],
  ['no name at all', 'a b.com'],
  ['a name for an address', '9.113.0.203.in-addr.arpa'],
  ['an address of a home', '192.168.1.9'],
  ['an address of a home', 'fd00::9'],
  ['an address of a provider’s NAT', '100.64.0.9'],
  ['the home’s own address on the Internet', OWN],
])('%s stays: %s', (_, name) => {
  expect(names().told(name)).toBeNull();
});

it('an address that a device here has had stays, and its IPv6 network', () => {
  const known = names((device) => {
    const lease = { from: 0, to: 1, source: 'ndp' } as const;
    device.leases.push({ ip: '203.0.113.77', ...lease }, { ip: '2001:db8:5:6:a6cf:12ff:fe99:beef', ...lease });
  });
  expect(known.told('203.0.113.77')).toBeNull();
  expect(known.told('2001:db8:5:6::1')).toBeNull();
  expect(known.told('2001:0DB8:0005:0006:0:0:0:2')).toBeNull();
  expect(known.told('2001:db8:5:7::1')).toBe('2001:db8:5:7::1');
});

it('a domain in which devices of the home have their names stays', () => {
  const known = names((device) => {
    device.hostnames.push({ name: 'nas.mueller-family.de', from: 'mdns', firstSeen: 0, lastSeen: 0 });
    device.label = 'www.meiers.org';
  });
  expect([known.told('cloud.mueller-family.de'), known.told('meiers.org')]).toEqual([null, null]);
  expect(known.told('other-family.de')).toBe('other-family.de');
});

it('a name that led to the home’s own address stays', () => {
  const known = names((device) => {
    const entry = { nameFrom: 'dns', role: 'unknown', detail: {} } as const;
    device.timeline.push({ time: 0, kind: 'backend_new', name: 'cam.mueller.net', ip: OWN, ...entry });
    device.timeline.push({ time: 0, kind: 'backend_new', name: 'vendor.net', ip: '203.0.113.9', ...entry });
  });
  expect([known.told('mueller.net'), known.told('vendor.net')]).toEqual([null, 'vendor.net']);
});
