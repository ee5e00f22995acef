// What is said of each lookup, whole; what counts, once; whose business it is; and when an address is taken for the asker's own.
import { beforeEach, describe, expect, it, test } from 'vitest';
import { type Device, LIMITS } from '../../sensor/attribute/device.ts';
import type { DnsMessage, DnsRecord } from '../../sensor/decode/dns.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { LookupDetector } from '../../sensor/detect/lookups.ts';
import { asks, datagram, dnsAnswer, phoneJoins } from '../support/name-frames.ts';
import { packetOf } from '../support/packet-of.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, remembering, surroundings, take } from '../support/surroundings.ts';

let around: Around;
let detector: LookupDetector;
let camera: Device;
let id = 0;

function fresh(): void {
  around = surroundings();
  detector = new LookupDetector(around);
  camera = deviceIn(around, CAMERA);
}
beforeEach(fresh);

const zen = (ip: string, zone = 'zen.spamhaus.org') => `${ip.split('.').reverse().join('.')}.${zone}`;
const ZONES = ['zen.spamhaus.org', 'bl.spamcop.net', 'psbl.surriel.com'];
const STRANGER = '198.51.100.9';

interface Asked {
  type?: string;
  id?: number;
  device?: Device | null;
  opcode?: number;
  ip?: null;
}

function messageOf(more: Partial<DnsMessage>): DnsMessage {
  const nothing = { questions: [], answers: [], additionals: [] };
  return { id: 1, response: false, opcode: 0, rcode: 0, truncatedFlag: false, complete: true, ...nothing, ...more };
}

function question(name: string, time: number, asked: Asked = {}): Finding[] {
  const { device = camera, opcode = 0, type = 'A' } = asked;
  id = (id + 1) % 60_000;
  const packet = packetOf(asks(CAMERA, 'example.net', 'A', time));
  const message = messageOf({ id: asked.id ?? id, opcode, questions: [{ name, type }] });
  detector.dns(message, asked.ip === null ? { ...packet, ip: null } : packet, device, time);
  return take(around);
}

function answer(
  from: { mac: string; ip: string },
  to: { mac: string | null; ip: string },
  device: Device | null,
  records: DnsRecord[],
): void {
  const packet = packetOf(
    datagram({ ...from, port: 53 }, { ip: to.ip, mac: GATEWAY.mac, port: 40_001 }, dnsAnswer('a.example', []), START),
  );
  const message = messageOf({ response: true, answers: records });
  detector.dns(message, { ...packet, destinationMac: to.mac }, device, START);
}

const about = (ip: string, zones: readonly string[], time = START) =>
  zones.flatMap((zone) => question(zen(ip, zone), time));
const severities = (findings: Finding[]) => findings.map(({ effect, severity }) => `${effect} ${severity}`);
/** What is told once the filter's time is over. */
const later = (time = START + 30 * SECOND) => {
  detector.tick(time);
  return take(around);
};

