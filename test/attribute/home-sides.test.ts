// What is inside the home: by rule, by what was announced and how long, and which of its public addresses are its own.
import { beforeEach, describe, expect, it } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { hopsBehind } from '../../sensor/attribute/hop-limit.ts';
import { LearnedPrefixes } from '../../sensor/attribute/learned-prefixes.ts';
import { parsePrefix } from '../../sensor/attribute/prefix.ts';
import { PublicAddresses } from '../../sensor/attribute/public-addresses.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, HOUR, SECOND, START } from '../../sensor/self-test/frames/home.ts';

const trusted = (mac: string) => mac === GATEWAY.mac;

describe('by rule', () => {
  it.each([
    ['10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255', true],
    ['100.64.0.0 100.127.255.255 169.254.0.0 169.254.255.255 127.0.0.0 127.255.255.255 0.0.0.0 0.255.255.255', true],
    ['224.0.0.0 239.255.255.255 255.255.255.255', true],
    ['9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 100.63.255.255 100.128.0.0', false],
    ['169.253.255.255 169.255.0.0 126.255.255.255 128.0.0.0 1.0.0.0 223.255.255.255 240.0.0.0 255.255.255.254', false],
    ['fc00:: fdff:ffff:: fe80:: febf:ffff:: :: ::1 ff00:: ffff::', true],
    ['fbff:ffff:: fe00:: fe7f:ffff:: fec0:: feff:: ::2 2001:db8::1', false],
  ])('%s are inside: %s', (list, expected) => {
    const home = new Home([]);
    for (const ip of list.split(' '))
      expect([home.isInside(ip), home.isInsideByRule(ip), home.isLocal(ip)], ip).toEqual([
        expected,
        expected,
        expected,
      ]);
    expect(home.fixed).toBe(false);
  });

  it('of a person: exactly what was listed, and everybody; nothing is learned', () => {
    const home = new Home(['198.51.100.0/24']);
    const inside = (...ips: string[]) => ips.map((ip) => home.isInside(ip));
    expect(inside('198.51.100.7', '224.0.0.1', '255.255.255.255', 'ff02::1', '10.0.0.1', 'fe80::1')).toEqual([
      ...[true, true, true, true, false, false],
    ]);
    expect([home.isLocal('10.0.0.1'), home.isLocal('fe80::1'), home.isLocal('203.0.113.1'), home.fixed]).toEqual([
      ...[true, true, false, true],
    ]);
    expect(home.learn('203.0.113.0', 24, { by: GATEWAY.mac, lifetime: null, time: START })).toBe(false);
    home.claimPublic('203.0.113.1', GATEWAY.mac, START);
    expect(home.isOwn('203.0.113.1', START, trusted)).toBe(false);
    const memory = {
      prefixes: [{ prefix: '203.0.113.0/24', by: null, until: START + DAY }],
      publicAddresses: [],
      links: ['10.0.0.0/24', 'x'],
    };
    home.restore(memory);
    expect([home.isInside('203.0.113.1'), home.memory()]).toEqual([
      false,
      {
        ...memory,
        prefixes: [],
        publicAddresses: [{ ip: '203.0.113.1', by: GATEWAY.mac, until: START + DAY }],
        links: ['10.0.0.0/24'],
      },
    ]);
  });

  it('a host that a proxy is asked for is elsewhere by address or name', () => {
    const home = new Home([]);
    for (const host of ['203.0.113.1', '2001:db8::1', 'mail.example.com', 'local.example', 'a.lan.example'])
      expect(home.isElsewhere(host), host).toBe(true);
    for (const end of ['local', 'lan', 'home', 'home.arpa', 'internal', 'localdomain', 'fritz.box'])
      expect(home.isElsewhere(`nas.${end}`), end).toBe(false);
    for (const host of ['nas', '192.168.1.1', 'fe80::1']) expect(home.isElsewhere(host), host).toBe(false);
  });
});

