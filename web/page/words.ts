// The words of the page in the language that it speaks: what every view says. The sentences themselves lie in words/, a folder for
// each language. They are read when they are shown, never kept: another language may be chosen at any time.
import { setLocale } from './format.ts';
import { words as english, type Words } from './words/en/index.ts';

/** English until another language has come. */
export let words: Words = english;

/** From here on the page says `own`, and writes times and figures as people do at `locale`. */
export function speak(own: Words, locale: string): void {
  words = own;
  setLocale(locale);
}

/** What the page calls something that the sensor has named; undefined where it has no word for it. */
export function wordFor(names: Record<string, string>, key: unknown): string | undefined {
  return Object.hasOwn(names, `${key}`) ? names[`${key}`] : undefined;
}
