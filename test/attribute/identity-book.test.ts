// What the book of identities keeps of each announcement, on the book itself: which names, whose they are, and what gives way.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Device, type HostNameSource, LIMITS } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import {
  announcedName,
  announcedNames,
  bearsOwnName,
  deviceName,
  IdentityBook,
} from '../../sensor/attribute/identity.ts';
import type { MdnsAnnouncement } from '../../sensor/decode/mdns.ts';
import type { Dhcp } from '../../sensor/decode/packet.ts';
import type { SsdpMessage } from '../../sensor/decode/ssdp.ts';
import { CAMERA, FRIDGE, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';

let devices: DeviceTable;
let book: IdentityBook;
let camera: Device;
beforeEach(() => {
  devices = new DeviceTable();
  book = new IdentityBook(devices);
  camera = join(CAMERA);
});
const join = ({ mac }: { mac: string }): Device => devices.seen(mac, START) as Device;
const names = (device: Device): string[] => device.hostnames.map(({ from, name }) => `${from} ${name}`);
const call = (name: string, from: HostNameSource = 'mdns', time = START): void =>
  book.hostName(camera, name, from, time);

describe('a host name', () => {
  it('is kept by its source, from its first to its last time, and makes the device one that is kept', () => {
    expect(devices.isKept(CAMERA.mac)).toBe(false);
    call('cam', 'dhcp');
    expect(devices.isKept(CAMERA.mac)).toBe(true);
    call('cam', 'mdns', START + 1);
    call('cam', 'dhcp', START + 9);
    call('cam', 'dhcp', START + 5);
    expect(camera.hostnames).toEqual([
      { name: 'cam', from: 'dhcp', firstSeen: START, lastSeen: START + 9 },
      { name: 'cam', from: 'mdns', firstSeen: START + 1, lastSeen: START + 1 },
    ]);
  });

  it('without anything that can be read is none', () => {
    for (const text of ['', ' ', '\u200b\u0007']) call(text);
    expect([camera.hostnames, devices.isKept(CAMERA.mac)]).toEqual([[], false]);
    call(' hall\u0000 cam ');
    expect(names(camera)).toEqual(['mdns hall cam']);
  });

  it('is one of sixteen: the oldest gives way', () => {
    for (let n = 0; n < LIMITS.hostnames; n++) call(`cam-${n}`);
    expect(camera.hostnames).toHaveLength(16);
    call('cam-16');
    expect([camera.hostnames.length, camera.hostnames[0]?.name, camera.hostnames.at(-1)?.name]).toEqual([
      16,
      'cam-1',
      'cam-16',
    ]);
  });

  it('that two devices announce is told of once, when the second announces it', () => {
    call('ESP', 'dhcp');
    const fridge = join(FRIDGE);
    book.hostName(fridge, 'ESP', 'dhcp', START);
    expect(devices.isNameShared(camera, 'ESP')).toBe(true);
    expect(devices.takeRenamed()).toHaveLength(2);
    book.hostName(fridge, 'ESP', 'dhcp', START + 1);
    expect(devices.takeRenamed()).toEqual([]);
    book.hostName(fridge, 'fridge', 'dhcp', START + 2);
    expect(devices.isNameShared(camera, 'ESP')).toBe(false);
  });
});

describe('of several names', () => {
  const inOrder: HostNameSource[] = ['dhcp', 'dhcpv6', 'mdns', 'nbns', 'llmnr', 'ssdp'];

  it('the best is that for the router, then those for people; of one kind the newest', () => {
    expect([announcedName(camera), announcedNames(camera), deviceName(camera)]).toEqual([
      null,
      [],
      { name: null, from: null },
    ]);
    for (const [n, from] of inOrder.toReversed().entries()) {
      call(`old-${from}`, from, START + n);
      call(`new-${from}`, from, START + n);
      expect(announcedName(camera)).toEqual({ name: `new-${from}`, from });
      expect(deviceName(camera)).toEqual({ name: `new-${from}`, from });
    }
    expect(announcedNames(camera)).toEqual(inOrder.map((from) => `new-${from}`));
  });

  it('the same from two sources is one', () => {
    call('cam', 'ssdp');
    call('hall', 'nbns');
    call('cam', 'dhcp');
    expect(announcedNames(camera)).toEqual(['cam', 'hall']);
  });

  it('a person’s goes before all, and one of an older address of the same thing too', () => {
    call('cam', 'dhcp');
    const [fridge, television] = [join(FRIDGE), join(TELEVISION)];
    television.label = 'Older';
    expect(deviceName(camera, [fridge, television])).toEqual({ name: 'Older', from: 'user' });
    fridge.label = 'Newer';
    expect(deviceName(camera, [fridge, television])).toEqual({ name: 'Newer', from: 'user' });
    camera.label = 'Hall';
    expect(deviceName(camera, [fridge, television])).toEqual({ name: 'Hall', from: 'user' });
  });

  it('only that for the router and a person’s are surely its own', () => {
    expect(bearsOwnName(camera)).toBe(false);
    for (const from of inOrder.filter((one) => one !== 'dhcp')) call('cam', from);
    expect(bearsOwnName(camera)).toBe(false);
    camera.label = 'Hall';
    expect(bearsOwnName(camera)).toBe(true);
    camera.label = null;
    call('cam', 'dhcp');
    expect(bearsOwnName(camera)).toBe(true);
  });
});

const SILENT: Dhcp = {
  ...{ operation: 'request', messageType: 3, transactionId: 1, clientMac: CAMERA.mac, clientIp: null, yourIp: null },
  ...{ relayIp: null, requestedIp: null, hostName: null, fqdn: null, vendorClass: null, clientId: null },
  ...{ parameterRequestList: [], subnetMask: null, routers: [], dnsServers: [], serverId: null, leaseTime: null },
};

describe('a DHCP message', () => {
  it('gives what is in it, and what is not in the next one stays', () => {
    book.dhcp(camera, SILENT, START);
    const nothing = { dhcpFingerprint: null, dhcpVendorClass: null, dhcpClientId: null, duid: null };
    expect([camera.hostnames, camera.identity]).toEqual([[], expect.objectContaining(nothing)]);
    const said = { hostName: 'cam', fqdn: 'cam.lan', vendorClass: ' udhcp\u0000 1 ', clientId: '01a4' };
    book.dhcp(camera, { ...SILENT, ...said, parameterRequestList: [1, 33, 6] }, START);
    const known = { dhcpFingerprint: '1,33,6', dhcpVendorClass: 'udhcp 1', dhcpClientId: '01a4' };
    expect(camera.identity).toMatchObject(known);
    expect(names(camera)).toEqual(['dhcp cam', 'dhcp cam.lan']);
    book.dhcp(camera, SILENT, START + 1);
    expect(camera.identity).toMatchObject(known);
    book.dhcp(camera, { ...SILENT, clientId: 'a'.repeat(129) }, START);
    expect(camera.identity.dhcpClientId).toBe('a'.repeat(128));
    book.dhcp(camera, { ...SILENT, parameterRequestList: [55] }, START);
    expect(camera.identity.dhcpFingerprint).toBe('55');
  });

  it('in version 6 gives the client’s identifier, the latest', () => {
    book.duid(camera, '0003');
    book.duid(camera, '0001');
    expect(camera.identity.duid).toBe('0001');
  });

  it('that is forwarded for two clients makes the MAC a shared one; of a router’s it is never said', () => {
    book.speaksFor(camera, FRIDGE.mac);
    book.speaksFor(camera, FRIDGE.mac);
    expect(camera.sharedMac).toBe(false);
    book.speaksFor(camera, TELEVISION.mac);
    expect(camera.sharedMac).toBe(true);
    const router = join(FRIDGE);
    router.role = 'gateway';
    for (const mac of [CAMERA.mac, TELEVISION.mac, 'aa:00:00:00:00:01']) book.speaksFor(router, mac);
    expect(router.sharedMac).toBe(false);
    router.role = 'device';
    book.speaksFor(router, CAMERA.mac);
    expect(router.sharedMac).toBe(true);
  });
});

const none: MdnsAnnouncement = { serviceTypes: [], instances: [], hosts: [], attributes: [] };
type Attribute = MdnsAnnouncement['attributes'][number];
const txt = (kind: Attribute['kind'], key: string, value: string): Attribute => ({ kind, key, value, type: null });
const say = (message: Partial<MdnsAnnouncement>, from: string | null = CAMERA.ip): void =>
  book.mdns(camera, { ...none, ...message }, from, START);

describe('an mDNS announcement', () => {
  const instances = [{ type: '_hap._tcp', name: 'Hall' }];
  const ids = [txt('id', 'deviceid', 'AA:BB:CC')];
  const host = (name: string, ...addresses: string[]) => ({ name, addresses });

  it.each<[string, MdnsAnnouncement['hosts'], string[], boolean]>([
    ['with the address it comes from names the device', [host('cam.local', CAMERA.ip)], ['mdns cam'], true],
    ['with an address that it holds too', [host('cam.local', '10.9.9.9', CAMERA.ip6)], ['mdns cam'], true],
    ['with one name and no address too', [host('cam.local')], ['mdns cam'], true],
    [
      'with two names of which one has no address names by the other',
      [host('cam.local', CAMERA.ip), host('b.local')],
      ['mdns cam'],
      false,
    ],
    ['with another’s address does not', [host('b.local', FRIDGE.ip)], [], false],
    [
      'with its own and another’s is a reflector',
      [host('b.local', FRIDGE.ip), host('cam.local', CAMERA.ip)],
      ['mdns cam'],
      false,
    ],
    ['without a name tells nothing of its own', [], [], false],
    ['keeps what is no suffix', [host('my.local.cam', CAMERA.ip)], ['mdns my.local.cam'], true],
  ])('%s', (_, hosts, known, isOwn) => {
    devices.lease(camera, CAMERA.ip6, START, 'ndp');
    say({ hosts, instances, attributes: ids });
    expect(names(camera)).toEqual(known);
    expect(camera.identity.mdnsIds).toEqual(isOwn ? ['instance=Hall', 'deviceid=AA:BB:CC'] : []);
  });

  it('gives services and models whoever they are of, each once', () => {
    const models = [txt('model', 'md', 'BSB002'), txt('name', 'fn', 'Hall \u0000cam'), txt('model', 'md', 'BSB002')];
    say({ serviceTypes: ['_hap._tcp', '', '_hap._tcp', '_http._tcp'], attributes: models });
    expect(camera.identity).toMatchObject({
      ...{ mdnsServices: ['_hap._tcp', '_http._tcp'], mdnsModels: ['md=BSB002', 'fn=Hall cam'], mdnsIds: [] },
    });
  });

  it('gives identifiers of six characters and more, and names of instances that can be read, cut to 64', () => {
    const hosts = [host('cam.local', CAMERA.ip)];
    const attributes = [txt('id', 'sn', '12345'), txt('id', 'sn', '123456'), txt('id', 'id', 'abcdef\u0000')];
    const named = ['', '\u200b', 'x'.repeat(65), 'Hall'].map((name) => ({ type: '_hap._tcp', name }));
    say({ hosts, attributes, instances: named });
    const [long] = [`instance=${'x'.repeat(64)}`];
    expect(camera.identity.mdnsIds).toEqual([long, 'instance=Hall', 'sn=123456', 'id=abcdef']);
  });

  it('of a group of casting devices is that of whoever leads it, and no identity of its own', () => {
    const hosts = [host('cam.local', CAMERA.ip)];
    say({ hosts, instances, attributes: [...ids, txt('model', 'md', 'Google Cast Group')] });
    expect([names(camera), camera.identity.mdnsIds]).toEqual([['mdns cam'], []]);
    say({
      hosts,
      instances,
      attributes: [...ids, txt('model', 'md', 'Chromecast'), txt('model', 'ty', 'Google Cast Group')],
    });
    expect(camera.identity.mdnsIds).toHaveLength(2);
  });

  it('fills each list up to 32: the oldest gives way', () => {
    for (let n = 0; n < 33; n++) say({ serviceTypes: [`_s${n}._tcp`], attributes: [txt('model', 'md', `${n}`)] });
    const { mdnsModels, mdnsServices } = camera.identity;
    expect([mdnsModels.length, mdnsModels[0], mdnsModels.at(-1)]).toEqual([32, 'md=1', 'md=32']);
    expect([mdnsServices.length, mdnsServices[0], mdnsServices.at(-1)]).toEqual([32, '_s1._tcp', '_s32._tcp']);
  });

  it('tells the software by its key and the first 64 characters', () => {
    say({ attributes: [txt('firmware', 'fv', `1.2\u0000${'3'.repeat(80)}`)] });
    expect(camera.firmware.map(({ from, version }) => [from, version])).toEqual([['mdns', `fv 1.2${'3'.repeat(61)}`]]);
  });
});

const alive: SsdpMessage = {
  ...{ kind: 'notify', server: null, target: null, usn: null, deviceType: null, locationHost: null, leaving: false },
};

describe('an SSDP message', () => {
  it('gives server, products and type, unless it only searches', () => {
    const full = { ...alive, server: 'Linux/5.4 AcmeCam/1.2.3 Other/4.5 \u0000', deviceType: 'MediaRenderer' };
    book.ssdp(camera, { ...full, kind: 'search' }, START);
    expect([camera.identity.ssdpServer, camera.identity.ssdpTypes, camera.firmware]).toEqual([null, [], []]);
    for (const kind of ['response', 'notify'] as const) book.ssdp(camera, { ...full, kind }, START);
    expect(camera.identity).toMatchObject({
      ...{ ssdpServer: 'Linux/5.4 AcmeCam/1.2.3 Other/4.5', ssdpTypes: ['MediaRenderer'] },
    });
    expect(camera.firmware.map(({ from, version }) => `${from} ${version}`)).toEqual([
      'ssdp AcmeCam 1.2.3',
      'ssdp Other 4.5',
    ]);
    book.ssdp(camera, { ...alive, server: full.server }, START);
    book.ssdp(camera, { ...alive, deviceType: 'Basic' }, START);
    expect(camera.identity).toMatchObject({
      ssdpServer: full.server.slice(0, -2),
      ssdpTypes: ['MediaRenderer', 'Basic'],
    });
  });
});

describe('a version', () => {
  const version = (text: string, from: 'ssdp' | 'http' | 'mdns' = 'ssdp', time = START): void =>
    book.version(camera, text, from, time);

  it('that comes again is the same, up to its last time; from elsewhere it is another', () => {
    version('AcmeCam 1.0');
    version('AcmeCam 1.0', 'ssdp', START + 9);
    version('AcmeCam 1.0', 'ssdp', START + 5);
    version('AcmeCam 1.0', 'http', START + 6);
    expect(camera.firmware).toEqual([
      { version: 'AcmeCam 1.0', from: 'ssdp', firstSeen: START, lastSeen: START + 9 },
      { version: 'AcmeCam 1.0', from: 'http', firstSeen: START + 6, lastSeen: START + 6 },
    ]);
    expect(camera.timeline).toEqual([]);
  });

  it('of the same product from the same source is a change, from the latest before it', () => {
    version('AcmeCam 1.0');
    version('AcmeCam 1.1', 'ssdp', START + 1);
    version('AcmeCam 1.2', 'ssdp', START + 2);
    version('AcmeCam 1.3', 'http', START + 3);
    version('Other 1.4', 'ssdp', START + 4);
    const change = { kind: 'firmware_change', name: null, nameFrom: null, ip: null, role: null };
    expect(camera.timeline).toEqual([
      { ...change, time: START + 1, detail: { from: 'AcmeCam 1.0', to: 'AcmeCam 1.1', source: 'ssdp' } },
      { ...change, time: START + 2, detail: { from: 'AcmeCam 1.1', to: 'AcmeCam 1.2', source: 'ssdp' } },
    ]);
  });

  it('is one of 32: the oldest gives way', () => {
    for (let n = 0; n < LIMITS.firmware; n++) version(`Cam${n} 1.0`);
    expect(camera.firmware).toHaveLength(32);
    version('Cam32 1.0');
    expect([camera.firmware.length, camera.firmware[0]?.version]).toEqual([32, 'Cam1 1.0']);
  });

  it('stands in the User-Agent too', () => {
    book.userAgent(camera, 'IpCam/7.0 (Linux 1/2.3) libcurl/8.1 \u0000', START);
    expect(camera.identity.userAgent).toBe('IpCam/7.0 (Linux 1/2.3) libcurl/8.1');
    expect(camera.firmware).toMatchObject([{ version: 'IpCam 7.0', from: 'http' }]);
  });
});
