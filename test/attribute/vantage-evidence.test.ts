// What is counted of packets before anything is judged: sides, senders, handshakes with a hole, neighbours on the link.
import { beforeEach, describe, expect, it } from 'vitest';
import { Handshakes, type Hole } from '../../sensor/attribute/handshakes.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { LinkNeighbours } from '../../sensor/attribute/link-neighbours.ts';
import { Evidence, type Sides } from '../../sensor/attribute/vantage-evidence.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, MINUTE, SECOND, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';
import { mdns } from '../support/name-frames.ts';
import { ndp } from '../support/neighbor-frames.ts';
import {
  type CapturedFrame,
  dhcp,
  ethernet,
  ipv4,
  ipv6,
  neighborSolicitation,
  udp,
} from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { arpReply, arpRequest, segment } from '../support/vantage-frames.ts';

const SERVER = { mac: GATEWAY.mac, ip: '203.0.113.25' };
const PORTS = [40_000, 25] as const;

interface Ends {
  from: { mac: string; ip: string };
  to: { mac: string; ip: string };
}
const leaving = (fields: object = {}): Packet =>
  packetOf(segment(START, { from: CAMERA, to: SERVER, ports: PORTS, flags: 'S', ...fields }));
const datagram = (
  { from, to }: Ends,
  ports = [50_000, 53],
  payload: Buffer = Buffer.from('x'),
  time = START,
): CapturedFrame => {
  const upper = udp({ sourcePort: ports[0] ?? 0, destinationPort: ports[1] ?? 0 }, payload);
  const network = from.ip.includes(':') ? ipv6 : ipv4;
  const packet = network({ source: from.ip, destination: to.ip }, upper);
  return { time, data: ethernet({ source: from.mac, destination: to.mac }, packet) };
};

