// From where the sensor looks, told from frames alone: each vantage, how sure it is, and what must not be taken for another.
import { describe, expect, it, test } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { type Judgement, VantageJudge } from '../../sensor/attribute/vantage.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { CAMERA, FRIDGE, GATEWAY, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { frameOf } from '../support/hex.ts';
import { mdns } from '../support/name-frames.ts';
import { type CapturedFrame, ethernet, ipv4, sll, udp } from '../support/packet-builder.ts';
import { arpReply, arpRequest, OUTER, outerSide, PROVIDER_SIDE, segment, talk } from '../support/vantage-frames.ts';

interface Place {
  sensorMac?: string | null;
  homeNet?: string[];
  recorded?: boolean;
}

function watch(frames: readonly CapturedFrame[], place: Place = {}): VantageJudge {
  const { homeNet = [], recorded = true, sensorMac = null } = place;
  const judged = new VantageJudge(new Home(homeNet), { sensorMac, recorded });
  for (const frame of frames.toSorted((a, b) => a.time - b.time)) see(judged, frame);
  return judged;
}

function see(judged: VantageJudge, { data, time }: CapturedFrame): void {
  const packet = decodeFrame(frameOf(data, { time }), new DecodeCounters());
  if (packet !== null) judged.observe(packet, time);
}

const judge = (frames: readonly CapturedFrame[], place: Place = {}): Judgement => watch(frames, place).judgement();
const word = (frames: readonly CapturedFrame[], place: Place = {}): string => judge(frames, place).vantage;
const kinds = ({ reasons }: Judgement): string[] => reasons.map(({ kind }) => kind);

const SYN = segment(START, { from: CAMERA, to: { ...GATEWAY, ip: '203.0.113.25' }, ports: [40_000, 25], flags: 'S' });
const ANSWER = segment(START + 10, {
  ...{ from: { ...GATEWAY, ip: '203.0.113.25' }, to: CAMERA },
  ...{ ports: [25, 40_000] as const, flags: 'SA' },
});
const local = (from: { mac: string; ip: string }, to: { mac: string; ip: string }, time = START): CapturedFrame => {
  const packet = ipv4(
    { source: from.ip, destination: to.ip },
    udp({ sourcePort: 53, destinationPort: 53 }, Buffer.from('x')),
  );
  return { time, data: ethernet({ source: from.mac, destination: to.mac }, packet) };
};
/** What is said to everybody, every few seconds. */
const chatter = (from: number, seconds: number, every = 5): CapturedFrame[] =>
  Array.from({ length: Math.floor(seconds / every) }, (_, i) =>
    arpRequest(FRIDGE, GATEWAY.ip, from + i * every * SECOND),
  );

test('no frame, only broadcasts, only our own', () => {
  expect(word([])).toBe('nothing');
  expect(word(chatter(START, 60))).toBe('broadcast-only');
  expect(judge([SYN, ANSWER], { sensorMac: CAMERA.mac })).toMatchObject({ vantage: 'own-traffic-only' });
  expect(judge([...talk({ count: 20 }), ...chatter(START, 60)], { sensorMac: CAMERA.mac })).toMatchObject({
    ...{ vantage: 'own-traffic-only', confidence: 'likely' },
  });
});

