// One packet, delivered more than once: whatever comes twice, in whichever order, the report is that of the packet itself.
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Frame } from '../../sensor/capture/frame.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { Random } from '../bench/random.ts';
import { day } from '../detection/innocent-homes-links.ts';
import { checkout } from '../lab/namespaces.ts';
import { answered, asks, mail, ONE_MESSAGE, visit } from '../support/name-frames.ts';
import { arp, type CapturedFrame, ethernet, ipv4, tcp, tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, FRIDGE, GATEWAY, MAIL_SERVER, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';

/** The next router behind the home's own. */
const UPSTREAM = Buffer.from('02005e000001', 'hex');
const CAPTURES = ['demo', 'inside-mail', 'ipv6-mail', 'lease-reuse', 'retransmitted-syn', 'three-mailers'];

type Change = (frame: CapturedFrame) => CapturedFrame | null;
type Order = 'behind' | 'before' | 'instead';

const macAt = (data: Buffer, offset: number) => data.toString('hex', offset, offset + 6);
const again: Change = ({ data, time }) => ({ data, time });
const tagged: Change = ({ data, time }) => ({
  data: Buffer.concat([data.subarray(0, 12), Buffer.from('81000014', 'hex'), data.subarray(12)]),
  time,
});

/** The other leg of a packet that `router` handed on, or is going to: one hop more or less, and the MACs of that wire. */
function routed(router: string): Change {
  return ({ data, time }) => {
    const isV4 = data.readUInt16BE(12) === 0x0800;
    if (!isV4 && data.readUInt16BE(12) !== 0x86dd) return null;
    const isSent = macAt(data, 0) === router;
    if ((!isSent && macAt(data, 6) !== router) || !goesOn(data, isV4)) return null;
    const copy = Buffer.from(data);
    const hopsAt = isV4 ? 22 : 21;
    copy[hopsAt] = (copy[hopsAt] ?? 0) + (isSent ? -1 : 1);
    const own = Buffer.from(router, 'hex');
    (isSent ? UPSTREAM : own).copy(copy, 0);
    (isSent ? own : UPSTREAM).copy(copy, 6);
    return { data: copy, time };
  };
}

/** To or from the Internet, not the router itself. */
function goesOn(data: Buffer, isV4: boolean): boolean {
  const isPrivate = (offset: number) => data[offset] === 192 || (data[offset] ?? 0) >= 224;
  if (isV4) return isPrivate(26) !== isPrivate(30);
  return (data[22] ?? 0) < 0xfe && (data[38] ?? 0) < 0xfe;
}

interface Outcome {
  devices: unknown;
  incidents: unknown;
  copies: Record<string, number>;
  packets: number;
}

function outcome(frames: readonly CapturedFrame[], options: { recorded?: boolean } = { recorded: true }): Outcome {
  const stage = new Stage(options).play(frames);
  const { devices, incidents } = stage.finish();
  const { duplicatesByKind, packets } = stage.spine.engine.stats;
  stage.spine.close();
  return { devices, incidents, copies: duplicatesByKind, packets };
}

/** Each frame with a copy of it, up to 20 ms apart: copies of several interleave. */
function withCopies(frames: readonly CapturedFrame[], change: Change, random: Random, order: Order): CapturedFrame[] {
  return frames.flatMap((frame) => {
    const copy = change(frame);
    const apart = random.below(20_001) / 1000;
    if (copy === null) return [frame];
    // Of two that are equally good the first counts, at its time.
    if (order === 'instead') return [copy, { ...frame, time: frame.time + apart }];
    return [frame, { ...copy, time: frame.time + (order === 'behind' ? apart : -apart) }];
  });
}

async function recorded(name: string): Promise<CapturedFrame[]> {
  const frames: Frame[] = [];
  await replay({
    files: [join(checkout, `test/captures/${name}.pcap`)],
    onFrame: (frame) => frames.push(frame),
    onWarning: () => {},
    signal: new AbortController().signal,
  });
  return frames.filter(({ linkType }) => linkType === LINK_TYPES.ethernet);
}

/** The router of the captures recorded in the lab. */
const LAB_ROUTER = '000db9445566';

const gateway = GATEWAY.mac.replaceAll(':', '');
const home = () => [
  ...day(START),
  ...mail(CAMERA, MAIL_SERVER, START + 7 * MINUTE, { outcome: 'connected', dialogue: ONE_MESSAGE }),
  ...mail(FRIDGE, MAIL_SERVER, START + 8 * MINUTE),
];

const CHANGES: [string, (router: string) => Change, Order][] = [
  ['a copy behind each', () => again, 'behind'],
  ['a copy with a VLAN tag behind each', () => tagged, 'behind'],
  ['a copy with a VLAN tag before each', () => tagged, 'instead'],
  ['the routed leg behind each', routed, 'behind'],
  ['the routed leg before each', routed, 'before'],
];

describe.each(CHANGES)('%s', (_, change, order) => {
  test.each([1, 2, 3])('a day of a home and two that mail, seed %i', (seed) => {
    const frames = home();
    const plain = outcome(frames);
    const copied = outcome(withCopies(frames, change(gateway), new Random(seed), order));
    expect(copied.devices).toEqual(plain.devices);
    expect(copied.incidents).toEqual(plain.incidents);
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(sum(plain.copies)).toBe(0);
    expect(sum(copied.copies)).toBe(copied.packets - plain.packets);
  });

  test.each(CAPTURES)('the recorded %s', async (name) => {
    const frames = await recorded(name);
    const plain = outcome(frames);
    const copied = outcome(withCopies(frames, change(LAB_ROUTER), new Random(9), order));
    expect(copied.devices).toEqual(plain.devices);
    expect(copied.incidents).toEqual(plain.incidents);
  });
});

const SYN = { sourcePort: 50_000, destinationPort: 25, sequence: 1_000_000, flags: 'S' } as const;
const fromTo = (source: string, destination: string, time: number, ttl: number): CapturedFrame => ({
  data: ethernet({ source, destination }, ipv4({ source: CAMERA.ip, destination: MAIL_SERVER, ttl }, tcp(SYN))),
  time,
});
const own = (time: number) => fromTo(CAMERA.mac, GATEWAY.mac, time, 64);
const handedOn = (time: number) => fromTo(GATEWAY.mac, '02:00:5e:00:00:01', time, 63);

describe('the routed leg of a SYN to port 25', () => {
  test.each([
    ['is the first frame of all', []],
    ['comes in a home that is known', day(START - MINUTE)],
  ])('%s', (_, before) => {
    const stage = new Stage().play(before, handedOn(START), own(START + 12));
    expect(stage.incident('mail_started')).toMatchObject({ device: CAMERA.mac, startedAt: '2026-01-05T10:00:00.012Z' });
    expect(stage.finish().devices.find(({ mac }) => mac === GATEWAY.mac)?.mail.attempts ?? 0).toBe(0);
    expect(stage.spine.engine.stats.duplicatesByKind).toEqual({ identical: 0, vlan: 0, routed: 1, hairpin: 0 });
  });

  test('which alone is seen waits for the other no longer than the window, in the order of arrival', () => {
    const stage = new Stage().play(handedOn(START), mail(FRIDGE, MAIL_SERVER, START + 5));
    expect(stage.incidents()).toEqual([]);
    stage.wait(START + 26);
    expect(stage.alerts.map(({ device }) => device)).toEqual([GATEWAY.mac, FRIDGE.mac]);
    expect(stage.incidents().map(({ startedAt }) => startedAt)).toEqual([
      '2026-01-05T10:00:00.005Z',
      '2026-01-05T10:00:00.000Z',
    ]);
    const later = new Stage().play(handedOn(START), own(START + 30));
    expect(later.finish().incidents.map(({ device }) => device)).toEqual([GATEWAY.mac]);
  });

  test('a clock that is set while it waits ends the wait', () => {
    const stage = new Stage().play(handedOn(START));
    stage.send(visit(FRIDGE, '203.0.113.9', START - 90 * MINUTE)[0] as CapturedFrame);
    expect(stage.incidents()).toHaveLength(1);
  });
});

test('live, something wakes the sensor when nothing else comes', async () => {
  const stage = new Stage();
  const now = Date.now();
  stage.spine.followClock();
  stage.send(handedOn(now));
  expect(stage.alerts).toHaveLength(0);
  await expect.poll(() => stage.alerts.length).toBe(1);
  stage.spine.close();
});

test('live, a wait counts from the stamp of its frame: what it took to come here is a part of it', () => {
  vi.useFakeTimers({ now: START });
  try {
    const stage = new Stage({ now: () => Date.now() });
    stage.spine.followClock();
    vi.advanceTimersByTime(18);
    stage.send(handedOn(START));
    // A copy may come for 20 ms, and 5 ms late.
    vi.advanceTimersByTime(7);
    expect(stage.alerts).toHaveLength(0);
    vi.advanceTimersByTime(2);
    expect(stage.alerts).toHaveLength(1);
    stage.spine.close();
  } finally {
    vi.useRealTimers();
  }
});

/** The camera asks for a server of its own home by the home's public address. */
function hairpin(source: string, order: 1 | -1): CapturedFrame[] {
  const [home, server] = ['198.51.100.9', FRIDGE];
  const fields = {
    time: START,
    step: 4,
    outcome: 'connected',
    dialogue: ['C: GET / HTTP/1.0', 'S: HTTP/1.0 200 OK'],
  } as const;
  const outer = tcpConversation({ ...fields, client: { ...CAMERA, port: 50_001 }, server: outside(home, 8080) });
  const inner = tcpConversation({
    ...fields,
    client: at(GATEWAY, source, 61_000),
    server: { ...server, port: 80 },
  });
  const isSent = ({ data }: CapturedFrame) => macAt(data, 0) === gateway;
  const pairs = outer.map((leg, i) => [leg, inner[i] as CapturedFrame] as const);
  return pairs.flatMap(([leg, other]) => {
    // Of what the camera sends the outer leg is the first, of what it gets the inner one: the router takes one hop.
    const second = isSent(leg) ? other : leg;
    second.data[22] = 63;
    return [leg, { ...other, time: leg.time + order }];
  });
}

describe('a connection to the home by its own public address is one', () => {
  test.each([
    ['behind', 1, GATEWAY.ip],
    ['before', -1, GATEWAY.ip],
    ['behind, with the public address as source', 1, '198.51.100.9'],
  ] as const)('its inner leg %s', (_, order, source) => {
    const known = [...visit(CAMERA, '203.0.113.80', START - MINUTE), ...visit(FRIDGE, '203.0.113.81', START - MINUTE)];
    const stage = new Stage().play(known, hairpin(source, order));
    const { devices, incidents } = stage.finish();
    expect(incidents).toEqual([]);
    expect(devices.map(({ connections, mac }) => [mac, connections])).toEqual([
      [FRIDGE.mac, 1],
      [GATEWAY.mac, 0],
      [CAMERA.mac, 2],
    ]);
    expect(stage.device(CAMERA).backends.find(({ name }) => name === '198.51.100.9')?.bytesDown).toBe(17);
    expect(stage.spine.engine.stats.duplicatesByKind).toMatchObject({ identical: 0, hairpin: 6 });
  });
});

test('copies of ARP, DHCP, mDNS and names are counted, by kind', () => {
  const asked = { operation: 'request', senderMac: CAMERA.mac, senderIp: CAMERA.ip, targetIp: GATEWAY.ip } as const;
  const question = {
    time: START,
    data: ethernet({ source: CAMERA.mac, destination: 'ff:ff:ff:ff:ff:ff' }, arp(asked)),
  };
  const frames = [question, ...day(START + SECOND).slice(0, 3), asks(CAMERA, 'a.example', 'A', START + 2 * SECOND)];
  const kinds = (change: Change) => outcome(withCopies(frames, change, new Random(1), 'behind')).copies;
  expect(kinds(again)).toEqual({ identical: 5, vlan: 0, routed: 0, hairpin: 0 });
  expect(kinds(tagged)).toEqual({ identical: 0, vlan: 5, routed: 0, hairpin: 0 });
});

test('a fast retransmission is no copy: its identification differs, or its timestamps', () => {
  const segment = (identification: number, stamp: number): Buffer => {
    const options = Buffer.concat([Buffer.from([1, 1, 8, 10]), Buffer.alloc(8, stamp)]);
    const upper = tcp({ ...SYN, flags: 'PA', acknowledgement: 1, options }, Buffer.from('EHLO x\r\n'));
    const packet = ipv4({ source: CAMERA.ip, destination: MAIL_SERVER, identification }, upper);
    return ethernet({ source: CAMERA.mac, destination: GATEWAY.mac }, packet);
  };
  const twice = (a: Buffer, b: Buffer) =>
    outcome([
      { time: START, data: a },
      { time: START + 9, data: b },
    ]).copies.identical;
  expect(twice(segment(7, 1), segment(8, 1))).toBe(0);
  expect(twice(segment(0, 1), segment(0, 2))).toBe(0);
  expect(twice(segment(7, 1), segment(7, 1))).toBe(1);
});

test('packets that are made to look alike cost no more and hide nothing else', () => {
  const flood = Array.from({ length: 6000 }, (_, i) => handedOn(START + i / 1000)).map(({ data, time }, i) => {
    const copy = Buffer.from(data);
    copy.writeUInt16BE(i, 34);
    return { data: copy, time };
  });
  const before = performance.now();
  const { incidents, packets } = outcome([...flood, own(START + 25)]);
  expect(packets).toBe(6001);
  expect(performance.now() - before).toBeLessThan(30_000);
  // So many packets that only a router can have passed on are the router's outer side.
  expect(incidents).toMatchObject([{ kind: 'sensor_blind', device: null }, { device: CAMERA.mac }]);
});

test('an answer by way of the router names what it tells for the device that it is for', () => {
  const reply = answered(CAMERA, 'api.vendor.example', ['203.0.113.80'], START + 20);
  const first = { data: Buffer.from(reply.data), time: START + 14 };
  UPSTREAM.copy(first.data, 6);
  first.data.set(Buffer.from(gateway, 'hex'), 0);
  const stage = new Stage().play(asks(CAMERA, 'api.vendor.example', 'A', START), reply, first);
  stage.play(visit(CAMERA, '203.0.113.80', START + SECOND)).finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ name: 'vendor.example', otherDevice: false }]);
});

const copiesOfSyn = (gap: number): number => {
  const stage = new Stage();
  const ends = { client: at(CAMERA, CAMERA.ip, 40_001), server: outside(MAIL_SERVER, 25) };
  for (const time of [START, START + gap]) stage.play(tcpConversation({ ...ends, time, outcome: 'unanswered' }));
  return stage.spine.engine.stats.duplicatesByKind.identical;
};

test.each([0, 1, 19, 20])('the same packet after %i ms is a copy of the first', (gap) => {
  expect(copiesOfSyn(gap)).toBe(1);
});

test.each([21, 30, 1000])('the same packet after %i ms is none: somebody sent it again', (gap) => {
  expect(copiesOfSyn(gap)).toBe(0);
});