describe('evidence', () => {
  const inside: Sides = { isForeign: true, isFromInside: true, isToInside: true, hole: null };
  const out: Sides = { ...inside, isToInside: false };
  const inward: Sides = { ...inside, isFromInside: false };
  const between: Sides = { ...inside, isFromInside: false, isToInside: false };
  let evidence: Evidence;
  beforeEach(() => {
    evidence = new Evidence();
  });
  const counted = ({ senders, ...counts }: Evidence) => ({ ...counts, senders: Object.fromEntries(senders) });
  const nothing = counted(new Evidence());
  const ipv6Ends = { from: { ...CAMERA, ip: CAMERA.ip6 }, to: { ...SERVER, ip: '2001:db8:ffff::25' } };

  it('begins with nothing', () => {
    expect(nothing).toEqual({
      ...{ frames: 0, group: 0, unicast: 0, foreign: 0, own: 0, toOutside: 0, fromOutside: 0, betweenOutside: 0 },
      ...{ answersMissed: 0, questionsMissed: 0, pppoe: 0, isAnswered: false, senders: {} },
    });
  });

  it('counts by direction, whom it goes to, and what is missing before it', () => {
    const sender = { packets: 1, leaving: 1, passedOn: [0, 0, 0], sources: [CAMERA.ip], to: GATEWAY.mac };
    const unicast = { ...nothing, frames: 1, unicast: 1, foreign: 1 };
    const of = (packet: Packet, sides: Sides) => {
      evidence = new Evidence();
      evidence.add(packet, sides);
      return counted(evidence);
    };
    expect(of(packetOf(arpRequest(CAMERA, FRIDGE.ip, START)), inside)).toEqual({ ...nothing, frames: 1, group: 1 });
    expect(of(packetOf(arpReply(CAMERA, FRIDGE, START)), inside)).toEqual(unicast);
    expect(of(packetOf(datagram({ from: CAMERA, to: FRIDGE })), inside)).toEqual(unicast);
    expect(of(packetOf(datagram({ from: CAMERA, to: FRIDGE })), { ...inside, isForeign: false })).toEqual({
      ...{ ...unicast, foreign: 0, own: 1 },
    });
    expect(of(leaving(), inward)).toEqual({ ...unicast, fromOutside: 1 });
    expect(of(leaving({ pppoe: 7 }), { ...inward, hole: 'question' })).toEqual({
      ...{ ...unicast, fromOutside: 1, questionsMissed: 1, pppoe: 1 },
    });
    expect(of(leaving({ window: 7 }), { ...out, hole: 'answer' })).toEqual({
      ...{ ...unicast, toOutside: 1, answersMissed: 1 },
      senders: { [CAMERA.mac]: { ...sender, synWindows: [7] } },
    });
    expect(of(leaving({ flags: 'A' }), between)).toEqual({
      ...{ ...unicast, betweenOutside: 1 },
      senders: { [CAMERA.mac]: { ...sender, leaving: 0, synWindows: [] } },
    });
    expect(of(packetOf(datagram(ipv6Ends)), between)).toEqual({
      ...unicast,
      senders: { [CAMERA.mac]: { ...sender, sources: [], synWindows: [] } },
    });
  });

  it('says how many packets have an end outside', () => {
    for (const [sides, times] of [
      [out, 1],
      [inward, 2],
      [between, 4],
      [inside, 8],
    ] as const)
      for (let n = 0; n < times; n++) evidence.add(leaving({ flags: 'A' }), sides);
    expect(evidence.addressed).toBe(7);
  });

  it('counts the hop limits that are one below the first', () => {
    for (const ttl of [62, 63, 64, 126, 127, 127, 128, 253, 254, 254, 254, 255]) evidence.add(leaving({ ttl }), out);
    expect(evidence.senders.get(CAMERA.mac)).toMatchObject({ packets: 12, leaving: 12, passedOn: [1, 2, 3] });
  });

  it('knows some senders, of each some addresses and windows, and to whom it sent last', () => {
    const mac = (n: number) => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
    for (let n = 0; n < 17; n++) evidence.add(leaving({ from: { mac: mac(n), ip: CAMERA.ip } }), out);
    expect([...evidence.senders.keys()]).toEqual(Array.from({ length: 16 }, (_, n) => mac(n)));
    for (let n = 0; n < 20; n++)
      evidence.add(
        leaving({ from: { mac: mac(3), ip: `10.0.0.${n >> 1}` }, to: { ...SERVER, mac: mac(n) }, window: n >> 1 }),
        out,
      );
    expect(evidence.senders.get(mac(3))).toEqual({
      ...{ packets: 21, leaving: 21, passedOn: [0, 0, 0], to: mac(19) },
      ...{ sources: [CAMERA.ip, '10.0.0.0', '10.0.0.1', '10.0.0.2'], synWindows: [64_240, 0, 1, 2, 3, 4, 5, 6] },
    });
  });

  it('has both directions of two who answer each other, whatever they say', () => {
    const say = (from: { mac: string; ip: string }, to: { mac: string; ip: string }): boolean => {
      evidence.add(packetOf(datagram({ from, to })), inside);
      return evidence.isAnswered;
    };
    expect([say(CAMERA, FRIDGE), say(CAMERA, FRIDGE), say(FRIDGE, TELEVISION)]).toEqual([false, false, false]);
    expect([say(FRIDGE, CAMERA), say(CAMERA, TELEVISION)]).toEqual([true, true]);
  });

  it('remembers who spoke to whom up to a bound', () => {
    const host = (n: number) => ({ mac: `02:00:00:00:01:${n.toString(16).padStart(2, '0')}`, ip: CAMERA.ip });
    for (let n = 0; n < 65; n++) evidence.add(packetOf(datagram({ from: host(n), to: FRIDGE })), inside);
    const isAnswered = (n: number): boolean => {
      evidence.isAnswered = false;
      evidence.add(packetOf(datagram({ from: FRIDGE, to: host(n) })), inside);
      return evidence.isAnswered;
    };
    expect([isAnswered(64), isAnswered(63), isAnswered(0)]).toEqual([false, true, true]);
  });

  it('takes in another stretch’s: sums, and the newest receiver', () => {
    const other = new Evidence();
    const all: [Packet, Sides][] = [
      [packetOf(arpRequest(CAMERA, FRIDGE.ip, START)), inside],
      [leaving({ ttl: 63, pppoe: 7 }), { ...out, hole: 'answer' }],
      [leaving({ ttl: 127, flags: 'A' }), { ...between, isForeign: false }],
      [leaving({ ttl: 254 }), { ...inward, hole: 'question' }],
      [leaving({ ttl: 254, from: { ...CAMERA, ip: '192.168.1.99' }, window: 9 }), out],
      [packetOf(datagram({ from: FRIDGE, to: CAMERA })), inside],
      [packetOf(datagram({ from: CAMERA, to: FRIDGE })), inside],
    ];
    for (const [packet, sides] of all) other.add(packet, sides);
    evidence.merge(other);
    expect(counted(evidence)).toEqual(counted(other));
    expect(evidence.isAnswered).toBe(true);
    other.add(leaving({ to: { ...SERVER, mac: FRIDGE.mac } }), out);
    evidence.merge(other);
    expect(counted(evidence)).toEqual({
      ...{ frames: 15, group: 2, unicast: 13, foreign: 11, own: 2, toOutside: 5, fromOutside: 2, betweenOutside: 2 },
      ...{ answersMissed: 2, questionsMissed: 2, pppoe: 2, isAnswered: true },
      senders: {
        [CAMERA.mac]: {
          ...{ packets: 7, leaving: 5, passedOn: [2, 2, 2], to: FRIDGE.mac },
          ...{ sources: [CAMERA.ip, '192.168.1.99'], synWindows: [64_240, 9] },
        },
      },
    });
    expect(other.senders.get(CAMERA.mac)?.packets).toBe(4);
  });
});

