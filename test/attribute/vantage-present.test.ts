// The judgement over time: when it is made anew, over which stretch, what stands while little passes, and what a clock does to it.
import { beforeEach, describe, expect, it } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { VantageJudge, type VantageOptions } from '../../sensor/attribute/vantage.ts';
import { verdict } from '../../sensor/attribute/vantage-verdict.ts';
import {
  CAMERA,
  FRIDGE,
  GATEWAY,
  HOUR,
  MINUTE,
  SECOND,
  START,
  TELEVISION,
} from '../../sensor/self-test/frames/home.ts';
import { type CapturedFrame, ethernet, ipv4, udp } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { arpReply, arpRequest, OUTER, outerSide, PROVIDER_SIDE, segment, talk } from '../support/vantage-frames.ts';

let judge: VantageJudge;
function begin(options: Partial<VantageOptions> = {}): void {
  judge = new VantageJudge(new Home([]), { sensorMac: null, ...options });
}
beforeEach(() => begin());

function see(...frames: readonly CapturedFrame[]): void {
  for (const frame of frames.toSorted((a, b) => a.time - b.time)) judge.observe(packetOf(frame), frame.time);
}
const at = (time: number) => {
  judge.tick(START + time);
  return judge.present();
};
/** Connections, so many seconds apart, in both directions. */
const busy = (from: number, seconds: number): CapturedFrame[] =>
  talk({ count: seconds, time: START + from, step: SECOND });
const calls = (from: number, seconds: number, every = 5): CapturedFrame[] =>
  Array.from({ length: Math.ceil(seconds / every) }, (_, n) =>
    arpRequest(FRIDGE, GATEWAY.ip, START + from + n * every * SECOND),
  );

describe('in the beginning', () => {
  it('nothing is judged for a minute, and is not heard of until it was', () => {
    expect(at(0)).toEqual(verdict('nothing', 'unsure', [{ kind: 'silence' }]));
    expect(at(MINUTE - 1).confidence).toBe('unsure');
    begin();
    at(0);
    expect(at(MINUTE)).toEqual(verdict('nothing', 'likely', [{ kind: 'silence' }]));
  });

  it('broadcasts alone leave it unsure for a minute, frames between others do not', () => {
    see(...calls(0, 50));
    expect(at(59_999)).toMatchObject({ vantage: 'broadcast-only', confidence: 'unsure' });
    begin();
    see(...calls(0, 50));
    expect(at(MINUTE)).toMatchObject({ vantage: 'broadcast-only', confidence: 'likely' });
    begin();
    see(...busy(0, 10));
    expect(at(10 * SECOND)).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure', isOld: false });
  });

  it('the machine’s own frames are not between others', () => {
    begin({ sensorMac: CAMERA.mac });
    see(...talk({ count: 40, step: 2 * SECOND }));
    expect(at(80 * SECOND)).toMatchObject({
      vantage: 'own-traffic-only',
      confidence: 'likely',
      reasons: [{ kind: 'own-only' }],
    });
    begin({ sensorMac: TELEVISION.mac });
    see(...talk({ count: 40, step: 2 * SECOND }));
    expect(at(80 * SECOND).vantage).toBe('lan-both-ways');
  });

  it('of a DHCP relay’s packets only that they passed is told', () => {
    const relayed = (port: number): CapturedFrame => {
      const packet = ipv4(
        { source: '198.51.100.1', destination: CAMERA.ip },
        udp({ sourcePort: 9, destinationPort: port }, Buffer.alloc(9)),
      );
      return { time: START, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet) };
    };
    for (const [port, vantage] of [
      [67, 'local-only'],
      [68, 'local-only'],
      [69, 'only-to-home'],
    ] as const) {
      begin();
      see(relayed(port), arpReply(CAMERA, GATEWAY, START));
      expect(at(0).reasons[0]?.kind).toBe(vantage);
    }
  });
});

