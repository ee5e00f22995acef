// What two addresses must share to look like one thing, weight by weight, and what must not fit too badly.
import { beforeEach, describe, expect, it } from 'vitest';
import { Activity } from '../../sensor/attribute/activity.ts';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { type Suggestion, suggestSame } from '../../sensor/attribute/same-thing.ts';
import { differInModel, keysOf, neighbours, stableClientId } from '../../sensor/attribute/same-thing-keys.ts';
import { HOUR, START } from '../../sensor/self-test/frames/home.ts';

/** Made by makers, far apart; and made up. */
const MACS = ['a4:cf:12:00:00:10', 'b8:27:eb:00:00:20', '00:17:88:00:00:30', '3c:37:86:00:00:40'] as const;
const RANDOM = ['02:00:00:00:00:01', '06:00:00:00:00:02'] as const;
const ID = '00112233445566778899';

let table: DeviceTable;
let distinct: [string, string][];
let notes: Record<string, string>;
beforeEach(() => {
  table = new DeviceTable();
  distinct = [];
  notes = {};
});

interface Known extends Partial<Omit<Device, 'identity'>> {
  identity?: Partial<Device['identity']>;
  names?: Partial<Record<'dhcp' | 'mdns' | 'nbns', string>>;
  hours?: number[];
}
/** Was there from the first to the second hour. */
function device(
  mac: string,
  [from, to]: [number, number],
  { hours = [], identity, names = {}, ...more }: Known = {},
): Device {
  const made = newDevice(mac, START + from * HOUR);
  const known: Device = {
    ...{ ...made, lastSeen: START + to * HOUR, ...more, identity: { ...made.identity, ...identity } },
    hostnames: Object.entries(names).map(([source, name]) => ({
      ...{ name, from: source as 'dhcp', firstSeen: START, lastSeen: START },
    })),
    activity: new Activity(hours.map((hour) => ({ hour, connections: 1, mailAttempts: 0 }))),
  };
  table.restore(known);
  return known;
}
const suggested = (): Suggestion[] => [
  ...suggestSame(table, {
    vendorOf: () => null,
    noteOf: ({ mac }) => notes[mac] ?? null,
    isDistinct: (one, other) => distinct.some((pair) => pair.includes(one) && pair.includes(other)),
  }).values(),
];
const reasons = (): string[][] => suggested().map((one) => one.reasons.map(({ kind }) => kind));

