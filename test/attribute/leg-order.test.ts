// Which leg of a packet goes on, when, and in which order, on the legs themselves: times are small, so that bounds are exact.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { Legs } from '../../sensor/attribute/legs.ts';
import { NULL_ADDRESS } from '../../sensor/attribute/mac-address.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import type { Interest } from '../../sensor/decode/interest.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, TELEVISION } from '../../sensor/self-test/frames/home.ts';
import { ethernet, ipv6, udp } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { arpRequest, segment } from '../support/vantage-frames.ts';

/** A copy's window, and how long a clock that runs ahead waits besides. */
const WINDOW = 20.1;
const PIPE = 5;
const SERVER = '203.0.113.25';
/** What somebody has called the home's own address. */
const OWN = '198.51.100.9';
const UPSTREAM = '02:00:5e:00:00:01';
const GROUP = '01:00:5e:00:00:01';

let devices: DeviceTable;
let home: Home;
let legs: Legs;
/** Of what went on: time and sequence number. */
let gone: string[];
let waits: number[];
beforeEach(() => {
  devices = new DeviceTable();
  const gateways = new GatewayFinder();
  gateways.handedTo(GATEWAY.mac, SERVER);
  gateways.cameFrom(GATEWAY.mac, SERVER);
  home = new Home([]);
  home.claimPublic(OWN, GATEWAY.mac, 0);
  for (const [host, source] of [
    [CAMERA, 'arp'],
    [TELEVISION, 'on-link'],
  ] as const)
    devices.lease(devices.seen(host.mac, 0) as Device, host.ip, 0, source);
  gone = [];
  waits = [];
  legs = new Legs({
    ...{ devices, gateways, home },
    onPacket: ({ time }, packet, interest) => gone.push(`${time} ${packet.tcp?.sequence ?? '-'} ${interest}`),
    onWait: (until) => waits.push(until),
    onOwnAddress: () => {},
  });
});

interface Leg {
  from?: string;
  source?: string;
  to?: string;
  destination?: string;
  ttl?: number;
  n?: number;
  at?: number;
  vlans?: number[];
  flags?: string;
}
function leg({
  at = 0,
  from = CAMERA.mac,
  n = 1,
  source = CAMERA.ip,
  to = GATEWAY.mac,
  ttl = 64,
  ...rest
}: Leg): Packet {
  const { destination = SERVER, flags = 'S', vlans = [] } = rest;
  const ends = { from: { mac: from, ip: source }, to: { mac: to, ip: destination }, ports: [40_000, 443] as const };
  return packetOf(segment(at, { ...ends, flags, sequence: n, ttl, vlans }));
}
/** What the router handed on of the camera. */
const handedOn = (fields: Leg = {}): Packet => leg({ from: GATEWAY.mac, to: UPSTREAM, ttl: 63, ...fields });
/** What comes for the camera, on its way to the router. */
const coming = (fields: Leg = {}): Packet =>
  leg({ from: UPSTREAM, source: SERVER, to: GATEWAY.mac, destination: CAMERA.ip, ttl: 55, ...fields });

function take(packet: Packet, interest: Interest = 'tcp'): void {
  legs.take(
    { time: packet.time, linkType: LINK_TYPES.ethernet, data: Buffer.alloc(0), originalLength: 0 },
    packet,
    interest,
  );
}
/** At once, and nobody is to be woken for it. */
function goesOn(packet: Packet): boolean {
  take(packet);
  expect(waits).toEqual(gone.length === 1 ? [] : [WINDOW + PIPE]);
  return gone.length === 1;
}