describe('one direction', () => {
  const answers = Array.from({ length: 30 }, (_, i) => arpReply(GATEWAY, CAMERA, START + i * SECOND));

  it.each([
    ['from the home', 'from-home'],
    ['to the home', 'to-home'],
  ] as const)('%s, whatever neighbours answer each other', (_what, direction) => {
    const frames = [...talk({ count: 30, shows: direction }), ...answers, ...chatter(START, 30)];
    const neighbours = Array.from({ length: 20 }, (_, i) => [
      local(CAMERA, FRIDGE, START + i * SECOND),
      local(FRIDGE, CAMERA, START + i * SECOND + 5),
    ]).flat();
    expect(judge([...frames, ...neighbours])).toMatchObject({
      ...{ vantage: 'lan-one-way', direction, confidence: 'sure' },
      reasons: [{ kind: `only-${direction}` }],
    });
  });

  it('is not sure of a SYN without an answer, and a router that answers in other ways outweighs it', () => {
    expect(judge([SYN])).toMatchObject({ vantage: 'lan-one-way', direction: 'from-home', confidence: 'unsure' });
    const asked = local(CAMERA, GATEWAY);
    expect(word([asked, local(GATEWAY, CAMERA), SYN])).toBe('lan-both-ways');
  });

  it('is seen beside a stray packet of the other one', () => {
    const frames = [
      ...talk({ count: 300, shows: 'from-home', step: 100 }),
      ...talk({ count: 1, time: START + SECOND }),
    ];
    expect(judge(frames)).toMatchObject({ vantage: 'lan-one-way', direction: 'from-home' });
  });

  it('is not made of requests whose answers the filter drops', () => {
    const server = { ...GATEWAY, ip: '203.0.113.80' };
    const posts = Array.from({ length: 100 }, (_, i) =>
      segment(START + i * 100, {
        ...{ from: CAMERA, to: server, ports: [40_001, 80] as const, flags: 'PA' },
        ...{ sequence: 1000 + i, acknowledgement: 1, payload: Buffer.from('POST / HTTP/1.1\r\n') },
      }),
    );
    expect(judge(posts).confidence).toBe('unsure');
  });
});

test('a cooked capture, which shows only who sends, is not taken for own traffic', () => {
  const cooked = [
    { source: CAMERA.mac, from: CAMERA.ip, to: '203.0.113.25' },
    { source: GATEWAY.mac, from: '203.0.113.25', to: CAMERA.ip },
  ].map(({ from, source, to }) =>
    sll(
      { source },
      ipv4({ source: from, destination: to }, udp({ sourcePort: 53, destinationPort: 53 }, Buffer.from('x'))),
    ),
  );
  const judged = watch([]);
  for (const data of cooked) {
    const frame = frameOf(data, { time: START, linkType: LINK_TYPES.linuxCooked });
    const packet = decodeFrame(frame, new DecodeCounters());
    if (packet !== null) judged.observe(packet, START);
  }
  expect(judged.judgement()).toMatchObject({ vantage: 'lan-both-ways', confidence: 'likely' });
});

test('a DHCP relay and its server with public addresses are no outer side', () => {
  const ends = { source: '198.51.100.1', destination: '203.0.113.9' };
  const relayed = ipv4(ends, udp({ sourcePort: 67, destinationPort: 67 }, Buffer.alloc(240)));
  const data = ethernet({ source: CAMERA.mac, destination: GATEWAY.mac }, relayed);
  expect(word(Array.from({ length: 40 }, (_, i) => ({ time: START + i, data })))).not.toBe('wan-side');
});

test('both directions', () => {
  expect(word([SYN, ANSWER])).toBe('lan-both-ways');
  expect(judge(talk({ count: 20 }))).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure' });
});

describe('the outer side of the router', () => {
  it.each([
    ['behind the provider’s own router', {}],
    ['behind the provider’s NAT', { home: '100.72.9.3' }],
    ['behind the provider’s NAT, where all devices begin alike', { home: '100.72.9.3', hops: [63] }],
    ['behind another router, where all devices begin alike', { hops: [63] }],
    ['with a few packets of the router itself', { hops: [63, 64, 127, 64] }],
    ['inside PPPoE', { home: '100.64.0.9', pppoe: 7 }],
    ['inside PPPoE with a public address', { home: '198.51.100.7', pppoe: 7, vlans: [7] }],
    ['with a public address', { home: '198.51.100.7' }],
    ['with a public address and packets of the router alone', { home: '198.51.100.7', hops: [64], windows: [65_535] }],
  ] as const)('%s', (_what, options) => {
    const judged = judge(outerSide({ count: 900, mail: 6, ...options }));
    expect(judged).toMatchObject({
      vantage: 'wan-side',
      outer: { macs: [PROVIDER_SIDE.mac, OUTER.mac], since: START },
    });
    expect(judged.confidence).not.toBe('unsure');
  });

  it('tells why', () => {
    expect(kinds(judge(outerSide({ count: 900 })))).toEqual(['passed-on', 'systems', 'nobody-else']);
    expect(kinds(judge(outerSide({ count: 90, home: '198.51.100.7' })))).toEqual(['public-on-both-ends']);
  });

  it('is unsure where public addresses are few, and of nothing but them', () => {
    expect(judge(outerSide({ count: 12, home: '198.51.100.7' }))).toMatchObject({
      ...{ vantage: 'wan-side', confidence: 'unsure' },
    });
  });

  it('is seen though router and provider look for each other, and for others of the provider’s', () => {
    const looks = Array.from({ length: 40 }, (_, i) => [
      arpRequest(OUTER, PROVIDER_SIDE.ip, START + i * SECOND),
      arpReply(PROVIDER_SIDE, OUTER, START + i * SECOND + 1),
      arpRequest({ mac: PROVIDER_SIDE.mac, ip: '198.51.100.1' }, '198.51.100.9', START + i * SECOND + 2),
    ]).flat();
    expect(word([...outerSide({ count: 900 }), ...looks])).toBe('wan-side');
  });

  it('is never called where a person said what is inside', () => {
    expect(word(outerSide({ count: 900, home: '198.51.100.7' }), { homeNet: ['192.168.0.0/16'] })).not.toBe('wan-side');
  });
});

