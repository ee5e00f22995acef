// Robust statistics against their textbook values, and the streaming median against the real one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToMedian, deviation, median, medianOf, newStreamMedian } from '../../sensor/detect/statistics.ts';

function streamed(values: readonly number[]): number {
  const state = newStreamMedian();
  for (const value of values) addToMedian(state, value);
  return medianOf(state);
}

describe('median and deviation', () => {
  it.each([
    [[], 0, 0],
    [[7], 7, 0],
    [[1, 3], 2, 1.4826],
    [[1, 1, 2, 2, 4, 6, 9], 2, 1.4826],
    [[5, 5, 5, 5, 5, 5, 900], 5, 0],
  ])('of %j', (values, middle, spread) => {
    expect(median(values)).toBe(middle);
    expect(deviation(values)).toBeCloseTo(spread, 4);
  });
});

describe('the streaming median', () => {
  it('moves its five markers as in the worked example of its authors', () => {
    const observations = [
      0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.6, 10.28, 1.47, 0.4, 0.05, 11.39, 0.27, 0.42,
      0.09, 11.37,
    ];
    const state = newStreamMedian();
    for (const value of observations) addToMedian(state, value);
    expect(state.heights.map((height) => Math.round(height * 100) / 100)).toEqual([0.02, 0.49, 4.44, 17.2, 38.62]);
    expect(state.positions).toEqual([1, 6, 10, 16, 20]);
    expect(medianOf(state)).toBeCloseTo(4.44, 2);
  });

  it('is exact for up to five values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 5 }), (values) => {
        expect(streamed(values)).toBe(median(values));
      }),
    );
  });

  it('never leaves the range of the values, and its markers stay in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 6, maxLength: 400 }), (values) => {
        const state = newStreamMedian();
        for (const value of values) addToMedian(state, value);
        expect(state.heights).toEqual(state.heights.toSorted((a, b) => a - b));
        expect(state.heights[0]).toBe(Math.min(...values));
        expect(state.heights[4]).toBe(Math.max(...values));
        expect(state.count).toBe(values.length);
      }),
    );
  });

  it('comes close to the real one on a few hundred values', () => {
    let state = 12345;
    const values = Array.from({ length: 500 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return ((state >>> 8) % 1000) + 1;
    });
    expect(Math.abs(streamed(values) - median(values))).toBeLessThan(40);
  });
});
