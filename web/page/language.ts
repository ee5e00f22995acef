// Which language the page speaks: how that is found out is in speech.ts, its words in words/.
import { Speaker, type Speech } from './speech.ts';
import type { Words } from './words/en/index.ts';
import { LANGUAGES } from './words/languages.ts';
import { speak, words } from './words.ts';

export type LanguageCode = keyof typeof LANGUAGES;

const speaker = new Speaker<LanguageCode, Words>({
  languages: LANGUAGES,
  first: 'en',
  speak: (own, locale) => speak(own ?? words, locale),
  noAnswer: () => words.state.noAnswer,
});

export const isLanguage = (code: string | null): code is LanguageCode => speaker.isLanguage(code);
export const speechFor = (choice: LanguageCode | null, wanted: readonly string[]): Speech<LanguageCode> =>
  speaker.speechFor(choice, wanted);
/** What was chosen by hand; null where the page follows the phone. */
export const choice = (): LanguageCode | null => speaker.choice();
/** What the page speaks, or is about to: the sensor is asked for its own sentences in it too. */
export const spokenLanguage = (): LanguageCode => speaker.spoken();
/** Resolves once the page can say its first word. Where the sensor is away and does not bring the language, it speaks English. */
export const learnLanguage = (): Promise<void> => speaker.learn();
/** Null follows the phone again. Throws with words for a person where the language does not come; then nothing changes. */
export const chooseLanguage = (code: LanguageCode | null): Promise<void> => speaker.choose(code);
/** Calls back after the language has changed. */
export const onLanguage = (listener: () => void): (() => void) => speaker.onChange(listener);
/** Shows what calls it anew after the language has changed, and what stands in it too. @returns the choice */
export const useLanguage = (): LanguageCode | null => speaker.useChoice();
