// What is kept and told of each backend, whole: which connection counts to it and when, what it is for, and what is news.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import type { Backend, Device } from '../../sensor/attribute/device.ts';
import { BackendDetector, backendsNamed } from '../../sensor/detect/backends.ts';
import { BRIDGE, CAMERA, DAY, GATEWAY, HOUR, MINUTE, SECOND, START, Stage } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, surroundings, take } from '../support/surroundings.ts';

const SERVER = '198.51.100.10';
const NEWS = START + 7 * DAY;

let around: Around;
let detector: BackendDetector;
let bridge: Device;

function fresh(settings: Partial<Around['settings']> = {}): void {
  around = surroundings(settings);
  detector = new BackendDetector(around);
  bridge = deviceIn(around, BRIDGE);
}
beforeEach(() => fresh());

/** With all firmware notes, as they come to be known. */
const withNotes = () => {
  around.knowledge = new Stage().spine.knowledge;
};

function connection(name: string | null, more: Partial<Connection> = {}): Connection {
  const from = { name, nameFrom: name === null ? null : ('sni' as const), outcome: 'connected' as const };
  return connectionBetween(BRIDGE, { mac: GATEWAY.mac, ip: SERVER }, 443, { way: 'outbound', ...from, ...more });
}

const named = (
  name: string | null,
  time = START,
  more: Partial<Connection> = {},
  bareAddress: string | null = null,
  device = bridge,
) => {
  const one = connection(name, more);
  detector.named(device, one, time, bareAddress);
  return one;
};
const keys = () => [...bridge.backends.keys()];
const entry = (key: string): Backend => {
  const backend = bridge.backends.get(key);
  if (backend === undefined) throw new Error(`no backend ${key}`);
  return backend;
};
const inner = (host: string, more: Partial<NonNullable<Connection['inner']>> = {}): Connection['inner'] => ({
  host,
  ip: null,
  port: 443,
  via: 'socks5',
  outcome: 'connected',
  clientNext: 0,
  serverNext: null,
  ...more,
});

describe('of a backend is kept', () => {
  it('all that its connections show', () => {
    const one = named('api.vendor.example', START + SECOND);
    expect(bridge.backends).toEqual(
      new Map([
        [
          'vendor.example',
          {
            name: 'vendor.example',
            role: 'unknown',
            roleFrom: null,
            note: null,
            hosts: ['api.vendor.example'],
            nameFrom: ['sni'],
            through: [],
            outerName: false,
            shared: false,
            connections: 1,
            bytesUp: 0,
            bytesDown: 0,
            firstSeen: START + SECOND,
            lastSeen: START + SECOND,
            days: [Math.floor(START / DAY)],
          },
        ],
      ]),
    );
    expect(one.backend).toBe('vendor.example');
    expect(bridge.timeline).toEqual([
      {
        time: START + SECOND,
        kind: 'backend_new',
        name: 'api.vendor.example',
        nameFrom: 'sni',
        ip: SERVER,
        role: 'unknown',
        detail: { backend: 'vendor.example', port: 443 },
      },
    ]);
    named('img.vendor.example', START, { nameFrom: 'dns' });
    named('img.vendor.example', START + DAY, { nameFrom: 'sni' });
    expect(entry('vendor.example')).toMatchObject({
      hosts: ['api.vendor.example', 'img.vendor.example'],
      nameFrom: ['sni', 'dns'],
      connections: 3,
      firstSeen: START,
      lastSeen: START + DAY,
      days: [Math.floor(START / DAY), Math.floor(START / DAY) + 1],
    });
    expect(bridge.timeline).toHaveLength(1);
  });

  it('without a name its address, and the address that was asked for as a host', () => {
    named(null, START);
    expect(entry(SERVER)).toMatchObject({ name: SERVER, role: 'unknown', hosts: [], nameFrom: [], shared: false });
    named(null, START, {}, SERVER);
    expect(entry(SERVER)).toMatchObject({ hosts: [SERVER], connections: 2, outerName: false });
    expect(bridge.timeline.map(({ name, nameFrom }) => [name, nameFrom])).toEqual([[SERVER, null]]);
  });

  it('that a name is the outer one; that it is shared', () => {
    named('d111111abcdef8.cloudfront.net', START, { nameIsOuter: true });
    expect([...bridge.backends.values()]).toMatchObject([{ outerName: true, shared: true }]);
    named('d111111abcdef8.cloudfront.net', START);
    expect([...bridge.backends.values()]).toMatchObject([{ outerName: true, connections: 2 }]);
  });

  it('the proxies on the way, four at most, each once', () => {
    for (const last of [1, 1, 2, 3, 4, 5])
      named('api.vendor.example', START, { inner: inner('api.vendor.example'), responderIp: `198.51.100.${last}` });
    expect(entry('vendor.example').through).toEqual([1, 2, 3, 4].map((last) => `198.51.100.${last}:443`));
    expect(bridge.timeline[0]?.detail).toEqual({ backend: 'vendor.example', port: 443, through: '198.51.100.1:443' });
  });

  it('32 hosts, each once, the first', () => {
    for (let i = 0; i < 40; i++) named(`h${i % 35}.vendor.example`);
    expect(entry('vendor.example').hosts).toEqual(Array.from({ length: 32 }, (_, i) => `h${i}.vendor.example`));
  });

  it('31 days, the latest', () => {
    for (let day = 0; day < 33; day++) named('api.vendor.example', START + day * DAY);
    const first = Math.floor(START / DAY);
    expect(entry('vendor.example').days).toEqual(Array.from({ length: 31 }, (_, i) => first + 2 + i));
  });

  it('256 of one device: the one that was seen longest ago gives way', () => {
    for (let i = 0; i < 256; i++) named(`vendor-${i}.example`, START + i);
    named('vendor-0.example', START + 300);
    expect(bridge.backends.size).toBe(256);
    named('one-more.example', START + 301);
    expect(bridge.backends.size).toBe(256);
    expect(keys()).toContain('vendor-0.example');
    expect(keys()).not.toContain('vendor-1.example');
  });

  it('nothing of a mail server', () => {
    expect(named('mx.vendor.example', START, { responderPort: 25 }).backend).toBeNull();
    named('mx.vendor.example', START, { inner: inner('mx.vendor.example', { port: 587 }) });
    expect(keys()).toEqual([]);
  });
});

