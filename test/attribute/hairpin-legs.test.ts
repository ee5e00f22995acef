// What the router turns round to the home's own address, SYN by SYN: which second leg is one, and when an address is the home's.
import { beforeEach, describe, expect, it } from 'vitest';
import { HairpinFinder } from '../../sensor/attribute/hairpin.ts';
import { Home } from '../../sensor/attribute/home.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, MINUTE, START } from '../../sensor/self-test/frames/home.ts';
import { packetOf } from '../support/packet-of.ts';
import { segment } from '../support/vantage-frames.ts';

const OWN = '203.0.113.200';
const GROUP = '01:00:5e:00:00:01';

interface Leg {
  from?: { mac: string; ip: string };
  to?: { mac: string; ip: string };
  flags?: string;
  sequence?: number;
  ttl?: number;
  window?: number;
  port?: number;
  own?: number;
}
function leg({
  flags = 'S',
  from = CAMERA,
  own = 40_000,
  port = 443,
  sequence = 77,
  to = CAMERA,
  ttl = 64,
  window = 500,
}: Leg): Packet {
  return packetOf(segment(START, { from, to, ports: [own, port], flags, sequence, ttl, window }));
}
const outer = (fields: Leg = {}): Packet => leg({ to: { mac: GATEWAY.mac, ip: OWN }, ...fields });
const inner = (fields: Leg = {}): Packet =>
  leg({ from: { mac: GATEWAY.mac, ip: GATEWAY.ip }, to: FRIDGE, ttl: 63, own: 50_000, ...fields });

let finder: HairpinFinder;
let told: string[];
beforeEach(() => {
  told = [];
  finder = new HairpinFinder({
    home: new Home([]),
    onOwnAddress: (ip, by, time) => told.push(`${ip} ${by} ${time - START}`),
  });
});
/** Sees both, and tells whether the second leg is known as one. */
function turns(first: Packet, second: Packet, gap = 1): boolean {
  finder.observe(first, START);
  finder.observe(second, START + gap);
  return finder.isInner(second, START + gap);
}

