// The real web server on a free loopback port with a sample home behind it, and a client that can send what browsers
// would not: any Host, any Origin, any path, from any loopback address.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { english } from '../../sensor/language/words.ts';
import { newMemoryLinks } from '../../web/access.ts';
import type { BrowserStore, Log } from '../../web/ports.ts';
import { createWebServer, type WebServer, type WebServerOptions } from '../../web/server.ts';
import { type MemoryHome, newMemoryBrowsers } from './page-model.ts';

/** What the server needs of a home: the small one in memory, or the sensor's own spine. */
export type WebHome = Pick<MemoryHome, 'model' | 'run' | 'events'>;

export interface RunningWeb<H extends WebHome = MemoryHome> {
  web: WebServer;
  home: H;
  browsers: BrowserStore;
  url: string;
  port: number;
  logged: string[];
  /** Moves the server's clock; timers of the event stream are real. */
  clock: { now: number };
  /** Cookie header of a freshly paired browser. */
  pair(name?: string): Promise<string>;
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  method?: string;
  cookie?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Sent as it is. */
  rawBody?: string;
  localAddress?: string;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  json: unknown;
}

/** A page of one file, for tests that need no real one. */
function smallPage(): string {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-page-'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>thingwatch</title>'.padEnd(2000, ' '));
  return directory;
}

export async function startWeb<H extends WebHome>(
  home: H,
  options: Partial<WebServerOptions> = {},
): Promise<RunningWeb<H>> {
  const ownPage = options.publicDir === undefined ? smallPage() : null;
  const browsers = newMemoryBrowsers();
  const clock = { now: Date.now() };
  const logged: string[] = [];
  const log: Log = {
    info: (text) => logged.push(text),
    warn: (text) => logged.push(text),
    error: (text) => logged.push(text),
  };
  const removePage = (): void => {
    if (ownPage) rmSync(ownPage, { recursive: true, force: true });
  };
  const created = (): WebServer =>
    createWebServer({
      listen: { host: '127.0.0.1', port: 0 },
      basePath: '/',
      hostNames: [],
      publicDir: ownPage ?? '',
      model: () => home.model,
      words: english,
      run: home.run,
      events: home.events,
      browsers,
      links: newMemoryLinks(),
      clock: () => clock.now,
      ticks: () => clock.now,
      randomBytes,
      log,
      ...options,
    });
  const { web, url } = await started(created).catch((error: unknown) => {
    removePage();
    throw error;
  });
  const port = Number(new URL(url).port);
  const call = (path: string, callOptions: CallOptions = {}): Promise<Answer> => sendTo(port, path, callOptions);
  return {
    web,
    home,
    browsers,
    url,
    port,
    logged,
    clock,
    call,
    async pair(name = 'Test phone') {
      const answer = await call('/api/pair', { method: 'POST', body: { token: tokenOf(web), name } });
      if (answer.status !== 200) throw new Error(`pairing failed: ${answer.text}`);
      return String(answer.headers['set-cookie']?.[0]?.split(';')[0]);
    },
    async close() {
      await web.close();
      removePage();
    },
  };
}

async function started(create: () => WebServer): Promise<{ web: WebServer; url: string }> {
  const web = create();
  const { url } = await web.listen();
  return { web, url };
}

/** The one-time token in a fresh pairing link. */
export function tokenOf(web: WebServer): string {
  return web.pairingLink().link.split('#/pair/')[1] ?? '';
}

/** To whatever listens on a loopback port. */
export function sendTo(port: number, path: string, options: CallOptions): Promise<Answer> {
  const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const headers: Record<string, string | number> = { Host: `127.0.0.1:${port}` };
  if (body !== undefined)
    Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  if (options.cookie) headers.Cookie = options.cookie;
  const request: RequestOptions = {
    host: '127.0.0.1',
    port,
    path,
    method: options.method ?? 'GET',
    headers: { ...headers, ...options.headers },
    agent: false,
    ...(options.localAddress ? { localAddress: options.localAddress } : {}),
  };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(request, (incoming) => {
      const chunks: Buffer[] = [];
      // Cut off before its end.
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = incoming.headers['content-type']?.includes('json') === true;
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text,
          json: isJson && text !== '' ? JSON.parse(text) : null,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
