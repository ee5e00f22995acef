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
const manner = { locale: 'en-GB', numbers: {}, dates: { locale: 'en-CA', dateStyle: 'short' } } as const;

it('a translation with all sentences and values is one', () => {
  const section = inPlaceOf<typeof pack>()({
    sentence: '{a} hat {b}',
    forms: { one: 'ein x {c}', few: '{n} xe {c}', other: '{n} xs {c}' },
    steps: ['eins', 'zwei'],
    table: { k: 'w', z: 'z{q}' },
  });
  const spoken = speaking(section, { ...manner, locale: 'de' });
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
