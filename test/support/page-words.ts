// The words of the page as tests read them: every sentence with values in it, and what of another language is left on a view.
import type { Page } from 'playwright-core';
import type { CoverageDay } from '../../sensor/record/coverage.ts';

const COUNTS = [0, 1, 2, 5];
const DAYS: CoverageDay[] = [
  { day: '2026-11-28', percent: null, gaps: {} },
  { day: '2026-11-29', percent: 98, gaps: { off: 20, loss: 95 } },
  { day: '2026-11-30', percent: 100, gaps: {} },
];
/** What else a sentence is told than figures and texts as good as figures. */
const TOLD: Record<string, unknown[][]> = {
  'sentence.sight': [['The sensor sees one way: nothing more.']],
  'sentence.namely': [[['a', 'b']], [['a', 'b', 'c', 'd', 'e']]],
  'incident.expectTarget': [
    [{ destination: '*', port: 22, from: '192.0.2.1' }],
    [{ destination: 'mx.example', port: 25 }],
  ],
  'coverage.strip': [[DAYS], [DAYS.slice(1)]],
  'coverage.day': DAYS.map((day) => [day]),
  'expected.by': [
    ['page', 'now'],
    ['home-assistant', 'now'],
    ['a-note', 'now'],
  ],
  'device.behind': [
    ['repeater', 'x'],
    ['router', 'x'],
  ],
  'device.nameFrom': [['user'], ['mdns']],
  'guide.source': [
    ['example.com', ''],
    ['example.com', 'page'],
  ],
  'record.period': [
    ['a', 'b'],
    ['a', 'a'],
  ],
  asCertain: [
    ['12:00', true],
    ['12:00', undefined],
  ],
};

/** Every sentence by its place; one that takes values once for each of some. */
export function sentences(of: unknown, path = ''): [place: string, text: unknown][] {
  if (typeof of === 'function') {
    const samples = TOLD[path] ?? COUNTS.map((count) => Array.from({ length: of.length }, () => count));
    return samples.map((values, index) => [`${path} ${index + 1}`, of(...values)]);
  }
  if (typeof of !== 'object' || of === null) return [[path, of]];
  return Object.entries(of).flatMap(([key, inner]) => sentences(inner, path === '' ? key : `${path}.${key}`));
}

/** All that a view says now, to the eye and to who cannot see it. */
export function textsOn(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode.data);
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of ['aria-label', 'placeholder', 'title', 'alt', 'label']) texts.push(element.getAttribute(name) ?? '');
      if (element.matches('textarea')) texts.push(element.value);
    }
    return texts.filter((text) => text.trim() !== '');
  })()`);
}

/** Every text within `values`, longest first. */
export function textsWithin(...values: unknown[]): string[] {
  const all = values.flatMap((value): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? textsWithin(...Object.values(value)) : [];
  });
  return [...new Set(all)].sort((left, right) => right.length - left.length);
}

/**
 * Parts of the sentences of `other` that stand in `texts`, which ought to be in the language of `own`. What both languages say, and
 * what the sensor `told` in its own words, is no concern.
 */
export function leftOf(other: object, own: object, texts: readonly string[], told: readonly string[]): string[] {
  const ownText = sentences(own)
    .map(([, text]) => text)
    .join('\n');
  const shown = texts.map((text) => told.reduce((rest, sentence) => rest.replaceAll(sentence, ' '), text)).join('\n');
  const parts = sentences(other).flatMap(([, text]) => `${text}`.split(/[^\p{L}’' -]+/u).map((part) => part.trim()));
  const stands = (part: string, where: string) => new RegExp(`(?<!\\p{L})${part}(?!\\p{L})`, 'u').test(where);
  return [...new Set(parts)].filter((part) => part.length > 2 && !stands(part, ownText) && stands(part, shown));
}