describe('a connection counts', () => {
  it('once, whatever it is named again', () => {
    const one = named('api.vendor.example');
    detector.named(bridge, one, START + SECOND, null);
    expect(entry('vendor.example')).toMatchObject({ connections: 1, lastSeen: START + SECOND });
  });

  it('for the first of several hosts, and once for each that is known by it alone', () => {
    const one = named('api.vendor.example', START);
    one.name = 'other.example';
    detector.named(bridge, one, START + 1, null);
    detector.named(bridge, one, START + 2, null);
    expect(entry('vendor.example').connections).toBe(1);
    expect(entry('other.example').connections).toBe(1);
    expect(one.backend).toBe('vendor.example');
    named('other.example', START + 3);
    detector.named(bridge, one, START + 4, null);
    expect(entry('other.example').connections).toBe(2);
  });

  it('with what it brought so far at each further request, and at its end', () => {
    const one = named('api.vendor.example', START);
    one.down.total = 1000;
    one.up.total = 100;
    detector.named(bridge, one, START + 1, null);
    expect(entry('vendor.example')).toMatchObject({ bytesDown: 1000, bytesUp: 100 });
    one.down.total = 1500;
    detector.received(bridge, one, START + HOUR);
    expect(entry('vendor.example')).toMatchObject({ bytesDown: 1500, bytesUp: 100, lastSeen: START + HOUR });
    one.down.total = 1600;
    detector.ended(bridge, one, START + 2 * HOUR);
    expect(entry('vendor.example')).toMatchObject({ bytesDown: 1600, connections: 1, lastSeen: START + 2 * HOUR });
  });

  it.each([
    ['that was answered', { outcome: 'connected' }, true],
    ['that carried data, though no answer was seen', { outcome: 'unanswered', carriedData: true }, true],
    ['that came to nothing', { outcome: 'unanswered' }, false],
    ['that was refused', { outcome: 'refused' }, false],
  ] as const)('at its end, one %s', (_, more, counts) => {
    const one = connection('api.vendor.example', { ...more, openedAt: START + 5 });
    one.down.total = 10;
    detector.ended(bridge, one, START + MINUTE);
    expect(keys()).toEqual(counts ? ['vendor.example'] : []);
    if (counts) expect(entry('vendor.example')).toMatchObject({ firstSeen: START + 5, bytesDown: 10, connections: 1 });
  });

  it('not once its backend is forgotten', () => {
    const one = named('api.vendor.example');
    bridge.backends.clear();
    one.down.total = 10;
    detector.ended(bridge, one, START + MINUTE);
    expect(keys()).toEqual([]);
  });
});