describe('a new address', () => {
  it('is told whole', () => {
    device(MACS[0], [0, 10], { identity: { dhcpClientId: ID } });
    device(MACS[1], [20, 30], { identity: { dhcpClientId: ID } });
    expect(suggested()).toEqual([
      { kind: 'new-address', device: MACS[1], into: MACS[0], older: [], reasons: [{ kind: 'client-id' }] },
    ]);
  });

  const name = { names: { dhcp: 'anna-work' } };
  it.each<[string, Known, Known, string[][]]>([
    ['one DHCP identifier', { identity: { dhcpClientId: ID } }, { identity: { dhcpClientId: ID } }, [['client-id']]],
    ['one DUID', { identity: { duid: ID } }, { identity: { duid: ID } }, [['client-id']]],
    [
      'a DUID that is the other’s identifier',
      { identity: { duid: '112233445566' } },
      { identity: { dhcpClientId: 'ff00000000112233445566' } },
      [['client-id']],
    ],
    [
      'one identifier in mDNS',
      { identity: { mdnsIds: ['deviceid=AB'] } },
      { identity: { mdnsIds: ['deviceid=ab'] } },
      [['id']],
    ],
    ['one host name in mDNS', { names: { mdns: 'hall-tv' } }, { names: { mdns: 'Hall-TV' } }, [['name']]],
    ['one name alone', name, name, []],
    ['one name by two protocols', name, { names: { nbns: 'ANNA-WORK' } }, []],
    [
      'one name and one model',
      { ...name, identity: { mdnsModels: ['md=X'] } },
      { ...name, identity: { mdnsModels: ['md=X'] } },
      [['name', 'model']],
    ],
    [
      'one name and two models',
      { ...name, identity: { mdnsModels: ['md=X'] } },
      { ...name, identity: { mdnsModels: ['md=Y'] } },
      [],
    ],
    [
      'one name and one system',
      { ...name, identity: { dhcpFingerprint: '1,3', dhcpVendorClass: 'v' } },
      { ...name, identity: { dhcpFingerprint: '1,3', dhcpVendorClass: 'v' } },
      [['name', 'system']],
    ],
    [
      'one name and another vendor class',
      { ...name, identity: { dhcpFingerprint: '1,3', dhcpVendorClass: 'v' } },
      { ...name, identity: { dhcpFingerprint: '1,3', dhcpVendorClass: 'w' } },
      [],
    ],
    ['one name and no fingerprint', name, name, []],
    [
      'one name of a service',
      { identity: { mdnsIds: ['instance=Annas Room'] } },
      { identity: { mdnsIds: ['instance=Annas Room'] } },
      [],
    ],
    [
      'one name, of a service too: one name',
      { ...name, identity: { mdnsIds: ['instance=anna-work'] } },
      { ...name, identity: { mdnsIds: ['instance=anna-work'] } },
      [],
    ],
    ['one system alone', { identity: { dhcpFingerprint: '1,3' } }, { identity: { dhcpFingerprint: '1,3' } }, []],
    ['one default name', { names: { mdns: 'iPhone' } }, { names: { mdns: 'iPhone' } }, []],
    ['a name that says nothing', { names: { mdns: 'localhost' } }, { names: { mdns: 'localhost' } }, []],
  ])('by %s', (_what, before, now, expected) => {
    device(MACS[0], [0, 10], before);
    device(MACS[1], [20, 30], now);
    expect(reasons()).toEqual(expected);
  });

  it('that is random takes less, as does one that a firmware note knows', () => {
    device(MACS[0], [0, 10], name);
    device(RANDOM[0], [20, 30], name);
    expect(suggested()).toMatchObject([
      { device: RANDOM[0], into: MACS[0], reasons: [{ kind: 'name', name: 'anna-work' }] },
    ]);
    device(RANDOM[0], [0, 10], name);
    device(MACS[0], [20, 30], name);
    expect(suggested()).toEqual([]);
    notes = { [RANDOM[0]]: 'a-phone', [MACS[0]]: 'a-phone' };
    expect(reasons()).toEqual([['name', 'note']]);
    notes = { [RANDOM[0]]: 'a-phone', [MACS[0]]: 'b-phone' };
    device(MACS[0], [20, 30], { names: { mdns: 'anna-work' } });
    device(RANDOM[0], [0, 10], { names: { mdns: 'anna-work' } });
    expect(suggested()).toEqual([]);
    notes = { [MACS[0]]: 'b-phone' };
    expect(reasons()).toEqual([['name']]);
  });

  it('with a default name that one other bears takes what fits as well', () => {
    const phone = { names: { mdns: 'iPhone' }, identity: { dhcpFingerprint: '1,3', mdnsModels: ['md=X'] } };
    device(MACS[0], [0, 10], phone);
    device(RANDOM[0], [20, 30], phone);
    expect(reasons()).toEqual([['name', 'model', 'system']]);
    device(RANDOM[1], [40, 50], phone);
    expect(suggested()).toEqual([]);
  });

  it.each([
    [10 * 60, 10 * 60 + 14 * 24 * 60, true],
    [10 * 60, 10 * 60 + 14 * 24 * 60 + 1, false],
    [10 * 60, 10 * 60 - 1, true],
    [10 * 60, 10 * 60 - 2, false],
  ])('appears after the old one fell silent, two weeks at most: %i, %i', (silent, appears, expected) => {
    const id = { identity: { dhcpClientId: ID } };
    device(MACS[0], [0, silent / 60], id);
    device(RANDOM[0], [appears / 60, appears / 60 + 1000], id);
    expect(suggested().some(({ kind }) => kind === 'new-address')).toBe(expected);
  });

  it('is not one that was there as long', () => {
    device(RANDOM[0], [0, 0], { names: { mdns: 'hall-tv' } });
    device(RANDOM[1], [0, 0], { names: { mdns: 'hall-tv' } });
    expect(suggested()).toEqual([]);
  });

  it('is that of who was silent last, in a chain that one yes joins', () => {
    const id = { identity: { dhcpClientId: ID } };
    for (const [n, mac] of MACS.entries()) device(mac, [n * 20, n * 20 + 10], id);
    expect(suggested()).toEqual([
      {
        kind: 'new-address',
        device: MACS[3],
        into: MACS[2],
        older: [MACS[1], MACS[0]],
        reasons: [{ kind: 'client-id' }],
      },
    ]);
  });

  it('is of what fits best where two fell silent at once', () => {
    device(MACS[0], [0, 10], { identity: { dhcpClientId: ID } });
    device(MACS[2], [0, 10], { identity: { mdnsIds: ['serial=12345678'] }, names: { mdns: 'hall-tv' } });
    device(MACS[1], [20, 30], {
      identity: { dhcpClientId: ID, mdnsIds: ['serial=12345678'] },
      names: { mdns: 'hall-tv' },
    });
    expect(suggested()).toMatchObject([{ into: MACS[2], reasons: [{ kind: 'name' }, { kind: 'id' }] }]);
    device(MACS[0], [0, 11], { identity: { dhcpClientId: ID } });
    expect(suggested()).toMatchObject([{ into: MACS[0] }]);
    // Who was silent last, whichever is looked at first.
    device(MACS[0], [0, 10], {
      identity: { dhcpClientId: ID },
      names: { mdns: 'hall-tv' },
    });
    device(MACS[2], [0, 11], { identity: { mdnsIds: ['serial=12345678'] } });
    expect(suggested()).toMatchObject([{ into: MACS[2], reasons: [{ kind: 'id' }] }]);
  });

  it('is none where all who bear it did not speak in turn, or a person said that two are different', () => {
    const id = { identity: { dhcpClientId: ID } };
    device(RANDOM[0], [0, 10], id);
    device(RANDOM[1], [20, 30], id);
    expect(suggested()).toHaveLength(1);
    distinct = [[RANDOM[0], RANDOM[1]]];
    expect(suggested()).toEqual([]);
    device(MACS[0], [12, 13], id);
    expect(suggested()).toMatchObject([{ device: MACS[0], into: RANDOM[0] }]);
    distinct = [];
    device('0a:00:00:00:00:03', [9, 10], id);
    expect(suggested().filter(({ kind }) => kind === 'new-address')).toEqual([]);
  });

  it('joins what a person joined already as one', () => {
    const id = { identity: { dhcpClientId: ID } };
    device(MACS[0], [0, 10], id);
    device(RANDOM[0], [5, 15], { ...id, sameAs: MACS[0] });
    device(RANDOM[1], [20, 30], id);
    expect(suggested()).toMatchObject([{ device: RANDOM[1], into: RANDOM[0], older: [] }]);
    device(RANDOM[1], [20, 30], { ...id, sameAs: RANDOM[0] });
    expect(suggested()).toEqual([]);
  });

  it('is of the sixteen at most that one thing may have, and of 32 that bear a key', () => {
    const id = { identity: { dhcpClientId: ID } };
    const mac = (n: number) => `02:00:00:00:01:${n.toString(16).padStart(2, '0')}`;
    for (let n = 0; n < 32; n++) device(mac(n), [n * 2, n * 2 + 1], id);
    expect(suggested()).toMatchObject([{ device: mac(31), into: mac(30) }]);
    expect(suggested()[0]?.older).toHaveLength(14);
    device(mac(32), [64, 65], id);
    expect(suggested()).toEqual([]);
    table = new DeviceTable();
    for (let n = 0; n < 16; n++) device(mac(n), [n * 2, n * 2 + 1], { ...id, sameAs: n === 0 ? null : mac(n - 1) });
    const late = device(mac(16), [40, 41], id);
    late.sameAs = suggested()[0]?.into ?? null;
    expect(table.sameThing(late)).toHaveLength(16);
    late.sameAs = null;
    table.forget(mac(0));
    expect(suggested()).toMatchObject([{ device: mac(16), into: mac(15) }]);
  });

  it('is never the router’s, the sensor’s, or that of who speaks for others', () => {
    const id = { identity: { dhcpClientId: ID } };
    for (const other of [{ role: 'gateway' }, { role: 'sensor' }, { sharedMac: true }] as const) {
      table = new DeviceTable();
      device(MACS[0], [0, 10], { ...id, ...other });
      device(MACS[1], [20, 30], id);
      expect(suggested()).toEqual([]);
    }
  });
});

