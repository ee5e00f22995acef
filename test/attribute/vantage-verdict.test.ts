// What is concluded from counts: the word, the direction, how sure, and why, on both sides of every limit.
import { describe, expect, it } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { LinkNeighbours } from '../../sensor/attribute/link-neighbours.ts';
import { Evidence, type Sender } from '../../sensor/attribute/vantage-evidence.ts';
import { CONFIDENCES, type Judgement, judge, VANTAGES, verdict } from '../../sensor/attribute/vantage-verdict.ts';
import { FRIDGE, SECOND, START } from '../../sensor/self-test/frames/home.ts';
import { mdns } from '../support/name-frames.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { arpRequest, talk } from '../support/vantage-frames.ts';

/** The two stations on the outer side; sorted, the provider's comes first. */
const ROUTER = { mac: '02:aa:00:00:00:02', ip: '192.168.1.2' };
const PROVIDER = { mac: '02:aa:00:00:00:01', ip: '192.168.1.1' };
const MACS = [PROVIDER.mac, ROUTER.mac];

type Counts = Partial<Omit<Evidence, 'senders'>> & { senders?: Record<string, Partial<Sender>> };

/** Enough unicast between others, so that only what is told decides. */
function evidenceOf({ senders = {}, ...counts }: Counts): Evidence {
  const evidence = Object.assign(new Evidence(), { frames: 100, unicast: 100, foreign: 100, ...counts });
  for (const [mac, sender] of Object.entries(senders)) {
    const nothing = { packets: 0, leaving: 0, passedOn: [0, 0, 0] as [number, number, number], sources: [] };
    evidence.senders.set(mac, { ...nothing, synWindows: [], to: null, ...sender });
  }
  return evidence;
}

function neighboursWho(...frames: readonly CapturedFrame[]): LinkNeighbours {
  const neighbours = new LinkNeighbours(new Home([]));
  for (const frame of frames) neighbours.observe(packetOf(frame), frame.time);
  return neighbours;
}

const judged = (counts: Counts, neighbours = neighboursWho()): Judgement =>
  judge(evidenceOf(counts), neighbours, false);

it('says no other words than the report and the page know', () => {
  const words = ['lan-both-ways', 'lan-one-way', 'wan-side', 'own-traffic-only', 'broadcast-only', 'nothing'];
  expect([VANTAGES, CONFIDENCES]).toEqual([words, ['sure', 'likely', 'unsure']]);
  expect(verdict('nothing', 'sure', [])).toEqual({
    ...{ vantage: 'nothing', direction: null, confidence: 'sure', reasons: [], isOld: false, outer: null },
  });
});

describe('without traffic between others', () => {
  it.each([
    [{ frames: 0 }, verdict('nothing', 'unsure', [{ kind: 'silence' }])],
    [{ unicast: 0, group: 4 }, verdict('broadcast-only', 'unsure', [{ kind: 'broadcasts-only', count: 4 }])],
    [{ unicast: 0, group: 5 }, verdict('broadcast-only', 'likely', [{ kind: 'broadcasts-only', count: 5 }])],
    [{ foreign: 0, unicast: 2, group: 2 }, verdict('own-traffic-only', 'unsure', [{ kind: 'own-only', count: 2 }])],
    [{ foreign: 0, unicast: 2, group: 3 }, verdict('own-traffic-only', 'likely', [{ kind: 'own-only', count: 2 }])],
  ] as const)('%o', (counts, expected) => {
    expect(judged(counts)).toEqual(expected);
    expect(judge(evidenceOf(counts), neighboursWho(), true)).toEqual(expected);
  });
});

