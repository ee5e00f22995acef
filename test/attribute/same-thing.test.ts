// Which addresses are suggested as one thing, told in frames: rotating addresses, a cable beside Wi-Fi, and what must not be.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suggestSame } from '../../sensor/attribute/same-thing.ts';
import { english } from '../../sensor/language/words.ts';
import { mergeSuggestions } from '../../sensor/main/merge-suggestions.ts';
import type { MergeSuggestion } from '../../web/shapes.ts';
import { IPHONE, joins, MACBOOK, type Resident } from '../detection/household.ts';
import { datagram, dhcpRequest, mail, mdns, usual, visit } from '../support/name-frames.ts';
import { type CapturedFrame, dhcpv6 } from '../support/packet-builder.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const WEEK = 7 * DAY;
const suggested = (stage: Stage): MergeSuggestion[] => [...mergeSuggestions(english, stage.spine).values()];
const pairs = (stage: Stage) =>
  suggested(stage).map(({ device, kind, mac, older }) => [kind, device, mac, older.length]);

/** The `i`th random address of a telephone, or of another thing. */
const rotated = (i: number, who: Partial<Resident> = IPHONE): Resident => ({
  ...who,
  mac: `9e:11:22:33:44:${(i + 0x50).toString(16)}`,
  ip: `192.168.1.${100 + i}`,
});

/** It joins and is used for some hours. */
function lives(who: Resident, time: number, hours = 3): CapturedFrame[] {
  const used = Array.from({ length: hours }, (_, i) => visit(who, '203.0.113.10', time + MINUTE + i * HOUR));
  return [...joins(who, time), ...used.flat()];
}

const home = () => new Stage().play(usual());

test('a telephone that changes its address five times is one suggestion; a yes joins all, and the next address is one again', () => {
  const stage = home();
  for (let i = 0; i < 6; i++) stage.play(lives(rotated(i), START + i * DAY));
  const [only, ...others] = suggested(stage);
  expect(others).toEqual([]);
  expect(only).toMatchObject({
    ...{ kind: 'new-address', device: rotated(5).mac, mac: rotated(4).mac, name: 'Annas-iPhone (…:44:54)' },
    older: [3, 2, 1, 0].map((i) => rotated(i).mac),
    reason:
      'It announced the name Annas-iPhone as well, it asks for an address in the same way, and it fell silent before this address appeared. The same is true of 4 more addresses before it: one yes joins them all.',
  });
  expect([stage.alerts, stage.incidents()]).toEqual([[], []]);
  const { device = '', mac: into = '', older = [] } = only ?? {};
  expect(stage.run({ type: 'merge', device, into, older })).toEqual({ ok: true, changed: true });
  expect(stage.run({ type: 'merge', device, into, older })).toEqual({ ok: true, changed: false });
  expect(suggested(stage)).toEqual([]);
  const { devices } = stage.spine.engine;
  const thing = () => devices.sameThing(devices.get(device) ?? fail()).map(({ mac }) => mac);
  expect(thing()).toEqual([5, 4, 3, 2, 1, 0].map((i) => rotated(i).mac));
  expect(stage.run({ type: 'unmerge', device, older })).toEqual({ ok: true, changed: true });
  expect(thing()).toEqual([device]);
  expect(suggested(stage)).toEqual([only]);
  stage.run({ type: 'merge', device, into, older });
  stage.play(lives(rotated(6), START + 6 * DAY));
  expect(pairs(stage)).toEqual([['new-address', rotated(6).mac, rotated(5).mac, 0]]);
});

test('expectations and the name count after the yes, and not before', () => {
  const stage = home().play(lives(rotated(0), START), mail(rotated(0), MAIL_SERVER, START + 4 * HOUR));
  stage.run({ type: 'rename', device: rotated(0).mac, label: 'Anna' });
  stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
  stage.play(lives(rotated(1), START + DAY), mail(rotated(1), MAIL_SERVER, START + DAY + HOUR));
  const states = () => stage.incidents('mail_started').map(({ device, state }) => `${device?.slice(-2)} ${state}`);
  expect(states().sort()).toEqual(['50 expected', '51 open']);
  expect(stage.device(rotated(1)).displayName).toBe('Annas-iPhone (…:44:51)');
  const [{ device, mac: into } = fail()] = suggested(stage);
  const open = stage.incidents('mail_started').find(({ state }) => state === 'open');
  stage.run({ type: 'resolve', incident: open?.id ?? '' });
  stage.run({ type: 'merge', device, into });
  stage.play(mail(rotated(1), MAIL_SERVER, START + DAY + 2 * HOUR));
  expect(states().sort()).toEqual(['50 expected', '51 resolved']);
  expect(stage.device(rotated(1)).displayName).toBe('Anna');
});