describe('two interfaces', () => {
  const id = { identity: { dhcpClientId: ID } };
  const name = { names: { dhcp: 'anna-work' } };

  it('are told whole, the newer one joined to the older', () => {
    device(MACS[0], [1, 30], id);
    device(MACS[1], [0, 20], id);
    expect(suggested()).toEqual([
      { kind: 'two-interfaces', device: MACS[0], into: MACS[1], older: [], reasons: [{ kind: 'client-id' }] },
    ]);
    device(MACS[0], [0, 30], id);
    expect(suggested()).toMatchObject([{ device: MACS[1], into: MACS[0] }]);
    device(MACS[1], [0, 20], { ...id, label: 'Laptop' });
    expect(suggested()).toMatchObject([{ device: MACS[0], into: MACS[1] }]);
    device(MACS[0], [0, 30], { ...id, label: 'Computer' });
    expect(suggested()).toMatchObject([{ device: MACS[1], into: MACS[0] }]);
  });

  it.each<[string, Known, Known, string[][]]>([
    ['one name', name, name, []],
    [
      'one name, never in the same hour',
      { ...name, hours: [1, 3] },
      { ...name, hours: [2, 4] },
      [['name', 'never-together']],
    ],
    ['one name, too few hours', { ...name, hours: [1] }, { ...name, hours: [2, 4] }, []],
    ['one name, too few hours of the other', { ...name, hours: [1, 3] }, { ...name, hours: [4] }, []],
    [
      'a host name in mDNS, seldom together',
      { names: { mdns: 'hall-tv' }, hours: [1, 3] },
      { names: { mdns: 'hall-tv' }, hours: [3, 4] },
      [['name', 'seldom-together']],
    ],
    [
      'the same, often together',
      { names: { mdns: 'hall-tv' }, hours: [1, 3, 5] },
      { names: { mdns: 'hall-tv' }, hours: [3, 5, 9] },
      [],
    ],
    [
      'a default name, never together',
      { names: { mdns: 'iPhone' }, hours: [1, 3] },
      { names: { mdns: 'iPhone' }, hours: [2, 4] },
      [],
    ],
    [
      'another model',
      { ...id, identity: { dhcpClientId: ID, mdnsModels: ['md=X'] } },
      { ...id, identity: { dhcpClientId: ID, mdnsModels: ['md=Y'] } },
      [],
    ],
  ])('by %s', (_what, one, other, expected) => {
    device(MACS[0], [0, 30], one);
    device(MACS[1], [0, 30], other);
    expect(reasons()).toEqual(expected);
  });

  it('side by side take one name, or never the same hour', () => {
    const beside = 'a4:cf:12:00:00:11';
    const pair = (one: Known, other: Known) => {
      device(MACS[0], [0, 30], one);
      device(beside, [0, 30], other);
      return reasons();
    };
    expect(pair({}, {})).toEqual([]);
    expect(pair({ hours: [1, 3] }, { hours: [2, 4] })).toEqual([['adjacent', 'never-together']]);
    expect(pair({ hours: [1, 3], ...name }, { hours: [3, 5], ...name })).toEqual([
      ['name', 'adjacent', 'seldom-together'],
    ]);
    expect(pair(name, name)).toEqual([['name', 'adjacent']]);
    const fits = { identity: { dhcpFingerprint: '1,3', mdnsModels: ['md=X'] }, hours: [1, 3] };
    expect(pair(fits, fits)).toEqual([]);
  });

  it.each([
    [[0, 10], [10, 20], true],
    [[0, 10], [10.1, 20], false],
    [[10, 20], [0, 10], true],
    [[10.1, 20], [0, 10], false],
  ] as [[number, number], [number, number], boolean][])('speak in the same days: %o, %o', (one, other, expected) => {
    device(MACS[0], one, { hours: [1, 3] });
    device('a4:cf:12:00:00:11', other, { hours: [2, 4] });
    expect(reasons()).toEqual(expected ? [['adjacent', 'never-together']] : []);
  });

  it('are not three, nor two random ones, nor what a person said are two', () => {
    device(MACS[0], [0, 30], id);
    device(MACS[1], [0, 30], id);
    distinct = [[MACS[0], MACS[1]]];
    expect(suggested()).toEqual([]);
    distinct = [];
    device(MACS[2], [0, 30], id);
    expect(suggested()).toEqual([]);
    device(MACS[2], [0, 30], { ...id, sameAs: MACS[0] });
    expect(suggested()).toMatchObject([{ device: MACS[1], into: MACS[2] }]);
    table = new DeviceTable();
    device(RANDOM[0], [0, 30], id);
    device(RANDOM[1], [0, 30], id);
    expect(suggested()).toEqual([]);
    device(MACS[0], [1, 30], id);
    table.forget(RANDOM[1]);
    expect(suggested()).toMatchObject([{ device: MACS[0], into: RANDOM[0] }]);
  });
});