describe('what was announced', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home([]);
  });
  const announce = (prefix: string, by: string | null = GATEWAY.mac, lifetime: number | null = null, time = START) => {
    const [address = '', length] = prefix.split('/');
    return home.learn(address, Number(length), { by, lifetime, time });
  };
  const isInside = (ip: string) => home.isInside(ip);

  it.each([
    ['203.0.113.0/24', '203.0.113.7', true],
    ['203.0.112.0/20', '203.0.127.7', true],
    ['203.0.96.0/19', '203.0.113.7', false],
    ['2001:db8:1::/48', '2001:db8:1:7::1', true],
    ['2001:db8::/47', '2001:db8:1:7::1', false],
    ['x/24', '203.0.113.7', false],
    ['203.0.113.0/33', '203.0.113.7', false],
  ])('%s makes %s inside: %s', (prefix, ip, expected) => {
    expect(isInside(ip)).toBe(false);
    expect(announce(prefix)).toBe(expected);
    expect([isInside(ip), home.isInsideByRule(ip), home.isLocal(ip)]).toEqual([expected, false, expected]);
    expect(announce(prefix)).toBe(false);
  });

  it('of private ranges is nothing new', () => {
    expect([announce('192.168.1.0/24'), home.memory().prefixes]).toEqual([false, []]);
  });

  it('is told with who announced the narrowest', () => {
    announce('203.0.112.0/20', GATEWAY.mac);
    announce('203.0.113.0/24', FRIDGE.mac);
    announce('203.0.113.128/25', null);
    expect(['203.0.112.1', '203.0.113.1', '203.0.113.129', '198.51.100.1'].map((ip) => home.announcerOf(ip))).toEqual([
      ...[GATEWAY.mac, FRIDGE.mac, null, null],
    ]);
    home.distrust(trusted);
    expect(['203.0.112.1', '203.0.113.1', '203.0.113.129'].map((ip) => home.announcerOf(ip))).toEqual([
      ...[GATEWAY.mac, GATEWAY.mac, null],
    ]);
  });

  it.each([
    [null, 30 * DAY],
    [7200, 2 * HOUR],
    [7199, 2 * HOUR],
    [7201, 2 * HOUR + SECOND],
    [30 * 86_400, 30 * DAY],
    [30 * 86_400 + 1, 30 * DAY],
    [0xffff_ffff, 30 * DAY],
  ])('for %s seconds is so for %i ms', (lifetime, holds) => {
    announce('203.0.113.0/24', GATEWAY.mac, lifetime);
    expect(isInside('203.0.113.7')).toBe(true);
    home.expire(START + holds);
    expect(isInside('203.0.113.7')).toBe(true);
    home.expire(START + holds + 1);
    expect(isInside('203.0.113.7')).toBe(false);
  });

  it('and is taken back ends after two hours, or when it would have', () => {
    announce('203.0.113.0/24', GATEWAY.mac, null);
    announce('198.51.100.0/24', GATEWAY.mac, null, START + HOUR - 30 * DAY);
    for (const prefix of ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24'])
      expect(announce(prefix, GATEWAY.mac, 0)).toBe(false);
    const inside = (time: number) => {
      home.expire(START + time);
      return ['203.0.113.1', '198.51.100.1', '192.0.2.1'].map(isInside);
    };
    expect([inside(HOUR), inside(HOUR + 1), inside(2 * HOUR), inside(2 * HOUR + 1)]).toEqual([
      ...[
        [true, true, false],
        [true, false, false],
        [true, false, false],
        [false, false, false],
      ],
    ]);
  });

  it('of 32 prefixes the longest not announced gives way', () => {
    for (let n = 0; n < 32; n++) announce(`203.0.${n}.0/24`);
    announce('203.0.0.0/24');
    expect([isInside('203.0.0.1'), isInside('203.0.1.1'), announce('198.51.100.0/24')]).toEqual([true, true, true]);
    expect([isInside('203.0.0.1'), isInside('203.0.1.1'), home.memory().prefixes.length]).toEqual([true, false, 32]);
  });

  it('comes back after a restart, the last 32 and none that are broken', () => {
    const prefixes = Array.from({ length: 34 }, (_, n) => ({ prefix: `203.0.${n}.0/24`, by: null, until: START + n }));
    const again = new Home([]);
    expect(again.isInside('203.0.2.1')).toBe(false);
    again.restore({ prefixes: [...prefixes, { prefix: 'x', by: null, until: 1 }], publicAddresses: [], links: [] });
    expect([again.isInside('203.0.1.1'), again.isInside('203.0.2.1')]).toEqual([false, true]);
    expect(again.memory().prefixes).toEqual(prefixes.slice(2));
    again.expire(START + 3);
    expect([again.isInside('203.0.2.1'), again.isInside('203.0.3.1')]).toEqual([false, true]);
  });

  it('that came back goes with the clock once it is said anew, be it that it ends', () => {
    const [until, by] = [START + 10 * DAY, 3 * HOUR];
    const prefixes = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24'].map((prefix) => ({
      prefix,
      by: null,
      until,
    }));
    const learned = new LearnedPrefixes();
    learned.restore(prefixes);
    learned.announce('203.0.113.0', 24, { by: null, lifetime: 86_400, time: START });
    learned.announce('198.51.100.0', 24, { by: null, lifetime: 0, time: START });
    learned.moveTime(by);
    expect(new Map(learned.all().map((one) => [one.prefix, one.until]))).toEqual(
      new Map([
        ['192.0.2.0/24', until],
        ['203.0.113.0/24', START + DAY + by],
        ['198.51.100.0/24', START + 2 * HOUR + by],
      ]),
    );
  });

  it('tells whether the set has changed', () => {
    const learned = new LearnedPrefixes();
    expect([learned.size, learned.covers('203.0.113.1'), learned.expire(START)]).toEqual([0, false, false]);
    const said = { by: GATEWAY.mac, lifetime: null, time: START };
    expect([
      learned.announce('203.0.113.0', 24, said),
      learned.announce('203.0.113.0', 24, { ...said, time: START + 5 }),
    ]).toEqual([true, false]);
    expect([learned.size, learned.keepOnly(() => true), learned.expire(START + 30 * DAY + 5), learned.size]).toEqual([
      1,
      false,
      false,
      1,
    ]);
    expect([learned.expire(START + 30 * DAY + 6), learned.size, learned.keepOnly(() => false)]).toEqual([
      true,
      0,
      false,
    ]);
  });
});