describe('a lookup', () => {
  const whole = {
    kind: 'mail_lookup',
    severity: 'info',
    device: CAMERA.mac,
    portClass: 'dns',
    time: START,
    effect: 'opens',
    destination: null,
    evidence: { lists: [], behind: undefined },
    first: { address: CAMERA.ip },
  };

  it('of mail servers, whole, with what is remembered of it', () => {
    expect(question('example.net', START, { type: 'MX' })).toEqual([{ ...whole, add: { mx: 1, dnsbl: 0 } }]);
    expect(camera.lookups).toEqual({ mx: 1, dnsbl: 0 });
    expect(camera.timeline).toEqual([
      {
        time: START,
        kind: 'mail_lookup',
        name: null,
        nameFrom: null,
        ip: null,
        role: null,
        detail: { lookups: 1, lists: 0 },
      },
    ]);
    const value = { mx: 1, dnsbl: 0, lists: [], servesMail: false, resolves: false };
    expect(detector.memory.takeChanged()).toEqual([{ mac: CAMERA.mac, value }]);
  });

  it('of a block list, whole', () => {
    expect(question(zen(STRANGER), START)).toEqual([
      { ...whole, evidence: { lists: ['zen.spamhaus.org'], behind: undefined }, add: { mx: 0, dnsbl: 1 } },
    ]);
    expect(camera.lookups).toEqual({ mx: 0, dnsbl: 1 });
    expect(detector.memory.get(CAMERA.mac)).toMatchObject({ mx: 0, dnsbl: 1 });
    expect(camera.timeline[0]?.detail).toEqual({ lookups: 1, lists: 1 });
  });

  it('of both at once is both', () => {
    expect(question('shop.example.dbl.spamhaus.org', START, { type: 'MX' })).toMatchObject([
      { add: { mx: 1, dnsbl: 1 } },
    ]);
    expect(detector.memory.get(CAMERA.mac)).toMatchObject({ mx: 1, dnsbl: 1 });
  });

  it('makes a device one that is kept', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    question('example.net', START, { type: 'MX', device: fridge });
    expect(around.devices.isKept(FRIDGE.mac)).toBe(true);
    expect(detector.memory.get(FRIDGE.mac)?.mx).toBe(1);
  });

  it('without an address behind it', () => {
    expect(question('example.net', START, { type: 'MX', ip: null })).toMatchObject([{ first: { address: '' } }]);
  });

  it.each([
    ['a name like any other', 'example.net', {}],
    ['of the router', 'example.net', { type: 'MX', device: 'gateway' }],
    ['of nobody', 'example.net', { type: 'MX', device: null }],
    ['of another kind', 'example.net', { type: 'MX', opcode: 2 }],
  ] as const)('is none: %s', (_, name, asked) => {
    const { device, ...rest } = { device: undefined, ...asked } as { device?: string | null } & Asked;
    const gateway = Object.assign(deviceIn(around, GATEWAY), { role: 'gateway' as const });
    const who = device === 'gateway' ? { device: gateway } : device === null ? { device: null } : {};
    expect(question(name, START, { ...rest, ...who })).toEqual([]);
    expect(detector.memory.all()).toEqual([]);
    expect([camera.lookups, gateway.lookups]).toEqual([
      { mx: 0, dnsbl: 0 },
      { mx: 0, dnsbl: 0 },
    ]);
  });

  it('lists are told by name, sixteen of them, and each once', () => {
    question(zen(STRANGER), START);
    question(zen(STRANGER), START);
    expect(camera.timeline).toMatchObject([{ detail: { lookups: 2, lists: 1 } }]);
    expect(question(zen(STRANGER, 'bl.spamcop.net'), START)[0]?.evidence.lists).toEqual([
      'bl.spamcop.net',
      'zen.spamhaus.org',
    ]);
    const zones = ['sbl', 'xbl', 'pbl', 'sbl-xbl', 'css', 'authbl'].map((one) => `${one}.spamhaus.org`);
    const sorbs = ['', 'spam.', 'dul.', 'smtp.', 'web.', 'socks.', 'safe.'].map((one) => `${one}dnsbl.sorbs.net`);
    about(STRANGER, [...zones, ...sorbs]);
    expect(detector.memory.get(CAMERA.mac)?.lists).toHaveLength(15);
    about(STRANGER, ['psbl.surriel.com', 'cbl.abuseat.org']);
    expect(detector.memory.get(CAMERA.mac)?.lists).toHaveLength(16);
    expect(detector.memory.get(CAMERA.mac)?.lists).not.toContain('cbl.abuseat.org');
    expect(detector.memory.get(CAMERA.mac)?.dnsbl).toBe(18);
  });
});