describe('keys', () => {
  it('are told of a device with their weights, twelve at most', () => {
    const known = device(MACS[0], [0, 1], {
      identity: {
        dhcpClientId: 'ff0102',
        duid: '0102030405060708',
        mdnsIds: ['Serial=AB', 'instance=Annas Room', 'instance=esp'],
      },
      names: { dhcp: 'Anna', mdns: 'Galaxy-S21' },
    });
    const named = (name: string) => ({ kind: 'name', name });
    expect(keysOf(known, null)).toEqual([
      { key: 'client 0102030405060708', reason: { kind: 'client-id' }, weight: 5 },
      { key: 'name anna', reason: named('Anna'), weight: 3 },
      { key: 'name galaxy-s21', reason: named('Galaxy-S21'), weight: 1 },
      { key: 'mdns galaxy-s21', reason: named('Galaxy-S21'), weight: 1 },
      { key: 'id serial=ab', reason: { kind: 'id' }, weight: 5 },
      { key: 'name annas room', reason: named('Annas Room'), weight: 2 },
    ]);
    const many = { mdnsIds: Array.from({ length: 20 }, (_, n) => `serial=${n}`) };
    expect(keysOf(device(MACS[1], [0, 1], { identity: many }), null)).toHaveLength(12);
    expect(keysOf(device(MACS[1], [0, 1], { names: { dhcp: 'acme' } }), 'Acme Inc.')).toEqual([]);
    const same = device(MACS[2], [0, 1], { identity: { dhcpClientId: '0102030405060708', duid: '0102030405060708' } });
    expect(keysOf(same, null)).toHaveLength(1);
  });

  it('of a default name weigh little: it is the product’s', () => {
    const products =
      'iphone ipad ipod macbook imac mac-mini macmini mac watch apple-tv appletv homepod android galaxy pixel nexus ' +
      'oneplus redmi xiaomi poco huawei honor oppo vivo realme moto motorola nokia xperia sm phone handy smartphone ' +
      'tablet laptop desktop notebook shelly sonoff wled plug bulb smart-plug smartplug smart-tv smarttv printer';
    const weightOf = (name: string) => keysOf(device(MACS[0], [0, 1], { names: { nbns: name } }), null)[0]?.weight;
    for (const product of products.split(' '))
      for (const name of [`${product}mini`, `${product.toUpperCase()} Pro`, `${product}-S21-ultra`, `${product}_7`])
        expect(weightOf(name), name).toBe(1);
    for (const name of ['annas-iphone', 'iphone-von-anna', 'plugs', 'hall', 'galaxy tale'])
      expect(weightOf(name), name).toBe(3);
  });

  it('by a client’s identifier outlive a change of MAC, or are none', () => {
    const mac = 'a4:cf:12:99:be:ef';
    expect(stableClientId(null, mac)).toBeNull();
    expect(stableClientId('01a4cf1299beef', mac)).toBeNull();
    expect(stableClientId('01a4cf1299beee', mac)).toBe('01a4cf1299beee');
    expect(stableClientId('ff01020304a1a2a3a4a5a6', mac)).toBe('a1a2a3a4a5a6');
    expect(stableClientId('ff01020304a1a2a3a4a5', mac)).toBeNull();
    expect(stableClientId('ff01020304', mac)).toBeNull();
    expect(stableClientId('0001020304', mac)).toBeNull();
    expect(stableClientId('000102030405', mac)).toBe('000102030405');
  });

  it('of models contradict where both tell one by the same key, and none is the same', () => {
    expect(differInModel(['md=X'], ['md=Y'])).toBe(true);
    expect(differInModel(['md=X'], ['md=X'])).toBe(false);
    expect(differInModel(['md=X'], ['model=Y'])).toBe(false);
    expect(differInModel(['md=X', 'md=Z'], ['md=Y', 'md=Z'])).toBe(false);
    expect(differInModel([], ['md=Y'])).toBe(false);
    for (const key of ['fn', 'n', 'friendlyname']) expect(differInModel([`${key}=A`], [`${key}=B`])).toBe(false);
  });

  it('are the addresses next to one that a maker gave', () => {
    expect(neighbours('a4:cf:12:00:00:10')).toEqual(['a4:cf:12:00:00:0f', 'a4:cf:12:00:00:11']);
    expect(neighbours('a4:cf:12:00:00:00')).toEqual(['a4:cf:12:00:00:01']);
    expect(neighbours('a4:cf:12:00:00:01')).toEqual(['a4:cf:12:00:00:00', 'a4:cf:12:00:00:02']);
    expect(neighbours('a4:cf:12:00:00:ff')).toEqual(['a4:cf:12:00:00:fe']);
    expect(neighbours('a4:cf:12:00:00:fe')).toEqual(['a4:cf:12:00:00:fd', 'a4:cf:12:00:00:ff']);
    expect(neighbours('02:00:00:00:00:10')).toEqual([]);
  });
});

