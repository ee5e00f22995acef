// The words of the page in the language that it speaks. They are read when they are shown, never kept: another language may be chosen
// at any time. How the language is found out is in web/page/speech.ts.
import { setLocale } from '../../page/format.ts';
import { Speaker } from '../../page/speech.ts';
import type { Faithful } from '../../page/words/languages.ts';
import { words as english, type Words } from './words/en.ts';

export let words: Words = english;

const german = async (): Promise<Words> => {
  const { words: own } = await import('./words/de.ts');
  // A sentence that keeps to itself what the English one tells does not compile.
  return own satisfies Faithful<typeof own, Words>;
};

/** By ISO 639. `name`: what its speakers call it. */
export const LANGUAGES = {
  en: { name: 'English', locale: 'en-GB', load: async (): Promise<Words> => english },
  de: { name: 'Deutsch', locale: 'de-DE', load: german },
};

export const speaker = new Speaker<keyof typeof LANGUAGES, Words>({
  languages: LANGUAGES,
  first: 'en',
  speak: (own, locale) => {
    words = own ?? words;
    setLocale(locale);
  },
  noAnswer: () => words.state.noAnswer,
});

/** What the page calls something that the desk has named; undefined where it has no word for it. */
export function wordFor(names: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(names, key) ? names[key] : undefined;
}
