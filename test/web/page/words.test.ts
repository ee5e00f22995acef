// The words of the page in every language that is registered: all of them are there, say something, are not left in English, and
// are used.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../sensor/checkout.ts';
import { setLocale } from '../../../web/page/format.ts';
import { words as german } from '../../../web/page/words/de/index.ts';
import { words as english } from '../../../web/page/words/en/index.ts';
import { FLEET_WORDS } from '../../../web/page/words/fleet.ts';
import { LANGUAGES, language } from '../../../web/page/words/languages.ts';
import { sentences } from '../../support/page-words.ts';

/** Names and words that are the same in that language. */
const SAME: Record<string, string[]> = {
  de: [
    ...['name', 'nav.sensor', 'sensor.title', 'device.role.gateway', 'guide.kinds.firewall'],
    ...[
      'guide.kinds.switch',
      'guide.source 1',
      'guide.source 2',
      'deviceView.backends',
      'deviceView.backendRole.update',
      'deviceView.backendRole.cloud',
    ],
    ...['deviceView.mail', 'deviceView.firmware', 'deviceView.version', 'sensor.version', 'sensor.mode.live'],
    ...['deviceView.nameSource.dns', 'deviceView.nameSource.sni', 'deviceView.nameSource.quic'],
    ...['deviceView.nameSource.http', 'deviceView.evidenceKinds.mdns', 'deviceView.evidenceKinds.ssdp'],
    ...['deviceView.evidenceKinds.dhcp', 'sensor.targetKinds.ntfy', 'sensor.targetKinds.gotify'],
    ...['sensor.targetKinds.webhook', 'sensor.targetKinds.webpush', 'fact.backend', 'sentence.namely 1'],
    ...['asCertain 2', 'coverage.day 1', 'coverage.day 3', 'expected.by 2'],
  ],
};

afterEach(() => setLocale('en-GB'));