describe('inside the home', () => {
  const both = (confidence: 'sure' | 'likely', count: number) =>
    verdict('lan-both-ways', confidence, [{ kind: 'both-directions', count }]);
  const oneWay = (direction: 'from-home' | 'to-home', confidence: Judgement['confidence'], count: number) => ({
    ...verdict('lan-one-way', confidence, [{ kind: `only-${direction}`, count }]),
    direction,
  });
  const localOnly = (vantage: 'lan-both-ways' | 'lan-one-way') => verdict(vantage, 'unsure', [{ kind: 'local-only' }]);

  it.each<[string, Counts, Judgement]>([
    ['few packets one way', { toOutside: 9, fromOutside: 4 }, both('likely', 13)],
    ['enough each way', { toOutside: 5, fromOutside: 9 }, both('sure', 14)],
    ['neighbours alone, who answer', { isAnswered: true }, localOnly('lan-both-ways')],
    ['neighbours alone, who do not', {}, localOnly('lan-one-way')],
    ['public hosts who answer', { betweenOutside: 5, isAnswered: true }, both('likely', 5)],
    ['fewer of those', { betweenOutside: 4, isAnswered: true }, localOnly('lan-both-ways')],
    ['public hosts who do not answer', { betweenOutside: 50 }, localOnly('lan-one-way')],
    ['one packet', { toOutside: 1 }, oneWay('from-home', 'unsure', 1)],
    ['one and its answer', { toOutside: 1, fromOutside: 1 }, both('likely', 2)],
    ['one way and nothing missed', { toOutside: 7 }, oneWay('from-home', 'unsure', 7)],
    ['the other way and nothing missed', { fromOutside: 7 }, oneWay('to-home', 'unsure', 7)],
    ['the same, while neighbours answer', { toOutside: 7, isAnswered: true }, localOnly('lan-both-ways')],
    ['an answer missed', { toOutside: 7, answersMissed: 1, isAnswered: true }, oneWay('from-home', 'likely', 7)],
    ['few answers missed', { toOutside: 7, answersMissed: 4 }, oneWay('from-home', 'likely', 7)],
    ['answers missed', { toOutside: 7, answersMissed: 5 }, oneWay('from-home', 'sure', 7)],
    ['questions missed', { fromOutside: 7, questionsMissed: 5 }, oneWay('to-home', 'sure', 7)],
    ['what that direction cannot miss', { toOutside: 7, questionsMissed: 5 }, oneWay('from-home', 'unsure', 7)],
    ['nor the other', { fromOutside: 7, answersMissed: 5 }, oneWay('to-home', 'unsure', 7)],
    ['strays beside many', { toOutside: 200, fromOutside: 2, answersMissed: 9 }, oneWay('from-home', 'sure', 200)],
    ['strays the other way', { toOutside: 2, fromOutside: 200, questionsMissed: 9 }, oneWay('to-home', 'sure', 200)],
    ['more than strays', { toOutside: 200, fromOutside: 3, answersMissed: 9 }, both('likely', 203)],
    ['one beside not so many', { toOutside: 199, fromOutside: 1, answersMissed: 9 }, both('likely', 200)],
    [
      'one way beside public hosts',
      { toOutside: 300, betweenOutside: 9, isAnswered: true, answersMissed: 9 },
      oneWay('from-home', 'sure', 300),
    ],
  ])('%s', (_what, counts, expected) => {
    expect(judge(evidenceOf(counts), neighboursWho(), true)).toEqual(expected);
  });
});