it('what is known of hosts that nobody meets for a day is let go, and worked out again when somebody does', () => {
  const known = () => around.knowledge.host('fw.vendor.example');
  detector.tick(START);
  const first = known();
  detector.tick(START + DAY - 1);
  expect(known()).toBe(first);
  detector.tick(START + DAY + HOUR);
  expect(known()).toBe(first);
  detector.tick(START + 2 * DAY + HOUR);
  detector.tick(START + 3 * DAY + HOUR);
  expect(known()).not.toBe(first);
  expect(known()).toEqual(first);
});

describe('an answered connection that shows no name', () => {
  const settles = (more: Partial<Connection> = {}, time = START) => {
    const one = connection(null, { openedAt: START + 1, ...more });
    detector.settled(bridge, one, time);
    return one;
  };

  it('is counted after ten seconds, from when it was opened', () => {
    settles();
    detector.tick(START + 10 * SECOND - 1);
    expect(keys()).toEqual([]);
    detector.tick(START + 10 * SECOND);
    expect(entry(SERVER)).toMatchObject({ firstSeen: START + 1, connections: 1 });
    detector.tick(START + HOUR);
    expect(entry(SERVER).connections).toBe(1);
  });

  it.each([
    ['was not answered', { outcome: 'refused' }],
    ['is mail', { mailAttempt: true }],
    ['counts already', { backend: 'vendor.example' }],
  ] as const)('not where it %s', (_, more) => {
    settles(more);
    detector.tick(START + MINUTE);
    expect(keys()).toEqual([]);
  });

  it('not where it got its name or ended meanwhile', () => {
    const one = settles();
    one.backend = 'vendor.example';
    settles().ended = true;
    settles({ responderIp: '198.51.100.20' });
    detector.tick(START + MINUTE);
    expect(keys()).toEqual(['198.51.100.20']);
  });

  it('8,192 wait at once, the latest', () => {
    settles({ responderIp: '198.51.100.20' });
    for (let i = 0; i < 8192; i++) settles({ responderIp: '198.51.100.21' });
    detector.tick(START + MINUTE);
    expect(keys()).toEqual(['198.51.100.21']);
    expect(entry('198.51.100.21').connections).toBe(8192);
  });

  it('waits over a clock that was put right, no longer and no shorter', () => {
    settles();
    detector.moveTime({ since: START, until: START, by: HOUR });
    detector.tick(START + HOUR + 10 * SECOND - 1);
    expect(keys()).toEqual([]);
    detector.tick(START + HOUR + 10 * SECOND);
    expect(keys()).toEqual([SERVER]);
  });
});

describe('what it is for', () => {
  it.each([
    [
      'fw-update.philips.com',
      'philips.com update',
      { role: 'update', roleFrom: 'host-label', note: null, shared: false },
    ],
    ['api.philips.com', 'philips.com', { role: 'unknown', roleFrom: null, note: null, shared: false }],
    ['registry.npmjs.org', 'npmjs.org store', { role: 'store', roleFrom: 'store-list', note: null, shared: false }],
    ['plugins.things.example', 'things.example store', { role: 'store', roleFrom: 'host-label', note: null }],
  ])('%s, by itself', (host, key, expected) => {
    named(host);
    expect(keys()).toEqual([key]);
    expect(entry(key)).toMatchObject(expected);
    expect(connection(host).backend).toBeNull();
  });

  it('firmware notes outweigh that', () => {
    withNotes();
    named('firmware.meethue.com');
    expect(entry('meethue.com update')).toMatchObject({ role: 'update', roleFrom: 'note', note: expect.any(String) });
  });

  it('is filled in once it is known, and stays', () => {
    named('time.meethue.com');
    expect(entry('meethue.com')).toMatchObject({ role: 'unknown' });
    withNotes();
    named('time.meethue.com');
    expect(entry('meethue.com')).toMatchObject({ role: 'time', roleFrom: 'note', note: expect.any(String) });
    around.knowledge = surroundings().knowledge;
    named('www.meethue.com');
    expect(entry('meethue.com')).toMatchObject({ role: 'time', roleFrom: 'note', connections: 3 });
  });

  it('by a label gives way to what a list says, not the other way round', () => {
    named('plugins.kodi.tv');
    expect(entry('kodi.tv store').roleFrom).toBe('host-label');
    named('mirrors.kodi.tv');
    expect(entry('kodi.tv store').roleFrom).toBe('store-list');
    named('plugins.kodi.tv');
    expect(entry('kodi.tv store')).toMatchObject({ roleFrom: 'store-list', connections: 3 });
  });

  it('known later moves a host out of the rest of its domain: with all of it where it was the only one', () => {
    named('firmware.meethue.com');
    expect(keys()).toEqual(['meethue.com']);
    withNotes();
    named('firmware.meethue.com', START + 1);
    expect(keys()).toEqual(['meethue.com update']);
    expect(entry('meethue.com update')).toMatchObject({
      role: 'update',
      roleFrom: 'note',
      hosts: ['firmware.meethue.com'],
      connections: 2,
      firstSeen: START,
    });
  });

  it('and alone where there are others', () => {
    named('firmware.meethue.com');
    named('www.meethue.com');
    withNotes();
    named('firmware.meethue.com', START + 1);
    expect(keys()).toEqual(['meethue.com', 'meethue.com update']);
    expect(entry('meethue.com')).toMatchObject({ hosts: ['www.meethue.com'], connections: 2 });
    expect(entry('meethue.com update')).toMatchObject({ hosts: ['firmware.meethue.com'], connections: 1 });
    named('firmware.meethue.com', START + 2);
    expect(entry('meethue.com update').connections).toBe(2);
  });

  it('or to what is there already', () => {
    named('firmware.meethue.com');
    const rest = entry('meethue.com');
    withNotes();
    bridge.backends.delete('meethue.com');
    named('firmware.meethue.com');
    bridge.backends.set('meethue.com', rest);
    named('firmware.meethue.com');
    expect(entry('meethue.com')).toMatchObject({ hosts: [], role: 'unknown', connections: 1 });
    expect(entry('meethue.com update').connections).toBe(2);
  });

  it('all entries of one name are found by it', () => {
    withNotes();
    for (const host of ['firmware.meethue.com', 'www.meethue.com', 'plugins.meethue.com', 'api.vendor.example'])
      named(host);
    expect(backendsNamed(bridge, 'meethue.com').map(({ role }) => role)).toEqual(['unknown', 'update', 'store']);
    expect(backendsNamed(bridge, 'vendor.example')).toHaveLength(1);
    expect(backendsNamed(bridge, 'nobody.example')).toEqual([]);
  });
});

