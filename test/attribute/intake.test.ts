// Frames as they come in: what of them goes on, what is counted, and what a cut, a remote mirror or a clock put right makes of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { Intake } from '../../sensor/attribute/intake.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, START } from '../../sensor/self-test/frames/home.ts';
import { answered, mail, ONE_MESSAGE } from '../support/name-frames.ts';
import { type CapturedFrame, SENSOR, wrap } from '../support/packet-builder.ts';
import { segment } from '../support/vantage-frames.ts';

let counters: DecodeCounters;
let intake: Intake;
/** Of what went on: milliseconds since the start, and what it is. */
let gone: string[];
let cuts: number;
let waits: number[];
beforeEach(() => {
  counters = new DecodeCounters();
  gone = [];
  cuts = 0;
  waits = [];
  const gateways = new GatewayFinder();
  gateways.handedTo(GATEWAY.mac, MAIL_SERVER);
  gateways.cameFrom(GATEWAY.mac, MAIL_SERVER);
  intake = new Intake({
    ...{ counters, devices: new DeviceTable(), gateways, home: new Home([]) },
    onPacket: (frame, packet, interest) => gone.push(`${frame.time - START} ${packet.sourceMac} ${interest}`),
    onWait: (until) => waits.push(until),
    onOwnAddress: () => {},
    onCut: () => {
      cuts += 1;
    },
  });
});
const give = ({ data, originalLength = data.length, time }: CapturedFrame): void =>
  intake.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength });
const cut = (frame: CapturedFrame, octets: number): CapturedFrame => {
  return { ...frame, data: frame.data.subarray(0, frame.data.length - octets), originalLength: frame.data.length };
};

interface Said {
  at?: number;
  flags?: string;
  port?: number;
  payload?: Buffer;
  from?: { mac: string; ip: string };
  n?: number;
  ttl?: number;
  vlans?: number[];
}
function said({ at = 0, flags = 'S', from = CAMERA, n = 1, payload = Buffer.alloc(0), port = 25, ...rest }: Said = {}) {
  const ends = { from, to: { mac: GATEWAY.mac, ip: MAIL_SERVER }, ports: [40_000, port] as const };
  return segment(START + at, { ...ends, flags, sequence: n, payload, ...rest });
}
const NOTHING = {
  ...{ packets: 0, firstPacket: null, lastPacket: null, duplicates: 0 },
  duplicatesByKind: { identical: 0, vlan: 0, routed: 0, hairpin: 0 },
};

describe('a frame', () => {
  it('of use goes on and is counted, from the first that came to the latest by time', () => {
    expect(intake.stats).toEqual(NOTHING);
    give(said({ at: 50 }));
    give(said({ at: 90, n: 2 }));
    give(said({ at: 70, n: 3 }));
    give(answered(FRIDGE, 'a.example', ['203.0.113.9'], START + 80));
    expect(gone).toEqual([
      `50 ${CAMERA.mac} tcp`,
      `90 ${CAMERA.mac} tcp`,
      `70 ${CAMERA.mac} tcp`,
      `80 ${GATEWAY.mac} udp`,
    ]);
    expect(intake.stats).toEqual({ ...NOTHING, packets: 4, firstPacket: START + 50, lastPacket: START + 90 });
  });

  it('of no use is left out, be it whole, cut or broken', () => {
    const bulk = said({ flags: 'A', port: 9999, payload: Buffer.alloc(40) });
    give(bulk);
    give(cut(bulk, 10));
    expect([gone, intake.stats, counters.toJSON()]).toEqual([[], NOTHING, {}]);
    give({ time: START, data: Buffer.alloc(3), originalLength: 60 });
    expect([gone, intake.stats, counters.total('truncated')]).toEqual([[], NOTHING, 1]);
  });

  it('that is cut is told of each time, and counted as one that is', () => {
    const line = said({ flags: 'PA', payload: Buffer.from('EHLO hall-cam\r\n') });
    give(line);
    give({ ...line, originalLength: line.data.length - 1, time: START + 100 });
    expect([cuts, counters.toJSON()]).toEqual([0, {}]);
    give(cut(said({ n: 2, flags: 'PA', payload: Buffer.alloc(40) }), 1));
    expect([gone.length, cuts, counters.total('truncated')]).toEqual([3, 1, 1]);
    // A header that is cut is counted by who reads it, and not once more.
    give(cut(said({ n: 3 }), 8));
    expect([gone.length, cuts, counters.total('truncated')]).toEqual([3, 2, 2]);
    give(cut(said({ n: 4, flags: 'PA', payload: Buffer.alloc(40) }), 1));
    expect([gone.length, cuts, counters.total('truncated')]).toEqual([4, 3, 3]);
  });

  it('whose cut shows in nothing that was read is counted as cut all the same', () => {
    const padded = said({ n: 2 });
    give({ ...padded, originalLength: padded.data.length + 6 });
    expect([gone.length, cuts, counters.toJSON()]).toEqual([1, 1, { 'link.truncated': 1 }]);
  });
});