describe('is no outer side', () => {
  const inner = { mac: '52:54:00:12:34:56', ip: '192.168.1.36' };

  it('one device alone in its home', () => {
    expect(judge(talk({ count: 300, step: 100 }))).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure' });
    expect(word(talk({ count: 300, step: 100, ttl: 128 }))).toBe('lan-both-ways');
    expect(judge(outerSide({ count: 900, hops: [64, 255, 128] })).vantage).toBe('lan-both-ways');
  });

  it('a home behind a second router, of which others on the link are heard', () => {
    const behind = outerSide({ count: 300, inner: inner.mac, home: inner.ip });
    expect(word([...behind, ...talk({ count: 20, from: FRIDGE, gateway: PROVIDER_SIDE })])).toBe('lan-both-ways');
    expect(word([...behind, ...chatter(START, 20)])).toBe('lan-both-ways');
    expect(word([...behind, mdns(FRIDGE, [], START + SECOND)])).toBe('lan-both-ways');
  });

  it('hosts behind an inner router that keep addresses of their own', () => {
    const hosts = [150, 151, 152].flatMap((host) =>
      outerSide({ count: 90, inner: inner.mac, home: `192.168.36.${host}`, time: START + host }),
    );
    expect(word(hosts)).toBe('lan-both-ways');
    const alone = [
      ...outerSide({ count: 300, inner: inner.mac, home: '192.168.36.152' }),
      arpRequest(inner, '192.168.1.1', START),
    ];
    expect(word(alone)).toBe('lan-both-ways');
  });

  it('a storage with containers that tells the home what it is', () => {
    const frames = outerSide({ count: 300, inner: CAMERA.mac, home: CAMERA.ip, hops: [64, 63, 127, 64] });
    expect(word([...frames, mdns(CAMERA, [], START + SECOND)])).toBe('lan-both-ways');
  });

  it('devices that each have a public address', () => {
    const hosts = ['02:00:5e:00:00:01', '02:00:5e:00:00:02'].flatMap((mac, i) =>
      outerSide({ count: 90, inner: mac, home: `198.51.100.${70 + i}`, hops: [64], time: START + i }),
    );
    expect(word(hosts)).toBe('lan-both-ways');
  });
});