describe('a new backend', () => {
  const whole = {
    kind: 'backend_new',
    severity: 'info',
    device: BRIDGE.mac,
    portClass: 'other',
    time: NEWS,
    effect: 'opens',
    first: {},
    add: { backends: 1 },
  };

  it('is told after a week, whole', () => {
    named('api.vendor.example', NEWS - 1);
    expect(take(around)).toEqual([]);
    named('api.strange.example', NEWS);
    const destination = { ip: SERVER, port: 443, name: 'api.strange.example' };
    expect(around.told).toEqual([
      {
        device: bridge,
        finding: {
          ...whole,
          destination,
          evidence: { backend: 'strange.example', role: 'unknown', destination, nameFrom: 'sni' },
        },
      },
    ]);
    take(around);
    named('api.strange.example', NEWS + 1);
    named('img.strange.example', NEWS + 2);
    expect(take(around)).toEqual([]);
  });

  it('without a name is more, as is one that brings code; each has its class', () => {
    named(null, NEWS);
    named('fw-update.philips.com', NEWS);
    named('registry.npmjs.org', NEWS);
    expect(take(around).map(({ evidence, portClass, severity }) => [severity, portClass, evidence.role])).toEqual([
      ['medium', 'unnamed', 'unknown'],
      ['medium', 'philips.com update', 'update'],
      ['medium', 'npmjs.org store', 'store'],
    ]);
  });

  it.each([
    ['a host that brings code in a domain that is known', 'api.philips.com', 'fw-update.philips.com', 1],
    ['another host in the domain of one that does', 'fw-update.philips.com', 'api.philips.com', 0],
  ])('is also: %s', (_, first, second, count) => {
    named(first, START);
    named(second, NEWS);
    expect(take(around)).toHaveLength(count);
    expect(bridge.backends.size).toBe(2);
    expect(bridge.timeline).toHaveLength(1 + count);
  });

  it('of the machine of the sensor, or of a computer, is its own affair', () => {
    bridge.role = 'sensor';
    named('registry.npmjs.org', NEWS);
    expect(take(around)).toMatchObject([{ severity: 'info', portClass: 'npmjs.org store' }]);
    bridge.role = 'device';
    bridge.hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: START, lastSeen: START });
    bridge.identity.userAgent = 'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)';
    expect(around.knowledge.isGeneralPurpose(bridge)).toBe(true);
    named(null, NEWS);
    expect(take(around)).toMatchObject([{ severity: 'info', portClass: 'unnamed' }]);
  });

  it.each([
    ['dns-other', 'dns'],
    ['dns', 'dns'],
    ['quic', 'quic'],
    ['http', 'http'],
  ] as const)('whose name is from %s: %s', (from, told) => {
    named('api.strange.example', NEWS, { nameFrom: from });
    expect(take(around)[0]?.evidence.nameFrom).toBe(told);
    expect(bridge.timeline[0]?.nameFrom).toBe(from);
  });

  it('through a proxy is told with it', () => {
    named('api.strange.example', NEWS, { inner: inner('api.strange.example', { ip: '203.0.113.9', port: 8443 }) });
    const destination = { ip: '203.0.113.9', port: 8443, name: 'api.strange.example' };
    expect(take(around)).toMatchObject([{ destination, evidence: { destination, through: `${SERVER}:443` } }]);
  });

  it('of a device that was watched for less than the week is not told', () => {
    fresh({ time: { lived: (from, to) => (to - from) / 2 } });
    named('api.vendor.example', NEWS);
    named('api.strange.example', START + 14 * DAY - 2);
    expect(take(around)).toEqual([]);
    named('api.other.example', START + 14 * DAY);
    expect(take(around)).toHaveLength(1);
  });

  it('with no time to learn is told at once', () => {
    fresh({ learningDays: 0 });
    named('api.vendor.example', START);
    expect(take(around)).toHaveLength(1);
  });
});