test('a no is remembered over a restart of the judgement, for that pair; it can be taken back', () => {
  const stage = home().play(
    lives(rotated(0), START),
    lives(rotated(1), START + DAY),
    lives(rotated(2), START + 2 * DAY),
  );
  const [one, two, three] = [0, 1, 2].map((i) => rotated(i).mac);
  const no = (distinct: boolean) => stage.run({ type: 'distinguish', device: three ?? '', from: two ?? '', distinct });
  expect(no(true)).toEqual({ ok: true, changed: true });
  expect(no(true)).toEqual({ ok: true, changed: false });
  // Nor is it suggested as what came before that; the two before are still one.
  expect(pairs(stage)).toEqual([['new-address', two, one, 0]]);
  stage.play(lives(rotated(3), START + 3 * DAY));
  expect(pairs(stage)).toEqual([
    ['new-address', two, one, 0],
    ['new-address', rotated(3).mac, three, 0],
  ]);
  expect(no(false)).toEqual({ ok: true, changed: true });
  expect(pairs(stage)).toEqual([['new-address', rotated(3).mac, three, 2]]);
});

test.each([
  ['both are there at the same time', (i: number) => rotated(i), 0],
  ['the old one was last seen weeks ago', (i: number) => rotated(i), 3 * WEEK],
  ['the name is the product’s', (i: number) => rotated(i, { ...IPHONE, name: 'iPhone' }), DAY],
  ['the name is a model’s', (i: number) => rotated(i, { ...IPHONE, name: 'Galaxy-S21-Ultra' }), DAY],
  ['the name is the module’s', (i: number) => rotated(i, { ...IPHONE, name: 'espressif' }), DAY],
  ['the name is none', (i: number) => rotated(i, { ...IPHONE, name: 'localhost' }), DAY],
  ['they are called differently', (i: number) => rotated(i, { ...IPHONE, name: `phone-of-${'abc'[i]}` }), DAY],
])('nothing is suggested where %s', (_, who, gap) => {
  const stage = home().play(lives(who(0), START), lives(who(1), START + gap + (gap === 0 ? MINUTE : 0)));
  expect(suggested(stage)).toEqual([]);
});

test('three that bear a name and are there at the same time are never one, nor is a fourth that comes later', () => {
  const plugs = [1, 2, 3].map((i) => ({ mac: `a4:cf:12:00:00:${i}0`, ip: `192.168.1.1${i}`, name: 'garden' }));
  const stage = home().play(plugs.flatMap((plug, i) => lives(plug, START + i * SECOND)));
  stage.play(lives(rotated(0, { name: 'garden' }), START + DAY));
  expect(suggested(stage)).toEqual([]);
});

const withClientId = (who: Resident, id: string, time: number) =>
  dhcpRequest(who.mac, [[61, Buffer.from(id, 'hex')]], time);

test.each([
  ['text', '00616e6e61732d70686f6e65', true],
  ['the hardware’s own address, which is another', '01a4cf1299aabb', true],
  ['an IAID of each and one DUID (RFC 4361)', 'ff{mac}0004aabbccddeeff00112233445566778899', true],
  ['each one’s own address', '01{all}', false],
  ['a number', '0001', false],
])('DHCP’s client identifier tells the same device, where it stays: %s', (_, id, isTold) => {
  const stage = home();
  for (const i of [0, 1]) {
    const { name: _name, fingerprint: _list, ...who } = rotated(i);
    const all = who.mac.replaceAll(':', '');
    const own = id.replace('{mac}', all.slice(4)).replace('{all}', all);
    stage.play(withClientId(who, own, START + i * DAY), visit(who, '203.0.113.10', START + i * DAY + MINUTE));
  }
  expect(pairs(stage)).toEqual(isTold ? [['new-address', rotated(1).mac, rotated(0).mac, 0]] : []);
  if (isTold)
    expect(suggested(stage)[0]?.reason).toMatch(/^It gave the router the same identifier, and it fell silent/);
});

/** A DHCPv6 client asks, with its DUID. */
const asks6 = (mac: string, duid: string, time: number) =>
  datagram(
    { mac, ip: 'fe80::77', port: 546 },
    { mac: '33:33:00:01:00:02', ip: 'ff02::1:2', port: 547 },
    dhcpv6({ messageType: 1, options: [[1, Buffer.from(duid, 'hex')]] }),
    time,
  );

const CABLE: Resident = { ...MACBOOK, mac: '3c:22:fb:77:00:01', ip: '192.168.1.90' };
const DUID = '00010001aabbccdd3c22fb123456';