describe('a packet waits for another leg', () => {
  it.each<[string, Leg, boolean]>([
    ['not where its device sent it', {}, true],
    ['not where a device that said by ARP to hold the address sent it, whatever its hop limit', { ttl: 63 }, true],
    [
      'where only frames told who holds the address, and a hop is gone',
      { from: TELEVISION.mac, source: TELEVISION.ip, ttl: 63 },
      false,
    ],
    ['not there with all hops', { from: TELEVISION.mac, source: TELEVISION.ip }, true],
    ['where the router sent it for a device', { from: GATEWAY.mac }, false],
    ['not where the router sent it with all hops for nobody known', { from: GATEWAY.mac, source: FRIDGE.ip }, true],
    [
      'where the router sent it with a hop less for nobody known',
      { from: GATEWAY.mac, source: FRIDGE.ip, ttl: 63 },
      false,
    ],
    ['not where another device sent it with all hops', { from: FRIDGE.mac }, true],
    ['where another device sent it with a hop less', { from: FRIDGE.mac, ttl: 63 }, false],
    [
      'not where it comes from the Internet',
      { from: GATEWAY.mac, source: SERVER, to: CAMERA.mac, destination: CAMERA.ip, ttl: 55 },
      true,
    ],
    [
      'where the router sent it from what may be the home’s own address',
      { from: GATEWAY.mac, source: OWN, to: CAMERA.mac, destination: CAMERA.ip },
      false,
    ],
    [
      'not where somebody else sent it from there',
      { from: FRIDGE.mac, source: OWN, to: CAMERA.mac, destination: CAMERA.ip },
      true,
    ],
    ['not where it has no source yet', { from: GATEWAY.mac, source: '0.0.0.0', ttl: 63 }, true],
    ['not where no interface sent it', { from: NULL_ADDRESS, ttl: 63 }, true],
    ['not where it bears a group as sender', { from: GROUP, ttl: 63 }, true],
    [
      'where it is for a device and not handed to it',
      { from: UPSTREAM, source: SERVER, destination: CAMERA.ip },
      false,
    ],
    [
      'not where it is for a device and everybody',
      { from: UPSTREAM, source: SERVER, to: GROUP, destination: CAMERA.ip },
      true,
    ],
    ['not where it is for nobody known', { from: UPSTREAM, source: SERVER, destination: FRIDGE.ip }, true],
  ])('%s', (_, fields, expected) => {
    expect(goesOn(leg(fields))).toBe(expected);
  });

  it.each([1, 2, 4, 32, 64, 128, 255])('not with %i hops left, which systems begin with', (ttl) => {
    expect(goesOn(leg({ from: GATEWAY.mac, source: FRIDGE.ip, ttl }))).toBe(true);
  });

  it.each([3, 5, 31, 33, 63, 65, 127, 254])('with %i hops left', (ttl) => {
    expect(goesOn(leg({ from: GATEWAY.mac, source: FRIDGE.ip, ttl }))).toBe(false);
  });

  it.each([
    [64, true],
    [63, false],
  ])('not where the router sent it for itself, unless a hop is gone: %i', (ttl, expected) => {
    devices.lease(devices.seen(GATEWAY.mac, 0) as Device, GATEWAY.ip, 0, 'arp');
    expect(goesOn(leg({ from: GATEWAY.mac, source: GATEWAY.ip, ttl }))).toBe(expected);
  });

  it('not without a source of IPv6 either', () => {
    const upper = udp({ sourcePort: 546, destinationPort: 547 }, Buffer.alloc(4));
    const packet = ipv6({ source: '::', destination: 'ff02::1:2', hopLimit: 63 }, upper);
    expect(goesOn(packetOf({ time: 0, data: ethernet({ source: GATEWAY.mac, destination: GROUP }, packet) }))).toBe(
      true,
    );
  });

  it('not without addresses to tell by', () => {
    take(packetOf(arpRequest(GATEWAY, CAMERA.ip, 0)));
    take({ ...handedOn({ n: 2 }), sourceMac: null });
    take({ ...coming({ n: 3 }), destinationMac: null });
    take({ ...handedOn({ n: 4 }), destinationMac: null });
    expect([gone, legs.waitingSince]).toEqual([['0 - tcp', '0 2 tcp', '0 3 tcp'], 0]);
  });
});

