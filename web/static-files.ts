// The built page, read into memory once, each file compressed when it is first asked for. A request can only name a file of this
// table, so no path from the network ever reaches the disk.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';
import { WebServerError } from './listen.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

export interface StaticFile {
  type: string;
  body: Buffer;
  /** Null where compression saves nothing. */
  readonly gzip: Buffer | null;
  etag: string;
  cacheControl: string;
}

/** Files by URL path (`/assets/…`). Throws what `readdir` throws when the page has not been built. */
export function loadStaticFiles(directory: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path);
    // All of them at once would hold up a start longer than opening the port does.
    let packed: Buffer | null | undefined;
    const url = `/${relative(directory, path).split(sep).join('/')}`;
    files.set(url, {
      type,
      body,
      get gzip() {
        if (packed === undefined) packed = zipped(body);
        return packed;
      },
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      cacheControl: url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  }
  return files;
}

function zipped(body: Buffer): Buffer | null {
  const zip = gzipSync(body, { level: 9 });
  return zip.length < body.length * 0.9 ? zip : null;
}

/** The same for a page, which has an `index.html`. @throws WebServerError with what to do where there is none */
export function loadPage(directory: string): Map<string, StaticFile> {
  let files: Map<string, StaticFile>;
  try {
    files = loadStaticFiles(directory);
  } catch {
    files = new Map();
  }
  if (files.has('/index.html')) return files;
  throw new WebServerError('page_not_built', 'The page is not built yet: run `npm run build`.');
}

export function serveStatic(files: ReadonlyMap<string, StaticFile>): RequestHandler {
  return (request, response, next) => {
    const file = files.get(request.path === '/' ? '/index.html' : request.path);
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    response.set({
      'Content-Type': file.type,
      'Cache-Control': file.cacheControl,
      ETag: file.etag,
      Vary: 'Accept-Encoding',
    });
    if (request.headers['if-none-match'] === file.etag) response.status(304).end();
    else {
      const gzip = request.acceptsEncodings('gzip') ? file.gzip : null;
      if (gzip) response.set('Content-Encoding', 'gzip');
      response.end(gzip ?? file.body);
    }
  };
}
