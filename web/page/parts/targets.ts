// What an expectation covers, as a list for people.
import type { Target } from '../../../sensor/record/incident.ts';
import { words } from '../words.ts';

const SHOWN = 8;

export function shownTargets(targets: readonly Target[]): string[] {
  const more = targets.length - SHOWN;
  const shown = targets.slice(0, SHOWN).map(words.incident.expectTarget);
  return more > 0 ? [...shown, words.incident.expectMore(more)] : shown;
}