describe('what waits', () => {
  const other = (at: number, n = 9): Packet => leg({ from: FRIDGE.mac, source: FRIDGE.ip, n, at });

  it('gives way to the own leg, at the own leg’s time, behind what came between', () => {
    take(handedOn());
    expect([gone, legs.waitingSince, waits]).toEqual([[], 0, [WINDOW + PIPE]]);
    take(other(3));
    expect(gone).toEqual([]);
    take(leg({ at: 7 }));
    expect([gone, legs.waitingSince]).toEqual([['3 9 tcp', '7 1 tcp'], null]);
    expect(legs.copies).toEqual({ identical: 0, vlan: 0, routed: 1, hairpin: 0 });
    expect(waits).toEqual([WINDOW + PIPE]);
  });

  it('is known as its own leg from then on', () => {
    take(handedOn());
    take(leg({ at: 7 }));
    take(leg({ at: 8 }));
    take(leg({ at: 9, vlans: [20] }));
    take(handedOn({ at: 10 }));
    legs.flush();
    expect(gone).toEqual(['7 1 tcp']);
    expect(legs.copies).toEqual({ identical: 1, vlan: 1, routed: 2, hairpin: 0 });
  });

  it.each([
    ['up to the window', WINDOW, false],
    ['not beyond it', WINDOW + 0.1, true],
    ['up to the window of a clock that was set back', -WINDOW, false],
    ['not where the clock was set back further', -WINDOW - 0.1, true],
  ])('waits %s', (_, at, isGone) => {
    take(handedOn());
    take(other(at));
    expect(gone.length > 0).toBe(isGone);
    if (isGone) expect(gone).toEqual(['0 1 tcp', `${at} 9 tcp`]);
    take(leg({ n: 77, at }));
    legs.flush();
    expect(gone).toEqual(['0 1 tcp', `${at} 9 tcp`, `${at} 77 tcp`]);
  });

  it('goes on by the clock too, which says when it wants to be asked again', () => {
    legs.tick(0);
    expect(waits).toEqual([]);
    take(handedOn());
    take(handedOn({ n: 2, at: 4 }));
    waits = [];
    legs.tick(10);
    expect([gone, waits]).toEqual([[], [WINDOW + PIPE]]);
    legs.tick(WINDOW + PIPE);
    expect([gone, waits.at(-1)]).toEqual([[], WINDOW + PIPE]);
    legs.tick(WINDOW + PIPE + 0.1);
    expect([gone, legs.waitingSince]).toEqual([['0 1 tcp'], 4]);
    expect(waits.at(-1)).toBe(4 + WINDOW + PIPE);
    legs.tick(WINDOW + PIPE + 4.1);
    expect([gone, legs.waitingSince, waits.length]).toEqual([['0 1 tcp', '4 2 tcp'], null, 3]);
  });

  it('goes on in the order of arrival when nothing more is waited for, each once', () => {
    take(handedOn());
    take(other(1));
    take(handedOn({ n: 2, at: 2 }), 'udp');
    legs.flush();
    expect([gone, legs.waitingSince]).toEqual([['0 1 tcp', '1 9 tcp', '2 2 udp'], null]);
    legs.flush();
    take(leg({ at: 3 }));
    expect(gone).toHaveLength(3);
    expect(legs.copies.routed).toBe(1);
    take(handedOn({ n: 3, at: 4 }));
    expect([legs.waitingSince, waits]).toEqual([4, [WINDOW + PIPE, 4 + WINDOW + PIPE]]);
  });

  it('stays the first of two that are equally good, also while it waits behind another', () => {
    take(handedOn({ n: 5 }));
    take(other(1));
    take(other(2));
    take(leg({ n: 6, at: 3 }));
    take(leg({ n: 6, at: 4, ttl: 62 }));
    legs.flush();
    expect([gone, legs.copies.identical, legs.copies.routed]).toEqual([['0 5 tcp', '1 9 tcp', '3 6 tcp'], 1, 1]);
  });

  it('goes on when its time is over, though what comes then is a copy that is left out', () => {
    take(handedOn());
    take(other(15));
    take(other(WINDOW + 0.1));
    expect(gone).toEqual(['0 1 tcp', '15 9 tcp']);
  });

  it.each<[string, Packet, Packet, string]>([
    ['handed on, that with more hops left', handedOn({ ttl: 62 }), handedOn({ at: 1 }), '1 1 tcp'],
    ['handed on, not that with less', handedOn(), handedOn({ at: 1, ttl: 62 }), '0 1 tcp'],
    ['handed on with as many, the first', handedOn(), handedOn({ at: 1, from: FRIDGE.mac }), '0 1 tcp'],
    ['still on the way, that with less hops left', coming(), coming({ at: 1, ttl: 54 }), '1 1 tcp'],
    ['still on the way, not that with more', coming({ ttl: 54 }), coming({ at: 1 }), '0 1 tcp'],
    ['still on the way with as many, the first', coming(), coming({ at: 1, from: FRIDGE.mac }), '0 1 tcp'],
    [
      'that which its device was not handed, rather than one handed on',
      handedOn({ destination: TELEVISION.ip }),
      leg({ at: 1, ttl: 60, destination: TELEVISION.ip }),
      '1 1 tcp',
    ],
    [
      'not one handed on, rather than that',
      leg({ destination: TELEVISION.ip }),
      handedOn({ at: 1, destination: TELEVISION.ip }),
      '0 1 tcp',
    ],
  ])('of two legs: %s', (_, first, second, expected) => {
    take(first);
    take(second);
    expect(gone).toEqual([]);
    legs.flush();
    expect([gone, legs.copies.routed]).toEqual([[expected], 1]);
  });

  it('is not compared where it continues a hello', () => {
    take(leg({ flags: 'A' }), 'tls-continued');
    take(leg({ flags: 'A', at: 1 }), 'tls-continued');
    take(handedOn({ flags: 'A', n: 2, at: 2 }), 'tls-continued');
    take(leg({ flags: 'A', n: 2, at: 3 }), 'tls-continued');
    expect(gone).toHaveLength(2);
    legs.flush();
    expect(gone).toEqual([0, 1].map((at) => `${at} 1 tls-continued`).concat('2 2 tls-continued', '3 2 tls-continued'));
  });

  it('is 4,096 packets at most: then the first goes on as it is', () => {
    for (let n = 0; n < 4096; n++) take(handedOn({ n }));
    expect(gone).toEqual([]);
    take(handedOn({ n: 4096 }));
    expect(gone).toEqual(['0 0 tcp']);
    take(handedOn({ n: 4097 }));
    expect(gone).toEqual(['0 0 tcp', '0 1 tcp']);
    take(leg({ n: 2, at: 1 }));
    expect(gone).toHaveLength(2);
    legs.flush();
    expect(gone).toHaveLength(4098);
    expect([gone[2], gone.at(-2), gone.at(-1)]).toEqual(['0 3 tcp', '0 4097 tcp', '1 2 tcp']);
  });
});