test('a computer by cable and by Wi-Fi: one DUID', () => {
  const { name: _, ...wifi } = MACBOOK;
  const { name: _name, ...cable } = CABLE;
  const stage = home().play(lives(wifi, START, 9), lives(cable, START + HOUR, 9));
  expect(suggested(stage)).toEqual([]);
  stage.play(asks6(wifi.mac, DUID, START + 12 * HOUR), asks6(cable.mac, DUID, START + 13 * HOUR));
  expect(pairs(stage)).toEqual([['two-interfaces', cable.mac, wifi.mac, 0]]);
  expect(suggested(stage)[0]?.reason).toBe(
    'It gave the router the same identifier, and it asks for an address in the same way.',
  );
});

test.each([
  ['at different hours', 12, true],
  ['mostly at different hours', 6, true],
  ['always at the same time', 0, false],
])('one name in DHCP, used %s', (_, later, isTold) => {
  const stage = home().play(
    lives(MACBOOK, START, 9),
    lives(CABLE, START + later * HOUR + SECOND, 9),
    visit(MACBOOK, '203.0.113.10', START + 30 * HOUR),
    visit(CABLE, '203.0.113.10', START + (later === 0 ? 30 : 40) * HOUR),
  );
  expect(pairs(stage)).toEqual(isTold ? [['two-interfaces', CABLE.mac, MACBOOK.mac, 0]] : []);
});

const announces = (who: Resident, model: string, id: string, time: number) => {
  const service = `Peter._airplay._tcp.local`;
  const txt = [`model=${model}`, `deviceid=${id}`];
  return mdns(
    who,
    [
      { type: 'SRV', name: service, ttl: 120, data: { port: 7000, target: 'peters-mac.local' } },
      { type: 'A', name: 'peters-mac.local', ttl: 120, data: who.ip },
      { type: 'TXT', name: service, ttl: 120, data: txt },
    ],
    time,
  );
};

test('one host name, model and identifier in mDNS; another model is another device', () => {
  const [wifi, cable] = [MACBOOK, CABLE].map(({ ip, mac }) => ({ ip, mac }));
  if (wifi === undefined || cable === undefined) throw new Error('two interfaces');
  const both = () => home().play(lives(wifi, START, 9), lives(cable, START + HOUR, 9));
  const same = both().play(
    announces(wifi, 'Mac14,2', 'a', START + HOUR),
    announces(cable, 'Mac14,2', 'b', START + HOUR),
  );
  expect(pairs(same)).toEqual([['two-interfaces', cable.mac, wifi.mac, 0]]);
  const id = '3C:22:FB:12:34:56';
  const other = both().play(
    announces(wifi, 'Mac14,2', id, START + HOUR),
    announces(cable, 'AppleTV11,1', id, START + HOUR),
  );
  expect(suggested(other)).toEqual([]);
});

test('addresses side by side: one name, or never used in the same hour; two of a pack are two', () => {
  const [one, two] = [
    { mac: '00:80:77:31:01:07', ip: '192.168.1.30', name: 'office' },
    { mac: '00:80:77:31:01:08', ip: '192.168.1.31', name: 'office' },
  ];
  const named = home().play(lives(one, START, 9), lives(two, START + MINUTE, 9));
  expect(pairs(named)).toEqual([['two-interfaces', two.mac, one.mac, 0]]);
  const nameless = ({ ip, mac }: Resident) => ({ ip, mac });
  const pack = home().play(lives(nameless(one), START, 9), lives(nameless(two), START + MINUTE, 9));
  expect(suggested(pack)).toEqual([]);
  const alternating = home().play(
    lives(nameless(one), START, 4),
    lives(nameless(two), START + 5 * HOUR, 4),
    visit(one, '203.0.113.10', START + 10 * HOUR),
  );
  expect(pairs(alternating)).toEqual([['two-interfaces', two.mac, one.mac, 0]]);
  expect(suggested(alternating)[0]?.reason).toContain('never active in the same hour');
});

test('who was named by a person is who the other is joined to', () => {
  const stage = home().play(lives(MACBOOK, START, 9), lives(CABLE, START + 12 * HOUR, 9));
  stage.play(visit(MACBOOK, '203.0.113.10', START + 30 * HOUR));
  stage.run({ type: 'rename', device: CABLE.mac, label: 'Peter' });
  expect(suggested(stage)).toMatchObject([{ device: MACBOOK.mac, mac: CABLE.mac, name: 'Peter' }]);
});

test('neither the router, nor the sensor, nor one that speaks for others, nor made-up ones are suggested', () => {
  const extender = rotated(1);
  const stage = new Stage({ sensorMac: rotated(0).mac }).play(usual(), lives(rotated(0), START));
  stage.play(lives(extender, START + DAY));
  expect(suggested(stage)).toEqual([]);
  const other = home().play(lives(rotated(0), START), lives(extender, START + DAY));
  const device = other.spine.engine.devices.get(extender.mac);
  if (device === undefined) throw new Error('no extender');
  device.sharedMac = true;
  expect(suggested(other)).toEqual([]);
});