/** Next to each other, as a maker gives them. */
const BESIDE = ['a4:cf:12:00:00:10', 'a4:cf:12:00:00:11'] as const;
const id = { identity: { dhcpClientId: ID } };
const joined = (): [string, string, string][] => suggested().map((one) => [one.kind, one.device, one.into]);

describe('evidence', () => {
  const work = { names: { dhcp: 'anna-work' } };
  const system = { dhcpFingerprint: '1,3', dhcpVendorClass: 'v' };

  it.each<[string, Known, Known, string[][]]>([
    [
      'of a service’s name and a model is too little',
      { identity: { mdnsIds: ['instance=Annas Room'], mdnsModels: ['md=X'] } },
      { identity: { mdnsIds: ['instance=Annas Room'], mdnsModels: ['md=X'] } },
      [],
    ],
    [
      'of a name in mDNS is not less for a service of that name',
      { names: { mdns: 'hall-tv' }, identity: { mdnsIds: ['instance=hall-tv'] } },
      { names: { mdns: 'hall-tv' }, identity: { mdnsIds: ['instance=hall-tv'] } },
      [['name']],
    ],
    [
      'of one vendor class and two parameter lists is none',
      { ...work, identity: system },
      { ...work, identity: { ...system, dhcpFingerprint: '1,4' } },
      [],
    ],
  ])('%s', (_, before, now, expected) => {
    device(MACS[0], [0, 10], before);
    device(MACS[1], [20, 30], now);
    expect(reasons()).toEqual(expected);
  });

  it('of a random address and a service’s name is too little', () => {
    const service = { identity: { mdnsIds: ['instance=Annas Room'] } };
    device(RANDOM[0], [0, 10], service);
    device(RANDOM[1], [20, 30], service);
    expect(suggested()).toEqual([]);
  });

  it('is the first of two names that say as much', () => {
    const names = { names: { dhcp: 'anna-work', nbns: 'anna-pc' } };
    device(RANDOM[0], [0, 10], names);
    device(RANDOM[1], [20, 30], names);
    expect(suggested()).toMatchObject([{ reasons: [{ kind: 'name', name: 'anna-work' }] }]);
  });

  it('of addresses next to each other needs something that tells them from others, and adds to it', () => {
    device(BESIDE[0], [0, 10], { identity: system });
    device(BESIDE[1], [20, 30], { identity: system });
    expect(suggested()).toEqual([]);
    device(BESIDE[0], [0, 10], work);
    device(BESIDE[1], [20, 30], work);
    expect(reasons()).toEqual([['name', 'adjacent']]);
  });

  it('against it is only what both say', () => {
    device(MACS[0], [0, 10], id);
    device(MACS[1], [20, 30], id);
    for (const mac of [MACS[0], MACS[1]]) {
      notes = { [mac]: 'a-phone' };
      expect(suggested()).toHaveLength(1);
    }
  });
});