it('those that have gone on count no longer among those that wait', () => {
  for (let n = 0; n < 2000; n++) take(handedOn({ n }));
  for (let n = 0; n < 2000; n++) take(handedOn({ n: 10_000 + n, at: 10 }));
  for (let n = 0; n < 2096; n++) take(handedOn({ n: 20_000 + n, at: 25 }));
  expect(gone).toHaveLength(2000);
  take(handedOn({ n: 30_000, at: 25 }));
  expect([gone.length, gone.at(-1)]).toEqual([2001, '10 10000 tcp']);
});

describe('a connection to the home’s own address', () => {
  const outer = leg({ destination: OWN, at: 1, ttl: 64 });
  const inner = (fields: Leg = {}) =>
    leg({ from: GATEWAY.mac, source: GATEWAY.ip, to: FRIDGE.mac, destination: FRIDGE.ip, ttl: 63, at: 2, ...fields });

  it('is counted by the leg that bears the device’s address, the other one alone as turned round', () => {
    take(outer);
    take(inner());
    take(inner({ n: 2, flags: 'A', ttl: 64, at: 3 }));
    legs.flush();
    expect([gone, legs.copies]).toEqual([['1 1 tcp'], { identical: 0, vlan: 0, routed: 0, hairpin: 2 }]);
  });

  it('is not known by a copy of a leg', () => {
    take(inner({ at: 1 }));
    take(inner({ at: 2 }));
    take(outer);
    legs.flush();
    expect(legs.copies).toEqual({ identical: 1, vlan: 0, routed: 0, hairpin: 1 });
  });
});