describe('of a packet that comes more than once', () => {
  it('one goes on, and the others are counted by kind and in all', () => {
    give(said());
    give(said({ at: 1 }));
    give(said({ at: 2, vlans: [7] }));
    give(said({ at: 3, vlans: [8] }));
    give(said({ at: 4, from: { mac: GATEWAY.mac, ip: CAMERA.ip }, ttl: 63 }));
    expect(gone).toEqual([`0 ${CAMERA.mac} tcp`]);
    const duplicatesByKind = { identical: 1, vlan: 2, routed: 1, hairpin: 0 };
    const counted = { packets: 5, firstPacket: START, lastPacket: START + 4, duplicates: 4, duplicatesByKind };
    expect(intake.stats).toEqual(counted);
    // What was told does not change with what is counted later.
    const told = intake.stats;
    give(said({ at: 5 }));
    expect([told.duplicatesByKind.identical, intake.stats.duplicatesByKind.identical]).toEqual([1, 2]);
  });

  it('a second leg that waits holds packet time back, and goes on when it waited long enough', () => {
    expect(intake.tick(START + 9)).toBe(START + 9);
    give(said({ from: { mac: GATEWAY.mac, ip: CAMERA.ip }, ttl: 63 }));
    expect([intake.tick(START + 9), intake.tick(START - 9), gone]).toEqual([START, START - 9, []]);
    expect(waits.length).toBeGreaterThan(1);
    expect(intake.tick(START + 40)).toBe(START + 40);
    expect(gone).toEqual([`0 ${GATEWAY.mac} tcp`]);
  });

  it('what waits goes on when nothing more is waited for', () => {
    give(said({ from: { mac: GATEWAY.mac, ip: CAMERA.ip }, ttl: 63 }));
    intake.flush();
    expect(gone).toHaveLength(1);
  });
});

describe('a frame of a remote mirror', () => {
  const whole = said({ flags: 'PA', payload: Buffer.alloc(1200) });

  it('is the frame inside, and its carrier is none', () => {
    for (const frame of wrap(whole, 'tzsp')) give(frame);
    expect(gone).toEqual([`0 ${CAMERA.mac} tcp`]);
    expect(intake.stats).toEqual({ ...NOTHING, packets: 1, firstPacket: START, lastPacket: START });
  });

  it('waits for its fragments, or comes out cut when nothing more is waited for', () => {
    const [first, second] = wrap(whole, 'tzsp', { mtu: 900 }) as [CapturedFrame, CapturedFrame];
    give(first);
    expect(gone).toEqual([]);
    give(second);
    expect([gone.length, cuts]).toEqual([1, 0]);
    give({ ...first, time: START + HOUR });
    intake.flush();
    expect([gone.length, cuts, intake.stats.packets]).toEqual([2, 1, 2]);
    expect(intake.stats.lastPacket).toBe(START + HOUR);
  });

  it('within another is not opened twice', () => {
    for (const frame of wrap(whole, 'tzsp').flatMap((one) => wrap(one, 'tzsp'))) give(frame);
    expect(gone).toEqual([]);
  });

  it('is the sensor’s own affair: the carrier that is cut is told of, and not counted as a packet', () => {
    const [carrier] = wrap(whole, 'tzsp', { destination: SENSOR.ip }) as [CapturedFrame];
    give(cut(carrier, 100));
    expect([gone.length, intake.stats.packets]).toEqual([1, 1]);
    // Both the carrier and what it carries.
    expect(cuts).toBe(2);
  });
});

describe('a clock that is put right', () => {
  const move = (since: number, until: number, by: number): void => intake.moveTime({ since, until, by });

  it('moves the last packet, and the first one where it was stamped wrong', () => {
    move(START, START + HOUR, DAY);
    expect(intake.stats).toEqual(NOTHING);
    give(said());
    give(said({ at: HOUR, n: 2 }));
    move(START + 1, START + HOUR, DAY);
    expect(intake.stats).toMatchObject({ firstPacket: START, lastPacket: START + HOUR + DAY });
    move(START, START + 2 * DAY, -HOUR);
    expect(intake.stats).toMatchObject({ firstPacket: START - HOUR, lastPacket: START + DAY });
  });
});

it('a whole conversation is as many packets as it has frames', () => {
  const frames = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE });
  for (const frame of frames) give(frame);
  expect([gone.length, intake.stats.packets, intake.stats.duplicates]).toEqual([frames.length, frames.length, 0]);
});
