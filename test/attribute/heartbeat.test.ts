// What used to come and does not any more: how long a silence must be, after what was usual, on both sides of each limit.
import { beforeEach, describe, expect, it } from 'vitest';
import { Heartbeat, type Missing } from '../../sensor/attribute/heartbeat.ts';
import { HOUR, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';

let heartbeat: Heartbeat;
beforeEach(() => {
  heartbeat = new Heartbeat();
});

/** Frames of which none is unicast between others, so many ms apart. Returns the time of the last. */
function ownFrames(count: number, every: number, from = START): number {
  for (let n = 0; n < count; n++) heartbeat.frame(from + n * every, false, false);
  return from + (count - 1) * every;
}
const unicast = (time: number): void => heartbeat.frame(time, true, false);
const broadcast = (time: number): void => heartbeat.frame(time, false, true);

/** What is missing just before and at the time. */
const around = (time: number): Missing[] => [heartbeat.missing(time - 1), heartbeat.missing(time)];

describe('everything', () => {
  it('is not missing before anything came', () => {
    expect([heartbeat.missing(START), heartbeat.silence('everything', START), heartbeat.hadUnicast]).toEqual([
      ...[null, 0, false],
    ]);
  });

  it.each([
    ['nine frames', 9, (20 * SECOND) / 8, 5 * MINUTE],
    ['ten frames in less than twenty seconds', 10, 2222, 5 * MINUTE],
    ['ten frames in twenty seconds', 10, 2223, 50 * SECOND],
    ['a busy home', 100, 12 * SECOND, 50 * SECOND],
    ['a quieter one', 100, 13 * SECOND, 52 * SECOND],
    ['one that is heard now and then', 10, 3 * MINUTE, 12 * MINUTE],
    ['one that is hardly heard', 10, 4 * MINUTE, 12 * MINUTE],
  ])('after %s', (_what, count, every, silence) => {
    const last = ownFrames(count, every);
    expect(around(last + silence)).toEqual([null, 'everything']);
    expect(heartbeat.silence('everything', last + silence)).toBe(silence);
    expect(heartbeat.silence('everything', last - 1)).toBe(0);
  });

  it('was once silent for longer: that counts for an hour', () => {
    ownFrames(10, 10 * SECOND);
    const resumed = START + 90 * SECOND + 100 * SECOND;
    const silentFor = (until: number): number => {
      heartbeat = new Heartbeat();
      ownFrames(10, 10 * SECOND);
      const last = ownFrames(Math.floor((until - resumed) / (10 * SECOND)) + 1, 10 * SECOND, resumed);
      let silence = 0;
      while (heartbeat.missing(last + silence) === null) silence += SECOND;
      return silence;
    };
    expect(silentFor(START + 9 * MINUTE)).toBe(400 * SECOND);
    expect(silentFor(START + 59 * MINUTE)).toBe(400 * SECOND);
    expect(silentFor(START + 61 * MINUTE)).toBe(50 * SECOND);
  });

  it('begins anew where packet time was set back', () => {
    ownFrames(20, 2 * SECOND);
    const last = ownFrames(9, 3 * SECOND, START - HOUR);
    expect(around(last + 5 * MINUTE)).toEqual([null, 'everything']);
    const known = ownFrames(1, SECOND, last + SECOND);
    expect(around(known + 50 * SECOND)).toEqual([null, 'everything']);
  });
});

describe('unicast between others', () => {
  /** Half a minute of it, and a broadcast each so many ms. Returns its last time. */
  function talk(seconds: number, broadcastEvery: number | null, from = START): number {
    for (let now = 0; now <= seconds * SECOND; now += SECOND) {
      if (broadcastEvery !== null && now % broadcastEvery === 0) broadcast(from + now);
      unicast(from + now);
    }
    return from + seconds * SECOND;
  }
  /** How many broadcasts it takes, spread over that silence, to show that the home is awake. */
  function needed(silence: number, talked: () => number): number {
    for (let count = 1; ; count++) {
      heartbeat = new Heartbeat();
      const last = talked();
      for (let n = 1; n <= count; n++) broadcast(last + Math.floor((silence * n) / count));
      if (heartbeat.missing(last + silence) === 'unicast') return count;
    }
  }

  it('is missing after three quarters of a minute, while others still call', () => {
    const last = talk(30, null);
    expect(heartbeat.hadUnicast).toBe(true);
    for (const second of [10, 20]) broadcast(last + second * SECOND);
    expect(heartbeat.missing(last + 45 * SECOND)).toBeNull();
    broadcast(last + 30 * SECOND);
    expect(around(last + 45 * SECOND)).toEqual([null, 'unicast']);
    expect(heartbeat.silence('unicast', last + 45 * SECOND)).toBe(45 * SECOND);
    expect(heartbeat.silence('everything', last + 45 * SECOND)).toBe(15 * SECOND);
    unicast(last + 46 * SECOND);
    expect(heartbeat.missing(last + 90 * SECOND)).toBeNull();
    for (const second of [60, 70]) broadcast(last + second * SECOND);
    expect(heartbeat.missing(last + 100 * SECOND)).toBeNull();
  });

  it('was never there where only broadcasts were', () => {
    for (let n = 0; n < 100; n++) broadcast(START + n * SECOND);
    expect([heartbeat.hadUnicast, heartbeat.missing(START + 100 * SECOND)]).toEqual([false, null]);
  });

  it('is missing while others call at least half as often as usual', () => {
    expect(needed(MINUTE, () => talk(1200, SECOND))).toBe(31);
    expect(needed(MINUTE, () => talk(1200, 5 * SECOND))).toBe(7);
    expect(needed(MINUTE, () => talk(1200, 20 * SECOND))).toBe(3);
    expect(needed(2 * MINUTE, () => talk(1200, SECOND))).toBe(61);
  });

  it('goes by what was usual over the last minutes, and never by less than one', () => {
    // Ten minutes without broadcasts leave e⁻² of one a second: 0.13, so that four are half of a minute's.
    expect(needed(MINUTE, () => talk(600, null, talk(1200, SECOND) + SECOND))).toBe(4);
    // Twenty-one in twenty seconds are not taken for one a second.
    expect(needed(45 * SECOND, () => talk(20, SECOND))).toBe(9);
    expect(needed(45 * SECOND, () => talk(60, SECOND))).toBe(23);
  });

  it('is missing where broadcasts alone come minute by minute for half an hour, however few', () => {
    for (const [missed, expected] of [
      [3, [null, 'unicast']],
      [4, [null, null]],
    ] as const) {
      heartbeat = new Heartbeat();
      const last = talk(1199, SECOND);
      for (let minute = 0; minute < 30; minute++)
        if (minute < 10 || minute >= 10 + missed)
          for (const second of [5, 25, 45]) broadcast(last + SECOND + (minute * 60 + second) * SECOND);
      expect(around(last + 30 * MINUTE), `${missed} minutes without`).toEqual(expected);
    }
  });
});

describe('the link', () => {
  /** Busy until START. */
  const busy = () => ownFrames(30, 2 * SECOND, START - 58 * SECOND);
  const link = (seconds: number, received: number | null, carrier: boolean | null = true) =>
    heartbeat.link({ carrier, received }, START + seconds * SECOND);
  const missingAt = (seconds: number): Missing => heartbeat.missing(START + seconds * SECOND);

  it('without a partner is what is missing, whatever comes', () => {
    busy();
    expect(missingAt(1)).toBeNull();
    link(1, 0, false);
    expect(missingAt(1)).toBe('carrier');
    link(2, 0, null);
    expect(missingAt(2)).toBeNull();
  });

  it.each([
    [60, null],
    [59, 'everything'],
  ] as const)('on which %i frames arrive in a minute without being kept: %s is missing', (frames, missing) => {
    busy();
    link(0, 1000);
    expect(missingAt(50)).toBe('everything');
    link(60, 1000 + frames);
    heartbeat.link({ carrier: true, received: 1000 + frames }, START + 60 * SECOND);
    expect(missingAt(60)).toBe(missing);
  });

  it('does not count what is kept', () => {
    busy();
    link(0, 1000);
    ownFrames(71, SECOND / 5, START);
    link(14, 1071);
    expect(missingAt(64)).toBe('everything');
    link(14, 1071 + 64);
    expect(missingAt(64)).toBeNull();
  });

  it('is judged by the last three samples, each a quarter of a minute after the one before', () => {
    busy();
    link(0, 0);
    link(14.999, 900);
    link(15, 1000);
    link(30, 1000);
    expect(missingAt(50)).toBeNull();
    link(44.999, 1000);
    expect(missingAt(50)).toBeNull();
    link(45, 1000);
    expect(missingAt(50)).toBe('everything');
  });

  it('takes a sample where packet time was set back, and judges nothing from the same moment', () => {
    busy();
    link(100, 0);
    link(80, 1000);
    expect(missingAt(80)).toBe('everything');
    link(60, 1000);
    link(40, 1000);
    expect(missingAt(80)).toBe('everything');
    link(120, 3000);
    link(140, 1000);
    link(160, 1000);
    link(160, 9000);
    expect(missingAt(120)).toBe('everything');
    link(160, 0);
    expect(missingAt(119)).toBe('everything');
  });

  it('that tells no number tells nothing', () => {
    busy();
    link(0, null);
    expect(missingAt(60)).toBe('everything');
    link(0, 0);
    link(30, 1000);
    expect(missingAt(60)).toBeNull();
    link(59, null);
    expect(missingAt(60)).toBe('everything');
  });
});