describe('a handshake', () => {
  let handshakes: Handshakes;
  beforeEach(() => {
    handshakes = new Handshakes();
  });
  const say = (isLeaving: boolean, flags: string, port = 40_000): Hole => {
    const [from, to] = isLeaving ? [CAMERA, SERVER] : [SERVER, CAMERA];
    const ports = isLeaving ? ([port, 25] as const) : ([25, port] as const);
    const packet = packetOf(segment(START, { from, to, ports, flags }));
    if (packet.tcp === null) throw new Error('no segment');
    return handshakes.observe(packet, packet.tcp, isLeaving);
  };

  it.each<[string, [boolean, string][], Hole]>([
    [
      'is whole',
      [
        [true, 'S'],
        [false, 'SA'],
        [true, 'A'],
      ],
      null,
    ],
    [
      'without its answer',
      [
        [true, 'S'],
        [true, 'A'],
      ],
      'answer',
    ],
    [
      'without its answer, once',
      [
        [true, 'S'],
        [true, 'A'],
        [true, 'A'],
      ],
      null,
    ],
    [
      'without its answer, but for a later segment',
      [
        [true, 'S'],
        [false, 'A'],
        [true, 'A'],
      ],
      null,
    ],
    ['without its question', [[false, 'SA']], 'question'],
    [
      'whose question was answered before',
      [
        [true, 'S'],
        [false, 'SA'],
        [false, 'SA'],
      ],
      'question',
    ],
    [
      'that is refused',
      [
        [true, 'S'],
        [false, 'RA'],
      ],
      null,
    ],
    [
      'that is given up',
      [
        [true, 'S'],
        [true, 'R'],
      ],
      null,
    ],
    ['that is refused to somebody unknown', [[false, 'RA']], null],
    [
      'that is reset with its acknowledgement',
      [
        [true, 'S'],
        [true, 'RA'],
      ],
      null,
    ],
    [
      'from outside',
      [
        [false, 'S'],
        [true, 'SA'],
        [false, 'A'],
      ],
      null,
    ],
    [
      'from outside, with the same ends',
      [
        [true, 'S'],
        [true, 'SA'],
      ],
      null,
    ],
    [
      'in its midst',
      [
        [true, 'A'],
        [false, 'A'],
      ],
      null,
    ],
    [
      'without an acknowledgement',
      [
        [true, 'S'],
        [true, 'F'],
      ],
      null,
    ],
  ])('%s', (_what, said, hole) => {
    expect(said.map(([isLeaving, flags]) => say(isLeaving, flags)).at(-1)).toBe(hole);
  });

  it('is remembered among so many others', () => {
    for (let n = 0; n < 512; n++) say(true, 'S', 10_000 + n);
    expect(say(true, 'A', 10_000)).toBe('answer');
    for (const port of [20_000, 20_001]) say(true, 'S', port);
    expect([say(true, 'A', 10_001), say(true, 'A', 10_511)]).toEqual([null, 'answer']);
  });
});