describe('updates', () => {
  const due = START + 30 * DAY;
  const look = (time: number, lastSeen = time) => {
    bridge.lastSeen = lastSeen;
    detector.tick(time);
    return take(around);
  };

  it('are overdue thirty days after the last contact, whole', () => {
    named('fw-update.philips.com');
    named('api.vendor.example', START + DAY);
    take(around);
    expect(look(due - 1)).toEqual([]);
    expect(look(due - 1 + HOUR)).toEqual([
      {
        kind: 'updates_overdue',
        severity: 'low',
        device: BRIDGE.mac,
        portClass: 'philips.com',
        time: due - 1 + HOUR,
        effect: 'state',
        destination: null,
        evidence: { backend: 'philips.com', lastContact: new Date(START).toISOString() },
        first: {},
        add: {},
      },
    ]);
    expect(look(due + 2 * HOUR)).toHaveLength(1);
  });

  it('to the moment', () => {
    named('fw-update.philips.com');
    expect(look(due)).toHaveLength(1);
  });

  it('go by the last of several servers', () => {
    named('fw-update.philips.com', START + DAY);
    withNotes();
    named('firmware.meethue.com', START);
    take(around);
    expect(look(due + HOUR)).toEqual([]);
    expect(look(due + DAY)).toMatchObject([{ portClass: 'philips.com' }]);
    named('firmware.meethue.com', START + 2 * DAY);
    take(around);
    expect(look(due + DAY + HOUR)).toEqual([]);
    expect(look(due + 2 * DAY)).toMatchObject([{ portClass: 'meethue.com' }]);
  });

  it.each([
    ['three days ago', 3 * DAY, 1],
    ['longer ago', 3 * DAY + 1, 0],
  ])('of a device that was heard %s', (_, ago, count) => {
    named('fw-update.philips.com');
    expect(look(due, due - ago)).toHaveLength(count);
  });

  it('are looked at once an hour, or when the clock was set back', () => {
    named('fw-update.philips.com');
    expect(look(due)).toHaveLength(1);
    expect(look(due + HOUR - 1)).toEqual([]);
    expect(look(due + HOUR)).toHaveLength(1);
    expect(look(due + HOUR)).toEqual([]);
    expect(look(due + HOUR - 1)).toHaveLength(1);
  });

  it('and over a clock that was put right no later and no sooner', () => {
    named('fw-update.philips.com');
    expect(look(due)).toHaveLength(1);
    detector.moveTime({ since: due, until: due, by: DAY });
    expect(look(due + DAY + HOUR - 1)).toEqual([]);
    expect(look(due + DAY + HOUR)).toHaveLength(1);
  });

  it('of days that nobody watched are not missed', () => {
    fresh({ time: { lived: (from, to) => (to - from) / 2 } });
    named('fw-update.philips.com');
    expect(look(due)).toEqual([]);
    expect(look(START + 60 * DAY)).toHaveLength(1);
  });

  it('of a device without an update server are nothing', () => {
    named('registry.npmjs.org');
    deviceIn(around, CAMERA);
    expect(look(due)).toEqual([]);
  });
});

test('it is told of what goes to the Internet', () => {
  expect(detector.name).toBe('backends');
});