describe('a question that is sent again', () => {
  it.each([
    ['with the same number, within five seconds', 5 * SECOND, {}, 0],
    ['later', 5 * SECOND + 1, {}, 1],
    ['where the clock was set back a little', -5 * SECOND, {}, 0],
    ['where it was set back further', -5 * SECOND - 1, {}, 1],
    ['with another number', 0, { id: 8 }, 1],
    ['of another type', 0, { type: 'MX' }, 1],
  ])('%s', (_, after, asked, count) => {
    question(zen(STRANGER), START, { id: 7 });
    expect(question(zen(STRANGER), START + after, { id: 7, ...asked })).toHaveLength(count);
    expect(camera.lookups.dnsbl).toBe(1 + count);
  });

  it('under another name, or by another device, is another', () => {
    question(zen(STRANGER), START, { id: 7 });
    expect(question(zen('198.51.100.10'), START, { id: 7 })).toHaveLength(1);
    expect(question(zen(STRANGER), START, { id: 7, device: deviceIn(around, FRIDGE) })).toHaveLength(1);
  });

  it('again and again is one while it goes on', () => {
    for (const second of [0, 4, 8, 12]) question('example.net', START + second * SECOND, { type: 'MX', id: 7 });
    expect(camera.lookups.mx).toBe(1);
  });
});

describe('in the chain of what happened before', () => {
  it('an hour is one entry', () => {
    question('example.net', START, { type: 'MX' });
    question(zen(STRANGER), START + HOUR - 1);
    expect(camera.timeline).toMatchObject([{ time: START, detail: { lookups: 2, lists: 1 } }]);
    question('example.net', START + HOUR, { type: 'MX' });
    question('example.net', START + HOUR + 1, { type: 'MX' });
    expect(camera.timeline.map(({ detail, time }) => [time - START, detail.lookups])).toEqual([
      [0, 2],
      [HOUR, 2],
    ]);
    question('example.net', START - 1, { type: 'MX' });
    expect(camera.timeline.map(({ detail, time }) => [time - START, detail.lookups])).toEqual([
      [-1, 1],
      [0, 2],
      [HOUR, 2],
    ]);
  });

  it('what else happened has entries of its own', () => {
    question('example.net', START, { type: 'MX' });
    const nothing = { name: null, nameFrom: null, ip: null, role: null, detail: {} };
    camera.timeline.push({ time: START + 1, kind: 'remote_login', ...nothing });
    question('example.net', START + 2, { type: 'MX' });
    expect(camera.timeline.map(({ detail, kind }) => [kind, detail.lookups])).toEqual([
      ['mail_lookup', 2],
      ['remote_login', undefined],
    ]);
  });
});