describe('public addresses on both ends', () => {
  const ends = { [ROUTER.mac]: { packets: 50, to: PROVIDER.mac }, [PROVIDER.mac]: { packets: 50, to: ROUTER.mac } };

  it.each([
    [{ betweenOutside: 90, toOutside: 10 }, 'wan-side', 'sure', 90],
    [{ betweenOutside: 89, toOutside: 11, fromOutside: 11 }, 'lan-both-ways', 'sure', 22],
    [{ betweenOutside: 20 }, 'wan-side', 'sure', 20],
    [{ betweenOutside: 19 }, 'wan-side', 'unsure', 19],
    [{ betweenOutside: 1 }, 'wan-side', 'unsure', 1],
  ] as const)('%o are %s, %s', (counts, vantage, confidence, count) => {
    expect(judged({ ...counts, senders: ends })).toMatchObject({ vantage, confidence, reasons: [{ count }] });
  });

  it('are told whole: since the first of the two was handed packets, inside a session or not', () => {
    const handed = [PROVIDER, ROUTER].flatMap((gateway, n) => talk({ count: 1, gateway, time: START + n * SECOND }));
    const kind = 'public-on-both-ends';
    const expected = { ...verdict('wan-side', 'sure', [{ kind, count: 30 }]), outer: { macs: MACS, since: START } };
    expect(judged({ betweenOutside: 30, senders: ends }, neighboursWho(...handed))).toEqual(expected);
    expect(judged({ betweenOutside: 30, senders: ends }, neighboursWho(...handed.slice(3))).outer?.since).toBe(
      START + SECOND,
    );
    expect(judged({ betweenOutside: 30, pppoe: 1, senders: ends })).toEqual({
      ...verdict('wan-side', 'sure', [
        { kind, count: 30 },
        { kind: 'pppoe', count: 1 },
      ]),
      outer: { macs: MACS, since: 0 },
    });
    expect(judged({ betweenOutside: 30, senders: { [ROUTER.mac]: { packets: 30 } } }).outer).toEqual({
      ...{ macs: [ROUTER.mac], since: 0 },
    });
  });

  it('are none where nobody spoke with the Internet', () => {
    expect(judged({ senders: ends }).vantage).toBe('lan-one-way');
  });

  const host = (ip: string, packets = 3) => ({ packets, sources: [ip], to: PROVIDER.mac });
  const [one, other] = ['02:00:5e:00:00:01', '02:00:5e:00:00:02'];
  it.each<[string, Record<string, Partial<Sender>>, string]>([
    ['two with one address each', { [one]: host('198.51.100.7'), [other]: host('198.51.100.8') }, 'lan-one-way'],
    ['one who said little', { [one]: host('198.51.100.7'), [other]: host('198.51.100.8', 2) }, 'wan-side'],
    [
      'one with many',
      { [one]: host('198.51.100.7'), [other]: { ...host('198.51.100.8'), sources: ['198.51.100.8', '8.8.8.8'] } },
      'wan-side',
    ],
    [
      'two who speak to each other',
      { [one]: { ...host('198.51.100.7'), to: other }, [other]: { ...host('198.51.100.8'), to: one } },
      'wan-side',
    ],
  ])('are hosts without NAT where there are more: %s', (_what, senders, vantage) => {
    expect(judged({ betweenOutside: 30, senders }).vantage).toBe(vantage);
  });
});

