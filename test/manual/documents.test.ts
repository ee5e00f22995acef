// README and manual hold together: links lead somewhere, here, in an installation and in a package; every block says what it is; what
// is configuration is taken by the program's own loader.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../sensor/config.ts';
import { DOCUMENTS, packagedPlace, withPackagedLinks } from '../../sensor/deploy/service/documents.mjs';
import { anchorsIn, blocksIn, linksIn, manualPlaces, markdownPlaces, proseLines, ROOT, read } from './documents.ts';

const PLACES = manualPlaces();
const BLOCKS = PLACES.flatMap((place) => blocksIn(place));
const folder = mkdtempSync(join(tmpdir(), 'thingwatch-manual-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Why a link of the document `place` leads nowhere; null where it leads somewhere. */
function complaint(place: string, { at, fragment, target }: { at: string; fragment: string; target: string }) {
  const to = target === '' ? place : posix.join(posix.dirname(place), target);
  if (!existsSync(join(ROOT, to))) return `${at}: there is no ${to}`;
  if (fragment === '' || anchorsIn(read(to)).includes(fragment)) return null;
  return `${at}: ${to} has no heading for #${fragment}`;
}

describe('documents', () => {
  it('lead by their links to files and headings that are there', () => {
    const places = markdownPlaces();
    expect(places.length).toBeGreaterThan(150);
    const links = places.flatMap((place) => linksIn(place).map((link) => ({ place, link })));
    expect(links.length).toBeGreaterThan(80);
    expect(links.flatMap(({ place, link }) => complaint(place, link) ?? [])).toEqual([]);
  });

  it('whose links lead nowhere are told off, by the line', () => {
    const text = '# One\n\n[a](nowhere.md) and [`b`](#one), [c](#two)\n```sh\n[d](no.md)\n```\n![e](README.md#privacy)';
    expect(linksIn('CHANGELOG.md', text).map((link) => complaint('README.md', link))).toEqual([
      'CHANGELOG.md:3: there is no nowhere.md',
      'CHANGELOG.md:3: README.md has no heading for #one',
      'CHANGELOG.md:3: README.md has no heading for #two',
      null,
    ]);
  });

  it('lead to what comes along, in an installation and in a package', () => {
    const isThere = (place: string) =>
      [...DOCUMENTS, 'firmware-notes', 'sensor/deploy/thingwatch.service'].some(
        (document) => place === document || place.startsWith(`${document}/`),
      );
    const shipped = [...PLACES, 'sensor/THREATS.md'];
    for (const place of shipped) {
      const links = linksIn(place).filter(({ target }) => target !== '');
      const targets = links.map(({ target }) => posix.join(posix.dirname(place), target));
      expect(targets.filter((target) => !isThere(target))).toEqual([]);
      const there = packagedPlace(place);
      expect(
        linksIn(place, withPackagedLinks(read(place), place))
          .filter(({ target }) => target !== '')
          .map(({ target }) => posix.join(posix.dirname(there), target)),
      ).toEqual(targets.map(packagedPlace));
    }
    expect(packagedPlace('sensor/deploy/manual/page.md')).toBe('usr/share/doc/thingwatch/manual/page.md');
    expect(withPackagedLinks('[a](../../THREATS.md#b) [c](https://d.example)', 'sensor/deploy/manual/page.md')).toBe(
      '[a](../THREATS.md#b) [c](https://d.example)',
    );
  });

  it('that the program names are there', () => {
    const sources = readdirSync(join(ROOT, 'sensor'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(`sensor/${name}`));
    const named = sources.flatMap((source) => [...source.matchAll(/manualPage\([\w.]+, '([^']+)'\)/g)]);
    expect(named.length).toBeGreaterThan(1);
    expect(named.map(([, page]) => page).filter((page) => !PLACES.includes(`sensor/deploy/manual/${page}`))).toEqual(
      [],
    );
  });

  it('quote what the program says, where people look for what they see', () => {
    const sources = ['sensor', 'web'].flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => read(`${room}/${name}`)),
    );
    const cells = read('sensor/deploy/manual/troubleshooting.md').matchAll(/^\| ([^|]*) \|/gm);
    const quoted = [...cells].flatMap(([, cell = '']) =>
      [...cell.matchAll(/"([^"]+)"/g)].map(([, words = '']) => words),
    );
    expect(quoted.length).toBeGreaterThan(6);
    expect(quoted.filter((words) => !sources.some((source) => source.includes(words)))).toEqual([]);
  });

  it('lead from README to every page of the manual', () => {
    const linked = new Set(linksIn('README.md').map(({ target }) => target));
    expect(PLACES.filter((place) => place !== 'README.md' && !linked.has(place))).toEqual([]);
  });
});

describe('blocks', () => {
  it('are fenced, and say what they hold', () => {
    expect(BLOCKS.length).toBeGreaterThan(30);
    const known = ['sh', 'yaml', 'json', 'jinja', 'promql', 'text'];
    expect(BLOCKS.filter(({ language }) => !known.includes(language)).map(({ at }) => at)).toEqual([]);
    const indented = PLACES.flatMap((place) =>
      proseLines(read(place)).flatMap((line, index) => (/^ {4,}\S/.test(line) ? [`${place}:${index + 1}`] : [])),
    );
    expect(indented).toEqual([]);
  });

  it.each(BLOCKS.filter(({ language }) => language === 'json').map(({ at, text }) => [at, text]))(
    '%s is JSON',
    (_, text) => {
      expect(JSON.parse(text)).toEqual(expect.any(Object));
    },
  );

  const yaml = BLOCKS.filter(({ language }) => language === 'yaml');
  const ofPrometheus = ({ text }: { text: string }) => /^scrape_configs:/.test(text);

  it.each(yaml.filter((block) => !ofPrometheus(block)).map(({ at, text }) => [at, text]))(
    '%s is configuration that the program takes',
    (_, text) => {
      const file = join(folder, 'thingwatch.yaml');
      writeFileSync(file, text);
      const { config } = loadConfig({ file, workingDirectory: folder, environment: {} });
      // All that it says is in what is loaded: no section of it is empty.
      expect(config).toMatchObject(parse(text) as object);
    },
  );

  it.each(yaml.filter(ofPrometheus).map(({ at, text }) => [at, text]))('%s is YAML', (_, text) => {
    expect(parse(text)).toEqual(expect.any(Object));
  });
});

it('README is short', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
