// When the guide leads the home view, which steps it shows, and what it makes of what a browser kept.

import { describe, expect, it, test } from 'vitest';
import type { Confidence, Vantage, VantageDirection } from '../../../sensor/attribute/vantage.ts';
import { english } from '../../../sensor/language/words.ts';
import { sightOf } from '../../../sensor/record/wording-vantage.ts';
import { type GuideState, leads, problemOf, readGuide, seesHome } from '../../../web/page/guide-state.ts';

const FRESH: GuideState = { mirror: null, begun: false, left: false, stage: 'name' };

function seen(vantage: Vantage, confidence: Confidence = 'sure', direction: VantageDirection | null = null) {
  const sight = sightOf(english, { vantage, direction, confidence, reasons: [], isOld: false, outer: null });
  return { mode: 'live' as const, vantage, sight };
}

describe('the guide leads', () => {
  it.each(['own-traffic-only', 'broadcast-only', 'lan-one-way', 'wan-side', 'nothing'] as const)(
    'where the sensor sees %s',
    (vantage) => {
      expect(seesHome(seen(vantage))).toBe(false);
      expect(leads(seen(vantage), FRESH)).toBe(true);
    },
  );

  it('not where it sees the home, unless it began before: then to its end', () => {
    expect(leads(seen('lan-both-ways'), FRESH)).toBe(false);
    expect(leads(seen('lan-both-ways', 'likely'), FRESH)).toBe(false);
    expect(leads(seen('lan-both-ways', 'unsure'), FRESH)).toBe(true);
    expect(leads(seen('lan-both-ways'), { ...FRESH, begun: true })).toBe(true);
  });

  it('not where it was left, nor in a recording', () => {
    expect(leads(seen('nothing'), { ...FRESH, left: true })).toBe(false);
    expect(leads({ ...seen('nothing'), mode: 'replay' }, { ...FRESH, begun: true })).toBe(false);
    expect(leads({ ...seen('nothing'), mode: 'demo' }, FRESH)).toBe(false);
  });
});

test('the steps are those for what the sensor sees', () => {
  expect(
    (['own-traffic-only', 'broadcast-only', 'lan-one-way', 'wan-side', 'nothing', 'lan-both-ways'] as const).map(
      (vantage) => problemOf({ vantage }),
    ),
  ).toEqual(['set', 'set', 'directions', 'inside', 'nothing', null]);
});

test.each([
  [null, FRESH],
  ['', FRESH],
  ['{"mirror":', FRESH],
  ['null', FRESH],
  ['[1]', FRESH],
  ['{"mirror":7,"begun":"yes","left":1,"stage":"elsewhere"}', FRESH],
  [`{"mirror":"${'x'.repeat(65)}"}`, FRESH],
  [
    '{"mirror":"unifi","begun":true,"left":true,"stage":"done"}',
    { mirror: 'unifi', begun: true, left: true, stage: 'done' },
  ],
])('a browser that kept %j goes on with what can be read of it', (text, state) => {
  expect(readGuide(text)).toEqual(state);
});
