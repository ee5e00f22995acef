// What the sensor says to people, in one of its languages. What is said is chosen elsewhere, from kinds and values; here are the
// languages themselves, and each but English is loaded where somebody wants it. A further language: a folder like de/, a line here.
import { type EnglishPack, english } from './en/index.ts';
import type { Speech, Spoken } from './sentences.ts';

/** By the language's code; English is told unless another is wanted. */
const PACKS = {
  en: async () => english,
  de: async () => (await import('./de/index.ts')).words,
} satisfies Record<string, () => Promise<Words>>;

export type Language = keyof typeof PACKS;
export const LANGUAGES = ['en', ...Object.keys(PACKS).filter((code) => code !== 'en')] as [Language, ...Language[]];

export interface Words extends Spoken<EnglishPack>, Speech {
  /** Its code, as a key of PACKS. */
  readonly language: string;
}

/** At once where they were asked for before. */
export function wordsIn(language: Language): Promise<Words> {
  return PACKS[language]();
}

/** The language of this code; undefined where it is none of ours. */
export function languageOf(code: unknown): Language | undefined {
  return LANGUAGES.find((language) => language === code);
}

export { english };
