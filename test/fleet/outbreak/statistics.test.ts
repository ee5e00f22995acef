// The figures beside others' figures: Fisher's own tea, published tables, sums over all outcomes, and how often the interval holds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fisher,
  fisherOfOdds,
  habitOf,
  incompleteBeta,
  liftOf,
  logByHabit,
  logFactorial,
  logFisher,
} from '../../../sensor/fleet/outbreak/statistics.ts';

/** Chance of `k` of `n` at `p`. */
function binomial(n: number, k: number, p: number): number {
  return Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** By counting draws in whole numbers. */
function fisherByCounting(a: number, b: number, c: number, d: number): number {
  const choose = (n: number, k: number): bigint => {
    let result = 1n;
    for (let at = 1; at <= k; at++) result = (result * BigInt(n - k + at)) / BigInt(at);
    return k < 0 || k > n ? 0n : result;
  };
  const [used, mailed, all] = [a + b, a + c, a + b + c + d];
  let favourable = 0n;
  for (let x = a; x <= Math.min(used, mailed); x++) favourable += choose(used, x) * choose(all - used, mailed - x);
  return Number((favourable * 1_000_000_000_000_000n) / choose(all, mailed)) / 1e15;
}

describe('the logarithm of a factorial', () => {
  it('goes on smoothly where the table ends', () => {
    for (const n of [254, 255, 256, 257, 1000])
      expect(logFactorial(n) - logFactorial(n - 1)).toBeCloseTo(Math.log(n), 10);
  });
});

describe("Fisher's exact test", () => {
  it('finds what he found of the lady who tasted tea', () => {
    expect(fisher({ a: 4, b: 0, c: 0, d: 4 })).toBeCloseTo(1 / 70, 12);
    expect(fisher({ a: 3, b: 1, c: 1, d: 3 })).toBeCloseTo(17 / 70, 12);
  });

  it('is what counting all draws gives', () => {
    const homes = fc.integer({ min: 0, max: 14 });
    fc.assert(
      fc.property(homes, homes, homes, homes, (a, b, c, d) => {
        expect(fisher({ a, b, c, d })).toBeCloseTo(fisherByCounting(a, b, c, d), 9);
      }),
    );
  });

  it('holds for a hundred thousand homes', () => {
    const p = fisher({ a: 9, b: 91, c: 300, d: 99_600 });
    expect(p).toBeGreaterThan(1e-13);
    expect(p).toBeLessThan(1e-10);
  });

  it('is the same by odds of one, and by odds of three what drawing a user thrice as often gives', () => {
    const homes = fc.integer({ min: 0, max: 14 });
    fc.assert(
      fc.property(homes, homes, homes, homes, (a, b, c, d) => {
        expect(fisherOfOdds({ a, b, c, d }, 1)).toBeCloseTo(fisher({ a, b, c, d }), 9);
        expect(fisherOfOdds({ a, b, c, d }, 3)).toBeGreaterThanOrEqual(fisher({ a, b, c, d }) - 1e-12);
      }),
    );
    // Two of four homes mailed, both users: of the pairs that could have, 1 counts ninefold, 4 threefold and 1 once.
    expect(fisherOfOdds({ a: 2, b: 0, c: 0, d: 2 }, 3)).toBeCloseTo(9 / (9 + 4 * 3 + 1), 12);
    expect(fisherOfOdds({ a: 400, b: 20, c: 900, d: 90_000 }, 3)).toBeLessThan(1e-250);
  });

  it('tells apart what is smaller than any number', () => {
    const many = { a: 600, b: 400, c: 20, d: 99_000 };
    expect(fisher(many)).toBe(0);
    expect(logFisher(many)).toBeLessThan(-745);
    expect(logFisher({ ...many, a: 601, b: 399 })).toBeLessThan(logFisher(many));
    expect(logFisher(many)).toBeGreaterThan(-3000);
  });
});

describe('the incomplete beta function', () => {
  it('is the tail of a binomial distribution (DLMF 8.17.5)', () => {
    for (const [n, k, p] of [
      [10, 3, 0.2],
      [60, 41, 0.7],
      [500, 12, 0.01],
    ] as const) {
      let tail = 0;
      for (let x = k; x <= n; x++) tail += binomial(n, x, p);
      expect(incompleteBeta(p, k, n - k + 1)).toBeCloseTo(tail, 10);
    }
  });
});

describe('the lift', () => {
  it('is many times one where a family mails after a backend', () => {
    const { high, low, value } = liftOf({ a: 37, b: 4, c: 30, d: 9900 });
    expect(value).toBeGreaterThan(250);
    expect(low).toBeGreaterThan(150);
    expect(high).toBeLessThan(600);
  });

  it('exists where nobody mailed without it, unbounded above', () => {
    const { high, low, value } = liftOf({ a: 5, b: 0, c: 0, d: 10 });
    expect(value).toBeGreaterThan(1);
    expect(low).toBeGreaterThan(1);
    expect(high).toBeNull();
  });

  it('has an interval that holds in 95 of 100 cases or more, for small numbers as well', () => {
    for (const [used, unused, withIt, without] of [
      [20, 400, 0.3, 0.01],
      [8, 60, 0.6, 0.05],
      [150, 3000, 0.02, 0.002],
    ] as const) {
      let missed = 0;
      const most = Math.min(unused, 60);
      for (let a = 0; a <= Math.min(used, 60); a++)
        for (let c = 0; c <= most; c++) {
          const { high, low } = liftOf({ a, b: used - a, c, d: unused - c });
          const truth = withIt / without;
          if (low > truth || (high ?? Number.POSITIVE_INFINITY) < truth)
            missed += binomial(used, a, withIt) * binomial(unused, c, without);
        }
      expect(missed, `${used} and ${unused} homes`).toBeLessThan(0.05);
    }
  });
});

describe('what habit explains', () => {
  const byHabit = (mailed: number, kinds: Parameters<typeof logByHabit>[1], mostShape = 1): number =>
    Math.exp(logByHabit(mailed, kinds, mostShape));

  it('is told apart, too, where the chance is smaller than any number', () => {
    const habit = habitOf(0, 300, 0.005);
    const kinds = [{ homes: 1000, habit }];
    expect(byHabit(5000, kinds)).toBe(0);
    expect(logByHabit(5000, kinds, 1)).toBeLessThan(logByHabit(4999, kinds, 1));
    expect(logByHabit(6, kinds, 1)).toBeCloseTo(Math.log(byHabit(6, kinds)), 10);
  });

  it('grows with what a family did before', () => {
    const quiet = habitOf(0, 300, 0.005);
    const noisy = habitOf(30, 300, 0.005);
    expect(byHabit(6, [{ homes: 100, habit: quiet }])).toBeLessThan(1e-4);
    expect(byHabit(6, [{ homes: 100, habit: noisy }])).toBeGreaterThan(0.4);
  });

  it('is a negative binomial tail', () => {
    // Of shape 1 it is geometric: P(X >= k) = (mean / (1 + mean))^k.
    expect(byHabit(4, [{ homes: 10, habit: { rate: 0.3, shape: 1 } }])).toBeCloseTo(0.75 ** 4, 10);
  });

  it('does not grow surer than it may: of what mails a lot, twice as much is no outbreak', () => {
    const kinds = [{ homes: 1000, habit: habitOf(200, 4000, 0.005) }];
    expect(byHabit(100, kinds, 0.7)).toBeGreaterThan(0.05);
    expect(byHabit(100, kinds, 5)).toBeGreaterThan(0.01);
    expect(byHabit(100, kinds, 200)).toBeLessThan(1e-5);
  });
});
