// Frames lost before the sensor reads them, told from the traffic alone: right within half a point or not told; nothing where
// nothing is lost, whatever the mirror shows or the filter cuts away.

import { describe, expect, test } from 'vitest';
import { LossTally } from '../../sensor/attribute/loss-tally.ts';
import { StreamGaps } from '../../sensor/attribute/stream-gaps.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { interestOf } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { Engine } from '../../sensor/engine.ts';
import { textReport } from '../../sensor/main/text-report.ts';
import { Random } from '../bench/random.ts';
import { type Flow, Traffic } from '../bench/traffic.ts';
import { mail } from '../support/name-frames.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { sightFrom } from '../support/sight.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, START, Stage } from '../support/stage.ts';

const ROUTER = '000db9445566';
const isFromRouter = ({ data }: CapturedFrame) => data.toString('hex', 6, 12) === ROUTER;
const isToRouter = ({ data }: CapturedFrame) => data.toString('hex', 0, 6) === ROUTER;

type Kind = 'web' | 'mail' | 'mixed';

const FLOWS: Record<Kind, (traffic: Traffic, random: Random) => Flow> = {
  web: (traffic, random) => traffic.https({ down: 3, up: random.below(2) * 3 }),
  mail: (traffic) => traffic.mail(),
  mixed: (traffic, random) => {
    const pick = random.below(20);
    if (pick < 9) return traffic.https({ down: 4, up: random.below(3) });
    if (pick < 12) return traffic.http();
    if (pick < 13) return traffic.mail();
    return pick < 17 ? traffic.lookup() : traffic.announce();
  },
};

/** Four flows at a time, 2 ms between frames; the first of a home are over before anything is judged. */
function traffic(kind: Kind, count: number, seed: number): CapturedFrame[] {
  const random = new Random(seed);
  const home = new Traffic(random);
  const flowing: Flow[] = [];
  const frames: CapturedFrame[] = [];
  let [made, frame] = [0, 0];
  while (made < count || flowing.length > 0) {
    while (flowing.length < 4 && made < count) {
      made++;
      flowing.push(FLOWS[kind](home, random));
    }
    const index = random.below(flowing.length);
    const { done, value } = (flowing[index] as Flow).next();
    if (done) flowing.splice(index, 1);
    else {
      frame++;
      if (isKept(value)) frames.push({ time: START + frame * 2, data: Buffer.from(value) });
    }
  }
  return frames;
}

/** What the capture filter lets through: it looks at each frame alone, so that it is all the same when some are lost. */
function isKept(data: Buffer): boolean {
  const frame = { time: 0, linkType: LINK_TYPES.ethernet, data, originalLength: data.length };
  const packet = decodeFrame(frame, new DecodeCounters());
  return packet !== null && interestOf(packet) !== null;
}

const { knowledge } = new Stage().spine;

function lossOf(frames: Iterable<CapturedFrame>) {
  const settings = { learningDays: 7, overdueDays: 30, recorded: true };
  const engine = new Engine({
    homeNet: [],
    sensorMac: null,
    onFinding: () => true,
    knowledge,
    settings,
    detectors: [],
  });
  for (const { data, originalLength = data.length, time } of frames)
    engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength });
  engine.finish();
  return engine.loss.overall;
}

const SIZES: Record<Kind, number> = { web: 1000, mail: 120, mixed: 1600 };

describe.each(['web', 'mail', 'mixed'] as const)('%s traffic', (kind) => {
  test('nothing lost is no loss', () => {
    expect(lossOf(traffic(kind, SIZES[kind], 1))).toMatchObject({ percent: 0, missed: 0, isCertain: false });
  });

  test.each([0.5, 2, 10])('%s percent lost at random, over five seeds', (percent) => {
    const frames = traffic(kind, SIZES[kind], 2);
    const sum = { samples: 0, missed: 0 };
    for (let seed = 1; seed <= 5; seed++) {
      const random = new Random(seed * 1000 + percent * 10);
      const lost = lossOf(frames.filter(() => random.below(100_000) >= percent * 1000));
      if (lost.percent !== null) expect(Math.abs(lost.percent - percent)).toBeLessThanOrEqual(0.5);
      expect(lost.isCertain).toBe(percent > 1);
      sum.samples += lost.samples;
      sum.missed += lost.missed;
    }
    // Together they show that it leans to no side.
    const share = (sum.missed / sum.samples) * 100;
    const deviation = Math.sqrt((percent * (100 - percent)) / sum.samples);
    expect(Math.abs(share - percent)).toBeLessThan(3 * deviation + 0.04 * percent);
  });
});