describe('at present', () => {
  /** Sees the frames, then the rest of the time by ticks of a second. */
  function live(frames: readonly CapturedFrame[], until: number, place: Place = {}): Judgement {
    const judged = watch([], { recorded: false, ...place });
    const rest = frames.toSorted((a, b) => a.time - b.time);
    for (let now = START; now <= until; now += SECOND) {
      for (let next = rest[0]; next !== undefined && next.time <= now; next = rest[0]) {
        see(judged, next);
        rest.shift();
      }
      judged.tick(now);
      judged.present();
    }
    return judged.present();
  }

  const day = (from: number, minutes: number): CapturedFrame[] => [
    ...talk({ count: minutes * 20, time: from, step: 3 * SECOND }),
    ...chatter(from, minutes * 60),
  ];
  const PLUGGED = START + 20 * MINUTE;
  const outer = outerSide({ count: 600, step: 300, time: PLUGGED });
  const home = day(START, 20);

  it.each([
    ['the outer side', outer, 'wan-side', null],
    ['one direction', talk({ count: 60, time: PLUGGED, step: SECOND, shows: 'from-home' }), 'lan-one-way', 'from-home'],
    ['the other one', talk({ count: 60, time: PLUGGED, step: SECOND, shows: 'to-home' }), 'lan-one-way', 'to-home'],
    ['an ordinary port', chatter(PLUGGED, 120), 'broadcast-only', null],
    ['nothing at all', [], 'nothing', null],
  ] as const)('what is plugged elsewhere shows within a minute: %s', (_what, frames, vantage, direction) => {
    expect(live([...home, ...frames], PLUGGED)).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure' });
    const judged = live([...home, ...frames], PLUGGED + MINUTE);
    expect(judged).toMatchObject({ vantage, direction });
    expect(judged.confidence).not.toBe('unsure');
  });

  it('and back within a minute', () => {
    const back = PLUGGED + 3 * MINUTE;
    for (const elsewhere of [outer, chatter(PLUGGED, 180), []])
      expect(live([...home, ...elsewhere, ...day(back, 2)], back + MINUTE)).toMatchObject({ vantage: 'lan-both-ways' });
  });

  it('a quiet night is none of it', () => {
    const night = [
      ...Array.from({ length: 60 }, (_, i) => arpRequest(FRIDGE, GATEWAY.ip, PLUGGED + i * 40 * SECOND)),
      ...talk({ count: 8, time: PLUGGED + 2 * MINUTE, step: 5 * MINUTE }),
    ];
    const judged = watch(home, { recorded: false });
    for (let now = PLUGGED; now < PLUGGED + 40 * MINUTE; now += SECOND) {
      for (const frame of night.filter(({ time }) => time >= now && time < now + SECOND)) see(judged, frame);
      judged.tick(now);
      expect(judged.present().vantage, `${(now - PLUGGED) / SECOND} s into the night`).toBe('lan-both-ways');
    }
  });

  it('frames that arrive without being kept show that the mirror works', () => {
    const judged = watch(home, { recorded: false });
    for (let second = 0; second < 180; second++) {
      judged.tick(PLUGGED + second * SECOND);
      judged.link({ carrier: true, received: 100_000 + second * 3 });
      expect(judged.present().vantage).toBe('lan-both-ways');
    }
  });

  it('a port without a partner sees nothing, at once', () => {
    const judged = watch(home, { recorded: false });
    judged.link({ carrier: false, received: 100_000 });
    expect(judged.present()).toMatchObject({
      vantage: 'nothing',
      confidence: 'sure',
      reasons: [{ kind: 'no-carrier' }],
    });
    judged.link({ carrier: true, received: 100_000 });
    expect(judged.present().vantage).toBe('lan-both-ways');
  });

  it('is unsure at the start', () => {
    expect(live([], START + 30 * SECOND)).toMatchObject({ vantage: 'nothing', confidence: 'unsure' });
    expect(live([], START + 2 * MINUTE)).toMatchObject({ vantage: 'nothing', confidence: 'likely' });
    expect(live(chatter(START, 30), START + 30 * SECOND).confidence).toBe('unsure');
    expect(live(chatter(START, 120), START + 2 * MINUTE)).toMatchObject({
      ...{ vantage: 'broadcast-only', confidence: 'likely' },
    });
  });

  it('the first packet of a home tells', () => {
    expect(live([SYN, ANSWER], START + SECOND)).toMatchObject({ vantage: 'lan-both-ways', confidence: 'likely' });
  });
});

test('a clock that is set back ends no judgement', () => {
  const judged = watch(talk({ count: 20, time: START + 300 * MINUTE }), { recorded: false });
  for (const frame of talk({ count: 20, time: START })) see(judged, frame);
  expect(judged.present()).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure' });
});