describe('the cable', () => {
  it('is the networks that DHCP told of, none wider than sixteen bits, sixteen at most', () => {
    const home = new Home([]);
    expect(home.isOnLink('192.168.1.1')).toBeNull();
    home.learnLink('10.0.0.0', 15);
    home.learnLink('x', 24);
    expect(home.memory().links).toEqual([]);
    home.learnLink('10.0.0.0', 16);
    expect(['10.0.9.9', '10.1.0.1', 'fe80::1'].map((ip) => home.isOnLink(ip))).toEqual([true, false, null]);
    for (let n = 0; n < 15; n++) home.learnLink(`192.168.${n}.0`, 24);
    home.learnLink('10.0.0.0', 16);
    home.learnLink('172.16.0.0', 24);
    expect([home.memory().links.length, home.memory().links[0], home.memory().links.at(-2)]).toEqual([
      ...[16, '192.168.1.0/24', '10.0.0.0/16'],
    ]);
  });

  it('has prefixes with addresses and lengths', () => {
    expect(parsePrefix('10.0.0.0/8')).toEqual({ address: '10.0.0.0', length: 8, family: 'ipv4' });
    expect(parsePrefix('2001:DB8::/128')).toEqual({ address: '2001:DB8::', length: 128, family: 'ipv6' });
    for (const text of [
      '10.0.0.0',
      '10.0.0.0/33',
      'fe80::/129',
      '10.0.0/8',
      ' 10.0.0.0/8',
      '10.0.0.0/8 ',
      '10.0.0.0/',
      '10.0.0.0/0008',
    ])
      expect(parsePrefix(text), text).toBeNull();
    expect([parsePrefix('10.0.0.0/32')?.length, parsePrefix('10.0.0.0/0')?.length]).toEqual([32, 0]);
  });
});