describe('a second leg', () => {
  it.each<[string, Packet, Packet, number, boolean]>([
    ['is what the router made of the first', outer(), inner(), 1, true],
    ['comes within fifty milliseconds', outer(), inner(), 50, true],
    ['comes no later', outer(), inner(), 51, false],
    ['may be seen first', inner(), outer(), 1, false],
    ['has its sequence number', outer(), inner({ sequence: 78 }), 1, false],
    ['has its window', outer(), inner({ window: 501 }), 1, false],
    ['has one hop less', outer(), inner({ ttl: 64 }), 1, false],
    ['is not the same packet with a hop more', outer({ ttl: 63 }), outer(), 1, false],
    ['has not two hops less', outer(), inner({ ttl: 62 }), 1, false],
    ['is of a SYN', outer({ flags: 'SA' }), inner({ flags: 'SA' }), 1, false],
    ['is sent by who took the first', outer(), inner({ from: { ...GATEWAY, mac: FRIDGE.mac } }), 1, false],
    [
      'is of what goes to one',
      outer({ to: { mac: GROUP, ip: OWN } }),
      inner({ from: { mac: GROUP, ip: GATEWAY.ip } }),
      1,
      false,
    ],
    ['goes to one', outer(), inner({ to: { ...FRIDGE, mac: GROUP } }), 1, false],
    ['stays inside', outer(), inner({ to: { ...FRIDGE, ip: '203.0.113.9' } }), 1, false],
    ['is of what leaves', outer({ to: { mac: GATEWAY.mac, ip: FRIDGE.ip } }), inner(), 1, false],
    ['is of what comes from inside', outer({ from: { ...CAMERA, ip: '203.0.113.9' } }), inner(), 1, false],
  ])('%s', (_what, first, second, gap, expected) => {
    expect(turns(first, second, gap)).toBe(expected);
  });

  it('that was seen first is known after the first leg', () => {
    turns(inner(), outer());
    expect(finder.isInner(inner(), START + 1)).toBe(true);
    expect(finder.isInner(outer(), START + 1)).toBe(false);
  });

  it('is known in both directions, until a quarter of an hour has passed without a packet', () => {
    turns(outer(), inner());
    const back = leg({ from: FRIDGE, to: GATEWAY, own: 443, port: 50_000, flags: 'SA' });
    expect(finder.isInner(back, START + 1 + 15 * MINUTE)).toBe(true);
    expect(finder.isInner(inner({ flags: 'A' }), START + 5)).toBe(true);
    expect(finder.isInner(back, START + 1 + 30 * MINUTE)).toBe(true);
    expect(finder.isInner(back, START + 2 + 45 * MINUTE)).toBe(false);
    expect(finder.isInner(back, START)).toBe(false);
    expect(finder.isInner(inner({ own: 50_001 }), START)).toBe(false);
  });

  it('is compared with the latest of its number', () => {
    finder.observe(outer(), START);
    finder.observe(outer(), START + 100);
    finder.observe(inner(), START + 140);
    expect(finder.isInner(inner(), START + 140)).toBe(true);
  });

  it.each([
    [511, true],
    [512, false],
  ])('is looked for among 512 SYNs: after %i others %s', (others, expected) => {
    finder.observe(outer(), START);
    for (let n = 0; n < others; n++) finder.observe(outer({ sequence: 1000 + n, own: 20_000 + n }), START);
    finder.observe(inner(), START);
    expect(finder.isInner(inner(), START)).toBe(expected);
  });

  it('is one of 256 that are known', () => {
    for (let n = 0; n <= 256; n++) {
      finder.observe(outer({ sequence: n, own: 20_000 + n }), START);
      finder.observe(inner({ sequence: n, own: 30_000 + n }), START);
    }
    expect([0, 1, 256].map((n) => finder.isInner(inner({ own: 30_000 + n }), START))).toEqual([false, true, true]);
  });
});

describe('an address', () => {
  const turn = (ip = OWN, time = 0, fields: Leg = {}, second: Leg = {}): void => {
    finder.observe(outer({ to: { mac: GATEWAY.mac, ip }, sequence: time, ...fields }), START + time);
    finder.observe(inner({ sequence: time, ...second }), START + time);
  };

  it('is the home’s own once it was turned round twice', () => {
    turn(OWN, 1);
    expect(told).toEqual([]);
    turn(OWN, 2);
    turn(OWN, 3);
    expect(told).toEqual([`${OWN} ${GATEWAY.mac} 2`, `${OWN} ${GATEWAY.mac} 3`]);
  });

  it('is so whatever else the router changes on the way', () => {
    for (const time of [1, 2]) turn(OWN, time, {}, { window: 9, ttl: 60 });
    expect(told).toHaveLength(1);
  });

  it.each<[string, Leg, Leg]>([
    ['to a port of mail', { port: 25 }, {}],
    ['where the second leg comes from outside', {}, { from: { mac: GATEWAY.mac, ip: '203.0.113.9' } }],
  ])('is not %s', (_what, first, second) => {
    for (const time of [1, 2, 3]) turn(OWN, time, first, second);
    expect(told).toEqual([]);
  });

  it('is forgotten after a day', () => {
    turn(OWN, 0);
    turn(OWN, DAY);
    expect(told).toHaveLength(1);
    turn(OWN, 2 * DAY + 1);
    expect(told).toHaveLength(1);
  });

  it('is one of two: a router that turns round more of them redirects', () => {
    const [one, two, three] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    turn(one, 1);
    turn(two, 2);
    turn(one, 3);
    turn(two, 4);
    expect(told.map((text) => text.split(' ')[0])).toEqual([one, two]);
    turn(three, 5);
    turn(one, 6);
    turn(three, 7);
    expect(told).toHaveLength(2);
    turn(one, 3 * DAY);
    turn(one, 3 * DAY + 1);
    expect(told).toHaveLength(3);
  });
});
