// The words of what only a home with a fleet shows, in each language of the page. They come with those views, so that no other home
// loads them.
import { type LanguageCode, spokenLanguage } from '../language.ts';
import { words as german } from './de/fleet.ts';
import { words as english } from './en/fleet.ts';
import type { Faithful } from './languages.ts';

export type FleetWords = typeof english;

/** Does not compile where a sentence is missing or keeps to itself what the English one tells. */
function own<Own extends FleetWords>(words: Own & Faithful<Own, FleetWords>): FleetWords {
  return words;
}

export const FLEET_WORDS: Record<LanguageCode, FleetWords> = { en: english, de: own(german) };

export function fleetWords(): FleetWords {
  return FLEET_WORDS[spokenLanguage()];
}