describe('a public address', () => {
  const IP = '203.0.113.200';
  const NEXT = '203.0.113.201';
  let addresses: PublicAddresses;
  beforeEach(() => {
    addresses = new PublicAddresses();
  });
  const isOwn = (ip: string, time: number) => addresses.isOwn(ip, START + time, trusted);

  it('is the home’s by the router’s word for a day', () => {
    expect([isOwn(IP, 0), addresses.isClaimed(IP)]).toEqual([false, false]);
    addresses.claim(IP, GATEWAY.mac, START);
    expect([isOwn(IP, 0), isOwn(IP, DAY), isOwn(IP, DAY + 1), isOwn(IP, -1), isOwn(NEXT, 0)]).toEqual([
      ...[true, true, false, false, false],
    ]);
    expect([addresses.isClaimed(IP), addresses.isClaimed(NEXT), addresses.all()]).toEqual([
      ...[true, false, [{ ip: IP, by: GATEWAY.mac, until: START + DAY }]],
    ]);
    addresses.claim(IP, GATEWAY.mac, START + HOUR);
    expect([isOwn(IP, DAY + HOUR), addresses.all().length]).toEqual([true, 1]);
  });

  it('is nobody else’s to name', () => {
    addresses.claim(IP, FRIDGE.mac, START);
    expect([isOwn(IP, 0), addresses.isClaimed(IP)]).toEqual([false, true]);
    addresses.told(NEXT);
    expect([isOwn(NEXT, 0), addresses.isClaimed(NEXT)]).toEqual([false, true]);
  });

  it('holds an hour longer once another is named by the same, at most', () => {
    addresses.claim(IP, GATEWAY.mac, START);
    addresses.claim(NEXT, FRIDGE.mac, START);
    expect(isOwn(IP, DAY)).toBe(true);
    addresses.claim(NEXT, GATEWAY.mac, START + 5);
    expect([isOwn(IP, HOUR + 5), isOwn(IP, HOUR + 6), isOwn(NEXT, DAY)]).toEqual([true, false, true]);
    addresses.claim(NEXT, GATEWAY.mac, START + 10);
    expect(isOwn(IP, HOUR + 6)).toBe(false);
  });

  it.each([
    [64, true],
    [62, true],
    [61, false],
    [126, true],
    [125, false],
    [253, true],
    [50, false],
  ])('from which packets come with a hop limit of %i is it still: %s', (hopLimit, expected) => {
    addresses.claim(IP, GATEWAY.mac, START);
    addresses.heard(NEXT, 50, START);
    addresses.heard(IP, hopLimit, START + 5);
    expect(isOwn(IP, 0)).toBe(expected);
    addresses.claim(IP, GATEWAY.mac, START + 5 + 7 * DAY - 1);
    expect(isOwn(IP, 7 * DAY + 5)).toBe(expected);
    addresses.claim(IP, GATEWAY.mac, START + 5 + 7 * DAY);
    expect(isOwn(IP, 7 * DAY + 5)).toBe(true);
  });

  it('that was never claimed is not unmade', () => {
    addresses.heard(IP, 50, START);
    addresses.claim(IP, GATEWAY.mac, START);
    expect(isOwn(IP, 0)).toBe(true);
  });

  it('is one of eight, told or claimed; of what was unmade 64 are known', () => {
    for (let n = 0; n < 9; n++) {
      addresses.told(`198.51.100.${n}`);
      addresses.claim(`203.0.113.${n}`, GATEWAY.mac, START);
      if (n === 7) addresses.told('198.51.100.0');
    }
    const claimed = (...ips: string[]) => ips.map((ip) => addresses.isClaimed(ip));
    expect(claimed('198.51.100.0', '198.51.100.1', '198.51.100.8', '203.0.113.0', '203.0.113.1')).toEqual([
      ...[true, false, true, false, true],
    ]);
    for (let n = 0; n < 65; n++) {
      addresses.claim(`192.0.2.${n}`, GATEWAY.mac, START);
      addresses.heard(`192.0.2.${n}`, 50, START);
    }
    for (const n of [0, 1]) addresses.claim(`192.0.2.${n}`, GATEWAY.mac, START);
    expect(claimed('192.0.2.0', '192.0.2.1')).toEqual([true, false]);
  });

  it('comes back after a restart, in copies', () => {
    const claim = { ip: IP, by: GATEWAY.mac, until: START + DAY };
    addresses.restore([claim]);
    addresses.claim(NEXT, GATEWAY.mac, START);
    expect([claim.until, addresses.all().map(({ until }) => until - START)]).toEqual([START + DAY, [HOUR, DAY]]);
  });

  it('is believed of the home only where it is one, and outside', () => {
    const home = new Home([]);
    for (const ip of ['x', CAMERA.ip]) {
      home.claimPublic(ip, GATEWAY.mac, START);
      home.toldPublic(ip);
      expect([home.isPublic(ip), home.isOwn(ip, START, trusted)]).toEqual([false, false]);
    }
    home.toldPublic(NEXT);
    home.claimPublic(IP, GATEWAY.mac, START);
    expect([home.isPublic(NEXT), home.isOwn(IP, START, trusted)]).toEqual([true, true]);
    const again = new Home([]);
    again.restore(home.memory());
    expect(again.isOwn(IP, START, trusted)).toBe(true);
    home.heardFrom(IP, 50, START);
    expect(home.isOwn(IP, START, trusted)).toBe(false);
  });
});

it('hops are counted from what systems begin with', () => {
  expect([0, 1, 63, 64, 65, 127, 128, 129, 254, 255].map(hopsBehind)).toEqual([64, 63, 1, 0, 63, 1, 0, 126, 1, 0]);
});