describe('what is no loss', () => {
  const frames = traffic('mixed', 800, 3);
  const plain = lossOf(frames);

  test.each([
    ['a mirror that shows what devices send alone', frames.filter((frame) => !isFromRouter(frame))],
    ['a mirror that shows what devices get alone', frames.filter((frame) => !isToRouter(frame))],
  ])('%s', (_, half) => {
    expect(lossOf(half)).toMatchObject({ missed: 0, isCertain: false });
  });

  test('a mirror that shows some devices one way only', () => {
    const isOdd = (data: Buffer) => ((data[5] ?? 0) & 1) === 1;
    const seen = frames.filter((frame) => !(isFromRouter(frame) && isOdd(frame.data)));
    expect(lossOf(seen)).toMatchObject({ missed: 0, isCertain: false });
    expect(lossOf(seen).samples).toBeGreaterThan(plain.samples / 3);
  });

  test.each([0.1, 0.37, 0.5, 0.81])('a capture that begins in the middle, at %d', (share) => {
    expect(lossOf(frames.slice(Math.floor(frames.length * share)))).toMatchObject({ missed: 0 });
  });

  test('two captures of which the second begins in the middle', () => {
    const [first, second] = [frames.slice(0, frames.length / 2 - 500), frames.slice(frames.length / 2)];
    expect(lossOf([...first, ...second.map(({ data, time }) => ({ data, time: time + HOUR }))])).toMatchObject({
      missed: 0,
    });
  });

  test('answers a moment before what they answer', () => {
    const early = frames.map((frame) => ({ ...frame, time: frame.time - (isFromRouter(frame) ? 12 : 0) }));
    expect(lossOf(early.sort((a, b) => a.time - b.time))).toMatchObject({ missed: 0 });
  });

  test('packets that were lost behind the mirror and sent again', () => {
    const random = new Random(5);
    const again = frames.flatMap((frame) =>
      random.below(10) === 0 ? [frame, { ...frame, time: frame.time + 300 }] : [frame],
    );
    expect(lossOf(again.sort((a, b) => a.time - b.time))).toMatchObject({ missed: 0 });
  });

  test('frames that are cut behind their headers', () => {
    const cut = frames.map(({ data, time }) => ({ time, data: data.subarray(0, 66), originalLength: data.length }));
    expect(lossOf(cut)).toMatchObject({ missed: 0 });
  });

  test('each frame twice', () => {
    expect(lossOf(frames.flatMap((frame) => [frame, frame]))).toEqual(plain);
  });
});

describe('what is told', () => {
  test('the last quarters of an hour, as many as it takes; loss that is certain is not thinned by better times', () => {
    const tally = new LossTally();
    const quarter = (n: number) => START + n * 15 * MINUTE;
    for (let n = 0; n < 8; n++) tally.add(quarter(n), 300, 0);
    expect(tally.recent(quarter(7))).toMatchObject({ percent: 0, samples: 1200 });
    tally.add(quarter(8), 300, 30);
    expect(tally.recent(quarter(8))).toMatchObject({ percent: null, samples: 300, isCertain: true });
    for (let n = 9; n < 20; n++) tally.add(quarter(n), 300, 0);
    expect(tally.recent(quarter(19))).toMatchObject({ percent: 0, isCertain: false });
    expect(tally.recent(quarter(19) + 25 * HOUR)).toMatchObject({ percent: null, samples: 0 });
  });

  test('half of it missing is a mirror that shows half', () => {
    const tally = new LossTally();
    tally.add(START, 400, 260);
    expect(tally.overall()).toMatchObject({ percent: null, isCertain: false });
  });

  test('an incident that is raised while frames are lost says so', () => {
    const random = new Random(7);
    const frames = traffic('web', 400, 7);
    const stage = new Stage({ recorded: true });
    for (const frame of frames) if (random.below(20) > 0) stage.send(frame);
    stage.play(mail(CAMERA, MAIL_SERVER, START + frames.length * 2 + MINUTE));
    stage.finish();
    const { evidence, summary } = stage.incident('mail_started');
    expect(evidence.lossPercent).toBeGreaterThanOrEqual(3);
    expect(summary).toMatch(/\. The capture was losing about [3-7] % of packets then: counts may be too low\.$/);
    const intact = new Stage({ recorded: true }).play(frames, mail(CAMERA, MAIL_SERVER, START + HOUR));
    intact.finish();
    expect(intact.incident('mail_started').evidence).not.toHaveProperty('lossPercent');
  });

  test('in the text report', () => {
    const capture = { files: ['a.pcap'], packets: 1, firstPacket: null, lastPacket: null, truncated: 0, malformed: 0 };
    const told = (loss: object) =>
      textReport({
        schema: 'thingwatch.report/1',
        capture: {
          ...capture,
          ...{
            duplicates: 5,
            duplicatesByKind: { identical: 2, vlan: 0, routed: 3, hairpin: 0 },
            vantage: 'lan-both-ways',
            sight: sightFrom('lan-both-ways'),
          },
          lossPercent: null,
          loss: { percent: null, low: 0, high: 40, samples: 8, missed: 0, isCertain: false, ...loss },
        },
        devices: [],
        incidents: [],
      });
    expect(told({})).toContain('Lost before they were read: too few packets to tell (8 samples)');
    expect(told({ percent: 0.4 })).toContain('Lost before they were read: 0.4 % of packets');
    expect(told({ low: 3, high: 9, isCertain: true })).toContain('between 3 and 9 % of packets');
    expect(told({})).toContain('2 mirrored twice, 3 again as a router handed them on');
  });
});

test('gaps: what was acknowledged and never seen, over the wrap of sequence numbers', () => {
  const stream = new StreamGaps();
  stream.start(0xffff_fff0);
  stream.sent(0xffff_fff0, 10);
  stream.acknowledged(0x10);
  stream.sent(0x10, 10);
  stream.sent(0x30, 10);
  expect([stream.segments, stream.lost()]).toEqual([3, 3]);
  stream.sent(0xffff_fffa, 22);
  stream.acknowledged(0x3a);
  expect([stream.segments, stream.lost()]).toEqual([4, 1]);
  stream.acknowledged(0x7000_0000);
  expect(stream.lost()).toBe(1);
});
