// How packs are written: which values a sentence takes is part of its type (the compiler checks this file), and how they are said.
import { expect, it } from 'vitest';
import { inPlaceOf, speaking } from '../../sensor/language/sentences.ts';
import { english, LANGUAGES, wordsIn } from '../../sensor/language/words.ts';

const pack = {
  sentence: '{b} of {a}',
  forms: { one: '{n} x {c}', other: '{n} xs {c}' },
  steps: ['one', 'two'],
  table: { k: 'v', z: '{q}' },
} as const;
const manner = {
  ...{ locale: 'en-GB', thousands: ',', numbers: {}, and: ' and ' },
  dates: { locale: 'en-CA', dateStyle: 'short' },
} as const;

it('a translation with all sentences and values is one', () => {
  const section = inPlaceOf<typeof pack>()({
    sentence: '{a} hat {b}',
    forms: { one: 'ein x {c}', few: '{n} xe {c}', other: '{n} xs {c}' },
    steps: ['eins', 'zwei'],
    table: { k: 'w', z: 'z{q}' },
  });
  const spoken = speaking(section, { ...manner, locale: 'de', thousands: '.', and: ' und ' });
  expect(spoken.sentence({ a: 'Anna', b: 'recht' })).toBe('Anna hat recht');
  expect([1, 2, 12_345].map((n) => spoken.forms({ n, c: '{a}' }))).toEqual(['ein x {a}', '2 xs {a}', '12.345 xs {a}']);
  expect([spoken.list(['a', 'b', 'c']), spoken.table.z({ q: 1.5 })]).toEqual(['a, b und c', 'z1,5']);
});

it('one that lacks something does not compile', () => {
  const whole = {
    sentence: '{a} {b}',
    forms: { other: '{n} {c}' },
    steps: ['1', '2'],
    table: { k: '', z: '{q}' },
  } as const;
  const translated = inPlaceOf<typeof pack>();
  expect(translated(whole)).toBe(whole);
  // @ts-expect-error a value is not said
  translated({ ...whole, sentence: 'of {a}' } as const);
  // @ts-expect-error a value that there is not
  translated({ ...whole, sentence: '{a} {b} {d}' } as const);
  // @ts-expect-error a form lacks a value
  translated({ ...whole, forms: { one: 'an x', other: '{n} {c}' } } as const);
  // @ts-expect-error the form that fits what no other fits
  translated({ ...whole, forms: { one: '{n} {c}' } } as const);
  // @ts-expect-error a step less
  translated({ ...whole, steps: ['1'] } as const);
  // @ts-expect-error a sentence of a table
  translated({ ...whole, table: { k: '' } } as const);
  // @ts-expect-error a sentence that nobody says
  translated({ ...whole, more: '' } as const);
  // @ts-expect-error a sentence
  translated({ sentence: whole.sentence, forms: whole.forms, steps: whole.steps } as const);
});

it('a sentence is not said without its values, nor a count as a text', () => {
  const spoken = speaking(pack, manner);
  // @ts-expect-error a value is missing
  spoken.sentence({ a: '' });
  // @ts-expect-error the plural rules want a number
  spoken.forms({ n: '1', c: '' });
  expect(spoken.sentence({ a: '{b}', b: 2 })).toBe('2 of {b}');
});

it.each(['en', 'de'] as const)(
  '%s: numbers and lists are written as Node writes them for that language',
  async (language) => {
    const words = await wordsIn(language);
    const [locale, useGrouping] = language === 'en' ? ['en-GB', false] : ['de', true];
    const numbers = new Intl.NumberFormat(locale, { useGrouping, maximumFractionDigits: 20 });
    const counts = [0, 7, 999, 1000, 9999, 10_000, 123_456, 1_000_000, 98_765_432_101, Number.MAX_SAFE_INTEGER];
    for (const value of [...counts, -1, -4321, 0.5, 1234.25, 2 ** 60, Number.POSITIVE_INFINITY])
      expect(words.number(value)).toBe(numbers.format(value));
    const lists = new Intl.ListFormat(locale, { type: 'conjunction' });
    for (const items of [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['', 'b', 'c, d', 'e']])
      expect(words.list(items)).toBe(lists.format(items));
  },
);

it('a report with counts and lists needs nothing that takes Node long to load', async () => {
  const made: string[] = [];
  const before = { NumberFormat: Intl.NumberFormat, ListFormat: Intl.ListFormat };
  const counting = (name: keyof typeof before) =>
    new Proxy(before[name], {
      construct(target, values) {
        made.push(name);
        return Reflect.construct(target, values);
      },
    });
  Object.assign(Intl, { NumberFormat: counting('NumberFormat'), ListFormat: counting('ListFormat') });
  try {
    const spoken = speaking(pack, manner);
    expect([spoken.sentence({ a: 1234, b: 5 }), spoken.list(['a', 'b'])]).toEqual(['5 of 1,234', 'a and b']);
    expect(made).toEqual([]);
  } finally {
    Object.assign(Intl, before);
  }
});

it('English is written as the JSON has it, and its packs are loaded when they are asked for', async () => {
  expect(english.doors.connections({ n: 20_000 })).toBe('20000 connections');
  expect([english.date('2026-01-31'), english.date('then'), english.list(['a', 'b'])]).toEqual([
    '2026-01-31',
    'then',
    'a and b',
  ]);
  const packs = await Promise.all(LANGUAGES.map(wordsIn));
  expect(packs.map(({ language }) => language)).toEqual(LANGUAGES);
  expect(packs[0]).toBe(english);
});