describe('of several that fit a new address', () => {
  const serial = { identity: { mdnsIds: ['serial=12345678'] } };
  const both = { identity: { dhcpClientId: ID, mdnsIds: ['serial=12345678'] } };

  it('it is the first by its address where nothing else tells', () => {
    device(MACS[0], [0, 10], id);
    device(MACS[2], [0, 10], serial);
    device(MACS[1], [20, 30], both);
    expect(joined()).toEqual([['new-address', MACS[1], MACS[2]]]);
    device(MACS[0], [0, 10], serial);
    device(MACS[2], [0, 10], id);
    expect(joined()).toEqual([['new-address', MACS[1], MACS[2]]]);
  });

  it('it is the one that fits best, whichever is looked at first', () => {
    device(MACS[0], [0, 10], { ...id, names: { mdns: 'hall-tv' } });
    device(MACS[2], [0, 10], serial);
    device(MACS[1], [20, 30], { ...both, names: { mdns: 'hall-tv' } });
    expect(joined()).toEqual([['new-address', MACS[1], MACS[0]]]);
  });

  it('none is one that began at the same time, or that a person has joined it to', () => {
    device(MACS[0], [20, 20], id);
    device(MACS[1], [20, 30], id);
    expect(joined()).toEqual([['two-interfaces', MACS[1], MACS[0]]]);
    device(MACS[0], [0, 10], id);
    device(MACS[3], [15, 16]);
    device(MACS[1], [20, 30], { ...id, sameAs: MACS[3] });
    expect(joined()).toEqual([]);
  });

  it('none is a thing of sixteen addresses', () => {
    const chain = (length: number): void => {
      for (let n = 1; n < length; n++)
        device(`02:00:00:00:01:${n.toString(16).padStart(2, '0')}`, [0, 1], {
          sameAs: n + 1 < length ? `02:00:00:00:01:${(n + 1).toString(16).padStart(2, '0')}` : null,
        });
      device(MACS[0], [0, 10], { ...id, sameAs: '02:00:00:00:01:01' });
    };
    device(MACS[1], [20, 30], id);
    chain(15);
    expect(joined()).toEqual([['new-address', MACS[1], MACS[0]]]);
    chain(16);
    expect(joined()).toEqual([]);
  });

  it('none is where one of the same thing was still heard, be it older', () => {
    device(MACS[0], [0, 50], id);
    device(MACS[2], [10, 20], { ...id, sameAs: MACS[0] });
    device(MACS[1], [30, 60], id);
    expect(joined().filter(([kind]) => kind === 'new-address')).toEqual([]);
  });
});