describe('what is missing', () => {
  it('is everything, with the seconds of silence; in a recording that says nothing', () => {
    see(...busy(0, 60));
    expect(at(59_040 + 49_999).vantage).toBe('lan-both-ways');
    begin();
    see(...busy(0, 60));
    expect(at(59_040 + 50_000)).toEqual(verdict('nothing', 'likely', [{ kind: 'silence', count: 50 }]));
    expect(at(59_040 + 61_999)).toEqual(verdict('nothing', 'likely', [{ kind: 'silence', count: 61 }]));
    begin({ recorded: true });
    see(...busy(0, 60));
    expect(at(59_040 + 61_999).vantage).toBe('lan-both-ways');
  });

  it('comes again with the first frame', () => {
    see(...busy(0, 60));
    expect(at(2 * MINUTE).vantage).toBe('nothing');
    see(...busy(2 * MINUTE + 1, 1));
    expect(judge.present()).toMatchObject({ vantage: 'lan-both-ways' });
  });

  it('is what others say to each other, with what was called out or said by the machine meanwhile', () => {
    begin({ sensorMac: TELEVISION.mac });
    see(...busy(0, 60), ...calls(MINUTE, 60));
    expect(at(2 * MINUTE)).toEqual(verdict('broadcast-only', 'likely', [{ kind: 'broadcasts-only', count: 6 }]));
    see(arpReply(TELEVISION, FRIDGE, START + 2 * MINUTE), arpReply(TELEVISION, FRIDGE, START + 2 * MINUTE));
    expect(at(2 * MINUTE)).toEqual(verdict('own-traffic-only', 'likely', [{ kind: 'own-only', count: 2 }]));
  });

  it('is the cable, at once, and only while the kernel says so', () => {
    see(...busy(0, 30));
    expect(at(30 * SECOND).vantage).toBe('lan-both-ways');
    judge.link({ carrier: false, received: null });
    expect(judge.present()).toEqual(verdict('nothing', 'sure', [{ kind: 'no-carrier' }]));
    judge.link({ carrier: true, received: null });
    expect(judge.present().vantage).toBe('lan-both-ways');
  });
});

describe('the last judgement', () => {
  it('stands while too little passes to tell, as a likely and old one', () => {
    see(...busy(0, 60));
    at(MINUTE);
    for (let minute = 1; minute <= 30; minute++) see(arpReply(CAMERA, FRIDGE, START + minute * MINUTE));
    const seen = at(30 * MINUTE);
    expect(seen).toMatchObject({
      vantage: 'lan-both-ways',
      confidence: 'likely',
      reasons: [{ kind: 'quiet' }],
      isOld: true,
    });
    see(...busy(31 * MINUTE, 20));
    expect(at(31 * MINUTE + 20 * SECOND)).toMatchObject({ confidence: 'sure', isOld: false });
  });

  it('is of the shortest stretch that leaves no doubt', () => {
    see(...busy(0, 60), ...talk({ count: 40, time: START + MINUTE, step: SECOND, shows: 'from-home' }));
    expect(at(100 * SECOND)).toMatchObject({ vantage: 'lan-one-way', direction: 'from-home' });
    begin();
    see(...busy(0, 60), ...talk({ count: 9, time: START + MINUTE, step: SECOND, shows: 'from-home' }));
    expect(at(69 * SECOND)).toMatchObject({ vantage: 'lan-both-ways' });
    begin();
    see(...busy(0, 1));
    see(...talk({ count: 2, time: START + 100 * SECOND, shows: 'from-home' }));
    expect(at(101 * SECOND)).toMatchObject({ vantage: 'lan-one-way' });
  });

  it('keeps who is on the outer side, until another is sure', () => {
    see(...outerSide({ count: 600, step: 100 }));
    expect(at(MINUTE)).toMatchObject({ vantage: 'wan-side', isOld: false });
    expect([OUTER.mac, PROVIDER_SIDE.mac, CAMERA.mac].map((mac) => judge.isOuter(mac))).toEqual([true, true, false]);
    expect(at(MINUTE + 40 * SECOND).vantage).toBe('wan-side');
    expect(judge.isOuter(OUTER.mac)).toBe(true);
    see(...busy(MINUTE + 30 * SECOND, 60));
    expect(at(2 * MINUTE + 30 * SECOND)).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure' });
    expect(judge.isOuter(OUTER.mac)).toBe(false);
  });

  it('is made anew after a second, or after an eighth more frames', () => {
    see(...busy(0, 8));
    const first = at(8 * SECOND);
    expect(at(8 * SECOND + 999)).toBe(first);
    const next = at(9 * SECOND);
    expect(next).not.toBe(first);
    see(...calls(9 * SECOND, 5, 5), ...calls(9 * SECOND, 5, 5), ...calls(9 * SECOND, 5, 5));
    expect(judge.present()).toBe(next);
    see(...calls(9 * SECOND, 5, 5));
    expect(judge.present()).not.toBe(next);
  });
});

