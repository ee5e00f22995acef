// What a sensor says of itself that looks from a place, for tests that need no frames for it.

import type { Vantage, VantageDirection } from '../../sensor/attribute/vantage.ts';
import { english } from '../../sensor/language/words.ts';
import type { Sight } from '../../sensor/record/health.ts';
import { sightOf } from '../../sensor/record/wording-vantage.ts';

export function sightFrom(vantage: Vantage, direction: VantageDirection | null = null): Sight {
  return sightOf(english, { vantage, direction, confidence: 'sure', reasons: [], isOld: false, outer: null });
}