describe('about one address alone', () => {
  it('two lists are the mark of who asks about itself, told once nothing else has come for half a minute', () => {
    expect(severities(about(STRANGER, ZONES.slice(0, 2)))).toEqual(['opens info', 'opens info']);
    detector.tick(START + 30 * SECOND - 1);
    expect(take(around)).toEqual([]);
    expect(later()).toEqual([
      {
        kind: 'mail_lookup',
        severity: 'medium',
        device: CAMERA.mac,
        portClass: 'dns',
        time: START + 30 * SECOND,
        effect: 'updates',
        destination: null,
        evidence: {
          lists: ['bl.spamcop.net', 'zen.spamhaus.org'],
          ownAddress: 'probably',
          behind: undefined,
        },
        first: { address: CAMERA.ip },
        add: {},
      },
    ]);
    expect(later(START + HOUR)).toEqual([]);
  });

  it('the half minute begins with the second list', () => {
    about(STRANGER, ZONES.slice(0, 1));
    about(STRANGER, ZONES.slice(1, 2), START + 10 * SECOND);
    about(STRANGER, ZONES.slice(2), START + 20 * SECOND);
    expect(later(START + 40 * SECOND - 1)).toEqual([]);
    expect(later(START + 40 * SECOND)).toHaveLength(1);
  });

  it.each([
    ['one list is not', () => about(STRANGER, ['zen.spamhaus.org', 'zen.spamhaus.org'])],
    ['several addresses are not', () => [STRANGER, '198.51.100.10'].flatMap((ip) => about(ip, ZONES))],
    ['domains besides are not', () => [...about(STRANGER, ZONES), ...question('shop.example.dbl.spamhaus.org', START)]],
    [
      'domains alone are not',
      () => ['dbl.spamhaus.org', 'multi.surbl.org'].flatMap((zone) => question(`shop.example.${zone}`, START)),
    ],
    ['an address of the home is not', () => about('192.168.1.250', ZONES)],
  ])('%s', (_, play) => {
    expect(new Set(severities(play()))).toEqual(new Set(['opens info']));
    expect(later()).toEqual([]);
    detector.finish(START + HOUR);
    expect(take(around)).toEqual([]);
  });

  it('within an hour: then it begins anew', () => {
    about(STRANGER, ZONES.slice(0, 1));
    about(STRANGER, ZONES.slice(1, 2), START + HOUR);
    expect(later(START + 2 * HOUR)).toHaveLength(1);
    fresh();
    about(STRANGER, ZONES.slice(0, 1));
    about(STRANGER, ZONES.slice(1, 2), START + HOUR + 1);
    expect(later(START + 2 * HOUR)).toEqual([]);
    // Or where the clock was set back.
    fresh();
    about(STRANGER, ZONES.slice(0, 1));
    about(STRANGER, ZONES.slice(1, 2), START - 1);
    expect(later(START + 2 * HOUR)).toEqual([]);
  });

  it('eight addresses are told apart; further ones are one filter all the same', () => {
    for (let i = 0; i < 10; i++) about(`198.51.100.${i}`, ZONES.slice(0, 1));
    expect(later(START + HOUR)).toEqual([]);
  });

  it('of each device by itself: the first that is due, and then the next', () => {
    const fridge = deviceIn(around, FRIDGE);
    for (const zone of ZONES) question(zen(STRANGER, zone), START + 10 * SECOND, { device: fridge });
    about(STRANGER, ZONES);
    expect(later(START + 30 * SECOND).map(({ device }) => device)).toEqual([CAMERA.mac]);
    expect(later(START + 40 * SECOND - 1)).toEqual([]);
    expect(later(START + 40 * SECOND).map(({ device }) => device)).toEqual([FRIDGE.mac]);
  });

  it('of a device that was forgotten meanwhile is nothing', () => {
    about(STRANGER, ZONES);
    around.devices.forget(CAMERA.mac);
    expect(later()).toEqual([]);
  });

  it('the end of the capture waits no longer', () => {
    about(STRANGER, ZONES);
    detector.finish(START + SECOND);
    expect(take(around)).toMatchObject([{ severity: 'medium', time: START + SECOND }]);
    detector.finish(START + 2 * SECOND);
    expect(take(around)).toEqual([]);
  });
});

describe("the home's own address", () => {
  it('by the word of those who can know is told at once', () => {
    around.home.toldPublic(STRANGER);
    const [told] = question(zen(STRANGER), START);
    expect(told).toMatchObject({ severity: 'medium', effect: 'opens', add: { mx: 0, dnsbl: 1 } });
    expect(told?.evidence).toEqual({ lists: ['zen.spamhaus.org'], ownAddress: 'yes', behind: undefined });
    about(STRANGER, ZONES);
    expect(later()).toEqual([]);
  });

  it('is what a device of the home holds, too', () => {
    expect(severities(question(zen(CAMERA.ip), START))).toEqual(['opens medium']);
  });

  it.each([
    ['208.67.222.222', 'myip.opendns.com', 'A', true],
    ['208.67.220.220', 'myip.opendns.com', 'A', true],
    ['208.67.222.220', 'myip.opendns.com', 'A', true],
    ['208.67.220.222', 'myip.opendns.com', 'A', true],
    ['2620:119:35::35', 'myip.opendns.com', 'A', true],
    ['2620:119:53::53', 'myip.opendns.com', 'A', true],
    ['208.67.222.222', 'myip.opendns.com', 'AAAA', true],
    ['208.67.222.222', 'myip.opendns.com', 'TXT', false],
    ['208.67.222.222', 'other.opendns.com', 'A', false],
    ['9.9.9.9', 'myip.opendns.com', 'A', false],
  ] as const)('%s says so of %s %s: %s', (server, name, type, believed) => {
    const data = type === 'AAAA' ? '2001:db8::9' : STRANGER;
    const to = server.includes(':') ? { ...CAMERA, ip: 'fd00::50' } : CAMERA;
    const record = type === 'TXT' ? { type, data: [data] } : { type, data };
    answer(outside(server, 53), to, null, [{ name, ttl: 60, ...record }]);
    expect(around.home.isPublic(data)).toBe(believed);
  });
});

