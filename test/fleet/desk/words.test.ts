// The words of the desk's page in every language: all of them are there, say something, are not left in English, and are used.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../sensor/checkout.ts';
import { words as german } from '../../../web/fleet/page/words/de.ts';
import { words as english } from '../../../web/fleet/page/words/en.ts';
import { setLocale } from '../../../web/page/format.ts';
import { sentences } from '../../support/page-words.ts';

/** Names and words that are the same in German. */
const SAME = [
  'homes.version',
  'homes.label',
  'homes.sights.blind',
  'homes.blind',
  'incidents.bys.backend',
  'session.version',
];
const SAME_TOO = ['role.store', 'role.cloud', 'homes.versions', 'told 1', 'told 2', 'told 3', 'told 4'];

describe('the German words', () => {
  const own = sentences(german);
  const model = sentences(english);

  it('are all there, and each says something', () => {
    expect(own.map(([place]) => place)).toEqual(model.map(([place]) => place));
    expect(own.length).toBeGreaterThan(150);
    const odd = own.filter(
      ([, text]) => typeof text !== 'string' || !/\S/.test(text) || /undefined|NaN|\[obj/.test(text),
    );
    expect(odd).toEqual([]);
  });

  it('are their own but for names', () => {
    const left = own.filter(([, text], index) => text === model[index]?.[1]).map(([place]) => place);
    expect(left.filter((place) => ![...SAME, ...SAME_TOO].includes(place))).toEqual([]);
  });

  it('say less than five where nothing may be told', () => {
    setLocale('de-DE');
    expect(german.outbreaks.sentence(null, 10)).toBe(
      'Nach Kontakt mit ihm begann Mail in weniger als 5 Haushalten, von 10 oder mehr Haushalten, die es nutzten.',
    );
    setLocale('en-GB');
    expect(english.homes.inNumbers(1235, null)).toBe('1,235 or more homes are active; fewer than 5 of them are blind.');
  });
});

it('every word is used', () => {
  const page = join(PROJECT_ROOT, 'web/fleet/page');
  const source = readdirSync(page, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words'))
    .map((file) => readFileSync(join(page, file), 'utf8'))
    .join('\n');
  const names = new Set(
    Object.entries(english).flatMap(([group, inner]) =>
      typeof inner === 'object' ? Object.keys(inner).map((name) => [group, name] as const) : [],
    ),
  );
  const isUsed = ([group, name]: readonly [string, string]): boolean =>
    source.includes(`words.${group}.${name}`) ||
    new RegExp(`text\\.${name}\\b`).test(source) ||
    // Read as a whole, by a key that is found out when it is shown.
    new RegExp(`words\\.${group}(?:[,)\\[]|\\.unknown)`).test(source);
  expect([...names].filter((name) => !isUsed(name)).map((name) => name.join('.'))).toEqual([]);
});
