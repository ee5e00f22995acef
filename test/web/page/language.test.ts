// Which language the page speaks on which phone, and how the people who speak it there write dates.
import { describe, expect, it } from 'vitest';
import { type LanguageCode, speechFor } from '../../../web/page/language.ts';

describe('the language', () => {
  it.each<[LanguageCode | null, string[], string, string]>([
    [null, ['de-DE', 'en-US', 'en'], 'de', 'de-DE'],
    [null, ['de-AT', 'de'], 'de', 'de-AT'],
    [null, ['DE-ch'], 'de', 'DE-ch'],
    [null, ['de'], 'de', 'de-DE'],
    [null, ['fr-FR', 'de', 'en-GB'], 'de', 'de-DE'],
    [null, ['en-US', 'de-DE'], 'en', 'en-US'],
    [null, ['fr-FR', 'it'], 'en', 'en-GB'],
    [null, ['den-CA'], 'en', 'en-GB'],
    [null, [], 'en', 'en-GB'],
    ['en', ['de-DE', 'de'], 'en', 'en-GB'],
    ['en', ['de-DE', 'en-US', 'en'], 'en', 'en-US'],
    ['de', ['fr-FR', 'en-US'], 'de', 'de-DE'],
    [null, ['en-US@posix', 'en-IE'], 'en', 'en-IE'],
    [null, ['constructor', '__proto__'], 'en', 'en-GB'],
  ])('chosen by hand %s, on a phone that reads %j: %s as at %s', (choice, wanted, code, locale) => {
    expect(speechFor(choice, wanted)).toEqual({ code, locale });
    expect(new Intl.DateTimeFormat(locale).resolvedOptions().locale.slice(0, 2)).toBe(code);
  });
});