describe('who answers others', () => {
  const settled = () => question('example.net', START, { type: 'MX' });

  it('resolves for them: its questions are not its own, and that is remembered', () => {
    deviceIn(around, FRIDGE);
    answer(CAMERA, FRIDGE, camera, []);
    expect(detector.memory.get(CAMERA.mac)?.resolves).toBe(true);
    expect(settled()).toEqual([]);
    expect(camera.lookups).toEqual({ mx: 0, dnsbl: 0 });
    const value = { mx: 0, dnsbl: 0, lists: [], servesMail: false, resolves: true };
    expect(detector.memory.takeChanged()).toEqual([{ mac: CAMERA.mac, value }]);
    // After a restart nobody has answered anybody yet.
    const again = surroundings();
    camera = deviceIn(again, CAMERA);
    detector = remembering(detector, new LookupDetector(again));
    around = again;
    expect(settled()).toEqual([]);
  });

  it.each([
    ['the router', { role: 'gateway' }, FRIDGE.mac, true],
    ['nobody of the home', { role: 'device' }, '02:00:00:00:00:99', true],
    ['nobody at all', { role: 'device' }, null, true],
    ['a neighbour', { role: 'device' }, FRIDGE.mac, false],
  ] as const)('not: %s', (_, part, to, isOwn) => {
    deviceIn(around, FRIDGE);
    Object.assign(camera, part);
    answer(CAMERA, { ...FRIDGE, mac: to }, camera, []);
    camera.role = 'device';
    expect(settled()).toHaveLength(isOwn ? 1 : 0);
  });

  it('as DHCP names it, by its address', () => {
    around.resolvers.announced([CAMERA.ip]);
    const fridge = around.devices.seen(FRIDGE.mac, START);
    expect(question('example.net', START, { type: 'MX', ip: null })).toHaveLength(1);
    expect(question('example.net', START, { type: 'MX', device: fridge })).toEqual([]);
    expect(around.devices.isKept(FRIDGE.mac)).toBe(true);
    expect(detector.memory.get(FRIDGE.mac)?.resolves).toBe(true);
  });
});

