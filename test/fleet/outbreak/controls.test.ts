// Who is compared with whom: families that hardly mail, families that mail as often, and their homes that have the backend left out.
import { describe, expect, it } from 'vitest';
import { alikeFamilies, noNoisierFamilies } from '../../../sensor/fleet/outbreak/controls.ts';
import type { Family, Known, Use } from '../../../sensor/fleet/outbreak/habits.ts';

/** Homes with a family: 10 mailed, 90 healthy. @param rate of its habit, a home and period */
const family = (rate: number): Family => ({ mailed: 10, healthy: 90, habit: { rate, shape: 5 } });
const use = (exposed: number): Use => ({ exposed, healthy: exposed - 2, mailed: 2 });

function known(families: Record<string, number>, uses: Record<string, number>): Known {
  return {
    ...{ today: 20_700, habitsUntil: 20_672 },
    families: new Map(Object.entries(families).map(([name, rate]) => [name, family(rate)])),
    uses: new Map(Object.entries(uses).map(([name, exposed]) => [name, use(exposed)])),
  };
}

describe('homes to compare with', () => {
  it('are those of families that mail at most twice as often, without the homes that have the backend', () => {
    const disks = known({ disk: 0.03, louder: 0.07, alike: 0.05, lamp: 0.001 }, { disk: 40 });
    expect(noNoisierFamilies(disks)).toEqual({ c: 10 - 2 + 10 + 10, d: 90 - 38 + 90 + 90 });
  });

  it('are those of all families that hardly mail, where it is hardly mail at all: more of them beside a mixture', () => {
    const rates = { lamp: 0.0001, plug: 0.003, toy: 0.009, disk: 0.03 };
    expect(noNoisierFamilies(known(rates, { lamp: 40 }))).toEqual({ c: 8 + 10, d: 52 + 90 });
    const seven = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`other-${at}`, 0.0001]));
    const uses = Object.fromEntries(Object.keys(seven).map((name) => [name, 40]));
    const mixture = noNoisierFamilies(known({ ...rates, ...seven }, { lamp: 40, ...uses }));
    expect(mixture).toEqual({ c: 8 * 8 + 10 + 10, d: 8 * 52 + 90 + 90 });
  });

  it('of the same habit are those of families that mail half to twice as often, which may be none', () => {
    const disks = known({ disk: 0.03, half: 0.016, twice: 0.059, louder: 0.061, lamp: 0.014 }, { disk: 40 });
    expect(alikeFamilies(disks)).toEqual({ c: 8 + 10 + 10, d: 52 + 90 + 90 });
    expect(alikeFamilies(known({ disk: 0.03, lamp: 0.001 }, { disk: 92 }))).toEqual({ c: 8, d: 0 });
  });

  it('go by what is usual for the families that use it, by how many of their homes do', () => {
    const mixture = known({ disk: 0.03, lamp: 0.001, between: 0.004 }, { disk: 10, lamp: 90 });
    // (10 · 0.03 + 90 · 0.001) / 100 = 0.0039
    expect(alikeFamilies(mixture)).toEqual({ c: 10, d: 90 });
  });
});