describe('one who hands on', () => {
  /** Packets through the router, of which `passedOn` bear signs of a hop behind it. */
  const router = (passedOn: [number, number, number], packets: number, more: Partial<Sender> = {}): Counts => ({
    ...{ toOutside: packets, fromOutside: packets },
    senders: { [ROUTER.mac]: { packets, leaving: packets, passedOn, sources: [ROUTER.ip], to: PROVIDER.mac, ...more } },
  });
  const windows = [1024, 8192, 64_240];
  const carriers = { sources: ['100.64.0.1', '100.127.255.254'] };
  const isOuter = { vantage: 'wan-side' } as const;
  const isHome = { vantage: 'lan-both-ways', confidence: 'sure', outer: null } as const;
  const isPerhaps = { vantage: 'lan-both-ways', confidence: 'unsure', outer: null } as const;

  it('is told whole', () => {
    const outer = { macs: MACS, since: 0 };
    const nobody = { kind: 'nobody-else' } as const;
    const passed = (count: number) => ({ kind: 'passed-on', count }) as const;
    const systems = (count: number) => ({ kind: 'systems', count }) as const;
    expect(judged(router([30, 0, 0], 30))).toEqual({ ...verdict('wan-side', 'likely', [passed(30), nobody]), outer });
    expect(judged(router([3, 4, 5], 48))).toEqual({
      ...verdict('wan-side', 'likely', [passed(12), systems(3), nobody]),
      outer,
    });
    expect(judged(router([9, 0, 3], 48))).toEqual({
      ...verdict('wan-side', 'likely', [passed(12), systems(2), nobody]),
      outer,
    });
    expect(judged(router([1, 0, 0], 20, { sources: ['100.64.0.1'] }))).toEqual({
      ...verdict('wan-side', 'likely', [passed(1), { kind: 'carrier-address' }, nobody]),
      outer,
    });
    expect(judged(router([0, 0, 0], 20, carriers))).toEqual({
      ...verdict('wan-side', 'likely', [{ kind: 'carrier-address' }, nobody]),
      outer,
    });
    expect(judged({ ...router([3, 0, 0], 50), pppoe: 100 })).toEqual({
      ...verdict('wan-side', 'sure', [passed(3), { kind: 'pppoe', count: 100 }, nobody]),
      outer,
    });
    expect(judged(router([30, 0, 0], 30, { to: null }))).toMatchObject({ outer: { macs: [ROUTER.mac], since: 0 } });
  });

  it.each<[string, Counts, Partial<Judgement>]>([
    ['one system, often enough', router([32, 0, 0], 40), { ...isOuter, confidence: 'likely' }],
    ['one system, not always', router([31, 0, 0], 40), isPerhaps],
    ['one system, not often enough', router([0, 29, 0], 29), isPerhaps],
    ['two systems', router([9, 0, 3], 48), { ...isOuter, confidence: 'likely' }],
    ['two systems, too few', router([8, 3, 0], 44), isPerhaps],
    ['two systems, beside too much else', router([9, 3, 0], 49), isHome],
    ['two systems, one of them by chance', router([10, 2, 0], 40), isPerhaps],
    ['two systems, many', router([25, 25, 0], 100), { ...isOuter, confidence: 'sure' }],
    ['two systems, not so many', router([25, 24, 0], 100), { ...isOuter, confidence: 'likely' }],
    ['one system, very often', router([60, 0, 0], 60), { ...isOuter, confidence: 'likely' }],
    [
      'many systems by their windows',
      router([30, 0, 0], 30, { synWindows: windows }),
      { ...isOuter, confidence: 'sure' },
    ],
    [
      'two systems by their windows',
      router([30, 0, 0], 30, { synWindows: [1, 2] }),
      { ...isOuter, confidence: 'likely' },
    ],
    ['systems by windows alone', router([0, 0, 0], 30, { synWindows: windows }), isHome],
  ])('shows systems behind it: %s', (_what, counts, expected) => {
    expect(judged(counts)).toMatchObject(expected);
  });

  it.each<[string, Counts, Partial<Judgement>]>([
    ['beside many systems', router([12, 0, 0], 20, { ...carriers, synWindows: windows }), { confidence: 'sure' }],
    ['beside fewer signs', router([11, 0, 0], 20, { ...carriers, synWindows: windows }), { confidence: 'likely' }],
    ['too few packets', router([0, 0, 0], 19, carriers), isHome],
    ['just below the range', router([0, 0, 0], 20, { sources: ['100.63.255.255'] }), isHome],
    ['just above it', router([0, 0, 0], 20, { sources: ['100.128.0.0'] }), isHome],
    ['of another first octet', router([0, 0, 0], 20, { sources: ['99.64.0.1'] }), isHome],
    ['beside one of the home', router([0, 0, 0], 20, { sources: ['100.64.0.1', '10.0.0.1'] }), isHome],
    ['none at all', router([0, 0, 0], 20, { sources: [] }), isHome],
  ])('has an address of a provider’s NAT: %s', (_what, counts, expected) => {
    expect(judged(counts)).toMatchObject(expected);
  });

  it.each<[string, Counts, Partial<Judgement>]>([
    ['most of it', { ...router([3, 0, 0], 50), pppoe: 90 }, { ...isOuter, confidence: 'sure' }],
    ['not enough of it', { ...router([3, 0, 0], 50), pppoe: 89 }, isHome],
    ['too few hops behind', { ...router([2, 0, 0], 50), pppoe: 100 }, isHome],
    ['a few packets', { ...router([3, 0, 0], 10), pppoe: 20 }, { ...isOuter, confidence: 'sure' }],
    ['fewer packets', { ...router([3, 0, 0], 10), pppoe: 19 }, isPerhaps],
    ['a provider’s address alone', { ...router([0, 0, 0], 50, carriers), pppoe: 100 }, { confidence: 'sure' }],
  ])('is inside a session: %s', (_what, counts, expected) => {
    expect(judged(counts)).toMatchObject(expected);
  });

  it('sends from one address or two', () => {
    const sources = ['192.168.36.1', '192.168.36.2', '192.168.36.3'];
    expect(judged(router([40, 0, 0], 40, { sources: sources.slice(1) }))).toMatchObject(isOuter);
    expect(judged(router([40, 0, 0], 40, { sources }))).toMatchObject(isHome);
  });

  it('is alone in that, but for the provider’s own', () => {
    const beside = (mac: string, leaving: number): Counts => {
      const counts = router([40, 0, 0], 40);
      return { ...counts, senders: { ...counts.senders, [mac]: { packets: leaving, leaving } } };
    };
    expect(judged(beside(FRIDGE.mac, 1))).toMatchObject(isOuter);
    expect(judged(beside(FRIDGE.mac, 2))).toMatchObject(isHome);
    expect(judged(beside(PROVIDER.mac, 9))).toMatchObject(isOuter);
  });

  it('is who bears most signs, then who sends most, of those whose packets leave', () => {
    const [first] = Object.values(router([40, 0, 0], 40).senders ?? {});
    const carrier = { packets: 40, leaving: 40, ...carriers, to: PROVIDER.mac };
    const counts = { toOutside: 40, fromOutside: 40 };
    const others = [
      { packets: 9, leaving: 0, passedOn: [9, 90, 9] as [number, number, number] },
      { packets: 9, leaving: 1 },
    ];
    for (const other of others) {
      for (const handsOn of [first ?? {}, carrier]) {
        const entries: [string, Partial<Sender>][] = [
          [ROUTER.mac, handsOn],
          [PROVIDER.mac, other],
        ];
        for (const order of [entries, entries.toReversed()]) {
          const judgement = judged({ ...counts, senders: Object.fromEntries(order) });
          expect(judgement).toMatchObject({ ...isOuter, outer: { macs: MACS } });
        }
      }
    }
    for (const [few, many] of [
      [
        [30, 0, 0],
        [0, 0, 60],
      ],
      [
        [0, 30, 0],
        [60, 0, 0],
      ],
      [
        [0, 0, 30],
        [0, 60, 0],
      ],
    ] as [number, number, number][][]) {
      const senders = {
        [ROUTER.mac]: { ...first, passedOn: few ?? [0, 0, 0] },
        [PROVIDER.mac]: { packets: 60, leaving: 1, passedOn: many ?? [0, 0, 0], to: ROUTER.mac },
      };
      expect(judged({ ...counts, senders }).reasons[0]).toEqual({ kind: 'passed-on', count: 60 });
    }
    expect(judged({ ...counts, senders: { [ROUTER.mac]: { ...first, leaving: 0 } } })).toMatchObject(isHome);
  });

  it('is no outer side where it or others speak as members of a home, since it hands on', () => {
    const handed = talk({ count: 1, from: ROUTER, gateway: PROVIDER, time: START });
    const asks = (who: { mac: string; ip: string }, time: number) => arpRequest(who, '192.168.1.77', time);
    const seen = (...frames: CapturedFrame[]) => judged(router([40, 0, 0], 40), neighboursWho(...frames));
    expect(seen(...handed)).toMatchObject({ ...isOuter, outer: { macs: MACS, since: START } });
    expect(seen(...handed, asks(ROUTER, START), asks(PROVIDER, START))).toMatchObject(isOuter);
    expect(seen(...handed, asks({ ...ROUTER, ip: '192.168.1.3' }, START))).toMatchObject(isHome);
    expect(seen(asks(FRIDGE, START - 1), ...handed)).toMatchObject(isOuter);
    expect(seen(...handed, asks(FRIDGE, START))).toMatchObject(isHome);
  });

  it('tells the home what it is only where all it sends is passed on', () => {
    const told = neighboursWho(mdns(ROUTER, [], START));
    expect(judged(router([40, 0, 0], 50), told)).toMatchObject(isOuter);
    expect(judged(router([25, 15, 0], 51), told)).toMatchObject(isHome);
    expect(judged(router([25, 15, 0], 51))).toMatchObject(isOuter);
  });
});