describe('a mail server', () => {
  const stranger = { mac: GATEWAY.mac, ip: STRANGER };
  const receives = (port: number, outcome: 'connected' | 'refused', time = START) =>
    detector.settled(camera, connectionBetween(stranger, CAMERA, port, { way: 'inbound', outcome }), time);

  it.each([
    [25, 'connected', true],
    [25, 'refused', false],
    [587, 'connected', false],
  ] as const)('on port %i, %s: %s', (port, outcome, serves) => {
    receives(port, outcome);
    expect(detector.memory.takeChanged()).toHaveLength(serves ? 1 : 0);
    expect(question('example.net', START, { type: 'MX' })).toHaveLength(serves ? 0 : 1);
    // Counted of the device all the same.
    expect(camera.lookups.mx).toBe(1);
    expect(detector.memory.get(CAMERA.mac)?.mx).toBe(serves ? 0 : 1);
  });

  it('is one for good, and that is remembered once', () => {
    receives(25, 'connected');
    detector.memory.takeChanged();
    receives(25, 'connected', START + 1);
    expect(detector.memory.takeChanged()).toEqual([]);
    detector = remembering(detector, new LookupDetector(around));
    expect(about(STRANGER, ZONES, START + 100 * HOUR)).toEqual([]);
  });

  it.each([
    ['within ten minutes', STRANGER, 10 * MINUTE, true],
    ['later', STRANGER, 10 * MINUTE + 1, false],
    ['about another', '198.51.100.10', 0, false],
  ])('may ask about who connects to it, %s, though it was another device of that MAC', (_, ip, after, isSpared) => {
    receives(25, 'connected');
    // As if it had been forgotten that it takes mail.
    detector.memory.forget(CAMERA.mac);
    expect(question(zen(ip), START + after)).toHaveLength(isSpared ? 0 : 1);
  });

  it('of the 1,024 latest', () => {
    const ips = Array.from({ length: 1025 }, (_, i) => `198.51.${100 + (i >> 8)}.${i & 255}`);
    for (const ip of ips)
      detector.settled(
        camera,
        connectionBetween({ mac: GATEWAY.mac, ip }, CAMERA, 25, { way: 'inbound', outcome: 'connected' }),
        START,
      );
    detector.memory.forget(CAMERA.mac);
    expect(ips.slice(0, 2).map((ip) => question(zen(ip), START).length)).toEqual([1, 0]);
  });

  it('may look up domains, which are no client', () => {
    receives(25, 'connected');
    detector.memory.forget(CAMERA.mac);
    expect(question('shop.example.dbl.spamhaus.org', START)).toHaveLength(1);
    expect(question('example.net', START, { type: 'MX' })).toHaveLength(1);
  });
});

test('a telephone may ask for the mail servers of its provider, not block lists', () => {
  const stage = new Stage().play(phoneJoins(START));
  const { devices } = stage.spine.engine;
  const phone = devices.all().find(({ hostnames }) => hostnames.length > 0);
  if (phone === undefined) throw new Error('no telephone');
  around.knowledge = stage.spine.knowledge;
  detector = new LookupDetector(around);
  around.devices.keep(phone);
  expect(question('provider.example', START, { type: 'MX', device: phone })).toEqual([]);
  expect(phone.timeline).toEqual([]);
  expect(question(zen(STRANGER), START, { device: phone })).toHaveLength(1);
});

test('what is remembered is read as it should be', () => {
  const whole = { mx: 1, dnsbl: 2, lists: ['a'], servesMail: false, resolves: true };
  const read = (value: unknown) => {
    const other = new LookupDetector(around);
    other.memory.restore(CAMERA.mac, value);
    return other.memory.get(CAMERA.mac);
  };
  expect(read(whole)).toEqual(whole);
  const { resolves: _, ...older } = whole;
  expect(read(older)).toEqual({ ...whole, resolves: false });
  expect(read({ ...whole, lists: Array.from({ length: 16 }, () => 'a') })).toBeDefined();
  expect(read({ ...whole, lists: Array.from({ length: 17 }, () => 'a') })).toBeUndefined();
  for (const key of Object.keys(whole)) expect(read({ ...whole, [key]: 'x' }), key).toBeUndefined();
  expect([detector.name, detector.ways]).toEqual(['lookups', ['inbound']]);
});

test('behind a MAC that carries others it is told whose it was', () => {
  camera.path.behind = FRIDGE.mac;
  const [told] = question('example.net', START, { type: 'MX' });
  expect(told?.evidence.behind).toEqual({ mac: FRIDGE.mac, name: null, kind: camera.path.kind, who: 'client' });
});

test('of many devices that asked, the latest 256 are judged', () => {
  const count = Math.min(257, LIMITS.devices);
  const devices = Array.from({ length: count }, (_, i) =>
    deviceIn(around, { mac: `b8:27:eb:00:0${Math.floor(i / 200)}:${(i % 200).toString(16).padStart(2, '0')}` }),
  );
  for (const device of devices) for (const zone of ZONES.slice(0, 2)) question(zen(STRANGER, zone), START, { device });
  expect(new Set(later().map(({ device }) => device))).toEqual(new Set(devices.slice(1).map(({ mac }) => mac)));
});