test('what a sleep proxy announces for others is no identifier of its own', () => {
  const stage = home().play(lives(CAMERA, START), lives(FRIDGE, START + MINUTE));
  const mine = announces({ ...CAMERA }, 'Mac14,2', '3C:22:FB:12:34:56', START + HOUR);
  stage.play(
    mine,
    mdns(
      FRIDGE,
      [
        { type: 'TXT', name: 'Peter._airplay._tcp.local', ttl: 120, data: ['deviceid=3C:22:FB:12:34:56'] },
        { type: 'A', name: 'peters-mac.local', ttl: 120, data: CAMERA.ip },
      ],
      START + 2 * HOUR,
    ),
  );
  expect(suggested(stage)).toEqual([]);
});

test('neither is that of a group of speakers, which each of them may lead', () => {
  const leads = (who: Resident, time: number) => {
    const service = 'Google-Cast-Group-1._googlecast._tcp.local';
    const host = `speaker-${who.mac.slice(-2)}.local`;
    return mdns(
      who,
      [
        { type: 'SRV', name: service, ttl: 120, data: { port: 32_000, target: host } },
        { type: 'A', name: host, ttl: 120, data: who.ip },
        { type: 'TXT', name: service, ttl: 120, data: ['id=0123456789abcdef', 'md=Google Cast Group', 'fn=Upstairs'] },
      ],
      time,
    );
  };
  const stage = home().play(lives(CAMERA, START), lives(FRIDGE, START + MINUTE));
  expect(suggested(stage.play(leads(CAMERA, START + 5 * HOUR), leads(FRIDGE, START + 6 * HOUR)))).toEqual([]);
});

test('two thousand devices that all bear one name, or share names in groups, cost less than a second of the processor', () => {
  const stage = home();
  const { devices } = stage.spine.engine;
  for (let i = 0; i < 2000; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    const device = devices.seen(mac, START + i);
    if (device === null) throw new Error('no device');
    for (const from of ['dhcp', 'mdns', 'nbns', 'llmnr', 'ssdp'] as const)
      device.hostnames.push({ name: `${from}-${i % 100}`, from, firstSeen: START, lastSeen: START });
    device.hostnames.push({ name: 'everybody', from: 'dhcpv6', firstSeen: START, lastSeen: START });
    device.identity.mdnsIds = Array.from({ length: 32 }, (_, n) => `id=group-${n}-${i % 100}`);
    devices.keep(device);
  }
  const facts = { vendorOf: () => null, noteOf: () => null, isDistinct: () => false };
  suggestSame(devices, facts);
  const before = process.cpuUsage();
  suggestSame(devices, facts);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

/** Found by chance: one telephone's addresses at the same time, and another telephone beside them. */
const THREE_AT_ONCE = [
  { who: 1, hours: 4, pause: 0 },
  { who: 1, hours: 3, pause: 1 },
  { who: 1, hours: 1, pause: 0 },
  { who: 0, hours: 1, pause: 0 },
];

test('whoever comes and goes: no device is in two suggestions, and a yes to all leaves no ring and nothing to suggest twice', () => {
  const visits = fc.array(
    fc.record({ who: fc.nat({ max: 3 }), hours: fc.integer({ min: 1, max: 5 }), pause: fc.nat({ max: 60 }) }),
    { minLength: 1, maxLength: 14 },
  );
  fc.assert(
    fc.property(visits, (story) => {
      const stage = home();
      let time = START;
      for (const [i, { hours, pause, who }] of story.entries()) {
        time += pause * HOUR;
        stage.play(lives(rotated(i, { ...IPHONE, name: `phone-of-${'abcd'[who]}` }), time, hours));
      }
      for (let round = 0; round < 20; round++) {
        const found = suggested(stage);
        const all = found.flatMap(({ device, mac, older }) => [device, mac, ...older]);
        expect(new Set(all).size).toBe(all.length);
        const [first] = found;
        if (first === undefined) break;
        const { device, mac: into, older } = first;
        expect(stage.run({ type: 'merge', device, into, older })).toEqual({ ok: true, changed: true });
      }
      expect(suggested(stage)).toEqual([]);
      const { devices } = stage.spine.engine;
      for (const device of devices.all()) {
        const names = devices.sameThing(device).flatMap(({ hostnames }) => hostnames.map(({ name }) => name));
        expect(new Set(names).size).toBeLessThanOrEqual(1);
      }
      stage.spine.close();
    }),
    { numRuns: 40, examples: [[THREE_AT_ONCE]] },
  );
}, 60_000);

function fail(): never {
  throw new Error('nothing is suggested');
}
