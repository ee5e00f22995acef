// Devices as rows: every cell of every table, what of a device is news, and what is written where a row was skipped or an item twice.
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendKey, type Device, mailDestinationKey, newDevice } from '../../sensor/attribute/device.ts';
import { type AfterCommit, DeviceTable } from '../../sensor/record/device-table.ts';
import { migrate } from '../../sensor/record/schema.ts';
import { backend, DAY, entry, inOrder, NOW } from './store-fixtures.ts';

const CAMERA = '02:00:00:00:00:01';
const TABLES = ['devices', 'leases', 'mail_destinations', 'backends', 'timeline', 'activity'] as const;

let db: Database.Database;
let table: DeviceTable;
let problems: string[];
beforeEach(() => {
  db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  migrate(db);
  problems = [];
  table = new DeviceTable(db, (problem) => problems.push(problem));
});
afterEach(() => db.close());

/** Saves as the store does; returns how many rows were written or deleted. */
function save(device: Device, what: 'all' | 'news' = 'all'): number {
  const before = Number(db.prepare('SELECT total_changes()').pluck().get());
  const afterCommit: AfterCommit = [];
  db.transaction(() => table.save(device, what, afterCommit))();
  for (const remember of afterCommit) remember();
  return Number(db.prepare('SELECT total_changes()').pluck().get()) - before;
}

