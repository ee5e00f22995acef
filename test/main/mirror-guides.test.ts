// The guides that the page is given: those that come with the program, and one's own, which win; read once, when first asked for.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { LogTail } from '../../sensor/log.ts';
import { mirrorGuides } from '../../sensor/main/mirror-guides.ts';
import { pageModel } from '../../sensor/main/page-model.ts';
import { quietHealth } from '../support/sample-home.ts';
import { START, Stage } from '../support/stage.ts';

const STEPS = ['Set the mirror', 'Both directions', 'Move it inside', 'Nothing arrives']
  .map((heading) => `## ${heading}\n\n1. Do it here: ${heading}.\n`)
  .join('\n');

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guides-'));
  mkdirSync(join(dir, 'mirrors'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(slug: string, name: string): void {
  const header = `slug: ${slug}\nname: ${name}\nkind: router\nsources: [https://own.example/]\nshows: All of it.`;
  writeFileSync(join(dir, 'mirrors', `${slug}.md`), `---\n${header}\n---\n# ${name}\n\n${STEPS}`);
}

it('are given with one’s own, which replace those of the same slug, and what is broken is told once', () => {
  put('openwrt', 'My OpenWrt');
  put('aaa-own', 'AAA own router');
  writeFileSync(join(dir, 'mirrors', 'broken.md'), 'nothing');
  const warned: string[] = [];
  const guides = mirrorGuides([dir], (text) => warned.push(text));
  expect(warned).toEqual([]);
  const { spine } = new Stage();
  const model = pageModel(spine, () => quietHealth(START), new LogTail(1), { mirrors: guides })(english);
  const list = model.mirrors();
  expect(list[0]).toEqual({ slug: 'aaa-own', name: 'AAA own router', kind: 'router' });
  expect(list.filter(({ slug }) => slug === 'openwrt').map(({ name }) => name)).toEqual(['My OpenWrt']);
  expect(list.map(({ slug }) => slug)).toContain('fritzbox');
  expect(model.mirror('openwrt')).toEqual({
    slug: 'openwrt',
    name: 'My OpenWrt',
    kind: 'router',
    shows: 'All of it.',
    warnings: [],
    steps: {
      set: ['Do it here: Set the mirror.'],
      directions: ['Do it here: Both directions.'],
      inside: ['Do it here: Move it inside.'],
      nothing: ['Do it here: Nothing arrives.'],
    },
    sources: ['https://own.example/'],
  });
  expect(model.mirror('../openwrt')).toBeNull();
  expect(warned).toEqual([
    `this guide is left out: ${join(dir, 'mirrors/broken.md')}:1: must begin with front matter between two --- lines`,
  ]);
});
