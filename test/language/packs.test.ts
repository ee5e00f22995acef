// Packs beside each other: each text of another language is a translation, and says all that it is given, in every form.
import { describe, expect, it } from 'vitest';
import { english, LANGUAGES, wordsIn } from '../../sensor/language/words.ts';
import { leftovers } from './leftovers.ts';

const packs = await Promise.all(LANGUAGES.filter((language) => language !== 'en').map(wordsIn));
/** Names, and what is only put together. */
const ALIKE = /^(?:MQTT|Router|Cloud|Thingwatch:|[^\p{L}]*)$/u;

/** All texts of a pack by where they stand, of forms that for each of these counts; values are told by their names. */
function textsOf(part: unknown, at = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof part === 'string') found.set(at, part);
  else if (typeof part === 'function' && !/^\.(?:number|date|list)$/.test(at))
    for (const n of [1, 2, 5]) {
      const values = new Proxy({}, { get: (_, name) => (name === 'n' ? n : `<${String(name)}>`) });
      found.set(`${at} ${n}`, part(values));
    }
  else if (typeof part === 'object' && part !== null)
    for (const [key, inner] of Object.entries(part))
      if (at !== '' || key !== 'language') textsOf(inner, `${at}.${key}`, found);
  return found;
}

const valuesIn = (text: string): string[] => (text.match(/<\w+>/g) ?? []).sort();

it.each([english, ...packs])(
  'short numbers and lists of one in the pack of $language are what its speakers write',
  (words) => {
    const formatted = (value: number) => new Intl.NumberFormat(words.language).format(value);
    const short = Array.from({ length: 1000 }, (_, value) => value);
    expect(short.map((value) => words.number(value))).toEqual(short.map(formatted));
    expect([words.number(1.5), words.number(-2)]).toEqual([formatted(1.5), formatted(-2)]);
    expect([words.list([]), words.list(['a']), words.list(['a', 'b'])]).toEqual(
      [[], ['a'], ['a', 'b']].map((items) => new Intl.ListFormat(words.language).format(items)),
    );
  },
);

describe.each(packs)('the pack of $language', (words) => {
  const [ours, theirs] = [textsOf(english), textsOf(words)];

  it('has the texts that the English has', () => {
    expect([...theirs.keys()]).toEqual(expect.arrayContaining([...ours.keys()]));
    expect(theirs.size).toBe(ours.size);
    expect(ours.size).toBeGreaterThan(300);
  });

  it('says each in its own words, with the same values', () => {
    const amiss = [...ours].flatMap(([at, before]) => {
      const after = theirs.get(at) ?? '';
      const text = (said: string) => said.replace(/<\w+>|\d/g, '').trim();
      const isSame = text(after) === text(before) && !ALIKE.test(text(after));
      const isLost = valuesIn(before).join() !== valuesIn(after).join();
      const left = leftovers(after.replace(/<\w+>/g, ''));
      return after === '' || isSame || isLost || left.length > 0 ? [{ at, before, after, left }] : [];
    });
    expect(amiss).toEqual([]);
  });

  it('speaks of one thing and of several, of days and of lists as its speakers do', () => {
    expect(words.doors.connections({ n: 1 })).not.toBe(words.doors.connections({ n: 2 }).replace('2', '1'));
    expect(words.date('2026-01-31')).toMatch(/2026/);
    expect(words.date('2026-01-31')).not.toBe('2026-01-31');
    expect(words.list(['a', 'b', 'c'])).not.toBe(english.list(['a', 'b', 'c']));
  });
});