const rows = (name: string) => db.prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`).all();

/** Something in every field, each value its own. */
function full(): Device {
  const device = newDevice(CAMERA, 1001);
  Object.assign(device, {
    ...{ role: 'gateway', lastSeen: 1002, label: 'Hall', sameAs: '02:00:00:00:00:02', broadcastOnly: false },
    isPrivate: true,
    ...{ sharedMac: true, connections: 1003, lookups: { mx: 1004, dnsbl: 1005 } },
    path: { directAt: 1006, behind: 'b', kind: 'router', ip: '192.168.7.1', until: 1007, carriers: ['c'] },
    hostnames: [{ name: 'cam', from: 'mdns', firstSeen: 1008, lastSeen: 1009 }],
    firmware: [{ version: '1.2', from: 'http', firstSeen: 1010, lastSeen: 1011 }],
  });
  Object.assign(device.identity, {
    ...{ dhcpFingerprint: 'f', dhcpVendorClass: 'v', dhcpClientId: 'i', duid: 'd', mdnsServices: ['s'] },
    ...{ mdnsModels: ['m'], mdnsIds: ['n'], ssdpServer: 'w', ssdpTypes: ['t'], userAgent: 'u' },
  });
  Object.assign(device.mail, {
    ...{ attempts: 11, connected: 12, refused: 13, unanswered: 14, messages: 15, recipients: 16 },
    forgottenDestinations: 17,
  });
  device.mail.destinations.set('203.0.113.25 25', {
    ...{ ip: '203.0.113.25', port: 25, name: 'mx.example', nameFrom: 'dns', attempts: 21, connected: 22, refused: 23 },
    ...{ unanswered: 24, messages: 25, recipients: 26, firstSeen: 1012, lastSeen: 1013 },
  });
  device.leases.push({ ip: '192.168.1.50', from: 1014, to: 1015, source: 'dhcp' });
  const one = {
    ...backend('vendor.example', NOW),
    role: 'update',
    roleFrom: 'note',
    note: 'acme',
    days: [3, 4],
  } as const;
  const flags = { hosts: ['h'], nameFrom: ['sni' as const], through: ['p'], outerName: true, shared: false };
  const counts = { connections: 31, bytesUp: 32, bytesDown: 33, firstSeen: 1016, lastSeen: 1017 };
  device.backends.set('vendor.example update', { ...one, days: [3, 4], ...flags, ...counts });
  device.backends.set('other.example', { ...backend('other.example', NOW), shared: true, days: [] });
  device.timeline.push({ ...entry(1018), name: 'n', ip: 'i', detail: { bytes: 5, to: null } });
  device.activity.add([
    { hour: 24, connections: 41, mailAttempts: 42 },
    { hour: 47, connections: 43, mailAttempts: 44 },
    { hour: 48, connections: 45, mailAttempts: 46 },
  ]);
  return device;
}

describe('rows', () => {
  it('hold each field in its own cell', () => {
    save(full());
    const at = { mac: CAMERA, ord: 1 };
    expect(Object.fromEntries(TABLES.map((name) => [name, rows(name)]))).toEqual({
      devices: [
        {
          ...{ mac: CAMERA, role: 'gateway', label: 'Hall', first_seen: 1001, last_seen: 1002, broadcast_only: 0 },
          ...{
            shared_mac: 1,
            connections: 1003,
            same_as: '02:00:00:00:00:02',
            is_private: 1,
            lookups: '{"mx":1004,"dnsbl":1005}',
          },
          hostnames: '[{"name":"cam","from":"mdns","firstSeen":1008,"lastSeen":1009}]',
          firmware: '[{"version":"1.2","from":"http","firstSeen":1010,"lastSeen":1011}]',
          mail: '{"attempts":11,"connected":12,"refused":13,"unanswered":14,"messages":15,"recipients":16,"forgottenDestinations":17}',
          identity: JSON.stringify({
            ...{ dhcpFingerprint: 'f', dhcpVendorClass: 'v', dhcpClientId: 'i', duid: 'd', mdnsServices: ['s'] },
            ...{ mdnsModels: ['m'], mdnsIds: ['n'], ssdpServer: 'w', ssdpTypes: ['t'], userAgent: 'u' },
            path: { directAt: 1006, behind: 'b', kind: 'router', ip: '192.168.7.1', until: 1007, carriers: ['c'] },
          }),
        },
      ],
      leases: [{ ...at, ip: '192.168.1.50', from_time: 1014, to_time: 1015, source: 'dhcp' }],
      mail_destinations: [
        {
          ...{ ...at, ip: '203.0.113.25', port: 25, name: 'mx.example', name_from: 'dns', attempts: 21, connected: 22 },
          ...{ refused: 23, unanswered: 24, messages: 25, recipients: 26, first_seen: 1012, last_seen: 1013 },
        },
      ],
      backends: [
        {
          ...{ ...at, name: 'vendor.example', role: 'update', role_from: 'note', note: 'acme', hosts: '[["h"],["p"]]' },
          ...{ name_from: '["sni"]', outer_name: 1, shared: 0, connections: 31, bytes_up: 32, bytes_down: 33 },
          ...{ first_seen: 1016, last_seen: 1017, days: '[3,4]' },
        },
        {
          ...{ mac: CAMERA, ord: 2, name: 'other.example', role: 'cloud', role_from: null, note: null },
          hosts: '["a.other.example","b.other.example","eu-west.other.example"]',
          ...{ name_from: '["dns","sni"]', outer_name: 0, shared: 1, connections: 7, bytes_up: 9_000_000_000 },
          ...{ bytes_down: 1, first_seen: NOW - DAY, last_seen: NOW, days: '[]' },
        },
      ],
      timeline: [
        {
          ...{ ...at, time: 1018, kind: 'firmware_download', name: 'n', name_from: 'sni', ip: 'i', role: 'update' },
          detail: '{"bytes":5,"to":null}',
        },
      ],
      activity: [
        { ...at, day: 1, hours: '[[24,41,42],[47,43,44]]' },
        { ...at, ord: 2, day: 2, hours: '[[48,45,46]]' },
      ],
    });
  });

  it('become the device again, field by field', () => {
    save(full());
    const again = new DeviceTable(db, (problem) => problems.push(problem));
    expect(again.load().map(inOrder)).toStrictEqual([inOrder(full())]);
    expect(problems).toEqual([]);
  });

  it('may hold each word that devices are told of with, and come back', () => {
    const devices = (['device', 'gateway', 'sensor'] as const).map((role) => ({ ...newDevice(role, NOW), role }));
    const device = newDevice(CAMERA, NOW);
    device.hostnames = (['dhcp', 'dhcpv6', 'mdns', 'llmnr', 'nbns', 'ssdp'] as const).map((from) => ({
      ...{ name: from, from, firstSeen: 1, lastSeen: 2 },
    }));
    device.firmware = (['ssdp', 'http', 'mdns'] as const).map((from) => ({
      version: from,
      from,
      firstSeen: 1,
      lastSeen: 2,
    }));
    device.leases = (['arp', 'dhcp', 'dhcpv6', 'ndp', 'on-link'] as const).map((source) => ({
      ...{ ip: source, from: 1, to: 2, source },
    }));
    const names = ['dns', 'dns-other', 'sni', 'quic', 'http'] as const;
    for (const nameFrom of [...names, 'proxy', null] as const) {
      const counts = { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };
      const one = { ip: `${nameFrom}`, port: 25, name: 'n', nameFrom, ...counts, firstSeen: 1, lastSeen: 2 };
      device.mail.destinations.set(mailDestinationKey(one), one);
    }
    const roles = ['update', 'telemetry', 'cloud', 'store', 'time', 'unknown'] as const;
    for (const [n, role] of roles.entries()) {
      const roleFrom = (['note', 'store-list', 'host-label'] as const)[n] ?? null;
      const one = { ...backend(role, NOW), role, roleFrom, nameFrom: [...names] };
      device.backends.set(backendKey(one), one);
    }
    const kinds = [
      ...(['backend_new', 'firmware_download', 'firmware_change', 'inbound_connection', 'remote_login'] as const),
      ...(['port_mapped', 'store_download', 'mail_lookup', 'mail_resumed'] as const),
    ];
    device.timeline = kinds.map((kind, n) => ({
      ...{ ...entry(n), kind, nameFrom: names[n] ?? null, role: roles[n] ?? null, detail: { a: 'b', c: 5, d: null } },
    }));
    for (const one of [device, ...devices]) save(one);
    const again = new DeviceTable(db, (problem) => problems.push(problem));
    expect([again.load().map(inOrder), problems]).toEqual([[device, ...devices].map(inOrder), []]);
  });

  it('of a device from before paths were kept are those of one that was heard itself', () => {
    save(newDevice(CAMERA, NOW));
    db.exec(`UPDATE devices SET last_seen = 77, identity = json_remove(identity, '$.path', '$.duid', '$.mdnsIds')`);
    expect(table.load()).toEqual([
      {
        ...newDevice(CAMERA, NOW),
        lastSeen: 77,
        path: { directAt: 77, behind: null, kind: 'repeater', ip: null, until: null, carriers: [] },
      },
    ]);
  });

  it.each([
    ['devices', "role = 'king'", 'role'],
    ['devices', 'broadcast_only = 2', 'broadcastOnly'],
    ['devices', 'shared_mac = -1', 'sharedMac'],
    ['devices', "hostnames = '[{}]'", 'hostnames.0.name'],
    ['devices', `identity = '{"path":1}'`, 'path'],
    ['devices', `identity = '5'`, 'identity'],
    ['devices', `identity = 'null'`, 'identity'],
    ['devices', `mail = '{}'`, 'mail.attempts'],
    ['devices', `lookups = '{"mx":"1"}'`, 'lookups.mx'],
    ['devices', `firmware = '{}'`, 'firmware'],
    ['leases', "source = 'guess'", 'source'],
    ['mail_destinations', "name_from = 'guess'", 'nameFrom'],
    ['backends', "role = 'x'", 'role'],
    ['backends', "role_from = 'x'", 'roleFrom'],
    ['backends', 'shared = 3', 'shared'],
    ['backends', "hosts = '7'", 'hosts'],
    ['backends', "hosts = 'null'", 'hosts'],
    ['backends', "days = '{}'", 'days'],
    ['timeline', "kind = 'x'", 'kind'],
    ['timeline', "detail = '[]'", 'detail'],
    ['timeline', "name_from = 'proxy'", 'nameFrom'],
    ['activity', "hours = '[[1,2]]'", '0'],
    ['activity', "hours = '[[24,1,2],[25,1,-1]]'", '1'],
    ['activity', "hours = '[[24,4294967296,0]]'", '0'],
  ])('of %s with %s are skipped and told', (name, change, field) => {
    save(full());
    db.exec(`UPDATE ${name} SET ${change}`);
    table.load();
    const where = name === 'devices' ? `devices (${CAMERA})` : `${name} (${CAMERA}, 1)`;
    expect(problems[0]).toBe(`skipped an unreadable row of ${where}: unexpected ${field}`);
  });

  it('without their device are nobody’s', () => {
    save(full());
    db.exec(`UPDATE devices SET role = 'king'`);
    expect([table.load(), problems.length]).toEqual([[], 1]);
  });
});

describe('what is written', () => {
  /** What of `full` changes, and whether it is news. */
  const CHANGES: [string, (device: Device) => void, isNews: boolean][] = [
    ['the role', (device) => Object.assign(device, { role: 'device' }), true],
    ['the label', (device) => Object.assign(device, { label: 'Other' }), true],
    ['what it is the same as', (device) => Object.assign(device, { sameAs: null }), true],
    ['that it is private', (device) => Object.assign(device, { isPrivate: false }), true],
    ['when it was first seen', (device) => Object.assign(device, { firstSeen: 5 }), false],
    ['when it was last seen', (device) => Object.assign(device, { lastSeen: 5 }), false],
    ['that it was heard by broadcast alone', (device) => Object.assign(device, { broadcastOnly: true }), true],
    ['that others speak behind it', (device) => Object.assign(device, { sharedMac: false }), true],
    ['how many connections', (device) => Object.assign(device, { connections: 5 }), false],
    ['its lookups', (device) => Object.assign(device.lookups, { mx: 5 }), true],
    ['what it is behind', (device) => Object.assign(device.path, { behind: 'x' }), true],
    ['what kind that is', (device) => Object.assign(device.path, { kind: 'repeater' }), true],
    ['the address it is behind', (device) => Object.assign(device.path, { ip: null }), true],
    ['its carriers', (device) => Object.assign(device.path, { carriers: [] }), true],
    ['when it was heard itself', (device) => Object.assign(device.path, { directAt: 5 }), false],
    ['how long that holds', (device) => Object.assign(device.path, { until: 5 }), false],
    ['what it calls itself', (device) => Object.assign(device.hostnames[0] ?? {}, { name: 'x' }), true],
    ['where it says so', (device) => Object.assign(device.hostnames[0] ?? {}, { from: 'dhcp' }), true],
    ['when it said so', (device) => Object.assign(device.hostnames[0] ?? {}, { lastSeen: 5 }), false],
    ['its identity', (device) => Object.assign(device.identity, { duid: null }), true],
    ['its firmware', (device) => Object.assign(device.firmware[0] ?? {}, { version: '2' }), true],
    ['when it told of its firmware', (device) => Object.assign(device.firmware[0] ?? {}, { lastSeen: 5 }), false],
    ['its mail', (device) => Object.assign(device.mail, { attempts: 5 }), true],
  ];

  it.each(CHANGES)('of a device: %s', (_, change, isNews) => {
    const device = full();
    save(device);
    expect([save(device, 'news'), save(device)]).toEqual([0, 0]);
    change(device);
    expect(save(device, 'news')).toBe(isNews ? 1 : 0);
    expect(save(device)).toBe(isNews ? 0 : 1);
    expect(save(device)).toBe(0);
    expect(new DeviceTable(db, () => {}).load().map(inOrder)).toEqual([inOrder(device)]);
  });

  const vendor = (device: Device) => device.backends.get('vendor.example update') ?? {};
  const LISTS: [string, (device: Device) => void, ofNews: number, ofAll: number][] = [
    ['the end of a lease', (device) => Object.assign(device.leases[0] ?? {}, { to: 5 }), 0, 1],
    ['the beginning of a lease', (device) => Object.assign(device.leases[0] ?? {}, { from: 5 }), 2, 0],
    ['the source of a lease', (device) => Object.assign(device.leases[0] ?? {}, { source: 'arp' }), 2, 0],
    ['the address of a lease', (device) => Object.assign(device.leases[0] ?? {}, { ip: 'x' }), 2, 0],
    [
      'mail to a destination',
      (device) => Object.assign(device.mail.destinations.get('203.0.113.25 25') ?? {}, { attempts: 5 }),
      ...([1, 0] as const),
    ],
    ['the role of a backend', (device) => Object.assign(vendor(device), { role: 'store' }), 1, 0],
    ['what gave it that', (device) => Object.assign(vendor(device), { roleFrom: null }), 1, 0],
    ['the note of a backend', (device) => Object.assign(vendor(device), { note: null }), 1, 0],
    ['a host of a backend', (device) => Object.assign(vendor(device), { hosts: ['h', 'i'] }), 1, 0],
    ['what named it', (device) => Object.assign(vendor(device), { nameFrom: [] }), 1, 0],
    ['a proxy to it', (device) => Object.assign(vendor(device), { through: [] }), 1, 0],
    ['an outer name', (device) => Object.assign(vendor(device), { outerName: false }), 1, 0],
    ['that others share it', (device) => Object.assign(vendor(device), { shared: true }), 1, 0],
    ['contacts of a backend', (device) => Object.assign(vendor(device), { connections: 5 }), 0, 1],
    ['bytes to a backend', (device) => Object.assign(vendor(device), { bytesUp: 5 }), 0, 1],
    ['days of a backend', (device) => Object.assign(vendor(device), { days: [5] }), 0, 1],
    ['a backend more', (device) => device.backends.set('x', { ...backend('x', NOW) }), 1, 0],
    ['a backend less', (device) => device.backends.delete('other.example'), 1, 0],
    ['detail of an event', (device) => Object.assign(device.timeline[0] ?? {}, { detail: {} }), 1, 0],
    ['the kind of an event', (device) => Object.assign(device.timeline[0] ?? {}, { kind: 'remote_login' }), 2, 0],
    ['activity of an hour', (device) => device.activity.count(24, 'connections'), 0, 1],
  ];

  it.each(LISTS)('of its lists: %s', (_, change, ofNews, ofAll) => {
    const device = full();
    save(device);
    change(device);
    expect([save(device, 'news'), save(device), save(device)]).toEqual([ofNews, ofAll, 0]);
    const renamed = new Map([...device.backends.values()].map((one) => [backendKey(one), one]));
    const [loaded] = new DeviceTable(db, () => {}).load();
    expect(loaded === undefined ? null : inOrder(loaded)).toEqual(inOrder({ ...device, backends: renamed }));
  });

  it('of items that are alike keeps each, and its order', () => {
    const device = newDevice(CAMERA, NOW);
    const one = { ip: '192.168.1.50', from: 1, to: 2, source: 'arp' } as const;
    device.leases.push({ ...one }, { ...one, to: 3 }, { ...one, to: 4 });
    save(device);
    expect(rows('leases').map(({ ord, to_time }) => [ord, to_time])).toEqual([
      ...[
        [1, 2],
        [2, 3],
        [3, 4],
      ],
    ]);
    device.leases.shift();
    expect(save(device)).toBe(3);
    expect(rows('leases').map(({ to_time }) => to_time)).toEqual([3, 4]);
    expect(save(device)).toBe(0);
  });

  it('of items that are alike is all of it once more after a restart, which tells them apart no longer', () => {
    const device = newDevice(CAMERA, NOW);
    const one = { ip: '192.168.1.50', from: 1, to: 2, source: 'arp' } as const;
    device.leases.push({ ...one }, { ...one, to: 3 });
    save(device);
    table = new DeviceTable(db, () => {});
    const [loaded] = table.load();
    if (loaded === undefined) throw new Error('not loaded');
    expect([save(loaded) > 0, save(loaded), rows('leases').length]).toEqual([true, 0, 2]);
  });

  it('of an item that went and came back is its row, under a new number', () => {
    const device = full();
    save(device);
    const other = device.backends.get('other.example');
    if (other === undefined) throw new Error('not there');
    Object.assign(vendor(device), { connections: 5 });
    device.backends.delete('other.example');
    expect([save(device), save(device)]).toEqual([2, 0]);
    device.backends.set('other.example', other);
    expect([save(device), save(device)]).toEqual([1, 0]);
    expect(rows('backends').map(({ name, ord }) => [name, ord])).toEqual([
      ...[
        ['vendor.example', 1],
        ['other.example', 3],
      ],
    ]);
  });

  it('of a list in another order are the items that moved', () => {
    const device = newDevice(CAMERA, NOW);
    const lease = (n: number) => ({ ip: `192.168.1.${n}`, from: n, to: 9, source: 'arp' }) as const;
    device.leases.push(lease(1), lease(2), lease(3));
    save(device);
    device.leases.push(...device.leases.splice(0, 1));
    expect(save(device)).toBe(2);
    expect(rows('leases').map(({ ip, ord }) => [ip, ord])).toEqual([
      ...[
        ['192.168.1.2', 2],
        ['192.168.1.3', 3],
        ['192.168.1.1', 4],
      ],
    ]);
    device.leases.pop();
    device.leases.push(lease(5));
    save(device);
    expect(rows('leases').map(({ ip, ord }) => [ip, ord])).toEqual([
      ...[
        ['192.168.1.2', 2],
        ['192.168.1.3', 3],
        ['192.168.1.5', 5],
      ],
    ]);
  });

  it('after a restart is what changed since, with numbers that go on', () => {
    const device = newDevice(CAMERA, NOW);
    const lease = (n: number) => ({ ip: `192.168.1.${n}`, from: n, to: 9, source: 'arp' }) as const;
    device.leases.push(lease(1), lease(2));
    save(device);
    table = new DeviceTable(db, () => {});
    const [loaded] = table.load();
    if (loaded === undefined) throw new Error('not loaded');
    expect(save(loaded)).toBe(0);
    loaded.leases.push(lease(3));
    expect(save(loaded)).toBe(1);
    expect(rows('leases').map(({ ord }) => ord)).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'one backend in two rows',
      "UPDATE backends SET name = 'vendor.example', role = 'update' WHERE ord = 2",
      'backends',
      1,
    ],
    ['one day in two rows', 'INSERT INTO activity VALUES (?, 3, 2, json_array(json_array(49, 1, 2)))', 'activity', 2],
  ])('where the table has %s is the device as a whole, once', (_, sql, name, count) => {
    save(full());
    db.prepare(sql).run(...(sql.includes('?') ? [CAMERA] : []));
    const [loaded] = table.load();
    if (loaded === undefined) throw new Error('not loaded');
    expect(save(loaded)).toBeGreaterThan(5);
    expect([rows(name).length, save(loaded), problems]).toEqual([count, 0, []]);
    expect(new DeviceTable(db, () => {}).load().map(inOrder)).toEqual([inOrder(loaded)]);
  });

  it('where a row could not be read are the others alone, each in its own row', () => {
    const device = newDevice(CAMERA, NOW);
    for (const name of ['a', 'b', 'c']) device.backends.set(name, backend(name, NOW));
    save(device);
    db.exec("UPDATE backends SET role = 'x' WHERE name = 'b'");
    const [loaded] = table.load();
    if (loaded === undefined) throw new Error('not loaded');
    expect([problems.length, save(loaded)]).toEqual([1, 0]);
    Object.assign(loaded.backends.get('c') ?? {}, { connections: 99 });
    expect(save(loaded)).toBe(1);
    expect(rows('backends').map(({ connections, name }) => [name, connections])).toEqual([
      ...[
        ['a', 7],
        ['b', 7],
        ['c', 99],
      ],
    ]);
  });

  it('of a device that is unknown to this process replaces all that there is of it', () => {
    save(full());
    table = new DeviceTable(db, () => {});
    save(newDevice(CAMERA, NOW));
    expect(TABLES.map((name) => rows(name).length)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it('of a device that was forgotten is nothing, and then all of it again', () => {
    const device = full();
    save(device);
    table.forget(CAMERA);
    expect(TABLES.map((name) => rows(name).length)).toEqual([0, 0, 0, 0, 0, 0]);
    save(device);
    expect(TABLES.map((name) => rows(name).length)).toEqual([1, 1, 1, 2, 1, 2]);
  });

  it('in a transaction that fails is written again by the next', () => {
    const device = full();
    save(device);
    device.label = 'Other';
    device.leases.push({ ip: 'x', from: 1, to: 2, source: 'arp' });
    device.backends.delete('other.example');
    const failing = db.transaction(() => {
      table.save(device, 'all', []);
      throw new Error('full');
    });
    expect(failing).toThrow('full');
    expect(save(device)).toBe(3);
    expect(rows('leases').map(({ ord }) => ord)).toEqual([1, 2]);
  });
});
