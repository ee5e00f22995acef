// The built page as it is kept in memory and as it is served: types, how long a browser may keep each file, compression.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStaticFiles } from '../../web/static-files.ts';
import { troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

const FOR_GOOD = 'public, max-age=31536000, immutable';
const PAGE = '<!doctype html><title>thingwatch</title>'.padEnd(2000, ' ');
const SCRIPT = 'console.log(1);'.repeat(100);
/** Compression saves a twentieth of it. */
const DENSE = Buffer.concat([randomBytes(4000), Buffer.alloc(300)]);

let directory: string;
let running: RunningWeb;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-static-'));
  const files: [string, string | Buffer][] = [
    ['index.html', PAGE],
    ['icon.svg', '<svg/>'],
    ['app.webmanifest', '{}'],
    ['notes.md', 'not of the page'],
    ['folder.js/deep.css', 'a{}'],
    ['assets/app.js', SCRIPT],
    ['assets/copy.js', SCRIPT],
    ['assets/dense.png', DENSE],
  ];
  for (const [name, content] of files) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  running = await startWeb(troubledHome(Date.now()), { publicDir: directory });
});
afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

it('what is known of each file: those of the page alone, compressed where that saves a tenth', () => {
  const files = loadStaticFiles(directory);
  const known = [...files].map(([url, { body, cacheControl, gzip, type }]) => {
    if (gzip !== null) expect(gunzipSync(gzip)).toEqual(body);
    // Made once, when it is first asked for.
    expect(files.get(url)?.gzip).toBe(gzip);
    return [url, type, cacheControl, gzip !== null];
  });
  expect(known.sort()).toEqual([
    ['/app.webmanifest', 'application/manifest+json', 'no-cache', false],
    ['/assets/app.js', 'text/javascript; charset=utf-8', FOR_GOOD, true],
    ['/assets/copy.js', 'text/javascript; charset=utf-8', FOR_GOOD, true],
    ['/assets/dense.png', 'image/png', FOR_GOOD, false],
    ['/folder.js/deep.css', 'text/css; charset=utf-8', 'no-cache', false],
    ['/icon.svg', 'image/svg+xml', 'no-cache', false],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache', true],
  ]);
  const tags = [...files.values()].map(({ etag }) => etag);
  for (const tag of tags) expect(tag).toMatch(/^"[\w-]{22}"$/);
  expect(new Set(tags).size).toBe(tags.length - 1);
  expect(files.get('/assets/copy.js')?.etag).toBe(files.get('/assets/app.js')?.etag);
});

describe('a file of the page', () => {
  const headersOf = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await running.call(path, { headers, method });
    const { etag, vary, 'content-type': type, 'content-encoding': encoding, 'cache-control': cache } = answer.headers;
    const length = answer.headers['content-length'];
    return { status: answer.status, text: answer.text, length, etag, vary, type, encoding, cache };
  };
  const etagOf = (path: string) => loadStaticFiles(directory).get(path)?.etag;
  const plain = () => ({
    ...{ status: 200, text: PAGE, length: '2000', etag: etagOf('/index.html'), vary: 'Accept-Encoding' },
    ...{ type: 'text/html; charset=utf-8', encoding: undefined, cache: 'no-cache' },
  });

  it('is served with what a browser needs to keep it, plain or compressed as it likes', async () => {
    expect(await headersOf('/')).toEqual(plain());
    expect(await headersOf('/index.html')).toEqual(plain());
    expect(await headersOf('/', {}, 'HEAD')).toEqual({ ...plain(), text: '', length: undefined });
    expect(await headersOf('/', { 'Accept-Encoding': 'gzip' })).toMatchObject({ status: 200, encoding: 'gzip' });
    expect(await (await fetch(`http://127.0.0.1:${running.port}/`)).text()).toBe(PAGE);
    expect(await headersOf('/assets/app.js')).toMatchObject({ text: SCRIPT, cache: FOR_GOOD });
  });

  it('that is packed already goes as it is', async () => {
    expect(await headersOf('/assets/dense.png', { 'Accept-Encoding': 'gzip' })).toMatchObject({ encoding: undefined });
    const body = Buffer.from(await (await fetch(`http://127.0.0.1:${running.port}/assets/dense.png`)).arrayBuffer());
    expect(body.equals(DENSE)).toBe(true);
  });

  it('that the browser has already is not sent again, and one that changed is', async () => {
    const known = { 'If-None-Match': etagOf('/index.html') ?? '', 'Accept-Encoding': 'gzip' };
    const again = await headersOf('/', known);
    expect(again).toMatchObject({ status: 304, text: '', etag: known['If-None-Match'], encoding: undefined });
    expect(await headersOf('/', { 'If-None-Match': '"another"' })).toEqual(plain());
  });

  it('is only read: other methods and other names find nothing', async () => {
    const nothing = { error: { code: 'not_found', message: 'There is no such thing here.' } };
    for (const [method, path] of [
      ['POST', '/'],
      ['PUT', '/index.html'],
      ['GET', '/notes.md'],
      ['GET', '/folder.js'],
      ['GET', '/assets/'],
    ] as const) {
      const { json, status } = await running.call(path, { method });
      expect([method, path, status, json]).toEqual([method, path, 404, nothing]);
    }
  });
});
