// The rooms whose tests are asked whether they bite, and what of each takes part.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Room {
  /** Sources, relative to the checkout. */
  sources: string[];
  /** Its own tests, and then what drives the whole spine in one process; those of other rooms may not do their work. */
  tests: string[];
}

/** Tests that watch another process or a browser see nothing of a fault that is put into this one. */
const OUTSIDE = [
  'test/publish/blueprint.test.ts',
  'test/publish/ha-checker.test.ts',
  'test/web/live-lab.test.ts',
  'test/web/page/browser.test.ts',
  'test/web/page/coverage.test.ts',
  'test/web/page/first-load.test.ts',
  'test/web/page/german.test.ts',
  'test/web/page/guide.test.ts',
  'test/web/page/live-page.test.ts',
  'test/web/page/program.test.ts',
];
/** Homes played through decode, attribute, detect and record, with all that is told of them. */
const SPINE = ['test/detection/detection.test.ts'];
const ON_THE_SPINE = ['detect', 'attribute', 'record'];
/** What of the page only computes; the rest is seen by the browser's tests alone. */
const PAGE = ['device-list', 'format', 'mail-facts', 'sentence', 'share-text', 'parts/activity'];

function filesBelow(root: string, folder: string, ends: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(root, path, ends);
      return entry.name.endsWith(ends) && !entry.name.endsWith('.d.ts') ? [path] : [];
    })
    .sort();
}

export const ROOM_NAMES = ['detect', 'attribute', 'record', 'publish', 'web'] as const;

/** @param root of the checkout */
export function roomOf(root: string, name: (typeof ROOM_NAMES)[number]): Room {
  const tests = filesBelow(root, `test/${name}`, '.test.ts').filter((file) => !OUTSIDE.includes(file));
  if (ON_THE_SPINE.includes(name)) tests.push(...SPINE);
  if (name !== 'web') return { sources: filesBelow(root, `sensor/${name}`, '.ts'), tests };
  const server = filesBelow(root, 'web', '.ts').filter((file) => !file.startsWith('web/page/'));
  return { sources: [...server, ...PAGE.map((file) => `web/page/${file}.ts`)], tests };
}
