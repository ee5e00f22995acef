// The languages that the page speaks: a line here and a folder beside this file for each. One that is not spoken is not loaded.
import { words as english, type Words } from './en/index.ts';

export interface Language {
  /** What its speakers call it. */
  name: string;
  /** Where it is at home when a phone does not say from where its person comes: how dates and figures are written. */
  locale: string;
  load: () => Promise<Words>;
}

/** `Own`, as far as each of its sentences takes all that the same one in English tells; else a type that nothing fits. */
export type Faithful<Own, Model = Words> = Model extends (...values: infer Told) => unknown
  ? Own extends (...values: infer Taken) => unknown
    ? Told['length'] extends Taken['length']
      ? Own
      : never
    : never
  : Model extends object
    ? { [Key in keyof Model]: Key extends keyof Own ? Faithful<Own[Key], Model[Key]> : never }
    : Own;

/** `load` brings the language's folder, whose index exports `words`. */
export function language<Own extends Words>(
  name: string,
  locale: string,
  load: () => Promise<{ words: Own & Faithful<Own> }>,
): Language {
  return { name, locale, load: async () => (await load()).words };
}

/** By ISO 639; of several that a person reads, the page takes the one that the phone names first. */
export const LANGUAGES = {
  en: language('English', 'en-GB', async () => ({ words: english })),
  de: language('Deutsch', 'de-DE', () => import('./de/index.ts')),
};
