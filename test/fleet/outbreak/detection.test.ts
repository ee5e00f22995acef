// Simulated fleets, small: bad backends are named early, quiet fleets stay quiet, and liars reach what the manual says and no more. The
// figures for ten thousand homes are those of `npm run bench -- fleet-outbreak`.
import { describe, expect, it } from 'vitest';
import { runLiars, runOutbreak, runQuiet } from '../simulator/runs.ts';

const HOMES = 2500;

describe('a simulated fleet', { timeout: 300_000 }, () => {
  it('names bad backends when few homes mail, and nothing else', () => {
    const runs = [3, 5].map((seed) => runOutbreak(seed, HOMES, 60, 40));
    expect(runs.flatMap(({ wrong }) => wrong)).toEqual([]);
    for (const { mailed, mailedBefore, warned } of runs) {
      expect(mailedBefore).not.toBeNull();
      expect(mailedBefore).toBeLessThanOrEqual(14);
      expect(warned).toBeGreaterThanOrEqual(mailed / 3);
    }
  });

  it('names nothing where nothing is bad: sales, habits, plugins of those who like mail, clouds, the blind', () => {
    const { mailed, wrong } = runQuiet(11, HOMES, 150);
    expect(mailed).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });

  it('is not misled by a hundredth of liars each for itself, nor by such who claim mail and use at once', () => {
    expect(runQuiet(13, HOMES, 150, HOMES / 100).wrong).toEqual([]);
    expect(runLiars(14, HOMES, 30, HOMES / 100, 'rash').isNamed).toBe(false);
  });

  it('is misled by patient liars who agree, where few honest homes use the backend: the limit that the manual tells', () => {
    expect(runLiars(15, HOMES, 900, 5, 'patient').isNamed).toBe(false);
    expect(runLiars(15, HOMES, 10, HOMES / 100, 'patient').isNamed).toBe(true);
  });
});
