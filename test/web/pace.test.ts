// The pace of strangers to the request: of one sender, of all together, and who is heard all the same.
import { beforeEach, describe, expect, it } from 'vitest';
import { Pace } from '../../web/pace.ts';

let now: number;
let pace: Pace;
beforeEach(() => {
  now = 5000;
  pace = new Pace(() => now);
});

/** How many of `count` requests are answered. */
const asks = (sender: string, count: number): number =>
  Array.from({ length: count }, () => pace.allows(sender)).filter((answered) => answered).length;
const device = (index: number): string => `10.0.${Math.floor(index / 256)}.${index % 256}`;

describe('one sender', () => {
  it('is answered sixty times at once, then five times a second; what is refused is counted', () => {
    expect(asks('192.168.1.66', 61)).toBe(60);
    now += 199;
    expect(asks('192.168.1.66', 1)).toBe(0);
    now += 1;
    expect(asks('192.168.1.66', 2)).toBe(1);
    now += 1000;
    expect(asks('192.168.1.66', 9)).toBe(5);
    expect(pace.refused).toBe(1 + 1 + 1 + 4);
  });

  it('has a pace of its own, whichever of its addresses it takes', () => {
    expect(asks('2001:db8:1:2::1', 60)).toBe(60);
    expect(asks('2001:db8:1:2::2', 1)).toBe(0);
    expect(asks('2001:db8:1:3::1', 1)).toBe(1);
  });

  it('is remembered among 1024, and then begins anew', () => {
    for (const [others, answered] of [
      [1023, 0],
      [1024, 1],
    ] as const) {
      pace = new Pace(() => now);
      asks('192.168.1.66', 60);
      for (let index = 0; index < others; index += 1) asks(device(index), 1);
      expect([others, asks('192.168.1.66', 1)]).toEqual([others, answered]);
    }
  });
});

describe('all senders together', () => {
  /** Leaves one that asked more than rarely, and as much for all as is left after `count` requests. */
  const busy = (count: number): string => {
    asks('192.168.1.66', 31);
    for (let left = count - 31, index = 0; left > 0; left -= 30, index += 1) asks(device(index), Math.min(30, left));
    return '192.168.1.66';
  };

  it('are answered three hundred times at once, then fifty times a second', () => {
    expect(asks(busy(299), 2)).toBe(1);
    now += 19;
    expect(asks('192.168.1.66', 1)).toBe(0);
    now += 1;
    expect(asks('192.168.1.66', 2)).toBe(1);
  });

  it('may be as many as they like where each asks thirty times of late and no more', () => {
    busy(300);
    expect(asks('192.168.1.20', 40)).toBe(31);
    expect(asks('192.168.1.21', 40)).toBe(31);
    expect(asks('192.168.1.66', 1)).toBe(0);
  });
});