it('no address is asked about twice', () => {
  device(MACS[0], [0, 10], id);
  device(MACS[1], [20, 40], { identity: { dhcpClientId: ID, mdnsIds: ['serial=12345678'] } });
  device(MACS[2], [21, 40], { identity: { mdnsIds: ['serial=12345678'] } });
  expect(joined()).toEqual([['new-address', MACS[1], MACS[0]]]);
});

describe('side by side', () => {
  const system = { dhcpFingerprint: '1,3', dhcpVendorClass: 'v' };
  const hours = (...all: number[]) => ({ hours: all });
  const service = { identity: { mdnsIds: ['instance=Annas Room'] } };
  const work = { names: { dhcp: 'anna-work' } };
  const mdns = { names: { mdns: 'hall-tv' } };

  it.each<[string, Known, Known, string[][]]>([
    ['a service’s name and never the same hour', { ...service, ...hours(1, 2) }, { ...service, ...hours(3, 4) }, []],
    [
      'a name and never the same hour',
      { ...work, ...hours(1, 2) },
      { ...work, ...hours(3, 4) },
      [['name', 'never-together']],
    ],
    ['a name and seldom the same hour', { ...work, ...hours(1, 2) }, { ...work, ...hours(2, 3) }, []],
    [
      'a name in mDNS and seldom the same hour',
      { ...mdns, ...hours(1, 2) },
      { ...mdns, ...hours(2, 3) },
      [['name', 'seldom-together']],
    ],
    [
      'half of the hours of who has less',
      { ...mdns, ...hours(1, 2, 3, 4) },
      { ...mdns, ...hours(3, 4, 5, 6, 7, 8) },
      [['name', 'seldom-together']],
    ],
    ['more than half of those', { ...mdns, ...hours(1, 2, 3) }, { ...mdns, ...hours(2, 3, 4, 5, 6, 7, 8) }, []],
    ['too little known of the one', { ...mdns, ...hours(1) }, { ...mdns, ...hours(2, 3) }, []],
    ['too little known of the other', { ...mdns, ...hours(1, 2) }, { ...mdns, ...hours(3) }, []],
  ])('%s', (_, one, other, expected) => {
    device(MACS[0], [0, 30], one);
    device(MACS[1], [5, 30], other);
    expect(reasons()).toEqual(expected);
  });

  it('hours in which nothing was opened say nothing', () => {
    device(MACS[0], [0, 30], { ...mdns, ...hours(1, 2) });
    const other = device(MACS[1], [5, 30], { ...mdns, ...hours(3, 4) });
    expect(reasons()).toEqual([['name', 'never-together']]);
    other.activity = new Activity([...other.activity].map((hour) => ({ ...hour, connections: 0 })));
    expect(reasons()).toEqual([]);
  });

  it('a product’s name tells nothing there, whatever fits', () => {
    const phone = { names: { mdns: 'iPhone' }, identity: { ...system, mdnsModels: ['md=X'] } };
    device(BESIDE[0], [0, 30], { ...phone, ...hours(1, 2) });
    device(BESIDE[1], [5, 30], { ...phone, ...hours(1, 2) });
    expect(suggested()).toEqual([]);
    table.forget(BESIDE[1]);
    device(MACS[1], [5, 30], { ...phone, ...hours(3, 4) });
    notes = { [BESIDE[0]]: 'a-phone', [MACS[1]]: 'a-phone' };
    expect(suggested()).toEqual([]);
  });

  it('a random address may be that of a thing with another, not with a random one', () => {
    device(MACS[0], [0, 30], id);
    device(RANDOM[0], [5, 30], id);
    expect(joined()).toEqual([['two-interfaces', RANDOM[0], MACS[0]]]);
    table.forget(MACS[0]);
    device(RANDOM[1], [0, 30], id);
    expect(joined()).toEqual([]);
  });

  it('who alone has a label is joined to, unless the other is joined already', () => {
    device(MACS[0], [0, 30], id);
    device(MACS[1], [5, 30], { ...id, label: 'Hall' });
    expect(joined()).toEqual([['two-interfaces', MACS[0], MACS[1]]]);
    device(MACS[3], [0, 1]);
    device(MACS[0], [0, 30], { ...id, sameAs: MACS[3] });
    expect(joined()).toEqual([]);
  });
});