describe('of all that passed', () => {
  const one = (shows: 'from-home' | 'to-home', from: number) =>
    talk({ count: 20, time: START + from, shows, step: SECOND });

  it('all stretches count, in a recording', () => {
    begin({ recorded: true });
    expect(judge.whole()).toEqual(verdict('nothing', 'unsure', [{ kind: 'silence' }]));
    see(...one('from-home', 0), ...one('to-home', HOUR));
    expect(
      [judge.judgement(), judge.whole(), judge.conclude()].map(({ vantage, reasons }) => [vantage, reasons[0]?.count]),
    ).toEqual([
      ['lan-both-ways', 60],
      ['lan-both-ways', 60],
      ['lan-both-ways', 60],
    ]);
    begin();
    see(...one('from-home', 0), ...one('to-home', HOUR));
    expect([judge.judgement().vantage, judge.whole().vantage]).toEqual(['lan-one-way', 'lan-both-ways']);
  });

  it('at the end of a capture shows who was on the outer side', () => {
    begin({ recorded: true });
    see(...outerSide({ count: 600, step: 100 }));
    expect(judge.isOuter(OUTER.mac)).toBe(false);
    judge.conclude();
    expect(judge.isOuter(OUTER.mac)).toBe(true);
  });

  it('handshakes with a hole are counted', () => {
    const server = { ...GATEWAY, ip: '203.0.113.25' };
    see(
      segment(START, { from: CAMERA, to: server, ports: [1, 25], flags: 'S' }),
      segment(START + 1, { from: CAMERA, to: server, ports: [1, 25], flags: 'A' }),
      segment(START + 2, { from: server, to: CAMERA, ports: [25, 2], flags: 'SA' }),
      segment(START + 3, { from: CAMERA, to: FRIDGE, ports: [3, 25], flags: 'S' }),
      segment(START + 4, { from: CAMERA, to: FRIDGE, ports: [3, 25], flags: 'A' }),
    );
    expect(judge.holes).toBe(2);
  });
});

describe('a clock', () => {
  it('that is set back by more than is looked at begins anew, and all that passed still counts', () => {
    see(...busy(HOUR, 60));
    expect(at(HOUR + MINUTE).vantage).toBe('lan-both-ways');
    expect(at(HOUR + MINUTE - 15 * MINUTE).vantage).toBe('lan-both-ways');
    see(...calls(0, 120));
    expect(at(2 * MINUTE)).toMatchObject({ vantage: 'broadcast-only', isOld: false });
    expect(judge.whole().reasons[0]?.count).toBe(180);
  });

  it('that is put right takes what was seen along, and a silence is as long as it was', () => {
    see(...busy(0, 60));
    at(MINUTE);
    judge.moveTime(HOUR);
    expect(at(HOUR + MINUTE)).toMatchObject({ vantage: 'lan-both-ways', confidence: 'sure', isOld: false });
    expect(at(HOUR + 108 * SECOND).vantage).toBe('lan-both-ways');
    expect(at(HOUR + 110 * SECOND)).toEqual(verdict('nothing', 'likely', [{ kind: 'silence', count: 50 }]));
    begin();
    at(0);
    judge.moveTime(HOUR);
    expect(at(HOUR + 58_999).confidence).toBe('unsure');
    expect(at(HOUR + MINUTE).confidence).toBe('likely');
  });

  it('that goes on for hours keeps no more than a quarter of one to judge by', () => {
    see(...talk({ count: 4, shows: 'from-home' }));
    for (let minute = 1; minute <= 15; minute++) see(arpReply(CAMERA, FRIDGE, START + minute * MINUTE));
    expect(at(15 * MINUTE + 9 * SECOND)).toMatchObject({ direction: 'from-home', reasons: [{ count: 8 }] });
    expect(at(15 * MINUTE + 10 * SECOND)).toMatchObject({ direction: 'from-home', isOld: true });
    expect(judge.whole()).toMatchObject({ direction: 'from-home', isOld: false, reasons: [{ count: 8 }] });
  });
});