describe.each(Object.entries(LANGUAGES))('the words in %s', (code, { load, locale, name }) => {
  let own: [place: string, text: unknown][];
  let model: [place: string, text: unknown][];
  beforeAll(async () => {
    setLocale(locale);
    own = sentences(await load());
    model = sentences(english);
  });

  it('are all there, and each says something', () => {
    expect(own.map(([place]) => place)).toEqual(model.map(([place]) => place));
    expect(own.length).toBeGreaterThan(400);
    const odd = own.filter(
      ([, text]) => typeof text !== 'string' || !/\S/.test(text) || /undefined|NaN|\[obj/.test(text),
    );
    expect(odd).toEqual([]);
    expect(name).toMatch(/^\p{Lu}/u);
  });

  it('are its own but for names', () => {
    const left = own.filter(([, text], index) => code !== 'en' && text === model[index]?.[1]).map(([place]) => place);
    expect(left.sort()).toEqual((SAME[code] ?? []).toSorted());
  });
});

/** Words that a home with a fleet loads beside the others. */
const SAME_OF_FLEET: Record<string, string[]> = { de: ['record.period 2'] };

describe.each(Object.entries(FLEET_WORDS))('the words about a fleet in %s', (code, own) => {
  it('are all there, say something, and are its own', () => {
    setLocale(code === 'de' ? 'de-DE' : 'en-GB');
    const [texts, model] = [sentences(own), sentences(FLEET_WORDS.en)];
    expect(texts.map(([place]) => place)).toEqual(model.map(([place]) => place));
    expect(
      texts.filter(([, text]) => typeof text !== 'string' || !/\S/.test(text) || /undefined|NaN|\[obj/.test(text)),
    ).toEqual([]);
    const left = texts.filter(([, text], index) => code !== 'en' && text === model[index]?.[1]).map(([place]) => place);
    expect(left.sort()).toEqual((SAME_OF_FLEET[code] ?? []).toSorted());
  });
});

describe('a language that lacks something', () => {
  const register = (words: Parameters<typeof language<typeof german>>[2]) => language('', '', words);

  it('does not compile', async () => {
    expect(await register(async () => ({ words: german })).load()).toBe(german);
    const { incidents, ...others } = german;
    // @ts-expect-error a group of sentences is missing
    language('', '', async () => ({ words: others }));
    const { none, ...left } = incidents;
    // @ts-expect-error one sentence is missing
    language('', '', async () => ({ words: { ...german, incidents: left } }));
    const browserName = (system: string) => system;
    // @ts-expect-error it keeps to itself what the English one tells
    language('', '', async () => ({ words: { ...german, browserName } }));
    const since = (start: number) => `${start}`;
    // @ts-expect-error it wants a figure where it is told a text
    language('', '', async () => ({ words: { ...german, incidents: { ...incidents, since } } }));
    expect([none, browserName('x'), since(1)]).toEqual(['Bisher kein Vorfall.', 'x', '1']);
  });
});

describe('the words', () => {
  const page = join(PROJECT_ROOT, 'web/page');
  const source = readdirSync(page, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words'))
    .map((file) => inFull(readFileSync(join(page, file), 'utf8')))
    .join('\n');

  /** Those that no view says. A group that is read as a whole, or by a key that is found out when it is shown, is used. */
  const unused = (of: object, path: string): string[] =>
    Object.entries(of).flatMap(([key, inner]) => {
      const place = `${path}.${key}`;
      const [said, within] = ['(?![\\w.])', '\\.'].map((end) =>
        new RegExp(place.replaceAll(/[.()]/g, '\\$&') + end).test(source),
      );
      const isOne = typeof inner !== 'object' || Array.isArray(inner);
      if (said || (isOne && within)) return [];
      return within ? unused(inner, place) : [place];
    });

  it('are all used', () =>
    expect([...unused(english, 'words'), ...unused(FLEET_WORDS.en, 'fleetWords()')]).toEqual([]));

  it('of nobody are not', () => {
    const more = { ...english.home, nobodySaysThis: 'x', search: 'y' };
    expect(unused({ ...english, home: more, orThis: 'z' }, 'words')).toEqual([
      ...['words.home.nobodySaysThis', 'words.home.search', 'words.orThis'],
    ]);
  });
});

describe('what the sensor records of an incident', () => {
  const folder = join(PROJECT_ROOT, 'test/detection/baselines');
  /** These have forms of their own. */
  const FORMED = ['mail_started', 'submission_started', 'outbreak'];

  it('has a word for each fact that is shown in a row', () => {
    const facts = readdirSync(folder).flatMap((file) => {
      const incidents = readFileSync(join(folder, file), 'utf8').matchAll(
        /^ {4}kind: (\w+)\n(?: {4}.*\n)*? {4}evidence:\n((?: {6}.*\n)+)/gm,
      );
      return [...incidents].flatMap(([, kind = '', evidence = '']) =>
        FORMED.includes(kind) ? [] : [...evidence.matchAll(/^ {6}(\w+):/gm)].map(([, fact = '']) => fact),
      );
    });
    expect(new Set(facts).size).toBeGreaterThan(30);
    expect([...new Set(facts)].filter((fact) => !Object.hasOwn(english.fact, fact))).toEqual([]);
  });
});

/** A source with its short names for groups of words written out, each as all that it stands for in there. */
function inFull(source: string): string {
  const ALIAS = /const (\w+) = ((?:words|fleetWords\(\))(?:\.\w+)+);/g;
  const aliases = [...source.matchAll(ALIAS)].map(([, name = '', group = '']) => [name, group] as const);
  const rest = source
    .replace(ALIAS, '')
    .replaceAll(/typeof words[.\w]*/g, '')
    .replaceAll(/\n\s*\./g, '.');
  const written = [...new Set(aliases.map(String))].map((alias) => {
    const [name = '', group = ''] = alias.split(',');
    return rest.replaceAll(new RegExp(`(?<![\\w.])${name}(?=\\.)`, 'g'), group);
  });
  return [rest, ...written].join('\n');
}