describe('neighbours', () => {
  let neighbours: LinkNeighbours;
  beforeEach(() => {
    neighbours = new LinkNeighbours(new Home([]));
  });
  const see = (...frames: readonly CapturedFrame[]): void => {
    for (const frame of frames) neighbours.observe(packetOf(frame), frame.time);
  };
  /** Whether somebody who is neither the router nor its provider's was heard since. */
  const hasOthers = (since = START): boolean => neighbours.anyBeside(GATEWAY.mac, SERVER.mac, since);
  const solicits = ndp(FRIDGE.mac, 'fe80::51', neighborSolicitation({ target: 'fe80::1' }), START);
  const public6 = { ...FRIDGE, ip: '2001:db8:5::1' };
  const request = dhcp({ operation: 'request', messageType: 1, clientMac: TELEVISION.mac });
  const client = { from: { ...GATEWAY, ip: '0.0.0.0' }, to: { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255' } };

  it.each<[string, CapturedFrame, boolean]>([
    ['asks by ARP', arpRequest(FRIDGE, CAMERA.ip, START), true],
    [
      'asks by ARP for a public address of its own',
      arpRequest({ ...FRIDGE, ip: '198.51.100.7' }, '1.2.3.4', START),
      false,
    ],
    ['asks by Neighbor Discovery', solicits, true],
    ['sends from an inside address', datagram({ from: FRIDGE, to: SERVER }), true],
    ['sends from a public one', datagram({ from: { ...FRIDGE, ip: '198.51.100.7' }, to: CAMERA }), false],
    ['sends from a public IPv6 one', datagram({ from: public6, to: { ...CAMERA, ip: 'fe80::2' } }), false],
    ['is asked for by another', datagram(client, [68, 67], request), true],
    ['is spoken of in an answer', datagram(client, [67, 68], request), false],
    ['is a forged group', arpRequest({ ...FRIDGE, mac: '01:00:5e:00:00:01' }, CAMERA.ip, START), false],
  ])('are heard: one that %s', (_what, frame, expected) => {
    see(frame);
    expect(hasOthers()).toBe(expected);
  });

  it.each([
    ['too short', request.subarray(0, 33)],
    ['without an address', Buffer.alloc(240)],
    ['from a group', dhcp({ operation: 'request', messageType: 1, clientMac: 'ff:ff:ff:ff:ff:ff' })],
  ])('are not heard by a request that is %s', (_what, payload) => {
    see(datagram(client, [68, 67], payload));
    expect(hasOthers()).toBe(false);
    see(datagram(client, [68, 67], request.subarray(0, 34)));
    expect(hasOthers()).toBe(true);
  });

  it('are heard since they last spoke, and none of the two on the outer side', () => {
    see(arpRequest(FRIDGE, CAMERA.ip, START), arpRequest(FRIDGE, CAMERA.ip, START + MINUTE));
    see(arpRequest(GATEWAY, CAMERA.ip, START + SECOND));
    expect([hasOthers(START + MINUTE), hasOthers(START + MINUTE + 1)]).toEqual([true, false]);
    expect(neighbours.anyBeside(FRIDGE.mac, GATEWAY.mac, START)).toBe(false);
    expect(neighbours.anyBeside(GATEWAY.mac, FRIDGE.mac, START)).toBe(false);
    expect(neighbours.anyBeside(FRIDGE.mac, null, START)).toBe(true);
    expect(neighbours.anyBeside(FRIDGE.mac, null, START + SECOND + 1)).toBe(false);
  });

  it('who bring packets from the Internet are the way there', () => {
    const public4 = { ...FRIDGE, ip: '198.51.100.7' };
    see(arpRequest(FRIDGE, CAMERA.ip, START), datagram({ from: public4, to: { ...CAMERA, mac: '01:00:5e:00:00:01' } }));
    see(datagram({ from: public6, to: { ...CAMERA, ip: 'fe80::2' } }));
    const packet = packetOf(datagram({ from: public4, to: CAMERA }));
    neighbours.observe({ ...packet, destinationMac: null }, START);
    expect(hasOthers()).toBe(true);
    see(datagram({ from: public4, to: CAMERA }));
    expect(hasOthers()).toBe(false);
  });

  it('tell by mDNS, LLMNR, SSDP and NetBIOS what they are', () => {
    for (const [port, expected] of [
      [137, true],
      [1900, true],
      [5353, true],
      [5355, true],
      [53, false],
    ] as const) {
      neighbours = new LinkNeighbours(new Home([]));
      see(datagram({ from: FRIDGE, to: CAMERA }, [5000, port]));
      expect([neighbours.announces(FRIDGE.mac), neighbours.announces(CAMERA.mac)]).toEqual([expected, false]);
    }
    see(mdns(TELEVISION, [], START));
    expect(neighbours.announces(TELEVISION.mac)).toBe(true);
  });

  it('say by ARP which addresses they hold, four at most', () => {
    const says = (ip: string) => see(arpRequest({ ...FRIDGE, ip }, CAMERA.ip, START));
    expect(neighbours.speaksForOthers(FRIDGE.mac, [])).toBe(false);
    says('0.0.0.0');
    expect(neighbours.speaksForOthers(FRIDGE.mac, ['192.168.1.9'])).toBe(false);
    for (const last of [1, 1, 1, 2, 3, 4, 5]) says(`192.168.1.${last}`);
    const holds = [1, 2, 3, 4, 5].map((last) => !neighbours.speaksForOthers(FRIDGE.mac, [`192.168.1.${last}`]));
    expect(holds).toEqual([true, true, true, true, false]);
    expect(neighbours.speaksForOthers(FRIDGE.mac, ['192.168.1.9', '192.168.1.4'])).toBe(false);
    expect(neighbours.speaksForOthers(FRIDGE.mac, [])).toBe(true);
  });

  it('are handed packets for the Internet, since the first of them', () => {
    const handed = (mac: string, time: number, ip = SERVER.ip) =>
      datagram({ from: CAMERA, to: { mac, ip } }, [1, 2], Buffer.from('x'), time);
    see(handed(FRIDGE.mac, START, TELEVISION.ip), handed('01:00:5e:00:00:01', START));
    expect([neighbours.hopSince(FRIDGE.mac), neighbours.hopSince('01:00:5e:00:00:01')]).toEqual([null, null]);
    see(handed(GATEWAY.mac, START + 1), handed(FRIDGE.mac, START + 2), handed(GATEWAY.mac, START + 3));
    expect([neighbours.hopSince(GATEWAY.mac), neighbours.hopSince(FRIDGE.mac)]).toEqual([START + 1, START + 2]);
    for (let n = 0; n < 15; n++) see(handed(`02:00:00:00:00:${(16 + n).toString(16)}`, START + 9));
    expect([neighbours.hopSince(GATEWAY.mac), neighbours.hopSince(FRIDGE.mac)]).toEqual([START + 1, null]);
  });

  it('are bounded and forgotten', () => {
    see(arpRequest(FRIDGE, CAMERA.ip, START + MINUTE));
    for (let n = 0; n < 63; n++)
      see(arpRequest({ ...FRIDGE, mac: `02:00:00:00:00:${n.toString(16).padStart(2, '0')}` }, CAMERA.ip, START));
    expect(hasOthers(START + 1)).toBe(true);
    see(arpRequest(TELEVISION, CAMERA.ip, START));
    expect([hasOthers(START + 1), hasOthers()]).toEqual([false, true]);
    see(datagram({ from: TELEVISION, to: SERVER }));
    neighbours.forget();
    expect([hasOthers(), neighbours.hopSince(SERVER.mac)]).toEqual([false, null]);
    see(datagram({ from: TELEVISION, to: SERVER }));
    expect([hasOthers(), neighbours.hopSince(SERVER.mac)]).toEqual([true, START]);
  });
});
